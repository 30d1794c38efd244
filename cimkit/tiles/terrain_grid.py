"""The quadtree that terrain is cut by: cells of the globe, and the posts in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["METRES", "Cell", "Tiling"]

Reals = npt.NDArray[np.float64]

METRES = 110_900.0
"""Length of a degree of latitude, within one per cent."""
_STEP, _MOST = 32, 224
_THINNEST = 5


class Cell(NamedTuple):
    """A cell of the quadtree: 180 degrees wide at level 0, halved with each level."""

    level: int
    x: int
    """Counted from 180 degrees west."""
    y: int
    """Counted from the south pole."""

    @property
    def width(self) -> float:
        """Degrees of longitude and of latitude."""
        return 180.0 / (1 << self.level)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north, degrees."""
        west, south = self.x * self.width - 180.0, self.y * self.width - 90.0
        return west, south, west + self.width, south + self.width

    @property
    def children(self) -> tuple[Cell, ...]:
        """The four below: south-west, south-east, north-west, north-east."""
        x, y = 2 * self.x, 2 * self.y
        return tuple(Cell(self.level + 1, x + i, y + j) for j in (0, 1) for i in (0, 1))


@dataclass(frozen=True, slots=True)
class Tiling:
    """How many posts stand in a tile: all posts of a level are posts of the next one, too.

    Down to level `finest` a tile has as many posts as its parent, which stand half as far apart.
    Deeper, where imagery is finer than the elevation model, they stay as far apart as they are.
    """

    columns: int
    """Spaces between posts from west to east, at `finest` and above."""
    rows: int
    """Spaces between posts from south to north, at `finest` and above."""
    finest: int
    """The first level whose posts stand as close as the finest elevation model's pixels."""

    @classmethod
    def of(cls, resolution: float, latitude: float) -> Tiling:
        """Return the tiling for a pixel size in metres about a latitude in degrees.

        Examples
        --------
        >>> Tiling.of(1.0, 30.0)
        Tiling(columns=160, rows=160, finest=17)
        """
        level, spaces = 0, 180.0 * METRES / resolution
        while spaces > _MOST and level < 28:
            level, spaces = level + 1, spaces / 2
        columns = spaces * float(np.cos(np.radians(latitude)))
        return cls(_rounded(columns), _rounded(spaces), level)

    def spaces(self, level: int) -> tuple[int, int]:
        """Spaces between posts of a tile, from west to east and from south to north."""
        down = min(max(level - self.finest, 0), _THINNEST)
        return max(self.columns >> down, 1), max(self.rows >> down, 1)

    def stride(self, coarse: int, fine: int) -> int:
        """How many spaces of level ``fine`` one of level ``coarse`` is."""
        return (self.spaces(fine)[1] << (fine - coarse)) // self.spaces(coarse)[1]

    def longitude(self, level: int, index: npt.ArrayLike) -> Reals:
        """Degrees of posts, counted from 180 degrees west."""
        step = 180.0 / (1 << level) / self.spaces(level)[0]
        return np.asarray(index, np.float64) * step - 180.0

    def latitude(self, level: int, index: npt.ArrayLike) -> Reals:
        """Degrees of posts, counted from the south pole."""
        step = 180.0 / (1 << level) / self.spaces(level)[1]
        return np.asarray(index, np.float64) * step - 90.0

    def level_of(self, resolution: float) -> int:
        """Return the first level whose posts stand as close as pixels of so many metres."""
        level = 0
        while level < self.finest and self.spacing(level) > resolution * 1.001:
            level += 1
        return level

    def spacing(self, level: int) -> float:
        """Metres between posts from south to north."""
        return 180.0 * METRES / (1 << level) / self.spaces(level)[1]


def _rounded(spaces: float) -> int:
    # Few different numbers: another delivery of nearly the same pixels keeps the posts.
    return max(_STEP, int(np.ceil(spaces / _STEP - 1e-6)) * _STEP)
