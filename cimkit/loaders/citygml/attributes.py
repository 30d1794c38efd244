"""Attributes of city objects: values with units, codes with meanings, nested data as they nest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cimkit.loaders.citygml.codelists import Codes
from cimkit.loaders.citygml.names import href, identifier, local, namespace, split

__all__ = ["Attributes", "Hook", "flattened", "is_generic", "put"]

_WHOLE = {"storeysAboveGround", "storeysBelowGround", "intAttribute", "IntAttribute"}
_REAL = {"measuredHeight", "doubleAttribute", "DoubleAttribute"}
_APART = {"id", "href", "schemaLocation", "nil", "type", "srsName", "srsDimension"}
_DEEP = 40
Hook = Callable[[Any, str], bool]


class Attributes:
    """Reads attributes of one model.

    Parameters
    ----------
    codes : Codes
        Meanings of codes.

    Notes
    -----
    A hook is shown each element inside of nested data and the name of its owner; if it returns
    True, the element was geometry or an object of its own and is no attribute.
    """

    def __init__(self, codes: Codes) -> None:
        self._codes = codes

    def leaf(self, name: str, element: Any, found: dict[str, Any]) -> None:
        """Add the text of an element, with unit or meaning beside it."""
        text = (element.text or "").strip()
        if not text:
            link = href(element)
            if link is not None:
                put(found, name, link)
            elif element.get("nilReason"):
                put(found, f"{name}_nilReason", element.get("nilReason"))
            return
        uom, space = element.get("uom"), element.get("codeSpace")
        kind = local(element)
        value: Any = text
        if uom is not None or kind in _REAL:
            value = _real(text)
        elif kind in _WHOLE:
            value = _integer(text)
        put(found, name, value)
        if uom:
            beside(found, f"{name}_uom", uom)
        if space:
            meaning = self._codes.meaning(space, text, f"line {element.sourceline}")
            aligned(found, name, "_meaning", meaning)
            beside(found, f"{name}_codeSpace", space)

    def nested(self, element: Any, hook: Hook, depth: int = 0) -> Any:
        """Return what a data element holds: a dict, or a value if it is a leaf.

        Names of objects that a property always holds are left out; the name of the element is
        kept as ``_type`` where it says which of several kinds it is.
        """
        found: dict[str, Any] = {}
        own = identifier(element)
        if own:
            found["_id"] = own
        for name, text in element.attrib.items():
            bare = split(name)[1]
            if bare not in _APART:
                found[f"_{bare}"] = text
        for child in element.iterchildren("*"):
            if hook(child, local(element)):
                continue
            self.add(child, found, hook, depth + 1)
        text = (element.text or "").strip()
        if text:
            found["_text"] = text
        return found

    def add(self, prop: Any, found: dict[str, Any], hook: Hook, depth: int = 0) -> None:
        """Add one property of an object, whatever it holds."""
        name = local(prop)
        generic = _generic(prop)
        if generic is not None:
            self._generic(prop, generic, found, hook, depth)
            return
        children = list(prop.iterchildren("*"))
        if not children:
            self.leaf(name, prop, found)
            return
        if depth > _DEEP:
            put(found, name, " ".join("".join(prop.itertext()).split())[:1000])
            return
        one = len(children) == 1 and local(children[0])[:1].isupper()
        if one and "oasis" not in namespace(prop):  # addresses nest by names of their own
            (child,) = children
            if hook(child, name):
                return
            inner = self.nested(child, hook, depth + 1)
            if isinstance(inner, dict) and local(child).lower() != name.lower():
                inner = {"_type": local(child), **inner}
        else:
            inner = self.nested(prop, hook, depth + 1)
        if inner:
            put(found, name, inner)

    def _generic(
        self, element: Any, name: str, found: dict[str, Any], hook: Hook, depth: int
    ) -> None:
        kind = local(element)
        if kind.lower() == "genericattributeset":
            inner: dict[str, Any] = {}
            for child in element.iterchildren("*"):
                if local(child) == "genericAttribute":  # CityGML 3
                    for one in child.iterchildren("*"):
                        self.add(one, inner, hook, depth + 1)
                elif local(child) != "name":
                    self.add(child, inner, hook, depth + 1)
            if element.get("codeSpace"):
                inner["_codeSpace"] = element.get("codeSpace")
            put(found, name, inner)
            return
        value = next((c for c in element.iterchildren("*") if local(c) == "value"), None)
        if value is None:
            return
        text = (value.text or "").strip()
        if not text:
            return
        typed: Any = text
        if value.get("uom") is not None or kind in _REAL or kind.lower() == "measureattribute":
            typed = _real(text)
        elif kind in _WHOLE:
            typed = _integer(text)
        put(found, name, typed)
        if value.get("uom"):
            beside(found, f"{name}_uom", value.get("uom"))
        if value.get("codeSpace"):
            space = value.get("codeSpace")
            meaning = self._codes.meaning(space, text, f"line {value.sourceline}")
            aligned(found, name, "_meaning", meaning)
            beside(found, f"{name}_codeSpace", space)


def is_generic(element: Any) -> bool:
    """Return whether a property is a generic attribute, or holds one."""
    return "generics" in namespace(element) or local(element) == "genericAttribute"


def _generic(element: Any) -> str | None:
    """Return the name of a generic attribute, None if it is none."""
    name = local(element)
    if not name.endswith(("Attribute", "AttributeSet")) or "generics" not in namespace(element):
        return None
    said = element.get("name")
    if said is None:
        inner = next((c for c in element.iterchildren("*") if local(c) == "name"), None)
        said = inner.text if inner is not None else None
    return (said or "").strip() or name


def put(found: dict[str, Any], name: str, value: Any) -> None:
    """Add a value; several of one name become a list."""
    if name in found:
        known = found[name]
        found[name] = [*known, value] if isinstance(known, list) else [known, value]
    else:
        found[name] = value


def beside(found: dict[str, Any], name: str, value: str) -> None:
    """Say once what holds for all values of a name, or for each if they differ."""
    known = found.get(name)
    if known is None:
        found[name] = value
    elif known != value and not (isinstance(known, list) and value in known):
        put(found, name, value)


def aligned(found: dict[str, Any], name: str, suffix: str, value: Any) -> None:
    """Add a meaning; the list of meanings is as long as that of the values."""
    key = f"{name}{suffix}"
    values = found[name]
    if not isinstance(values, list):
        if value is not None:
            found[key] = value
        return
    known = found.get(key)
    listed = known if isinstance(known, list) else [known]
    listed += [None] * (len(values) - 1 - len(listed)) + [value]
    if any(v is not None for v in listed):
        found[key] = listed


def _real(text: str) -> Any:
    try:
        found = [float(word) for word in text.split()]
    except ValueError:
        return text  # as written: the checks will say that it is no number
    return found[0] if len(found) == 1 else found


def _integer(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


def flattened(found: dict[str, Any]) -> dict[str, Any]:
    """Return attributes with nested data as dotted names, where there is one of a name.

    Several of one name stay a list of nested data, so that it is known what belongs together.

    Examples
    --------
    >>> flattened({"a": {"_type": "B", "c": 1}, "d": [{"e": 1}, {"e": 2}]})
    {'a._type': 'B', 'a.c': 1, 'd': [{'e': 1}, {'e': 2}]}
    """
    flat: dict[str, Any] = {}

    def down(prefix: str, part: dict[str, Any], depth: int) -> None:
        for name, value in part.items():
            if isinstance(value, dict) and depth < _DEEP:
                down(f"{prefix}{name}.", value, depth + 1)
            else:
                flat[f"{prefix}{name}"] = value

    down("", found, 0)
    return flat
