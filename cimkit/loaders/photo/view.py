"""What a photograph looks at: a wedge on the ground in its direction, a circle of a panorama."""

from __future__ import annotations

import math
import struct

import numpy as np
import numpy.typing as npt

__all__ = ["RANGE_M", "metres_per_degree", "view"]

RANGE_M = 30.0
"""How far a view is drawn. How far a camera sees depends on what stands in its way, so this is a
convention, and is stated beside the footprint."""
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
    flatly = [value for corner in ring for value in corner]
    return struct.pack(f"<BIII{len(flatly)}d", 1, 3, 1, len(ring), *flatly)


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
