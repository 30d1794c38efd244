"""Whether outlines that are said to be the same thing show the same ground."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["Outlines", "Truth", "covered", "distinct"]

Outlines = npt.NDArray[Any]
Whole = npt.NDArray[np.int64]
Truth = npt.NDArray[np.bool_]

_HALF = 0.5


def distinct(outlines: Outlines, thing: Whole) -> Truth:
    """Return which outlines are no repetition: at most half in those before them of their thing.

    Parameters
    ----------
    outlines : ndarray of shapely geometries, shape (n,)
        Polygons in one plane, the most important of each thing first; None: nowhere.
    thing : ndarray, shape (n,)
        Rows of one thing stand together.

    Examples
    --------
    >>> wings = [shapely.box(0, 0, 2, 1), shapely.box(2, 0, 4, 1), shapely.box(0, 0, 1, 1)]
    >>> distinct(np.array(wings), np.zeros(3, int)).tolist()
    [True, True, False]
    """
    kept = np.ones(len(outlines), bool)
    starts = np.flatnonzero(np.concatenate([[True], thing[1:] != thing[:-1], [True]])[: len(thing)])
    ends = np.append(starts[1:], len(thing))
    for start, end in zip(starts[ends - starts > 1], ends[ends - starts > 1], strict=True):
        ground = outlines[start]
        for i in range(start + 1, end):
            if ground is None or outlines[i] is None:
                kept[i] = False
                continue
            inside = shapely.area(shapely.intersection(ground, outlines[i]))
            kept[i] = inside <= _HALF * shapely.area(outlines[i])
            if kept[i]:
                ground = shapely.union(ground, outlines[i])
    return kept


def covered(outlines: Outlines, thing: Whole, finer: Outlines, finer_thing: Whole) -> Truth:
    """Return which outlines lie at least half in the finer ones of their thing.

    Parameters
    ----------
    outlines, finer : ndarray of shapely geometries, shape (n,) and (m,)
        Polygons in one plane; None: nowhere.
    thing, finer_thing : ndarray, shape (n,) and (m,)
        Of each.
    """
    order = np.argsort(finer_thing, kind="stable")
    first = np.searchsorted(finer_thing[order], thing)
    count = np.searchsorted(finer_thing[order], thing, side="right") - first
    mine = np.repeat(np.arange(len(thing)), count)
    within = np.arange(len(mine)) - np.repeat(np.cumsum(count) - count, count)
    other = order[np.repeat(first, count) + within]
    shared = np.nan_to_num(shapely.area(shapely.intersection(outlines[mine], finer[other])))
    area = np.nan_to_num(shapely.area(outlines))
    inside = np.bincount(mine, weights=shared, minlength=len(thing))
    return np.asarray(inside >= _HALF * area, bool)
