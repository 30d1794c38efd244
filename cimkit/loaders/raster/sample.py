"""Values of a raster at given places, in one pass over the blocks that are needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import SourceUnreadable
from cimkit.loaders.raster.formats import head_of, recognise
from cimkit.loaders.raster.open import open_raster
from cimkit.model import Source

__all__ = ["sample"]

Reals = npt.NDArray[np.float64]

_WINDOW = 4_000_000
"""Pixels held at once."""
_SIDE = 1024
"""Pixels along the side of a window of a tiled raster, or its tile if that is larger."""


def sample(source: Source, transform: Sequence[float], xy: Reals) -> Reals:
    """Return the values of the first band at places, between pixel centres by bilinear weights.

    Parameters
    ----------
    source : Source
        A raster.
    transform : sequence of 6 float
        From column and row to x and y: a, b, c, d, e, f of ``x = a column + b row + c`` and
        ``y = d column + e row + f``, corners of pixels being whole numbers.
    xy : (n, 2) float64 array
        Places, in the raster's CRS.

    Returns
    -------
    (n,) float64 array
        In the unit of the values, scale and offset applied; NaN outside, and where one of the four
        pixels around holds no data.

    Raises
    ------
    SourceUnreadable
        If it cannot be opened, or a block that is needed cannot be decoded.
    """
    from rasterio.errors import RasterioError

    found = recognise(head_of(source.file))
    if found is None or found[0].refusal:
        raise SourceUnreadable("it is no raster that can be read", where=source.path)
    a, b, c, d, e, f = transform
    column, row = np.linalg.solve(np.array([[a, b], [d, e]]), (xy - [c, f]).T)
    with open_raster(source, found[0]) as (dataset, _):
        try:
            return _at(dataset, column, row)
        except RasterioError as error:
            raise SourceUnreadable(
                "a block of it cannot be decoded", where=source.path, got=str(error)
            ) from error


def _at(dataset: Any, column: Reals, row: Reals) -> Reals:
    from rasterio.windows import Window

    values = np.full(len(column), np.nan)
    width, height = dataset.width, dataset.height
    inside = np.flatnonzero((column >= 0) & (column <= width) & (row >= 0) & (row <= height))
    # Between the centres of the outermost pixels and the edge the outermost pixels hold.
    u = np.clip(column[inside] - 0.5, 0, width - 1)
    v = np.clip(row[inside] - 0.5, 0, height - 1)
    left = np.minimum(u.astype(np.int64), max(width - 2, 0))
    top = np.minimum(v.astype(np.int64), max(height - 2, 0))
    wide, high = _window(dataset)
    tile = (top // high) * (-(-width // wide)) + left // wide
    order = np.argsort(tile, kind="stable")
    scale, offset = float(dataset.scales[0]), float(dataset.offsets[0])
    for part in np.split(order, np.flatnonzero(np.diff(tile[order])) + 1):
        if not len(part):
            continue
        x0 = int(left[part[0]] // wide * wide)
        y0 = int(top[part[0]] // high * high)
        window = Window(x0, y0, min(wide + 1, width - x0), min(high + 1, height - y0))
        pixels = dataset.read(1, window=window, masked=True)
        held = np.ma.filled(pixels.astype(np.float64), np.nan) * scale + offset
        values[inside[part]] = _between(held, u[part] - x0, v[part] - y0)
    return values


def _between(held: Reals, u: Reals, v: Reals) -> Reals:
    """Weigh the four pixels around each place."""
    rows, columns = held.shape
    i, j = (
        np.minimum(v.astype(int), max(rows - 2, 0)),
        np.minimum(u.astype(int), max(columns - 2, 0)),
    )
    fx, fy = u - j, v - i
    down, right = np.minimum(i + 1, rows - 1), np.minimum(j + 1, columns - 1)
    upper = held[i, j] * (1 - fx) + held[i, right] * fx
    lower = held[down, j] * (1 - fx) + held[down, right] * fx
    between: Reals = upper * (1 - fy) + lower * fy
    return between


def _window(dataset: Any) -> tuple[int, int]:
    """Return width and height of the windows to read, whole blocks."""
    rows, columns = dataset.block_shapes[0]
    if columns >= dataset.width:
        return dataset.width, max(rows, _WINDOW // dataset.width // rows * rows)
    return max(columns, _SIDE // columns * columns), max(rows, _SIDE // rows * rows)
