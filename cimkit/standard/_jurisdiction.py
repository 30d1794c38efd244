"""Where a standard holds, and what follows for its codes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from cimkit.errors import StandardError
from cimkit.standard._package import Package, known
from cimkit.standard.grammar import CodeGrammar, Segment
from cimkit.standard.model import Jurisdiction


def read_jurisdiction(chain: Sequence[Package]) -> Jurisdiction:
    """Return the jurisdiction of the nearest package that has one; everywhere, if none has."""
    package = next((p for p in reversed(chain) if "jurisdiction" in p.head), None)
    if package is None:
        return Jurisdiction()
    said = package.head["jurisdiction"]
    where = f"{package.where}, [jurisdiction]"
    known(said, ["division", "polygon", "fictional"], where)
    polygon = None
    if "polygon" in said:
        from shapely import from_geojson, get_parts, to_wkb
        from shapely.errors import GEOSException

        name = str(said["polygon"])
        if name not in package.files.files:
            raise StandardError("no such file in the package", where=where, got=name)
        try:
            shape = from_geojson(package.files.text(name))
        except GEOSException as error:
            raise StandardError(
                f"no valid GeoJSON: {error}", where=package.files.where(name)
            ) from error
        parts = get_parts(shape)
        if len(parts) == 1:
            shape = parts[0]
        if shape.geom_type not in ("Polygon", "MultiPolygon") or not shape.is_valid:
            raise StandardError(
                "the jurisdiction is one valid (multi)polygon in longitude and latitude",
                where=package.files.where(name),
                got=shape.geom_type,
            )
        polygon = to_wkb(shape)
    division = said.get("division")
    return Jurisdiction(
        None if division is None else str(division), polygon, bool(said.get("fictional", False))
    )


def with_division(grammar: CodeGrammar | None, where: Jurisdiction) -> CodeGrammar | None:
    """Return the grammar for codes of that place only."""
    if grammar is None or where.division is None:
        return grammar
    segments = tuple(
        Segment(s.name, s.length, s.alphabet, (where.division,)) if s.name == "division" else s
        for s in grammar.segments
    )
    return dataclasses.replace(grammar, segments=segments)
