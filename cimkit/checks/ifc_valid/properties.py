"""Standard property and quantity sets, held against the templates that are published with IFC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from cimkit.checks.ifc_valid.outcome import Found

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS", "Template", "template"]

_CLASSES = {
    "P_SINGLEVALUE": "IfcPropertySingleValue",
    "P_ENUMERATEDVALUE": "IfcPropertyEnumeratedValue",
    "P_BOUNDEDVALUE": "IfcPropertyBoundedValue",
    "P_LISTVALUE": "IfcPropertyListValue",
    "P_TABLEVALUE": "IfcPropertyTableValue",
    "P_REFERENCEVALUE": "IfcPropertyReferenceValue",
    "Q_LENGTH": "IfcQuantityLength",
    "Q_AREA": "IfcQuantityArea",
    "Q_VOLUME": "IfcQuantityVolume",
    "Q_COUNT": "IfcQuantityCount",
    "Q_WEIGHT": "IfcQuantityWeight",
    "Q_TIME": "IfcQuantityTime",
    "Q_NUMBER": "IfcQuantityNumber",
}


@dataclass(frozen=True, slots=True)
class Template:
    """What a standard set may hold, and what may have it."""

    driven: str
    """Such as PSET_TYPEDRIVENONLY."""
    classes: tuple[tuple[str, str], ...]
    """Pairs of a class and the predefined type it must have, "" for any."""
    properties: Mapping[str, tuple[str, str, frozenset[str]]]
    """By name: class of the property, type of its value, values it may have (empty: any)."""


@cache
def _index(family: str) -> Mapping[str, Any]:
    from ifcopenshell.util.pset import get_template

    found: dict[str, Any] = {}
    for file in get_template(family).templates:
        for one in file.by_type("IfcPropertySetTemplate"):
            found.setdefault(one.Name, one)
    return found


@cache
def template(family: str, name: str) -> Template | None:
    """Return the template of a set, None if the version of IFC has no such set.

    Parameters
    ----------
    family : str
        IFC2X3, IFC4 or IFC4X3.
    """
    one = _index(family).get(name)
    if one is None:
        return None
    properties = {}
    for held in one.HasPropertyTemplates or ():
        if held.is_a("IfcSimplePropertyTemplate"):
            values = held.Enumerators.EnumerationValues if held.Enumerators else ()
            properties[held.Name] = (
                _CLASSES.get(held.TemplateType or "", ""),
                held.PrimaryMeasureType or "",
                frozenset(str(v.wrappedValue) for v in values),
            )
        else:
            properties[held.Name] = ("IfcComplexProperty", "", frozenset())
    pairs = [c.strip().partition("/") for c in (one.ApplicableEntity or "").split(",")]
    classes = tuple((c, kind.upper() or _implied(family, name, c)) for c, _, kind in pairs if c)
    return Template(one.TemplateType or "", classes, properties)


def _implied(family: str, name: str, entity: str) -> str:
    """Return the predefined type that a set of IFC2X3 is meant for, as its name alone tells."""
    from ifcopenshell import ifcopenshell_wrapper as wrapper

    start = f"Pset_{entity[3:]}"
    if family != "IFC2X3" or not name.startswith(start) or name == start:
        return ""
    try:
        declared = wrapper.schema_by_name(family).declaration_by_name(entity).as_entity()
    except RuntimeError:
        return ""
    attributes = declared.all_attributes() if declared is not None else ()
    kinds = [a for a in attributes if a.name() == "PredefinedType"]
    named = kinds[0].type_of_attribute().as_named_type() if kinds else None
    listed = named.declared_type().as_enumeration_type() if named is not None else None
    kind = name[len(start) :].upper()
    return kind if listed is not None and kind in listed.enumeration_items() else ""


def _owners(model: Model, pset: Any) -> Iterator[Any]:
    rels = getattr(pset, "PropertyDefinitionOf", None) or getattr(pset, "DefinesOccurrence", None)
    for rel in rels or ():
        yield from rel.RelatedObjects or ()
    yield from pset.DefinesType or ()


def _predefined(thing: Any) -> str:
    """Return the predefined type of an object or type, its own word for USERDEFINED."""
    from ifcopenshell.util.element import get_type

    for one in (thing, None if thing.is_a("IfcTypeObject") else get_type(thing)):
        kind = getattr(one, "PredefinedType", None)
        if kind == "USERDEFINED":
            kind = getattr(one, "ObjectType", None) or getattr(one, "ElementType", None)
        if kind:
            return str(kind).upper()
    return ""


def _kinds(thing: Any, of: Template) -> list[str]:
    """Return the predefined types that the template asks of a thing, one for each fitting class."""
    from ifcopenshell.util.element import get_type

    own: Any = None if thing.is_a("IfcTypeObject") else get_type(thing)
    lines = [thing.is_a(), *([own.is_a()] if own is not None else [])]
    found = []
    for name, kind in of.classes:
        fits = any(one is not None and one.is_a(name) for one in (thing, own))
        if not fits and thing.is_a("IfcTypeObject"):
            fits = thing.is_a(f"{name}Type") or thing.is_a(f"{name}Style")
        if fits or name in lines:
            found.append(kind)
    return found


def _owned(found: Found, pset: Any, of: Template, owner: Any) -> None:
    is_type = owner.is_a("IfcTypeObject")
    wrong = ("OCCURRENCEDRIVEN", "PERFORMANCEDRIVEN") if is_type else ("TYPEDRIVENONLY",)
    if of.driven.partition("_")[2] in wrong:
        due = "IfcObject" if is_type else "IfcTypeObject"
        found.fail(owner, f"{pset.Name}: {owner.is_a()}", due)
        return
    if not of.classes:
        return
    kinds = _kinds(owner, of)
    if not kinds:
        due = ", ".join(name for name, _ in of.classes)
        found.fail(owner, f"{pset.Name}: {owner.is_a()}", due)
    elif "" not in kinds and _predefined(owner) not in kinds:
        met = _predefined(owner) or "-"
        found.fail(owner, f"{pset.Name}: {met}", ", ".join(sorted(set(kinds))))


def _valued(found: Found, pset: Any, of: Template, held: Any) -> None:
    said = of.properties.get(held.Name)
    where = f"{pset.Name}.{held.Name}"
    if said is None:
        found.fail(pset, where, ", ".join(of.properties))
        return
    due, measure, values = said
    if due and not held.is_a(due):
        found.fail(pset, f"{where}: {held.is_a()}", due)
    elif held.is_a("IfcPropertySingleValue"):
        value = held.NominalValue
        if value is not None and measure and not value.is_a(measure):
            found.fail(pset, f"{where}: {value.is_a()}", measure)
    elif held.is_a("IfcPropertyEnumeratedValue") and values:
        for value in held.EnumerationValues or ():
            if str(value.wrappedValue) not in values:
                met = f"{where}: {value.wrappedValue}"
                found.fail(pset, met, ", ".join(sorted(values)))


def _sets(model: Model, found: Found, name: str, start: str, held: str) -> Iterator[Any]:
    for pset in model.of(name):
        if not (pset.Name or "").startswith(start):
            continue
        found.look()
        of = template(model.family, pset.Name)
        if of is None:
            found.fail(pset, pset.Name, "")
            continue
        for owner in _owners(model, pset):
            _owned(found, pset, of, owner)
        for one in getattr(pset, held) or ():
            _valued(found, pset, of, one)
        yield pset


def _properties(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for _pset in _sets(model, found, "IfcPropertySet", "Pset_", "HasProperties"):
        pass


def _quantities(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for one in _sets(model, found, "IfcElementQuantity", "Qto_", "Quantities"):
        if one.MethodOfMeasurement != "BaseQuantities":
            found.fail(
                one, f"{one.Name}, MethodOfMeasurement: {one.MethodOfMeasurement}", "BaseQuantities"
            )


TESTS = {"standard-psets": _properties, "standard-quantities": _quantities}
