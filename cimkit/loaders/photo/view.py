"""What a photograph looks at: a wedge in its direction, a circle of a panorama, ground beneath."""

from __future__ import annotations

import math
import struct

import numpy as np
import numpy.typing as npt

from cimkit.loaders.photo.attitude import from_hpr

__all__ = ["DOWNWARD", "RANGE_M", "beneath", "bounds", "metres_per_degree", "view"]

RANGE_M = 30.0
"""How far a view is drawn. How far a camera sees depends on what stands in its way, so this is a
convention, and is stated beside the footprint."""
DOWNWARD = -60.0
"""Degrees of pitch below which a camera looks at the ground beneath and not ahead."""
_STEP = 15.0  # degrees between two corners of an arc
_E2 = 0.00669437999014


def view(lon: float, lat: float, heading: float | None, fov: float | None) -> bytes | None:
    """Return the polygon that a photograph looks over, `RANGE_M` far.

    Parameters
    ----------
    lon, lat : float
        Of the camera, CRS84 degrees.
    heading : float or None
        Degrees clockwise from north.
    fov : float or None
        Horizontal field of view in degrees; 360 is a circle and needs no heading.

    Returns
    -------
    bytes or None
        WKB polygon in CRS84; None if direction or field of view is not known.
    """
    if fov is None or (heading is None and fov < 360) or abs(lat) > 89.9:
        return None
    full = fov >= 360
    steps = max(2, math.ceil(min(fov, 360.0) / _STEP))
    first = 0.0 if full else (heading or 0.0) - fov / 2
    east, north = (RANGE_M / float(v) for v in metres_per_degree(lat))
    bearings = [math.radians(first + k * min(fov, 360.0) / steps) for k in range(steps + 1 - full)]
    # Against the clock from outside, so from the right edge of the view to its left.
    ring = [(lon + east * math.sin(b), lat + north * math.cos(b)) for b in reversed(bearings)]
    ring = [*ring, ring[0]] if full else [(lon, lat), *ring, (lon, lat)]
    return _polygon(ring)


def beneath(
    lon: float,
    lat: float,
    hpr: tuple[float, float, float],
    fov: float | None,
    shape: tuple[int, int],
    above_m: float,
) -> bytes | None:
    """Return the polygon of level ground that a camera which looks down sees.

    Parameters
    ----------
    lon, lat : float
        Of the camera, CRS84 degrees.
    hpr : tuple of float
        Heading, pitch and roll of its axis as in `attitude`, degrees.
    fov : float or None
        Across the image, degrees.
    shape : tuple of int
        Width and height of the image.
    above_m : float
        Height of the camera above the ground, metres.

    Returns
    -------
    bytes or None
        WKB polygon in CRS84; None if it sees the horizon, or its field of view is not known.
    """
    if fov is None or not 0 < fov < 170 or above_m <= 0 or abs(lat) > 89.9:
        return None
    right = math.tan(math.radians(fov / 2))
    down = right * shape[1] / shape[0]
    # Against the clock from above: top left, bottom left, bottom right, top right.
    corners = [(-right, -down), (-right, down), (right, down), (right, -down)]
    rays = from_hpr([hpr])[0] @ np.array([(1.0, x, y) for x, y in corners]).T
    if (rays[2] < 0.1 * np.linalg.norm(rays, axis=0)).any():
        return None
    north, east = above_m * rays[:2] / rays[2]
    per_lon, per_lat = (float(v) for v in metres_per_degree(lat))
    ring = [
        (lon + e / per_lon, lat + n / per_lat)
        for n, e in zip(north.tolist(), east.tolist(), strict=True)
    ]
    return _polygon([*ring, ring[0]])


def _polygon(ring: list[tuple[float, float]]) -> bytes:
    flatly = [value for corner in ring for value in corner]
    return struct.pack(f"<BIII{len(flatly)}d", 1, 3, 1, len(ring), *flatly)


def bounds(polygon: bytes) -> tuple[float, float, float, float]:
    """Return (west, south, east, north) of a polygon that `view` or `beneath` made."""
    corners = np.frombuffer(polygon, "<f8", offset=13).reshape(-1, 2)
    (west, south), (east, north) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return west, south, east, north


def metres_per_degree(lat: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], ...]:
    """Return the metres of a degree of longitude and of latitude, at a latitude.

    From the radii of curvature of the ellipsoid (Torge, Geodesy, 4.2).

    Examples
    --------
    >>> [round(float(v)) for v in metres_per_degree(0.0)]
    [111319, 110574]
    """
    phi = np.radians(np.asarray(lat, float))
    flat = 1 - _E2 * np.sin(phi) ** 2
    degree = math.radians(1) * 6378137.0
    return degree * np.cos(phi) / np.sqrt(flat), degree * (1 - _E2) / flat**1.5
