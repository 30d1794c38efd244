"""Earth-centred and local frames, in float64.

Tiles stand in a local east-north-up frame (float32 about the tile's own centre), the frame in the
earth-centred one (float64 in the tile's transform). Matrices are 4 by 4 for column vectors, the
way 3D Tiles multiplies them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["box_corners", "ecef", "enu_axes", "enu_frame", "geodetic", "inverse", "to_frame"]

Array = npt.NDArray[np.float64]

# WGS 84, EPSG:7030
_A = 6378137.0
_F = 1 / 298.257223563
_E2 = _F * (2 - _F)
_B = _A * (1 - _F)


def ecef(lon: npt.ArrayLike, lat: npt.ArrayLike, height: npt.ArrayLike) -> Array:
    """Earth-centred coordinates of geodetic ones.

    Parameters
    ----------
    lon, lat : array-like, shape (n,)
        Degrees, WGS 84.
    height : array-like, shape (n,)
        Metres above the ellipsoid.

    Returns
    -------
    ndarray, shape (n, 3)
        X, Y, Z in metres, EPSG:4978. Formula: EPSG guidance note 7-2, 4.1.1.

    Examples
    --------
    >>> ecef([0.0], [0.0], [10.0]).tolist()
    [[6378147.0, 0.0, 0.0]]
    """
    lam, phi = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    h = np.asarray(height, float)
    sin = np.sin(phi)
    nu = _A / np.sqrt(1 - _E2 * sin * sin)
    flat = (nu + h) * np.cos(phi)
    z = (nu * (1 - _E2) + h) * sin
    return np.stack([flat * np.cos(lam), flat * np.sin(lam), z], axis=-1)


def geodetic(xyz: Array) -> Array:
    """Longitude, latitude (degrees) and ellipsoidal height (metres) of earth-centred coordinates.

    Parameters
    ----------
    xyz : ndarray, shape (n, 3)
        Metres, EPSG:4978.

    Returns
    -------
    ndarray, shape (n, 3)
        Bowring's formula with one refinement: below 1e-6 m near the ground.
    """
    x, y, z = np.moveaxis(np.asarray(xyz, float), -1, 0)
    p = np.hypot(x, y)
    ep2 = _E2 / (1 - _E2)
    beta = np.arctan2(z * _A, p * _B)
    for _ in range(2):
        phi = np.arctan2(z + ep2 * _B * np.sin(beta) ** 3, p - _E2 * _A * np.cos(beta) ** 3)
        beta = np.arctan2((1 - _F) * np.sin(phi), np.cos(phi))
    sin = np.sin(phi)
    nu = _A / np.sqrt(1 - _E2 * sin * sin)
    h = p * np.cos(phi) + z * sin - _A * _A / nu
    return np.stack([np.degrees(np.arctan2(y, x)), np.degrees(phi), h], axis=-1)


def enu_axes(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Array:
    """Axes east, north and up as the columns of rotation matrices, shape (..., 3, 3)."""
    lam, phi = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    sl, cl, sp, cp = np.sin(lam), np.cos(lam), np.sin(phi), np.cos(phi)
    east = np.stack([-sl, cl, np.zeros_like(sl)], axis=-1)
    north = np.stack([-sp * cl, -sp * sl, cp], axis=-1)
    up = np.stack([cp * cl, cp * sl, sp], axis=-1)
    return np.stack([east, north, up], axis=-1)


def enu_frame(origin: npt.ArrayLike) -> Array:
    """Matrix that takes east, north, up about ``origin`` to earth-centred coordinates.

    Parameters
    ----------
    origin : array-like, shape (3,)
        Earth-centred metres.
    """
    at = np.asarray(origin, float)
    lon, lat, _ = geodetic(at[None])[0]
    frame = np.eye(4)
    frame[:3, :3] = enu_axes(lon, lat)
    frame[:3, 3] = at
    return frame


def inverse(frame: Array) -> Array:
    """Inverse of a rigid frame: exact to rounding, unlike a general solver."""
    back = np.eye(4)
    back[:3, :3] = frame[:3, :3].T
    back[:3, 3] = -frame[:3, :3].T @ frame[:3, 3]
    return back


def to_frame(xyz: Array, frame: Array) -> Array:
    """Coordinates, shape (n, 3), in a rigid frame of outer coordinates; float64."""
    moved: Array = (xyz - frame[:3, 3]) @ frame[:3, :3]
    return moved


def box_corners(low: Array, high: Array, frame: Array) -> Array:
    """The eight corners, shape (8, 3), in outer coordinates, of a box in a rigid frame."""
    pick = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)], bool)
    corners: Array = np.where(pick, high, low) @ frame[:3, :3].T + frame[:3, 3]
    return corners
