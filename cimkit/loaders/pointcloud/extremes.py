"""Points that stand far below or above everything around them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cimkit.loaders.pointcloud.chunk import WITHHELD, PointChunk

__all__ = ["Extremes"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_WINDOW = 4_000_000
_NOISE = (7, 18)
_AROUND = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
_LEAST = 4  # neighbours that a cell must have


class Extremes:
    """The lowest and the highest point of each cell, gathered chunk by chunk.

    Points that are classified as noise, or withheld, are none of the cloud.

    Parameters
    ----------
    origin : (2,) array
        Where cells start, in units of the source.
    cell : float
        Their width in units of the source.
    z_unit : float
        Metres in one unit of z.
    """

    def __init__(self, origin: Reals, cell: float, z_unit: float) -> None:
        self.origin, self.cell, self.z_unit = origin, cell, z_unit
        self._held: list[tuple[Whole, Reals]] = []
        self._loose = 0

    def add(self, chunk: PointChunk) -> None:
        """Take up the points of one chunk."""
        xyz = chunk.xyz
        keep = np.isfinite(xyz[:, 2])
        if chunk.classification is not None:
            keep &= (chunk.classification != _NOISE[0]) & (chunk.classification != _NOISE[1])
        if chunk.flags is not None and (chunk.flags & WITHHELD).any():
            keep &= chunk.flags & WITHHELD == 0
        if not keep.all():
            xyz = xyz[keep]
        if not len(xyz):
            return
        ix, iy = (
            np.clip(np.floor((xyz[:, i] - self.origin[i]) / self.cell), -(2**30), 2**30).astype(
                np.int64
            )
            for i in (0, 1)
        )
        x0, y0 = int(ix.min()), int(iy.min())
        wide, high = int(ix.max()) - x0 + 1, int(iy.max()) - y0 + 1
        if wide * high > _WINDOW:
            self._held.append(_sorted((ix << 32) + iy, np.column_stack([xyz[:, 2]] * 2)))
        else:
            flat = (iy - y0) * wide + (ix - x0)
            low, top = np.full(wide * high, np.inf), np.full(wide * high, -np.inf)
            z = np.ascontiguousarray(xyz[:, 2])
            np.minimum.at(low, flat, z)
            np.maximum.at(top, flat, z)
            met = np.flatnonzero(np.isfinite(low))
            key = (met % wide + x0 << 32) + met // wide + y0
            self._held.append((key, np.column_stack([low[met], top[met]])))
        self._loose += len(self._held[-1][0])
        if self._loose > _WINDOW:
            self._join()

    def _join(self) -> None:
        key = np.concatenate([k for k, _ in self._held])
        told = np.concatenate([t for _, t in self._held])
        self._held, self._loose = [_sorted(key, told)], 0

    def outliers(self, below: float, above: float) -> tuple[Reals, Reals]:
        """Return the cells whose lowest or highest point stands alone.

        A lowest point counts that lies more than ``below`` metres under those of all cells around
        it, a highest that lies more than ``above`` metres over them.

        Returns
        -------
        heights, places
            (n,) metres, negative below, and (n, 2) centres of the cells in units of the source, the
            farthest first.
        """
        if not self._held:
            return np.empty(0), np.empty((0, 2))
        self._join()
        key, told = self._held[0]
        y = (key & 0xFFFFFFFF).astype(np.int64)
        y = np.where(y >= 1 << 31, y - (1 << 32), y)
        x = (key - y) >> 32
        beside = np.zeros(len(key), np.int8)
        under, over = np.full(len(key), np.inf), np.full(len(key), -np.inf)
        for i, j in _AROUND:
            other = key + (i << 32) + j
            at = np.minimum(np.searchsorted(key, other), len(key) - 1)
            here = np.flatnonzero(key[at] == other)
            beside[here] += 1
            under[here] = np.minimum(under[here], told[at[here], 0])
            over[here] = np.maximum(over[here], told[at[here], 1])
        sound = beside >= _LEAST
        with np.errstate(invalid="ignore"):
            depth = np.where(sound, told[:, 0] - under, 0.0) * self.z_unit
            rise = np.where(sound, told[:, 1] - over, 0.0) * self.z_unit
        found = []
        for heights, met in ((depth, depth < -below), (rise, rise > above)):
            found.append((heights[met], x[met], y[met]))
        value, column, row = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.argsort(-np.abs(value), kind="stable")
        places = self.origin + (np.column_stack([column, row])[order] + 0.5) * self.cell
        return value[order], places


def _sorted(key: Whole, told: Reals) -> tuple[Whole, Reals]:
    order = np.argsort(key, kind="stable")
    key, told = key[order], told[order]
    first = np.flatnonzero(np.r_[True, np.diff(key) != 0])
    low = np.minimum.reduceat(told[:, 0], first)
    return key[first], np.column_stack([low, np.maximum.reduceat(told[:, 1], first)])
