"""Where a cloud has no points though it has some all around."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.geometry.enclosure import enclosed
from cimkit.loaders.pointcloud.grid import Grid

__all__ = ["voids"]

_CELLS = 1_000_000
_PER_CELL = 10.0  # points that a cell must hold on average for an empty one to mean anything
_MOST_RUNS = 20_000

Reals = npt.NDArray[np.float64]


def voids(grid: Grid, low: Reals, high: Reals) -> tuple[list[Any], float, float] | None:
    """Return the parts of the ground that have points on both sides, and none themselves.

    What that means says `enclosed`.

    Parameters
    ----------
    grid : Grid
        With all points counted.
    low, high : (2,) or (3,) array
        Of the points: a cell on the rim may reach beyond them.

    Returns
    -------
    polygons, share, width
        In units of the source, the largest first; the part of the ground so enclosed that has
        points, 0 to 1; the width of the cells. None if there are too few cells.
    """
    import shapely

    width, x, y, counts = grid.cells(_CELLS)
    while len(x) > 64 and counts.sum() / len(x) < _PER_CELL:
        width *= 2
        keys, where = np.unique(((x >> 1) << 32) + (y >> 1) + (1 << 31), return_inverse=True)
        counts = np.bincount(where.ravel(), counts).astype(np.int64)
        x, y = keys >> 32, (keys & 0xFFFFFFFF) - (1 << 31)
    if len(x) < 64 or (np.ptp(x) + 1) * (np.ptp(y) + 1) > 16 * _CELLS:
        return None
    held = np.zeros((int(np.ptp(y)) + 1, int(np.ptp(x)) + 1), bool)
    held[y - y.min(), x - x.min()] = True
    empty = enclosed(held)
    row, column = np.nonzero(empty)
    if not len(row):
        return [], 1.0, width
    starts = np.flatnonzero(np.r_[True, (np.diff(column) != 1) | (np.diff(row) != 0)])
    ends = np.r_[starts[1:], len(row)] - 1
    if len(starts) > _MOST_RUNS:
        longest = np.sort(np.argsort(starts - ends, kind="stable")[:_MOST_RUNS])
        starts, ends = starts[longest], ends[longest]
    left = grid.origin[0] + (column[starts] + x.min()) * width
    right = grid.origin[0] + (column[ends] + x.min() + 1) * width
    bottom = grid.origin[1] + (row[starts] + y.min()) * width
    whole = shapely.union_all(shapely.box(left, bottom, right, bottom + width))
    limit = shapely.box(low[0], low[1], high[0], high[1])
    parts = shapely.get_parts(shapely.intersection(whole, limit))
    parts = parts[shapely.area(parts) > 0.5 * width**2]
    covered = float(held.sum()) * width**2
    share = covered / (covered + float(shapely.area(parts).sum()))
    return list(parts[np.argsort(-shapely.area(parts), kind="stable")]), share, width
