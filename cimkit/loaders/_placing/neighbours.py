"""Which sources of a delivery lie off from all the others."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cimkit.model import Asset

__all__ = ["apart_from_the_rest"]

_FEWEST = 4
_KM = 111.2
_FREE_KM = 100.0
"""So far from the middle of a delivery nothing is strange: cities are that large."""


def apart_from_the_rest(assets: Iterable[Asset]) -> dict[str, float]:
    """Return how many kilometres sources lie from the middle of the delivery, if that is too far.

    Wrong zones, swapped axes and positions of another job put a source far from its neighbours,
    often within the area of use of its CRS.

    Parameters
    ----------
    assets : iterable of Asset
        All of one delivery.

    Returns
    -------
    dict
        Kilometres by `Asset.path`; those whose distance is more than 100 km and more than ten
        times what three quarters of the sources have.
    """
    placed = [a for a in assets if a.bbox_wgs84 is not None or a.position is not None]
    if len(placed) < _FEWEST:
        return {}
    middles = np.array([_middle(a) for a in placed])
    centre = np.median(middles, axis=0)
    away = (middles - centre) * [np.cos(np.radians(centre[1])) * _KM, _KM]
    km = np.hypot(away[:, 0], away[:, 1])
    usual = float(np.quantile(km, 0.75, method="lower"))
    far = km > max(_FREE_KM, 10 * usual)
    return {placed[i].path: float(km[i]) for i in np.flatnonzero(far)}


def _middle(asset: Asset) -> tuple[float, float]:
    if asset.bbox_wgs84 is None:
        return asset.position or (np.nan, np.nan)
    west, south, east, north = asset.bbox_wgs84
    return (west + east) / 2, (south + north) / 2
