"""Values in IDS: a text, or an XML Schema restriction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

__all__ = ["IDS", "XS", "Value", "add_value", "as_value", "condition", "value_of"]

IDS = "http://standards.buildingsmart.org/IDS"
XS = "http://www.w3.org/2001/XMLSchema"
_META = re.compile(r"[\\|.^?*+{}()\[\]-]")
_LITERAL = r"(?:[^\\|.?*+{}()\[\]]|\\[\\|.^?*+{}()\[\]-])+"


@dataclass(frozen=True, slots=True)
class Value:
    """What a facet says of a value."""

    simple: str | None = None
    options: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    bounds: tuple[tuple[str, str], ...] = ()
    """``(minInclusive, 3)`` and so on."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts it names; () if it describes them."""
        if self.patterns or self.bounds:
            return ()
        return self.options if self.simple is None else (self.simple,)


def value_of(element: Any) -> Value:
    """Return what stands in an element of type idsValue; None and an empty one say nothing."""
    if element is None:
        return Value()
    simple = element.find(f"{{{IDS}}}simpleValue")
    if simple is not None:
        return Value(simple=(simple.text or "").strip())
    options, patterns, bounds = [], [], []
    for facet in element.iterfind(f"{{{XS}}}restriction/*"):
        name, text = str(facet.tag).rpartition("}")[2], facet.get("value", "").strip()
        if name == "enumeration":
            options.append(text)
        elif name == "pattern":
            patterns.append(text)
        elif name in ("length", "minLength", "maxLength") or name[:3] in ("min", "max"):
            bounds.append((name, text))
    return Value(None, tuple(options), tuple(patterns), tuple(bounds))


def add_value(parent: Any, name: str, value: Value, base: str = "string") -> None:
    """Add an element of type idsValue."""
    from lxml import etree

    element = etree.SubElement(parent, f"{{{IDS}}}{name}")
    if value.simple is not None:
        etree.SubElement(element, f"{{{IDS}}}simpleValue").text = value.simple
        return
    restriction = etree.SubElement(element, f"{{{XS}}}restriction", base=f"xs:{base}")
    facets = [("enumeration", v) for v in value.options] + [("pattern", v) for v in value.patterns]
    for kind, text in (*facets, *value.bounds):
        etree.SubElement(restriction, f"{{{XS}}}{kind}", value=text)


_NUMERIC = {
    "ge": "minInclusive",
    "gt": "minExclusive",
    "le": "maxInclusive",
    "lt": "maxExclusive",
}


def as_value(op: str, text: str) -> tuple[Value, str] | None:
    """Return a comparison of a mapping row as a value and its base; None if IDS has none such."""
    plain = _META.sub(lambda m: "\\" + m[0], text)
    if op == "equals":
        return Value(simple=text), "string"
    if op == "in":
        return Value(options=tuple(v.strip() for v in text.split("|") if v.strip())), "string"
    if op in ("contains", "prefix", "suffix"):
        before, after = {"contains": (".*", ".*"), "prefix": ("", ".*"), "suffix": (".*", "")}[op]
        return Value(patterns=(f"{before}{plain}{after}",)), "string"
    if op in _NUMERIC:
        return Value(bounds=((_NUMERIC[op], text),)), "double"
    return (Value(), "") if op == "exists" else None


def condition(value: Value) -> tuple[str, str] | None:
    """Return op and value of a mapping row for a value; None if a row cannot say it.

    Examples
    --------
    >>> condition(Value(patterns=("a.*",))), condition(Value(options=("a", "b")))
    (('prefix', 'a'), ('in', 'a|b'))
    """
    if value == Value():
        return "exists", ""
    if value.simple is not None:
        return ("equals", value.simple) if value.simple else None
    if len(value.patterns) == 1 and not value.options and not value.bounds:
        return _pattern(value.patterns[0])
    if value.options and not value.patterns and not value.bounds:
        fits = all(o and "|" not in o for o in value.options)
        return ("in", "|".join(value.options)) if fits else None
    if len(value.bounds) == 1 and not value.options and not value.patterns:
        ops = {v: k for k, v in _NUMERIC.items()}
        kind, text = value.bounds[0]
        return (ops[kind], text) if kind in ops and _is_number(text) else None
    return None


def _pattern(pattern: str) -> tuple[str, str] | None:
    from cimkit.standard.formats._patterns import from_xsd

    match = re.fullmatch(rf"(\.\*)?({_LITERAL})(\.\*)?", pattern)
    if match and (match[1] or match[3]):
        op = "contains" if match[1] and match[3] else "suffix" if match[1] else "prefix"
        return op, re.sub(r"\\(.)", r"\1", match[2])
    found, _ = from_xsd(pattern)
    return ("matches", f"^(?:{found})$") if found else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
