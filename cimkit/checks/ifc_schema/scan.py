"""All instances of a model held against their schema, class by class and column by column."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.checks.ifc_schema.diagnosis import diagnosed
from cimkit.checks.ifc_schema.grammar import Grammar, grammar_of
from cimkit.checks.ifc_schema.unique import shared_values
from cimkit.checks.ifc_valid.outcome import Found, Place

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model
    from cimkit.checks.ifc_valid.statements import Statements

__all__ = ["hold_schema"]

Int = npt.NDArray[np.int64]

_NUMBERS = re.compile(rb"#\s*(\d+)")


class _Classes:
    """Which class each instance is of."""

    def __init__(self, text: Statements) -> None:
        names = list(text.numbers)
        self.code = {name: n for n, name in enumerate(names)}
        numbers = np.concatenate([np.zeros(0, np.int64), *(text.ids(n) for n in names)])
        codes = np.repeat(np.arange(len(names)), [len(text.numbers[n]) for n in names])
        order = np.argsort(numbers, kind="stable")
        self.numbers, self._codes = numbers[order], codes[order]
        self.names = np.array(names)

    def of(self, numbers: Int) -> Int:
        """Return the code of the class of each instance, -1 where there is no such instance."""
        if not len(self.numbers):
            return np.full(len(numbers), -1)
        # Of instances with one number the last one counts, as it does for parsers.
        at = np.searchsorted(self.numbers, numbers, side="right") - 1
        at = np.maximum(at, 0)
        return np.where(self.numbers[at] == numbers, self._codes[at], -1)


def hold_schema(model: Model, found: Found) -> None:
    """Note every attribute that is not what the schema of the model asks for."""
    text = model.statements
    classes = _Classes(text)
    found.look(len(text))
    double = Counter(classes.numbers.tolist()) if _repeats(classes.numbers) else Counter()
    for number in sorted(n for n, k in double.items() if k > 1):
        met = classes.names[classes.of(np.array([number]))[0]]
        _note(found, number, str(met), f"#{number} × {double[number]}", "1", "number-double")
    if text.rest:
        _note(found, None, "", text.rest, "", "no-statement")
    for name, instances in text.texts.items():
        grammar = grammar_of(model.schema, name)
        numbers = text.numbers[name]
        if grammar is None:
            _note(found, numbers[0], name, name, model.schema, "class-unknown-here", len(numbers))
            continue
        if grammar.abstract:
            reason = "class-abstract"
            _note(found, numbers[0], grammar.name, grammar.name, "", reason, len(numbers))
        _class(found, grammar, numbers, instances, classes)
    for number, entity, met, reason in shared_values(model):
        _note(found, number, entity, met, "", reason)


def _repeats(numbers: Int) -> bool:
    return bool(len(numbers)) and bool((np.diff(numbers) == 0).any())


def _class(
    found: Found, grammar: Grammar, numbers: list[int], texts: list[bytes], classes: _Classes
) -> None:
    matches = list(map(grammar.whole.fullmatch, texts))
    wrong = [n for n, match in enumerate(matches) if match is None]
    for n in wrong:
        for fault in diagnosed(grammar, texts[n]):
            _note(found, numbers[n], grammar.name, fault.measured, fault.expected, fault.reason)
    if not grammar.referring:
        return
    right = [n for n, match in enumerate(matches) if match is not None]
    columns = list(zip(*(matches[n].groups() for n in right), strict=True))  # type: ignore[union-attr]
    owners = np.array([numbers[n] for n in right], dtype=np.int64)
    for at, column in zip(grammar.referring, columns, strict=False):
        _references(found, grammar, at, owners, column, classes)


def _references(
    found: Found,
    grammar: Grammar,
    at: int,
    owners: Int,
    column: tuple[bytes, ...],
    classes: _Classes,
) -> None:
    argument = grammar.arguments[at]
    numbers = np.array(_NUMBERS.findall(b",".join(column)), dtype="S20").astype(np.int64)
    if not len(numbers):
        return
    codes = classes.of(numbers)
    allowed = np.zeros(len(classes.names) + 1, dtype=bool)
    allowed[[code for name, code in classes.code.items() if name in argument.refers]] = True
    allowed[-1] = False  # what is not there has the code -1
    bad = np.flatnonzero(~allowed[codes])
    if not len(bad):
        return
    source = np.repeat(owners, [c.count(b"#") for c in column])
    for n in bad.tolist():
        if codes[n] < 0:
            met, due, reason = f"#{numbers[n]}", "", "reference-open"
        else:
            met = f"#{numbers[n]} {classes.names[codes[n]]}"
            due, reason = argument.type, "reference-other"
        measured = f"{argument.name}: {met}"
        _note(found, int(source[n]), grammar.name, measured, due, reason)


def _note(
    found: Found,
    number: int | None,
    entity: str,
    measured: Any,
    expected: str,
    reason: str,
    count: int = 1,
) -> None:
    found.failed += count
    if sum(1 for p in found.bad if p.reason == reason) < _SHOWN:
        found.bad.append(
            Place(number, entity, "", "", str(measured)[:300], expected[:300], reason, count)
        )


_SHOWN = 100
"""Places kept of each reason in one model."""
