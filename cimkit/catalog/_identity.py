"""Which dataset a group of sources is: the one thing that must not be guessed wrong."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from cimkit.catalog._sources import Group
from cimkit.model import Problem

if TYPE_CHECKING:
    import duckdb

__all__ = ["NAMESPACE", "recognise"]

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cimkit")
"""Of all ids made here: the same delivery gets the same ids in every catalogue."""

# Keys of these origins say something by themselves. A number in a key field does not: every layer
# has a 1 and a 2.
_STRONG = "('globalid', 'hash', 'sha256')"


def recognise(con: duckdb.DuckDBPyConnection, groups: list[Group]) -> None:
    """Set `dataset_id` and `recognised_by` of each group, and say where it is doubtful.

    In this order: the name in the sheet; the same bytes; at least half of the source keys known in
    one dataset; else new. Needs the temporary tables ``staged`` and ``source_`` (n, g).
    """
    taken: dict[str, Group] = {}
    named = dict(con.execute("SELECT name, dataset_id FROM lake.datasets").fetchall())
    for group in groups:
        if group.named:
            group.recognised_by = "sheet"
            group.dataset_id = named.get(group.name) or _id("dataset", group.name)
            taken[group.dataset_id] = group
    for group in groups:
        if not group.named and not group.fresh:
            # All of it is known; nothing is to be decided, and nothing to be replaced.
            group.dataset_id = group.rows[0].dataset_id or ""
            group.recognised_by, group.action = "sha256", "extend"
    unnamed = [g for g in groups if not g.named and g.fresh]
    for group, dataset in _by_bytes(con, unnamed):
        if dataset not in taken:
            group.dataset_id, group.recognised_by = dataset, "sha256"
            taken[dataset] = group
    rest = [g for g in unnamed if not g.dataset_id]
    doubts: dict[int, tuple[str, float, Group | None]] = {}
    for group, dataset, share, sure in _by_keys(con, rest):
        if group.dataset_id:
            continue
        if share < 0.5 or not sure or dataset in taken:
            doubts.setdefault(group.g, (dataset, share, taken.get(dataset)))
            continue
        group.dataset_id, group.recognised_by = dataset, "source keys"
        taken[dataset] = group
    for group in groups:
        if not group.dataset_id:
            first = group.rows[0].staged.asset
            group.recognised_by = "new"
            group.dataset_id = _id("dataset", f"{group.name}\n{first.sha256}")
            group.name = _free(group.name, named)
            if group.g in doubts:
                _doubt(group, *doubts[group.g])
            named[group.name] = group.dataset_id
        for row in group.rows:
            row.dataset_id = group.dataset_id


def _id(what: str, text: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{what}\n{text}"))


def _free(name: str, named: dict[str, str]) -> str:
    free, count = name, 1
    while free in named:
        count += 1
        free = f"{name} ({count})"
    return free


def _by_bytes(con: duckdb.DuckDBPyConnection, groups: list[Group]) -> list[tuple[Group, str]]:
    """Find the dataset that has most of a group's files, byte by byte.

    Of an item that was not read whole there is no hash; it is known by path and size.
    """
    import pyarrow as pa

    pairs = [(g.g, r.staged.asset) for g in groups for r in g.rows]
    given = pa.table(
        {
            "g": pa.array([g for g, _ in pairs], pa.int64()),
            "sha256": pa.array([a.sha256 or None for _, a in pairs], pa.string()),
            "path": pa.array([a.path for _, a in pairs], pa.string()),
            "size": pa.array([a.size for _, a in pairs], pa.int64()),
        }
    )
    con.register("bytes_", given)
    found = con.execute(
        """
        SELECT g, dataset_id, count(*) AS hits FROM (
            SELECT b.g, i.dataset_id, i.status FROM bytes_ b JOIN lake.items i USING (sha256)
            UNION ALL
            SELECT b.g, i.dataset_id, i.status FROM bytes_ b JOIN lake.items i USING (path, size)
            WHERE i.sha256 IS NULL
        ) WHERE dataset_id IS NOT NULL AND status = 'ok'
        GROUP BY ALL ORDER BY hits DESC, g, dataset_id
        """
    ).fetchall()
    con.unregister("bytes_")
    by_number = {g.g: g for g in groups}
    best: dict[int, tuple[Group, str]] = {}
    for g, dataset, _ in found:
        best.setdefault(g, (by_number[g], dataset))
    return list(best.values())


def _by_keys(
    con: duckdb.DuckDBPyConnection, groups: list[Group]
) -> list[tuple[Group, str, float, bool]]:
    """Find datasets that know a good part of a group's keys: (group, dataset, share, sure).

    Best first. Keys made from a hash also count as known if their geometry is known. Sure is a
    match whose keys are strong, or where half of the known objects have kept shape, attributes or
    place (about 100 m).
    """
    if not groups:
        return []
    numbers = ", ".join(str(g.g) for g in groups)
    found = con.execute(
        f"""
        WITH mine AS (
            SELECT s.g, t.rowid_, t.kind, t.source_key, t.key_origin, t.content_hash, t.bbox,
                t.geometry IS NOT NULL AS placed
            FROM staged t JOIN source_ s USING (n) WHERE s.g IN ({numbers})
        ),
        total AS (SELECT g, count(*) AS total FROM mine GROUP BY ALL),
        hit AS (
            SELECT m.g, m.rowid_, o.dataset_id,
                m.key_origin IN {_STRONG}
                OR o.content_hash[1:16] = m.content_hash[1:16]
                OR o.content_hash[17:] = m.content_hash[17:]
                OR (abs(o.bbox.xmin - m.bbox.xmin) < 0.001
                    AND abs(o.bbox.ymin - m.bbox.ymin) < 0.001) AS kept
            FROM mine m JOIN lake.objects o USING (kind, source_key)
            UNION ALL
            SELECT m.g, m.rowid_, o.dataset_id, true
            FROM mine m JOIN lake.objects o
                ON o.content_hash[1:16] = m.content_hash[1:16] AND o.kind = m.kind
            WHERE m.key_origin = 'hash' AND m.placed
        ),
        per_row AS (
            SELECT g, dataset_id, rowid_, bool_or(coalesce(kept, false)) AS kept
            FROM hit GROUP BY ALL
        )
        SELECT g, dataset_id, count(*) / any_value(total) AS share,
            count(*) FILTER (kept) * 2 >= count(*) AS sure
        FROM per_row JOIN total USING (g) GROUP BY g, dataset_id
        HAVING share >= 0.25
        ORDER BY sure DESC, share DESC, g, dataset_id
        """
    ).fetchall()
    by_number = {g.g: g for g in groups}
    return [(by_number[g], dataset, share, sure) for g, dataset, share, sure in found]


def _doubt(group: Group, dataset: str, share: float, other: Group | None) -> None:
    why = f"{share:.0%} of its keys are known in dataset {dataset}"
    if other is not None:
        why += f", but {other.name} of this delivery is taken for it"
    elif share >= 0.5:
        why += ", but neither places, shapes nor attributes agree"
    group.rows[0].problems.append(
        Problem(
            "dataset-doubtful",
            f"It was catalogued as a new dataset: {why}.",
            "warning",
            expected="at least half of the keys known in one dataset, or none",
            hint="Name the dataset in the delivery sheet.",
        )
    )
