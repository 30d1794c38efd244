"""Units of any coordinate system in metres, near a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cimkit.geometry.solids.bodies import Reals

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["metre_scale"]

_AXIS, _ECCENTRICITY = 6_378_137.0, 0.00669438002290
"""Half axis (metres) and squared eccentricity of GRS 80."""


def metre_scale(point: Reals, crs: CRS | None) -> Reals:
    """Return how many metres one unit of each axis is at a point.

    Degrees are turned into metres by the radii of curvature of the ellipsoid; over the size of a
    building that is exact to a hundredth of a millimetre.

    Parameters
    ----------
    point : (3,) float64 array
        x first, in the units of `crs`.
    crs : CRS or None
        None: it is in metres.
    """
    scale = np.ones(3)
    if crs is None or not crs.axis_info:
        return scale
    if crs.is_geographic:
        latitude = np.radians(point[1])
        bulge = 1 - _ECCENTRICITY * np.sin(latitude) ** 2
        degree = np.radians(1.0) * _AXIS
        scale[0] = degree * np.cos(latitude) / np.sqrt(bulge)
        scale[1] = degree * (1 - _ECCENTRICITY) / bulge**1.5
    else:
        scale[:2] = crs.axis_info[0].unit_conversion_factor or 1.0
    if len(crs.axis_info) > 2:
        scale[2] = crs.axis_info[2].unit_conversion_factor or 1.0
    return scale
