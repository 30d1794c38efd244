"""Rings that meet themselves, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["close_pairs", "crossed"]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

_TOGETHER = 24
"""Rings of up to so many points are held against each other pair by pair."""
_PAIRS = 4_000_000
"""Pairs of edges looked at in one go."""


def crossed(rings: Sequence[Float], near: Sequence[float] | Float) -> list[int]:
    """Return which closed rings meet themselves.

    Two edges that are no neighbours and come closer than ``near`` meet; two neighbours meet if the
    second runs back along the first.

    Parameters
    ----------
    rings
        Points of each, shape (n, 3), without the first point again at the end.
    near
        Distance below which edges meet, for each ring.
    """
    by_size: defaultdict[int, list[int]] = defaultdict(list)
    clean: list[Float] = []
    for n, ring in enumerate(rings):
        ring = _clean(ring)
        clean.append(ring)
        if len(ring) > 2:
            by_size[len(ring)].append(n)
    near = np.asarray(near, dtype=np.float64)
    found: list[int] = []
    for size, which in by_size.items():
        if size > _TOGETHER:
            found += [n for n in which if _long(clean[n], float(near[n]))]
            continue
        one, other, beside = _pairs(size)
        step = max(1, _PAIRS // max(1, len(one)))
        for start in range(0, len(which), step):
            part = np.array(which[start : start + step])
            points = np.stack([clean[n] for n in part])
            ends = np.roll(points, -1, axis=1)
            apart = _distance(points[:, one], ends[:, one], points[:, other], ends[:, other])
            bad = (apart < near[part, None]).any(axis=1)
            a, b = beside
            bad |= _back(points[:, a], ends[:, a], ends[:, b], near[part, None]).any(axis=1)
            found += part[bad].tolist()
    return sorted(found)


def _clean(ring: Float) -> Float:
    """Leave out points that repeat the one before them."""
    if len(ring) < 2:
        return ring
    keep = (ring != np.roll(ring, 1, axis=0)).any(axis=1)
    return np.asarray(ring[keep])


def _pairs(size: int) -> tuple[Int, Int, tuple[Int, Int]]:
    """Return pairs of edges that are no neighbours, and those that are."""
    one, other = np.triu_indices(size, 2)
    apart = ~((one == 0) & (other == size - 1))
    first = np.arange(size, dtype=np.int64)
    return (
        one[apart].astype(np.int64),
        other[apart].astype(np.int64),
        (first, np.roll(first, -1)),
    )


def _long(ring: Float, near: float) -> bool:
    """Tell whether one long ring meets itself: only edges whose boxes touch are looked at."""
    import shapely

    ends = np.roll(ring, -1, axis=0)
    low, high = np.minimum(ring, ends) - near, np.maximum(ring, ends) + near
    axes = np.argsort(np.ptp(ring, axis=0))[1:]  # the two the ring is widest in
    boxes = shapely.box(low[:, axes[0]], low[:, axes[1]], high[:, axes[0]], high[:, axes[1]])
    one, other = shapely.STRtree(boxes).query(boxes)
    gap = np.abs(one - other)
    keep = (one < other) & (gap > 1) & (gap < len(ring) - 1)
    one, other = one[keep], other[keep]
    keep = ((low[one] <= high[other]) & (low[other] <= high[one])).all(axis=1)
    one, other = one[keep], other[keep]
    if len(one) and (_distance(ring[one], ends[one], ring[other], ends[other]) < near).any():
        return True
    after = np.roll(ends, -1, axis=0)
    return bool(_back(ring, ends, after, near).any())


def _back(start: Float, corner: Float, end: Float, near: float | Float) -> npt.NDArray[np.bool_]:
    """Tell where an edge runs back along the one before it."""
    into, out = corner - start, end - corner
    along = (into * out).sum(axis=-1)
    lengths = np.linalg.norm(into, axis=-1) * np.linalg.norm(out, axis=-1)
    side = np.linalg.norm(np.cross(into, out), axis=-1)
    return np.asarray((along < 0) & (side <= 1e-9 * lengths) & (lengths > 0))


def _distance(a0: Float, a1: Float, b0: Float, b1: Float) -> Float:
    """Return the distances between segments (Ericson, Real-Time Collision Detection, 5.1.9)."""
    u, v, r = a1 - a0, b1 - b0, a0 - b0
    a, e, f = _dot(u, u), _dot(v, v), _dot(v, r)
    b, c = _dot(u, v), _dot(u, r)
    det = a * e - b * b
    parallel = det <= 1e-14 * a * e
    s = np.clip(np.where(parallel, 0.0, (b * f - c * e) / np.where(parallel, 1.0, det)), 0, 1)
    t = (b * s + f) / e
    s = np.where(t < 0, np.clip(-c / a, 0, 1), np.where(t > 1, np.clip((b - c) / a, 0, 1), s))
    t = np.clip(t, 0, 1)
    gap = r + u * s[..., None] - v * t[..., None]
    found = np.linalg.norm(gap, axis=-1)
    if parallel.any():  # of parallel ones an end is nearest
        for start, way, size, point in (
            *((a0, u, a, b0), (a0, u, a, b1)),
            *((b0, v, e, a0), (b0, v, e, a1)),
        ):
            at = np.clip(_dot(point - start, way) / size, 0, 1)
            near = np.linalg.norm(point - start - way * at[..., None], axis=-1)
            found = np.where(parallel, np.minimum(found, near), found)
    return np.asarray(found)


def _dot(one: Float, other: Float) -> Float:
    return np.asarray((one * other).sum(axis=-1))


def close_pairs(points: Float, group: Int, near: float) -> tuple[Int, Int]:
    """Return pairs of points of one group that are closer than ``near``, the earlier one first.

    Points are sorted along a skew line, on which points that are apart are rarely close.
    """
    along = points @ np.array([0.5257311, 0.6881910, 0.5])
    order = np.lexsort((along, group))
    along, group = along[order], group[order]
    ones: list[Int] = []
    others: list[Int] = []
    left = np.arange(len(order), dtype=np.int64)
    for step in range(1, len(order)):
        left = left[left + step < len(order)]
        left = left[(group[left] == group[left + step]) & (along[left + step] - along[left] < near)]
        if not len(left):
            break
        a, b = order[left], order[left + step]
        hit = np.linalg.norm(points[a] - points[b], axis=1) < near
        ones.append(np.minimum(a, b)[hit])
        others.append(np.maximum(a, b)[hit])
    empty = np.zeros(0, np.int64)
    return np.concatenate([empty, *ones]), np.concatenate([empty, *others])
