"""Vertices in whole steps of a grid, each once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Pool", "number_within"]

Whole = npt.NDArray[np.int64]
_ODD = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
_FEW = 1 << 16


def number_within(points: Whole, group: Whole) -> tuple[Whole, Whole]:
    """Number the different points of each group in the order in which they come.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        Whole steps.
    group : ndarray, shape (n,)
        Rising.

    Returns
    -------
    number : ndarray, shape (n,)
        Number of each point within its group, from 0.
    first : ndarray, shape (m,)
        Row where each different point comes first, rising.

    Examples
    --------
    >>> p = np.array([[1, 1, 1], [2, 2, 2], [1, 1, 1], [2, 2, 2]])
    >>> number, first = number_within(p, np.array([0, 0, 0, 1]))
    >>> number.tolist(), first.tolist()
    ([0, 1, 0, 0], [0, 1, 3])
    """
    if not len(points):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    order = np.argsort(_hash(points, group), kind="stable")
    here, owner = points[order], group[order]
    same = (here[1:] == here[:-1]).all(axis=1) & (owner[1:] == owner[:-1])
    start = np.flatnonzero(np.concatenate([[True], ~same]))
    leader = np.empty(len(points), np.int64)
    leader[order] = np.repeat(order[start], np.diff([*start.tolist(), len(order)]))
    is_first = leader == np.arange(len(points))
    running = np.cumsum(is_first) - 1
    begins = np.concatenate([[True], group[1:] != group[:-1]])
    base = np.maximum.accumulate(np.where(begins, running, -1))
    number: Whole = running[leader] - base
    return number, np.flatnonzero(is_first)


def _hash(points: Whole, group: Whole | None = None) -> npt.NDArray[np.uint64]:
    mixed = np.zeros(len(points), np.uint64) if group is None else group.astype(np.uint64)
    for axis, odd in enumerate(_ODD):
        mixed = (mixed ^ points[:, axis].astype(np.uint64)) * np.uint64(odd)
        mixed ^= mixed >> np.uint64(29)
    return mixed


class Pool:
    """The different points of a whole document, which come in heaps.

    Their hashes are in a few sorted runs, each at least twice as long as the next; a match counts
    only if the coordinates agree.
    """

    def __init__(self) -> None:
        self._points = np.empty((_FEW, 3), np.int64)
        self._runs: list[tuple[npt.NDArray[np.uint64], Whole]] = []
        self.count = 0
        """How many there are."""

    def numbers(self, points: Whole) -> Whole:
        """Return the number of each point, shape (n,); new ones are taken in.

        Parameters
        ----------
        points : ndarray, shape (n, 3)
        """
        local, first = number_within(points, np.zeros(len(points), np.int64))
        fresh = points[first]
        marks = _hash(fresh)
        found = np.full(len(fresh), -1, np.int64)
        for run, index in self._runs:
            at = np.minimum(np.searchsorted(run, marks), len(run) - 1)
            there = index[at]
            hit = (run[at] == marks) & (self._points[there] == fresh).all(axis=1)
            found[hit] = there[hit]
        new = np.flatnonzero(found < 0)
        found[new] = self.count + np.arange(len(new))
        self._keep(fresh[new], marks[new])
        numbers: Whole = found[local]
        return numbers

    def _keep(self, points: Whole, marks: npt.NDArray[np.uint64]) -> None:
        if not len(points):
            return
        end = self.count + len(points)
        if end > len(self._points):
            wider = np.empty((max(end, 2 * len(self._points)), 3), np.int64)
            wider[: self.count] = self._points[: self.count]
            self._points = wider
        self._points[self.count : end] = points
        order = np.argsort(marks, kind="stable")
        run, index = marks[order], order + self.count
        self.count = end
        while self._runs and len(self._runs[-1][0]) < 2 * len(run):
            above, other = self._runs.pop()
            both, which = np.concatenate([above, run]), np.concatenate([other, index])
            order = np.argsort(both, kind="stable")
            run, index = both[order], which[order]
        self._runs.append((run, index))

    def rows(self) -> Whole:
        """Return all points by number, shape (n, 3)."""
        return self._points[: self.count]
