"""Which points of its children a node draws itself: evenly spread, never two close together.

Over the node's cube lies a grid. Of the points of a cell the one nearest to a spot that is
scattered about the cell's centre is a candidate (jittered sampling: no rows and columns show), and
a candidate is turned away if one that was taken lies within `NEAREST` of a cell's side. So in
every node but the leaves any two points are at least that far apart, and whatever is left to the
children has a point that is drawn within ``sqrt(3) + NEAREST`` cells.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["FINEST", "NEAREST", "Scratch", "pick"]

FINEST = 7
"""Halvings of a node's side that make the finest grid: 128 cells."""
NEAREST = 0.5
"""Least distance of two points of a node, in sides of a cell."""
_SCATTER = 0.5


class Scratch:
    """Memory that `pick` uses again; one for each thread."""

    def __init__(self) -> None:
        self.taken = np.full((1 << FINEST) ** 3, -1, np.int32)


@njit(cache=True, nogil=True, inline="always")
def _noise(cell: int, axis: int) -> float:
    """Return a number of -0.5 to 0.5 that looks random and is the same for a cell each time."""
    v = (np.uint64(cell) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    v ^= np.uint64(axis + 1) * np.uint64(0xD1B54A32D192ED03)
    v = (v ^ v >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    v = (v ^ v >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return float((v ^ v >> np.uint64(31)) >> np.uint64(11)) * 2.0**-53 - 0.5


@njit(cache=True, nogil=True)
def pick(
    rows: npt.NDArray[np.int32],
    keys: npt.NDArray[np.uint64],
    mine: npt.NDArray[np.int64],
    shift: int,
    low: npt.NDArray[np.float64],
    cell: npt.NDArray[np.float64],
    bits: int,
    taken: npt.NDArray[np.int32],
    out: npt.NDArray[np.bool_],
) -> int:
    """Choose the points of a node; return how many.

    Parameters
    ----------
    rows, keys : ndarray
        Records in Morton order and their keys.
    mine : ndarray of int64, shape (n,)
        Those that lie in the node, ascending.
    shift : int
        Bits of a key below the cells of the grid.
    low, cell : ndarray, shape (3,)
        The node's least corner and the side of a cell of the grid, on the lattice.
    bits : int
        The grid has ``2 ** bits`` cells along each axis.
    taken : ndarray of int32
        Of `Scratch`: all -1, and again afterwards.
    out : ndarray of bool, shape (n,)
        Filled: which are chosen.
    """
    side = 1 << bits
    down = np.uint64(shift)
    n = len(mine)
    met = np.empty(n, np.int64)
    places = np.empty((n, 3), np.float32)
    spots = np.empty(n, np.int32)
    held = 0
    start = 0
    least = NEAREST * NEAREST
    p0, p1, p2 = 1.0 / cell[0], 1.0 / cell[1], 1.0 / cell[2]
    while start < n:
        here = keys[mine[start]] >> down
        first = mine[start]
        x = int((rows[first, 0] - low[0]) * p0)
        y = int((rows[first, 1] - low[1]) * p1)
        z = int((rows[first, 2] - low[2]) * p2)
        x, y, z = min(max(x, 0), side - 1), min(max(y, 0), side - 1), min(max(z, 0), side - 1)
        sx = x + 0.5 + _SCATTER * _noise(here, 0)
        sy = y + 0.5 + _SCATTER * _noise(here, 1)
        sz = z + 0.5 + _SCATTER * _noise(here, 2)
        best, nearest = start, np.inf
        bx = by = bz = 0.0
        end = start
        while end < n and keys[mine[end]] >> down == here:
            row = mine[end]
            px = (rows[row, 0] - low[0]) * p0
            py = (rows[row, 1] - low[1]) * p1
            pz = (rows[row, 2] - low[2]) * p2
            far = (px - sx) ** 2 + (py - sy) ** 2 + (pz - sz) ** 2
            out[end] = False
            if far < nearest:
                nearest, best, bx, by, bz = far, end, px, py, pz
            end += 1
        start = end
        free = True
        for i in range(max(x - 1, 0), min(x + 2, side)):
            for j in range(max(y - 1, 0), min(y + 2, side)):
                base = (i << bits | j) << bits
                for k in range(max(z - 1, 0), min(z + 2, side)):
                    other = taken[base | k]
                    if other >= 0:
                        gap = (
                            (places[other, 0] - bx) ** 2
                            + (places[other, 1] - by) ** 2
                            + (places[other, 2] - bz) ** 2
                        )
                        if gap < least:
                            free = False
        if free:
            spot = (x << bits | y) << bits | z
            taken[spot] = held
            spots[held] = spot
            places[held, 0], places[held, 1], places[held, 2] = bx, by, bz
            met[held] = best
            held += 1
    for i in range(held):
        taken[spots[i]] = -1
        out[met[i]] = True
    return held
