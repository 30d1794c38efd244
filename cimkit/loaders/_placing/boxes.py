"""Boxes: taken to CRS84, and how far they lie from the area in which a CRS may be used."""

from __future__ import annotations

import math

import numpy as np
from pyproj import CRS

from cimkit.geometry.crs import is_geographic, to_crs84, valid_area
from cimkit.geometry.named_crs import NamedCRS

__all__ = [
    "Box",
    "apart_km",
    "are_degrees",
    "area_of",
    "box_crs84",
    "excess_km",
    "in_base",
    "written",
]

Box = tuple[float, float, float, float]
_WORLD, _POLAR_CELL = 150.0, 15.0
"""Degrees: from pole to pole, and half a cell there."""
_TURNS = (0.0, -360.0, 360.0)
"""Longitudes are as good by a turn."""
_KM = 111.2
"""Kilometres in a degree of a great circle."""


def box_crs84(bounds: Box, crs: CRS) -> Box | None:
    """Return the box in CRS84 degrees; its edges are bent, so each is taken at 21 points."""
    xmin, ymin, xmax, ymax = bounds
    if is_geographic(crs) and are_degrees(bounds):
        ymin, ymax = max(ymin, -90.0), min(ymax, 90.0)
    t = np.linspace(0, 1, 21)
    x, y = xmin + (xmax - xmin) * t, ymin + (ymax - ymin) * t
    edge = np.concatenate(
        [
            np.column_stack([x, np.full_like(x, ymin)]),
            np.column_stack([x, np.full_like(x, ymax)]),
            np.column_stack([np.full_like(y, xmin), y]),
            np.column_stack([np.full_like(y, xmax), y]),
        ]
    )
    moved = to_crs84(edge, crs)
    moved = moved[np.isfinite(moved).all(axis=1)]
    if not len(moved):
        return None
    west, south = moved.min(axis=0)
    east, north = moved.max(axis=0)
    return float(west), float(south), float(east), float(north)


def are_degrees(bounds: Box) -> bool:
    """Tell whether numbers can be degrees: cells about the poles of a grid reach over them."""
    xmin, ymin, xmax, ymax = bounds
    over = _POLAR_CELL if ymax - ymin >= _WORLD else 0.0
    return xmin >= -360 and xmax <= 375 and ymin >= -90 - over and ymax <= 90 + over


def in_base(bounds: Box, crs: CRS) -> tuple[Box, CRS]:
    """Return bounds in the published CRS that one that has only a name is based on."""
    if not isinstance(crs, NamedCRS):
        return bounds, crs
    x, y = np.array([bounds[0], bounds[2]]), np.array([bounds[1], bounds[3]])
    corners = crs.to_base(np.column_stack([np.repeat(x, 2), np.tile(y, 2)]))
    (xmin, ymin), (xmax, ymax) = corners.min(axis=0), corners.max(axis=0)
    return (float(xmin), float(ymin), float(xmax), float(ymax)), crs.base


def area_of(crs: CRS) -> Box | None:
    """Return the area in which a CRS may be used; across 180 degrees it begins below -180."""
    area = valid_area(crs.base if isinstance(crs, NamedCRS) else crs)
    if area is not None and area[0] > area[2]:
        return (area[0] - 360, *area[1:])
    return area


def excess_km(box: Box, area: Box) -> float:
    """Return how far the farthest edge of a box reaches out of an area."""
    return _km(
        min(max(area[0] - box[0] - t, box[2] + t - area[2], 0.0) for t in _TURNS),
        max(area[1] - box[1], box[3] - area[3], 0.0),
        (area[1] + area[3]) / 2,
    )


def apart_km(box: Box, area: Box) -> float:
    """Return how far a box lies from an area; 0 if they touch."""
    return _km(
        min(max(area[0] - box[2] - t, box[0] + t - area[2], 0.0) for t in _TURNS),
        max(area[1] - box[3], box[1] - area[3], 0.0),
        (area[1] + area[3]) / 2,
    )


def _km(east: float, north: float, latitude: float) -> float:
    return math.hypot(east * math.cos(math.radians(latitude)), north) * _KM


def written(bounds: Box) -> str:
    """Return coordinates for a person to read."""
    xmin, ymin, xmax, ymax = bounds
    return f"x {xmin:.6g} to {xmax:.6g}, y {ymin:.6g} to {ymax:.6g}"
