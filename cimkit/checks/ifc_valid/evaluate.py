"""Holding rules of the table against a model."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cimkit.checks.ifc_valid.outcome import Found
from cimkit.checks.ifc_valid.paths import fits, walk
from cimkit.checks.ifc_valid.table import RuleRow, rule_rows

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["Evaluator", "evaluate", "evaluate_all"]

Evaluator = Callable[["Model", Found, Mapping[str, Any]], None]

_ROOMS = (
    *("alignments", "curves", "continuity", "structure", "placements", "properties"),
    *("units", "georeference", "deprecated", "resources", "representations", "loops", "shells"),
)


@cache
def _evaluators() -> Mapping[str, Evaluator]:
    found: dict[str, Evaluator] = {}
    for room in _ROOMS:
        found |= import_module(f"cimkit.checks.ifc_valid.{room}").TESTS
    return found


def evaluate_all(model: Model, rules: Iterable[str]) -> dict[str, Found]:
    """Return what each of these rules finds in a model."""
    return {key: evaluate(model, rule_rows()[key]) for key in rules}


def evaluate(model: Model, row: RuleRow) -> Found:
    """Return what one rule finds in a model.

    What the parser let pass and yet is no sound reference, list or number makes the rule *not
    checked* there: the schema rules name such places.
    """
    found = Found()
    if row.schemas and (model.family not in row.schemas or model.header.schema != model.schema):
        return found
    if row.view and not any(row.view.casefold() == v.casefold() for v in model.header.views):
        return found
    for path in row.present:
        try:
            found.look(sum(1 for _ in itertools.islice(walk(model, path), 1)))
        except (AttributeError, RuntimeError, TypeError, ValueError) as error:
            found.unchecked = f"{type(error).__name__}: {error}"
    try:
        for path, condition in row.checks:
            _hold(model, path, condition, found)
        if row.test:
            _evaluators()[row.test](model, found, row.arguments)
    except (
        *(ArithmeticError, AssertionError, AttributeError, IndexError, KeyError),
        *(RuntimeError, TypeError, ValueError),
    ) as error:
        found.unchecked = f"{type(error).__name__}: {error}"
    return found


def _hold(model: Model, path: str, condition: str, found: Found) -> None:
    right = fits(condition)
    for thing in walk(model, path):
        found.look()
        if right(model, thing):
            continue
        if model.is_thing(thing):
            found.fail(thing, _met(thing, condition), _wanted(condition))
        else:
            found.fail(None, thing, _wanted(condition))


def _met(thing: Any, condition: str) -> str:
    named = re.match(r"\[!?(\w+)", condition)
    name = named[1] if named else ""
    value = getattr(thing, name, None) if name else None
    if value is None or hasattr(value, "is_a"):
        return str(thing.is_a())
    if isinstance(value, tuple):
        return f"{name}: {len(value)}"
    return f"{name}: {getattr(value, 'wrappedValue', value)}"


def _wanted(condition: str) -> str:
    """Return what a condition asks for, as people write it."""
    if "~=" in condition:
        return ""
    said = condition.rpartition("[")[2].strip("]=")
    if said.startswith("!"):
        return f"{said[1:]}: -"
    return said.replace("|", ", ").replace("=", ": ")
