"""Reading pixels: what each band holds, where data is, and which blocks cannot be decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.raster.bands import Band, Sums

if TYPE_CHECKING:
    from cimkit.loaders.raster.asked import Asked

__all__ = ["Survey", "survey"]

_IN_ORDER = ("AAIGrid", "GRASSASCIIGrid", "ISG")
"""Drivers that find a row by the one before: behind a broken one each takes twice as long."""

_PICTURE = 1024
"""Pixels along the longer side of the picture that a sample decodes."""
_WINDOW = 4_000_000
"""Samples (pixels times bands) that are held at once."""
_BLOCK = 256_000_000
"""Bytes that one block may have decoded; a larger one is not read."""
_SAMPLE = 200_000_000
"""Samples that may be decoded without overviews for a sample of the whole."""
_PATIENCE = 10_000
"""Broken blocks after which those beside a broken one are no longer tried one by one."""
_SPREAD = 64
"""Blocks that stand for a raster too large to be read."""


@dataclass(slots=True)
class Survey:
    """What the pixels say."""

    bands: list[Band] = field(default_factory=list)
    """Of each band."""
    sampled: bool = False
    """Whether not every pixel was read."""
    share: float = 1.0
    """Part of the pixels that were read, 0 to 1."""
    mask: npt.NDArray[np.uint8] | None = None
    """(rows, columns), 1 where any band holds data; None if data is everywhere or not known."""
    black: float = 0.0
    """Share of the pixels that are 0 in every band though nothing says that they are no data."""
    broken: int = 0
    """Blocks that cannot be decoded."""
    tried: int = 0
    """Blocks that were read."""
    error: str = ""
    """What the first broken block said."""
    overviews: str = ""
    """Why its overviews cannot be used; "" if they can or there are none."""
    refused: str = ""
    """Why no pixel was read at all; "" if pixels were."""


def survey(dataset: Any, *, whole: bool, limit: int, asked: Asked | None = None) -> Survey:
    """Read all pixels of a raster, or as many as a sample needs, in bounded memory.

    Parameters
    ----------
    dataset : rasterio.DatasetReader
        With at least one band.
    whole : bool
        Every pixel, if they are not more than `limit` bytes; else a smaller picture and single
        blocks of the full resolution.
    limit : int
        Bytes, decoded: a small file may declare a picture without end.
    asked : Asked, optional
        What else wants to see the pixels; it is complete if it saw all of them.
    """
    found = Survey()
    size = max(np.dtype(_plain(t)).itemsize for t in dataset.dtypes)
    rows, columns = dataset.block_shapes[0]
    together = dataset.count if dataset.profile.get("interleave") == "pixel" else 1
    if rows * columns * size * together > _BLOCK:
        found.refused = f"blocks of {columns} by {rows} pixels in {together} bands"
        return found
    samples = dataset.width * dataset.height * dataset.count
    in_order = dataset.driver in _IN_ORDER
    if in_order and samples * size > limit:
        found.refused = f"{dataset.width} by {dataset.height} pixels in so small a file"
        return found
    sums = Sums.of(dataset)
    if in_order or (samples * size <= limit if whole else samples <= 4 * _PICTURE**2):
        _whole(dataset, sums, found, asked)
    else:
        _sample(dataset, sums, found, samples)
    found.bands = [s.band() for s in sums]
    return found


def _plain(dtype: str) -> str:
    return {"complex_int16": "complex64"}.get(dtype, dtype)


def _whole(dataset: Any, sums: list[Sums], found: Survey, asked: Asked | None) -> None:
    step = max(1, -(-max(dataset.width, dataset.height) // _PICTURE))
    picture = np.zeros((-(-dataset.height // step), -(-dataset.width // step)), np.uint8)
    black = 0
    for window in _windows(dataset):
        if found.broken and dataset.driver in _IN_ORDER:
            break
        for part, pixels in _read(dataset, window, found):
            top, left = -(-part.row_off // step), -(-part.col_off // step)
            at = top * step - part.row_off, left * step - part.col_off, step
            here, dark = _take(dataset, sums, pixels, part, at)
            if asked is not None and asked.pixels:
                asked.add(pixels[0], _held(dataset, sums[0], pixels[0], part), part)
            black += dark
            picture[top : top + here.shape[0], left : left + here.shape[1]] = here
    found.mask = None if picture.all() else picture
    found.black = black / picture.size
    if asked is not None:
        asked.complete = not found.broken


def _held(
    dataset: Any, sums: Sums, pixels: npt.NDArray[Any], window: Any
) -> npt.NDArray[np.bool_] | None:
    """Return where the first band holds data, None for everywhere."""
    common = dataset.read_masks(1, window=window) > 0 if sums.masked else None
    return sums.held(pixels, common)


def _sample(dataset: Any, sums: list[Sums], found: Survey, samples: int) -> None:
    from rasterio.errors import RasterioError

    found.sampled = True
    scale = max(dataset.width, dataset.height) / _PICTURE
    if dataset.overviews(1) or samples <= _SAMPLE:
        shape = (max(1, int(dataset.height / scale)), max(1, int(dataset.width / scale)))
        try:
            pixels = dataset.read(out_shape=(dataset.count, *shape))
            valid, dark = _take(dataset, sums, pixels, None, (0, 0, 1))
            found.mask = None if valid.all() else valid.astype(np.uint8)
            found.share = shape[0] * shape[1] / (dataset.width * dataset.height)
            found.black = dark / (shape[0] * shape[1])
            for window in _spread(dataset, 3):
                for _ in _read(dataset, window, found):
                    pass  # only to know whether the full resolution can be decoded
            return
        except RasterioError as error:
            if dataset.overviews(1):
                found.overviews = str(error.__cause__ or error)
    read = 0
    for window in _spread(dataset, _SPREAD):
        for part, pixels in _read(dataset, window, found):
            _, dark = _take(dataset, sums, pixels, part, (0, 0, 1))
            found.black += dark
            read += part.width * part.height
    found.share = read / (dataset.width * dataset.height)
    found.black /= max(1, read)


def _windows(dataset: Any) -> Iterator[Any]:
    """Cut the raster into windows of whole blocks of at most about `_WINDOW` samples."""
    from rasterio.windows import Window

    rows, columns = dataset.block_shapes[0]
    wide = max(columns, min(dataset.width, _WINDOW // (rows * dataset.count) // columns * columns))
    high = max(rows, _WINDOW // (min(wide, dataset.width) * dataset.count) // rows * rows)
    for top in range(0, dataset.height, high):
        for left in range(0, dataset.width, wide):
            size = min(wide, dataset.width - left), min(high, dataset.height - top)
            yield Window(left, top, *size)


def _blocks(dataset: Any, window: Any) -> Iterator[Any]:
    from rasterio.windows import Window

    rows, columns = dataset.block_shapes[0]
    for top in range(window.row_off, window.row_off + window.height, rows):
        for left in range(window.col_off, window.col_off + window.width, columns):
            size = min(columns, dataset.width - left), min(rows, dataset.height - top)
            yield Window(left, top, *size)


def _spread(dataset: Any, count: int) -> Iterator[Any]:
    """Return blocks of the full resolution, spread evenly; the first and the last among them."""
    from rasterio.windows import Window

    rows, columns = dataset.block_shapes[0]
    across, down = -(-dataset.width // columns), -(-dataset.height // rows)
    total = across * down
    for n in dict.fromkeys(int(i) for i in np.linspace(0, total - 1, min(count, total))):
        top, left = n // across * rows, n % across * columns
        yield Window(left, top, min(columns, dataset.width - left), min(rows, dataset.height - top))


def _read(dataset: Any, window: Any, found: Survey) -> Iterator[tuple[Any, Any]]:
    """Read a window; where it cannot be, those of its blocks that can."""
    from rasterio.errors import RasterioError

    rows, columns = dataset.block_shapes[0]
    count = -(-window.width // columns) * -(-window.height // rows)
    try:
        pixels = dataset.read(window=window)
    except RasterioError as error:
        found.error = found.error or str(error.__cause__ or error)
        if count == 1 or found.broken > _PATIENCE:
            found.tried, found.broken = found.tried + count, found.broken + count
            return
        yield from _each(dataset, window, found)
        return
    found.tried += count
    yield window, pixels


def _each(dataset: Any, window: Any, found: Survey) -> Iterator[tuple[Any, Any]]:
    for block in _blocks(dataset, window):
        broken = found.broken
        yield from _read(dataset, block, found)
        if dataset.driver in _IN_ORDER and found.broken > broken:
            left = dataset.height - block.row_off - 1
            found.tried, found.broken = found.tried + left, found.broken + left
            return


def _take(
    dataset: Any,
    sums: list[Sums],
    pixels: npt.NDArray[Any],
    window: Any,
    at: tuple[int, int, int],
) -> tuple[npt.NDArray[np.bool_], int]:
    """Add pixels to the sums; thin them out and say where any band holds data.

    ``at`` is the first row and column, and the step, of the pixels that stand for the others. Of
    these, so many are counted that are wholly black though nothing says that black is no data.
    """
    shape = pixels.shape[1:]
    common: npt.NDArray[np.bool_] | None = None
    if sums[0].masked:
        how = {"window": window} if window is not None else {"out_shape": shape}
        common = dataset.read_masks(1, **how) > 0
    top, left, step = at
    thin = pixels[:, top::step, left::step]
    few = None if common is None else common[top::step, left::step]
    valid = np.zeros(thin.shape[1:], dtype=bool)
    for one, band, some in zip(sums, pixels, thin, strict=True):
        one.add(band, None if one.alpha else common)
        if not one.alpha:
            held = one.held(some, few)
            valid = np.ones_like(valid) if held is None else valid | held
    dark = 0
    if len(sums) in (3, 4) and pixels.dtype == np.uint8 and sums[0].undeclared:
        dark = int((~thin[:3].any(axis=0)).sum())
    return valid, dark
