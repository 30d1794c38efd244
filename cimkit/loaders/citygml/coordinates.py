"""Coordinates of GML elements, in all the ways that GML 2 and 3 write them."""

from __future__ import annotations

from typing import Any

from cimkit.loaders.citygml.names import local
from cimkit.loaders.citygml.stream import texts_of

__all__ = ["positions_of"]


def positions_of(element: Any, width: int) -> tuple[str, int]:
    """Return the numbers below an element and how many make a position."""
    children = list(element.iterchildren("*"))
    if len(children) == 1 and local(children[0]) == "posList":
        said = children[0].get("srsDimension")
        return children[0].text or "", int(said) if said in ("2", "3") else width
    parts: list[str] = []
    for child in children:
        name = local(child)
        if name in ("pos", "posList"):
            words = child.text or ""
            said = child.get("srsDimension")
            if said in ("2", "3"):
                width = int(said)
            elif name == "pos":
                width = len(words.split()) or width
            parts.append(words)
        elif name == "coordinates":
            text, width = _coordinates(child, width)
            parts.append(text)
        elif name == "coord":
            words = " ".join(texts_of(child))
            width = len(words.split())
            parts.append(words)
        elif name in ("pointProperty", "pointRep", "controlPoint", "Point"):
            for inner in (child, *child.iterchildren("*")):
                if local(inner) in ("Point", "controlPoint"):
                    text, width = positions_of(inner, width)
                    parts.append(text)
    return " ".join(parts), width


def _coordinates(element: Any, width: int) -> tuple[str, int]:
    """Return GML 2's ``coordinates`` as numbers with blanks between."""
    inner, outer = element.get("cs", ","), element.get("ts", " ")
    point = element.get("decimal", ".")
    text = element.text or ""
    tuples = [t for t in (text.split() if outer.isspace() else text.split(outer)) if t.strip()]
    rows = [t.replace(inner, " ") for t in tuples]
    if point != ".":
        rows = [r.replace(point, ".") for r in rows]
    return " ".join(rows), len(rows[0].split()) if rows else width
