"""Walks over who refers to whom, whole fronts at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["parts", "reached"]

Int = npt.NDArray[np.int64]


def reached(starts: Int, ends: Int, size: int, roots: Int) -> npt.NDArray[np.bool_]:
    """Return which of ``size`` nodes can be reached from the roots along edges."""
    order = np.argsort(starts, kind="stable")
    goals = ends[order]
    first = np.searchsorted(starts[order], np.arange(size + 1))
    seen = np.zeros(size, dtype=bool)
    seen[roots] = True
    front = np.asarray(roots, dtype=np.int64)
    while len(front):
        counts = first[front + 1] - first[front]
        shift = np.concatenate([[0], np.cumsum(counts)[:-1]])
        at = np.repeat(first[front] - shift, counts) + np.arange(int(counts.sum()))
        following = np.unique(goals[at])
        front = following[~seen[following]]
        seen[front] = True
    return seen


def parts(one: Int, other: Int, size: int, most: int = 100) -> int:
    """Return the number of parts that edges leave ``size`` nodes in; no more than ``most``."""
    starts, ends = np.concatenate([one, other]), np.concatenate([other, one])
    seen = np.zeros(size, dtype=bool)
    count = 0
    while count < most and not seen.all():
        count += 1
        seen |= reached(starts, ends, size, np.array([int(np.argmin(seen))]))
    return count
