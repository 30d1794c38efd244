"""The cells of an octree over a lattice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["ROOT", "Cell", "Cube"]

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A cell by its depth and its place among the cells of that depth."""

    level: int
    x: int
    y: int
    z: int

    def child(self, octant: int) -> Cell:
        """Return one of its eight: bit 2 is x, bit 1 y, bit 0 z."""
        return Cell(
            self.level + 1,
            self.x << 1 | octant >> 2 & 1,
            self.y << 1 | octant >> 1 & 1,
            self.z << 1 | octant & 1,
        )

    @property
    def place(self) -> npt.NDArray[np.int64]:
        """Shape (3,)."""
        return np.array([self.x, self.y, self.z], np.int64)


ROOT = Cell(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Cube:
    """The root of an octree: as long, in metres, along each axis of a lattice."""

    low: npt.NDArray[np.int64]
    """Its least corner on the lattice."""
    side: Reals
    """Its side on the lattice, by axis."""
    metres: float
    """Its side."""

    @classmethod
    def over(cls, low: npt.NDArray[np.int64], high: npt.NDArray[np.int64], unit: Reals) -> Cube:
        """Return the least cube over a box.

        Parameters
        ----------
        low, high : ndarray, shape (3,)
            Least and greatest place on the lattice, both inside.
        unit : ndarray, shape (3,)
            Metres of a step of the lattice, by axis.
        """
        metres = float(((high - low + 1) * unit).max())
        return cls(low, metres / unit, metres)

    @property
    def share(self) -> Reals:
        """One over its side, by axis."""
        made: Reals = 1.0 / self.side
        return made

    def box(self, cell: Cell) -> tuple[Reals, Reals]:
        """Least corner of a cell, and its side, on the lattice."""
        side = self.side / 2.0**cell.level
        return self.low + cell.place * side, side
