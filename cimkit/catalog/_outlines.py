"""Outlines of the things that sources show, as they stand on the ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.geometry.standing import Outlines
from cimkit.geometry.validity import made_valid

if TYPE_CHECKING:
    import duckdb

__all__ = ["outlines"]

Shapes = npt.NDArray[np.object_]
Marks = npt.NDArray[np.bool_]

_BODIES = (
    "'IfcSlab', 'IfcSlabStandardCase', 'IfcSlabElementedCase', 'IfcWall', 'IfcWallStandardCase', "
    "'IfcWallElementedCase', 'IfcCurtainWall', 'IfcColumn', 'IfcPlate'"
)
"""What a building stands by; furniture and terrain would widen its outline."""


def outlines(
    con: duckdb.DuckDBPyConnection, tables: str = "", *, of: str = "reps_"
) -> tuple[pa.Table, Outlines, Marks]:
    """Draw the things of a table like ``reps_`` (`representations`).

    A model of BIM is drawn by its slabs and walls, one of a city model that has no outline of its
    own by its parts. The unions are of one model each, so memory holds one model's parts.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        With ``objects``, ``geometry`` as GEOMETRY.
    tables : str
        What stands before its name.
    of : str
        The table.

    Returns
    -------
    rows : pa.Table
        Its rows in the order of n.
    outlines : Outlines
        Of them, degrees.
    rough : (n,) array of bool
        Whether what is drawn is no more than a hull around a model.
    """
    import shapely

    from cimkit.geometry.coverage import sound

    rows = con.execute(
        f"""SELECT r.*,
                CASE WHEN ST_Dimension(o.geometry) = 2 THEN ST_AsWKB(o.geometry) END AS shape
            FROM {of} r JOIN {tables}objects o USING (object_id) ORDER BY n"""
    ).to_arrow_table()
    shapes = sound(shapely.from_wkb(rows["shape"].to_numpy(zero_copy_only=False)))
    rows = rows.drop_columns(["shape"])
    rough = np.asarray(rows["rank"].to_numpy() == 2, dtype=bool)
    _refine(con, tables, of, rows, shapes, rough)
    drawn = Outlines(
        shapes,
        rank=rows["rank"].to_numpy().astype(np.intp),
        source=_numbered(rows["source"]),
        family=_numbered(rows["family"]),
        level=_numbered(rows["level"]),
        low=_metres(rows["low"]),
        high=_metres(rows["high"]),
        datum=_numbered(rows["datum"]),
        tall=_metres(rows["tall"]),
    )
    return rows, drawn, rough


def _metres(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Return numbers, NaN for none."""
    held = column.cast(pa.float64()).combine_chunks().fill_null(np.nan)
    return np.asarray(held.to_numpy(zero_copy_only=False), np.float64)


def _numbered(column: pa.ChunkedArray) -> npt.NDArray[np.intp]:
    """Return a number for each text, -1 for none."""
    codes = column.combine_chunks().dictionary_encode().indices.fill_null(-1)
    return np.asarray(codes.to_numpy(zero_copy_only=False)).astype(np.intp)


def _refine(
    con: duckdb.DuckDBPyConnection,
    tables: str,
    of: str,
    rows: pa.Table,
    shapes: Shapes,
    rough: Marks,
) -> None:
    import shapely

    bare = rows.filter(pa.array(shapely.is_missing(shapes) & (rows["rank"].to_numpy() == 1)))
    con.register("bare_", bare.select(["object_id"]))
    # Without their geometry the parts of a thousand models are a small table.
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE models_ AS
        SELECT object_id, n, kind, item_id FROM {of}
        WHERE kind = 'bim' OR object_id IN (SELECT object_id FROM bare_);
        CREATE OR REPLACE TEMP TABLE hung_ AS
        SELECT object_id, parent_id, source_class FROM {tables}objects
        WHERE item_id IN (SELECT item_id FROM models_) AND parent_id IS NOT NULL
        """
    )
    parts = con.execute(
        f"""
        WITH RECURSIVE inside AS (
            SELECT n, kind, object_id, NULL::VARCHAR AS source_class FROM models_
            UNION ALL
            SELECT i.n, i.kind, h.object_id, h.source_class
            FROM inside i JOIN hung_ h ON h.parent_id = i.object_id
        ), bodies AS (
            SELECT n, object_id, starts_with(source_class, 'IfcSlab') AS slab FROM inside
            WHERE source_class IS NOT NULL AND (kind <> 'bim' OR source_class IN ({_BODIES}))
        )
        SELECT b.n, b.slab, ST_AsWKB(o.geometry) AS shape
        FROM bodies b JOIN {tables}objects o USING (object_id)
        WHERE ST_Dimension(o.geometry) = 2 ORDER BY b.n, b.object_id
        """
    ).to_arrow_table()
    con.unregister("bare_")
    owner = parts["n"].to_numpy()
    slab = np.asarray(parts["slab"].to_numpy(zero_copy_only=False), bool)
    wkb = parts["shape"].to_numpy(zero_copy_only=False)
    place = np.searchsorted(rows["n"].to_numpy(), owner)
    rank = rows["rank"].to_numpy()
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    for start, end in zip(starts, np.append(starts, len(owner))[1:], strict=True):
        at = int(place[start])
        drawn = shapely.force_2d(shapely.from_wkb(wkb[start:end]))
        shape = shapely.union_all(made_valid(drawn))
        if rank[at] == 2 and not slab[start:end].any():
            # Walls alone go around what they enclose.
            rings = shapely.get_exterior_ring(shapely.get_parts(shape))
            shape = shapely.union_all(shapely.polygons(rings[~shapely.is_missing(rings)]))
        shapes[at], rough[at] = shape, False
