"""Whether the segments of an alignment's curves meet, as the parser's geometry has them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.checks.ifc_valid.curves import curves_below
from cimkit.checks.ifc_valid.outcome import Found

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS"]

_MEETS = frozenset({"CONTINUOUS", "CONTSAMEGRADIENT", "CONTSAMEGRADIENTSAMECURVATURE"})
_TOUCHES = _MEETS - {"CONTINUOUS"}


class _Segments:
    """Evaluates curve segments in the units of the model."""

    def __init__(self, model: Model) -> None:
        from ifcopenshell import geom, ifcopenshell_wrapper

        self._wrapper: Any = ifcopenshell_wrapper
        make: Any = geom.settings
        self._settings = make()
        self._unit = model.length_unit

    def frames(self, segment: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the 4×4 frames at the start and the end of a segment."""
        function = self._wrapper.map_shape(self._settings, segment)
        evaluator = self._wrapper.function_item_evaluator(self._settings, function)
        ends = [np.array(evaluator.evaluate(u)) for u in (0.0, function.length())]
        for frame in ends:
            frame[:3, 3] /= self._unit
        return ends[0], ends[1]


def _pairs(model: Model, curve: str, kind: str) -> Iterator[tuple[Any, Any]]:
    seen: set[int] = set()
    for alignment in model.of("IfcAlignment"):
        shape = alignment.Representation
        for representation in shape.Representations if shape else ():
            if representation.RepresentationType != kind:
                continue
            for item in representation.Items or ():
                for one in curves_below(item):
                    if one.is_a() == curve and one.id() not in seen:
                        seen.add(one.id())
                        segments = [s for s in one.Segments if s.is_a("IfcCurveSegment")]
                        yield from pairwise(segments)


def _hold(model: Model, found: Found, curve: str, kind: str, *, gradient: bool) -> None:
    segments = _Segments(model)
    for one, following in _pairs(model, curve, kind):
        found.look()
        if one.Transition not in _MEETS:
            continue
        precision = model.precision(one)
        end, start = segments.frames(one)[1], segments.frames(following)[0]
        gap = math.dist(end[:2, 3], start[:2, 3])
        if gap > precision:
            found.fail(following, f"{gap:.6g}", f"≤ {precision:g}")
            continue
        if one.Transition not in _TOUCHES:
            continue
        if gradient:
            bend = abs(_slope(end) - _slope(start))
            allowed = precision
        else:
            bend = abs(_turn(end) - _turn(start))
            bend = min(bend, 2 * math.pi - bend)
            length = getattr(one.SegmentLength, "wrappedValue", one.SegmentLength)
            allowed = math.atan2(precision, abs(float(length)) or 1.0)
        if math.isfinite(bend) and bend > allowed:
            found.fail(following, f"{bend:.6g}", f"≤ {allowed:.3g}")


def _turn(frame: npt.NDArray[np.float64]) -> float:
    return math.atan2(frame[1, 0], frame[0, 0])


def _slope(frame: npt.NDArray[np.float64]) -> float:
    run, rise = float(frame[0, 0]), float(frame[1, 0])
    return rise / run if abs(run) > 1e-12 else math.copysign(math.inf, rise)


def _horizontal(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    _hold(model, found, "IfcCompositeCurve", "Curve2D", gradient=False)


def _vertical(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    _hold(model, found, "IfcGradientCurve", "Curve3D", gradient=True)


TESTS = {"horizontal-continuity": _horizontal, "vertical-continuity": _vertical}
