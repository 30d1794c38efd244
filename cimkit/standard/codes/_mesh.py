"""Grid cells in codes: regional meshes of JIS X 0410, and plain grids in metres."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import UsageError

__all__ = ["Mesh", "MetricGrid"]

Reals = npt.NDArray[np.float64]
Texts = npt.NDArray[np.str_]

_PARTS = (8, 10, 2, 2, 2)
"""In how many rows and columns each level from the second on divides the one above."""
_SIZES = ("80 km", "10 km", "1 km", "500 m", "250 m", "125 m")
_ROUNDING = 1e-9
"""Share of a cell below which a distance to its border is rounding: such a point is on it."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """The regional meshes of one level of JIS X 0410.

    Codes of the levels 1 to 6 have 4, 6, 8, 9, 10 and 11 digits: the standard's first, second and
    third mesh (about 80, 10 and 1 km) and the half, quarter and eighth of the third. Other
    divisions (a tenth, 100 m) have several codes in use, so they are left out.

    Longitude and latitude are those of JGD2011; WGS 84 is taken as the same (they are less than
    a metre or two apart). Data in the old Tokyo datum (400 m off) must be transformed first. A
    cell has its southern and western border and not the other two.

    Examples
    --------
    >>> mesh = Mesh(3)
    >>> mesh.encode(139.71475, 35.70078).tolist()
    ['53394547']
    >>> mesh.boxes(["53394525"])[0].round(5).tolist()
    [139.6875, 35.68333, 139.7, 35.69167]
    >>> mesh.neighbours("53394525")[:3]
    ['53394514', '53394515', '53394516']
    >>> Mesh.of("53394525").parent("53394525")
    '533945'
    """

    level: int
    """1 to 6."""

    def __post_init__(self) -> None:
        if self.level not in range(1, 7):
            raise UsageError(
                "no such level of JIS X 0410",
                got=self.level,
                expected="1 to 6 (4, 6, 8, 9, 10 or 11 digits)",
            )

    @classmethod
    def of(cls, code: str) -> Mesh:
        """Return the mesh that a code is of.

        Raises
        ------
        UsageError
            If it is no mesh code.
        """
        for level in range(1, 7):
            mesh = cls(level)
            if re.fullmatch(mesh.pattern, code):
                return mesh
        raise UsageError("no mesh code of JIS X 0410", got=code)

    @property
    def length(self) -> int:
        """Digits of a code."""
        return (4, 6, 8, 9, 10, 11)[self.level - 1]

    @property
    def pattern(self) -> str:
        """Regular expression of a code, for RE2 and `re` alike."""
        steps = ("[0-9]{2}[0-7][0-9]", "[0-7]{2}", "[0-9]{2}", "[1-4]", "[1-4]", "[1-4]")
        return "".join(steps[: self.level])

    @property
    def says(self) -> str:
        """What a code is, for messages."""
        return f"a mesh of {self.length} digits (JIS X 0410, {_SIZES[self.level - 1]})"

    @property
    def _steps(self) -> int:
        """Cells in one of the first level, along a side."""
        return int(np.prod(_PARTS[: self.level - 1], dtype=np.int64))

    def covers(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return which points have a code: longitude 100 to 180, latitude 0 to 66.66 degrees."""
        row, column = self._place(lon, lat)
        inside = (row >= 0) & (row < 100 * self._steps)
        return inside & (column >= 0) & (column < 80 * self._steps)

    def encode(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Texts:
        """Return the codes of points, in degrees.

        Raises
        ------
        UsageError
            If a point has none; see `covers`.
        """
        outside = ~self.covers(lon, lat)
        if outside.any():
            n = int(outside.argmax())
            got = (float(np.atleast_1d(lon)[n]), float(np.atleast_1d(lat)[n]))
            raise UsageError(
                f"{int(outside.sum())} points have no mesh code",
                got=got,
                expected="longitude 100 to 180, latitude 0 to 66.66",
            )
        row, column = (v.astype(np.int64) for v in self._place(lon, lat))
        return self._write(row, column)

    def boxes(self, codes: npt.ArrayLike) -> Reals:
        """Return west, south, east and north of cells, in degrees, a row each.

        Raises
        ------
        UsageError
            If a code is none of this level.
        """
        row, column = self._read(codes)
        up, right = 1.5 * self._steps, float(self._steps)
        sides = (100 + column / right, row / up, 100 + (column + 1) / right, (row + 1) / up)
        return np.column_stack(sides)

    def outlines(self, codes: npt.ArrayLike) -> Any:
        """Return the cells as an array of polygons (shapely)."""
        import shapely

        return shapely.box(*self.boxes(codes).T)

    def parent(self, code: str) -> str:
        """Return the code of the cell of the level above that holds a cell; "" of the first."""
        self._read([code])
        return code[: Mesh(self.level - 1).length] if self.level > 1 else ""

    def neighbours(self, code: str) -> list[str]:
        """Return the cells around a cell, from south-west to north-east, row by row."""
        row, column = (int(v[0]) for v in self._read([code]))
        around = [
            (row + up, column + right)
            for up in (-1, 0, 1)
            for right in (-1, 0, 1)
            if (up, right) != (0, 0)
            and 0 <= row + up < 100 * self._steps
            and 0 <= column + right < 80 * self._steps
        ]
        rows, columns = np.array(around).T
        return [str(c) for c in self._write(rows, columns)]

    def _place(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Reals, Reals]:
        x = np.atleast_1d(np.asarray(lon, np.float64))
        y = np.atleast_1d(np.asarray(lat, np.float64))
        row = np.floor(y * (1.5 * self._steps) + _ROUNDING)
        return row, np.floor((x - 100) * self._steps + _ROUNDING)

    def _write(self, row: npt.NDArray[np.int64], column: npt.NDArray[np.int64]) -> Texts:
        digits = np.empty((len(row), self.length), np.uint8)
        at, steps = self.length, self._steps
        up, right = row, column
        for parts in reversed(_PARTS[: self.level - 1]):
            up, north = np.divmod(up, parts)
            right, east = np.divmod(right, parts)
            if parts == 2:
                digits[:, at - 1] = 1 + 2 * north + east
                at -= 1
            else:
                digits[:, at - 2], digits[:, at - 1] = north, east
                at -= 2
        south, west = row // steps, column // steps
        for n, value in enumerate((south // 10, south % 10, west // 10, west % 10)):
            digits[:, n] = value
        return (digits + ord("0")).view(f"S{self.length}").ravel().astype(np.str_)

    def _read(self, codes: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        texts = np.atleast_1d(np.asarray(codes, np.str_))
        for code in texts.tolist():
            if not re.fullmatch(self.pattern, code):
                raise UsageError(f"not {self.says}", got=code)
        given = np.char.encode(texts, "ascii").astype(f"S{self.length}")
        digits = given.view(np.uint8).reshape(-1, self.length).astype(np.int64) - ord("0")
        row = digits[:, 0] * 10 + digits[:, 1]
        column = digits[:, 2] * 10 + digits[:, 3]
        at = 4
        for parts in _PARTS[: self.level - 1]:
            if parts == 2:
                north, east = np.divmod(digits[:, at] - 1, 2)
                at += 1
            else:
                north, east = digits[:, at], digits[:, at + 1]
                at += 2
            row, column = row * parts + north, column * parts + east
        return row, column


@dataclass(frozen=True, slots=True)
class MetricGrid:
    """Square cells in a projected coordinate reference system, counted from its zero.

    A code is the column and the row, each with its digits: with ``size`` 1000 and ``digits``
    (3, 4) the cell of 402,350 m east and 3,272,800 m north is ``4023272``.

    Examples
    --------
    >>> grid = MetricGrid("EPSG:4545", 1000.0, (3, 4))
    >>> grid.encode([108.0], [29.5]).tolist()
    ['5003264']
    """

    crs: str
    """Any text that names one, e.g. ``EPSG:4545``."""
    size: float
    """Side of a cell in the units of the system."""
    digits: tuple[int, int]
    """Of the column (east) and of the row (north)."""

    @property
    def length(self) -> int:
        """Digits of a code."""
        return sum(self.digits)

    @property
    def pattern(self) -> str:
        """Regular expression of a code, for RE2 and `re` alike."""
        return f"[0-9]{{{self.length}}}"

    @property
    def says(self) -> str:
        """What a code is, for messages."""
        return f"{self.digits[0]} + {self.digits[1]} digits of a cell ({self.size:g} m, {self.crs})"

    def covers(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return which points (degrees) have a code."""
        east, north = self._place(lon, lat)
        inside = (east >= 0) & (east < 10 ** self.digits[0])
        return np.asarray(inside & (north >= 0) & (north < 10 ** self.digits[1]))

    def encode(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Texts:
        """Return the codes of points, in degrees.

        Raises
        ------
        UsageError
            If a point has none; see `covers`.
        """
        if not self.covers(lon, lat).all():
            raise UsageError("a point lies outside of the grid", expected=self.says)
        east, north = (v.astype(np.int64) for v in self._place(lon, lat))
        powers = [[10**n for n in reversed(range(count))] for count in self.digits]
        both = [v[:, None] // np.array(p) % 10 for v, p in zip((east, north), powers, strict=True)]
        text = (np.hstack(both) + ord("0")).astype(np.uint8)
        return text.view(f"S{self.length}").ravel().astype(np.str_)

    def outlines(self, codes: npt.ArrayLike) -> Any:
        """Return the cells as an array of polygons (shapely) in longitude and latitude."""
        import shapely

        from cimkit.geometry.crs import parse_crs, to_crs84

        texts = np.atleast_1d(np.asarray(codes, np.str_)).tolist()
        first = self.digits[0]
        corner = np.array([[int(t[:first]), int(t[first:])] for t in texts], np.float64)
        ring = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64)
        points = ((corner[:, None, :] + ring) * self.size).reshape(-1, 2)
        return shapely.polygons(to_crs84(points, parse_crs(self.crs)).reshape(-1, 4, 2))

    def _place(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Reals, Reals]:
        from cimkit.geometry.crs import from_crs84, parse_crs

        x = np.atleast_1d(np.asarray(lon, np.float64))
        y = np.atleast_1d(np.asarray(lat, np.float64))
        east, north = from_crs84(np.column_stack([x, y]), parse_crs(self.crs)).T
        return np.floor(east / self.size + _ROUNDING), np.floor(north / self.size + _ROUNDING)
