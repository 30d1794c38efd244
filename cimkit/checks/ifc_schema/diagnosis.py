"""What is wrong with an instance whose arguments do not look as its class wants them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cimkit.checks.ifc_schema.grammar import FORMS, Argument, Grammar
from cimkit.checks.ifc_valid.statements import arguments

__all__ = ["Fault", "diagnosed"]

_WORD = re.compile(rb"\.(\w+)\.")
_DATED = re.compile(rb"(IFC(?:DATETIME|DATE|TIME|DURATION))\s*\(\s*('[^']*')\s*\)", re.IGNORECASE)
_SHOWN = 80
_WRITTEN = {
    "IfcDate": "2026-03-01",
    "IfcTime": "09:30:00",
    "IfcDateTime": "2026-03-01T09:30:00",
    "IfcDuration": "P2DT6H",
}
"""How dates and times are written."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One attribute that does not fit."""

    reason: str
    """A word of the check."""
    measured: str
    """Attribute and value."""
    expected: str
    """What the schema asks for."""


def diagnosed(grammar: Grammar, text: bytes) -> Iterator[Fault]:
    """Yield what is wrong with the arguments of an instance."""
    given = arguments(text) if text.strip() else []
    wanted = grammar.arguments
    if len(given) != len(wanted):
        reason = "attributes-many" if len(given) > len(wanted) else "attributes-few"
        yield Fault(reason, str(len(given)), str(len(wanted)))
    for value, argument in zip(given, wanted, strict=False):
        fault = _argument(value.strip(), argument)
        if fault is not None:
            yield fault


def _argument(value: bytes, argument: Argument) -> Fault | None:
    said = value[:_SHOWN].decode("utf-8", "replace")
    measured = f"{argument.name}: {said}"
    if argument.derived:
        return None if value == b"*" else Fault("derived-given", measured, "*")
    if value == b"*":
        return Fault("derived-not", measured, argument.type)
    if value == b"$":
        return None if argument.optional else Fault("attribute-unset", measured, argument.type)
    if argument.pattern.fullmatch(value):
        return None
    dated = _dated(value, argument)
    if dated:
        return Fault("date-form", measured, f"{dated}: {_WRITTEN[dated]}")
    if argument.literals:
        word = _WORD.fullmatch(value)
        due = ", ".join(sorted(argument.literals))
        return Fault("word-unknown" if word else "type-other", measured, due)
    if argument.least >= 0 and value[:1] == b"(":
        inner = value[1:-1].strip()
        count = len(arguments(inner)) if inner else 0
        if count < argument.least or count > argument.most > 0:
            return Fault("list-size", f"{argument.name}: {count}", argument.type)
    return Fault("type-other", measured, argument.type)


def _dated(value: bytes, argument: Argument) -> str:
    """Return the type of a date or time that is written in another form, "" if there is none."""
    if argument.type in FORMS:
        return argument.type if value[:1] == b"'" else ""
    spelt = {name.upper().encode(): name for name in FORMS}
    for kind, said in _DATED.findall(value):
        name = spelt[kind.upper()]
        if not re.fullmatch(FORMS[name], said):
            return name
    return ""
