"""What the arguments of a class must look like, as one regular expression from its schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

__all__ = ["FORMS", "Argument", "Grammar", "grammar_of"]

_SPACE = rb"\s*"
_SIMPLE = {
    "string": rb"'(?:[^']++|'')*+'",
    "real": rb"[+-]?\d++\.\d*+(?:[Ee][+-]?\d++)?",
    "number": rb"[+-]?\d++(?:\.\d*+(?:[Ee][+-]?\d++)?)?",
    "integer": rb"[+-]?\d++",
    "boolean": rb"\.[TF]\.",
    "logical": rb"\.[TFU]\.",
    "binary": rb'"[0-3][0-9A-F]*+"',
}
_REFERENCE = rb"#\s*\d++"
_DATE = rb"-?\d{4,}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = rb"(?:[01]\d|2[0-4]):[0-5]\d:[0-5]\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_MORE = rb"\d+(?:[.,]\d+)?"
_DURATION = (
    rb"-?P(?=[T\d])(?:" + _MORE + rb"Y)?(?:" + _MORE + rb"M)?(?:" + _MORE + rb"W)?"
    rb"(?:" + _MORE + rb"D)?"
    rb"(?:T(?=\d)(?:" + _MORE + rb"H)?(?:" + _MORE + rb"M)?(?:" + _MORE + rb"S)?)?"
)
# Texts whose form their documentation prescribes; an empty one says that nothing is known.
FORMS = {
    "IfcDate": rb"'(?:" + _DATE + rb")?'",
    "IfcTime": rb"'(?:" + _TIME + rb")?'",
    "IfcDateTime": rb"'(?:" + _DATE + rb"T" + _TIME + rb")?'",
    "IfcDuration": rb"'(?:" + _DURATION + rb")?'",
}


@dataclass(frozen=True, slots=True)
class Argument:
    """One attribute as STEP writes it."""

    name: str
    """As the schema spells it."""
    type: str
    """Its type, for people."""
    pattern: re.Pattern[bytes]
    """What a value of it looks like, ``$`` and ``*`` not counted."""
    optional: bool
    """Whether ``$`` may stand for it."""
    derived: bool
    """Whether ``*`` must stand for it."""
    refers: frozenset[str]
    """Classes an instance may be of that it refers to; empty: it refers to none."""
    literals: frozenset[str]
    """Of an enumeration: its words."""
    least: int
    """Of a list: lower bound; -1 if it is none."""
    most: int
    """Of a list: upper bound; -1 if there is none."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A class that may stand in a file."""

    name: str
    """As the schema spells it."""
    abstract: bool
    """Whether only its subtypes may be instantiated."""
    arguments: tuple[Argument, ...]
    """Its attributes, inherited ones first."""
    whole: re.Pattern[bytes]
    """All arguments; a group for each that refers to instances."""
    referring: tuple[int, ...]
    """Which arguments the groups are."""


@cache
def grammar_of(schema: str, name: str) -> Grammar | None:
    """Return what a class of a schema looks like, None if there is no such class.

    Parameters
    ----------
    schema : str
        Such as IFC4X3_ADD2.
    name : str
        In any case.
    """
    from ifcopenshell import ifcopenshell_wrapper as wrapper

    from cimkit.loaders.ifc.types import class_names

    spelt = class_names(schema).get(name.lower())
    declared: Any = wrapper.schema_by_name(schema).declaration_by_name(spelt) if spelt else None
    entity = declared.as_entity() if declared is not None else None
    if entity is None:
        return None
    arguments = tuple(
        _argument(attribute, derived)
        for attribute, derived in zip(entity.all_attributes(), entity.derived(), strict=True)
    )
    parts = []
    for one in arguments:
        body = one.pattern.pattern
        if one.derived:
            parts.append(rb"\*")
            continue
        choice = rb"(?:" + body + (rb"|\$)" if one.optional else rb")")
        parts.append(rb"(" + choice + rb")" if one.refers else choice)
    comma = _SPACE + rb"," + _SPACE
    return Grammar(
        entity.name(),
        bool(entity.is_abstract()),
        arguments,
        re.compile(_SPACE + comma.join(parts) + _SPACE, re.IGNORECASE),
        tuple(n for n, one in enumerate(arguments) if one.refers and not one.derived),
    )


def _argument(attribute: Any, derived: bool) -> Argument:
    held = attribute.type_of_attribute()
    bare = _bare(held)
    listed = bare.as_aggregation_type() if hasattr(bare, "as_aggregation_type") else None
    words = frozenset(bare.enumeration_items()) if hasattr(bare, "enumeration_items") else ()
    return Argument(
        attribute.name(),
        _said(held),
        re.compile(_pattern(held), re.IGNORECASE),
        bool(attribute.optional()),
        bool(derived),
        frozenset(_classes(held)),
        frozenset(words),
        listed.bound1() if listed is not None else -1,
        listed.bound2() if listed is not None else -1,
    )


def _bare(held: Any) -> Any:
    """Return what a named type is made of in the end: list, simple, enumeration, select, entity."""
    named = held.as_named_type() if hasattr(held, "as_named_type") else None
    declared = named.declared_type() if named is not None else held
    if hasattr(declared, "as_type_declaration") and declared.as_type_declaration() is not None:
        return _bare(declared.as_type_declaration().declared_type())
    for view in ("as_enumeration_type", "as_select_type", "as_entity"):
        found = getattr(declared, view)() if hasattr(declared, view) else None
        if found is not None:
            return found
    return declared


def _said(held: Any) -> str:
    named = held.as_named_type()
    if named is not None:
        return str(named.declared_type().name())
    listed = held.as_aggregation_type()
    if listed is None:
        return str(held.as_simple_type().declared_type()).upper()
    top = "?" if listed.bound2() < 0 else listed.bound2()
    return f"[{listed.bound1()}:{top}] {_said(listed.type_of_element())}"


def _pattern(held: Any) -> bytes:
    named = held.as_named_type() if hasattr(held, "as_named_type") else None
    if named is not None and named.declared_type().name() in FORMS:
        return FORMS[named.declared_type().name()]
    bare = _bare(held)
    listed = bare.as_aggregation_type() if hasattr(bare, "as_aggregation_type") else None
    if listed is not None:
        return _list(listed)
    if hasattr(bare, "enumeration_items"):
        words = sorted(bare.enumeration_items(), key=len, reverse=True)
        return rb"\.(?:" + b"|".join(w.encode() for w in words) + rb")\."
    if hasattr(bare, "select_list"):
        return _select(bare)
    if hasattr(bare, "all_attributes"):
        return _REFERENCE
    return _SIMPLE[str(bare.as_simple_type().declared_type())]


def _list(listed: Any) -> bytes:
    inner = rb"(?:" + _pattern(listed.type_of_element()) + rb")"
    low, high = listed.bound1(), listed.bound2()
    if high == 0:
        high = -1
    more = rb"{%d,%s}+" % (max(low - 1, 0), b"" if high < 0 else b"%d" % (high - 1))
    full = inner + rb"(?:" + _SPACE + rb"," + _SPACE + inner + rb")" + more
    if low <= 0:
        full = rb"(?:" + full + rb")?"
    return rb"\(" + _SPACE + full + _SPACE + rb"\)"


def _select(select: Any) -> bytes:
    choices = []
    for one in _members(select):
        if one.as_entity() is not None:
            if _REFERENCE not in choices:
                choices.append(_REFERENCE)
            continue
        inner = _pattern_of(one)
        choices.append(one.name().encode() + rb"\s*\(\s*(?:" + inner + rb")\s*\)")
    return b"|".join(choices)


def _pattern_of(declared: Any) -> bytes:
    if declared.name() in FORMS:
        return FORMS[declared.name()]
    made = declared.as_type_declaration()
    if made is not None:
        return _pattern(made.declared_type())
    words = sorted(declared.as_enumeration_type().enumeration_items(), key=len, reverse=True)
    return rb"\.(?:" + b"|".join(w.encode() for w in words) + rb")\."


def _members(select: Any) -> Iterator[Any]:
    """Yield what a select chooses from, selects within it opened."""
    for one in select.select_list():
        inner = one.as_select_type()
        if inner is not None:
            yield from _members(inner)
        else:
            yield one


def _classes(held: Any) -> Iterator[str]:
    """Yield the classes in capitals that a value may refer to, all subtypes among them."""
    bare = _bare(held)
    listed = bare.as_aggregation_type() if hasattr(bare, "as_aggregation_type") else None
    if listed is not None:
        yield from _classes(listed.type_of_element())
    elif hasattr(bare, "select_list"):
        for one in _members(bare):
            if one.as_entity() is not None:
                yield from _below(one.as_entity())
    elif hasattr(bare, "all_attributes"):
        yield from _below(bare)


def _below(entity: Any) -> Iterator[str]:
    yield entity.name().upper()
    for one in entity.subtypes():
        yield from _below(one)
