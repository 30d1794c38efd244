"""Rings and lines cut at the box of a tile, on whole numbers.

Rings by Sutherland and Hodgman (1974), one side after the other; lines segment by segment by Liang
and Barsky (1984).
"""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

__all__ = ["clip_line", "clip_ring"]

Ints = npt.NDArray[np.int64]


@nb.njit(cache=True, nogil=True)
def clip_ring(
    ring: Ints, n: int, low_x: int, low_y: int, high_x: int, high_y: int, other: Ints
) -> int:
    """Cut a ring in place and return its number of vertices, 0 if nothing is left.

    Parameters
    ----------
    ring, other : ndarray (6 n + 8, 2)
        The ring's n vertices, and room to work in.
    """
    for side in range(4):
        axis = side % 2
        sign = 1 if side < 2 else -1
        limit = (low_x, low_y, -high_x, -high_y)[side]
        m = 0
        for i in range(n):
            j = i + 1 if i + 1 < n else 0
            a = sign * ring[i, axis] - limit
            b = sign * ring[j, axis] - limit
            if a >= 0:
                m = _push(other, m, ring[i, 0], ring[i, 1])
            if (a < 0) != (b < 0) and a != 0 and b != 0:
                # From inside to outside, so that a neighbour's ring is cut at the same place.
                p, q, t = (i, j, a / (a - b)) if a > 0 else (j, i, b / (b - a))
                cut = ring[p, 1 - axis] + t * (ring[q, 1 - axis] - ring[p, 1 - axis])
                along = int(np.rint(cut))
                if axis == 0:
                    m = _push(other, m, sign * limit, along)
                else:
                    m = _push(other, m, along, sign * limit)
        while m > 1 and other[m - 1, 0] == other[0, 0] and other[m - 1, 1] == other[0, 1]:
            m -= 1
        n = m
        ring[:n] = other[:n]
        if n < 3:
            return 0
    return n


@nb.njit(cache=True, nogil=True)
def _push(out: Ints, m: int, x: int, y: int) -> int:
    if m > 0 and out[m - 1, 0] == x and out[m - 1, 1] == y:
        return m
    out[m, 0], out[m, 1] = x, y
    return m + 1


@nb.njit(cache=True, nogil=True)
def clip_line(
    line: Ints, n: int, low_x: int, low_y: int, high_x: int, high_y: int, out: Ints, starts: Ints
) -> tuple[int, int]:
    """Cut a line to pieces; return how many vertices and pieces there are.

    Parameters
    ----------
    line : ndarray (≥ n, 2)
        The line.
    out : ndarray (2 n, 2)
        Vertices of the pieces.
    starts : ndarray (n + 1,)
        First vertex of each piece, and the end.
    """
    m = pieces = 0
    starts[0] = 0
    for i in range(n - 1):
        x0, y0 = line[i, 0], line[i, 1]
        dx, dy = line[i + 1, 0] - x0, line[i + 1, 1] - y0
        t0, t1 = 0.0, 1.0
        for side in range(4):
            if side == 0:
                p, q = -dx, x0 - low_x
            elif side == 1:
                p, q = dx, high_x - x0
            elif side == 2:
                p, q = -dy, y0 - low_y
            else:
                p, q = dy, high_y - y0
            if p == 0:
                if q < 0:
                    t0, t1 = 1.0, 0.0
            elif p < 0:
                t0 = max(t0, q / p)
            else:
                t1 = min(t1, q / p)
        if t0 >= t1:
            continue
        ax, ay = int(np.rint(x0 + t0 * dx)), int(np.rint(y0 + t0 * dy))
        bx, by = int(np.rint(x0 + t1 * dx)), int(np.rint(y0 + t1 * dy))
        if ax == bx and ay == by:
            continue
        begun = m > starts[pieces]
        if begun and (t0 > 0.0 or out[m - 1, 0] != ax or out[m - 1, 1] != ay):
            pieces += 1
            starts[pieces] = m
            begun = False
        if not begun:
            out[m, 0], out[m, 1] = ax, ay
            m += 1
        out[m, 0], out[m, 1] = bx, by
        m += 1
    if m > starts[pieces]:
        pieces += 1
        starts[pieces] = m
    return m, pieces
