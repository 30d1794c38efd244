"""Density, classes and footprint of a cloud, gathered chunk by chunk in bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.pointcloud.chunk import PointChunk

__all__ = ["Grid"]

Reals = npt.NDArray[np.float64]
_CELL_M = 10.0
_MOST_CELLS = 4_000_000
_MOST_BOXES = 20_000
_SAMPLE = 200_000
_HALF = np.int64(1) << 30  # two indices and their signs fit in 64 bits


class Grid:
    """Counts points in square cells of about 10 m.

    Parameters
    ----------
    box : tuple of float
        (xmin, ymin, zmin, xmax, ymax, zmax) in units of the source; where the origin is taken and
        the cell is made smaller for clouds of less than 100 m.
    metres : float
        Metres in one unit of x and y.
    points : int
        How many are expected; decides which of them are kept as the sample.
    """

    def __init__(self, box: tuple[float, ...], metres: float, points: int) -> None:
        width = max(box[3] - box[0], box[4] - box[1], 0.0)
        self.cell = min(_CELL_M / metres, width / 10) or 1.0
        self.metres = metres
        self.origin = np.array([box[0], box[1]])
        self.points = 0
        self.low, self.high = np.full(3, np.inf), np.full(3, -np.inf)
        self.classes = np.zeros(256, np.int64)
        self.colored = False
        self.time = (np.inf, -np.inf)
        self._keys = np.empty(0, np.int64)
        self._counts = np.empty(0, np.int64)
        self._step = max(1, -(-points // _SAMPLE))
        self._sample: list[Reals] = []

    def add(self, chunk: PointChunk) -> None:
        """Take up the points of one chunk."""
        xyz = chunk.xyz
        if not len(xyz):
            return
        start = -self.points % self._step
        self._sample.append(xyz[start :: self._step].copy())
        self.points += len(xyz)
        self.low = np.minimum(self.low, xyz.min(axis=0))
        self.high = np.maximum(self.high, xyz.max(axis=0))
        if chunk.classification is not None:
            self.classes += np.bincount(chunk.classification, minlength=256)
        if chunk.rgb is not None:
            self.colored |= bool(chunk.rgb.any())
        if chunk.gps_time is not None:
            low, high = self.time
            self.time = (
                min(low, float(chunk.gps_time.min())),
                max(high, float(chunk.gps_time.max())),
            )
        index = np.clip(np.floor((xyz[:, :2] - self.origin) / self.cell), -_HALF + 1, _HALF - 1)
        cells = index.astype(np.int64) + _HALF
        keys, counts = np.unique((cells[:, 0] << 32) | cells[:, 1], return_counts=True)
        self._merge(np.concatenate([self._keys, keys]), np.concatenate([self._counts, counts]))
        while len(self._keys) > _MOST_CELLS:
            self._coarsen()

    def _merge(self, keys: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> None:
        self._keys, where = np.unique(keys, return_inverse=True)
        self._counts = np.bincount(where.ravel(), counts, len(self._keys)).astype(np.int64)

    def _coarsen(self) -> None:
        """Halve the resolution: the memory stays bounded for a cloud strewn over a country."""
        self.cell *= 2
        x, y = self._indices()
        self._merge((((x >> 1) + _HALF) << 32) | ((y >> 1) + _HALF), self._counts)

    def _indices(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        return (self._keys >> 32) - _HALF, (self._keys & ((1 << 32) - 1)) - _HALF

    def sample(self) -> Reals:
        """Return at most 200,000 points spread evenly through the file, (n, 3)."""
        return np.concatenate(self._sample) if self._sample else np.empty((0, 3))

    def densities(self) -> Reals:
        """Return the points in each occupied cell per square metre."""
        area = (self.cell * self.metres) ** 2
        return np.asarray(self._counts / area, np.float64)

    def box(self) -> tuple[float, ...] | None:
        """Return (xmin, ymin, zmin, xmax, ymax, zmax) of the points that came, or None."""
        return (*map(float, self.low), *map(float, self.high)) if self.points else None

    def footprint(self) -> Any:
        """Return the union of the occupied cells, cut to the box of the points.

        Gaps of one cell are closed, so that a water surface does not make lace of it.
        """
        import shapely

        while len(self._keys) > _MOST_BOXES:
            self._coarsen()
        x, y = self._indices()
        left, bottom = self.origin[0] + x * self.cell, self.origin[1] + y * self.cell
        cells = shapely.box(left, bottom, left + self.cell, bottom + self.cell)
        whole = shapely.union_all(cells)
        if len(cells) > 1:
            whole = shapely.buffer(whole, self.cell, join_style="mitre")
            whole = shapely.buffer(whole, -self.cell, join_style="mitre")
        limit = shapely.box(self.low[0], self.low[1], self.high[0], self.high[1])
        cut = shapely.intersection(whole, limit)
        return shapely.simplify(cut, self.cell / 100) if cut.area > 0 else limit
