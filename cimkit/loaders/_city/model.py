"""City objects as CityJSON and CityGML both have them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["DEPTH", "CityGeometry", "CityObject", "compact", "surfaces"]

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
    beside: dict[str, str] = field(default_factory=dict)
    """Members of the object that are no attributes in the source: the name of each in
    ``attributes``."""
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
