"""The table ``same_as``: which objects of different sources are one thing of the city."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.catalog._outlines import outlines
from cimkit.catalog._representations import representations
from cimkit.geometry.same_things import same_things
from cimkit.model import LAKE

if TYPE_CHECKING:
    import duckdb

    from cimkit.standard import Standard

__all__ = ["code_pairs", "compare", "grammar_of", "relate"]

Whole = npt.NDArray[np.intp]
Marks = npt.NDArray[np.bool_]


def grammar_of(standard: Standard | None) -> tuple[str, tuple[str, ...]] | None:
    """Return what identifier codes look like and which attributes hold them."""
    grammar = standard.grammar if standard else None
    return (grammar.pattern, tuple(grammar.field_names)) if grammar else None


def relate(
    con: duckdb.DuckDBPyConnection, standard: Standard | None, changed: str | None = None
) -> int:
    """Bring ``same_as`` and ``same_as_doubts`` up to what the lake holds now.

    Only what hangs together with a changed object by its code or its box is compared anew, whatever
    it was part of before. The result is the same as if everything were.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In a transaction, after the objects were written.
    standard : Standard or None
        Whose identifier codes count.
    changed : str, optional
        A table with the ``object_id`` of what was written, changed or retired; None: everything.

    Returns
    -------
    int
        How many things were compared.
    """
    if changed is not None and not _concerned(con, changed):
        return 0
    count = representations(con, "lake.", grammar=grammar_of(standard))
    chosen = np.ones(count, bool) if changed is None else _around(con, count)
    con.register("chosen_", pa.table({"n": pa.array(np.flatnonzero(chosen), pa.int64())}))
    con.execute("CREATE OR REPLACE TEMP TABLE compared_ AS FROM reps_ SEMI JOIN chosen_ USING (n)")
    con.unregister("chosen_")
    things, pairs, doubts = compare(con, "lake.", of="compared_")
    _write(con, pairs, doubts, whole=changed is None)
    return things


def compare(
    con: duckdb.DuckDBPyConnection, tables: str = "", *, of: str = "reps_"
) -> tuple[int, pa.Table, pa.Table]:
    """Compare what `representations` found, or some of it.

    Returns
    -------
    things : int
        How many there are.
    pairs, doubts : pa.Table
        Rows of ``same_as`` and ``same_as_doubts``.
    """
    rows, drawn, _ = outlines(con, tables, of=of)
    found = same_things(drawn, code_pairs(con, rows["n"].to_numpy()))
    ids = rows["object_id"]
    mine = np.flatnonzero(found.label != np.arange(len(ids)))
    pairs = pa.table(
        {
            "object_id": ids.take(pa.array(mine)),
            "other_id": ids.take(pa.array(found.label[mine])),
            "by": pa.array(np.where(found.by_code[mine], "code", "footprint"), pa.string()),
            "confidence": found.confidence[mine],
        },
        schema=LAKE["same_as"],
    )
    doubts = [
        {
            "object_id": ids[d.thing].as_py(),
            "other_id": ids[d.other].as_py(),
            "rival_id": ids[d.rival].as_py() if d.rival >= 0 else None,
            "reason": d.reason,
            "overlap": d.overlap,
            "rival_overlap": d.rival_overlap,
        }
        for d in found.doubts
    ]
    return len(ids), pairs, pa.Table.from_pylist(doubts, schema=LAKE["same_as_doubts"])


def _concerned(con: duckdb.DuckDBPyConnection, changed: str) -> bool:
    """Make ``shaken_``: what changed, and what was joined to it or in doubt with it.

    Return whether any of it is or was of a kind that is compared.
    """
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE shaken_ AS
        WITH links AS (
            SELECT object_id, other_id, NULL AS rival_id FROM lake.same_as
            UNION ALL SELECT object_id, other_id, rival_id FROM lake.same_as_doubts
        ), held AS (
            SELECT l.* FROM links l LEFT JOIN {changed} a USING (object_id)
            LEFT JOIN {changed} b ON b.object_id = l.other_id
            LEFT JOIN {changed} c ON c.object_id = l.rival_id
            WHERE coalesce(a.object_id, b.object_id, c.object_id) IS NOT NULL
        )
        SELECT unnest([object_id, other_id, rival_id]) AS object_id FROM held
        UNION SELECT object_id FROM {changed}
        """
    )
    row = con.execute(
        f"""
        SELECT EXISTS (FROM lake.objects SEMI JOIN {changed} USING (object_id)
                       WHERE kind IN ('gis', 'bim', 'citymodel'))
            OR (SELECT count(*) FROM shaken_) > (SELECT count(DISTINCT object_id) FROM {changed})
        """
    ).fetchone()
    return bool(row and row[0])


def _around(con: duckdb.DuckDBPyConnection, count: int) -> Marks:
    """Return which things hang together with shaken ones by code or box, however indirectly."""
    import shapely

    rows = con.execute(
        "SELECT n, source, family, bbox.xmin, bbox.ymin, bbox.xmax, bbox.ymax, "
        "object_id IN (SELECT object_id FROM shaken_) AS shaken FROM reps_ ORDER BY n"
    ).to_arrow_table()
    chosen = np.asarray(rows["shaken"].to_numpy(zero_copy_only=False), bool).copy()
    if chosen.all():
        return chosen
    sides = [rows[c].to_numpy(zero_copy_only=False) for c in ("xmin", "ymin", "xmax", "ymax")]
    boxes = shapely.box(*sides)
    tree = shapely.STRtree(boxes)
    source, family = (
        np.asarray(rows[c].combine_chunks().dictionary_encode().indices.fill_null(-1))
        for c in ("source", "family")
    )
    codes = code_pairs(con, np.arange(count))
    frontier = np.flatnonzero(chosen)
    while len(frontier):
        here, there = tree.query(boxes[frontier])
        here = frontier[here]
        near = (source[here] != source[there]) & (family[here] == family[there])
        linked = [codes[1 - k][np.isin(codes[k], frontier)] for k in (0, 1)]
        reached = np.unique(np.concatenate([there[near], *linked]))
        frontier = reached[~chosen[reached]]
        chosen[frontier] = True
    return chosen


def code_pairs(con: duckdb.DuckDBPyConnection, chosen: Whole) -> tuple[Whole, Whole]:
    """Return the pairs of ``rep_codes_`` among some things, as places in their sorted list."""
    pairs = con.execute("SELECT one, two FROM rep_codes_ ORDER BY ALL").to_arrow_table()
    one, two = (pairs[c].to_numpy() for c in ("one", "two"))
    among = np.isin(one, chosen) & np.isin(two, chosen)
    return np.searchsorted(chosen, one[among]), np.searchsorted(chosen, two[among])


def _write(
    con: duckdb.DuckDBPyConnection, pairs: pa.Table, doubts: pa.Table, *, whole: bool
) -> None:
    among = "true"
    if not whole:
        among = "object_id IN (SELECT object_id FROM compared_ UNION ALL FROM shaken_)"
    for table, rows in (("same_as", pairs), ("same_as_doubts", doubts)):
        con.execute(f"DELETE FROM lake.{table} WHERE {among}")
        # Not even no rows: see the coordinator about inserts of nothing.
        if len(rows):
            con.register("rows_", rows)
            con.execute(f"INSERT INTO lake.{table} BY NAME SELECT * FROM rows_ ORDER BY ALL")
            con.unregister("rows_")
