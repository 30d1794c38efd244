"""Footprints to blocks, and areas to flat surfaces."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import mapbox_earcut
import numpy as np
import numpy.typing as npt
import shapely

from cimkit.geometry.frames import ecef
from cimkit.tiles.divided import divided
from cimkit.tiles.mesh import Mesh

__all__ = ["extrude", "flatten"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Ground = Callable[[Reals, Whole], Reals]


def extrude(footprints: npt.NDArray[Any], base: Reals, height: Reals) -> Mesh:
    """Blocks with vertical walls, a flat roof and no floor.

    Parameters
    ----------
    footprints : ndarray of shapely geometries, shape (n,)
        Polygons and multipolygons in CRS84, holes allowed; other types give nothing.
    base : ndarray, shape (n,)
        Ellipsoidal height of the ground, metres.
    height : ndarray, shape (n,)
        Of the roof above the ground, metres.

    Returns
    -------
    Mesh
        Earth-centred; ``feature`` is the row of the footprint.
    """
    xy, rings, owner, polygon_rings = _rings(footprints)
    roof = _caps(xy, rings, polygon_rings)
    ring_of = np.repeat(np.arange(len(rings) - 1), np.diff(rings))
    after = np.arange(len(xy)) + 1
    after[rings[1:] - 1] = rings[:-1]
    own = owner[ring_of]
    low = ecef(xy[:, 0], xy[:, 1], base[own])
    top = ecef(xy[:, 0], xy[:, 1], base[own] + height[own])
    # Four corners a wall, of its own, in the order base, next base, next top, top.
    walls = np.stack([low, low[after], top[after], top], axis=1).reshape(-1, 3)
    first = np.arange(len(xy)) * 4
    quads = first[:, None] + np.array([0, 1, 2, 0, 2, 3])
    return Mesh(
        np.concatenate([walls, top]),
        np.concatenate([quads.reshape(-1, 3), roof + len(walls)]),
        np.concatenate([np.repeat(own, 4), own]),
    )


def flatten(
    areas: npt.NDArray[Any], height: Reals, step: Reals, ground: Ground | None = None
) -> Mesh:
    """Surfaces that follow the ground, or the curved earth.

    Parameters
    ----------
    areas : ndarray of shapely geometries, shape (n,)
        As for `extrude`.
    height : ndarray, shape (n,)
        Ellipsoidal height of each, metres.
    step : ndarray, shape (n,)
        Metres that an edge of its triangles may have.
    ground : callable, optional
        Gives the height at a vertex instead, from CRS84 degrees, shape (k, 2), and the row of the
        area, shape (k,); NaN: it has that of its area.

    Returns
    -------
    Mesh
        Earth-centred; ``feature`` is the row of the area.
    """
    xy, rings, owner, polygon_rings = _rings(areas)
    own = owner[np.repeat(np.arange(len(rings) - 1), np.diff(rings))]
    xy, indices, origin = divided(xy, _caps(xy, rings, polygon_rings), step[own])
    own = own[origin]
    z = height[own]
    if ground is not None and len(xy):
        found = ground(xy, own)
        z = np.where(np.isfinite(found), found, z)
    return Mesh(ecef(xy[:, 0], xy[:, 1], z), indices, own)


def _rings(geometries: npt.NDArray[Any]) -> tuple[Reals, Whole, Whole, Whole]:
    """Open rings of all polygons, outer ones counter-clockwise, holes clockwise.

    Returns the vertices (n, 2), where each ring starts (r + 1), the row each ring belongs to (r),
    and at which ring each polygon starts (p + 1).
    """
    parts, row = shapely.get_parts(geometries, return_index=True)
    keep = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    parts, row = shapely.orient_polygons(shapely.force_2d(parts[keep])), row[keep]
    rings, of = shapely.get_rings(parts, return_index=True)
    if len(rings) == 0:
        zero = np.zeros(1, np.int64)
        return np.empty((0, 2)), zero, np.empty(0, np.int64), zero
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    last = np.append(ring[1:] != ring[:-1], True)
    counts = np.bincount(ring[~last], minlength=len(rings))
    starts = np.concatenate([[0], np.cumsum(counts)])
    polygon_rings = np.concatenate([[0], np.cumsum(np.bincount(of, minlength=len(parts)))])
    return xy[~last], starts, row[of], polygon_rings


def _caps(xy: Reals, rings: Whole, polygon_rings: Whole) -> Whole:
    """Triangles of all polygons, indices into ``xy``, counter-clockwise from above."""
    starts = rings[polygon_rings]
    # About its own first corner a polygon keeps all digits; degrees grow by cos(lat) alone.
    at = np.repeat(starts[:-1], np.diff(starts))
    local = (xy - xy[at]) * 1e5
    ends = rings[1:].astype(np.uint32)
    found = []
    bounds, offsets = polygon_rings.tolist(), starts.tolist()
    for i, (first, last) in enumerate(pairwise(bounds)):
        start, end = offsets[i], offsets[i + 1]
        if end - start < 3:
            continue
        triangles = mapbox_earcut.triangulate_float64(
            local[start:end], ends[first:last] - np.uint32(start)
        )
        found.append(triangles.astype(np.int64) + start)
    if not found:
        return np.empty((0, 3), np.int64)
    indices: Whole = np.concatenate(found).reshape(-1, 3)
    a, b, c = (xy[indices[:, i]] for i in range(3))
    ab, ac = b - a, c - a
    wrong = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0] < 0
    indices[wrong] = indices[wrong][:, ::-1]
    return indices
