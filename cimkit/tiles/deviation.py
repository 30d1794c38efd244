"""How far the surfaces of two versions of things lie apart, in metres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from cimkit.tiles.glb import box
from cimkit.tiles.mesh import Mesh

__all__ = ["SAMPLES", "deviations", "distances", "samples"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Point = tuple[float, float, float]

SAMPLES = 64
"""Points on each thing that are measured from."""


def deviations(coarse: Mesh, fine: Mesh, count: int) -> Reals:
    """Greatest distance between two versions of each thing, measured both ways at samples.

    Parameters
    ----------
    coarse, fine : Mesh
        ``feature`` is the thing; metres in the same coordinates.
    count : int
        Of things.

    Returns
    -------
    ndarray, shape (count,)
        Metres; 0 where either has no triangle. Hausdorff's distance, from below.
    """
    out = np.zeros(count)
    for one, other in ((coarse, fine), (fine, coarse)):
        points, of = samples(one, count)
        found = distances(points, of, other, count)
        known = np.isfinite(found)
        np.maximum.at(out, of[known], found[known])
    return out


def samples(mesh: Mesh, count: int, most: int = SAMPLES) -> tuple[Reals, Whole]:
    """Corners and middles of triangles, evenly taken, up to ``most`` of each thing.

    Returns
    -------
    points : ndarray, shape (k, 3)
    thing : ndarray, shape (k,)
        Ascending.
    """
    if not len(mesh.indices):
        return np.empty((0, 3)), np.empty(0, np.int64)
    owner = mesh.feature[mesh.indices[:, 0]]
    corners = mesh.positions[mesh.indices]
    points = np.concatenate([corners.mean(axis=1), corners[:, 0], corners[:, 1], corners[:, 2]])
    of = np.tile(owner, 4)
    order = np.argsort(of, kind="stable")
    points, of = points[order], of[order]
    each = np.bincount(of, minlength=count)
    first = np.cumsum(each) - each
    within = np.arange(len(of)) - first[of]
    # Every k-th, such that at most ``most`` are left.
    step = np.maximum(-(-each // most), 1)
    taken = within % step[of] == 0
    return points[taken], of[taken]


def distances(points: Reals, of: Whole, mesh: Mesh, count: int) -> Reals:
    """Distance of each point from the triangles of its own thing; inf where it has none.

    Parameters
    ----------
    points : ndarray, shape (k, 3)
    of : ndarray, shape (k,)
        Thing of each point.
    mesh : Mesh
        ``feature`` is the thing.
    count : int
        Of things.
    """
    if not len(points) or not len(mesh.indices):
        return np.full(len(points), np.inf)
    origin = box(mesh.positions)[0]
    owner = mesh.feature[mesh.indices[:, 0]]
    order = np.argsort(owner, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=count))])
    corners = np.ascontiguousarray((mesh.positions - origin)[mesh.indices[order]])
    found: Reals = _nearest(points - origin, of, corners, starts)
    return found


@njit(cache=True)
def _nearest(points: Reals, of: Whole, corners: Reals, starts: Whole) -> Reals:
    out = np.full(len(points), np.inf)
    for i in range(len(points)):
        p = (points[i, 0], points[i, 1], points[i, 2])
        best = np.inf
        for t in range(starts[of[i]], starts[of[i] + 1]):
            a = (corners[t, 0, 0], corners[t, 0, 1], corners[t, 0, 2])
            b = (corners[t, 1, 0], corners[t, 1, 1], corners[t, 1, 2])
            c = (corners[t, 2, 0], corners[t, 2, 1], corners[t, 2, 2])
            best = min(best, _apart(p, a, b, c))
        out[i] = np.sqrt(best)
    return out


@njit(cache=True)
def _apart(p: Point, a: Point, b: Point, c: Point) -> float:
    """Squared distance of a point from a triangle (Ericson, Real-Time Collision Detection, 5.1)."""
    ab, ac, ap = _minus(b, a), _minus(c, a), _minus(p, a)
    d1, d2 = _dot(ab, ap), _dot(ac, ap)
    if d1 <= 0 and d2 <= 0:
        return _dot(ap, ap)
    bp = _minus(p, b)
    d3, d4 = _dot(ab, bp), _dot(ac, bp)
    if d3 >= 0 and d4 <= d3:
        return _dot(bp, bp)
    cp = _minus(p, c)
    d5, d6 = _dot(ab, cp), _dot(ac, cp)
    if d6 >= 0 and d5 <= d6:
        return _dot(cp, cp)
    vc, vb, va = d1 * d4 - d3 * d2, d5 * d2 - d1 * d6, d3 * d6 - d5 * d4
    # An edge without a length is none: the others have the nearest point.
    if vc <= 0 and d1 >= 0 and d3 <= 0 and d1 > d3:
        q = _along(ap, ab, d1 / (d1 - d3), ac, 0.0)
    elif vb <= 0 and d2 >= 0 and d6 <= 0 and d2 > d6:
        q = _along(ap, ab, 0.0, ac, d2 / (d2 - d6))
    elif va <= 0 and d4 >= d3 and d5 >= d6 and d4 - d3 + d5 - d6 > 0:
        w = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        q = _along(ap, ab, 1.0 - w, ac, w)
    elif va + vb + vc <= 0:
        q = ap
    else:
        total = va + vb + vc
        q = _along(ap, ab, vb / total, ac, vc / total)
    return _dot(q, q)


@njit(cache=True)
def _minus(a: Point, b: Point) -> Point:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


@njit(cache=True)
def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True)
def _along(p: Point, a: Point, v: float, b: Point, w: float) -> Point:
    """Vector from the point at ``v`` along a and ``w`` along b."""
    return (
        p[0] - v * a[0] - w * b[0],
        p[1] - v * a[1] - w * b[1],
        p[2] - v * a[2] - w * b[2],
    )
