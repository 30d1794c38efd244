"""Alignments of IFC4X1 and IFC4X2, whose curves no later release has, rewritten as chains."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.courses import Course, Grade, Piece, course
from cimkit.loaders.ifc.rearrangement import arguments

__all__ = ["DRAFTS", "drawn"]

Reals = npt.NDArray[np.float64]
Statement = tuple[str, list[bytes]]

_PLANS = ("LINESEGMENT2D", "CIRCULARARCSEGMENT2D", "TRANSITIONCURVESEGMENT2D")
_PROFILES = ("VERSEGLINE", "VERSEGPARABOLICARC", "VERSEGCIRCULARARC")
DRAFTS = tuple(
    f"IFC{name}"
    for name in (
        *("ALIGNMENTCURVE", "ALIGNMENT2DHORIZONTAL", "ALIGNMENT2DHORIZONTALSEGMENT"),
        *("ALIGNMENT2DVERTICAL", *(f"ALIGNMENT2D{p}" for p in _PROFILES), *_PLANS),
    )
)
"""Classes that are given up for the chains."""
_STATEMENT = re.compile(
    rb"(#\s*\d+)\s*=\s*(" + "|".join((*DRAFTS, "IFCDISTANCEEXPRESSION")).encode() + rb")\s*"
    rb"\(((?:[^';]++|'(?:[^']++|'')*+')*+);",
    re.IGNORECASE,
)
_POINT = re.compile(rb"(#\s*\d+)\s*=\s*IFCCARTESIANPOINT\s*\(\s*\(([^()]*)\)\s*\)", re.IGNORECASE)
_CONTEXT = re.compile(rb"(#\s*\d+)\s*=\s*IFCGEOMETRICREPRESENTATIONCONTEXT\s*\(", re.IGNORECASE)
_ALIGNMENT = re.compile(
    rb"(#\s*\d+\s*=\s*IFCALIGNMENT\s*\()((?:[^';]++|'(?:[^']++|'')*+')*+);", re.IGNORECASE
)
_MILLIMETRES = re.compile(rb"\.LENGTHUNIT\.\s*,\s*\.MILLI\.", re.IGNORECASE)
_DEGREES = re.compile(rb"\.PLANEANGLEUNIT\.\s*,\s*'\s*DEGREE\s*'", re.IGNORECASE)
_PLACED = re.compile(rb"(#\s*\d+\s*=\s*IFCLINEARPLACEMENT\s*\()([^();]*)\)\s*;", re.IGNORECASE)
_NUMBER = re.compile(rb"#\s*(\d+)\s*=")
_BLENDS = {
    "CLOTHOIDCURVE": "CLOTHOID",
    "BLOSSCURVE": "BLOSSCURVE",
    "COSINECURVE": "COSINECURVE",
    "SINECURVE": "SINECURVE",
    "BIQUADRATICPARABOLA": "HELMERTCURVE",
    "CUBICPARABOLA": "CUBIC",
}


def drawn(content: bytes, classes: Counter[str]) -> tuple[bytes, Counter[str]]:
    """Return the text with each alignment curve as a chain of points, and its classes then.

    A curve with a kind of segment that is not known stays, and is told as lost by the parser.

    Parameters
    ----------
    content : bytes
        The whole text.
    classes : Counter of str
        Number of instances by class in it.
    """
    if not classes["IFCALIGNMENTCURVE"]:
        return content, classes
    held: dict[bytes, Statement] = {
        _tidy(m[1]): (m[2].decode().upper(), _inside(m[3])) for m in _STATEMENT.finditer(content)
    }
    unit = 0.001 if _MILLIMETRES.search(content) else 1.0
    angle = math.pi / 180 if _DEGREES.search(content) else 1.0
    points = {_tidy(m[1]): m[2] for m in _POINT.finditer(content)}
    model, text = _Curves(held, points, unit, angle), _Text(content, unit)
    courses = {n: model.course(a) for n, (k, a) in held.items() if k == "IFCALIGNMENTCURVE"}
    known = {n: c for n, c in courses.items() if c is not None}
    if len(known) < len(courses):
        return content, classes
    for number, found in known.items():
        line = found.line if found.line is not None else found.plan
        text.chain(number, line)

    def shown(match: re.Match[bytes]) -> bytes:
        old = _inside(match[2])
        axis = _tidy(old[7]) if len(old) > 7 and old[6] == b"$" else b""
        if axis not in known:
            return match[0]
        shown = text.representation(axis, known[axis])
        return match[1] + b",".join([*old[:6], shown, *old[7:]]) + b");"

    def placed(match: re.Match[bytes]) -> bytes:
        old = [_tidy(a) for a in match[2].split(b",")]
        above, rest = (old[0], old[1:]) if len(old) > 4 else (b"$", old)
        where = held.get(rest[1]) if len(rest) > 3 else None
        if where is None or rest[0] not in known:
            return match[0]
        axes = text.along(rest[0], where[1], known[rest[0]])
        return match[1] + b",".join([above, axes, rest[3]]) + b");"

    content = _STATEMENT.sub(lambda m: b"", content)
    content = _PLACED.sub(placed, _ALIGNMENT.sub(shown, content))
    after = Counter({n: c for n, c in classes.items() if n not in DRAFTS})
    del after["IFCDISTANCEEXPRESSION"]
    return text.appended(content), after + text.classes


def _inside(text: bytes) -> list[bytes]:
    return list(arguments(text.rstrip().removesuffix(b")")))


def _tidy(reference: bytes) -> bytes:
    return b"".join(reference.split())


def _real(token: bytes) -> float:
    try:
        return float(token)
    except ValueError:
        return 0.0  # unset


def _members(token: bytes) -> list[bytes]:
    return [_tidy(t) for t in token.strip().strip(b"()").split(b",") if t.strip()]


class _Curves:
    """The curves of a text."""

    def __init__(
        self, held: dict[bytes, Statement], points: dict[bytes, bytes], unit: float, angle: float
    ) -> None:
        self._held, self._points, self._unit, self._angle = held, points, unit, angle

    def course(self, curve: list[bytes]) -> Course | None:
        """Return what an IfcAlignmentCurve (Horizontal, Vertical, Tag) draws."""
        plan = self._held.get(_tidy(curve[0]))
        if plan is None or len(plan[1]) < 2:
            return None
        pieces = [self._piece(n) for n in _members(plan[1][1])]
        profile = self._held.get(_tidy(curve[1])) if len(curve) > 1 else None
        grades = [self._grade(n) for n in _members(profile[1][0])] if profile else []
        whole = [p for p in pieces if p is not None]
        heights = [g for g in grades if g is not None]
        if len(whole) < len(pieces) or len(heights) < len(grades):
            return None
        return course(whole, heights, _real(plan[1][0]) * self._unit)

    def _piece(self, number: bytes) -> Piece | None:
        segment = self._held.get(number)
        inner = self._held.get(_tidy(segment[1][-1])) if segment is not None else None
        if inner is None or len(inner[1]) < 3:
            return None
        (kind, said), unit = inner, self._unit
        start = self._points.get(_tidy(said[0]), b"").split(b",")
        if len(start) < 2:
            return None
        before = after = 0.0
        blend = "LINE"
        if kind == "IFCCIRCULARARCSEGMENT2D":
            before = after = _curvature(said[3], said[4]) / unit
            blend = "CIRCULARARC"
        elif kind == "IFCTRANSITIONCURVESEGMENT2D":
            before, after = (_curvature(said[i], said[i + 2]) / unit for i in (3, 4))
            blend = _BLENDS.get(said[7].strip(b". ").decode().upper(), "")
        if not blend:
            return None
        at = (_real(start[0]) * unit, _real(start[1]) * unit)
        turn, length = _real(said[1]) * self._angle, _real(said[2]) * unit
        return Piece(at, turn, length, before, after, blend)

    def _grade(self, number: bytes) -> Grade | None:
        segment = self._held.get(number)
        if segment is None or len(segment[1]) < 7:
            return None
        kind, said = segment
        start, length, height = (_real(said[i]) * self._unit for i in (3, 4, 5))
        gradient = _real(said[6])
        if kind.endswith("LINE"):
            return Grade(start, length, height, gradient)
        sag = b".F." if said[8] == b".T." else b".T."  # convex is a crest
        bend = _curvature(said[7], sag) / self._unit
        if kind.endswith("PARABOLICARC"):
            return Grade(start, length, height, gradient, "parabola", bend)
        return Grade(start, length, height, gradient, "arc", bend)


def _curvature(radius: bytes, left: bytes) -> float:
    size = _real(radius)
    return (1.0 if left == b".T." else -1.0) / size if size else 0.0


class _Text:
    """Statements to be added to a text."""

    def __init__(self, content: bytes, unit: float) -> None:
        self._unit = unit
        self._next = max((int(m[1]) for m in _NUMBER.finditer(content)), default=0) + 1
        context = _CONTEXT.search(content)
        self._context = _tidy(context[1]) if context else b"$"
        self._lines: list[bytes] = []
        self.classes: Counter[str] = Counter()

    def add(self, name: str, arguments: bytes, number: bytes = b"") -> bytes:
        """Add a statement, return its number."""
        if not number:
            number = b"#%d" % self._next
            self._next += 1
        self._lines.append(number + b"=" + name.encode() + b"(" + arguments + b");")
        self.classes[name] += 1
        return number

    def chain(self, number: bytes, points: Reals) -> None:
        """Add a polyline of points under a number of its own."""
        rows = [
            b"(" + b",".join(b"%.17G" % v for v in row) + b")"
            for row in (points / self._unit).tolist()
        ]
        rows = [re.sub(rb"(?<![\d.E+-])(-?\d+)(?=[,)E])", rb"\1.", r) for r in rows]
        listed = self.add("IFCCARTESIANPOINTLIST3D", b"(" + b",".join(rows) + b"),$")
        self.add("IFCINDEXEDPOLYCURVE", listed + b",$,$", number)

    def representation(self, axis: bytes, found: Course) -> bytes:
        """Add axis and, where they differ, plan; return the number of the representation."""
        kind = b"'Curve3D'" if found.line is not None else b"'Curve2D'"
        shapes = [self._shape(b"'Axis'", kind, axis)]
        if found.line is not None:
            plan = b"#%d" % self._next
            self._next += 1
            self.chain(plan, found.plan)
            shapes.append(self._shape(b"'FootPrint'", b"'Curve2D'", plan))
        return self.add("IFCPRODUCTDEFINITIONSHAPE", b"$,$,(" + b",".join(shapes) + b")")

    def _shape(self, name: bytes, kind: bytes, item: bytes) -> bytes:
        said = b",".join([self._context, name, kind, b"(" + item + b")"])
        return self.add("IFCSHAPEREPRESENTATION", said)

    def along(self, curve: bytes, where: list[bytes], found: Course) -> bytes:
        """Add what an IfcDistanceExpression says; return the number of the placement."""
        line = found.line if found.line is not None else found.plan
        known = found.line_along if found.line is not None else found.along
        steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
        in_space = np.concatenate([[0.0], np.cumsum(steps)])
        distance = _real(where[0])
        if where[4:5] != [b".F."]:  # in the plan, which is the default
            metres = float(np.interp(distance * self._unit, known, in_space))
            distance = metres / self._unit
        offsets = [o if o.strip() else b"$" for o in (*where[1:4], b"$", b"$", b"$")[:3]]
        said = [b"IFCLENGTHMEASURE(%s)" % re.sub(rb"^(-?\d+)$", rb"\1.", b"%.17G" % distance)]
        point = self.add("IFCPOINTBYDISTANCEEXPRESSION", b",".join([*said, *offsets, curve]))
        return self.add("IFCAXIS2PLACEMENTLINEAR", point + b",$,$")

    def appended(self, content: bytes) -> bytes:
        """Return the text with the statements at the end of its data."""
        end = content.upper().rfind(b"ENDSEC")
        at = end if end >= 0 else len(content)
        return content[:at] + b"\n".join(self._lines) + b"\n" + content[at:]
