"""What placemarks say beside their geometry: typed values, times, styles, views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cimkit.loaders.vector.kmlshapes import NUMBER, tag_of, text_in

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["leaves", "normal_style", "style_of", "times_of", "typed"]


def typed(text: str | None, kind: str) -> Any:
    """Return a value as the schema types it; as text, if it is not of that type."""
    if text is None:
        return None
    try:
        if kind in ("int", "uint", "short", "ushort"):
            return int(text)
        if kind in ("float", "double"):
            return float(text) if NUMBER.fullmatch(text) else text
    except ValueError:
        return text
    truths = {"true": True, "1": True, "false": False, "0": False}
    return truths.get(text, text) if kind == "bool" else text


def times_of(given: dict[str, _Element]) -> dict[str, Any]:
    """Return the moment or the span of a placemark."""
    said = {}
    for name in ("TimeStamp", "TimeSpan"):
        if name in given:
            for part in given[name]:
                if isinstance(part.tag, str):
                    said[tag_of(part)] = text_in(part)
    return said


def normal_style(element: _Element) -> str | None:
    """Return the style of a style map for what is not pointed at."""
    for pair in element.iter("{*}Pair"):
        said = {tag_of(c): text_in(c) for c in pair if isinstance(c.tag, str)}
        if said.get("key") == "normal":
            return said.get("styleUrl")
    return None


def leaves(element: _Element) -> dict[str, str | None]:
    """Return the texts of all elements within one that have no elements in them."""
    found = (c for c in element.iter() if isinstance(c.tag, str) and not len(c))
    return {tag_of(c): text_in(c) for c in found}


def style_of(element: _Element) -> dict[str, Any]:
    """Return colours, widths and icons of a style; colours are aabbggrr, as KML has them."""
    said: dict[str, Any] = {}
    for part in element:
        if not isinstance(part.tag, str):
            continue
        if len(part):
            said[tag_of(part)] = leaves(part)
    return said
