"""Which sources of a delivery lie off from all the others."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cimkit.geometry.crs import parse_crs
from cimkit.loaders._placing.boxes import Box, apart_km, box_crs84
from cimkit.model import Asset

__all__ = ["apart_from_the_rest", "crs_of_the_rest"]

_FEWEST = 4
_SYSTEMS = 8
_KM = 111.2
_BESIDE_KM = 5.0
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


def crs_of_the_rest(assets: Iterable[Asset]) -> dict[str, str]:
    """Return in which CRS of the delivery sources without one would lie among the others.

    Parameters
    ----------
    assets : iterable of Asset
        All of one delivery.

    Returns
    -------
    dict
        A CRS by `Asset.path`: the most frequent of those with which its box touches that of a
        source placed with it, within 5 km.
    """
    known = list(assets)
    placed: dict[str, list[Box]] = {}
    for a in known:
        if a.crs is not None and a.bbox_wgs84 is not None and a.crs.startswith("EPSG:"):
            placed.setdefault(a.crs, []).append(a.bbox_wgs84)
    usual = sorted(placed, key=lambda crs: -len(placed[crs]))[:_SYSTEMS]
    found = {}
    for a in known:
        if a.bbox is None or not any(p.code == "crs-missing" for p in a.problems):
            continue
        half = len(a.bbox) // 2
        bounds = (a.bbox[0], a.bbox[1], a.bbox[half], a.bbox[half + 1])
        for crs in usual:
            box = box_crs84(bounds, parse_crs(crs))
            if box is not None and any(apart_km(box, b) <= _BESIDE_KM for b in placed[crs]):
                found[a.path] = crs
                break
    return found


def _middle(asset: Asset) -> tuple[float, float]:
    if asset.bbox_wgs84 is None:
        return asset.position or (np.nan, np.nan)
    west, south, east, north = asset.bbox_wgs84
    return (west + east) / 2, (south + north) / 2
