"""City objects as CityJSON and CityGML both have them, and their footprints."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["DEPTH", "CityGeometry", "CityObject", "compact", "footprint", "surfaces"]

Reals = npt.NDArray[np.float64]
Nested = list[Any]

DEPTH = {
    "MultiPoint": 1,
    "MultiLineString": 2,
    "MultiSurface": 3,
    "CompositeSurface": 3,
    "Solid": 4,
    "MultiSolid": 5,
    "CompositeSolid": 5,
}
_MANY_FACES = 5_000


@dataclass(slots=True)
class CityGeometry:
    """One geometry of a city object."""

    type: str
    """Name of the type in CityJSON."""
    lod: str
    """Level of detail as written, "" if none is."""
    vertices: Reals
    """(n, 3) in the source's CRS, x first: those that ``boundaries`` use, each once."""
    boundaries: Nested
    """Nested as in CityJSON, indices into ``vertices``."""
    semantics: dict[str, Any] | None = None
    """As in CityJSON: ``surfaces`` and ``values``."""
    appearance: dict[str, Any] | None = None
    """As in CityJSON: ``material`` and ``texture``, with the ``materials``, ``textures`` and
    ``vertices-texture`` that they point at."""
    crs: str | None = None
    """Its CRS, where it is not that of the source."""
    aside: bool = False
    """Whether it is of something about the object, as the door of its address, and not it."""


@dataclass(slots=True)
class CityObject:
    """One city object."""

    key: str
    """Its identifier in the source."""
    type: str
    """Class, e.g. ``Building``."""
    parent: str | None = None
    """Key of the object it is part of."""
    name: str | None = None
    """As people call it."""
    attributes: dict[str, Any] = field(default_factory=dict)
    """JSON values."""
    geometries: list[CityGeometry] = field(default_factory=list)
    """All levels of detail."""
    place: str = ""
    """Line in the source."""
    lifecycle: str | None = None
    """planned, built or demolished, if the source says so."""
    valid_from: datetime | None = None
    """Since when it is so, as the source says."""
    valid_to: datetime | None = None
    """Until when."""
    relations: list[tuple[str, str]] = field(default_factory=list)
    """(kind, key or name of the other)."""
    instances: list[dict[str, Any]] = field(default_factory=list)
    """Templates it is made of: ``template``, ``matrix`` (row by row), ``point``, ``lod``."""


def compact(vertices: Reals, boundaries: Nested, depth: int) -> tuple[Reals, Nested]:
    """Return the vertices that nested indices use, in that order, and the indices into those.

    Parameters
    ----------
    vertices : (n, 3) float64 array
    boundaries : list
        Indices in lists in lists.
    depth : int
        How many lists deep: 1 for a list of indices.

    Raises
    ------
    IndexError
        If an index points nowhere.
    ValueError
        If they are nested otherwise.

    Examples
    --------
    >>> v, b = compact(np.arange(12.0).reshape(4, 3), [[[3, 1]]], 3)
    >>> b, v[:, 0].tolist()
    ([[[0, 1]]], [9.0, 3.0])
    """
    level: list[Any] = [boundaries]
    sizes: list[list[int]] = []
    for _ in range(depth):
        if not set(map(type, level)) <= {list}:
            raise ValueError(f"its boundaries are not {depth} lists deep")
        sizes.append(list(map(len, level)))
        level = list(chain.from_iterable(level))
    if not set(map(type, level)) <= {int}:
        raise ValueError("its boundaries hold something that is no index")
    if level and not (min(level) >= 0 and max(level) < len(vertices)):
        wrong = next(i for i in level if not 0 <= i < len(vertices))
        raise IndexError(f"vertex {wrong} of {len(vertices)}")
    used = list(dict.fromkeys(level))
    place = dict(zip(used, range(len(used)), strict=True))
    nested: list[Any] = list(map(place.__getitem__, level))
    for counts in reversed(sizes):
        rest = iter(nested)
        nested = [list(islice(rest, count)) for count in counts]
    return vertices[used] if used else np.empty((0, 3)), nested[0]


def surfaces(geometry: CityGeometry) -> list[tuple[list[list[int]], str | None]]:
    """Return all surfaces as (rings, semantic type); the first ring is the outer one."""
    depth = DEPTH.get(geometry.type, 0)
    if depth < 3:
        return []
    flat = geometry.boundaries
    for _ in range(depth - 3):
        flat = [surface for shell in flat for surface in shell]
    kinds: list[str | None] = [None] * len(flat)
    said = geometry.semantics or {}
    values = said.get("values")
    for _ in range(depth - 3):
        values = [v for shell in values for v in (shell or [])] if values else None
    if isinstance(values, list) and len(values) == len(flat):
        names = [s.get("type") for s in said.get("surfaces") or []]
        kinds = [names[v] if isinstance(v, int) and 0 <= v < len(names) else None for v in values]
    return list(zip(flat, kinds, strict=True))


def footprint(geometries: list[CityGeometry]) -> Any:
    """Return the outline on the ground of an object as a shapely geometry in its CRS, or None.

    It is the union of, in this order: the footprint of LoD 0, its other surfaces (the edge of the
    roof), the ground surfaces, all surfaces of the lowest level projected to the plane (for very
    many faces their convex hull). Points and lines stand for themselves.
    """
    import shapely

    ranked = sorted((g for g in geometries if len(g.vertices)), key=lambda g: g.lod or "9")
    for wanted in ("FootPrint", "0", "GroundSurface", ""):
        for geometry in ranked:
            if wanted == "0" and not geometry.lod.startswith("0"):
                continue
            named = wanted in ("FootPrint", "GroundSurface")
            if named and geometry.semantics is None:
                continue
            chosen = [rings for rings, kind in surfaces(geometry) if not named or kind == wanted]
            found = _union(geometry.vertices, chosen)
            if found is not None:
                return found
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


def _union(vertices: Reals, faces: list[list[list[int]]]) -> Any:
    import shapely

    faces = [rings for rings in faces if rings and len(set(rings[0])) > 2]
    if not faces:
        return None
    if len(faces) > _MANY_FACES:
        used = np.unique(np.concatenate([np.asarray(r[0]) for r in faces]))
        return shapely.convex_hull(shapely.multipoints(vertices[used, :2]))
    flat = vertices[:, :2]
    # A wall has no area in the plane; what is rounding depends on how large the object is.
    least = 1e-9 * max(float(np.ptp(flat[:, 0])), float(np.ptp(flat[:, 1]))) ** 2
    outer = [rings[0] for rings in faces]
    owner = np.repeat(np.arange(len(outer)), list(map(len, outer)))
    rings: Any = shapely.linearrings(flat[list(chain.from_iterable(outer))], indices=owner)
    polygons: Any = shapely.polygons(rings)
    for index, face in enumerate(faces):
        if len(face) > 1:
            holes: Any = [shapely.linearrings(flat[h]) for h in face[1:] if len(set(h)) > 2]
            polygons[index] = shapely.polygons(rings[index], holes=holes or None)
    polygons = polygons[shapely.area(polygons) > least]
    if not len(polygons):
        return None
    sound = shapely.is_valid(polygons)
    if len(polygons) == 1 and sound[0]:
        return polygons[0]
    if not sound.all():
        polygons[~sound] = shapely.make_valid(polygons[~sound])
    whole = shapely.union_all(polygons)
    return whole if whole.area > 0 else None
