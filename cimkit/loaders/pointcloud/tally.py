"""What the points of a cloud say of themselves, gathered chunk by chunk in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.pointcloud.chunk import PointChunk
from cimkit.loaders.pointcloud.grid import Grid

if TYPE_CHECKING:
    from cimkit.loaders.pointcloud.asked import Asked

__all__ = ["ASKED", "Sample", "Tally"]

ASKED = frozenset(
    {
        "intensity",
        "classification",
        "gps_time",
        "returns",
        "flags",
        "channel",
        "point_source",
        "nir",
        "color_peak",
        "extra",
    }
)
"""Fields that a tally is made of."""

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_SAMPLE = 50_000
_BLOCK_POINTS = 2_000.0


class Sample:
    """All points of small blocks strewn over a cloud: neighbours stay neighbours.

    Parameters
    ----------
    box : tuple of float
        As for `Grid`.
    cell : float
        Width of the cells, of which some have a block in their corner.
    points : int
        How many points are expected.
    """

    def __init__(self, box: tuple[float, ...], cell: float, points: int) -> None:
        across = [max((box[3 + i] - box[i]) / cell, 1.0) for i in (0, 1)]
        each = max(points, 1) / (across[0] * across[1])
        self.cell = cell
        self.origin = np.array([box[0], box[1]])
        self.side = min(1.0, (_BLOCK_POINTS / max(each, 1.0)) ** 0.5)
        self.share = min(1.0, _SAMPLE / max(points * self.side**2, 1.0))
        self._held: list[Reals] = []
        self._count = 0

    def add(self, xyz: Reals) -> None:
        """Keep the points of the chosen blocks."""
        if self._count > 4 * _SAMPLE:
            return
        if self.side == 1.0 and self.share == 1.0:
            kept = np.ascontiguousarray(xyz)
        else:
            place = (xyz[:, 0] - self.origin[0]) * (1 / self.cell)
            column = np.floor(place)
            near = np.flatnonzero(place - column <= self.side)
            place = (xyz[near, 1] - self.origin[1]) * (1 / self.cell)
            row = np.floor(place)
            inside = place - row <= self.side
            if self.share < 1.0:
                mixed = column[near] * 0.7548776662466927 + row * 0.5698402909980532
                inside &= mixed - np.floor(mixed) < self.share  # evenly strewn (R2 sequence)
            kept = xyz[near[inside]]
        self._held.append(kept)
        self._count += len(kept)

    def points(self) -> Reals:
        """Return them, (n, 3)."""
        return np.concatenate(self._held)[: 4 * _SAMPLE] if self._held else np.empty((0, 3))


class Tally:
    """Counts of everything that a point can say.

    Parameters
    ----------
    box : tuple of float
        (xmin, ymin, zmin, xmax, ymax, zmax) that is expected, in units of the source.
    metres : float
        Metres in one unit of x and y.
    points : int
        How many points are expected.
    """

    def __init__(self, box: tuple[float, ...], metres: float, points: int) -> None:
        self.grid = Grid(box, metres)
        self.sample = Sample(box, self.grid.cell, points)
        self.points = 0
        self.low, self.high = np.full(3, np.inf), np.full(3, -np.inf)
        self.classes = np.zeros(256, np.int64)
        self.returns = np.zeros(16, np.int64)
        self.pulses = np.zeros(16, np.int64)
        self.astray = 0  # return numbers above the returns of the pulse, or 0 of some returns
        self.flags = np.zeros(16, np.int64)
        self.channels = np.zeros(4, np.int64)
        self.sources = np.zeros(65_536, np.int64)
        self.intensity: tuple[int, int] | None = None
        self.nir: tuple[int, int] | None = None
        self.time: tuple[float, float] | None = None
        self.timeless = 0  # points whose GPS time is 0 or no number
        self.color: int | None = None
        self.peaks: set[bool] = set()  # whether colours of a chunk went beyond 8 bits
        self.extra: dict[str, tuple[float, float]] = {}
        self.waves = 0
        self.asked: Asked | None = None

    def add(self, chunk: PointChunk) -> None:
        """Take up the points of one chunk."""
        xyz = chunk.xyz
        if not len(xyz):
            return
        self.points += len(xyz)
        with np.errstate(all="ignore"):  # damaged files hold any number
            for i in range(3):
                axis = xyz[:, i]
                self.low[i] = min(self.low[i], axis.min())
                self.high[i] = max(self.high[i], axis.max())
            self.grid.add(xyz, chunk.point_source)
            self.sample.add(xyz)
            self._count(chunk)
            self._span(chunk)
            if self.asked is not None:
                self.asked.add(chunk)

    def _count(self, chunk: PointChunk) -> None:
        if chunk.classification is not None:
            self.classes += np.bincount(chunk.classification, minlength=256)
        if chunk.return_number is not None and chunk.return_count is not None:
            which, of = (
                np.minimum(n, 15).astype(np.uint8)
                for n in (chunk.return_number, chunk.return_count)
            )
            both = np.bincount(which * 16 + of, minlength=256).reshape(16, 16)
            self.returns += both.sum(axis=1)
            self.pulses += both.sum(axis=0)
            number, count = np.indices((16, 16))
            wrong = (number > count) | ((number == 0) & (count > 0))
            self.astray += int(both[wrong].sum())
        if chunk.flags is not None:
            self.flags += np.bincount(chunk.flags, minlength=16)
        if chunk.channel is not None:
            self.channels += np.bincount(chunk.channel, minlength=4)
        if chunk.point_source is not None:
            self.sources += np.bincount(chunk.point_source, minlength=65_536)

    def _span(self, chunk: PointChunk) -> None:
        if chunk.intensity is not None:
            self.intensity = _wider(self.intensity, chunk.intensity)
        if chunk.nir is not None:
            self.nir = _wider(self.nir, chunk.nir)
        if chunk.gps_time is not None:
            low, high = float(chunk.gps_time.min()), float(chunk.gps_time.max())
            times = chunk.gps_time
            if not low > 0 or not high < np.inf:
                times = times[np.isfinite(times) & (times != 0)]
                self.timeless += len(chunk.gps_time) - len(times)
                low, high = (float(times.min()), float(times.max())) if len(times) else (0, 0)
            if len(times):
                was = self.time or (low, high)
                self.time = min(was[0], low), max(was[1], high)
        if chunk.color_peak or chunk.rgb is not None:
            self.color = max(self.color or 0, chunk.color_peak)
            if chunk.color_peak:
                self.peaks.add(chunk.color_peak > 255)
        for name, values in chunk.extra.items():
            if name == "wave_descriptor":
                self.waves += int((values > 0).sum())
            if values.dtype.kind not in "iufb" or name.startswith("wave_"):
                continue
            self._extend(name, values)

    def _extend(self, name: str, values: npt.NDArray[Any]) -> None:
        low, high = float(values.min()), float(values.max())
        if not np.isfinite([low, high]).all():
            sound = values[np.isfinite(values)]
            if not len(sound):
                return
            low, high = float(sound.min()), float(sound.max())
        was = self.extra.get(name, (low, high))
        self.extra[name] = min(was[0], low), max(was[1], high)

    def box(self) -> tuple[float, ...] | None:
        """Return (xmin, ymin, zmin, xmax, ymax, zmax) of the points that came, or None."""
        return (*map(float, self.low), *map(float, self.high)) if self.points else None

    def flagged(self, bit: int) -> int:
        """Return how many points have a bit of `PointChunk.flags`."""
        return int(self.flags[[i for i in range(16) if i & bit]].sum())

    def density(self) -> float:
        """Return points per square metre of the cells that hold any.

        A cell on the rim is only partly covered: for a cloud of few cells its box counts instead.
        """
        box = self.box()
        if box is None:
            return 0.0
        area = min(self.area() or np.inf, self._box_area(box) or np.inf)
        return self.points / area if 0 < area < np.inf else 0.0

    def _box_area(self, box: tuple[float, ...]) -> float:
        return (box[3] - box[0]) * (box[4] - box[1]) * self.grid.metres**2

    def area(self) -> float:
        """Return the square metres of the cells that hold any points."""
        return float(self.grid.densities().size) * (self.grid.cell * self.grid.metres) ** 2


def _wider(was: tuple[int, int] | None, values: npt.NDArray[np.uint16]) -> tuple[int, int]:
    low, high = int(values.min()), int(values.max())
    return (low, high) if was is None else (min(was[0], low), max(was[1], high))
