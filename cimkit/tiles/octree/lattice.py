"""Whole numbers for the coordinates of points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["FINEST_STEP", "Kind", "Lattice", "lattice_of"]

Reals = npt.NDArray[np.float64]
Kind = tuple[tuple[float, ...], tuple[float, ...]]
"""Scale and offset of a source's whole numbers, by axis."""
FINEST_STEP = 2.0**-17
"""Least step of a lattice for reals, in units of the source."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Whole numbers for coordinates: ``xyz = origin + step * q``."""

    step: Reals
    """Units of the source in one step, by axis."""
    origin: Reals
    """Coordinates of 0."""

    def real(self, q: npt.NDArray[Any]) -> Reals:
        """Coordinates of places on the lattice, shape (n, 3)."""
        made: Reals = q * self.step + self.origin
        return made

    def take(self, rows: npt.NDArray[np.int32], kind: Kind) -> None:
        """Bring records, shape (n, w), with a source's whole numbers on the lattice."""
        if not np.array_equal(kind[0], self.step):
            real = rows[:, :3] * np.array(kind[0]) + np.array(kind[1])
            rows[:, :3] = np.rint((real - self.origin) / self.step)
            return
        shift = np.rint((np.array(kind[1]) - self.origin) / self.step)
        if shift.any():
            rows[:, :3] += shift.astype(np.int32)


def lattice_of(kinds: set[Kind | None], low: Reals, high: Reals, least: float) -> Lattice:
    """Return the lattice that holds all places, exactly where the sources' own agree.

    Parameters
    ----------
    kinds : set
        Of the sources; None for reals.
    low, high : ndarray, shape (3,)
        Least and greatest coordinates.
    least : float
        Least step for reals, in units of the source.
    """
    if None not in kinds:
        known = sorted(k for k in kinds if k is not None)
        step = np.min([np.abs(k[0]) for k in known], axis=0)
        origin = np.array(known[0][1])
        apart = [(np.array(k[1]) - origin) / step for k in known]
        times = [np.abs(k[0]) / step for k in known]
        whole = all(np.abs(a - np.rint(a)).max() < 1e-6 for a in (*apart, *times))
        ends = np.abs(np.stack([low, high]) - origin) / step
        if whole and ends.max() < 2**31 - 2:
            return Lattice(step, origin)
    span = np.maximum((high - low).max(), 1e-9)
    fine = least
    while span / fine >= 2**31:
        fine *= 10 if least != FINEST_STEP else 2
    return Lattice(np.full(3, fine), np.floor((low + high) / 2))
