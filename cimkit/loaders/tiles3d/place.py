"""Where the root tile of a tileset lies."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

__all__ = ["box_of"]


def box_of(root: dict[str, Any]) -> tuple[float, float, float, float] | None:
    """Return (west, south, east, north) of a root tile; None if it lies nowhere on the Earth.

    A region is stated in radians. A box or a sphere is in Earth-centred metres once the tile's
    transform is applied; near the centre of the Earth it is a model without a place.
    """
    volume = root.get("boundingVolume")
    if not isinstance(volume, dict):
        return None
    try:
        if "region" in volume:
            w, s, e, n = np.degrees(np.asarray(volume["region"][:4], dtype=np.float64))
            return (
                (float(w), float(s), float(e), float(n))
                if w <= e
                else (-180.0, float(s), 180.0, float(n))
            )
        corners = _corners(volume)
        if corners is None:
            return None
        matrix = np.asarray(root.get("transform", np.eye(4).ravel()), dtype=np.float64)
        placed = corners @ matrix.reshape(4, 4)[:3, :3] + matrix.reshape(4, 4)[3, :3]
    except (TypeError, ValueError, IndexError):
        return None  # no numbers; the tileset's own problems name the tile
    if not 6.2e6 < np.linalg.norm(placed.mean(axis=0)) < 6.6e6:
        return None
    to_degrees = Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)
    moved = to_degrees.transform(placed[:, 0], placed[:, 1], placed[:, 2])
    lon, lat = moved[0], moved[1]
    return float(min(lon)), float(min(lat)), float(max(lon)), float(max(lat))


def _corners(volume: dict[str, Any]) -> npt.NDArray[np.float64] | None:
    signs = np.array(list(product((-1.0, 1.0), repeat=3)))
    if "box" in volume:
        box = np.asarray(volume["box"], dtype=np.float64).reshape(4, 3)
        return np.asarray(box[0] + signs @ box[1:], dtype=np.float64)
    if "sphere" in volume:
        sphere = np.asarray(volume["sphere"], dtype=np.float64)
        return np.asarray(sphere[:3] + signs * sphere[3], dtype=np.float64)
    return None
