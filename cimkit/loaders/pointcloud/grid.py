"""Where the points of a cloud lie: counted in cells, gathered chunk by chunk in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Grid"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_FINE_M = 1.0
_COARSE = 8  # fine cells along the side of a coarse one
_BLOCK = 256  # fine cells along the side of a block
_SHIFT = 8
_SIDE = _BLOCK // _COARSE
_MOST_BLOCKS = 256  # of 256 KB
_WINDOW = 4_000_000  # fine cells that one chunk may be counted in at once
_MOST_RUNS = 20_000
_LEAST = 1e-12
_FAR = 2.0**30


class Grid:
    """Counts points in square cells of about 1 m, and of 8 m.

    Cells live in blocks that are made where points are; when there are too many of them the cells
    become twice as wide, so that memory is bounded however far a cloud is strewn.

    Parameters
    ----------
    box : tuple of float
        (xmin, ymin, zmin, xmax, ymax, zmax) in units of the source; where the origin is taken and
        the cell is made smaller for clouds of less than 100 m.
    metres : float
        Metres in one unit of x and y.
    """

    def __init__(self, box: tuple[float, ...], metres: float) -> None:
        width = max(box[3] - box[0], box[4] - box[1], 0.0)
        self.fine = min(_FINE_M / metres, width / 100)
        if not self.fine > _LEAST:  # a single place
            self.fine = 1.0
        self.metres = metres
        self.origin = np.array([box[0], box[1]])
        self.points = 0
        self._counts: dict[tuple[int, int], npt.NDArray[np.uint32]] = {}
        self._sources: dict[tuple[int, int], npt.NDArray[np.uint64]] = {}
        self._slots: dict[int, int] = {}

    @property
    def cell(self) -> float:
        """Width of a coarse cell in units of the source."""
        return self.fine * _COARSE

    def add(self, xyz: Reals, sources: npt.NDArray[np.uint16] | None = None) -> None:
        """Count points, (n, 3) or (n, 2), and the flight lines they come from."""
        if not len(xyz):
            return
        self.points += len(xyz)
        ix, iy = self._index(xyz[:, 0], 0), self._index(xyz[:, 1], 1)
        slots = None if sources is None else self._slotted(sources)
        x0, x1 = int(ix.min()) >> _SHIFT, int(ix.max()) >> _SHIFT
        y0, y1 = int(iy.min()) >> _SHIFT, int(iy.max()) >> _SHIFT
        wide, high = x1 - x0 + 1, y1 - y0 + 1
        if wide * high * _BLOCK**2 <= max(_WINDOW, _BLOCK**2):
            self._count(ix, iy, slots, (x0, y0), (wide, high))
        else:
            self._scatter(ix, iy, slots)
        while len(self._counts) > _MOST_BLOCKS:
            self._widen()

    def _index(self, values: Reals, axis: int) -> Whole:
        place = values - self.origin[axis]
        place *= 1 / self.fine
        np.floor(place, out=place)
        np.clip(place, -_FAR, _FAR, out=place)
        return np.asarray(place, np.int64)

    def _slotted(self, sources: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
        """Number the flight lines in the order they are met; from the 65th on they share."""
        table = np.zeros(65_536, np.uint8)
        for source in np.flatnonzero(np.bincount(sources, minlength=1)):
            table[source] = self._slots.setdefault(int(source), len(self._slots)) % 64
        return table[sources]

    def _scatter(self, ix: Whole, iy: Whole, slots: npt.NDArray[np.uint8] | None) -> None:
        while True:
            keys = ((ix >> _SHIFT) << 32) + (iy >> _SHIFT)
            if len(np.unique(keys)) <= _MOST_BLOCKS:
                break
            self._widen()
            ix, iy = ix >> 1, iy >> 1
        order = np.argsort(keys, kind="stable")
        cuts = np.flatnonzero(np.diff(keys[order])) + 1
        for part in np.split(order, cuts):
            at = int(ix[part[0]]) >> _SHIFT, int(iy[part[0]]) >> _SHIFT
            self._count(ix[part], iy[part], None if slots is None else slots[part], at, (1, 1))

    def _count(
        self,
        ix: Whole,
        iy: Whole,
        slots: npt.NDArray[np.uint8] | None,
        first: tuple[int, int],
        blocks: tuple[int, int],
    ) -> None:
        wide, high = blocks[0] * _BLOCK, blocks[1] * _BLOCK
        x, y = ix - (first[0] << _SHIFT), iy - (first[1] << _SHIFT)
        held = np.bincount(y * wide + x, minlength=wide * high).reshape(high, wide)
        masks = self._masks(held, x, y, slots) if slots is not None else None
        for bx in range(blocks[0]):
            for by in range(blocks[1]):
                part = held[by * _BLOCK : (by + 1) * _BLOCK, bx * _BLOCK : (bx + 1) * _BLOCK]
                if not part.any():
                    continue
                at = first[0] + bx, first[1] + by
                if at not in self._counts:
                    self._counts[at] = np.zeros((_BLOCK, _BLOCK), np.uint32)
                    self._sources[at] = np.zeros((_SIDE, _SIDE), np.uint64)
                self._counts[at] += part.astype(np.uint32)
                if masks is not None:
                    self._sources[at] |= masks[
                        by * _SIDE : (by + 1) * _SIDE, bx * _SIDE : (bx + 1) * _SIDE
                    ]

    @staticmethod
    def _masks(
        held: Whole, x: Whole, y: Whole, slots: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.uint64]:
        """Return a bit for each flight line in each coarse cell."""
        high, wide = held.shape[0] // _COARSE, held.shape[1] // _COARSE
        present = np.flatnonzero(np.bincount(slots, minlength=1))
        masks = np.zeros((high, wide), np.uint64)
        if len(present) == 1:
            masks[_coarse(held) > 0] = np.uint64(1) << np.uint64(present[0])
            return masks
        cell = (y >> 3) * wide + (x >> 3)
        for slot in present:
            seen = np.zeros(high * wide, bool)
            seen[cell[slots == slot]] = True
            masks |= (seen.astype(np.uint64) << np.uint64(slot)).reshape(high, wide)
        return masks

    def _widen(self) -> None:
        """Make cells twice as wide."""
        self.fine *= 2
        counts, sources = self._counts, self._sources
        self._counts, self._sources = {}, {}
        half, quarter = _BLOCK // 2, _SIDE // 2
        for at, held in counts.items():
            to = at[0] >> 1, at[1] >> 1
            if to not in self._counts:
                self._counts[to] = np.zeros((_BLOCK, _BLOCK), np.uint32)
                self._sources[to] = np.zeros((_SIDE, _SIDE), np.uint64)
            x, y = at[0] & 1, at[1] & 1
            self._counts[to][y * half : (y + 1) * half, x * half : (x + 1) * half] += held.reshape(
                half, 2, half, 2
            ).sum(axis=(1, 3), dtype=np.uint32)
            parts = sources[at].reshape(quarter, 2, quarter, 2)
            self._sources[to][y * quarter : (y + 1) * quarter, x * quarter : (x + 1) * quarter] |= (
                np.bitwise_or.reduce(np.bitwise_or.reduce(parts, axis=3), axis=1)
            )

    def fine_densities(self) -> Reals:
        """Return the points per square metre of each occupied cell of about 1 m."""
        held = [c[c > 0] for c in self._counts.values()]
        counts = np.concatenate(held) if held else np.empty(0)
        return np.asarray(counts / (self.fine * self.metres) ** 2, np.float64)

    def densities(self) -> Reals:
        """Return the points per square metre of each occupied coarse cell."""
        held = [c[c > 0] for _, c in self._coarse_blocks()]
        counts = np.concatenate(held) if held else np.empty(0)
        return np.asarray(counts / (self.cell * self.metres) ** 2, np.float64)

    def overlap(self) -> float | None:
        """Return the share of occupied coarse cells with points of several flight lines."""
        cells = several = 0
        for at, counts in self._coarse_blocks():
            cells += int((counts > 0).sum())
            several += int((np.bitwise_count(self._sources[at]) > 1).sum())
        return several / cells if cells and self._slots else None

    def _coarse_blocks(self) -> Iterator[tuple[tuple[int, int], Whole]]:
        for at, held in self._counts.items():
            yield at, _coarse(held)

    def cells(self, most: int) -> tuple[float, Whole, Whole, Whole]:
        """Return the occupied cells, coarse or wider, so that they are not more than ``most``.

        Returns
        -------
        width, x, y, points
            Width in units of the source; the lower left corner of each is ``origin + index *
            width``.
        """
        if not self._counts:
            return self.cell, *(np.empty(0, np.int64) for _ in range(3))  # type: ignore[return-value]
        xs, ys, ns = [], [], []
        for (bx, by), held in self._coarse_blocks():
            y, x = np.nonzero(held)
            xs.append(x + bx * _SIDE)
            ys.append(y + by * _SIDE)
            ns.append(held[y, x])
        x, y, n = np.concatenate(xs), np.concatenate(ys), np.concatenate(ns)
        width = self.cell
        while len(x) > most:
            width *= 2
            keys, where = np.unique(((x >> 1) << 32) + (y >> 1) + (1 << 31), return_inverse=True)
            n = np.bincount(where.ravel(), n).astype(np.int64)
            x, y = keys >> 32, (keys & 0xFFFFFFFF) - (1 << 31)
        return width, x, y, n

    def footprint(self, low: Reals, high: Reals) -> Any:
        """Return the union of the occupied cells as a polygon, cut to a box.

        Gaps of one cell are closed, so that a water surface does not make lace of it.
        """
        import shapely

        width, x, y, _ = self.cells(_MOST_RUNS * 10)
        order = np.lexsort((x, y))
        x, y = x[order], y[order]
        starts = np.flatnonzero(np.r_[True, (np.diff(x) != 1) | (np.diff(y) != 0)])
        if len(starts) > _MOST_RUNS:
            width, x, y, _ = self.cells(_MOST_RUNS)
            starts = np.arange(len(x))
        ends = np.r_[starts[1:], len(x)] - 1
        left, bottom = self.origin[0] + x[starts] * width, self.origin[1] + y[starts] * width
        right = self.origin[0] + (x[ends] + 1) * width
        whole = shapely.union_all(shapely.box(left, bottom, right, bottom + width))
        if len(starts) > 1:
            whole = shapely.buffer(whole, width, join_style="mitre")
            whole = shapely.buffer(whole, -width, join_style="mitre")
        limit = shapely.box(low[0], low[1], high[0], high[1])
        cut = shapely.intersection(whole, limit)
        return shapely.simplify(cut, width / 100) if cut.area > 0 else limit


def _coarse(held: npt.NDArray[Any]) -> Whole:
    high, wide = held.shape
    parts = held.reshape(high // _COARSE, _COARSE, wide // _COARSE, _COARSE)
    return np.asarray(parts.sum(axis=(1, 3), dtype=np.int64))
