"""Outlines on the ground of many city objects at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.geometry.validity import made_valid
from cimkit.loaders._city.model import CityGeometry, surfaces

__all__ = ["outlines"]

Reals = npt.NDArray[np.float64]
Faces = list[list[list[int]]]

_MANY_FACES = 5_000
_FLAT = 1e-9


def outlines(objects: list[list[CityGeometry]]) -> list[Any]:
    """Return the outline on the ground of each object as a shapely geometry in its CRS, or None.

    It is the union of, in this order: the footprint of LoD 0, its other surfaces (the edge of the
    roof), the ground surfaces, all surfaces of the lowest level projected to the plane (for very
    many faces their convex hull). Points and lines stand for themselves.
    """
    found: list[Any] = [None] * len(objects)
    ranked = [
        sorted((g for g in geometries if len(g.vertices)), key=lambda g: g.lod or "9")
        for geometries in objects
    ]
    waiting = [(n, _candidates(geometries)) for n, geometries in enumerate(ranked)]
    while waiting:
        asked, left = [], []
        for number, candidates in waiting:
            candidate = next(candidates, None)
            if candidate is None:
                found[number] = _thin(ranked[number])
            else:
                asked.append(candidate)
                left.append((number, candidates))
        waiting = []
        for (number, candidates), union in zip(left, _unions(asked), strict=True):
            if union is None:
                waiting.append((number, candidates))
            else:
                found[number] = union
    return found


def _candidates(ranked: list[CityGeometry]) -> Iterator[tuple[Reals, Faces]]:
    """Yield the vertices and faces that an outline may be made of, the best first."""
    for wanted in ("FootPrint", "0", "GroundSurface", ""):
        for geometry in ranked:
            if wanted == "0" and not geometry.lod.startswith("0"):
                continue
            named = wanted in ("FootPrint", "GroundSurface")
            if named and geometry.semantics is None:
                continue
            faces = [
                rings
                for rings, kind in surfaces(geometry)
                if (not named or kind == wanted) and rings and len(set(rings[0])) > 2
            ]
            if faces:
                yield geometry.vertices, faces


def _thin(ranked: list[CityGeometry]) -> Any:
    """Return the outline of an object that has no surface: its lines or points."""
    for geometry in ranked:
        if geometry.type == "MultiLineString":
            lines: Any = [
                geometry.vertices[line, :2] for line in geometry.boundaries if len(line) > 1
            ]
            if lines:
                strings: Any = [shapely.linestrings(line) for line in lines]
                return shapely.multilinestrings(strings)
        points = shapely.multipoints(geometry.vertices[:, :2])
        return points if geometry.type == "MultiPoint" else shapely.convex_hull(points)
    return None


def _unions(asked: list[tuple[Reals, Faces]]) -> list[Any]:
    """Return the union of the faces of each in the plane, None where they have no area."""
    found: list[Any] = [None] * len(asked)
    sizes: list[int] = []
    owners: list[int] = []
    parts: list[Reals] = []
    holes: list[tuple[int, Any]] = []
    for number, (vertices, faces) in enumerate(asked):
        outer = [rings[0] for rings in faces]
        flat = vertices[:, :2]
        if len(faces) > _MANY_FACES:
            used = np.unique(np.fromiter(chain.from_iterable(outer), np.int64))
            found[number] = shapely.convex_hull(shapely.multipoints(flat[used]))
            continue
        for index, face in enumerate(faces):
            if len(face) > 1:
                inner: Any = [shapely.linearrings(flat[h]) for h in face[1:] if len(set(h)) > 2]
                holes.append((len(sizes) + index, inner or None))
        sizes += map(len, outer)
        owners += [number] * len(outer)
        parts.append(flat[list(chain.from_iterable(outer))])
    if not sizes:
        return found
    rings: Any = shapely.linearrings(
        np.concatenate(parts), indices=np.repeat(np.arange(len(sizes)), sizes)
    )
    polygons: Any = shapely.polygons(rings)
    for index, inner in holes:
        polygons[index] = shapely.polygons(rings[index], holes=inner)
    owner = np.array(owners)
    # A wall has no area in the plane; what is rounding depends on how large the object is.
    limits = shapely.bounds(polygons)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    low = np.minimum.reduceat(limits[:, :2], first)
    high = np.maximum.reduceat(limits[:, 2:], first)
    span = np.repeat((high - low).max(axis=1), np.diff([*first.tolist(), len(owner)]))
    broad = shapely.area(polygons) > _FLAT * span**2
    polygons, owner = polygons[broad], owner[broad]
    sound = shapely.is_valid(polygons)
    if not sound.all():
        polygons[~sound] = made_valid(polygons[~sound])
    starts = np.flatnonzero(np.diff(owner, prepend=-1)).tolist()
    for start, end in zip(starts, [*starts, len(owner)][1:], strict=True):
        number = int(owner[start])
        if end - start == 1 and sound[start]:
            found[number] = polygons[start]
            continue
        whole = shapely.union_all(polygons[start:end])
        if whole.area > 0:
            found[number] = whole
    return found
