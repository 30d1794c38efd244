"""What the attributes of IFC classes hold, by the schema, ready to write values as STEP."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

__all__ = [
    "Attribute",
    "Class",
    "Kind",
    "below",
    "class_names",
    "class_of",
    "type_named",
    "words_of",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of an attribute or of an element of a list."""

    form: Literal["simple", "enumeration", "entity", "select", "list"]
    """What sort it is."""
    name: str = ""
    """string, real, integer, number, boolean, logical, binary; else the name of the type."""
    element: Kind | None = None
    """Of a list: what it holds."""
    count: int = -1
    """Of a list: its upper bound, -1 if there is none."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a class."""

    name: str
    """As the schema spells it."""
    kind: Kind
    """What it holds."""


@dataclass(frozen=True, slots=True)
class Class:
    """One class with all its attributes, inherited ones first."""

    name: str
    """In capitals."""
    attributes: tuple[Attribute, ...]
    """In the order of STEP."""
    derived: tuple[bool, ...]
    """Which of them are written as ``*``."""
    inverses: dict[str, tuple[str, str]]
    """Inverse attribute in lower case: class that refers to this one, and by which attribute."""
    types: tuple[str, ...] = ()
    """Name of the defined type of each attribute, as the schema spells it; "" of others."""

    def index(self, name: str) -> int | None:
        """Return the place of an attribute, whatever the case of its name."""
        return _places(self).get(name.lower())


@cache
def _places_of(attributes: tuple[Attribute, ...]) -> dict[str, int]:
    return {a.name.lower(): i for i, a in enumerate(attributes)}


def _places(of: Class) -> dict[str, int]:
    return _places_of(of.attributes)


@cache
def class_names(schema: str) -> dict[str, str]:
    """Return the names of classes and types of a schema by their names in lower case."""
    from ifcopenshell import ifcopenshell_wrapper

    declared = ifcopenshell_wrapper.schema_by_name(schema).declarations()
    return {d.name().lower(): d.name() for d in declared}


def _declaration(schema: str, name: str) -> Any:
    from ifcopenshell import ifcopenshell_wrapper

    spelt = class_names(schema).get(name.lower())
    if spelt is None:
        return None
    return ifcopenshell_wrapper.schema_by_name(schema).declaration_by_name(spelt)


@cache
def class_of(schema: str, name: str) -> Class | None:
    """Return a class of a schema by its name in any case, None if there is no such class."""
    declared = _declaration(schema, name)
    entity = declared.as_entity() if declared is not None else None
    if entity is None:
        return None
    return Class(
        entity.name().upper(),
        tuple(
            Attribute(a.name(), _kind_of(a.type_of_attribute())) for a in entity.all_attributes()
        ),
        tuple(entity.derived()),
        {
            i.name().lower(): (i.entity_reference().name(), i.attribute_reference().name())
            for i in entity.all_inverse_attributes()
        },
        tuple(_type_name(a.type_of_attribute()) for a in entity.all_attributes()),
    )


def _type_name(held: Any) -> str:
    named = held.as_named_type()
    declared = named.declared_type() if named is not None else None
    return str(declared.name()) if declared is not None and declared.as_entity() is None else ""


@cache
def type_named(schema: str, name: str) -> Kind | None:
    """Return a defined type or enumeration by its name in any case; None for anything else."""
    declared = _declaration(schema, name)
    if declared is None or declared.as_entity() is not None:
        return None
    return _declared(declared)


def _kind_of(held: Any) -> Kind:
    """Return the kind of a parameter type of the schema."""
    named = held.as_named_type()
    if named is not None:
        return _declared(named.declared_type())
    listed = held.as_aggregation_type()
    if listed is not None:
        return Kind("list", "", _kind_of(listed.type_of_element()), listed.bound2())
    return Kind("simple", str(held.as_simple_type().declared_type()))


def _declared(declared: Any) -> Kind:
    if declared.as_entity() is not None:
        return Kind("entity", declared.name())
    if declared.as_select_type() is not None:
        return Kind("select", declared.name())
    if declared.as_enumeration_type() is not None:
        return Kind("enumeration", declared.name())
    return _kind_of(declared.as_type_declaration().declared_type())


@cache
def below(schema: str, name: str) -> frozenset[str]:
    """Return a class and all its subclasses, in capitals; nothing if there is no such class."""
    declared = _declaration(schema, name)
    entity = declared.as_entity() if declared is not None else None
    if entity is None:
        return frozenset()
    found = {entity.name().upper()}
    for inner in entity.subtypes():
        found |= below(schema, inner.name())
    return frozenset(found)


@cache
def words_of(schema: str, name: str) -> tuple[str, ...]:
    """Return the words of an enumeration; none if there is no such enumeration."""
    declared = _declaration(schema, name)
    listed = declared.as_enumeration_type() if declared is not None else None
    return tuple(listed.enumeration_items()) if listed is not None else ()
