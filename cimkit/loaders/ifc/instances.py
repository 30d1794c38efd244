"""Instances of an IFC model read by position: reading attributes by name costs three times that."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import ifcopenshell
from ifcopenshell import ifcopenshell_wrapper

from cimkit.loaders.ifc.types import class_of

__all__ = [
    "attribute_names",
    "attributes_of",
    "each",
    "entity_count",
    "get",
    "key_of",
    "members",
    "number",
    "plain",
    "position",
    "scalars",
    "things_of",
]

Json = dict[str, Any]

_argument: Callable[[Any, int], Any] = ifcopenshell.entity_instance.get_argument
_id: Callable[[Any], int] = ifcopenshell.entity_instance.id


def get(instance: Any, index: int) -> Any:
    """Return the value of the n-th attribute; None for one that is unset, derived or dangling.

    Of no instance (a dangling reference, too) it is None: the native code would end the process.
    So it is of one that has no n-th attribute: a reference to something of another class.
    """
    try:
        return _argument(instance, index) if instance is not None else None
    except (RuntimeError, TypeError):
        return None


def number(instance: Any) -> int:
    """Return the instance number; 0 for a typed value, and for no instance."""
    return _id(instance) if instance is not None else 0


_INSTANCE = ifcopenshell.entity_instance
_PLAIN = (str, int, float, bool)
# Told of elsewhere (identity, place and shape), or of the file and not of the thing.
_ASIDE = {
    *("GlobalId", "OwnerHistory", "ObjectPlacement", "Representation", "RepresentationMaps"),
    *("HasPropertySets", "RepresentationContexts", "UnitsInContext"),
}
_SMALL = {
    *("IfcPostalAddress", "IfcTelecomAddress"),
    *("IfcPerson", "IfcOrganization", "IfcPersonAndOrganization"),
    *("IfcTaskTime", "IfcTaskTimeRecurring", "IfcEventTime", "IfcResourceTime"),
    *("IfcDateAndTime", "IfcCalendarDate", "IfcLocalTime"),
    *("IfcAlignmentHorizontalSegment", "IfcAlignmentVerticalSegment", "IfcAlignmentCantSegment"),
    "IfcCartesianPoint",
}
"""Classes whose instances are values rather than things."""
_DEEP = 4
"""Values within each other; more are a ring."""
_PLACES = ("IfcCartesianPoint", "IfcDirection")
"""Geometry that is a value."""


_counts: WeakKeyDictionary[Any, int] = WeakKeyDictionary()


def entity_count(model: Any) -> int:
    """Return the number of instances of a model as it was read; counting lists them all."""
    known = _counts.get(model)
    if known is None:
        known = _counts[model] = len(model.entity_names())
    return known


def each(model: Any, name: str) -> Any:
    """Return the instances of a class and its subclasses; none if the schema does not have it."""
    try:
        return model.by_type(name)
    except RuntimeError:
        return ()


def things_of(model: Any) -> list[Any]:
    """Return the objects of a model: products, then those without a place of their own.

    Groups, tasks, schedules, resources and people are what products are assigned to.
    """
    found = list(model.by_type("IfcProduct"))
    for name in ("IfcGroup", "IfcProcess", "IfcControl", "IfcResource", "IfcActor"):
        found += each(model, name)
    return found


@cache
def attribute_names(schema: str, name: str) -> tuple[str, ...]:
    """Return the names of all attributes of a class, in their order."""
    entity = ifcopenshell_wrapper.schema_by_name(schema).declaration_by_name(name).as_entity()
    return tuple(a.name() for a in entity.all_attributes()) if entity is not None else ()


@cache
def position(schema: str, name: str, attribute: str) -> int | None:
    """Return the place of an attribute among those of a class; None if it has no such one."""
    names = attribute_names(schema, name)
    return names.index(attribute) if attribute in names else None


@cache
def _told(schema: str, name: str) -> tuple[tuple[int, str], ...]:
    return tuple((i, a) for i, a in enumerate(attribute_names(schema, name)) if a not in _ASIDE)


def members(value: Any) -> Sequence[Any]:
    """Return the instances in an attribute that should hold a set of them, whatever it holds."""
    if isinstance(value, tuple | list):
        if set(map(type, value)) == {_INSTANCE}:
            return value
        return [inner for one in value for inner in members(one)]
    if not isinstance(value, _INSTANCE):
        return ()
    # An IfcPropertySetDefinitionSet is a typed value that wraps a tuple.
    return (value,) if number(value) else members(get(value, 0))


def plain(value: Any) -> Any:
    """Return a JSON value for what an attribute holds; an instance gives its name or number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if number(value) == 0:
        return plain(get(value, 0))
    return getattr(value, "Name", None) or f"#{number(value)}"


def scalars(instance: Any, schema: str, depth: int = 0) -> Json:
    """Return the attributes of an instance that are values and no things; unset ones are left out.

    People, times and design parameters of an alignment are values, too.

    Parameters
    ----------
    instance : ifcopenshell.entity_instance
    schema : str
        ``schema_identifier`` of its model.
    depth : int
        How deep in another value it is.
    """
    found: Json = {}
    for index, name in _told(schema, instance.is_a()):
        value = get(instance, index)
        if value is None:
            continue
        if type(value) is str:
            found[name] = value
        elif isinstance(value, _PLAIN):
            found[name] = plain(value)
        elif isinstance(value, tuple):
            if value and not any(isinstance(v, _INSTANCE) and number(v) for v in value):
                found[name] = plain(value)
        elif number(value) == 0:
            found[name] = plain(value)
        elif value.is_a() in _SMALL and depth < _DEEP:
            found[name] = scalars(value, schema, depth + 1)
    return found


def attributes_of(instance: Any, schema: str, depth: int = 0) -> Json:
    """Return the attributes of an object as JSON values, also those that are instances.

    An attribute that leads to another object or relationship gives its GlobalId, one that leads
    to a resource (a load, a cost, a person, an address) what that holds, with its ``class``.

    Parameters
    ----------
    instance : ifcopenshell.entity_instance
    schema : str
        ``schema_identifier`` of its model.
    depth : int
        How many instances it is away from the object.
    """
    found = scalars(instance, schema)
    for index, name in _links(schema, instance.is_a()):
        if name in found:
            continue
        value = get(instance, index)
        held = [_linked(v, schema, depth) for v in members(value) if number(v)]
        if held:
            found[name] = held if isinstance(value, tuple) else held[0]
    return found


@cache
def _links(schema: str, name: str) -> tuple[tuple[int, str], ...]:
    """Return place and name of the attributes that may hold instances."""
    declared = class_of(schema, name)
    if declared is None:
        return ()
    kinds = [a.kind for a in declared.attributes]
    forms = [k.element.form if k.element is not None else k.form for k in kinds]
    told = _told(schema, name)
    return tuple((i, a) for i, a in told if forms[i] in ("entity", "select", "list"))


def _linked(value: Any, schema: str, depth: int) -> Any:
    if value.is_a("IfcRoot"):
        return key_of(value, {})
    if depth >= _DEEP or (value.is_a("IfcRepresentationItem") and value.is_a() not in _PLACES):
        return f"#{number(value)}"
    return {"class": value.is_a(), **attributes_of(value, schema, depth + 1)}


def key_of(instance: Any, keys: dict[int, str]) -> str:
    """Return the source key of an object, or for other things their GlobalId or number."""
    known = keys.get(number(instance))
    if known is not None:
        return known
    first = get(instance, 0)
    return first if isinstance(first, str) and first else f"#{number(instance)}"
