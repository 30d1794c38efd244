"""Representations, their contexts, mapped items, curves of points, mirrored profiles."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cimkit.checks.ifc_valid.outcome import Found
from cimkit.checks.ifc_valid.paths import walk

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS"]

_SHAPES = "IfcProduct.Representation.Representations"


@cache
def _named(*keys: str) -> frozenset[str]:
    """Return a list of ``names.toml``."""
    held: Any = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
    for key in keys:
        held = held[key]
    return frozenset(held)


def _names(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    types, topologies = _named("shapes", model.family), _named("topologies")
    for one in walk(model, _SHAPES):
        identifier, kind = one.RepresentationIdentifier, one.RepresentationType
        shape, topology = one.is_a("IfcShapeRepresentation"), one.is_a("IfcTopologyRepresentation")
        found.look(int(identifier is not None) + int(kind is not None))
        if identifier is not None and identifier not in _named("identifiers"):
            found.fail(one, f"RepresentationIdentifier: {identifier}", _list(_named("identifiers")))
        if kind is None or not (shape or topology):
            continue
        if kind not in (types if shape else topologies):
            found.fail(one, f"RepresentationType: {kind}", _list(types if shape else topologies))


def _list(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _unique(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for product in model.of("IfcProduct"):
        shape = product.Representation
        if shape is None:
            continue
        named = Counter(r.RepresentationIdentifier for r in shape.Representations or ())
        named.pop(None, 0)
        if not named:
            continue
        found.look()
        double = [f"{n} {name}" for name, n in named.items() if n > 1]
        if double:
            found.fail(product, ", ".join(double), "1")


def _spaces(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for space in model.of("IfcSpace"):
        found.look()
        shapes = space.Representation.Representations if space.Representation else ()
        kinds = [r.RepresentationType for r in shapes if r.RepresentationIdentifier == "Body"]
        prints = [r for r in shapes if r.RepresentationIdentifier == "FootPrint"]
        if not kinds:
            found.fail(space, ", ".join(str(r.RepresentationIdentifier) for r in shapes), "Body")
        elif not any(kind in _named("bodies") for kind in kinds):
            found.fail(space, ", ".join(map(str, kinds)), _list(_named("bodies")))
        elif "Brep" in kinds and not prints:
            found.fail(space, "Brep", "FootPrint")


def _context(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    allowed = _named("contexts")
    name = "IfcProject" if model.family == "IFC2X3" else "IfcContext"
    for owner in model.of(name):
        contexts = owner.RepresentationContexts or ()
        found.look()
        wanted = owner.is_a("IfcProject") or contexts
        if wanted and not any(c.is_a("IfcGeometricRepresentationContext") for c in contexts):
            met = ", ".join(c.is_a() for c in contexts) or "-"
            found.fail(owner, met, "IfcGeometricRepresentationContext")
        for context in contexts:
            if context.ContextType not in allowed:
                found.fail(context, f"ContextType: {context.ContextType}", _list(allowed))


def _subcontexts(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for context in model.of("IfcGeometricRepresentationContext", exactly=True):
        found.look()
        if not context.HasSubContexts:
            found.fail(context, "HasSubContexts: 0", "1")
    for context in model.of("IfcGeometricRepresentationSubContext"):
        found.look()
        if context.ContextIdentifier not in _named("identifiers"):
            met = f"ContextIdentifier: {context.ContextIdentifier}"
            found.fail(context, met, _list(_named("identifiers")))


def _mapped(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    owners: dict[int, Any] = {}
    for one in model.of("IfcShapeRepresentation"):
        if one.RepresentationType not in (None, "MappedRepresentation") and not any(
            i.is_a("IfcMappedItem") for i in one.Items or ()
        ):
            continue
        mapped = [i for i in one.Items or () if i.is_a("IfcMappedItem")]
        if not mapped:
            continue
        owners[one.id()] = one
        sources = [i.MappingSource.MappedRepresentation for i in mapped]
        found.look()
        names = {s.RepresentationIdentifier for s in sources}
        kinds = {s.RepresentationType for s in sources}
        if names != {one.RepresentationIdentifier}:
            found.fail(one, ", ".join(map(str, names)), one.RepresentationIdentifier)
        elif len(kinds) > 1:
            found.fail(one, ", ".join(sorted(map(str, kinds))), "1")


def _handed(operator: Any) -> float:
    """Return the determinant of a 2D operator's axes; negative: it mirrors."""
    one = operator.Axis1.DirectionRatios if operator.Axis1 else (1.0, 0.0)
    two = operator.Axis2.DirectionRatios if operator.Axis2 else (-one[1], one[0])
    scale = float(operator.Scale if operator.Scale is not None else 1.0)
    scale2 = float(getattr(operator, "Scale2", None) or scale)
    return float(np.linalg.det(np.array([one[:2], two[:2]], dtype=np.float64))) * scale * scale2


def _mirrored(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for name in ("IfcExtrudedAreaSolidTapered", "IfcRevolvedAreaSolidTapered"):
        for solid in model.of(name):
            for profile in (solid.SweptArea, solid.EndSweptArea):
                if profile is not None and profile.is_a("IfcMirroredProfileDef"):
                    found.look()
                    found.fail(profile, "IfcMirroredProfileDef", "-")
    for profile in model.of("IfcDerivedProfileDef", exactly=True):
        found.look()
        size = _handed(profile.Operator)
        if size <= 0:
            found.fail(profile, f"det {size:.4g}", "> 0")


def _points(profile: Any) -> int:
    curve = profile.OuterCurve
    if curve.is_a("IfcIndexedPolyCurve"):
        return len(curve.Points.CoordList)
    return len(curve.Points) if curve.is_a("IfcPolyline") else -1


def _outlines(section: Any) -> list[int]:
    if section.is_a("IfcArbitraryClosedProfileDef"):
        return [_points(section)]
    if section.is_a("IfcDerivedProfileDef"):
        return _outlines(section.ParentProfile)
    if section.is_a("IfcCompositeProfileDef"):
        return [n for p in section.Profiles for n in _outlines(p)]
    return []


def _sections(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for solid in model.of("IfcSectionedSolidHorizontal"):
        counts = [_outlines(s) for s in solid.CrossSections or ()]
        for one, other in pairwise(counts):
            if not one or not other:
                continue
            found.look()
            if one != other and -1 not in (*one, *other):
                found.fail(solid, f"{one} → {other}", str(one))


TESTS = {
    "representation-names": _names,
    "unique-representations": _unique,
    "space-shape": _spaces,
    "geometric-context": _context,
    "subcontexts": _subcontexts,
    "mapped-representations": _mapped,
    "mirrored-profiles": _mirrored,
    "section-points": _sections,
}
