"""The displaced coordinates of Chinese web maps: GCJ-02, and BD-09 on top of it.

The formula was never published by the authority; it is the one that all open programs use since
it was found in the program EvilTransform (https://github.com/googollee/eviltransform, MIT), with
the axes of the Krassowsky 1940 ellipsoid. BD-09 is that of Baidu's public documentation of 2011.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["bd09_to_wgs84", "gcj02_to_wgs84", "inside", "wgs84_to_bd09", "wgs84_to_gcj02"]

Reals = npt.NDArray[np.float64]
_A, _EE = 6_378_245.0, 0.006_693_421_622_965_943_23
_X_PI = np.pi * 3000.0 / 180.0


def inside(lonlat: Reals) -> npt.NDArray[np.bool_]:
    """Return which positions lie in the box in which coordinates are displaced.

    Parameters
    ----------
    lonlat : (n, 2) float64 array
        Degrees.
    """
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    return (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)


def _waves(x: Reals, y: Reals) -> tuple[Reals, Reals]:
    """Return the displacement in metres to the east and to the north."""
    root = np.sqrt(np.abs(x))
    common = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    return east, north


def _displaced(lonlat: Reals) -> Reals:
    """Displace everywhere, without asking whether it is in China."""
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    east, north = _waves(lon - 105.0, lat - 35.0)
    turn = np.radians(lat)
    magic = 1.0 - _EE * np.sin(turn) ** 2
    root = np.sqrt(magic)
    d_lat = np.degrees(north / (_A * (1.0 - _EE) / (magic * root)))
    d_lon = np.degrees(east / (_A / root * np.cos(turn)))
    return np.column_stack([lon + d_lon, lat + d_lat])


def _twisted(lonlat: Reals) -> Reals:
    x, y = lonlat[:, 0], lonlat[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _X_PI)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _X_PI)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])


def _undone(forward: Callable[[Reals], Reals], wanted: Reals) -> Reals:
    """Invert by iteration: the displacement changes a thousand times slower than the place."""
    found = wanted.copy()
    for _ in range(30):
        miss = wanted - forward(found)
        found += miss
        if np.abs(miss).max(initial=0.0) < 1e-13:
            break
    return found


def _only_inside(forward: Callable[[Reals], Reals], lonlat: Reals) -> Reals:
    moved = np.array(lonlat, dtype=np.float64)
    mine = inside(moved)
    moved[mine] = forward(moved[mine])
    return moved


def wgs84_to_gcj02(lonlat: Reals) -> Reals:
    """Displace WGS 84 positions as the law has it; outside China nothing changes.

    Parameters
    ----------
    lonlat : (n, 2) float64 array
        Degrees.
    """
    return _only_inside(_displaced, lonlat)


def gcj02_to_wgs84(lonlat: Reals) -> Reals:
    """Undo the displacement to 1e-9 degrees (0.1 mm); outside China nothing changes.

    Parameters
    ----------
    lonlat : (n, 2) float64 array
        Degrees.
    """
    return _only_inside(lambda given: _undone(_displaced, given), lonlat)


def wgs84_to_bd09(lonlat: Reals) -> Reals:
    """Displace WGS 84 positions as Baidu's maps have them.

    Parameters
    ----------
    lonlat : (n, 2) float64 array
        Degrees.
    """
    return _only_inside(lambda given: _twisted(_displaced(given)), lonlat)


def bd09_to_wgs84(lonlat: Reals) -> Reals:
    """Undo Baidu's displacement and that of GCJ-02; outside China nothing changes.

    Parameters
    ----------
    lonlat : (n, 2) float64 array
        Degrees.
    """
    return _only_inside(lambda given: _undone(lambda p: _twisted(_displaced(p)), given), lonlat)
