"""Finding objects by what people call them: object id, asset code or source key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.errors import UsageError

if TYPE_CHECKING:
    import duckdb

__all__ = ["find_objects", "meant", "named"]

_SHOWN = 10


def find_objects(con: duckdb.DuckDBPyConnection, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the objects that each text may mean.

    An object is meant by its object id, else by the identifier code it has or had, else by its
    source key.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        With the lake attached.
    texts : sequence of str
        What people wrote.

    Returns
    -------
    list of dict
        n (place in ``texts``), object_id, kind, source_layer, source_key, name, class_code,
        asset_code; in the order of ``texts``.
    """
    given = pa.table(
        {
            "n": pa.array(range(len(texts)), pa.int64()),
            "text": pa.array([t.strip() for t in texts], pa.string()),
        }
    )
    con.register("asked_for_", given)
    try:
        found = con.execute(
            """
            WITH said AS (
                SELECT g.n, o.object_id, 1 AS way
                FROM asked_for_ g JOIN lake.objects o ON o.object_id = g.text
                UNION ALL
                SELECT g.n, k.object_id, 2 FROM asked_for_ g
                JOIN lake.codes k ON k.asset_code = g.text
                UNION ALL
                SELECT g.n, o.object_id, 3
                FROM asked_for_ g JOIN lake.objects o ON o.source_key = g.text
            )
            SELECT DISTINCT s.n, o.object_id, o.kind, o.source_layer, o.source_key, o.name,
                o.class_code, o.asset_code
            FROM (FROM said QUALIFY rank() OVER (PARTITION BY n ORDER BY way) = 1) s
            JOIN lake.objects o USING (object_id) ORDER BY s.n, o.object_id
            """
        )
        rows: list[dict[str, Any]] = found.to_arrow_table().to_pylist()
    finally:
        con.unregister("asked_for_")
    return rows


def named(con: duckdb.DuckDBPyConnection, texts: Sequence[str]) -> list[str]:
    """Return the object id of each text.

    Raises
    ------
    UsageError
        If one means no object, or several; the error lists them.
    """
    found = meant(con, texts)
    for one in found:
        if isinstance(one, UsageError):
            raise one
    return [str(one) for one in found]


def meant(
    con: duckdb.DuckDBPyConnection, texts: Sequence[str], places: Sequence[str] = ()
) -> list[str | UsageError]:
    """Return for each text the object id, or what is wrong with it.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        With the lake attached.
    texts : sequence of str
        What people wrote.
    places : sequence of str
        Where they wrote it, for the errors.
    """
    given: dict[int, list[dict[str, Any]]] = {n: [] for n in range(len(texts))}
    for row in find_objects(con, texts):
        given[row["n"]].append(row)
    return [
        rows[0]["object_id"] if len(rows) == 1 else _wrong(texts[n], rows, places[n : n + 1])
        for n, rows in given.items()
    ]


def _wrong(text: str, rows: list[dict[str, Any]], place: Sequence[str]) -> UsageError:
    where = place[0] if place else ""
    if not rows:
        return UsageError(
            "no such object",
            where=where,
            got=text,
            expected="an object id, an identifier code or a source key of the catalogue",
            mend="Look for it with `cimkit search --objects`.",
        )
    return UsageError(
        f"{len(rows)} objects are called so",
        where=where,
        got=text,
        expected="one of " + "; ".join(map(_line, rows[:_SHOWN])),
        mend="Name the one you mean by its object id.",
    )


def _line(row: dict[str, Any]) -> str:
    said = [row["kind"], row["source_layer"], row["name"], row["class_code"]]
    return f"{row['object_id']} ({', '.join(s for s in said if s)})"
