"""What a facet asks for, in signs that need no language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["anchored", "expected", "shortened", "spelt", "subject", "summed"]

Json = Mapping[str, Any]
_SHOWN = 5
"""Values of an enumeration that are named; the others are counted."""
_LONGEST = 120
_BOUNDS = {
    "minInclusive": "≥",
    "minExclusive": ">",
    "maxInclusive": "≤",
    "maxExclusive": "<",
}
_LENGTHS = {"length": "=", "minLength": "≥", "maxLength": "≤"}
_RELATIONS = {"IFCRELVOIDSELEMENT IFCRELFILLSELEMENT": "IFCRELVOIDSELEMENT/IFCRELFILLSELEMENT"}


def spelt(value: Json) -> str:
    """Return a value or a restriction.

    Examples
    --------
    >>> spelt({"simple": "A"}), spelt({"base": "double", "minInclusive": "2", "maxExclusive": "5"})
    ('A', '≥ 2, < 5')
    >>> spelt({"base": "string", "enumeration": [str(n) for n in range(1000)]})
    '0 | 1 | 2 | 3 | 4 | … (1000)'
    """
    if "simple" in value:
        return shortened(value["simple"])
    parts = []
    if "enumeration" in value:
        many = value["enumeration"]
        more = f" | … ({len(many)})" if len(many) > _SHOWN else ""
        parts.append(shortened(" | ".join(many[:_SHOWN])) + more)
    if "pattern" in value:
        parts.append(" | ".join(f"/{shortened(p)}/" for p in value["pattern"][:_SHOWN]))
    parts += [f"{sign} {value[name]}" for name, sign in _BOUNDS.items() if name in value]
    parts += [f"|…| {sign} {value[name]}" for name, sign in _LENGTHS.items() if name in value]
    return ", ".join(parts)


def shortened(text: str) -> str:
    """Return a text that a message has room for."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def subject(facet: Json) -> str:
    """Return what a facet asks about: an attribute, a property, a system, a relation."""
    kind = facet["facet"]
    if kind == "attribute":
        return spelt(facet["name"])
    if kind == "property":
        return f"{spelt(facet['propertySet'])}.{spelt(facet['baseName'])}"
    if kind == "classification":
        return spelt(facet["system"])
    if kind == "partOf":
        relation = facet.get("relation", "")
        return str(_RELATIONS.get(relation, relation))
    return ""


def expected(facet: Json) -> str:
    """Return what a facet wants to find.

    Examples
    --------
    >>> wall = {"name": {"simple": "IFCWALL"}, "predefinedType": {"simple": "SHEAR"}}
    >>> expected({"facet": "partOf", "entity": wall, "relation": "IFCRELAGGREGATES"})
    'IFCWALL.SHEAR (IFCRELAGGREGATES)'
    """
    kind = facet["facet"]
    if kind in ("entity", "partOf"):
        entity = facet["entity"] if kind == "partOf" else facet
        name = spelt(entity["name"])
        own = entity.get("predefinedType")
        whole = f"{name}.{spelt(own)}" if own is not None else name
        relation = subject(facet)
        return f"{whole} ({relation})" if relation else whole
    if kind == "classification":
        code = f": {spelt(facet['value'])}" if "value" in facet else ""
        return f"{subject(facet)}{code}"
    said = [str(facet["dataType"])] if "dataType" in facet else []
    said += [spelt(facet["value"])] if "value" in facet else []
    return " ".join(said)


def summed(facets: Sequence[Json]) -> str:
    """Return what some facets want to find together."""
    texts = []
    for facet in facets:
        about = subject(facet) if facet["facet"] in ("attribute", "property") else ""
        texts.append(f"{about} {expected(facet)}".strip())
    return " & ".join(texts)


def anchored(facet: Json) -> bool:
    """Tell whether a pattern has signs that are anchors elsewhere and plain signs in IDS."""
    for value in facet.values():
        patterns = value.get("pattern", ()) if isinstance(value, Mapping) else ()
        if any(p.startswith("^") or p.endswith("$") for p in patterns):
            return True
    return False
