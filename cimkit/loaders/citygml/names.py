"""Names of elements, taken apart once each."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

__all__ = ["XLINK", "href", "identifier", "is_gml", "local", "namespace", "split"]

XLINK = "{http://www.w3.org/1999/xlink}href"
_IDS = ("{http://www.opengis.net/gml}id", "{http://www.opengis.net/gml/3.2}id")


@lru_cache(maxsize=65_536)
def split(tag: str) -> tuple[str, str]:
    """Return namespace and local name of a tag.

    Examples
    --------
    >>> split("{http://www.opengis.net/gml}Point")
    ('http://www.opengis.net/gml', 'Point')
    """
    space, _, name = tag.rpartition("}")
    return space[1:], name


class _Locals(dict[str, str]):
    """Local names by tags: of all that is asked of an element, this is asked most often."""

    def __missing__(self, tag: str) -> str:
        if len(self) > 65_536:
            self.clear()
        found = self[tag] = split(tag)[1]
        return found


_LOCALS = _Locals()


def local(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return _LOCALS[element.tag]


def namespace(element: Any) -> str:
    """Return the namespace of an element."""
    return split(element.tag)[0]


def is_gml(space: str) -> bool:
    """Return whether a namespace is that of GML 3.1 or 3.2."""
    return space.startswith("http://www.opengis.net/gml")


def identifier(element: Any) -> str | None:
    """Return the ``gml:id`` of an element, "" counting as none."""
    return element.get(_IDS[0]) or element.get(_IDS[1]) or None


def href(element: Any) -> str | None:
    """Return what an element refers to by ``xlink:href``; None if it does not."""
    said = element.get(XLINK)
    return said.strip() or None if said is not None else None
