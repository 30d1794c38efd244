"""What belongs to what: project, sites, storeys, elements and their parts, groups."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from cimkit.checks.ifc_valid.outcome import Found

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS"]

_WHOLES: dict[str, tuple[str, ...]] = {
    "IfcBridgePart": ("IfcBridge", "IfcBridgePart"),
    "IfcBridge": ("IfcProject", "IfcSite", "IfcBridge"),
    "IfcBuilding": ("IfcProject", "IfcSite", "IfcBuilding"),
    "IfcBuildingStorey": ("IfcBuilding", "IfcBuildingStorey"),
    "IfcExternalSpatialElement": ("IfcProject", "IfcSite", "IfcExternalSpatialElement"),
    "IfcFacilityPartCommon": ("IfcFacility", "IfcFacilityPartCommon"),
    "IfcFacility": ("IfcProject", "IfcSite", "IfcFacility"),
    "IfcMarineFacility": ("IfcProject", "IfcSite", "IfcMarineFacility"),
    "IfcMarinePart": ("IfcMarineFacility", "IfcMarinePart"),
    "IfcRailwayPart": ("IfcRailway", "IfcRailwayPart"),
    "IfcRailway": ("IfcProject", "IfcSite", "IfcRailway"),
    "IfcRoadPart": ("IfcRoad", "IfcRoadPart"),
    "IfcRoad": ("IfcProject", "IfcSite", "IfcRoad"),
    "IfcSite": ("IfcProject", "IfcSite"),
    "IfcSpace": (
        *("IfcProject", "IfcSite", "IfcBuilding", "IfcBuildingStorey", "IfcSpace", "IfcFacility"),
        *("IfcBridge", "IfcMarineFacility", "IfcRailway", "IfcRoad", "IfcFacilityPartCommon"),
        *("IfcBridgePart", "IfcMarinePart", "IfcRailwayPart", "IfcRoadPart"),
    ),
}
"""What each spatial element may be a part of (IFC 4.3, Spatial Decomposition)."""


@cache
def _parts(whole: str) -> tuple[str, ...]:
    return tuple(part for part, wholes in _WHOLES.items() if whole in wholes)


def _lines(model: Model, thing: Any) -> tuple[str, ...]:
    """Return the classes of a thing, its own first."""
    return _supertypes(model.schema, thing.is_a())


@cache
def _supertypes(schema: str, name: str) -> tuple[str, ...]:
    from ifcopenshell import ifcopenshell_wrapper as wrapper

    found, declared = [], wrapper.schema_by_name(schema).declaration_by_name(name).as_entity()
    while declared is not None:
        found.append(declared.name())
        declared = declared.supertype()
    return tuple(found)


def _breakdown(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for thing in [*model.of("IfcSpatialElement"), *model.of("IfcProject")]:
        lines = _lines(model, thing)
        key = next((n for n in lines if n in _WHOLES), None)
        if key is not None:
            found.look()
            rels = thing.Decomposes or ()
            wholes = [r.RelatingObject for r in rels if r.RelatingObject is not None]
            if not any(any(w.is_a(n) for n in _WHOLES[key]) for w in wholes):
                met = ", ".join(w.is_a() for w in wholes) or "-"
                found.fail(thing, met, ", ".join(_WHOLES[key]))
        whole = next((n for n in lines if _parts(n)), None)
        if whole is None:
            continue
        found.look()
        for part in (o for r in thing.IsDecomposedBy or () for o in r.RelatedObjects or ()):
            # An alignment belongs to the project and to no place in it.
            if part.is_a("IfcPositioningElement") and whole == "IfcProject":
                continue
            if not any(part.is_a(n) for n in _parts(whole)):
                found.fail(thing, part.is_a(), ", ".join(_parts(whole)))


def _basic(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    sites, buildings = model.of("IfcSite"), model.of("IfcBuilding")
    found.look()
    if len(sites) > 1:
        found.fail(sites[1], f"{len(sites)} IfcSite", "1")
    if not buildings:
        found.fail(None, "0 IfcBuilding", "1")
    due = "IfcSite" if sites else "IfcProject"
    for building in buildings:
        wholes = [r.RelatingObject for r in building.Decomposes or ()]
        if any(w is not None and w.is_a("IfcBuilding") for w in wholes):
            continue  # a part of a complex stands where the complex stands
        if not any(w is not None and w.is_a(due) for w in wholes):
            found.fail(building, ", ".join(w.is_a() for w in wholes if w) or "-", due)


def _one_parent(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    names = ("Nests", "Decomposes", "ContainedInStructure", "AdheresToElement")
    for element in model.of("IfcElement"):
        # An opening belongs to what it voids; it has no other place.
        if element.is_a("IfcFeatureElement"):
            continue
        found.look()
        met = [n for n in names if getattr(element, n, None)]
        several = len(met) > 1 or any(len(getattr(element, n)) > 1 for n in met)
        if several or not met:
            found.fail(element, ", ".join(met) or "-", "1")


def _containment(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for name in ("IfcGrid", "IfcAnnotation"):
        for thing in model.of(name):
            found.look()
            hosted = getattr(thing, "Nests", None) or getattr(thing, "Decomposes", None)
            if not thing.ContainedInStructure and not hosted:
                found.fail(thing, "-", "IfcRelContainedInSpatialStructure")
    for element in model.of("IfcElement"):
        contained = bool(element.ContainedInStructure)
        if element.is_a("IfcFeatureElement"):
            found.look(int(contained))
            continue
        found.look()
        wholes = [r.RelatingObject for r in element.Decomposes or ()]
        if not wholes and not contained and not getattr(element, "Nests", None):
            found.fail(element, "-", "IfcRelContainedInSpatialStructure")
        elif contained and any(w is not None and w.is_a("IfcElement") for w in wholes):
            found.fail(element, "IfcRelContainedInSpatialStructure", "-")
    for thing in model.of("IfcPositioningElement"):
        if not thing.is_a("IfcGrid"):
            found.look()
            if getattr(thing, "ContainedInStructure", None):
                found.fail(thing, thing.is_a(), "IfcElement, IfcGrid, IfcAnnotation")


def _groups(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    members: dict[int, list[Any]] = {}
    groups = {g.id(): g for g in model.of("IfcGroup")}
    for rel in model.of("IfcRelAssignsToGroup"):
        group = rel.RelatingGroup
        if group is not None:
            inner = [o for o in rel.RelatedObjects or () if o.is_a("IfcGroup")]
            members.setdefault(group.id(), []).extend(o.id() for o in inner)
    for number, group in groups.items():
        found.look()
        open_, seen = list(members.get(number, ())), set()
        while open_:
            here = open_.pop()
            if here == number:
                found.fail(group, f"#{number}", "-")
                break
            if here not in seen:
                seen.add(here)
                open_ += members.get(here, ())


def _projects(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    projects = model.of("IfcProject")
    found.look()
    if len(projects) != 1:
        found.fail(projects[1] if projects else None, len(projects), "1 IfcProject")


TESTS = {
    "spatial-breakdown": _breakdown,
    "basic-structure": _basic,
    "one-parent": _one_parent,
    "containment": _containment,
    "acyclic-groups": _groups,
    "one-project": _projects,
}
