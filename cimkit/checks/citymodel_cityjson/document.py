"""A document or sequence of CityJSON as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cimkit.checks.citymodel_cityjson.geometries import examine_geometry
from cimkit.checks.citymodel_cityjson.looks import examine_appearance
from cimkit.checks.citymodel_cityjson.names import DEPTH, ROOTS, VERSIONS
from cimkit.checks.citymodel_cityjson.notes import Notes
from cimkit.checks.citymodel_cityjson.objects import Scope, examine_objects

if TYPE_CHECKING:
    from cimkit.model import Source

__all__ = ["examine", "examine_document"]

_CRS = {
    "1.0": (re.compile(r"urn:ogc:def:crs:[A-Za-z]+:[\w.]*:\w+"), "urn:ogc:def:crs:EPSG::7415"),
    "1.1": (
        re.compile(r"https?://www\.opengis\.net/def/crs/\w+/[\w.]+/\w+"),
        "https://www.opengis.net/def/crs/EPSG/0/7415",
    ),
}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SLACK = 0.01


def examine(source: Source, notes: Notes) -> None:
    """Note all that is wrong with a source of CityJSON."""
    from cimkit.loaders._city.tally import Tally
    from cimkit.loaders.cityjson.parts import parts

    head: Scope | None = None
    for part in parts(source, Tally()):
        notes.line = part.place
        if part.feature:
            _feature(part.head, part.body, notes, head)
        else:
            head = examine_document(part.whole(), notes)


def examine_document(body: Mapping[str, Any], notes: Notes) -> Scope:
    """Note all that is wrong with a document, or with the first line of a sequence."""
    version = _version(body, notes)
    scope = Scope(version, _extensions(body, notes), _declared(body))
    if "type" not in body:
        notes.add("member-missing", "", "type", expected='"CityJSON"')
    for name in ("CityObjects", "vertices"):
        if name not in body:
            notes.add("member-missing", "", name, expected="object" if name[0] == "C" else "array")
    if version != "1.0" and "transform" not in body:
        notes.add("member-missing", "", "transform", expected="scale and translate")
    for name in body.keys() - ROOTS:
        if not name.startswith("+"):
            notes.add("root-extra", "", name, expected=", ".join(sorted(ROOTS)))
    _transform(body, notes)
    _metadata(body, notes, version)
    scope.looks = examine_appearance(body.get("appearance"), notes)
    scope.templates = _templates(body, scope, notes)
    vertices = _vertices(body, notes, whole="transform" in body)
    examine_objects(body.get("CityObjects"), vertices, scope, notes)
    _extent(body, vertices, scope, notes)
    scope.transform = body.get("transform")
    return scope


def _feature(
    head: Mapping[str, Any], body: Mapping[str, Any], notes: Notes, known: Scope | None
) -> None:
    scope = known or Scope(_version(head, Notes()), frozenset(), False)
    scope.feature = True
    if "id" not in body:
        notes.add("member-missing", "", "id", expected="the key of a city object of the feature")
    elif isinstance(body.get("CityObjects"), dict) and body["id"] not in body["CityObjects"]:
        notes.add("feature-id", "", "id", body["id"], "the key of a city object of the feature")
    for name in ("CityObjects", "vertices"):
        if name not in body:
            notes.add("member-missing", "", name, expected="object" if name[0] == "C" else "array")
    for name in ("transform", "version", "metadata", "extensions"):
        if name in body:
            notes.add("feature-head", "", name, expected="only in the first line")
    if "appearance" in body:
        scope.looks = examine_appearance(body["appearance"], notes)
    vertices = _vertices(body, notes, whole="transform" in head or "transform" in body)
    examine_objects(body.get("CityObjects"), vertices, scope, notes)


def _version(body: Mapping[str, Any], notes: Notes) -> str:
    said = body.get("version")
    if said is None:
        notes.add("member-missing", "", "version", expected=" | ".join(VERSIONS))
        return VERSIONS[-1]
    short = ".".join(str(said).split(".")[:2])
    if not isinstance(said, str) or short not in VERSIONS:
        notes.add("version-unknown", "", "version", said, " | ".join(VERSIONS))
        return VERSIONS[0] if short < "1" else VERSIONS[-1]
    if short != said and short != "1.0":
        notes.add("version-unknown", "", "version", said, short)
    return short


def _declared(body: Mapping[str, Any]) -> bool:
    return bool(body.get("extensions"))


def _extensions(body: Mapping[str, Any], notes: Notes) -> frozenset[str]:
    said = body.get("extensions")
    if said is None:
        return frozenset()
    if not isinstance(said, dict):
        notes.add("member-kind", "", "extensions", said, "object")
        return frozenset()
    for name, given in said.items():
        for wanted in ("url", "version"):
            if not isinstance(given, dict) or not isinstance(given.get(wanted), str):
                notes.add("member-missing", "", f"extensions/{name}/{wanted}", expected="text")
    return frozenset(said)


def _transform(body: Mapping[str, Any], notes: Notes) -> None:
    said = body.get("transform")
    if said is None:
        return
    for name in ("scale", "translate"):
        given = said.get(name) if isinstance(said, dict) else None
        if not _numbers(given, 3):
            notes.add("member-kind", "", f"transform/{name}", given, "three numbers")
    if isinstance(said, dict) and _numbers(said.get("scale"), 3) and 0 in said["scale"]:
        notes.add("member-kind", "", "transform/scale", said["scale"], "numbers other than 0")


def _numbers(value: Any, count: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == count
        and all(type(v) in (int, float) for v in value)
    )


def _metadata(body: Mapping[str, Any], notes: Notes, version: str) -> None:
    said = body.get("metadata")
    if said is None:
        return
    if not isinstance(said, dict):
        notes.add("member-kind", "", "metadata", said, "object")
        return
    crs = said.get("referenceSystem")
    if crs is not None:
        form, sample = _CRS["1.0" if version == "1.0" else "1.1"]
        if not isinstance(crs, str) or not form.fullmatch(crs):
            notes.add("crs-form", "", "metadata/referenceSystem", crs, sample)
    extent = said.get("geographicalExtent")
    if extent is not None and not _box(extent):
        notes.add("extent-form", "", "metadata/geographicalExtent", extent, _BOX)
    date = said.get("referenceDate")
    if date is not None and not (isinstance(date, str) and _DATE.fullmatch(date)):
        notes.add("member-kind", "", "metadata/referenceDate", date, "YYYY-MM-DD")


_BOX = "[minx, miny, minz, maxx, maxy, maxz]"


def _box(value: Any) -> bool:
    return _numbers(value, 6) and all(value[n] <= value[n + 3] for n in range(3))


def _templates(body: Mapping[str, Any], scope: Scope, notes: Notes) -> list[Any] | None:
    said = body.get("geometry-templates")
    if said is None:
        return None
    found = said.get("templates") if isinstance(said, dict) else None
    for name in ("templates", "vertices-templates"):
        if not isinstance(said, dict) or not isinstance(said.get(name), list):
            notes.add("member-missing", "", f"geometry-templates/{name}", expected="array")
    if not isinstance(found, list):
        return []
    corners = said.get("vertices-templates") if isinstance(said, dict) else None
    count = len(corners) if isinstance(corners, list) else 0
    # Templates have vertices of their own.
    own = replace(scope, used=np.zeros(count, bool))
    for n, shape in enumerate(found):
        where = f"geometry-templates/templates/{n}"
        if isinstance(shape, dict) and shape.get("type") == "GeometryInstance":
            notes.add("geometry-type", "", f"{where}/type", shape["type"], " | ".join(DEPTH))
        else:
            examine_geometry("", where, shape, "", count, own, notes)
    return found


def _vertices(body: Mapping[str, Any], notes: Notes, *, whole: bool) -> Any:
    """Return the vertices as they are written, (n, 3); None if they are none."""
    from itertools import chain

    said = body.get("vertices")
    if not isinstance(said, list):
        if said is not None:
            notes.add("member-kind", "", "vertices", said, "array")
        return None
    lengths = {type(v) is list and len(v) for v in said}
    if lengths - {3}:
        n = next(n for n, v in enumerate(said) if type(v) is not list or len(v) != 3)
        notes.add("vertex-kind", "", f"vertices/{n}", said[n], "three numbers")
        return None
    kinds = set(map(type, chain.from_iterable(said)))
    if kinds - {int, float}:
        n = next(n for n, v in enumerate(said) if {*map(type, v)} - {int, float})
        notes.add("vertex-kind", "", f"vertices/{n}", said[n], "three numbers")
        return None
    if whole and float in kinds:
        n = next(n for n, v in enumerate(said) if float in {*map(type, v)})
        notes.add("vertex-whole", "", f"vertices/{n}", said[n], "whole numbers")
    return np.array(said, np.float64).reshape(-1, 3)


def _extent(body: Mapping[str, Any], vertices: Any, scope: Scope, notes: Notes) -> None:
    """Hold the extent of the metadata against the vertices that are used."""
    metadata = body.get("metadata")
    said = metadata.get("geographicalExtent") if isinstance(metadata, dict) else None
    if said is None or not _box(said):
        return
    if vertices is None or scope.used is None or not scope.used.any():
        return
    at = vertices[scope.used]
    transform = body.get("transform")
    if isinstance(transform, dict):
        if not (_numbers(transform.get("scale"), 3) and _numbers(transform.get("translate"), 3)):
            return
        with np.errstate(over="ignore", invalid="ignore"):
            at = at * np.array(transform["scale"]) + np.array(transform["translate"])
    met = np.concatenate([at.min(axis=0), at.max(axis=0)])
    slack = max(_SLACK, 1e-3 * float(np.ptp(met.reshape(2, 3), axis=0).max()))
    given = np.array(said, np.float64)
    if (met[:3] < given[:3] - slack).any() or (met[3:] > given[3:] + slack).any():
        notes.add(
            "extent-wrong",
            "",
            "metadata/geographicalExtent",
            [round(v, 3) for v in said],
            str([round(float(v), 3) for v in met]),
        )
