"""Implicit geometry: a template, a matrix and a point, as CityGML has trees, lamps and benches."""

from __future__ import annotations

from typing import Any

from cimkit.loaders.citygml.bodies import Body
from cimkit.loaders.citygml.elements import is_geometry
from cimkit.loaders.citygml.geometry import Gatherer
from cimkit.loaders.citygml.library import library_shape
from cimkit.loaders.citygml.names import href, identifier, local
from cimkit.loaders.citygml.reading import Reading
from cimkit.loaders.citygml.stream import texts_of
from cimkit.model import Problem

__all__ = ["placed"]

_IDENTITY = tuple(float(i % 5 == 0) for i in range(16))


def placed(
    element: Any, lod: str, gatherer: Gatherer, reading: Reading, surface: int | None
) -> tuple[list[Body], dict[str, Any]]:
    """Return the bodies of an implicit geometry, and what places them.

    The bodies have the template's own coordinates and a ``frame``; where they come to stand is
    worked out when they are assembled. Without a template at hand it is its reference point.
    """
    matrix, point, shape = _IDENTITY, None, None
    facts: dict[str, Any] = {"lod": lod}
    for prop in element.iterchildren("*"):
        name = local(prop)
        if name == "transformationMatrix":
            matrix = _matrix(prop, gatherer) or matrix
            facts["matrix"] = list(matrix)
        elif name == "referencePoint":
            point = _point(prop, reading)
        elif name in ("relativeGMLGeometry", "relativeGeometry"):
            shape, facts["template"] = _shape(prop, gatherer)
        elif name in ("libraryObject", "mimeType"):
            facts[name] = " ".join((prop.text or "").split())
    words = next(iter(texts_of(point)), "") if point is not None else ""
    if point is not None:
        words = " ".join(texts_of(point))
        facts["point"] = words
    if facts.get("libraryObject") and shape is None:
        shape, why = library_shape(facts["libraryObject"], reading)
        if shape is None:
            gatherer.tally.add(
                Problem(
                    "library-object-not-read",
                    "An object has its shape in a file of another format; its reference point "
                    f"stands for it: {why}.",
                    "warning",
                    f"line {element.sourceline} {gatherer.key}",
                    got=facts["libraryObject"],
                    expected="OBJ, STL, OFF, PLY, glTF or FBX beside the model",
                )
            )
    bodies: list[Body] = []
    if shape is not None and point is not None:
        width, gatherer.dimension = gatherer.dimension, 3
        bodies = list(gatherer.bodies(shape, lod, surface))
        gatherer.dimension = width
        number = gatherer.texts.add(words, len(words.split()), element.sourceline)
        srs = point.get("srsName")
        for body in bodies:
            body.frame = (matrix, number)
            body.srs = srs
    if not bodies and point is not None:
        bodies = list(gatherer.bodies(point, lod, surface))
    if point is None:
        gatherer.tally.add(
            Problem(
                "boundary-invalid",
                "An implicit geometry has no reference point, so nobody knows where it stands.",
                "error",
                f"line {element.sourceline} {gatherer.key}",
                expected="referencePoint with a gml:Point",
            )
        )
    return bodies, facts


def _point(prop: Any, reading: Reading) -> Any:
    found = next((c for c in prop.iterchildren("*") if local(c) == "Point"), None)
    link = href(prop)
    if found is None and link is not None:
        found = reading.links.find(link)
    return found if found is not None and local(found) == "Point" else None


def _matrix(prop: Any, gatherer: Gatherer) -> tuple[float, ...] | None:
    try:
        found = tuple(float(w) for w in (prop.text or "").split())
    except ValueError:
        found = ()
    if len(found) == 16:
        return found
    gatherer.tally.add(
        Problem(
            "matrix-invalid",
            "A transformation matrix is no 16 numbers; the template is placed as it is.",
            "error",
            f"line {prop.sourceline} {gatherer.key}",
            got=(prop.text or "").strip()[:80],
            expected="16 numbers, row by row",
        )
    )
    return None


def _shape(prop: Any, gatherer: Gatherer) -> tuple[Any, str]:
    link = href(prop)
    if link is not None and not len(prop):
        target = gatherer.find(link)
        if target is None:
            gatherer.tally.add(
                Problem(
                    "template-missing",
                    "An object refers to a template that is not in the delivery; its reference "
                    "point stands for it.",
                    "error",
                    f"line {prop.sourceline} {gatherer.key}",
                    got=link,
                )
            )
        elif not is_geometry(target):
            target = next((c for c in target.iter("*") if is_geometry(c)), None)
        return target, link.removeprefix("#")
    inner = next((c for c in prop.iterchildren("*") if is_geometry(c)), None)
    return inner, (identifier(inner) or "") if inner is not None else ""
