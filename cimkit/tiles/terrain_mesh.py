"""A grid of heights to triangles: few of them, with the same border on both sides of an edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["Surface", "deviation", "skirt_depth", "triangulated"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_FLAT = 0.02
"""Heights are pressed together for the simplifier: what it measures across a triangle is then what
is measured upright, and what it refuses to turn over is what would lie upside down."""


@dataclass(frozen=True, slots=True)
class Surface:
    """Triangles over posts of a grid."""

    column: Whole
    """Shape (n,): of each vertex, counted in spaces of the grid from the west."""
    row: Whole
    """Shape (n,): counted from the south."""
    indices: Whole
    """Shape (m, 3), counter-clockwise from above."""
    error: float
    """Metres, vertically, between the triangles and the finer grid, at its posts."""


def triangulated(
    heights: Reals, stride: int, size: tuple[float, float], tolerance: float
) -> Surface | None:
    """Triangulate every ``stride``-th post of a grid of heights, with few triangles.

    meshoptimizer collapses edges; the posts on the border of the tile and of holes are locked, so
    that tiles side by side have the same border.

    Parameters
    ----------
    heights : ndarray, shape (rows * stride + 1, columns * stride + 1)
        Metres, as seen from the tile's own plane (with the curvature of the earth); the first row
        is the southernmost; NaN where there is no ground.
    stride : int
        Between the posts that may become vertices.
    size : tuple of float
        Metres between the posts of ``heights`` from west to east and from south to north.
    tolerance : float
        Metres by which the triangles may be off.

    Returns
    -------
    Surface or None
        None if there is no ground. ``column`` and ``row`` count every ``stride``-th post.
    """
    import meshoptimizer

    coarse = np.ascontiguousarray(heights[::stride, ::stride])
    columns = coarse.shape[1]
    faces = _faces(np.isfinite(coarse))
    if not len(faces):
        return None
    row, column = np.divmod(np.arange(coarse.size), columns)
    middle = float(np.nanmean(coarse))
    points = np.stack(
        [column * size[0], row * size[1], (coarse.reshape(-1) - middle) * (_FLAT / stride)],
        axis=1,
    )
    corners = np.unique(faces)
    at = np.zeros(coarse.size, np.uint32)
    at[corners] = np.arange(len(corners))
    given = np.ascontiguousarray(at[faces].reshape(-1))
    out = np.empty(len(given), np.uint32)
    count = meshoptimizer.simplify(
        out,
        given,
        np.ascontiguousarray(points[corners], np.float32),
        target_index_count=0,
        target_error=tolerance * _FLAT / stride,
        options=meshoptimizer.SIMPLIFY_LOCK_BORDER | meshoptimizer.SIMPLIFY_ERROR_ABSOLUTE,
    )
    kept = corners[out[:count].astype(np.int64)]
    used, indices = np.unique(kept, return_inverse=True)
    indices = indices.reshape(-1, 3).astype(np.int64)
    column, row = column[used], row[used]
    indices = _unfolded(column, row, indices)
    error: float = _misfit(heights, column * stride, row * stride, indices)
    return Surface(column, row, indices, error)


def _unfolded(column: Whole, row: Whole, indices: Whole) -> Whole:
    """Flip edges until no triangle stands upright.

    Where posts of a border lie on one line the simplifier leaves triangles between three of them,
    which close a gap and show no ground. With the triangle beyond its longest side such a one is
    two others.
    """
    faces = indices.copy()
    while True:
        x, y = column[faces], row[faces]
        area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
        upright = np.flatnonzero(area == 0)
        # The side from corner k to the next one is the longest.
        length = (x - np.roll(x, -1, 1)) ** 2 + (y - np.roll(y, -1, 1)) ** 2
        first = length[upright].argmax(axis=1)
        p, q, m = (faces[upright, (first + k) % 3] for k in range(3))
        start, end = faces.reshape(-1), np.roll(faces, -1, 1).reshape(-1)
        keys = start * len(column) + end
        order = np.argsort(keys)
        wanted = q * len(column) + p
        place = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
        side = order[place]
        beyond = side // 3
        fit = (keys[side] == wanted) & (area[beyond] > 0)
        # One flip a triangle at a time.
        _, once = np.unique(beyond[fit], return_index=True)
        chosen = np.flatnonzero(fit)[once]
        if not len(chosen):
            standing: Whole = faces[area != 0]
            return standing
        d = faces[beyond[chosen], (side[chosen] % 3 + 2) % 3]
        faces[upright[chosen]] = np.stack([q[chosen], m[chosen], d], axis=1)
        faces[beyond[chosen]] = np.stack([m[chosen], p[chosen], d], axis=1)


def _faces(known: npt.NDArray[np.bool_]) -> Whole:
    """Triangles, shape (m, 3), between posts that are known; a square lacking one keeps half."""
    index = np.arange(known.size).reshape(known.shape)
    south, north, west, east = slice(None, -1), slice(1, None), slice(None, -1), slice(1, None)
    a, b, c, d = (
        (known[at].reshape(-1), index[at].reshape(-1))
        for at in ((south, west), (south, east), (north, east), (north, west))
    )
    parts = [(a, b, c, None), (a, c, d, None), (b, c, d, a), (a, b, d, c)]
    found = []
    for p, q, r, lacking in parts:
        there = p[0] & q[0] & r[0]
        if lacking is not None:
            there &= ~lacking[0]
        found.append(np.stack([p[1][there], q[1][there], r[1][there]], axis=1))
    return np.concatenate(found)


@njit(cache=True, nogil=True)
def _misfit(heights: Reals, column: Whole, row: Whole, indices: Whole) -> float:
    """Greatest vertical distance between triangles and the posts under them."""
    worst = 0.0
    for t in range(len(indices)):
        a, b, c = indices[t]
        xa, ya, xb, yb, xc, yc = column[a], row[a], column[b], row[b], column[c], row[c]
        za, zb, zc = heights[ya, xa], heights[yb, xb], heights[yc, xc]
        area = (xb - xa) * (yc - ya) - (xc - xa) * (yb - ya)
        if area == 0:
            continue
        for y in range(min(ya, yb, yc), max(ya, yb, yc) + 1):
            for x in range(min(xa, xb, xc), max(xa, xb, xc) + 1):
                u = (xb - xa) * (y - ya) - (x - xa) * (yb - ya)
                v = (x - xa) * (yc - ya) - (xc - xa) * (y - ya)
                w = area - u - v
                if area < 0:
                    u, v, w = -u, -v, -w
                if u < 0 or v < 0 or w < 0:
                    continue
                z = (w * za + v * zb + u * zc) / abs(area)
                off = abs(z - heights[y, x])
                if off > worst:  # false for a hole
                    worst = off
    return worst


@njit(cache=True, nogil=True)
def deviation(heights: Reals, stride: int) -> float:
    """Greatest vertical distance between every ``stride``-th post, triangulated, and all others."""
    worst = 0.0
    rows, columns = heights.shape
    for y in range(rows):
        j = min(y // stride, (rows - 1) // stride - 1) * stride
        fy = (y - j) / stride
        for x in range(columns):
            i = min(x // stride, (columns - 1) // stride - 1) * stride
            fx = (x - i) / stride
            a, c = heights[j, i], heights[j + stride, i + stride]
            if fy <= fx:
                b = heights[j, i + stride]
                z = a + fx * (b - a) + fy * (c - b)
            else:
                d = heights[j + stride, i]
                z = a + fy * (d - a) + fx * (c - d)
            off = abs(z - heights[y, x])
            if off > worst:  # false where there is a hole
                worst = off
    return worst


def skirt_depth(heights: Reals, stride: int) -> float:
    """How far the border may lie above a neighbour's, of a finer level or up to three coarser.

    The arguments are those of `triangulated`. A neighbour of a coarser level has every second,
    fourth or eighth post of the border, and straight lines between.
    """
    worst = 0.0
    for edge in (heights[0], heights[-1], heights[:, 0], heights[:, -1]):
        own = np.arange(0, len(edge), stride)
        known = np.arange(len(edge))
        line = np.interp(known, own, edge[own])
        worst = max(worst, _gap(line - edge))
        for step in (2, 4, 8):
            if (len(own) - 1) % step == 0:
                far = own[::step]
                worst = max(worst, _gap(edge[own] - np.interp(own, far, edge[far])))
    return worst


def _gap(apart: Reals) -> float:
    return float(np.nanmax(np.abs(apart))) if np.isfinite(apart).any() else 0.0
