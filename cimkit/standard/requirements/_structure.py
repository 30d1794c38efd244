"""Whether an IDS keeps to the schema of IDS 1.0: elements, their order, their attributes.

Our own check and not the published XSD, which may be redistributed unchanged only and imports
other schemas from the network; its facts are stated here as tables.
"""

from __future__ import annotations

import re
from typing import Any

from cimkit.errors import StandardError, StandardInvalid

__all__ = ["IDS", "XS", "Mistakes", "structure_mistakes"]

IDS = "http://standards.buildingsmart.org/IDS"
XS = "http://www.w3.org/2001/XMLSchema"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"

_MANY = 10**9
_ELEMENTS: dict[str, tuple[tuple[str, int, int], ...]] = {
    "ids": (("info", 1, 1), ("specifications", 1, 1)),
    "info": (
        ("title", 1, 1),
        *((n, 0, 1) for n in ("copyright", "version", "description", "author", "date")),
        *((n, 0, 1) for n in ("purpose", "milestone")),
    ),
    "specifications": (("specification", 1, _MANY),),
    "specification": (("applicability", 1, 1), ("requirements", 0, 1)),
    "applicability": (
        ("entity", 0, 1),
        *((n, 0, _MANY) for n in ("partOf", "classification", "attribute", "property", "material")),
    ),
    "entity": (("name", 1, 1), ("predefinedType", 0, 1)),
    "partOf": (("entity", 1, 1),),
    "classification": (("value", 0, 1), ("system", 1, 1)),
    "attribute": (("name", 1, 1), ("value", 0, 1)),
    "property": (("propertySet", 1, 1), ("baseName", 1, 1), ("value", 0, 1)),
    "material": (("value", 0, 1),),
}
"""Children in their order, with how often they may come."""
_FACETS = ("entity", "partOf", "classification", "attribute", "property", "material")
_VALUES = ("name", "predefinedType", "value", "system", "propertySet", "baseName")

_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "specification": ("name", "ifcVersion", "identifier", "description", "instructions"),
    "applicability": ("minOccurs", "maxOccurs"),
    "requirements": ("description",),
    "partOf": ("relation",),
    "property": ("dataType",),
}
_DEMANDED: dict[str, tuple[str, ...]] = {
    "entity": ("instructions",),
    "partOf": ("cardinality", "instructions"),
    **dict.fromkeys(
        ("classification", "property", "material"), ("uri", "cardinality", "instructions")
    ),
    "attribute": ("cardinality", "instructions"),
}
"""Attributes that a facet has among the requirements only."""
_NEEDED = {"specification": ("name", "ifcVersion")}
_WORDS: dict[str, tuple[str, ...]] = {
    "relation": (
        *("IFCRELAGGREGATES", "IFCRELASSIGNSTOGROUP", "IFCRELCONTAINEDINSPATIALSTRUCTURE"),
        *("IFCRELNESTS", "IFCRELVOIDSELEMENT IFCRELFILLSELEMENT"),
    ),
    "cardinality": ("required", "prohibited", "optional"),
}
_VERSIONS = ("IFC2X3", "IFC4", "IFC4X3_ADD2")
_CONSTRAINTS = (
    *("enumeration", "pattern", "length", "minLength", "maxLength"),
    *("minInclusive", "maxInclusive", "minExclusive", "maxExclusive"),
)


class Mistakes:
    """What is wrong with one file, gathered."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.found: list[StandardError] = []

    def add(
        self, place: Any, what: str, *, got: Any = None, expected: Any = None, mend: str = ""
    ) -> None:
        """Add a mistake; `place` is an element, or a line."""
        line = place if isinstance(place, int) else getattr(place, "sourceline", None)
        where = f"{self.where}:{line}" if line else self.where
        self.found.append(StandardError(what, where=where, got=got, expected=expected, mend=mend))

    def tell(self) -> None:
        """Raise `StandardInvalid` if there are any."""
        if self.found:
            raise StandardInvalid(self.found)


def structure_mistakes(root: Any, told: Mistakes) -> None:
    """Add what does not keep to the schema."""
    if root.tag != f"{{{IDS}}}ids":
        told.add(
            root,
            "no IDS 1.0",
            got=str(root.tag),
            expected=f"{{{IDS}}}ids",
            mend="Save it as IDS 1.0 in the tool that made it.",
        )
        return
    _element(root, "ids", told)


def _element(element: Any, name: str, told: Mistakes, *, demand: bool = False) -> None:
    _attributes(element, name, told, demand)
    if name in _VALUES and not (name == "value" and element.tag != f"{{{IDS}}}value"):
        _value(element, name, told)
        return
    model = _ELEMENTS.get(name)
    children = [(_local(e), e) for e in element]
    if name == "requirements":
        for local, child in children:
            if local not in _FACETS:
                _unknown(child, local, name, _FACETS, told)
            else:
                _element(child, local, told, demand=True)
        return
    if model is None:
        if children:
            _unknown(children[0][1], children[0][0], name, (), told)
        elif name == "date" and not re.fullmatch(
            r"-?\d{4}-\d{2}-\d{2}(Z|[+-]\d{2}:\d{2})?", (element.text or "").strip()
        ):
            told.add(element, "`date` is a date", got=element.text, expected="YYYY-MM-DD")
        elif name == "author" and not re.fullmatch(r"[^@]+@[^\.]+\..+", element.text or ""):
            told.add(element, "`author` is an address of mail", got=element.text)
        return
    _sequence(element, name, model, children, told)


def _sequence(
    element: Any,
    name: str,
    model: tuple[tuple[str, int, int], ...],
    children: list[tuple[str, Any]],
    told: Mistakes,
) -> None:
    order = [n for n, _, _ in model]
    last = -1
    for local, child in children:
        if local not in order:
            _unknown(child, local, name, order, told)
            continue
        if order.index(local) < last:
            told.add(
                child,
                f"<{local}> stands too late in <{name}>",
                expected=" ".join(order),
                mend="Put the elements in that order.",
            )
        last = max(last, order.index(local))
        _element(child, local, told)
    for local, least, most in model:
        count = sum(1 for n, _ in children if n == local)
        if count < least:
            told.add(element, f"<{name}> has no <{local}>", mend="Add it.")
        elif count > most:
            told.add(element, f"<{name}> has <{local}> {count} times", expected=f"at most {most}")


def _attributes(element: Any, name: str, told: Mistakes, demand: bool) -> None:
    allowed = (*_ATTRIBUTES.get(name, ()), *(_DEMANDED.get(name, ()) if demand else ()))
    for key, text in element.attrib.items():
        if str(key).startswith(f"{{{_XSI}}}") or str(key).startswith("{http://www.w3.org/XML/"):
            continue
        if key not in allowed:
            old = key in ("minOccurs", "maxOccurs") or (name == "property" and key == "measure")
            told.add(
                element,
                f"<{name}> has no attribute {key} here",
                got=text,
                expected=", ".join(allowed) or "none",
                mend="That is how IDS was before 1.0: save it as IDS 1.0." if old else "",
            )
        words = _WORDS.get(key, ())
        if name == "partOf" and key == "cardinality":
            words = words[:2]
        if words and key in allowed and text not in words:
            told.add(element, f"no such {key}", got=text, expected=", ".join(words))
        if key == "dataType" and not re.fullmatch("[A-Z]+", text.strip()):
            told.add(element, "a dataType is written in capitals", got=text, expected=text.upper())
    for key in _NEEDED.get(name, ()):
        if key not in element.attrib:
            told.add(element, f"<{name}> has no attribute {key}", mend="Add it.")
    if name == "specification":
        versions = (element.get("ifcVersion") or "").split()
        unknown = [v for v in versions if v not in _VERSIONS]
        if unknown or not versions:
            told.add(
                element,
                "no such ifcVersion",
                got=" ".join(unknown),
                expected=", ".join(_VERSIONS),
            )


def _value(element: Any, name: str, told: Mistakes) -> None:
    children = list(element)
    kinds = [str(c.tag) for c in children]
    if len(children) != 1 or kinds[0] not in (f"{{{IDS}}}simpleValue", f"{{{XS}}}restriction"):
        told.add(
            element,
            f"<{name}> holds one <simpleValue> or one <xs:restriction>",
            got=", ".join(k.rpartition("}")[2] for k in kinds) or (element.text or "").strip(),
        )
        return
    one = children[0]
    if kinds[0].endswith("simpleValue"):
        if len(one):
            _unknown(one[0], _local(one[0]), "simpleValue", (), told)
        return
    found = 0
    for child in one:
        local = str(child.tag).rpartition("}")[2]
        if child.tag == f"{{{XS}}}annotation":
            continue
        if not str(child.tag).startswith(f"{{{XS}}}") or local not in _CONSTRAINTS:
            told.add(
                child,
                "a restriction that IDS 1.0 does not know",
                got=local,
                expected=", ".join(_CONSTRAINTS),
                mend="Say it with one of these.",
            )
        elif child.get("value") is None:
            told.add(child, f"<xs:{local}> has no value")
        else:
            found += 1
    if not one.get("base"):
        told.add(one, "a restriction without a base", expected='base="xs:string"')
    if not found and not len(one):
        told.add(one, "a restriction that restricts nothing", mend="Name the values allowed.")


def _local(element: Any) -> str:
    tag = str(element.tag)
    return tag.removeprefix(f"{{{IDS}}}") if tag.startswith(f"{{{IDS}}}") else tag


def _unknown(element: Any, local: str, name: str, known: Any, told: Mistakes) -> None:
    told.add(
        element,
        f"<{name}> has no <{local}>",
        expected=", ".join(known) or "no elements",
        mend="Take it out: IDS 1.0 allows no extensions.",
    )
