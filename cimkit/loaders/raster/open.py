"""Opening rasters and reading their pixels, without writing beside them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from cimkit.errors import SourceUnreadable
from cimkit.geometry.crs import to_crs84
from cimkit.model import Problem, Source

__all__ = [
    "band_ranges",
    "footprint",
    "georeference",
    "open_raster",
    "outline",
    "try_pixels",
]

_SAMPLE = 1024
"""Pixels along the longer side of the picture that a sample decodes."""


@contextmanager
def open_raster(source: Source) -> Iterator[tuple[Any, list[Problem]]]:
    """Open a raster; of a container of several, the first.

    Raises
    ------
    SourceUnreadable
        If GDAL cannot open it.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    # PAM reads delivered .aux.xml files, and would write one: allowed only where one is there
    notes = any(m.endswith(".aux.xml") for m in source.members)
    problems: list[Problem] = []
    with (
        rasterio.Env(GDAL_PAM_ENABLED=notes, GDAL_DISABLE_READDIR_ON_OPEN=False),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # a problem says it instead
        try:
            dataset = rasterio.open(source.file)
            if not dataset.count and dataset.subdatasets:
                problems.append(
                    Problem(
                        "subdatasets",
                        f"It holds {len(dataset.subdatasets)} rasters; the first was read.",
                        got=", ".join(dataset.subdatasets[:5]),
                        hint="Deliver one file for each.",
                    )
                )
                name = dataset.subdatasets[0]
                dataset.close()
                dataset = rasterio.open(name)
        except RasterioError as error:
            raise SourceUnreadable(
                "GDAL cannot open the raster", where=source.path, got=str(error)
            ) from error
        with dataset:
            yield dataset, problems


def _windows(dataset: Any) -> Iterator[Any]:
    """Cut the raster into bands of whole blocks of at most about 16 million pixels."""
    from rasterio.windows import Window

    block = dataset.block_shapes[0][0] if dataset.count else 1
    lines = max(block, 16_000_000 // max(1, dataset.width) // block * block)
    for top in range(0, dataset.height, lines):
        yield Window(0, top, dataset.width, min(lines, dataset.height - top))


def try_pixels(dataset: Any, source: Source, *, whole: bool) -> tuple[float, float] | None:
    """Decode pixels, so that a broken raster is refused when it is met and not when it is used.

    Parameters
    ----------
    whole : bool
        All of them; else a smaller picture, and if that comes from an overview, single blocks of
        the full resolution too.

    Returns
    -------
    tuple of float, or None
        Least and greatest value met in a raster of one band; None for others and without data.

    Raises
    ------
    SourceUnreadable
        If some cannot be decoded.
    """
    from rasterio.errors import RasterioError

    single = dataset.count == 1
    met: list[float] = []
    try:
        if whole or dataset.width * dataset.height <= 4 * _SAMPLE**2:
            for window in _windows(dataset):
                pixels = dataset.read(window=window, masked=single)
                met += _extremes(pixels) if single else []
            return (min(met), max(met)) if met else None
        scale = max(dataset.width, dataset.height) / _SAMPLE
        shape = (dataset.count, int(dataset.height / scale) or 1, int(dataset.width / scale) or 1)
        picture = dataset.read(out_shape=shape, masked=single)
        blocks = [window for _, window in dataset.block_windows(1)]
        for i in {0, len(blocks) // 2, len(blocks) - 1}:
            dataset.read(window=blocks[i])
    except RasterioError as error:
        cause = error.__cause__ or error
        raise SourceUnreadable(
            "its pixels cannot be decoded",
            where=source.path,
            got=str(cause),
            mend="Write the raster again from its source.",
        ) from error
    met = _extremes(picture) if single else []
    return (met[0], met[1]) if met else None


def _extremes(pixels: Any) -> list[float]:
    """Return least and greatest of the pixels that hold data; nothing if none does."""
    values = pixels.compressed()
    if values.dtype.kind == "c":
        return []  # complex numbers have no order
    values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    return [float(values.min()), float(values.max())] if len(values) else []


def georeference(dataset: Any) -> tuple[str | None, tuple[float, float, float, float] | None]:
    """Return the CRS as WKT or ``AUTHORITY:code``, and the bounds in it; None where not said."""
    crs = None
    own = dataset.crs or dataset.gcps[1]
    if own:
        found = own.to_authority(confidence_threshold=100)
        crs = ":".join(found) if found and found[0] == "EPSG" else own.to_wkt()
    if _transform(dataset).is_identity:
        return crs, None
    ring = outline(dataset, 1)
    xmin, ymin = ring.min(axis=0)
    xmax, ymax = ring.max(axis=0)
    return crs, (float(xmin), float(ymin), float(xmax), float(ymax))


def outline(dataset: Any, pieces: int) -> npt.NDArray[np.float64]:
    """Return the closed ring around the pixels, (n, 2), each side in so many pieces."""
    w, h = dataset.width, dataset.height
    t = np.linspace(0, 1, pieces + 1)[:-1]
    zero, one = np.zeros_like(t), np.ones_like(t)
    column = np.concatenate([zero, t, one, 1 - t]) * w
    row = np.concatenate([t, one, 1 - t, zero]) * h
    ring = _positions(dataset, column, row)
    return np.vstack([ring, ring[:1]])


def _positions(
    dataset: Any, column: npt.NDArray[np.float64], row: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    a, b, c, d, e, f = tuple(_transform(dataset))[:6]
    return np.column_stack([a * column + b * row + c, d * column + e * row + f])


def _transform(dataset: Any) -> Any:
    """Return the affine from pixels to places; of ground control points the one that fits best."""
    from rasterio import Affine

    points = dataset.gcps[0]
    if not dataset.transform.is_identity or not points:
        return dataset.transform
    at = np.array([[p.col, p.row, 1.0] for p in points])
    # GDAL's own fit gives whatever lies in memory if the points are on one line
    fit, _, rank, _ = np.linalg.lstsq(at, np.array([[p.x, p.y] for p in points]))
    return Affine(*fit.T.ravel().tolist()) if rank == 3 else dataset.transform


def footprint(dataset: Any, crs: CRS) -> BaseGeometry | None:
    """Return what the raster covers as a polygon in CRS84; cut in two where it meets 180°."""
    ring = to_crs84(outline(dataset, 20), crs)
    if not np.isfinite(ring).all():  # its corners lie off the Earth, as a satellite sees it
        t = np.linspace(0, 1, 60)
        column, row = np.meshgrid(t * dataset.width, t * dataset.height)
        inner = to_crs84(_positions(dataset, column.ravel(), row.ravel()), crs)
        inner = inner[np.isfinite(inner).all(axis=1)]
        return shapely.MultiPoint(inner).convex_hull if len(inner) > 2 else None
    if np.abs(np.diff(ring[:, 0])).max() > 180:
        ring[:, 0] = np.where(ring[:, 0] < 0, ring[:, 0] + 360, ring[:, 0])
        whole = shapely.Polygon(ring)
        east = shapely.intersection(whole, shapely.box(0, -90, 180, 90))
        west = shapely.intersection(whole, shapely.box(180, -90, 360, 90))
        moved = shapely.transform(west, lambda xy: xy - [360.0, 0.0])
        return shapely.union_all([east, moved])
    return shapely.Polygon(ring)


def band_ranges(dataset: Any) -> list[tuple[float, float]]:
    """Return (minimum, maximum) of each band over the pixels that hold data; NaN if none does."""
    low = np.full(dataset.count, np.inf)
    high = np.full(dataset.count, -np.inf)
    for window in _windows(dataset):
        pixels = dataset.read(window=window, masked=True)
        for i, band in enumerate(pixels):
            if found := _extremes(band):
                low[i], high[i] = min(low[i], found[0]), max(high[i], found[1])
    low[~np.isfinite(low)] = np.nan
    high[~np.isfinite(high)] = np.nan
    return list(zip(low.tolist(), high.tolist(), strict=True))
