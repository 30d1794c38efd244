"""Where the root tile of a tileset lies, and how high: from its bounding volume."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.geometry.frames import ecef
from cimkit.loaders._mesh.jsons import child
from cimkit.loaders._mesh.local import earth_centred
from cimkit.loaders.tiles3d.s2 import s2_bounds

__all__ = ["Lies", "volume_of"]

Array = npt.NDArray[np.float64]
_CONTINENT = 1_000_000.0
"""Metres from the middle to a side: no model without a place is as large."""


@dataclass(frozen=True, slots=True)
class Lies:
    """A place on the Earth."""

    crs: str
    """EPSG:4979 for regions, EPSG:4978 for boxes and spheres: as 3D Tiles has it."""
    shape: Any
    """Polygon in CRS84."""
    heights: tuple[float, float]
    """Metres above the ellipsoid."""
    box: tuple[float, ...]
    """(xmin, ymin, zmin, xmax, ymax, zmax) in that CRS."""


def volume_of(root: dict[str, Any]) -> Lies | None:
    """Return where a root tile lies; None if nowhere on the Earth.

    A region is stated in radians, an S2 cell by its token. A box or a sphere is in Earth-centred
    metres once the tile's transform is applied; near the centre of the Earth it is a model without
    a place, unless it is as large as continents.
    """
    volume = root.get("boundingVolume")
    if not isinstance(volume, dict):
        return None
    with np.errstate(all="ignore"):  # numbers that are not finite lie nowhere
        return _lies(root, volume)


def _lies(root: dict[str, Any], volume: dict[str, Any]) -> Lies | None:
    try:
        if "region" in volume:
            return _region(np.asarray(volume["region"], dtype=np.float64))
        cell = child(volume, "extensions", "3DTILES_bounding_volume_S2")
        bounds = s2_bounds(cell.get("token"))
        if bounds is not None:
            ends = [float(cell.get(n, 0.0)) for n in ("minimumHeight", "maximumHeight")]
            return _region(np.array([*np.radians(bounds), *ends]))
        corners = _corners(volume)
        if corners is None:
            return None
        matrix = np.asarray(root.get("transform") or np.eye(4).ravel(), dtype=np.float64)
        placed = corners @ matrix.reshape(4, 4)[:3, :3] + matrix.reshape(4, 4)[3, :3]
    except (TypeError, ValueError, IndexError):
        return None  # no numbers; the tileset's own problems name the tile
    wide = _wide(placed)
    if wide is not None:
        bounds = (*placed.min(axis=0).tolist(), *placed.max(axis=0).tolist())
        return Lies("EPSG:4978", wide, (0.0, 0.0), bounds)
    found = earth_centred(placed)
    if found is None:
        return None
    box = (*placed.min(axis=0).tolist(), *placed.max(axis=0).tolist())
    return Lies("EPSG:4978", found[0], found[1], box)


def _wide(corners: Array) -> Any:
    """The part of the Earth's surface in a box that is as large as continents; None if none is.

    Its corners, in the order of `_corners`, may lie far below and above the ground.
    """
    middle, axes = corners.mean(axis=0), (corners[[4, 2, 1]] - corners[0]) / 2
    if not np.isfinite(corners).all() or np.linalg.norm(axes, axis=1).max() < _CONTINENT:
        return None
    lon, lat = (v.ravel() for v in np.meshgrid(np.arange(-180, 181), np.arange(-90, 91)))
    at = (ecef(lon, lat, np.zeros(len(lon))) - middle) @ np.linalg.pinv(axes)
    inside = (np.abs(at) <= 1).all(axis=1)
    if not inside.any():
        return None
    lon, lat = lon[inside], lat[inside]
    return shapely.box(lon.min(), lat.min(), lon.max(), lat.max())


def _region(given: Array) -> Lies | None:
    west, south, east, north = (float(v) for v in np.degrees(given[:4]))
    low, high = (float(v) for v in given[4:6]) if len(given) >= 6 else (0.0, 0.0)
    if not np.isfinite(given).all() or not -90 <= south <= north <= 90:
        return None
    if not -180 <= west <= 180 or not -180 <= east <= 180:
        return None
    if west <= east:
        shape: Any = shapely.box(west, south, east, north)
    else:  # across 180°
        halves = [shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)]
        shape = shapely.MultiPolygon(halves)
    bounds = shape.bounds
    box = (bounds[0], bounds[1], low, bounds[2], bounds[3], high)
    return Lies("EPSG:4979", shape, (low, high), box)


def _corners(volume: dict[str, Any]) -> Array | None:
    signs = np.array(list(product((-1.0, 1.0), repeat=3)))
    if "box" in volume:
        box = np.asarray(volume["box"], dtype=np.float64).reshape(4, 3)
        return np.asarray(box[0] + signs @ box[1:], dtype=np.float64)
    if "sphere" in volume:
        sphere = np.asarray(volume["sphere"], dtype=np.float64)
        return np.asarray(sphere[:3] + signs * sphere[3], dtype=np.float64)
    return None
