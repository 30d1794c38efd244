"""Alignments: which layouts they have, and how those are made."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cimkit.checks.ifc_valid.outcome import Found

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS", "nested", "segments_of"]

_LAYOUTS = {
    "IfcAlignmentHorizontal": "SegmentLength",
    "IfcAlignmentVertical": "HorizontalLength",
    "IfcAlignmentCant": "HorizontalLength",
}
_ALONE = {(1, 0, 0), (1, 1, 0), (1, 1, 1)}
_REUSED = {(0, 1, 0), (0, 1, 1)}
_SAME = 1e-4
"""Relative difference up to which a radius agrees with its gradients."""


def nested(thing: Any, *names: str) -> list[Any]:
    """Return what is nested in an object, in order; of these classes if any are named."""
    found = [o for rel in thing.IsNestedBy or () for o in rel.RelatedObjects or ()]
    return [o for o in found if not names or any(o.is_a(n) for n in names)]


def segments_of(layout: Any) -> list[Any]:
    """Return the design parameters of a layout's segments, in order."""
    return [s.DesignParameters for s in nested(layout, "IfcAlignmentSegment") if s.DesignParameters]


def _layout(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for name in ("IfcAlignmentHorizontal", "IfcAlignmentVertical"):
        for layout in model.of(name):
            owners = [r.RelatingObject for r in layout.Nests or ()]
            owners = [o for o in owners if o is not None and o.is_a("IfcAlignment")]
            found.look()
            if len(owners) > 1 or not owners:
                met = ", ".join(f"#{o.id()}" for o in owners) or "-"
                found.fail(layout, met, "1 IfcAlignment")
    for alignment in model.of("IfcAlignment"):
        kinds = Counter(o.is_a() for o in nested(alignment))
        for name in ("IfcAlignmentHorizontal", "IfcAlignmentVertical"):
            if kinds[name] > 1:
                found.fail(alignment, f"{kinds[name]} {name}", f"1 {name}")


def _in_project(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for alignment in model.of("IfcAlignment"):
        found.look()
        whole, seen = alignment, set()
        while whole is not None and not whole.is_a("IfcProject") and whole.id() not in seen:
            seen.add(whole.id())
            rels = getattr(whole, "Decomposes", None) or ()
            whole = rels[0].RelatingObject if rels else None
        if whole is None or not whole.is_a("IfcProject"):
            found.fail(alignment, "", "IfcProject")


def _radius(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for layout in model.of("IfcAlignmentVertical"):
        for segment in segments_of(layout):
            if not segment.is_a("IfcAlignmentVerticalSegment"):
                continue
            radius, kind = segment.RadiusOfCurvature, segment.PredefinedType
            if kind not in ("CIRCULARARC", "PARABOLICARC"):
                found.look()
                if radius is not None:
                    found.fail(segment, radius, f"{kind}: -")
            elif kind == "PARABOLICARC":
                found.look()
                bend = segment.EndGradient - segment.StartGradient
                due = segment.HorizontalLength / bend if bend else math.inf
                if radius is None or not math.isclose(radius, due, rel_tol=_SAME):
                    found.fail(segment, radius, f"{due:.6g}")


def _zero(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for name, length in _LAYOUTS.items():
        for layout in model.of(name):
            last = segments_of(layout)[-1:]
            for segment in last:
                found.look()
                value = getattr(segment, length, None)
                if value:
                    found.fail(layout, f"{length}: {value:.6g}", "0")


def _combination(alignment: Any) -> tuple[int, int, int]:
    kinds = Counter(o.is_a() for o in nested(alignment))
    horizontal, vertical, cant = (kinds[name] for name in _LAYOUTS)
    return horizontal, vertical, cant


def _said(combination: tuple[int, int, int]) -> str:
    names = ("horizontal", "vertical", "cant")
    return ", ".join(f"{n} {k}" for n, k in zip(combination, names, strict=True) if n) or "0"


def _children(alignment: Any) -> list[Any]:
    parts = [o for rel in alignment.IsDecomposedBy or () for o in rel.RelatedObjects or ()]
    return [o for o in parts if o.is_a("IfcAlignment")]


def _alone(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    children = {c.id() for a in model.of("IfcAlignment") for c in _children(a)}
    for alignment in model.of("IfcAlignment"):
        layouts = _combination(alignment)
        if alignment.IsDecomposedBy or not any(layouts) or alignment.id() in children:
            continue
        found.look()
        if layouts not in _ALONE:
            found.fail(alignment, _said(layouts), "; ".join(map(_said, sorted(_ALONE))))


def _reused(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for parent in model.of("IfcAlignment"):
        children = _children(parent)
        if not children:
            continue
        layouts = _combination(parent)
        found.look()
        if layouts != (1, 0, 0) and any(layouts):
            found.fail(parent, _said(layouts), _said((1, 0, 0)))
        for child in children:
            found.look()
            layouts = _combination(child)
            if layouts not in _REUSED:
                found.fail(child, _said(layouts), "; ".join(map(_said, sorted(_REUSED))))
            if _children(child):
                found.fail(child, "IfcAlignment", "-")


def _items(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for segment in model.of("IfcAlignmentSegment"):
        shape, design = segment.Representation, segment.DesignParameters
        if design is None:
            continue
        due = 2 if design.PredefinedType == "HELMERTCURVE" else 1
        found.look()
        for representation in shape.Representations if shape else ():
            if len(representation.Items) != due:
                found.fail(segment, len(representation.Items), due)


def _cables(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for cable in model.of("IfcCableSegment"):
        found.look()
        flows = [p.FlowDirection for p in nested(cable, "IfcDistributionPort")]
        if sorted(map(str, flows)) != ["SINK", "SOURCE"]:
            found.fail(cable, ", ".join(map(str, flows)) or "-", "SINK, SOURCE")


TESTS = {
    "alignment-layout": _layout,
    "alignment-in-project": _in_project,
    "vertical-radius": _radius,
    "layout-ends-with-zero": _zero,
    "layouts-alone": _alone,
    "layouts-reused": _reused,
    "segment-items": _items,
    "cable-ports": _cables,
}
