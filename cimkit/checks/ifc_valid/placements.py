"""Placements of parts and along alignments, predefined types, identifiers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cimkit.checks.ifc_valid.outcome import Found

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS"]

_GUID = re.compile(r"[0-3][0-9A-Za-z_$]{21}")
_NEAR = 1e-4
"""Metres up to which two positions are the same, as the validation service has it."""


def _parts(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for rel in model.of("IfcRelAggregates"):
        whole = rel.RelatingObject
        if whole is None or not whole.is_a("IfcElement"):
            continue
        for part in rel.RelatedObjects or ():
            if not part.is_a("IfcElement"):
                continue
            found.look()
            placement = part.ObjectPlacement
            if placement is None or not placement.is_a("IfcLocalPlacement"):
                met = placement.is_a() if placement is not None else "-"
                found.fail(part, met, "IfcLocalPlacement")
                continue
            above = placement.PlacementRelTo
            due = whole.ObjectPlacement
            if due is None or above is None or above.id() != due.id():
                met = f"#{above.id()}" if above is not None else "-"
                found.fail(part, met, f"#{due.id()}" if due is not None else "-")


def _predefined(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    typed: dict[int, Any] = {}
    for rel in model.of("IfcRelDefinesByType"):
        for thing in rel.RelatedObjects or ():
            typed[thing.id()] = rel.RelatingType
    for thing in model.of("IfcObject"):
        kind = getattr(thing, "PredefinedType", None)
        own = typed.get(thing.id())
        if own is None:
            if kind == "USERDEFINED":
                found.look()
                if not thing.ObjectType:
                    found.fail(thing, "USERDEFINED, ObjectType: -", "ObjectType")
            continue
        above = getattr(own, "PredefinedType", None)
        if model.family == "IFC2X3" or above in (None, "NOTDEFINED"):
            continue
        found.look()
        if kind is not None:
            found.fail(thing, kind, "-")
    for own in model.of("IfcTypeObject"):
        if getattr(own, "PredefinedType", None) == "USERDEFINED":
            found.look()
            name = getattr(own, "ElementType", getattr(own, "ProcessType", None))
            if not (name or getattr(own, "ResourceType", None)):
                found.fail(own, "USERDEFINED, ElementType: -", "ElementType")


def _guids(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for thing in model.of("IfcRoot"):
        found.look()
        guid = thing[0]
        if guid is None or not _GUID.fullmatch(guid):
            found.fail(thing, guid or "-", "22 × 0-9 A-Z a-z _ $, 0-3 first")


def _linear(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    from ifcopenshell import geom

    drawer: Any = geom
    settings = drawer.settings()

    def position(thing: Any) -> Any:
        return np.asarray(drawer.create_shape(settings, thing).matrix)[12:14]

    for placement in model.of("IfcLinearPlacement"):
        found.look()
        given = placement.CartesianPosition
        if given is None:
            found.fail(placement, "CartesianPosition: -", "CartesianPosition")
            continue
        here, due = position(given), position(placement)
        if placement.PlacementRelTo is not None:
            here = here + position(placement.PlacementRelTo)
        if not (np.abs(here - due) <= _NEAR).all():
            found.fail(
                placement, f"{here[0]:.4f}, {here[1]:.4f} m", f"{due[0]:.4f}, {due[1]:.4f} m"
            )


TESTS = {
    "part-placement": _parts,
    "predefined-types": _predefined,
    "guid-form": _guids,
    "linear-placement": _linear,
}
