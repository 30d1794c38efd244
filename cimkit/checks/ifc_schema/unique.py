"""UNIQUE rules of the schemas: values that no two instances may share."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cimkit.checks.ifc_schema.grammar import grammar_of
from cimkit.checks.ifc_valid.statements import arguments

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["shared_values"]

_GUID = re.compile(rb"\s*'([^']*)'")
_TOGETHER = (
    ("IFCAPPLICATION", ("ApplicationIdentifier",)),
    ("IFCAPPLICATION", ("ApplicationFullName", "Version")),
    ("IFCPROPERTYENUMERATION", ("Name",)),
)
"""Class, and the attributes whose values together stand once; the same in all versions of IFC."""


def shared_values(model: Model) -> Iterator[tuple[int, str, str, str]]:
    """Yield each instance that has what another has before it.

    Returns
    -------
    iterator of (int, str, str, str)
        Its number and class, what both have and who, and the word for it. An attribute that is
        unset makes an instance unlike all others.
    """
    yield from _guids(model)
    text = model.statements
    for name, attributes in _TOGETHER:
        grammar = grammar_of(model.schema, name)
        if grammar is None or name not in text.texts:
            continue
        at = [n for n, one in enumerate(grammar.arguments) if one.name in attributes]
        first: dict[tuple[bytes, ...], int] = {}
        for number, given in zip(text.numbers[name], text.texts[name], strict=True):
            values = [value.strip() for value in arguments(given)]
            if len(values) <= max(at) or b"$" in (values[n] for n in at):
                continue
            key = tuple(values[n] for n in at)
            other = first.setdefault(key, number)
            if other != number:
                said = ", ".join(v.decode("utf-8", "replace").strip("'") for v in key)
                met = f"{', '.join(attributes)}: {said}: #{other}, #{number}"
                yield number, grammar.name, met, "value-shared"


def _guids(model: Model) -> Iterator[tuple[int, str, str, str]]:
    text = model.statements
    owners: defaultdict[bytes, list[tuple[int, str]]] = defaultdict(list)
    for name, texts in text.texts.items():
        grammar = grammar_of(model.schema, name)
        if grammar is None or not grammar.arguments or grammar.arguments[0].name != "GlobalId":
            continue
        for number, given in zip(text.numbers[name], texts, strict=True):
            said = _GUID.match(given)
            if said is not None:
                owners[said[1]].append((number, grammar.name))
    for guid, who in owners.items():
        for number, entity in who[1:]:
            met = f"{guid.decode('ascii', 'replace')}: #{who[0][0]}, #{number}"
            yield number, entity, met, "guid-shared"
