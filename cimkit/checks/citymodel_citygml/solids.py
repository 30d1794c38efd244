"""Thematic surfaces of a building that its solid does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["stray_surfaces"]

_SOLID = re.compile(r"lod([1-3])Solid")
_GML = ("{http://www.opengis.net/gml}id", "{http://www.opengis.net/gml/3.2}id")
_HREF = "{http://www.w3.org/1999/xlink}href"
_OUTER = {"RoofSurface", "WallSurface", "GroundSurface", "OuterCeilingSurface", "OuterFloorSurface"}


def stray_surfaces(member: Any) -> Iterator[tuple[Any, int, str]]:
    """Yield the solids that are put together from some thematic surfaces and leave out others.

    Yields
    ------
    tuple
        The element of the solid, how many polygons of outer surfaces of the same object and level
        of detail it leaves out, and the level. Solids that draw polygons of their own say nothing.
    """
    for element in member.iter("*"):
        found = _SOLID.fullmatch(_local(element))
        if found is None:
            continue
        links = {str(e.get(_HREF)).removeprefix("#") for e in element.iter("*") if e.get(_HREF)}
        if not links or any(_local(e) in ("Polygon", "Triangle") for e in element.iter("*")):
            continue
        polygons = list(_polygons(element.getparent(), found[1]))
        named = [ids for ids in polygons if ids]
        missing = sum(not (ids & links) for ids in named)
        if named and missing and missing < len(named):
            yield element, missing, found[1]


def _polygons(owner: Any, lod: str) -> Iterator[set[str]]:
    """Yield the identifiers of each polygon of outer surfaces, and of what it is in."""
    for prop in owner.iterchildren("*"):
        if _local(prop) not in ("boundedBy", "boundary"):
            continue
        for surface in prop.iterchildren("*"):
            if _local(surface) not in _OUTER:
                continue
            for shape in surface.iterchildren("*"):
                if _local(shape) != f"lod{lod}MultiSurface":
                    continue
                above = _ids(shape)
                for part in shape.iter("*"):
                    if _local(part) in ("Polygon", "Triangle"):
                        yield {i for e in (part, *part.iterancestors()) for i in _own(e)} & (
                            above | set(_own(part))
                        )


def _ids(element: Any) -> set[str]:
    return {i for e in element.iter("*") for i in _own(e)}


def _own(element: Any) -> list[str]:
    return [str(element.get(name)) for name in _GML if element.get(name)]


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
