"""The delivered sources before the lake: which are known, and which belong together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from cimkit.model import Problem
from cimkit.model.source import DEPTHS, Depth

if TYPE_CHECKING:
    import duckdb

    from cimkit.loaders import Staged

__all__ = ["Group", "Row", "facts_key", "group", "prepare"]

_FILES = ("objects", "geometries", "placements", "shapes", "measures", "relations")


@dataclass(slots=True)
class Row:
    """One delivered source on its way to becoming an item."""

    n: int
    """Place in the delivery, by path."""
    staged: Staged
    """What the loader gave."""
    key: str
    """See `facts_key`."""
    item_id: str = ""
    """Of the item it becomes, or of the known item that it is."""
    known: bool = False
    """Whether the catalogue has it already."""
    twin_of: Row | None = None
    """An earlier source of this delivery with the same bytes and declaration."""
    dataset_id: str | None = None
    """The lasting product it belongs to."""
    problems: list[Problem] = field(default_factory=list)
    """What the coordinator has to say about it."""

    @property
    def path(self) -> str:
        """As `Source.path`."""
        return self.staged.asset.path

    @property
    def fresh(self) -> bool:
        """Whether its objects are to be written."""
        return self.staged.asset.status == "ok" and not self.known and self.twin_of is None


@dataclass(slots=True)
class Group:
    """Sources that are delivered as one dataset."""

    g: int
    """Number."""
    name: str
    """Of the dataset, as the sheet says or as it would be called if it is new."""
    named: bool
    """Whether the sheet says so."""
    action: str
    """``replace``, ``extend`` or ``patch``."""
    rows: list[Row]
    """Its sources, at least one of them read."""
    dataset_id: str = ""
    """The dataset it was recognised as."""
    recognised_by: str = ""
    """``sheet``, ``sha256``, ``source keys`` or ``new``."""

    @property
    def fresh(self) -> bool:
        """Whether anything of it is to be written."""
        return any(r.fresh for r in self.rows)


def facts_key(staged: Staged, depth: str) -> str:
    """Return what decides the facts of a source, whatever it is called.

    The staging key holds the path too, so it cannot tell that a renamed file is an old friend.
    """
    asset = staged.asset
    version = 0
    if asset.loader is not None:
        from cimkit.registry import entry

        version = entry("cimkit.loaders", asset.loader).SPEC.version
    declared = staged.declared.plain()
    said: list[object] = [asset.sha256, asset.status, asset.loader, version, depth, declared]
    if not asset.sha256:
        said += [asset.path, asset.size]
    if staged.declared.trajectory is not None and staged.key:
        said.append(staged.key)  # holds the hash of the table of poses
    if staged.measures:
        said.append(staged.measures)
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def prepare(
    con: duckdb.DuckDBPyConnection,
    staged: list[Staged],
    depth: Depth,
    standard_hash: str | None,
    root: str,
) -> list[Row]:
    """Return the sources in the order of their paths, each marked if the catalogue knows it.

    A source is known if an item came of the same bytes, read by the same version of the loader
    under the same declaration, at the same depth or deeper, and is classed by the same standard: as
    it came, or since that was adopted. A file that was not read whole, so that its hash is not
    known, is the one of its path and size. All such items are put into the temporary table
    ``kept_``.
    """
    staged = sorted(staged, key=lambda s: s.asset.path)
    rows = [Row(n, s, facts_key(s, depth)) for n, s in enumerate(staged)]
    deeper = DEPTHS[DEPTHS.index(depth) :]
    wanted = [(r, facts_key(r.staged, d)) for r in rows for d in deeper]
    delivered = {
        "n": pa.array([r.n for r, _ in wanted], pa.int64()),
        "key": pa.array([key for _, key in wanted], pa.string()),
        "path": pa.array([_unread(r.staged) for r, _ in wanted], pa.string()),
        "size": pa.array([r.staged.asset.size for r, _ in wanted], pa.int64()),
    }
    con.register("delivered_", pa.table(delivered))
    con.execute(
        """
        CREATE TEMP TABLE kept_ AS
        SELECT w.n, i.item_id, i.dataset_id, i.path
        FROM lake.items i LEFT JOIN lake.deliveries d USING (delivery_id)
        JOIN (
            SELECT n, item_id FROM delivered_ JOIN lake.items ON staging = key
            UNION
            SELECT n, item_id FROM delivered_ w JOIN lake.items o USING (path, size)
            WHERE o.root = $2 AND o.status = 'ok'
        ) w USING (item_id)
        WHERE d.standard_hash IS NOT DISTINCT FROM $1
            OR d.received <= (SELECT max(adopted) FROM lake.standards WHERE hash = $1)
        """,
        [standard_hash, root],
    )
    con.unregister("delivered_")
    found = con.execute(
        "SELECT n, arg_min(item_id, path), arg_min(dataset_id, path) FROM kept_ GROUP BY ALL"
    ).fetchall()
    in_lake = {n: (item, dataset) for n, item, dataset in found}
    first: dict[str, Row] = {}
    for row in rows:
        if row.n in in_lake:
            row.known = True
            row.item_id, row.dataset_id = in_lake[row.n]
        elif row.staged.asset.status == "ok" and row.staged.folder is not None:
            twin = first.setdefault(row.key, row)
            if twin is not row and _has_objects(row.staged):
                row.twin_of = twin
                row.problems.append(
                    Problem(
                        "source-twice",
                        "The same bytes are delivered twice; their objects are counted once.",
                        "warning",
                        got=twin.path,
                        hint="Leave one of the two files out.",
                    )
                )
    return rows


def _unread(staged: Staged) -> str | None:
    """Return the path of a source whose bytes were not all read."""
    return None if staged.asset.sha256 or staged.asset.status != "ok" else staged.asset.path


def _has_objects(staged: Staged) -> bool:
    return staged.span("objects") is not None


def group(rows: list[Row]) -> list[Group]:
    """Put together what is delivered as one dataset.

    The sheet names datasets. Unnamed, each source is one by itself, but photographs are one for
    each drive or folder: those are extended, since a photograph that is absent says nothing.
    """
    groups: dict[tuple[str, str], Group] = {}
    for row in rows:
        asset, declared = row.staged.asset, row.staged.declared
        if row.twin_of is not None:
            continue
        if declared.dataset:
            key, name = ("sheet", declared.dataset), declared.dataset
        elif asset.status != "ok":
            continue
        elif asset.kind == "imagery":
            folder = asset.path.rpartition("/")[0]
            name = asset.sequence or folder or "photographs"
            key = ("imagery", name)
        else:
            key, name = ("source", asset.path), asset.path
        action = declared.action or ("extend" if key[0] == "imagery" else "replace")
        here = groups.setdefault(key, Group(len(groups), name, bool(declared.dataset), action, []))
        here.rows.append(row)
    return [_cautious(g) for g in groups.values()]


def _cautious(group: Group) -> Group:
    """Retire nothing on the word of a delivery that could not be read as a whole."""
    broken = [r for r in group.rows if r.staged.asset.status == "refused"]
    if group.action == "replace" and broken:
        group.action = "patch"
        for row in broken:
            row.problems.append(
                Problem(
                    "replacement-incomplete",
                    f"Dataset {group.name} is replaced, but this source of it cannot be read: "
                    "what is absent from the others was not retired.",
                    "warning",
                    hint="Deliver the whole dataset again with a sound file.",
                )
            )
    return group


def files(rows: list[Row], table: str) -> pa.Table:
    """Return where the fresh sources have their rows of one staged table.

    Columns are file, n, and of the rows in the file the first and the one after the last.
    """
    assert table in _FILES
    found = [(r.n, span) for r in rows if r.fresh and (span := r.staged.span(table)) is not None]
    said: dict[str, Any] = {
        "file": pa.array([str(file) for _, (file, _, _) in found], pa.string()),
        "n": pa.array([n for n, _ in found], pa.int64()),
        "first": pa.array([first for _, (_, first, _) in found], pa.int64()),
        "after": pa.array([end for _, (_, _, end) in found], pa.int64()),
    }
    return pa.table(said)
