"""The curves that represent alignments, held against the layouts they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cimkit.checks.ifc_valid.alignments import nested, segments_of
from cimkit.checks.ifc_valid.outcome import Found

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS", "alignment_curves", "curves_below"]

_CURVE = {
    "IfcAlignmentHorizontal": "IfcCompositeCurve",
    "IfcAlignmentVertical": "IfcGradientCurve",
    "IfcAlignmentCant": "IfcSegmentedReferenceCurve",
}
_LAYOUT = {curve: layout for layout, curve in _CURVE.items()}
_PARENTS = {
    "BLOSSCURVE": ("IfcThirdOrderPolynomialSpiral",),
    "CIRCULARARC": ("IfcCircle",),
    "CLOTHOID": ("IfcClothoid",),
    "COSINECURVE": ("IfcCosineSpiral",),
    "CUBIC": ("IfcPolynomialCurve",),
    "HELMERTCURVE": ("IfcSecondOrderPolynomialSpiral",),
    "LINE": ("IfcLine", "IfcPolyline"),
    "LINEARTRANSITION": ("IfcLine", "IfcClothoid"),
    "SINECURVE": ("IfcSineSpiral",),
    "VIENNESEBEND": ("IfcSeventhOrderPolynomialSpiral",),
    "CONSTANTGRADIENT": ("IfcLine",),
    "PARABOLICARC": ("IfcPolynomialCurve",),
    "CONSTANTCANT": ("IfcLine",),
}
"""Parent curve of a segment by the type its layout names."""


def curves_below(item: Any) -> Iterator[Any]:
    """Yield a curve and those it is based on."""
    seen: set[int] = set()
    while item is not None and item.id() not in seen:
        seen.add(item.id())
        yield item
        item = getattr(item, "BaseCurve", None)


def _items(thing: Any) -> Iterator[tuple[Any, Any]]:
    shape = getattr(thing, "Representation", None)
    for representation in shape.Representations if shape else ():
        for item in representation.Items or ():
            yield representation, item


def alignment_curves(alignment: Any) -> dict[str, Any]:
    """Return the curve of each kind that represents an alignment, by class."""
    found: dict[str, Any] = {}
    for _, item in _items(alignment):
        for curve in curves_below(item):
            if curve.is_a() in _LAYOUT:
                found.setdefault(curve.is_a(), curve)
    return found


def _layouts(alignment: Any) -> dict[str, Any]:
    """Return the layouts of an alignment by class; the parent's horizontal one serves, too."""
    found = {o.is_a(): o for o in reversed(nested(alignment, *_CURVE))}
    for rel in getattr(alignment, "Decomposes", None) or ():
        whole = rel.RelatingObject
        if whole is not None and whole.is_a("IfcAlignment"):
            for layout in nested(whole, "IfcAlignmentHorizontal"):
                found.setdefault("IfcAlignmentHorizontal", layout)
    return found


def _is_3d(item: Any) -> bool:
    if item.is_a("IfcPolyline"):
        return bool(item.Points) and len(item.Points[0].Coordinates) == 3
    if item.is_a("IfcIndexedPolyCurve"):
        return bool(item.Points.is_a("IfcCartesianPointList3D"))
    return False


def _overall(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for alignment in model.of("IfcAlignment"):
        layouts = _layouts(alignment)
        vertical, cant = "IfcAlignmentVertical" in layouts, "IfcAlignmentCant" in layouts
        for representation, item in _items(alignment):
            axis = representation.RepresentationIdentifier == "Axis"
            kind = item.is_a()
            if not layouts:
                # Geometry alone is not held against layouts that are not there.
                found.look(int(kind == "IfcOffsetCurveByDistances"))
                continue
            found.look()
            if kind == "IfcSegmentedReferenceCurve" and not cant:
                found.fail(alignment, kind, "IfcAlignmentCant")
            if (kind == "IfcGradientCurve" or _is_3d(item)) and not vertical:
                found.fail(alignment, kind, "IfcAlignmentVertical")
            if kind == "IfcGradientCurve" and cant:
                found.fail(alignment, kind, "IfcSegmentedReferenceCurve")
            if kind == "IfcCompositeCurve" and axis and (vertical or cant):
                found.fail(alignment, kind, "IfcGradientCurve, IfcSegmentedReferenceCurve")


def _due(layout: Any) -> list[tuple[str, ...]]:
    """Return the parent curves that a layout's segments call for."""
    found: list[tuple[str, ...]] = []
    for segment in segments_of(layout):
        kind = segment.PredefinedType
        found += [_PARENTS.get(kind, ())] * (2 if kind == "HELMERTCURVE" else 1)
    return found


def _counts(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for alignment in model.of("IfcAlignment"):
        curves = alignment_curves(alignment)
        for layout in nested(alignment, *_CURVE):
            found.look()
            curve = curves.get(_CURVE[layout.is_a()])
            if curve is None or not segments_of(layout):
                continue
            due, met = len(_due(layout)), len(curve.Segments or ())
            if due != met:
                found.fail(layout, met, due)


def _parent(segment: Any) -> str:
    curve = getattr(segment, "ParentCurve", None)
    return curve.is_a() if curve is not None else ""


def _match(found: Found, owner: Any, due: list[tuple[str, ...]], met: list[str]) -> None:
    found.look()
    if len(due) != len(met):
        found.fail(owner, len(met), len(due))
        return
    for wanted, got in zip(due, met, strict=True):
        if got not in wanted:
            found.fail(owner, got, ", ".join(wanted))
            return


def _types(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for alignment in model.of("IfcAlignment"):
        layouts = _layouts(alignment)
        for name, curve in alignment_curves(alignment).items():
            layout = layouts.get(_LAYOUT[name])
            if layout is not None and segments_of(layout):
                _match(found, curve, _due(layout), [_parent(s) for s in curve.Segments or ()])
        found.look(int(bool(layouts)))
    for name, kind in _CURVE.items():
        for layout in model.of(name):
            for _rep, item in _items(layout):
                if item.is_a() == kind:
                    _match(found, layout, _due(layout), [_parent(s) for s in item.Segments or ()])
    for segment in model.of("IfcAlignmentSegment"):
        design = segment.DesignParameters
        wanted = _PARENTS.get(getattr(design, "PredefinedType", None) or "", ())
        for _rep, item in _items(segment):
            if not item.is_a("IfcSegment"):
                continue
            found.look()
            if _parent(item) not in wanted:
                found.fail(segment, _parent(item), ", ".join(wanted))


def _same(model: Model, found: Found, given: Mapping[str, Any]) -> None:
    if given.get("within") and not model.of(given["within"]):
        return
    for curve in model.of("IfcCompositeCurve"):
        kinds = sorted({s.is_a() for s in curve.Segments or ()})
        found.look()
        if curve.is_a() != "IfcCompositeCurve" and kinds != ["IfcCurveSegment"]:
            found.fail(curve, ", ".join(kinds), "IfcCurveSegment")
        elif len(kinds) > 1:
            found.fail(curve, ", ".join(kinds), "1")


def _measures(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for segment in _curve_segments(model):
        for name in ("SegmentStart", "SegmentLength"):
            found.look()
            value = getattr(segment, name)
            if value is None or value.is_a() != "IfcLengthMeasure":
                met = value.is_a() if value is not None else "-"
                found.fail(segment, f"{name}: {met}", "IfcLengthMeasure")


def _curve_segments(model: Model) -> Iterator[Any]:
    seen: set[int] = set()
    for alignment in model.of("IfcAlignment"):
        for _rep, item in _items(alignment):
            for curve in curves_below(item):
                if curve.id() in seen or curve.is_a() not in _LAYOUT:
                    continue
                seen.add(curve.id())
                yield from (s for s in curve.Segments or () if s.is_a("IfcCurveSegment"))


def _ends(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for alignment in model.of("IfcAlignment"):
        for _rep, item in _items(alignment):
            last = (getattr(item, "Segments", None) or ())[-1:]
            for segment in last:
                if not segment.is_a("IfcSegment"):
                    continue
                found.look()
                value = getattr(segment, "SegmentLength", None)
                length = float(getattr(value, "wrappedValue", value) or 0.0)
                if length:
                    found.fail(segment, f"SegmentLength: {length:.6g}", "0")
                if segment.Transition != "DISCONTINUOUS":
                    found.fail(segment, segment.Transition, "DISCONTINUOUS")


TESTS = {
    "layout-and-curve": _overall,
    "segment-counts": _counts,
    "segment-types": _types,
    "curve-segments": _same,
    "segment-measures": _measures,
    "curve-ends-with-zero": _ends,
}
