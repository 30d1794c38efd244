"""Geometries as flat arrays on the Web Mercator square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["EDGE", "KINDS", "Shapes", "flat_shapes", "mercator"]

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

EDGE = 85.051128779806589
"""Latitude at which the square of Web Mercator ends, degrees."""
KINDS = ("point", "line", "polygon")
"""Kinds of geometry, by `Shapes.kind` less one (the numbers of Mapbox Vector Tile 2.1)."""
_KIND = np.array([1, 2, 2, 3, 1, 2, 3], np.int8)


@dataclass(frozen=True, slots=True)
class Shapes:
    """n features as parts (rings, lines, sets of points) of vertices."""

    xy: Reals
    """(v, 2) in the unit square: x to the east, y to the south. Rings are not closed."""
    part: Ints
    """(p + 1,) first vertex of each part."""
    inner: npt.NDArray[np.bool_]
    """(p,) whether a ring is a hole in the ring before it."""
    feature: Ints
    """(n + 1,) first part of each feature."""
    kind: npt.NDArray[np.int8]
    """(n,) 1 point, 2 line, 3 polygon."""


def mercator(degrees: Reals) -> Reals:
    """Return places on the Web Mercator square (EPSG:3857, scaled).

    Parameters
    ----------
    degrees : ndarray (n, 2)
        Longitude and latitude; latitudes past `EDGE` are moved to it.

    Returns
    -------
    ndarray (n, 2)
        x to the east and y to the south, the world from 0 to 1.

    Examples
    --------
    >>> mercator(np.array([[0.0, 0.0], [180.0, 0.0]])).tolist()
    [[0.5, 0.5], [1.0, 0.5]]
    """
    lat = np.radians(np.clip(degrees[:, 1], -EDGE, EDGE))
    y = 0.5 - np.arcsinh(np.tan(lat)) / (2 * np.pi)
    return np.column_stack([degrees[:, 0] / 360 + 0.5, y])


def flat_shapes(geometries: npt.NDArray[Any]) -> Shapes:
    """Return geometries in CRS84 as flat arrays.

    Parameters
    ----------
    geometries : ndarray of shapely geometries (n,)
        Points, lines and polygons, single or multiple, none of them empty.
    """
    kind = _KIND[shapely.get_type_id(geometries)]
    count = len(geometries)
    xy: list[Reals] = []
    lengths: list[Ints] = []
    inner: list[npt.NDArray[np.bool_]] = []
    owner: list[Ints] = []
    for which in (1, 2, 3):
        mine = np.flatnonzero(kind == which)
        if len(mine) == 0:
            continue
        coordinates, part, parts, rings = _ragged(geometries[mine], which)
        xy.append(coordinates)
        lengths.append(part)
        owner.append(np.repeat(mine, parts))
        inner.append(rings)
    if not xy:
        return Shapes(
            np.empty((0, 2)), np.zeros(1, np.int64), np.empty(0, bool), np.zeros(1, np.int64), kind
        )
    # Parts stand in the order of their features, whatever kinds these are of.
    owners, length = np.concatenate(owner), np.concatenate(lengths)
    order = np.argsort(owners, kind="stable")
    start = np.concatenate([[0], np.cumsum(length)[:-1]])[order]
    length = length[order]
    part = np.concatenate([[0], np.cumsum(length)])
    vertex = np.arange(part[-1]) - np.repeat(part[:-1], length) + np.repeat(start, length)
    feature = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=count))])
    return Shapes(
        mercator(np.concatenate(xy)[vertex]), part, np.concatenate(inner)[order], feature, kind
    )


def _ragged(
    geometries: npt.NDArray[Any], kind: int
) -> tuple[Reals, Ints, Ints, npt.NDArray[np.bool_]]:
    """Coordinates, vertices of each part, parts of each feature, and which parts are holes."""
    if kind == 1:
        coordinates, index = shapely.get_coordinates(geometries, return_index=True)
        length = np.bincount(index, minlength=len(geometries))
        return coordinates, length, np.ones_like(length), np.zeros(len(length), bool)
    singles, owner = shapely.get_parts(geometries, return_index=True)
    if kind == 2:
        coordinates, index = shapely.get_coordinates(singles, return_index=True)
        length = np.bincount(index, minlength=len(singles))
        parts = np.bincount(owner, minlength=len(geometries))
        return coordinates, length, parts, np.zeros(len(length), bool)
    rings, of = shapely.get_rings(singles, return_index=True)
    coordinates, index = shapely.get_coordinates(rings, return_index=True)
    length = np.bincount(index, minlength=len(rings))
    closing = np.cumsum(length) - 1  # the first vertex again
    coordinates = np.delete(coordinates, closing, axis=0)
    hole = np.concatenate([[False], of[1:] == of[:-1]]) if len(of) else np.empty(0, bool)
    parts = np.bincount(owner[of], minlength=len(geometries))
    return coordinates, length - 1, parts, hole
