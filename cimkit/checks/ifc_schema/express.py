"""WHERE rules of the schemas, as ifcopenshell has compiled them, for as long as there is time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cimkit.checks.ifc_valid.outcome import Found, place_of

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["hold_rules"]

_EVERY = 256
"""Instances between two looks at the clock."""
_SHOWN = 50
"""Places kept of one rule in one model."""
_WRONG = (
    *(ArithmeticError, AttributeError, IndexError, KeyError, NameError, RuntimeError),
    *(TypeError, ValueError),
)
"""What compiled rules raise where the model, not the rule, is at fault elsewhere."""


@cache
def _rules(schema: str) -> tuple[tuple[Any, ...], ...]:
    """Return the rules of a schema: of entities, of types, of whole files."""
    module = import_module(f"ifcopenshell.express.rules.{schema}")
    found = [r for r in vars(module).values() if hasattr(r, "SCOPE")]
    return tuple(
        tuple(r for r in found if scope == r.SCOPE) for scope in ("entity", "type", "file")
    )


@contextmanager
def _by_value() -> Iterator[None]:
    """Compare instances by what they hold, as EXPRESS does."""
    import ifcopenshell

    settings: Any = ifcopenshell.settings
    names = ("unpack_non_aggregate_inverses", "compare_instances_by_value")
    before = {name: getattr(settings, name) for name in names if hasattr(settings, name)}
    for name in before:
        setattr(settings, name, True)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(settings, name, value)


def hold_rules(model: Model, found: Found, seconds: float) -> None:
    """Note each instance that a WHERE rule is false for.

    Rules of classes with few instances come first. What the time did not suffice for is told in
    ``found.unchecked``.
    """
    entity, types, whole = _rules(model.schema)
    end = time.process_time() + seconds
    left: list[str] = []
    with _by_value():
        for rule in whole:
            found.look()
            if _broken(rule, model.file):
                _note(found, None, rule.__name__)
        _types(model, found, types)
        work = [(rule, model.of(rule.TYPE_NAME)) for rule in entity]
        for rule, things in sorted(work, key=lambda pair: len(pair[1])):
            name = f"{rule.TYPE_NAME}.{rule.RULE_NAME}"
            for n, thing in enumerate(things):
                if n % _EVERY == 0 and time.process_time() > end:
                    left.append(f"{name} ({len(things) - n})")
                    break
                found.look()
                if _broken(rule, thing):
                    _note(found, thing, name)
    if left:
        found.unchecked = f"{seconds:g} s: " + ", ".join(left[:6]) + (" …" if left[6:] else "")


def _broken(rule: Any, subject: Any) -> bool:
    """Tell whether a rule is false; where it cannot be worked out it is not."""
    try:
        rule()(subject)
    except AssertionError:
        return True
    except _WRONG:
        return False
    return False


def _note(found: Found, thing: Any, name: str, measured: str = "") -> None:
    found.failed += 1
    shown = found.bad
    if sum(1 for p in shown if p.measured.startswith(name)) < _SHOWN:
        said = f"{name}: {measured}" if measured else name
        shown.append(place_of(thing, said, "", "where"))


def _types(model: Model, found: Found, rules: tuple[Any, ...]) -> None:
    """Hold values of named types against the rules of those types."""
    named = _by_type(model.schema, rules)
    for entity, attributes in _attributes(model, named).items():
        for thing in model.of(entity, exactly=True):
            for name in attributes:
                _value(found, thing, name, getattr(thing, name, None), attributes[name], named)


def _value(
    found: Found, thing: Any, name: str, value: Any, declared: str, named: Mapping[str, Any]
) -> None:
    if value is None:
        return
    if isinstance(value, tuple) and declared not in named:
        for one in value:
            _value(found, thing, name, one, declared.removeprefix("LIST "), named)
        return
    if hasattr(value, "wrappedValue"):
        declared, value = value.is_a(), value.wrappedValue
    for rule in named.get(declared, ()):
        found.look()
        if _broken(rule, value):
            _note(found, thing, f"{rule.TYPE_NAME}.{rule.RULE_NAME}", f"{name} {value}")


@cache
def _by_type(schema: str, rules: tuple[Any, ...]) -> Mapping[str, tuple[Any, ...]]:
    """Return rules by type, those of a type for all types made of it as well."""
    from ifcopenshell import ifcopenshell_wrapper as wrapper

    own: defaultdict[str, list[Any]] = defaultdict(list)
    for rule in rules:
        own[rule.TYPE_NAME].append(rule)
    made: dict[str, str] = {}
    declared: Any
    for declared in wrapper.schema_by_name(schema).declarations():
        if declared.as_type_declaration() is not None:
            base = declared.as_type_declaration().declared_type().as_named_type()
            if base is not None:
                made[declared.name()] = base.declared_type().name()
    found: dict[str, tuple[Any, ...]] = {}
    for name in {*own, *made}:
        line, here = list(own.get(name, ())), made.get(name)
        while here is not None:
            line += own.get(here, ())
            here = made.get(here)
        if line:
            found[name] = tuple(line)
    return found


def _attributes(model: Model, named: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return by class that occurs which attributes may hold values of such types."""
    from ifcopenshell import ifcopenshell_wrapper as wrapper

    schema: Any = wrapper.schema_by_name(model.schema)
    found: dict[str, dict[str, str]] = {}
    for entity in {str(t) for t in model.file.types()}:
        declared = schema.declaration_by_name(entity).as_entity()
        held: dict[str, str] = {}
        for attribute, derived in zip(declared.all_attributes(), declared.derived(), strict=True):
            kind = attribute.type_of_attribute()
            lists = 0
            while kind.as_aggregation_type() is not None:
                kind, lists = kind.as_aggregation_type().type_of_element(), lists + 1
            base = kind.as_named_type()
            if derived or base is None:
                continue
            one = base.declared_type()
            if one.name() in named or one.as_select_type() is not None:
                held[attribute.name()] = f"LIST {one.name()}" if lists else one.name()
        if held:
            found[entity] = held
    return found
