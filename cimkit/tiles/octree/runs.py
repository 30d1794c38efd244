"""Points put in order of place as they come, where it is known beforehand what place they fill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cimkit.tiles.octree.cube import ROOT, Cube
from cimkit.tiles.octree.curve import cells
from cimkit.tiles.octree.dealing import deal
from cimkit.tiles.octree.lattice import Kind, Lattice, lattice_of

__all__ = ["GRID", "Expected", "Piece", "Runs"]

GRID = 6
"""Halvings of a cell's side that make the grid in which its points are counted."""
Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Expected:
    """What sources say of their points. If it is not so, that costs time and nothing else."""

    kinds: frozenset[Kind]
    """Their scales and offsets."""
    low: tuple[float, float, float]
    """Least coordinates."""
    high: tuple[float, float, float]
    """Greatest coordinates."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Records that stand one behind the other in a file."""

    file: Path
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class _Run:
    file: Path
    start: int
    cells: npt.NDArray[np.int64]
    """Cells of the grid that have points, ascending."""
    ends: npt.NDArray[np.int64]
    """Where the points of each begin, and where those of the last end."""


class Runs:
    """Batches of points, each in the order of the cells of one grid over all of them.

    Parameters
    ----------
    expected : Expected
    step : float
        As `Spool` has it.
    """

    def __init__(self, expected: Expected, step: float) -> None:
        self.low, self.high = np.array(expected.low), np.array(expected.high)
        self.lattice: Lattice = lattice_of(set(expected.kinds), self.low, self.high, step)
        ends = (
            np.rint((c - self.lattice.origin) / self.lattice.step) for c in (self.low, self.high)
        )
        low, high = (e.astype(np.int64) for e in ends)
        self.cube = Cube.over(low, high, self.lattice.step)
        self.held = np.zeros(8**GRID, np.int64)
        """Points of each cell of the grid."""
        self._runs: list[_Run] = []
        self._dealt: Rows = np.empty((0, 0), np.int32)
        self._place: Rows = np.empty(0, np.int32)

    def holds(self, low: Reals, high: Reals) -> bool:
        """Tell whether points of a box lie where they were expected."""
        slack = self.lattice.step / 4
        return bool((low >= self.low - slack).all() and (high <= self.high + slack).all())

    def fit(self, lattice: Lattice, cube: Cube) -> bool:
        """Tell whether this is the lattice and the cube that the points turned out to have."""
        return (
            np.array_equal(lattice.step, self.lattice.step)
            and np.array_equal(lattice.origin, self.lattice.origin)
            and np.array_equal(cube.low, self.cube.low)
            and np.array_equal(cube.side, self.cube.side)
        )

    def order(self, rows: Rows, file: Path, start: int) -> Rows:
        """Return a batch in order; it will stand in a file from a record on.

        It holds until the next batch is put in order.
        """
        if self._dealt.shape[0] < len(rows):
            self._dealt = np.empty_like(rows)
            self._place = np.empty(len(rows), np.int32)
        dealt, place = self._dealt[: len(rows)], self._place[: len(rows)]
        cells(rows, self.cube.low, self.cube.share, 0, ROOT.place, GRID, place)
        counts = deal(rows, place, 8**GRID, dealt)
        self.held += counts
        met = np.flatnonzero(counts)
        ends = np.concatenate([[0], np.cumsum(counts[met])])
        self._runs.append(_Run(file, start, met, ends))
        return dealt

    def pieces(self, first: int, last: int) -> Iterator[Piece]:
        """Yield where the points of the cells ``first`` to ``last - 1`` are, as they came."""
        for run in self._runs:
            a, b = np.searchsorted(run.cells, [first, last])
            if a < b:
                start, end = int(run.ends[a]), int(run.ends[b])
                yield Piece(run.file, run.start + start, end - start)
