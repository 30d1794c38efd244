"""The terms of a standard: where it holds, in which coordinates, when a delivery is accepted."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from cimkit.errors import StandardError
from cimkit.standard.acceptance import Acceptance, acceptance_of
from cimkit.standard.grammar import CodeGrammar, Segment, problems
from cimkit.standard.model import CrsRules, Jurisdiction
from cimkit.standard.package._package import Package
from cimkit.standard.package._toml import known, scalar, table, texts


def read_jurisdiction(chain: Sequence[Package]) -> Jurisdiction:
    """Return the jurisdiction of the nearest package that has one; everywhere, if none has."""
    package = next((p for p in reversed(chain) if "jurisdiction" in p.head), None)
    if package is None:
        return Jurisdiction()
    where = f"{package.where}, [jurisdiction]"
    said = table(package.head, "jurisdiction", where)
    known(said, ["division", "polygon", "fictional"], where)
    polygon = None
    if "polygon" in said:
        from shapely import from_geojson, get_parts, to_wkb
        from shapely.errors import GEOSException

        name = scalar(said, "polygon", str, where)
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
    return Jurisdiction(
        scalar(said, "division", str, where), polygon, scalar(said, "fictional", bool, where, False)
    )


def with_division(
    grammar: CodeGrammar | None, there: Jurisdiction, where: str
) -> CodeGrammar | None:
    """Return the grammar for codes of that place only."""
    if grammar is None or there.division is None:
        return grammar
    segments = tuple(
        Segment(s.name, s.length, s.alphabet, (there.division,)) if s.name == "division" else s
        for s in grammar.segments
    )
    wrong = problems(segments, grammar.class_segments)
    if wrong:
        raise StandardError(wrong, where=f"{where}, [jurisdiction]", got=there.division)
    return dataclasses.replace(grammar, segments=segments)


def read_crs(package: Package) -> CrsRules | None:
    """Return what ``[crs]`` says, None if it is not there."""
    if "crs" not in package.head:
        return None
    where = f"{package.where}, [crs]"
    said = table(package.head, "crs", where)
    known(said, ["allowed", "vertical", "local_by_sheet"], where)
    return CrsRules(
        texts(said, "allowed", where),
        texts(said, "vertical", where),
        scalar(said, "local_by_sheet", bool, where, True),
    )


def read_acceptance(package: Package) -> Acceptance | None:
    """Return what ``[acceptance]`` says, None if it is not there."""
    if "acceptance" not in package.head:
        return None
    return acceptance_of(package.head, f"{package.where}, [acceptance]")
