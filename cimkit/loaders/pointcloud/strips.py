"""How well the flight lines of a cloud agree where they overlap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cimkit.loaders.pointcloud.chunk import PointChunk

__all__ = ["Strips"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_CELL_M = 2.0
_WINDOW = 8_000_000  # cells times flight lines that one chunk may be counted in at once
_MOST = 4_000_000  # cells that are remembered
_LOOSE = 2_000_000  # cells that wait to be joined with those remembered
_SLICE_S = 120.0
_LEAST = 4  # points of a line in a cell
_ROUGH_M = 0.15
_BITS = 23  # of a cell's column and row; 16 more for the flight line
_HALF = 1 << (_BITS - 1)


class Strips:
    """Mean heights of each flight line in cells of 2 m, gathered chunk by chunk.

    Flight lines are told by their point source; where that is 0 in a chunk, by GPS time in slices
    of two minutes. Only last returns count. When there are more than 4 million cells, half of the
    blocks of 64 m are forgotten, always the same ones, so that memory is bounded and what is left
    is a fair sample.

    Parameters
    ----------
    origin : (2,) array
        Where cells start, in units of the source.
    metres, z_unit : float
        Metres in one unit of x and y, and of z.
    """

    def __init__(self, origin: Reals, metres: float, z_unit: float) -> None:
        self.origin = origin
        self.cell = _CELL_M / metres
        self.z_unit = z_unit
        self.ground: float | None = None
        self.share = 1.0
        self.sliced = False
        self._held: list[tuple[Whole, Reals]] = []
        self._loose = 0

    def add(self, chunk: PointChunk) -> None:
        """Take up the points of one chunk; one without flight lines and times says nothing."""
        lines = self._lines(chunk)
        if lines is None:
            return
        xyz = chunk.xyz
        if chunk.return_number is not None and chunk.return_count is not None:
            last = chunk.return_number >= chunk.return_count
            if not last.all():
                xyz, lines = xyz[last], lines[last]
        if not len(xyz):
            return
        if self.ground is None:
            self.ground = float(xyz[0, 2])
        z = (xyz[:, 2] - self.ground) * self.z_unit
        ix, iy = (self._index(xyz[:, i], i) for i in (0, 1))
        names, slot = np.unique(lines, return_inverse=True) if _mixed(lines) else (lines[:1], None)
        x0, y0 = int(ix.min()), int(iy.min())
        wide, high = int(ix.max()) - x0 + 1, int(iy.max()) - y0 + 1
        if wide * high * len(names) <= max(_WINDOW, 4 * len(xyz)):
            flat = (iy - y0) * wide + (ix - x0)
            if slot is not None:
                flat += slot.ravel() * (wide * high)
            counts = np.bincount(flat)
            met = np.flatnonzero(counts)
            sums = [np.bincount(flat, w)[met] for w in (z, z * z)]
            line, place = np.divmod(met, wide * high)
            key = _key(names[line], place % wide + x0, place // wide + y0)
            self._held.append((key, np.column_stack([counts[met], *sums])))
        else:
            key = _key(lines, ix, iy)
            self._held.append(_joined(key, np.column_stack([np.ones(len(z)), z, z * z])))
        self._loose += len(self._held[-1][0])
        if self._loose > _LOOSE:
            self._join()

    def _index(self, values: Reals, axis: int) -> Whole:
        place = np.floor((values - self.origin[axis]) / self.cell)
        return np.asarray(np.clip(place, -_HALF, _HALF - 1), np.int64)

    def _lines(self, chunk: PointChunk) -> npt.NDArray[np.uint16] | None:
        if chunk.point_source is not None and chunk.point_source.any():
            return chunk.point_source
        times = chunk.gps_time
        if times is None or not np.isfinite(times).all() or not times.any():
            return None
        self.sliced = True
        slices = (times // _SLICE_S).astype(np.int64) & 0xFFFF
        return np.asarray(slices, np.uint16)

    def _join(self) -> None:
        key = np.concatenate([k for k, _ in self._held])
        told = np.concatenate([t for _, t in self._held])
        key, told = _joined(key, told)
        while len(key) > _MOST:
            self.share /= 2
            kept = _strewn(key) < self.share
            key, told = key[kept], told[kept]
        self._held, self._loose = [(key, told)], 0

    def differences(self) -> tuple[Whole, Whole, Reals, Reals]:
        """Return where two lines met on smooth ground.

        Returns
        -------
        first, second, difference, places
            (n,) flight lines, (n,) metres that the second lies above the first, (n, 2) centres of
            the cells in units of the source.
        """
        if self._held:
            self._join()
        if not self._held:
            none = np.empty(0, np.int64)
            return none, none, np.empty(0), np.empty((0, 2))
        key, told = self._held[0]
        count, mean = told[:, 0], told[:, 1] / told[:, 0]
        rough = np.sqrt(np.maximum(told[:, 2] / count - mean**2, 0.0))
        sound = (count >= _LEAST) & (rough <= _ROUGH_M)
        key, mean = key[sound], mean[sound]
        line, cell = key & 0xFFFF, key >> 16
        same = np.flatnonzero(cell[1:] == cell[:-1])
        if self.sliced:  # one pass may lie in two slices that follow each other
            same = same[np.abs(line[same + 1] - line[same]) > 1]
        x, y = (cell[same] >> _BITS) - _HALF, (cell[same] & ((1 << _BITS) - 1)) - _HALF
        places = self.origin + (np.column_stack([x, y]) + 0.5) * self.cell
        return line[same], line[same + 1], mean[same + 1] - mean[same], places


def _mixed(lines: npt.NDArray[np.uint16]) -> bool:
    return bool((lines != lines[0]).any())


def _key(line: npt.NDArray[np.uint16], x: Whole, y: Whole) -> Whole:
    """Pack cell and flight line, so that sorting puts the lines of one cell together."""
    return (((x + _HALF) << _BITS) + (y + _HALF) << 16) + line.astype(np.int64)


def _joined(key: Whole, told: Reals) -> tuple[Whole, Reals]:
    order = np.argsort(key, kind="stable")
    key, told = key[order], told[order]
    first = np.flatnonzero(np.r_[True, np.diff(key) != 0])
    return key[first], np.add.reduceat(told, first, axis=0)


def _strewn(key: Whole) -> Reals:
    """Return a number from 0 to 1 of each block of 32 cells, evenly strewn (R2 sequence)."""
    x, y = key >> (16 + _BITS + 5), (key >> (16 + 5)) & ((1 << (_BITS - 5)) - 1)
    mixed = x * 0.7548776662466927 + y * 0.5698402909980532
    return np.asarray(mixed - np.floor(mixed))
