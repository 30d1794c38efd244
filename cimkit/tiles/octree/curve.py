"""Morton order of points: cells of an octree as whole numbers, and a sort by them.

A cell of depth *d* has the interleaved bits of its place: ``...x0 y0 z0`` with x the highest, so
that the octant of a child is ``x << 2 | y << 1 | z`` and the order of the numbers is depth first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["DEPTH", "box_of", "cells", "in_order", "morton_keys", "radix_order", "spread"]

DEPTH = 12
"""Levels that a key resolves below the cell that it was made for: 36 bits."""
_INDEX_BITS = 28
_DIGIT = 12


@njit(cache=True, nogil=True, inline="always")
def spread(value: int) -> np.uint64:
    """Put two zero bits between the bits of a number of at most 21."""
    v = np.uint64(value) & np.uint64(0x1FFFFF)
    v = (v | v << np.uint64(32)) & np.uint64(0x1F00000000FFFF)
    v = (v | v << np.uint64(16)) & np.uint64(0x1F0000FF0000FF)
    v = (v | v << np.uint64(8)) & np.uint64(0x100F00F00F00F00F)
    v = (v | v << np.uint64(4)) & np.uint64(0x10C30C30C30C30C3)
    return np.uint64((v | v << np.uint64(2)) & np.uint64(0x1249249249249249))


@njit(cache=True, nogil=True)
def morton_keys(
    rows: npt.NDArray[np.int32],
    low: npt.NDArray[np.int64],
    share: npt.NDArray[np.float64],
    level: int,
    place: npt.NDArray[np.int64],
    out: npt.NDArray[np.uint64],
) -> None:
    """Give each point the Morton code of its cell `DEPTH` levels below a cell it lies in.

    Parameters
    ----------
    rows : ndarray of int32, shape (n, w)
        Records; the first three columns are the place on the lattice.
    low, share : ndarray, shape (3,)
        The root's least corner on the lattice, and one over its side, by axis.
    level, place
        The cell: its depth and its place among the cells of that depth.
    out : ndarray of uint64, shape (n,)
        Filled.
    """
    fine = 2.0 ** (level + DEPTH)
    fx, fy, fz = share[0] * fine, share[1] * fine, share[2] * fine
    ox, oy, oz = place[0] << DEPTH, place[1] << DEPTH, place[2] << DEPTH
    lx, ly, lz = low[0], low[1], low[2]
    for i in range(len(rows)):
        x = np.int64((rows[i, 0] - lx) * fx) - ox
        y = np.int64((rows[i, 1] - ly) * fy) - oy
        z = np.int64((rows[i, 2] - lz) * fz) - oz
        out[i] = spread(x) << np.uint64(2) | spread(y) << np.uint64(1) | spread(z)


@njit(cache=True, nogil=True)
def cells(
    rows: npt.NDArray[np.int32],
    low: npt.NDArray[np.int64],
    share: npt.NDArray[np.float64],
    level: int,
    place: npt.NDArray[np.int64],
    depth: int,
    out: npt.NDArray[np.int32],
) -> None:
    """Give each point the Morton code of its cell ``depth`` (at most 10) levels below a cell."""
    fine = 2.0 ** (level + depth)
    fx, fy, fz = share[0] * fine, share[1] * fine, share[2] * fine
    ox, oy, oz = place[0] << depth, place[1] << depth, place[2] << depth
    lx, ly, lz = low[0], low[1], low[2]
    for i in range(len(rows)):
        x = np.int64((rows[i, 0] - lx) * fx) - ox
        y = np.int64((rows[i, 1] - ly) * fy) - oy
        z = np.int64((rows[i, 2] - lz) * fz) - oz
        out[i] = np.int32(spread(x) << np.uint64(2) | spread(y) << np.uint64(1) | spread(z))


@njit(cache=True, nogil=True)
def radix_order(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Sort keys of 36 bits in place and return the order they were in; equal keys keep theirs.

    At most 2**28 keys: each is sorted as one number together with its index.
    """
    n = len(keys)
    one = np.empty(n, np.uint64)
    two = np.empty(n, np.uint64)
    index_bits = np.uint64(_INDEX_BITS)
    digits = np.uint64((1 << _DIGIT) - 1)
    counts = np.zeros((3, 1 << _DIGIT), np.int64)
    for i in range(n):
        key = keys[i]
        one[i] = key << index_bits | np.uint64(i)
        counts[0, key & digits] += 1
        counts[1, key >> np.uint64(_DIGIT) & digits] += 1
        counts[2, key >> np.uint64(2 * _DIGIT) & digits] += 1
    for turn in range(3):
        total = 0
        for d in range(1 << _DIGIT):
            here = counts[turn, d]
            counts[turn, d] = total
            total += here
        shift = index_bits + np.uint64(turn * _DIGIT)
        for i in range(n):
            d = one[i] >> shift & digits
            two[counts[turn, d]] = one[i]
            counts[turn, d] += 1
        one, two = two, one
    order = np.empty(n, np.int64)
    mask = np.uint64((1 << _INDEX_BITS) - 1)
    for i in range(n):
        order[i] = np.int64(one[i] & mask)
        keys[i] = one[i] >> index_bits
    return order


@njit(cache=True, nogil=True)
def in_order(rows: npt.NDArray[np.int32], order: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Return the rows in another order."""
    width = rows.shape[1]
    out = np.empty((len(order), width), np.int32)
    for i in range(len(order)):
        row = order[i]
        for k in range(width):
            out[i, k] = rows[row, k]
    return out


@njit(cache=True, nogil=True)
def box_of(
    rows: npt.NDArray[Any],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the least and the greatest of the first three columns, of at least one row."""
    low, high = np.empty(3), np.empty(3)
    for axis in range(3):
        low[axis] = high[axis] = rows[0, axis]
    for i in range(1, len(rows)):
        for axis in range(3):
            value = rows[i, axis]
            low[axis], high[axis] = min(low[axis], value), max(high[axis], value)
    return low, high
