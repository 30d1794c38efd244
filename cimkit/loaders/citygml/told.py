"""What can be wrong with a geometry, in words."""

from __future__ import annotations

from typing import Any

from cimkit.loaders.citygml.names import local
from cimkit.model import Problem

__all__ = ["bent", "invalid", "old_texture", "unresolved"]


def unresolved(prop: Any, link: str, key: str) -> Problem:
    """Tell of a reference that leads nowhere."""
    return Problem(
        "xlink-unresolved",
        f"A {local(prop)} refers to a geometry that is not in the delivery.",
        "error",
        f"line {prop.sourceline} {key}",
        got=link,
        expected="a gml:id of this file, or of one beside it",
    )


def invalid(element: Any, why: str, key: str) -> Problem:
    """Tell of an element that is no geometry."""
    return Problem(
        "boundary-invalid",
        f"A {local(element)} of the object cannot be used: {why}.",
        "error",
        f"line {element.sourceline} {key}",
        expected="gml:posList or gml:pos with whole positions",
    )


def bent(element: Any, key: str) -> Problem:
    """Tell of a curve that is kept by the points that define it."""
    return Problem(
        "curve-not-straight",
        "A curve has bent segments; the points that define them are kept as a line.",
        place=f"line {element.sourceline} {key}",
        got=local(element),
    )


def old_texture(element: Any, key: str) -> Problem:
    """Tell of the appearance that CityGML before 1.0 sets into the geometry itself."""
    return Problem(
        "appearance-unknown",
        "A surface has its material or texture in the old way, as a TexturedSurface; its geometry "
        "is kept without.",
        place=f"line {element.sourceline} {key}",
        expected="an app:Appearance",
    )
