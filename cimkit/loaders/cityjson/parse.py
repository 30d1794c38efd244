"""CityJSON 1.0 to 2.0 and CityJSONSeq as a stream of city objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from cimkit.errors import SourceUnreadable
from cimkit.loaders._city.model import CityGeometry, CityObject, compact
from cimkit.model import Problem

__all__ = ["Part", "city_objects", "parts", "reference_system"]

Reals = npt.NDArray[np.float64]
Json = dict[str, Any]


@dataclass(slots=True)
class Part:
    """A whole CityJSON document, or one feature of a sequence."""

    head: Json
    """The document, or the first line of the sequence."""
    objects: Json
    """``CityObjects``."""
    vertices: Reals
    """(n, 3) in the CRS."""
    place: str = ""
    """``line n`` in a sequence."""
    feature: bool = False
    """Whether it is a feature of a sequence."""
    problems: list[Problem] = field(default_factory=list)
    """What was wrong with it as a whole."""


def parts(file: Path) -> Iterator[Part]:
    """Yield the document, or the head and each feature of a sequence.

    Raises
    ------
    SourceUnreadable
        If the document, or the head of a sequence, is no JSON or no CityJSON. A broken line
        further down a sequence is a problem of that part.
    """
    with file.open("rb") as opened:
        first = opened.readline()
        rest = opened.readline()
    try:
        head = orjson.loads(first.removeprefix(b"\xef\xbb\xbf")) if rest.strip() else None
    except orjson.JSONDecodeError:
        head = None  # a document over several lines
    if isinstance(head, dict) and head.get("type") == "CityJSON":
        yield from _sequence(file, head)
        return
    try:
        document = orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise SourceUnreadable(
            f"broken JSON: {error.msg}",
            where=f"{file.name} line {error.lineno} column {error.colno}",
            mend="Export the file again; it may have been cut off.",
        ) from error
    if not isinstance(document, dict) or document.get("type") != "CityJSON":
        raise SourceUnreadable("no CityJSON", where=file.name, expected='"type": "CityJSON"')
    yield _part(document, document, "")


def _sequence(file: Path, head: Json) -> Iterator[Part]:
    yield _part(head, head, "line 1")
    with file.open("rb") as opened:
        for number, line in enumerate(opened, 1):
            if number == 1 or not line.strip():
                continue
            place = f"line {number}"
            try:
                feature = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                problem = _lost(f"{place} is broken JSON: {error.msg}", place)
                yield Part(head, {}, np.empty((0, 3)), place, False, [problem])
                continue
            if isinstance(feature, dict) and feature.get("type") == "CityJSONFeature":
                yield _part(head, feature, place, feature=True)


def _part(head: Json, body: Json, place: str, *, feature: bool = False) -> Part:
    problems: list[Problem] = []
    try:
        vertices = np.asarray(body.get("vertices") or [], dtype=np.float64).reshape(-1, 3)
        transform = head.get("transform")
        if transform and len(vertices):
            vertices = vertices * np.asarray(transform["scale"], np.float64)
            vertices = vertices + np.asarray(transform["translate"], np.float64)
    except (ValueError, TypeError, KeyError) as error:
        problems.append(_lost(f"the vertices are no list of coordinates: {error}", place))
        vertices = np.empty((0, 3))
    objects = body.get("CityObjects")
    if not isinstance(objects, dict):
        problems.append(_lost("there are no CityObjects", place))
        objects = {}
    return Part(head, objects, vertices, place, feature, problems)


def _lost(message: str, place: str) -> Problem:
    return Problem(
        code="citymodel-invalid",
        message=message[0].upper() + message[1:] + ".",
        severity="error",
        place=place,
        expected="CityJSON 1.0 to 2.0",
        hint="Validate the file with a CityJSON schema validator.",
    )


def reference_system(head: Json) -> str | None:
    """Return the CRS that the metadata name: a URL, a URN, or ``EPSG:n`` of early versions."""
    metadata = head.get("metadata") or {}
    said = metadata.get("referenceSystem")
    if isinstance(said, str) and said.strip():
        return said.strip()
    old = metadata.get("crs")
    code = old.get("epsg") if isinstance(old, dict) else None
    return f"EPSG:{code}" if code else None


def city_objects(part: Part, problems: list[Problem]) -> Iterator[CityObject]:
    """Yield the objects of a part.

    Parameters
    ----------
    part : Part
    problems : list of Problem
        ``boundary-invalid`` is appended for each geometry that cannot be used.
    """
    for key, body in part.objects.items():
        if not isinstance(body, dict):
            problems.append(_lost(f"the city object {key} is no object", part.place))
            continue
        attributes = body.get("attributes") or {}
        found = CityObject(
            key=key,
            type=str(body.get("type") or ""),
            parent=_parent(body),
            name=_name(attributes),
            attributes=dict(attributes),
            place=part.place or key,
        )
        if body.get("address"):
            found.attributes["address"] = body["address"]
        for index, given in enumerate(body.get("geometry") or []):
            try:
                found.geometries.append(_geometry(given, part))
            except (IndexError, KeyError, TypeError, ValueError) as error:
                problems.append(
                    Problem(
                        code="boundary-invalid",
                        message=f"Geometry {index} of the object cannot be used: {error}.",
                        severity="error",
                        place=f"{part.place} {key}".strip(),
                        got=str(given.get("type") if isinstance(given, dict) else given)[:80],
                        expected="boundaries that point at vertices",
                    )
                )
        yield found


def _parent(body: Json) -> str | None:
    above = body.get("parents") or body.get("parent")  # one name in CityJSON 0.x
    if isinstance(above, list):
        above = above[0] if above else None
    return above if isinstance(above, str) else None


def _name(attributes: Json) -> str | None:
    for name in ("name", "gml:name", "Name"):
        if isinstance(attributes.get(name), str):
            return str(attributes[name])
    return None


def _geometry(given: Json, part: Part) -> CityGeometry:
    if given["type"] == "GeometryInstance":
        return _instance(given, part)
    vertices, boundaries = compact(part.vertices, given["boundaries"])
    return _made(given, vertices, boundaries)


def _made(given: Json, vertices: Reals, boundaries: list[Any]) -> CityGeometry:
    if not np.isfinite(vertices).all():
        raise ValueError("a vertex is not finite")
    said = given.get("semantics")
    looks = {k: given[k] for k in ("material", "texture") if given.get(k)}
    return CityGeometry(
        type=str(given["type"]),
        lod=str(given.get("lod", "")),
        vertices=vertices,
        boundaries=boundaries,
        semantics=said if isinstance(said, dict) and said else None,
        appearance=looks or None,
    )


def _instance(given: Json, part: Part) -> CityGeometry:
    """Write a template out at its place: a tree or a lamp that stands for many."""
    library = part.head["geometry-templates"]
    template = library["templates"][given["template"]]
    local = np.asarray(library["vertices-templates"], np.float64).reshape(-1, 3)
    vertices, boundaries = compact(local, template["boundaries"])
    matrix = np.asarray(given["transformationMatrix"], np.float64).reshape(4, 4)  # row by row
    anchor = part.vertices[given["boundaries"][0]]
    moved = vertices @ matrix[:3, :3].T + matrix[:3, 3] + anchor
    return _made(template, moved, boundaries)
