"""Where the district lies: its street frame, its ground, and the way to each delivered CRS.

Everything is planned in metres ``(u, v)`` along and across the streets, about a centre on 106.5° E
where two 3-degree zones of CGCS2000 meet. The street frame is turned against grid north, so that no
axis of a building is parallel to an axis of any CRS.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

__all__ = [
    "CENTRE",
    "EAST",
    "JURISDICTION",
    "LOCAL_GRID",
    "TURN",
    "WEST",
    "Terrain",
    "is_west",
    "project",
    "projected",
    "similarity",
    "unproject",
]

Reals = npt.NDArray[np.float64]

CENTRE = (106.5, 29.57)
"""Longitude and latitude of the street frame's origin."""
JURISDICTION = (106.44, 29.52, 106.56, 29.62)
"""West, south, east, north of the fictional city of Linjiang."""
TURN = 9.0
"""Degrees counter-clockwise from local grid east to the ``u`` axis."""
WEST, EAST = "EPSG:4544", "EPSG:4545"
"""CGCS2000 / 3-degree Gauss-Kruger, central meridians 105° E and 108° E."""
_FALSE = (50_000.0, 30_000.0)
_DEGREE, _METRE = 'ANGLEUNIT["degree",0.0174532925199433]', 'LENGTHUNIT["metre",1]'
LOCAL_GRID = (
    'PROJCRS["Linjiang waterworks grid",BASEGEOGCRS["CGCS2000",'
    'DATUM["China 2000",ELLIPSOID["CGCS2000",6378137,298.257222101]],ID["EPSG",4490]],'
    'CONVERSION["waterworks",METHOD["Transverse Mercator"],'
    f'PARAMETER["Latitude of natural origin",{CENTRE[1]},{_DEGREE}],'
    f'PARAMETER["Longitude of natural origin",{CENTRE[0]},{_DEGREE}],'
    'PARAMETER["Scale factor at natural origin",1],'
    f'PARAMETER["False easting",{_FALSE[0]:.0f},{_METRE}],'
    f'PARAMETER["False northing",{_FALSE[1]:.0f},{_METRE}]],'
    f'CS[Cartesian,2],AXIS["easting",east],AXIS["northing",north],{_METRE}]'
)
"""The waterworks' own grid. No file says so: only the delivery sheet does."""


@cache
def _transformer(crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(LOCAL_GRID, crs, always_xy=True)


def project(uv: Reals, crs: str) -> Reals:
    """Take points of the street frame to a CRS.

    Parameters
    ----------
    uv : (n, 2) or (n, 3) float64
        Metres in the street frame; a third column (height) is passed through.
    crs : str
        Target CRS; the order of the result is easting, northing or longitude, latitude.
    """
    c, s = np.cos(np.radians(TURN)), np.sin(np.radians(TURN))
    x = uv[:, 0] * c - uv[:, 1] * s + _FALSE[0]
    y = uv[:, 0] * s + uv[:, 1] * c + _FALSE[1]
    if crs != LOCAL_GRID:
        x, y = _transformer(crs).transform(x, y)
    return np.column_stack([x, y, *uv[:, 2:].T])


def unproject(xy: Reals, crs: str) -> Reals:
    """Take points (n, 2) of a projected CRS back to the street frame."""
    x, y = _transformer(crs).transform(xy[:, 0], xy[:, 1], direction="INVERSE")
    x, y = x - _FALSE[0], y - _FALSE[1]
    c, s = np.cos(np.radians(TURN)), np.sin(np.radians(TURN))
    return np.column_stack([x * c + y * s, y * c - x * s])


def projected(geometries: npt.NDArray[np.object_], crs: str) -> npt.NDArray[np.object_]:
    """Take an array of shapely geometries, with or without Z, from the street frame to a CRS."""
    if not len(geometries):
        return geometries
    has_z = bool(shapely.has_z(geometries).any())
    moved: npt.NDArray[np.object_] = shapely.transform(
        geometries, lambda xy: project(xy, crs), include_z=has_z
    )
    return moved


def is_west(uv: Reals) -> npt.NDArray[np.bool_]:
    """Tell which points lie west of the meridian where the zones meet, shape (n,)."""
    return project(uv[:, :2], "OGC:CRS84")[:, 0] < CENTRE[0]


def similarity(uv: tuple[float, float], crs: str) -> tuple[float, float, float, float, float]:
    """Return how a model with its origin at ``uv`` stands in a projected CRS.

    Returns
    -------
    easting, northing, cosine, sine, scale : float
        Direction of the model's x axis (= ``u``) in the CRS, and CRS metres per metre of ground:
        146 km off the central meridian this is 1.00026, 13 mm on a front of 50 m.
    """
    corner = np.array([[uv[0], uv[1]], [uv[0] + 100.0, uv[1]]])
    (e0, n0), (e1, n1) = project(corner, crs)
    length = float(np.hypot(e1 - e0, n1 - n0))
    return float(e0), float(n0), (e1 - e0) / length, (n1 - n0) / length, length / 100.0


@dataclass(frozen=True, slots=True)
class Terrain:
    """The ground: a slope down to the river in the south, and hills of two wavelengths."""

    phases: Reals
    """Four angles, radians."""

    @classmethod
    def seeded(cls, seed: int) -> Terrain:
        """Return the ground that belongs to a seed."""
        return cls(np.random.default_rng([seed, 1]).uniform(0, 2 * np.pi, 4))

    def height(self, uv: Reals) -> Reals:
        """Return the height of the ground at points ``uv`` (n, 2) in metres, shape (n,)."""
        u, v = uv[:, 0], uv[:, 1]
        a, b, c, d = self.phases
        hills = 3.2 * np.sin(u / 170.0 + a) * np.cos(v / 210.0 + b)
        ridges = 9.0 * np.sin(u / 900.0 + c) * np.sin(v / 1100.0 + d)
        height: Reals = 238.0 + 12.0 * np.tanh(v / 2500.0) + hills + ridges
        return height
