"""Points dealt out to buckets."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["begin", "count_cells", "deal"]


@njit(cache=True, nogil=True)
def count_cells(place: npt.NDArray[np.int32], held: npt.NDArray[np.int64]) -> None:
    """Add the points of each cell to its count."""
    for i in range(len(place)):
        held[place[i]] += 1


@njit(cache=True, nogil=True)
def begin(words: npt.NDArray[Any], rows: npt.NDArray[Any]) -> None:
    """Fill the first columns of some rows."""
    for i in range(len(rows)):
        for k in range(words.shape[1]):
            rows[i, k] = words[i, k]


@njit(cache=True, nogil=True)
def deal(
    rows: npt.NDArray[np.int32],
    bucket: npt.NDArray[np.int32],
    buckets: int,
    out: npt.NDArray[np.int32],
) -> npt.NDArray[np.int64]:
    """Put records bucket by bucket, each in the order they were in.

    Parameters
    ----------
    rows : ndarray of int32, shape (n, w)
        Records.
    bucket : ndarray of int32, shape (n,)
        In which each goes.
    buckets : int
        How many there are.
    out : ndarray of int32, shape (n or more, w)
        Filled.

    Returns
    -------
    ndarray of int64, shape (buckets,)
        How many each has.
    """
    counts = np.zeros(buckets, np.int64)
    for i in range(len(bucket)):
        counts[bucket[i]] += 1
    at = np.zeros(buckets, np.int64)
    total = 0
    for b in range(buckets):
        at[b] = total
        total += counts[b]
    width = rows.shape[1]
    for i in range(len(bucket)):
        to = at[bucket[i]]
        at[bucket[i]] += 1
        for k in range(width):
            out[to, k] = rows[i, k]
    return counts
