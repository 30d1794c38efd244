"""At which tolerance each vertex goes: computed once, used for all zooms.

Douglas and Peucker (1973) on the arcs between nodes. A node is a vertex where other neighbours meet
than the two of a plain boundary, so that two areas with a common boundary keep the same vertices of
it and no gap opens between them.
"""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

from cimkit.tiles.maps.shapes import Shapes

__all__ = ["significance"]

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def significance(shapes: Shapes) -> Reals:
    """Return the tolerance (parts of the unit square) up to which each vertex stays.

    Returns
    -------
    ndarray (v,)
        Infinite for points, ends of lines, nodes, and the two or three vertices a ring cannot
        lose.
    """
    _, place = np.unique(
        np.ascontiguousarray(shapes.xy).view("V16").reshape(-1), return_inverse=True
    )
    return _significance(
        shapes.xy,
        place.reshape(-1).astype(np.int64),
        shapes.part,
        shapes.feature,
        shapes.kind.astype(np.int64),
    )


@nb.njit(cache=True, nogil=True)
def _significance(xy: Reals, place: Ints, part: Ints, feature: Ints, kind: Ints) -> Reals:
    result = np.full(len(xy), np.inf)
    node = _nodes(place, part, feature, kind)
    stack = np.empty((len(xy) + 8, 2), np.int64)
    cap = np.empty(len(xy) + 8)
    for f in range(len(kind)):
        if kind[f] == 1:
            continue
        for p in range(feature[f], feature[f + 1]):
            first, n = part[p], part[p + 1] - part[p]
            if kind[f] == 2:
                _arcs(xy, place, node, first, n, 0, n - 1, result, stack, cap)
                continue
            if n < 4:
                continue
            # A ring begins at its first node, or where every neighbour would begin it.
            begin = -1
            for i in range(n):
                if node[place[first + i]]:
                    begin = i
                    break
            if begin < 0:
                begin = 0
                for i in range(1, n):
                    if _before(xy, first + i, first + begin):
                        begin = i
                far = begin
                best = -1.0
                for i in range(n):
                    dx = xy[first + i, 0] - xy[first + begin, 0]
                    dy = xy[first + i, 1] - xy[first + begin, 1]
                    d = dx * dx + dy * dy
                    if d > best or (d == best and _before(xy, first + i, first + far)):
                        best, far = d, i
                if far < begin:
                    far += n
                _arc(xy, first, n, begin, far, result, stack, cap)
                _arc(xy, first, n, far, begin + n, result, stack, cap)
            else:
                _arcs(xy, place, node, first, n, begin, begin + n, result, stack, cap)
            _keep_three(first, n, result)
    return result


@nb.njit(cache=True, nogil=True)
def _nodes(place: Ints, part: Ints, feature: Ints, kind: Ints) -> npt.NDArray[np.bool_]:
    """Places with other than two neighbours, counted over all rings."""
    count = 0 if len(place) == 0 else place.max() + 1
    one = np.full(count, -1, np.int64)
    two = np.full(count, -1, np.int64)
    node = np.zeros(count, np.bool_)
    for f in range(len(kind)):
        if kind[f] != 3:
            continue
        for p in range(feature[f], feature[f + 1]):
            first, n = part[p], part[p + 1] - part[p]
            for i in range(n):
                here = place[first + i]
                a = place[first + (i - 1) % n]
                b = place[first + (i + 1) % n]
                low, high = min(a, b), max(a, b)
                if one[here] < 0:
                    one[here], two[here] = low, high
                elif one[here] != low or two[here] != high:
                    node[here] = True
    return node


@nb.njit(cache=True, nogil=True)
def _before(xy: Reals, a: int, b: int) -> bool:
    return bool(xy[a, 0] < xy[b, 0] or (xy[a, 0] == xy[b, 0] and xy[a, 1] < xy[b, 1]))


@nb.njit(cache=True, nogil=True)
def _arcs(
    xy: Reals, place: Ints, node: npt.NDArray[np.bool_], first: int, n: int, begin: int, end: int,
    result: Reals, stack: Ints, cap: Reals,
) -> None:  # fmt: skip
    last = begin
    for i in range(begin + 1, end + 1):
        if i == end or node[place[first + i % n]]:
            _arc(xy, first, n, last, i, result, stack, cap)
            last = i


@nb.njit(cache=True, nogil=True)
def _arc(
    xy: Reals, first: int, n: int, begin: int, end: int, result: Reals, stack: Ints, cap: Reals
) -> None:
    """Douglas and Peucker between two vertices that stay; a vertex goes no later than its span."""
    top = 0
    stack[0, 0], stack[0, 1], cap[0] = begin, end, np.inf
    while top >= 0:
        i0, i1, most = stack[top, 0], stack[top, 1], cap[top]
        top -= 1
        if i1 - i0 < 2:
            continue
        a, b = first + i0 % n, first + i1 % n
        # The neighbour comes from the other side: the same sums for both.
        if _before(xy, b, a):
            a, b = b, a
        ax, ay = xy[a, 0], xy[a, 1]
        dx, dy = xy[b, 0] - ax, xy[b, 1] - ay
        long = dx * dx + dy * dy
        best, far = -1.0, i0 + 1
        for i in range(i0 + 1, i1):
            v = first + i % n
            px, py = xy[v, 0] - ax, xy[v, 1] - ay
            if long > 0:
                t = min(max((px * dx + py * dy) / long, 0.0), 1.0)
                px, py = px - t * dx, py - t * dy
            d = px * px + py * py
            if d > best or (d == best and _before(xy, v, first + far % n)):
                best, far = d, i
        d = min(np.sqrt(best), most)
        result[first + far % n] = d
        stack[top + 1, 0], stack[top + 1, 1], cap[top + 1] = i0, far, d
        stack[top + 2, 0], stack[top + 2, 1], cap[top + 2] = far, i1, d
        top += 2


@nb.njit(cache=True, nogil=True)
def _keep_three(first: int, n: int, result: Reals) -> None:
    """The three most significant vertices of a ring stay."""
    for _ in range(3):
        best = -1.0
        which = -1
        kept = 0
        for i in range(first, first + n):
            if np.isinf(result[i]):
                kept += 1
            elif result[i] > best:
                best, which = result[i], i
        if kept >= 3 or which < 0:
            return
        result[which] = np.inf
