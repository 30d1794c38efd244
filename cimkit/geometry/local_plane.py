"""A plane in metres about a place: degrees stretched, so that straight edges stay straight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, radians, sin, sqrt

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["LocalPlane"]

Reals = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

# WGS 84, EPSG:7030
_A = 6378137.0
_E2 = 0.0066943799901413165


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """Metres east and north of a place, by the ellipsoid's radii of curvature there.

    The map is affine: what touches in degrees touches in metres. Sizes are right to about 1e-3 ten
    kilometres north or south of the place, and to nothing at all on another continent.

    Examples
    --------
    >>> LocalPlane(106.5, 29.5).to_plane(np.array([[106.5, 29.51]])).round().tolist()
    [[0.0, 1108.0]]
    """

    lon: float
    """Degrees."""
    lat: float
    """Degrees."""

    @property
    def scale(self) -> Reals:
        """(2,) metres in one degree of longitude and latitude."""
        lat = radians(min(89.0, max(-89.0, self.lat)))
        squash = 1 - _E2 * sin(lat) ** 2
        east = _A / sqrt(squash) * cos(lat)
        north = _A * (1 - _E2) / squash**1.5
        return np.array([radians(east), radians(north)])

    def to_plane(self, lonlat: Reals) -> Reals:
        """Take (n, 2) or (n, 3) degrees and heights to metres; heights stay."""
        moved = np.array(lonlat, dtype=np.float64)
        moved[:, :2] = (moved[:, :2] - [self.lon, self.lat]) * self.scale
        return moved

    def from_plane(self, xy: Reals) -> Reals:
        """Take (n, 2) or (n, 3) metres and heights back to degrees; heights stay."""
        moved = np.array(xy, dtype=np.float64)
        moved[:, :2] = moved[:, :2] / self.scale + [self.lon, self.lat]
        return moved

    def shapes_to_plane(self, shapes: Shapes) -> Shapes:
        """Take shapely geometries in CRS84 to metres."""
        return _moved(shapes, self.to_plane)

    def shapes_from_plane(self, shapes: Shapes) -> Shapes:
        """Take shapely geometries in metres to CRS84."""
        return _moved(shapes, self.from_plane)


def _moved(shapes: Shapes, move: Callable[[Reals], Reals]) -> Shapes:
    deep = bool(shapely.has_z(shapes).any()) if len(shapes) else False
    moved: Shapes = shapely.transform(shapes, move, include_z=deep)
    return moved
