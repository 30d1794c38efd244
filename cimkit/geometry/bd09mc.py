"""Metres of Baidu's maps (BD-09 MC): its own Mercator, a polynomial of the latitude in six bands.

The coefficients are those that Baidu's map scripts carry to browsers; every open program has them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cimkit.geometry.gcj02 import bd09_to_wgs84, wgs84_to_bd09

__all__ = ["bd09mc_to_wgs84", "wgs84_to_bd09mc"]

Reals = npt.NDArray[np.float64]

# From the northernmost band down: the northing from which it holds; two numbers for the longitude
# from the easting, seven for the latitude from the northing over the tenth.
_FROM = np.array([12_890_594.86, 8_362_377.87, 5_591_021.0, 3_481_989.83, 1_678_043.12, 0.0])
_BANDS = np.array([
    [1.410526172116255e-8, 8.98305509648872e-6, -1.9939833816331, 200.9824383106796,
     -187.2403703815547, 91.6087516669843, -23.38765649603339, 2.57121317296198,
     -0.03801003308653, 17337981.2],
    [-7.435856389565537e-9, 8.983055097726239e-6, -0.78625201886289, 96.32687599759846,
     -1.85204757529826, -59.36935905485877, 47.40033549296737, -16.50741931063887,
     2.28786674699375, 10260144.86],
    [-3.030883460898826e-8, 8.98305509983578e-6, 0.30071316287616, 59.74293618442277,
     7.357984074871, -25.38371002664745, 13.45380521110908, -3.29883767235584,
     0.32710905363475, 6856817.37],
    [-1.981981304930552e-8, 8.983055099779535e-6, 0.03278182852591, 40.31678527705744,
     0.65659298677277, -4.44255534477492, 0.85341911805263, 0.12923347998204,
     -0.04625736007561, 4482777.06],
    [3.09191371068437e-9, 8.983055096812155e-6, 6.995724062e-5, 23.10934304144901,
     -2.3663490511e-4, -0.6321817810242, -0.00663494467273, 0.03430082397953,
     -0.00466043876332, 2555164.4],
    [2.890871144776878e-9, 8.983055095805407e-6, -3.068298e-8, 7.47137025468032,
     -3.56722925735e-5, -0.02117647551069, 4.01673318142e-5, 7.849639672e-5,
     -3.23514337524e-5, 826088.5],
])  # fmt: skip


def bd09mc_to_wgs84(xy: Reals) -> Reals:
    """Take Baidu's metres to WGS 84.

    Parameters
    ----------
    xy : (n, 2) float64 array
        Easting and northing.

    Returns
    -------
    (n, 2) float64 array
        Longitude and latitude.

    Examples
    --------
    >>> bd09mc_to_wgs84(np.array([[12958173.0, 4825923.0]])).round(3).tolist()
    [[116.391, 39.907]]
    """
    return bd09_to_wgs84(_degrees(np.asarray(xy, dtype=np.float64)))


def wgs84_to_bd09mc(lonlat: Reals) -> Reals:
    """Take WGS 84 to Baidu's metres: the way back, to less than a millimetre.

    Parameters
    ----------
    lonlat : (n, 2) float64 array
        Degrees.
    """
    wanted = wgs84_to_bd09(np.asarray(lonlat, dtype=np.float64))
    radius = 1 / np.radians(_BANDS[-1, 1])
    tangent = np.tan(np.radians(45 + np.clip(wanted[:, 1], -74, 74) / 2))
    found = np.column_stack([wanted[:, 0] / _BANDS[-1, 1], radius * np.log(tangent)])
    turn = np.column_stack([np.ones(len(wanted)), np.cos(np.radians(wanted[:, 1]))])
    for _ in range(30):  # a Mercator's derivative is good to some per cent of this one's
        miss = wanted - _degrees(found)
        found += np.radians(miss) * radius / turn
        if np.abs(miss).max(initial=0.0) < 1e-12:
            break
    return found


def _degrees(xy: Reals) -> Reals:
    """Return BD-09 longitude and latitude."""
    away = np.abs(xy)
    band = _BANDS[np.argmax(away[:, 1:] >= _FROM, axis=1)]
    share = away[:, 1] / band[:, 9]
    longitude = band[:, 0] + band[:, 1] * away[:, 0]
    latitude = sum(band[:, 2 + n] * share**n for n in range(7))
    return np.column_stack([longitude, latitude]) * np.sign(xy)
