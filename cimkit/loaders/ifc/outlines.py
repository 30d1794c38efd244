"""Outlines of shapes from above, and how high they reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["Outline", "covered", "outline", "placed"]

Reals = npt.NDArray[np.float64]

_MANY = 160
"""Triangles seen from above beyond which the hull stands for the outline: a union takes some 10 µs
for each."""
_FINE = 1e-6


@dataclass(frozen=True, slots=True)
class Outline:
    """What a shape covers, seen along its own z axis, about its own centre."""

    ground: Any
    """shapely geometry, metres."""
    low: float
    """Lowest z."""
    high: float
    """Highest z."""


def outline(positions: npt.NDArray[np.float32], indices: npt.NDArray[np.uint32]) -> Outline:
    """Return the outline of a shape: the union of its triangles, or the hull of very many.

    Parameters
    ----------
    positions : (n, 3) array
    indices : (m, 3) array
    """
    points = positions.astype(np.float64)
    low, high = float(points[:, 2].min()), float(points[:, 2].max())
    flat = points[:, :2]
    hull = shapely.convex_hull(shapely.linestrings(flat))  # a third of the time of points
    size = float(shapely.area(hull))
    if size <= 0.0:
        return Outline(hull, low, high)
    corners = flat[indices]
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    twice = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    up, down = twice > _FINE * size, twice < -_FINE * size
    above, below = float(twice[up].sum()) / 2, -float(twice[down].sum()) / 2
    # What looks up covers as much as what looks down: a closed body, and one of both is enough.
    closed = abs(above - below) <= 1e-4 * max(above, below)
    seen = up if closed else up | down
    count = int(seen.sum())
    if not count or count > _MANY:
        return Outline(hull, low, high)
    if closed and abs(above - size) <= 1e-4 * size:
        heights = points[indices[seen], 2]
        if float(np.ptp(heights)) <= 1e-4:  # one flat top, as large as the hull
            return Outline(hull, low, high)
    pieces = shapely.polygons(corners[seen])
    return Outline(_meeting(pieces) or covered(pieces) or hull, low, high)


def _meeting(pieces: Any) -> Any:
    """Return the union of triangles that meet edge to edge, None if any lie over each other.

    At a seventh of the time of `covered`.
    """
    try:
        joined = shapely.coverage_union_all(pieces)
    except shapely.errors.GEOSException:
        return None
    return shapely.simplify(joined, 1e-5) if shapely.is_valid(joined) else None


def covered(pieces: Any) -> Any:
    """Return the union of polygons without needless corners, None if it cannot be found."""
    try:
        joined = shapely.simplify(shapely.union_all(pieces), 1e-5)
    except shapely.errors.GEOSException:
        return None
    return None if joined.is_empty else joined


def placed(
    outlines: list[Outline], matrices: Reals, bodies: list[npt.NDArray[np.float32]]
) -> tuple[Any, Reals]:
    """Return outlines on the ground, and their lowest and highest z.

    Parameters
    ----------
    outlines : list of Outline
        n of them.
    matrices : (n, 4, 4) array
        From shape to ground, metres.
    bodies : list of (k, 3) arrays
        The corners of each shape, for those that lean.

    Returns
    -------
    grounds : (n,) array of geometries
    heights : (n, 2) array
    """
    grounds = np.array([o.ground for o in outlines], dtype=object)
    heights = np.array([(o.low, o.high) for o in outlines]).reshape(-1, 2)
    leaning = np.abs(matrices[:, :2, 2]).max(axis=1) > 1e-9
    leaning |= np.abs(matrices[:, 2, :2]).max(axis=1) > 1e-9
    coordinates, owner = shapely.get_coordinates(grounds, return_index=True)
    turn, shift = matrices[owner, :2, :2], matrices[owner, :2, 3]
    shapely.set_coordinates(grounds, np.einsum("nij,nj->ni", turn, coordinates) + shift)
    heights = np.sort(heights * matrices[:, 2, 2, None] + matrices[:, 2, 3, None], axis=1)
    for at in np.flatnonzero(leaning):
        points = bodies[at] @ matrices[at, :3, :3].T + matrices[at, :3, 3]
        grounds[at] = shapely.convex_hull(shapely.multipoints(points[:, :2]))
        heights[at] = points[:, 2].min(), points[:, 2].max()
    return grounds, heights
