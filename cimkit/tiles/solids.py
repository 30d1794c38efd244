"""Surfaces in space (CityJSON, CityGML, polygons with Z) to triangles."""

from __future__ import annotations

from typing import Any

import mapbox_earcut
import numpy as np
import numpy.typing as npt
import orjson
import shapely

__all__ = ["Surfaces", "surfaces_of", "triangulate", "wkb_type"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Surfaces = list[list[Reals]]
"""Surfaces, each a list of open rings (the outer one first), each ring of shape (n, 3)."""

_WITHOUT_SURFACE = {"MultiPoint", "MultiLineString"}


def surfaces_of(row: dict[str, Any]) -> Surfaces:
    """Surfaces of one row of the table ``geometries``, in its own CRS.

    Parameters
    ----------
    row : dict
        ``geometry_type``, ``wkb`` or ``vertices`` with ``boundaries``.
    """
    if row.get("boundaries") and row.get("geometry_type") not in _WITHOUT_SURFACE:
        vertices = np.asarray(row["vertices"], float).reshape(-1, 3)
        found: list[Any] = []
        _collect(orjson.loads(row["boundaries"]), found)
        return [[vertices[ring] for ring in surface if len(ring) > 2] for surface in found]
    if row.get("wkb") and wkb_type(row["wkb"]) in (3, 6, 7):
        parts = shapely.get_parts(shapely.get_parts(shapely.from_wkb(row["wkb"])))
        out: Surfaces = []
        for part in np.atleast_1d(parts):
            if part.geom_type == "Polygon" and not part.is_empty:
                rings = [part.exterior, *part.interiors]
                out.append([shapely.get_coordinates(r, include_z=True)[:-1] for r in rings])
        return out
    return []


def wkb_type(wkb: bytes) -> int:
    """Return the OGC type of WKB without its dimensions: 2 is a line string, 9 a compound curve.

    GEOS reads none above 7 (curves, polyhedral surfaces), so one asks before reading.
    """
    code = int.from_bytes(wkb[1:5], "little" if wkb[0] else "big")
    return (code & 0x0FFFFFFF) % 1000


def _collect(nested: Any, found: list[Any]) -> None:
    """Descend to the surfaces: lists of rings, which are lists of whole numbers."""
    if not nested:
        return
    if isinstance(nested[0], list) and nested[0] and isinstance(nested[0][0], int):
        found.append(nested)
        return
    for inner in nested:
        if isinstance(inner, list):
            _collect(inner, found)


def triangulate(surfaces: Surfaces) -> tuple[Reals, Whole, Whole]:
    """Triangles of planar (or nearly planar) surfaces.

    Parameters
    ----------
    surfaces : list of lists of ndarray
        Rings in a frame whose three axes are metres.

    Returns
    -------
    vertices : ndarray, shape (n, 3)
        Not shared between surfaces.
    indices : ndarray, shape (m, 3)
        Facing as the outer rings do.
    surface : ndarray, shape (n,)
        The surface of each vertex.
    """
    kept = [(i, s) for i, s in enumerate(surfaces) if s and len(s[0]) > 2]
    if not kept:
        return np.empty((0, 3)), np.empty((0, 3), np.int64), np.empty(0, np.int64)
    vertices = np.concatenate([ring for _, s in kept for ring in s])
    counts = np.array([sum(map(len, s)) for _, s in kept])
    outer = np.array([len(s[0]) for _, s in kept])
    first = np.cumsum(counts) - counts
    own = np.repeat(np.arange(len(kept)), counts)
    normal = _newell(vertices, first, outer)

    simple = outer == counts
    triangles = [first[simple & (outer == 3)][:, None] + np.arange(3)]
    quad = np.flatnonzero(simple & (outer == 4))
    corner = first[quad][:, None] + np.arange(4)
    halves = corner[:, [[0, 1, 2], [0, 2, 3]]]
    convex = (_facing(vertices, halves.reshape(-1, 3), np.repeat(normal[quad], 2, 0)) > 0).reshape(
        -1, 2
    )
    flat = convex.all(axis=1)
    triangles.append(halves[flat].reshape(-1, 3))
    rest = np.ones(len(kept), bool)
    rest[quad[flat]] = False
    rest[simple & (outer == 3)] = False
    for i in np.flatnonzero(rest):
        start = first[i]
        local = vertices[start : start + counts[i]] - vertices[start]
        drop = int(np.argmax(np.abs(normal[i])))
        plane = np.ascontiguousarray(np.delete(local, drop, axis=1))
        ends = np.cumsum([len(r) for r in kept[i][1]]).astype(np.uint32)
        found = mapbox_earcut.triangulate_float64(plane, ends).astype(np.int64).reshape(-1, 3)
        found += start
        wrong = _facing(vertices, found, normal[i]) < 0
        found[wrong] = found[wrong][:, ::-1]
        triangles.append(found)
    which = np.array([i for i, _ in kept])
    return vertices, np.concatenate(triangles).astype(np.int64), which[own]


def _newell(vertices: Reals, first: Whole, outer: Whole) -> Reals:
    """Normals (k, 3) of the outer rings, area-weighted (Newell's method)."""
    which = np.repeat(np.arange(len(first)), outer)
    within = np.arange(len(which)) - np.repeat(np.cumsum(outer) - outer, outer)
    here = vertices[first[which] + within] - vertices[first[which]]
    after = vertices[first[which] + (within + 1) % outer[which]] - vertices[first[which]]
    turn = np.cross(here, after)
    normal: Reals = np.stack(
        [np.bincount(which, weights=turn[:, k], minlength=len(first)) for k in range(3)], axis=1
    )
    return normal


def _facing(vertices: Reals, triangles: Whole, normal: Reals) -> Reals:
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    dot: Reals = (np.cross(b - a, c - a) * normal).sum(axis=-1)
    return dot
