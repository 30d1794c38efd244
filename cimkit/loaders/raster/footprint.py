"""What a raster covers in CRS84: its outline, or where it holds data."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from cimkit.geometry.crs import to_crs84
from cimkit.loaders.raster.georeference import Georeference

__all__ = ["earthly", "footprint", "outline", "valid_shape"]

_SPECKLED = 10
"""Changes between data and none, over rows and columns, from which a mask is made coarser."""
_PARTS = 200
"""Polygons a footprint may have; smaller ones go first."""


def outline(lies: Georeference, size: tuple[int, int], pieces: int) -> npt.NDArray[np.float64]:
    """Return the closed ring around the pixels, (n, 2), each side in so many pieces.

    Parameters
    ----------
    lies : Georeference
        With a matrix.
    size : (width, height)
        In pixels.
    pieces : int
        Of each side.
    """
    w, h = size
    t = np.linspace(0, 1, pieces + 1)[:-1]
    zero, one = np.zeros_like(t), np.ones_like(t)
    column = np.concatenate([zero, t, one, 1 - t]) * w
    row = np.concatenate([t, one, 1 - t, zero]) * h
    ring = lies.positions(column, row)
    return np.vstack([ring, ring[:1]])


def valid_shape(
    mask: npt.NDArray[np.uint8], lies: Georeference, size: tuple[int, int]
) -> BaseGeometry | None:
    """Return where a raster holds data, in its own CRS; None if it holds none.

    Parameters
    ----------
    mask : (rows, columns) array
        1 where there is data, of a smaller picture of the whole.
    lies : Georeference
        With a matrix, for the full picture.
    size : (width, height)
        Of the full picture.
    """
    from rasterio.features import shapes, sieve

    fine = np.array([size[0] / mask.shape[1], size[1] / mask.shape[0]])
    clean = mask
    for least in (4, 16, 64):
        if mask.size <= least * 4 or _edges(clean) < _SPECKLED * sum(clean.shape):
            break
        clean = sieve(mask, least, connectivity=4)
    while _edges(clean) >= _SPECKLED * sum(clean.shape) and min(clean.shape) > 8:
        clean, fine = _coarser(clean), fine * 2
    if not clean.any():
        clean, fine = mask, np.array([size[0] / mask.shape[1], size[1] / mask.shape[0]])
    parts = [shapely.geometry.shape(g) for g, value in shapes(clean, mask=clean > 0) if value]
    if not parts:
        return None
    parts = sorted(parts, key=lambda p: -p.area)[:_PARTS]
    whole = shapely.union_all(parts)
    if max(clean.shape) > 64:
        whole = whole.simplify(0.75)  # straightens stairs; stays within a pixel of the picture
    limit = np.array(size, dtype=np.float64)  # a coarser picture may reach beyond the edge
    return shapely.make_valid(
        shapely.transform(whole, lambda xy: lies.positions(*np.minimum(xy * fine, limit).T))
    )


def _edges(mask: npt.NDArray[np.uint8]) -> int:
    return int(np.count_nonzero(np.diff(mask, axis=1)) + np.count_nonzero(np.diff(mask, axis=0)))


def _coarser(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Join pixels two by two; data in one of them is data in all."""
    padded = np.pad(mask, [(0, n % 2) for n in mask.shape])
    rows, columns = padded.shape
    joined = padded.reshape(rows // 2, 2, columns // 2, 2).max(axis=(1, 3))
    return np.ascontiguousarray(joined)


def earthly(own: BaseGeometry, step: float) -> BaseGeometry:
    """Bring degrees that go from 0 to 360, or half a pixel beyond a pole, to where all know them.

    Parameters
    ----------
    own : shapely polygon
        In degrees, longitude first.
    step : float
        Pixel. A grid whose middle pixels lie on a pole reaches so far beyond it; what lies
        farther out is no such grid, and comes back as it is.
    """
    west, south, east, north = own.bounds
    if west >= -180 and east <= 180 and south >= -90 and north <= 90:
        return own
    far = west < -360 or east > 360 + step or east - west > 360 + 2 * step
    if far or south < -90 - step or north > 90 + step:
        return own
    parts = []
    for turn in (-360.0, 0.0, 360.0):
        part = shapely.intersection(own, shapely.box(turn - 180, -90, turn + 180, 90))
        parts.append(translate(part, -turn))
    held = [p for p in shapely.get_parts(parts) if p.area]
    return shapely.union_all(held) if held else own


def footprint(own: BaseGeometry, crs: CRS) -> BaseGeometry | None:
    """Take a polygon to CRS84; cut in two where it meets 180°.

    Parameters
    ----------
    own : shapely polygon
        In ``crs``, x before y; its edges are bent where that CRS bends them.
    crs : CRS
        Its CRS.
    """
    west, south, east, north = own.bounds
    fine = shapely.segmentize(own, max(east - west, north - south) / 20)
    lonlat = to_crs84(shapely.get_coordinates(fine), crs)
    if not np.isfinite(lonlat).all():  # its corners lie off the Earth, as a satellite sees it
        return _seen(own, crs)
    moved = shapely.set_coordinates(fine, lonlat)
    rings = shapely.get_rings(shapely.get_parts(moved))
    if any(np.abs(np.diff(shapely.get_coordinates(r)[:, 0])).max() > 180 for r in rings):
        return _across(moved)
    return moved if moved.is_valid else shapely.make_valid(moved)


def _seen(own: BaseGeometry, crs: CRS) -> BaseGeometry | None:
    west, south, east, north = own.bounds
    x, y = np.meshgrid(np.linspace(west, east, 60), np.linspace(south, north, 60))
    inner = to_crs84(np.column_stack([x.ravel(), y.ravel()]), crs)
    inner = inner[np.isfinite(inner).all(axis=1)]
    return shapely.MultiPoint(inner).convex_hull if len(inner) > 2 else None


def _across(moved: Any) -> BaseGeometry:
    def eastward(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack([np.where(xy[:, 0] < 0, xy[:, 0] + 360, xy[:, 0]), xy[:, 1]])

    whole = shapely.make_valid(shapely.transform(moved, eastward))
    east = shapely.intersection(whole, shapely.box(0, -90, 180, 90))
    west = shapely.intersection(whole, shapely.box(180, -90, 360, 90))
    return shapely.union_all([east, shapely.transform(west, lambda xy: xy - [360.0, 0.0])])
