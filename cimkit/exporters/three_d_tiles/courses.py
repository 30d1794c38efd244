"""Where lines lie: their own Z, heights at their ends, or a depth below the ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from cimkit.exporters.three_d_tiles.clamping import STEP, draped
from cimkit.exporters.three_d_tiles.outlines import Reals
from cimkit.exporters.three_d_tiles.sorting import number, texts
from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.tiles import wkb_type

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters.three_d_tiles.looks import Looks
    from cimkit.exporters.three_d_tiles.making import Making

__all__ = ["ENDS", "course", "with_z"]

Shapes = npt.NDArray[Any]

ENDS = {
    "axis": (("e0", "start_z"), ("e1", "end_z"), ("e2", "起点高程"), ("e3", "终点高程")),
    "invert": (
        *(("e4", "start_invert"), ("e5", "end_invert")),
        *(("e6", "起点管底高程"), ("e7", "终点管底高程")),
    ),
    "crown": (
        *(("e8", "start_crown"), ("e9", "end_crown")),
        *(("e10", "起点管顶高程"), ("e11", "终点管顶高程")),
    ),
    "depth": (
        *(("e12", "start_depth"), ("e13", "end_depth")),
        *(("e14", "起点埋深"), ("e15", "终点埋深")),
    ),
}
"""Attributes of a line's ends, start and end in turn, each with the column that it is read to."""


def course(
    making: Making, table: pa.Table, looks: Looks, shapes: Shapes, exact: Shapes,
    rise: Reals, pipe: npt.NDArray[np.bool_],
) -> tuple[Shapes, Reals, Reals]:  # fmt: skip
    """Return lines whose Z is an offset from a height of each, that height, and the mean offset.

    Parameters
    ----------
    making : Making
        For the height of the ground.
    table, looks
        The objects, with the columns of `ENDS`.
    shapes, exact : ndarray of geometries, shape (n,)
        In CRS84, flat; and with Z, None where there is none.
    rise : ndarray, shape (n,)
        Height of the section, metres.
    pipe : ndarray of bool, shape (n,)
        Whether it lies in the ground.

    Returns
    -------
    shapes : ndarray, shape (n,)
    level : ndarray, shape (n,)
        Metres in the source's vertical datum.
    offset : ndarray, shape (n,)
        Mean Z, metres.
    """
    has_z = np.array([g is not None for g in exact])
    bounds = shapely.bounds(shapes)
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    ends = _ends(table, rise)
    known = ~has_z & np.isfinite(ends).all(axis=1)
    z_min = number(table, "z_min")
    datum = texts(table, "vertical_datum")
    ground = making.heights.ground(middle, np.where(has_z | known, 0.0, z_min), datum)
    depth = _pair(table, "depth")
    # Where a line's lowest height is said it lies there, and not below it.
    free = ~has_z & ~known & np.isnan(z_min)
    below = np.where(np.isfinite(depth), depth, looks.depth[:, None])
    buried = (free & pipe)[:, None] & np.isfinite(below)
    under = np.where(buried, below + rise[:, None] / 2, 0.0)
    start = np.where(known[:, None], ends, -under)
    out = np.where(has_z, exact, shapely.force_2d(shapes))
    slope = ~has_z & (start != 0).any(axis=1)
    if slope.any():
        out[slope] = _sloped(out[slope], start[slope])
    if making.heights.terrain is not None and free.any():
        out[free] = draped(out[free], middle[free], making.heights.terrain)
    if making.heights.terrain is not None:
        # Vertices near enough for the ground beside a road to lift it.
        road = has_z & ~pipe
        out[road] = shapely.segmentize(out[road], STEP)
    offset = np.zeros(len(out))
    xyz, row = shapely.get_coordinates(out, include_z=True, return_index=True)
    count = np.bincount(row, minlength=len(out))
    total = np.bincount(row, weights=np.nan_to_num(xyz[:, 2]), minlength=len(out))
    offset[count > 0] = (total / np.maximum(count, 1))[count > 0]
    return out, np.where(has_z | known, 0.0, ground), offset


def _pair(table: pa.Table, which: str) -> Reals:
    """Values at start and end, shape (n, 2); where one is missing, the other."""
    found = np.full((table.num_rows, 2), np.nan)
    for i, (column, _) in enumerate(ENDS[which]):
        values = number(table, column)
        empty = np.isnan(found[:, i % 2])
        found[empty, i % 2] = values[empty]
    return np.where(np.isnan(found), found[:, ::-1], found)


def _ends(table: pa.Table, rise: Reals) -> Reals:
    """Height of the axis at start and end, shape (n, 2), NaN where neither is said."""
    found = _pair(table, "axis")
    for which, sign in (("invert", 0.5), ("crown", -0.5)):
        found = np.where(np.isnan(found), _pair(table, which) + sign * rise[:, None], found)
    return found


def _sloped(shapes: Shapes, ends: Reals) -> Shapes:
    """Lines with Z that goes evenly along them from the first of ``ends`` (n, 2) to the second."""
    solid = shapely.force_3d(shapes)
    xyz, row = shapely.get_coordinates(solid, include_z=True, return_index=True)
    step = np.diff(xyz[:, :2], axis=0, prepend=xyz[:1, :2])
    step[:, 0] *= np.cos(np.radians(xyz[:, 1]))
    first = np.append(True, row[1:] != row[:-1])
    step[first] = 0.0
    way = np.cumsum(np.hypot(step[:, 0], step[:, 1]))
    start = way[first]
    total = np.maximum(np.diff(np.append(np.flatnonzero(first), len(way))), 1)
    way -= np.repeat(start, total)
    length = np.maximum.reduceat(way, np.flatnonzero(first))
    share = way / np.repeat(np.where(length > 0, length, 1.0), total)
    xyz[:, 2] = ends[row, 0] + share * (ends[row, 1] - ends[row, 0])
    done: Shapes = shapely.set_coordinates(solid, xyz)
    return done


def with_z(selection: Selection, table: pa.Table) -> Shapes:
    """The lines' own geometry with Z, its x and y in CRS84; None where the source has no Z."""
    out = np.full(table.num_rows, None, dtype=object)
    own = selection.fetch(
        """SELECT g.object_id, any_value(g.wkb) AS wkb, any_value(g.crs) AS crs
        FROM geometries g SEMI JOIN lines_ l ON l.object_id = g.object_id
        WHERE g.wkb IS NOT NULL AND g.crs IS NOT NULL GROUP BY 1 ORDER BY 1""",
        lines_=table.select(["object_id"]),
    )
    # Arcs are drawn from the linearised geometry of `objects`, which is flat.
    own = own.filter(pa.array([wkb_type(w) in (2, 5) for w in own["wkb"].to_pylist()], pa.bool_()))
    if own.num_rows == 0:
        return out
    row = pc.index_in(own["object_id"], value_set=table["object_id"].combine_chunks()).to_numpy()
    shapes = shapely.from_wkb(own["wkb"].to_numpy(), on_invalid="ignore")
    solid = shapely.has_z(shapes)
    crs = np.array(own["crs"].to_pylist(), dtype=object)
    for name in dict.fromkeys(crs[solid].tolist()):
        mine = solid & (crs == name)

        def move(xyz: Reals, name: str = name) -> Reals:
            return np.column_stack([to_crs84(xyz[:, :2].copy(), parse_crs(name)), xyz[:, 2]])

        out[row[mine]] = shapely.transform(shapes[mine], move, include_z=True)
    return out
