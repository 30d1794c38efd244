"""Which places of one source things of other sources lie at: asked for all sources at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext

__all__ = ["MEET_M", "Bounds", "boxes_of", "gather", "meetings", "neighbours", "sample", "sources"]

Bounds = npt.NDArray[np.float64]

MEET_M = 5.0
"""Two surveys of one thing are so near."""

_M = 111_195.0  # in one degree of latitude
_CELL = 2 * MEET_M / _M  # degrees: what is so near to a place lies in one of four cells
_EAST = "cos(radians(floor({y}) + 0.5))"  # alike for all of one degree of latitude


def sources(context: CheckContext, where: str, fewest: int) -> pa.Table:
    """Return the sources that have so many things: ``source`` (its number), what is said, and box.

    Parameters
    ----------
    where
        Predicate over ``things``.
    fewest
        Sources with fewer things are left out.
    """
    return context.table(
        f"""SELECT (row_number() OVER (ORDER BY path) - 1)::INT AS source, *
        FROM (SELECT item_id, count(*) AS count, min(x) AS xmin, min(y) AS ymin, max(x) AS xmax,
                     max(y) AS ymax FROM things WHERE x IS NOT NULL AND ({where})
              GROUP BY item_id HAVING count(*) >= {fewest})
        JOIN (SELECT item_id, path, crs, crs_origin, vertical_datum AS datum FROM items
              WHERE crs IS NOT NULL) USING (item_id)
        ORDER BY source"""
    )


def boxes_of(table: pa.Table) -> Bounds:
    """Return the boxes (n, 4) of rows of `sources`."""
    return np.column_stack([table[c].to_numpy() for c in ("xmin", "ymin", "xmax", "ymax")])


def neighbours(these: Bounds, those: Bounds) -> npt.NDArray[np.int64]:
    """Return which boxes (n, 4) meet which others (m, 4): rows of two numbers."""
    import shapely

    tree = shapely.STRtree(np.array(shapely.box(*those.T), dtype=object))
    found: npt.NDArray[np.int64] = tree.query(shapely.box(*these.T)).T
    return found


def gather(context: CheckContext, known: pa.Table, where: str) -> None:
    """Put the things of sources into the temporary table ``gathered_``.

    Parameters
    ----------
    known
        Rows of `sources`; what is not among them is not read.
    where
        Predicate over ``things``.
    """
    context.con.register("known_given", known.select(["source", "item_id", "count"]))
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE gathered_ AS
        SELECT source, k.count, hash(object_id) AS h, x, y, z
        FROM (SELECT * FROM things WHERE x IS NOT NULL AND ({where})) t
        JOIN known_given k USING (item_id)"""
    )
    context.con.unregister("known_given")


def sample(context: CheckContext, among: npt.NDArray[np.int64], most: int) -> pa.Table:
    """Return ``source``, ``n``, ``x``, ``y``, ``z`` of about so many things of each source.

    The same ones each time; all, if there are no more.
    """
    context.con.register("among_given", pa.table({"source": pa.array(among, pa.int32())}))
    found = context.table(
        f"""SELECT source, h AS n, x, y, z FROM gathered_ SEMI JOIN among_given USING (source)
        WHERE h % greatest(1, count // {most}) = 0 ORDER BY source, h"""
    )
    context.con.unregister("among_given")
    return found


def meetings(context: CheckContext, places: pa.Table, name: str) -> None:
    """Put the nearest thing of each other source at each place into a temporary table.

    Its columns are those of the places, ``rival`` (number of the other source), ``away`` (metres,
    less than `MEET_M`) and ``z_there``.

    Parameters
    ----------
    places
        ``source``, ``n``, ``x``, ``y`` and more.
    name
        Of the table.
    """
    context.con.register("places_given", places)
    more = "".join(f", {c}" for c in places.column_names)
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE {name} AS
        WITH around AS (
            SELECT p.*, floor(x * {_EAST.format(y="y")} / {_CELL} + u)::INT AS i,
                   floor(y / {_CELL} + v)::INT AS j
            FROM places_given p, (VALUES (-0.5), (0.5)) a(u), (VALUES (-0.5), (0.5)) b(v)
            WHERE isfinite(x) AND isfinite(y)),
        things_ AS (
            SELECT source AS rival, x AS tx, y AS ty, z AS tz,
                   floor(x * {_EAST.format(y="y")} / {_CELL})::INT AS i,
                   floor(y / {_CELL})::INT AS j FROM gathered_),
        near AS (
            SELECT rival, tz{more}, sqrt(
                ((x - tx) * {_M} * cos(radians(y))) ** 2 + ((y - ty) * {_M}) ** 2) AS away
            FROM things_ JOIN around USING (i, j) WHERE rival <> source)
        SELECT rival, min(away) AS away, arg_min(tz, away) AS z_there{more}
        FROM near WHERE away < {MEET_M} GROUP BY ALL"""
    )
    context.con.unregister("places_given")
