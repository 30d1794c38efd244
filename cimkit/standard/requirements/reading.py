"""An IDS 1.0 read: its elements in the order of the format, its values as plain data.

A specification is a plain dict, so that it can stand among the parameters of a rule and cross to
a worker process::

    {"name": "Walls", "versions": ["IFC4"], "least": 0,
     "applicability": [{"facet": "entity", "name": {"simple": "IFCWALL"}}],
     "requirements": [{"facet": "attribute", "cardinality": "required",
                       "name": {"simple": "Name"},
                       "value": {"base": "string", "pattern": ["W.*"]}}]}

``least`` is 1 where there must be something that it applies to, and ``most`` is 0 where there may
be nothing; else there is no ``most``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from cimkit.errors import StandardError, StandardInvalid
from cimkit.standard.formats._xml import parse
from cimkit.standard.requirements._content import content_mistakes
from cimkit.standard.requirements._structure import IDS, XS, Mistakes, structure_mistakes

__all__ = ["Document", "read_ids"]

Json = dict[str, Any]
_FACETS = ("entity", "partOf", "classification", "attribute", "property", "material")
_LISTS = ("enumeration", "pattern")
_PARTS = {
    "entity": ("name", "predefinedType"),
    "classification": ("value", "system"),
    "attribute": ("name", "value"),
    "property": ("propertySet", "baseName", "value"),
    "material": ("value",),
}


@dataclass(frozen=True)
class Document:
    """One IDS."""

    title: str
    """``info/title``."""
    version: str
    """``info/version``, "" if it says none."""
    facts: dict[str, str] = field(default_factory=dict)
    """The rest of ``info``: copyright, description, author, date, purpose, milestone."""
    specifications: tuple[Json, ...] = ()
    """In the order of the file."""


def read_ids(content: bytes, where: str) -> Document:
    """Read an IDS and hold it against what IDS 1.0 allows.

    Parameters
    ----------
    content : bytes
        The file.
    where : str
        How messages name it.

    Raises
    ------
    StandardInvalid
        If it is no XML, does not keep to the schema of IDS 1.0, or asks for what no model of the
        releases it names can fulfil; all mistakes at once.
    """
    try:
        root = parse(content, where)
    except StandardError as error:
        raise StandardInvalid([error]) from error
    told = Mistakes(where)
    structure_mistakes(root, told)
    told.tell()
    info = root.find(f"{{{IDS}}}info")
    facts = {str(e.tag).rpartition("}")[2]: (e.text or "").strip() for e in info}
    specifications = tuple(
        _specification(element, told) for element in root.iter(f"{{{IDS}}}specification")
    )
    content_mistakes(specifications, told)
    told.tell()
    return Document(facts.pop("title", ""), facts.pop("version", ""), facts, specifications)


def _specification(element: Any, told: Mistakes) -> Json:
    applies = element.find(f"{{{IDS}}}applicability")
    demands = element.find(f"{{{IDS}}}requirements")
    least, most = _occurs(applies, told)
    found: Json = {
        "name": element.get("name"),
        "line": element.sourceline,
        "versions": element.get("ifcVersion").split(),
        "least": least,
        **({"most": 0} if most == 0 else {}),
        "applicability": [_facet(e) for e in applies],
        "requirements": [_facet(e) for e in demands] if demands is not None else [],
    }
    for key in ("identifier", "description", "instructions"):
        if element.get(key):
            found[key] = element.get(key)
    if most == 0 and demands is not None and len(demands):
        told.add(
            demands,
            "a specification that prohibits what it applies to has no requirements",
            mend="Take the requirements out, or set maxOccurs to unbounded.",
        )
    if not found["applicability"]:
        told.add(
            applies,
            "a specification that applies to nothing in particular",
            mend="Say in its applicability which objects it speaks of.",
        )
    return found


def _occurs(applies: Any, told: Mistakes) -> tuple[int, int | None]:
    """Return how many there must be at least and may be at most; None: any number."""
    least, most = applies.get("minOccurs", "1"), applies.get("maxOccurs", "unbounded")
    if (least, most) in (("1", "unbounded"), ("0", "unbounded"), ("0", "0")):
        return int(least), None if most == "unbounded" else 0
    if "minOccurs" not in applies.attrib and most == "0":
        return 0, 0
    told.add(
        applies,
        "IDS 1.0 knows three cardinalities of a specification",
        got=f"minOccurs={least} maxOccurs={most}",
        expected="1 and unbounded (required), 0 and unbounded (optional), 0 and 0 (prohibited)",
        mend="Write one of the three; numbers of objects cannot be asked for.",
    )
    return 0, None


def _facet(element: Any) -> Json:
    name = str(element.tag).rpartition("}")[2]
    found: Json = {"facet": name, "line": element.sourceline}
    found["cardinality"] = element.get("cardinality", "required")
    for key in ("instructions", "dataType", "relation", "uri"):
        if element.get(key):
            found[key] = element.get(key)
    if name == "partOf":
        inner = element.find(f"{{{IDS}}}entity")
        found["entity"] = _parts(inner, "entity")
        return found
    return found | _parts(element, name)


def _parts(element: Any, name: str) -> Json:
    found: Json = {}
    for part in _PARTS[name]:
        inner = element.find(f"{{{IDS}}}{part}")
        if inner is not None:
            found[part] = _value(inner[0])
    return found


def _value(element: Any) -> Json:
    if element.tag == f"{{{IDS}}}simpleValue":
        return {"simple": element.text or ""}
    found: Json = {
        "base": re.sub(r"^\w+:", "", element.get("base", "")),
        "line": element.sourceline,
    }
    for child in element:
        name = str(child.tag).rpartition("}")[2]
        if child.tag != f"{{{XS}}}{name}" or name == "annotation":
            continue
        if name in _LISTS:
            found.setdefault(name, []).append(child.get("value"))
        else:
            found[name] = child.get("value")
    return found
