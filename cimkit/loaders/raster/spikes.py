"""Single pixels that stand far above or below the four around them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Spikes"]

Reals = npt.NDArray[np.float64]

_LEAST = 5.0  # in the unit of the heights
_MOST = 50


class Spikes:
    """Peaks and pits of one pixel, found window by window.

    Windows come from the top downwards; where they have the raster's full width, the last rows of
    one are looked at together with the first of the next.

    Parameters
    ----------
    width : int
        Of the raster, in pixels.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.count = 0
        self.found: list[tuple[float, int, int]] = []
        self._above: tuple[int, npt.NDArray[Any]] | None = None

    def add(self, heights: npt.NDArray[Any], left: int, top: int) -> None:
        """Take up a window whose upper left pixel is (``left``, ``top``); NaN is no data."""
        if self._above is not None and self._above[0] == top and heights.shape[1] == self.width:
            rows = self._above[1]
            heights, top = np.vstack([rows, heights]), top - len(rows)
        if heights.shape[1] == self.width:
            self._above = top + len(heights), heights[-2:].copy()
        if min(heights.shape) < 3:
            return
        middle = heights[1:-1, 1:-1]
        around = heights[:-2, 1:-1], heights[2:, 1:-1], heights[1:-1, :-2], heights[1:-1, 2:]
        with np.errstate(invalid="ignore"):
            over = middle - np.maximum(
                np.maximum(around[0], around[1]), np.maximum(around[2], around[3])
            )
            under = middle - np.minimum(
                np.minimum(around[0], around[1]), np.minimum(around[2], around[3])
            )
            met = (over > _LEAST) | (under < -_LEAST)
        row, column = np.nonzero(met)
        self.count += len(row)
        value = np.where(over[row, column] > 0, over[row, column], under[row, column])
        order = np.argsort(-np.abs(value), kind="stable")[:_MOST]
        self.found += [
            (float(value[n]), int(column[n]) + left + 1, int(row[n]) + top + 1) for n in order
        ]
        self.found = sorted(self.found, key=lambda f: -abs(f[0]))[:_MOST]
