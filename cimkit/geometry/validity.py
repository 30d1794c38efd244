"""Areas whose rings cross themselves, made valid in bounded time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["made_valid"]

Shapes = npt.NDArray[np.object_]

_FEW = 500  # crossings that are taken apart line by line: the time grows with their square
_MANY = 100_000  # crossings beyond which no shape is meant
_SAMPLE = 50
_DENSE = 12  # sides that a side meets, itself and its neighbours among them
_BLOCK = 500


def made_valid(shapes: Any) -> Any:
    """Return geometries, those that are invalid as valid areas, lines and points.

    Coordinates that have slipped by one number make rings in which every side crosses most others:
    taking those apart takes hours, and no shape is meant. Such a ring gives its convex hull. What
    crosses itself a few thousand times covers what any of its rings goes around.

    Parameters
    ----------
    shapes : shapely geometry or ndarray of them
        With finite coordinates.
    """
    if isinstance(shapes, shapely.Geometry):
        return shapes if shapely.is_valid(shapes) else _taken_apart(shapes)
    given: Shapes = np.asarray(shapes, dtype=object)
    wrong = np.flatnonzero(~shapely.is_valid(given) & ~shapely.is_missing(given))
    if len(wrong):
        given = given.copy()
        for at in wrong.tolist():
            given[at] = _taken_apart(given[at])
    return given


def _taken_apart(shape: Any) -> Any:
    crossings = _crossings(shape)
    if crossings <= _FEW:
        return shapely.make_valid(shape)
    if crossings <= _MANY:
        return shapely.make_valid(shape, method="structure")
    parts = shapely.get_parts(shape)
    if len(parts) < 2:
        return shapely.convex_hull(shape)
    return shapely.union_all(made_valid(parts))


def _crossings(shape: Any) -> int:
    """Return how often the sides of its rings cross, or more than all that is taken apart."""
    rings = shapely.get_rings(shapely.get_parts(shapely.get_parts(shape)))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    sides = np.stack([points[:-1], points[1:]], axis=1)[ring[:-1] == ring[1:]]
    if len(sides) <= _SAMPLE:
        return 0
    lines: Any = shapely.linestrings(sides)
    tree = shapely.STRtree(lines)
    asked = lines[:: len(lines) // _SAMPLE]
    if tree.query(asked, predicate="intersects").shape[1] > _DENSE * len(asked):
        return _MANY + 1
    met = 0
    for start in range(0, len(lines), _BLOCK):
        found = tree.query(lines[start : start + _BLOCK], predicate="intersects").shape[1]
        met += found - 3 * len(lines[start : start + _BLOCK])
        if met > 2 * _MANY:
            break
    return met // 2
