"""From places on a lattice to a tile's own frame: exact on a grid, interpolated between.

A transformation to earth-centred coordinates is smooth, and linear in the height, so over a tile it
is taken exactly at the nodes of a grid of two layers and interpolated: bilinear in the plane,
linear in height. The error of that is greatest at the middle of a grid's cell, but for terms of
third order; there it is measured, and the grid is made finer until it is small enough. Where no
grid is good enough (a kink in a grid of the geoid) every point is transformed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from cimkit.geometry.frames import to_frame
from cimkit.tiles.octree import Lattice
from cimkit.tiles.octree.curve import box_of
from cimkit.tiles.tileset import frame_at

__all__ = ["Placed", "Placing"]

Reals = npt.NDArray[np.float64]
_TOLERANCE = 1e-5
_SHARE = 1 / 500
_RADIUS = 6.4e6
_STEPS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class Placed:
    """Points of a tile."""

    frame: Reals
    """Shape (4, 4), rigid: the tile's east, north, up to earth-centred coordinates."""
    low: Reals
    """Shape (3,): least corner of the quantized points in the frame."""
    quantum: float
    """Metres in one step of `steps`."""
    steps: npt.NDArray[np.uint16]
    """Shape (n, 4): x, z, -y from their least in steps, as glTF has its axes; and a 0."""
    most: tuple[int, int, int]
    """The greatest of `steps`, by axis; the least are 0."""
    kept: npt.NDArray[np.bool_] | None
    """Which of the points given are there; None: all."""

    @property
    def high(self) -> Reals:
        """Shape (3,): greatest corner of the quantized points in the frame."""
        x, z, y = self.most
        made: Reals = self.low + np.array([x, y, z]) * self.quantum
        return made

    @property
    def offset(self) -> Reals:
        """Place of step 0 in glTF's axes."""
        return np.array([self.low[0], self.low[2], -self.high[1]])


class Placing:
    """Makes tiles' coordinates.

    Parameters
    ----------
    lattice : Lattice
        What the whole numbers mean.
    to_earth : callable
        Takes coordinates of the source, shape (n, 3), to earth-centred metres.
    unit : ndarray, shape (3,)
        Metres of a step of the lattice, by axis; roughly.
    local : bool
        It gives the metres of a local model instead: frames are not turned.
    finest : float
        Metres that a quantum never goes below.
    """

    def __init__(
        self,
        lattice: Lattice,
        to_earth: Callable[[Reals], Reals],
        *,
        unit: Reals,
        local: bool,
        finest: float,
    ) -> None:
        self.lattice, self.to_earth, self.local = lattice, to_earth, local
        self.unit, self.finest = unit, finest

    def place(self, rows: npt.NDArray[np.int32]) -> Placed | None:
        """Place the points of a tile, shape (n, w >= 3), n > 0; None if none is on the earth."""
        low, high = box_of(rows)
        found = self._grid(low, high)
        if found is not None:
            frame, grid, cell = found
            return self._quantized(_interpolate(rows, low, 1.0 / cell, grid), frame, None)
        earth = self.to_earth(self.lattice.real(rows[:, :3]))
        sound = np.asarray(np.isfinite(earth).all(axis=1))
        if not sound.any():
            return None
        inside = earth[sound]
        frame = frame_at((inside.min(axis=0) + inside.max(axis=0)) / 2, local=self.local)
        return self._quantized(to_frame(inside, frame), frame, None if sound.all() else sound)

    def _grid(self, low: Reals, high: Reals) -> tuple[Reals, Reals, Reals] | None:
        """The frame, coordinates in it at the nodes of a grid that is fine enough, its cells."""
        span = np.maximum(high - low, 1.0)
        # On a sphere the error is s**2 / 8 R: so many steps are needed at least.
        metres = float((span * self.unit)[:2].max())
        allowed = max(_TOLERANCE, self._quantum(metres) * _SHARE)
        least = (metres**2 / (8 * _RADIUS * allowed)) ** 0.5
        for steps in (s for s in _STEPS if s >= least or s == _STEPS[-1]):
            cell = span / [steps, steps, 1]
            at, half = np.arange(steps + 1, dtype=float), np.arange(steps, dtype=float) + 0.5
            parts = [_nodes(at, np.array([0.0, 1.0])), _nodes(half, np.array([0.5])),
                     np.array([[steps / 2, steps / 2, 0.5]])]  # fmt: skip
            earth = self.to_earth(self.lattice.real(low + np.concatenate(parts) * cell))
            if not np.isfinite(earth).all():
                return None
            frame = frame_at(earth[-1], local=self.local)
            local = to_frame(earth, frame)
            nodes = local[: len(parts[0])].reshape(steps + 1, steps + 1, 2, 3)
            between = local[len(parts[0]) : -1].reshape(steps, steps, 3)
            layers = nodes.mean(axis=2)
            guess = (layers[1:, 1:] + layers[:-1, 1:] + layers[1:, :-1] + layers[:-1, :-1]) / 4
            wrong = float(np.abs(guess - between).max())
            extent = float(np.ptp(nodes.reshape(-1, 3), axis=0).max())
            if wrong <= max(_TOLERANCE, self._quantum(extent) * _SHARE):
                return frame, nodes, cell
        return None

    def _quantum(self, extent: float) -> float:
        return max(extent / 65_535, self.finest)

    def _quantized(self, at: Reals, frame: Reals, kept: npt.NDArray[np.bool_] | None) -> Placed:
        low, high = _ends(at)
        quantum = self._quantum(float((high - low).max()))
        steps = np.empty((len(at), 4), np.uint16)
        most = _quantize(at, low, high, 1.0 / quantum, steps)
        # The third axis counts from the north: its 0 is at the greatest y.
        low = np.array([low[0], high[1] - most[2] * quantum, low[2]])
        return Placed(frame, low, quantum, steps, most, kept)


def _nodes(plane: Reals, up: Reals) -> Reals:
    x, y, z = np.meshgrid(plane, plane, up, indexing="ij")
    return np.stack([x, y, z], axis=-1).reshape(-1, 3)


@njit(cache=True, nogil=True)
def _ends(at: Reals) -> tuple[Reals, Reals]:
    low, high = at[0].copy(), at[0].copy()
    for i in range(1, len(at)):
        for axis in range(3):
            low[axis] = min(low[axis], at[i, axis])
            high[axis] = max(high[axis], at[i, axis])
    return low, high


@njit(cache=True, nogil=True)
def _interpolate(rows: npt.NDArray[np.int32], low: Reals, per: Reals, grid: Reals) -> Reals:
    out = np.empty((len(rows), 3))
    last = grid.shape[0] - 2
    for i in range(len(rows)):
        u = (rows[i, 0] - low[0]) * per[0]
        v = (rows[i, 1] - low[1]) * per[1]
        w = (rows[i, 2] - low[2]) * per[2]
        a, b = min(int(u), last), min(int(v), last)
        u, v = u - a, v - b
        f00, f01 = (1 - u) * (1 - v), (1 - u) * v
        f10, f11 = u * (1 - v), u * v
        for axis in range(3):
            below = (
                f00 * grid[a, b, 0, axis]
                + f01 * grid[a, b + 1, 0, axis]
                + f10 * grid[a + 1, b, 0, axis]
                + f11 * grid[a + 1, b + 1, 0, axis]
            )
            over = (
                f00 * grid[a, b, 1, axis]
                + f01 * grid[a, b + 1, 1, axis]
                + f10 * grid[a + 1, b, 1, axis]
                + f11 * grid[a + 1, b + 1, 1, axis]
            )
            out[i, axis] = below + w * (over - below)
    return out


@njit(cache=True, nogil=True)
def _quantize(
    at: Reals, low: Reals, high: Reals, per: float, out: npt.NDArray[np.uint16]
) -> tuple[int, int, int]:
    mx = my = mz = 0
    for i in range(len(at)):
        x = int(min((at[i, 0] - low[0]) * per + 0.5, 65535.0))
        y = int(min((at[i, 2] - low[2]) * per + 0.5, 65535.0))
        z = int(min((high[1] - at[i, 1]) * per + 0.5, 65535.0))
        mx, my, mz = max(mx, x), max(my, y), max(mz, z)
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = x, y, z, 0
    return mx, my, mz
