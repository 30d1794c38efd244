"""How near lines come to each other in space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["Approach", "approach", "segments"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]
Shapes = npt.NDArray[np.object_]

_PIECES = 2_000_000  # pairs of segments held at a time


@dataclass(frozen=True, slots=True)
class Approach:
    """Where two lines come nearest; one row a pair."""

    distance: Reals
    """(n,) between the axes."""
    first: Reals
    """(n, 3) the point of the first line."""
    second: Reals
    """(n, 3) the point of the second."""


def segments(
    start: Reals, end: Reals, other_start: Reals, other_end: Reals
) -> tuple[Reals, Reals, Reals]:
    """Return distance and nearest points of pairs of segments in space.

    Parameters
    ----------
    start, end, other_start, other_end : (n, 3) arrays

    Returns
    -------
    distance : (n,) array
    first, second : (n, 3) arrays
        Nearest points. Formula: Ericson, Real-Time Collision Detection (2005), 5.1.9.
    """
    u, v, w = end - start, other_end - other_start, start - other_start
    a, e = (u * u).sum(1), (v * v).sum(1)
    b, c, f = (u * v).sum(1), (u * w).sum(1), (v * w).sum(1)
    safe_a, safe_e = np.where(a > 0, a, 1.0), np.where(e > 0, e, 1.0)
    slant = a * e - b * b
    skew = slant > 1e-12 * a * e
    s = np.where(skew, np.clip((b * f - c * e) / np.where(skew, slant, 1.0), 0, 1), 0.0)
    t = np.where(e > 0, (b * s + f) / safe_e, 0.0)
    s = np.where(
        t < 0, np.clip(-c / safe_a, 0, 1), np.where(t > 1, np.clip((b - c) / safe_a, 0, 1), s)
    )
    s = np.where(e > 0, s, np.clip(-c / safe_a, 0, 1))
    s = np.where(a > 0, s, 0.0)
    t = np.clip(t, 0, 1)
    first, second = start + s[:, None] * u, other_start + t[:, None] * v
    return np.sqrt(((first - second) ** 2).sum(1)), first, second


def approach(lines: Shapes, first: Whole, second: Whole) -> Approach:
    """Return where pairs of lines come nearest to each other.

    Parameters
    ----------
    lines : (n,) array of shapely LineString
        With heights, in metres.
    first, second : (m,) arrays of int
        The pairs.
    """
    xyz, owner = shapely.get_coordinates(lines, include_z=True, return_index=True)
    count = np.bincount(owner, minlength=len(lines))
    start = np.cumsum(count) - count
    pieces = np.maximum(count - 1, 0)
    every = pieces[first] * pieces[second]
    out = Approach(
        np.full(len(first), np.inf), np.zeros((len(first), 3)), np.zeros((len(first), 3))
    )
    group = (np.cumsum(every) - 1) // _PIECES
    for part in np.split(np.arange(len(first)), np.flatnonzero(np.diff(group)) + 1):
        if not every[part].sum():
            continue
        pair = np.repeat(part, every[part])
        nth = np.arange(len(pair)) - np.repeat(np.cumsum(every[part]) - every[part], every[part])
        i = start[first[pair]] + nth // pieces[second[pair]]
        j = start[second[pair]] + nth % pieces[second[pair]]
        away, one, other = segments(xyz[i], xyz[i + 1], xyz[j], xyz[j + 1])
        order = np.lexsort((away, pair))
        best = order[np.unique(pair[order], return_index=True)[1]]
        here = pair[best]
        out.distance[here], out.first[here], out.second[here] = away[best], one[best], other[best]
    return out
