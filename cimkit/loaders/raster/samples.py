"""Single heights of an elevation model, for its neighbours to be held against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Samples"]

Whole = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

_EDGE = 64  # heights along one edge, at most
_ALONG = 16  # heights along one line of the lattice, at most
_CLOSEST = 2  # pixels between its lines beside an edge
_REACH = 4  # pixels that the edges of neighbours may lie apart or overlap


class Samples:
    """Heights at the edges and in a lattice, picked from the pixels as they pass.

    Pixels are counted from the origin of the CRS and those are picked whose number is a multiple
    of a power of two, so that two tiles which share ground share pixels, whatever their sizes.

    Parameters
    ----------
    matrix : tuple of float
        (a, b, c, d, e, f) of the upper left corner: x = a·column + b·row + c, y = d·column + e·row
        + f. North must be up.
    size : (width, height)
        In pixels.
    """

    def __init__(self, matrix: tuple[float, ...], size: tuple[int, int]) -> None:
        self.matrix, self.size = matrix, size
        self.pixel = abs(matrix[0]), abs(matrix[4])
        # Numbers of the first column from the west and of the first row from the north.
        self.first = round(matrix[2] / matrix[0]), round(matrix[5] / matrix[4])
        wide, high = size
        steps = [_power(n, _EDGE) for n in size]
        rows, columns = (_multiples(self.first[1 - k], size[1 - k], steps[1 - k]) for k in (0, 1))
        self.edges: dict[str, tuple[Whole, Whole, Whole]] = {}
        for side, at, inner in (("W", 0, 1), ("E", wide - 1, wide - 2)):
            self.edges[side] = rows, np.full_like(rows, at), np.full_like(rows, inner)
        for side, at, inner in (("N", 0, 1), ("S", high - 1, high - 2)):
            self.edges[side] = columns, np.full_like(columns, at), np.full_like(columns, inner)
        self.row, self.column, self.own = self._points()
        self.values = np.full(len(self.row), np.nan)

    def _points(self) -> tuple[Whole, Whole, slice]:
        """Return all pixels to be picked: those of the edges, outer before inner, and the rest."""
        row, column = [], []
        for side, (along, outer, inner) in self.edges.items():
            for across in (outer, inner):
                row.append(along if side in "WE" else across)
                column.append(across if side in "WE" else along)
        start = sum(map(len, row))
        fine, coarse = (
            [of(self.first[k], self.size[k]) for k in (0, 1)] for of in (_graded, _sparse)
        )
        pairs = np.concatenate(
            [
                np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2)
                for columns, rows in ((fine[0], coarse[1]), (coarse[0], fine[1]))
            ]
        )
        pairs = np.unique(pairs, axis=0)
        row.append(pairs[:, 1])
        column.append(pairs[:, 0])
        return np.concatenate(row), np.concatenate(column), slice(start, None)

    def add(self, heights: npt.NDArray[Any], left: int, top: int) -> None:
        """Pick from a window whose upper left pixel is (``left``, ``top``); NaN is no data."""
        row, column = self.row - top, self.column - left
        inside = (row >= 0) & (row < heights.shape[0]) & (column >= 0)
        inside &= column < heights.shape[1]
        self.values[inside] = heights[row[inside], column[inside]]

    def rows(self) -> Iterator[tuple[str, str, float]]:
        """Yield name, cell and value of each height.

        ``edge_height``: cell ``side coordinate length number reach``, the height at the outer side
        of the outermost pixel; ``edge_slope``: the same cell, how much it rises outward by one unit
        of the CRS; ``height_sample``: cell ``column row``, numbers from the CRS's origin.
        """
        wide, high = self.size
        a, _, c, _, e, f = self.matrix
        ends = {"W": c, "E": c + a * wide, "N": f, "S": f + e * high}
        start = 0
        for side, (along, _, _) in self.edges.items():
            outer, inner = self.values[start : start + 2 * len(along)].reshape(2, -1)
            start += 2 * len(along)
            upright = side in "WE"
            pixel = self.pixel[0 if upright else 1]
            length, reach = self.pixel[1 if upright else 0], _REACH * pixel
            numbers = along + self.first[1 if upright else 0]
            name = f"{side} {ends[side]:.12g} {length:.9g}"
            slopes = outer - inner
            for n in np.flatnonzero(np.isfinite(slopes)):
                cell = f"{name} {numbers[n]} {reach:.9g}"
                yield "edge_height", cell, float(outer[n] + 0.5 * slopes[n])
                yield "edge_slope", cell, float(slopes[n] / pixel)
        values = self.values[self.own]
        columns = self.column[self.own] + self.first[0]
        rows = self.row[self.own] + self.first[1]
        for n in np.flatnonzero(np.isfinite(values)):
            yield "height_sample", f"{columns[n]} {rows[n]}", float(values[n])


def _power(size: int, most: int) -> int:
    """Return the least power of two of which at most so many multiples fit in a size."""
    step = 1
    while size / step > most:
        step *= 2
    return step


def _graded(first: int, size: int) -> Whole:
    """Return pixels that are the sparser the farther they are from the edges.

    At d pixels from an edge their numbers are multiples of a power of two of at most d / 2, so that
    however wide two tiles overlap, they share some in the middle of the overlap.
    """
    at = np.arange(size, dtype=np.int64)
    away = np.maximum(np.minimum(at, size - 1 - at), 2 * _CLOSEST)
    step = 1 << np.floor(np.log2(away / 2)).astype(np.int64)
    return np.asarray(at[(at + first) % step == 0])


def _sparse(first: int, size: int) -> Whole:
    return _multiples(first, size, _power(size, _ALONG))


def _multiples(first: int, size: int, step: int) -> Whole:
    """Return the pixels, from 0, whose number from the origin is a multiple of a step."""
    return np.arange(-first % step, size, step, dtype=np.int64)
