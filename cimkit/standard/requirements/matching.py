"""Names of classes and attributes held against a value of an IDS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cimkit.standard._expressions import fits
from cimkit.standard.requirements.patterns import re2_of

__all__ = ["accepts", "everything", "shown", "some"]

Json = dict[str, Any]


def accepts(value: Json, text: str) -> bool:
    """Tell whether a value of an IDS is a text, or a restriction fits it."""
    if "simple" in value:
        return bool(value["simple"] == text)
    if "enumeration" in value and text not in value["enumeration"]:
        return False
    patterns = [re2_of(p)[0] for p in value.get("pattern", ())]
    if patterns and not any(p == "^(?:.*)$" or fits(p[1:-1], text) for p in patterns):
        return False
    return _lengths_fit(value, len(text))


def _lengths_fit(value: Json, length: int) -> bool:
    """Tell whether a restriction lets a text be so long."""
    return (
        int(value.get("length", length)) == length
        and int(value.get("minLength", 0)) <= length
        and int(value.get("maxLength", length)) >= length
    )


def everything(value: Json) -> bool:
    """Tell whether a restriction accepts any text."""
    return value.get("pattern") == [".*"]


def shown(value: Json) -> str:
    """Return a value as messages name it."""
    if "simple" in value:
        return str(value["simple"])
    said = [*value.get("enumeration", ()), *value.get("pattern", ())]
    return " | ".join(said[:5]) + (" | ..." if len(said) > 5 else "")


def some(names: Iterable[str]) -> str:
    """Return the first few of some names."""
    known = sorted(names)
    return ", ".join(known[:3]) + (" ..." if len(known) > 3 else "")
