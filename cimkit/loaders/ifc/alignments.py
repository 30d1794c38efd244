"""Lines of alignments that a model describes by design parameters alone (IFC 4.3, 4.1.4.4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.courses import BLENDS, Course, Grade, Piece, course
from cimkit.loaders.ifc.instances import get, members
from cimkit.loaders.ifc.reals import real
from cimkit.loaders.ifc.units import angle_unit, length_unit

__all__ = ["design_lines"]

Reals = npt.NDArray[np.float64]


def design_lines(alignment: Any) -> Iterator[tuple[str, Reals | None]]:
    """Yield the lines of an IfcAlignment that has no representation.

    Parameters
    ----------
    alignment : IfcAlignment
        Of IFC4X3; one that has only a profile takes the plan of the alignment it is part of.

    Yields
    ------
    representation : str
        ``Axis``, in space where there is a profile; then also ``FootPrint``, the plan.
    points : (n, 3) array
        Metres, in the system of the alignment; None if they cannot be worked out.
    """
    model = alignment.file
    unit, angle = length_unit(model), angle_unit(model)
    plan = _layout(alignment, "IfcAlignmentHorizontal")
    if plan is None:
        above = [r.RelatingObject for r in getattr(alignment, "Decomposes", ())]
        plans = [_layout(a, "IfcAlignmentHorizontal") for a in above if a is not None]
        plan = next((p for p in plans if p is not None), None)
    if plan is None:
        return
    pieces = [_piece(s, unit, angle) for s in _segments(plan, "IfcAlignmentHorizontalSegment")]
    profile = _layout(alignment, "IfcAlignmentVertical")
    held = _segments(profile, "IfcAlignmentVerticalSegment") if profile is not None else ()
    grades = [_grade(s, unit) for s in held]
    whole = [p for p in pieces if p is not None]
    heights = [g for g in grades if g is not None]
    found: Course | None = None
    if len(whole) == len(pieces) and len(heights) == len(grades):
        found = course(whole, heights)
    if found is not None:
        yield "Axis", found.line if found.line is not None else found.plan
        if found.line is not None:
            yield "FootPrint", found.plan
    elif pieces:
        yield "Axis", None


def _nested(whole: Any) -> Iterator[Any]:
    for relation in getattr(whole, "IsNestedBy", ()):
        yield from members(relation.RelatedObjects)


def _layout(alignment: Any, name: str) -> Any:
    return next((one for one in _nested(alignment) if one.is_a(name)), None)


def _segments(layout: Any, name: str) -> list[Any]:
    held = [getattr(one, "DesignParameters", None) for one in _nested(layout)]
    return [s for s in held if s is not None and hasattr(s, "is_a") and s.is_a(name)]


def _curvature(radius: Any, unit: float) -> float:
    size = real(radius) * unit
    return 1.0 / size if size else 0.0


def _piece(segment: Any, unit: float, angle: float) -> Piece | None:
    kind = segment.PredefinedType
    at = get(segment.StartPoint, 0) if segment.StartPoint is not None else None
    if kind not in BLENDS or not isinstance(at, tuple) or len(at) < 2:
        return None
    before = _curvature(segment.StartRadiusOfCurvature, unit)
    after = _curvature(segment.EndRadiusOfCurvature, unit)
    return Piece(
        (real(at[0]) * unit, real(at[1]) * unit),
        real(segment.StartDirection) * angle,
        real(segment.SegmentLength) * unit,
        0.0 if kind == "LINE" else before,
        0.0 if kind == "LINE" else before if kind == "CIRCULARARC" else after,
        kind,
    )


def _grade(segment: Any, unit: float) -> Grade | None:
    length = real(segment.HorizontalLength) * unit
    first, last = real(segment.StartGradient), real(segment.EndGradient)
    start, height = real(segment.StartDistAlong) * unit, real(segment.StartHeight) * unit
    if segment.PredefinedType == "CONSTANTGRADIENT" or not length:
        return Grade(start, length, height, first)
    if segment.PredefinedType == "PARABOLICARC":
        return Grade(start, length, height, first, "parabola", (last - first) / length)
    if segment.PredefinedType == "CIRCULARARC":
        sines = [v / (1 + v * v) ** 0.5 for v in (first, last)]
        return Grade(start, length, height, first, "arc", (sines[1] - sines[0]) / length)
    return None
