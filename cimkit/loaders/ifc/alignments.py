"""Lines of alignments that a model describes by design parameters alone (IFC 4.3, 4.1.4.4.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.loaders.ifc.courses import BLENDS, RAMPS, Course, Grade, Piece, Tilt, course
from cimkit.loaders.ifc.instances import get, members
from cimkit.loaders.ifc.reals import real
from cimkit.loaders.ifc.units import angle_unit, length_unit
from cimkit.model import Problem

__all__ = ["DEPARTURE_M", "RADIANS", "departure", "departure_problem", "design_lines", "in_radians"]

Reals = npt.NDArray[np.float64]

DEPARTURE_M = 0.1
"""A line that is drawn may be this far from the one that is designed."""
RADIANS = (
    "Directions of the design join up if they are radians, but the file's unit of angles is "
    "another: correct the unit (IfcUnitAssignment)."
)
"""What is said where that is so; it is not applied."""
_LOOKED_AT = 500
"""Points of each line that are held against the other."""


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
    angle = angle_unit(alignment.file)
    if not _pieces(alignment, angle):
        return
    found = _designed(alignment, angle)
    if found is None:
        yield "Axis", None
        return
    yield "Axis", found.line if found.line is not None else found.plan
    if found.line is not None:
        yield "FootPrint", found.plan


def departure(alignment: Any, chains: Sequence[Reals]) -> float:
    """Return how far lines drawn of an IfcAlignment are from its design parameters, in metres.

    Parameters
    ----------
    alignment : IfcAlignment
    chains : sequence of (n, 3) arrays
        In the system of the alignment.

    Returns
    -------
    float
        0 if there is no design or one of a kind that is not known; infinite if it does not
        join up.
    """
    angle = angle_unit(alignment.file)
    held = _layouts(alignment, angle)
    if not chains or held is None or not held[0]:
        return 0.0
    found = course(held[0], held[1], tilts=held[2])
    if found is None:
        return float("inf")
    return max((_apart(chain, found) for chain in chains if len(chain) > 1), default=0.0)


def in_radians(alignment: Any) -> bool:
    """Tell whether directions join up in radians only, where the unit of the file is another."""
    angle = angle_unit(alignment.file)
    if abs(angle - 1.0) < 1e-9:
        return False
    found, other = _designed(alignment, angle), _designed(alignment, 1.0)
    if other is None or not _pieces(alignment, 1.0):
        return False
    return found is None or _kinks(alignment, 1.0) + 0.1 < _kinks(alignment, angle)


def departure_problem(far: Sequence[tuple[float, Any]]) -> Problem:
    """Return what is told of alignments that are drawn elsewhere than they are designed.

    Parameters
    ----------
    far : sequence of (float, IfcAlignment)
        Metres, infinite where the design does not join up.
    """
    metres = [d for d, _ in far if np.isfinite(d)]
    said = [f"up to {max(metres):,.2f} m away from what they are designed"] if metres else []
    if len(metres) < len(far):
        said.append("with design parameters that do not join up")
    hint = "Let the authoring tool write curves and design parameters from one state."
    if any(in_radians(a) for _, a in far):
        hint = RADIANS
    return Problem(
        "alignment-contradiction",
        f"{len(far)} alignments are drawn {', or '.join(said)}; the drawn curves were obeyed.",
        place=", ".join(str(getattr(a, "GlobalId", "")) for _, a in far[:5]),
        got=", ".join(f"#{a.id()} {d:.2f} m" for d, a in far[:5]),
        expected=f"at most {DEPARTURE_M} m",
        hint=hint,
    )


_Layouts = tuple[list[Piece], list[Grade], list[Tilt]]


def _layouts(alignment: Any, angle: float) -> _Layouts | None:
    """Return the design with that unit of angles; None if a kind of segment is not known."""
    unit = length_unit(alignment.file)
    pieces = _pieces(alignment, angle)
    profile = _layout(alignment, "IfcAlignmentVertical")
    held = _segments(profile, "IfcAlignmentVerticalSegment") if profile is not None else []
    grades = [_grade(s, unit) for s in held]
    tilts = [_tilt(s, unit) for s in _cant(alignment)[0]]
    whole = [p for p in pieces if p is not None]
    heights = [g for g in grades if g is not None]
    lifts = [t for t in tilts if t is not None]
    if len(whole) + len(heights) + len(lifts) < len(pieces) + len(grades) + len(tilts):
        return None
    return whole, heights, lifts


def _designed(alignment: Any, angle: float) -> Course | None:
    """Return the course of the design with that unit of angles, None if it cannot be known."""
    found = _layouts(alignment, angle)
    return None if found is None else course(found[0], found[1], tilts=found[2])


def _apart(chain: Reals, found: Course) -> float:
    flat = not np.any(chain[:, 2]) or found.line is None
    design = found.plan if flat or found.line is None else found.line
    lines = [shapely.LineString(c[:, :2]) for c in (chain, design)]
    sparse = [c[_some(len(c))] for c in (chain, design)]
    points = [shapely.points(c[:, :2]) for c in sparse]
    off = [shapely.distance(p, one).max() for p, one in zip(points, lines[::-1], strict=True)]
    if not flat and max(off) < DEPARTURE_M:
        steps = np.hypot(*np.diff(chain[:, :2], axis=0).T)
        at = shapely.line_locate_point(lines[0], points[1])
        heights = np.interp(at, np.concatenate([[0.0], np.cumsum(steps)]), chain[:, 2])
        off.append(np.abs(heights - sparse[1][:, 2]).max())
    return float(max(off))


def _some(count: int) -> npt.NDArray[np.intp]:
    return np.unique(np.linspace(0, count - 1, min(count, _LOOKED_AT)).astype(np.intp))


def _kinks(alignment: Any, angle: float) -> float:
    """Return the greatest change of direction from one segment to the next."""
    pieces = [p for p in _pieces(alignment, angle) if p is not None]
    turns = [
        p.direction + p.length * (p.before + p.after) / 2 - q.direction for p, q in pairwise(pieces)
    ]
    return max((abs(np.remainder(t + np.pi, 2 * np.pi) - np.pi) for t in turns), default=0.0)


def _pieces(alignment: Any, angle: float) -> list[Piece | None]:
    """Return the segments of the plan that have a length."""
    plan = _layout(alignment, "IfcAlignmentHorizontal")
    if plan is None:
        above = [r.RelatingObject for r in getattr(alignment, "Decomposes", ())]
        plans = [_layout(a, "IfcAlignmentHorizontal") for a in above if a is not None]
        plan = next((p for p in plans if p is not None), None)
    if plan is None:
        return []
    unit = length_unit(alignment.file)
    held = _segments(plan, "IfcAlignmentHorizontalSegment")
    cant, gauge = _cant(alignment)
    turns = [_angle_of(c, gauge) for c in cant] + [0.0] * len(held)
    return [
        _piece(s, unit, angle, turn)
        for s, turn in zip(held, turns, strict=False)
        if real(s.SegmentLength) != 0
    ]


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


def _cant(alignment: Any) -> tuple[list[Any], float]:
    """Return the segments of cant and the distance of the rails, as they are written."""
    layout = _layout(alignment, "IfcAlignmentCant")
    if layout is None:
        return [], 0.0
    return _segments(layout, "IfcAlignmentCantSegment"), real(layout.RailHeadDistance)


def _angle_of(segment: Any, gauge: float) -> float:
    """Return the change of the angle of cant along a segment."""
    right = real(segment.EndCantRight, real(segment.StartCantRight)) - real(segment.StartCantRight)
    left = real(segment.EndCantLeft, real(segment.StartCantLeft)) - real(segment.StartCantLeft)
    return (right - left) / gauge if gauge else 0.0


def _tilt(segment: Any, unit: float) -> Tilt | None:
    kind = segment.PredefinedType
    length = real(segment.HorizontalLength) * unit
    if kind not in RAMPS:
        return None if length else Tilt(0.0, 0.0, 0.0, 0.0, "CONSTANTCANT")
    left, right = real(segment.StartCantLeft), real(segment.StartCantRight)
    before = (left + right) / 2 * unit
    after = (real(segment.EndCantLeft, left) + real(segment.EndCantRight, right)) / 2 * unit
    return Tilt(real(segment.StartDistAlong) * unit, length, before, after, kind)


def _piece(segment: Any, unit: float, angle: float, tilting: float) -> Piece | None:
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
        real(segment.GravityCenterLineHeight) * unit * tilting if kind == "VIENNESEBEND" else 0.0,
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
