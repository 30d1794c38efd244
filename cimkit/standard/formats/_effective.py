"""Attributes class by class, for formats in which classes inherit nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from cimkit.standard.formats._losses import Ledger
from cimkit.standard.model import Standard
from cimkit.standard.overlay._changes import words
from cimkit.standard.rows import Attribute

__all__ = ["attributes_by_class", "collapse"]

Key = TypeVar("Key")


def attributes_by_class(
    standard: Standard,
    codes: Iterable[str],
    ledger: Ledger,
    kind: str | None = None,
    *,
    tree: bool = True,
) -> dict[str, list[int]]:
    """Return the numbers of the attributes that objects of each class of the primary scheme carry.

    Attributes that no class carries, as another of the name stands nearer, are noted as lost; so
    are the classes that attributes are written at, where `collapse` would not find them again.
    A code with a blank or comma in it cannot be named in an attribute's list of classes: its class
    has none. With `tree` the format says which class stands above which.
    """
    numbers = {id(a): n for n, a in enumerate(standard.attributes)}
    found = {
        code: []
        if words(code) != (code,)
        else [numbers[id(a)] for a in standard.attributes_of(code, kind)]
        for code in codes
    }
    used = {n for line in found.values() for n in line}
    for number in range(len(standard.attributes)):
        if number not in used:
            why = "No class has it, or each that has it has a nearer one of the name."
            ledger.row("attributes", number, why)
    alike: dict[tuple[object, ...], list[int]] = {}
    for number in sorted(used):
        alike.setdefault(_said(standard.attributes[number]), []).append(number)
    for number in (n for same in alike.values() if len(same) > 1 for n in same):
        why = "Another row says the same of other classes: one stands for both."
        ledger.row("attributes", number, why, "class")
    parents = {c: r.parent for c, r in standard.by_code.items()} if tree else {}
    again = collapse(found, parents)
    for number in sorted(used):
        if sorted(again[number]) != sorted(standard.attributes[number].classes):
            why = "It stands at each class that has it: classes inherit nothing there."
            ledger.row("attributes", number, why, "class")
    return found


def _said(one: Attribute) -> tuple[object, ...]:
    """What an attribute says beside whose it is."""
    what = (one.name, one.title, one.type, one.unit, one.domain, one.obligation)
    return (*what, one.pattern, one.minimum, one.maximum)


def collapse(
    found: Mapping[str, Iterable[Key]], parents: Mapping[str, str]
) -> dict[Key, list[str]]:
    """Return the topmost classes that each attribute is written at.

    Examples
    --------
    >>> collapse({"1": ["a"], "11": ["a", "b"], "12": ["a"]}, {"1": "", "11": "1", "12": "1"})
    {'a': ['1'], 'b': ['11']}
    """
    lines = {code: list(dict.fromkeys(said)) for code, said in found.items()}
    out: dict[Key, list[str]] = {}
    for code, said in lines.items():
        above = lines.get(parents.get(code, ""), [])
        for key in said:
            out.setdefault(key, [])
            if key not in above:
                out[key].append(code)
    return out
