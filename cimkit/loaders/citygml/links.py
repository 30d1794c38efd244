"""What ``xlink:href`` means: in the member, elsewhere in the file, in a file beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from cimkit.loaders._city.beside import delivered
from cimkit.loaders._city.tally import Tally
from cimkit.loaders.citygml.looks import Looks
from cimkit.loaders.citygml.names import href, identifier, local
from cimkit.loaders.citygml.stream import PARSING, members
from cimkit.model import Source

__all__ = ["GEOMETRIC", "Links", "index", "outside"]

_KNOWN = 512


class Links:
    """Elements by reference. Those of other members are kept as texts in a temporary database."""

    def __init__(self) -> None:
        self._member: Any = None
        self._ids: dict[str, Any] | None = None
        self._store: sqlite3.Connection | None = None
        self._parsed: dict[str, Any] = {}

    def enter(self, member: Any) -> None:
        """Go on to the next member."""
        self._member, self._ids = member, None

    def find(self, link: str) -> Any:
        """Return the element that a reference means, None if it is nowhere."""
        name = _spelt(link)
        if name.startswith("#"):
            if self._ids is None:
                self._ids = {}
                if self._member is not None:
                    for element in named_in(self._member):
                        self._ids.setdefault(str(identifier(element)), element)
            found = self._ids.get(name[1:])
            if found is not None:
                return found
        return self._elsewhere(name)

    def _elsewhere(self, name: str) -> Any:
        if self._store is None:
            return None
        if name in self._parsed:
            return self._parsed[name]
        from lxml import etree

        row = self._store.execute("SELECT xml FROM elements WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        if len(self._parsed) >= _KNOWN:
            self._parsed.clear()
        found = etree.fromstring(row[0], etree.XMLParser(**PARSING))
        self._parsed[name] = found
        return found

    def keep(self, name: str, element: Any) -> None:
        """Keep an element that other members refer to."""
        from lxml import etree

        if self._store is None:
            self._store = sqlite3.connect("", isolation_level=None)
            self._store.execute("CREATE TABLE elements (name PRIMARY KEY, xml) WITHOUT ROWID")
        xml = etree.tostring(element, with_tail=False)
        self._store.execute("INSERT OR IGNORE INTO elements VALUES (?, ?)", (name, xml))

    def close(self) -> None:
        """Forget everything."""
        if self._store is not None:
            self._store.close()
            self._store = None


def _spelt(link: str) -> str:
    """Return a reference with ``#`` in front if it is one into the same file."""
    return link if "#" in link else f"#{link}"


_SPACES = {
    "a": "http://www.opengis.net/gml",
    "b": "http://www.opengis.net/gml/3.2",
    "x": "http://www.w3.org/1999/xlink",
}


def _path(text: str) -> Any:
    from lxml import etree

    return etree.XPath(text, namespaces=_SPACES, smart_strings=False)


@lru_cache(maxsize=1)
def _named() -> Any:
    return _path("descendant-or-self::*[@a:id or @b:id]")


@lru_cache(maxsize=1)
def _names() -> Any:
    return _path("descendant-or-self::*/@*[local-name()='id']")


@lru_cache(maxsize=1)
def _linked() -> Any:
    return _path("descendant::*[@x:href][not(*)]")


def named_in(member: Any) -> list[Any]:
    """Return the elements of a member that have a ``gml:id``."""
    found: list[Any] = _named()(member)
    return found


def outside(member: Any) -> set[str]:
    """Return what a member refers to and does not hold itself.

    Only what a geometry is made of: references between objects are relations.
    """
    asked = {
        _spelt(link)
        for element in _linked()(member)
        if local(element) in GEOMETRIC and (link := href(element)) is not None
    }
    if not asked:
        return asked
    own = _names()(member)
    return asked - {f"#{name}" for name in own}


GEOMETRIC = {
    *("surfaceMember", "solidMember", "geometryMember", "baseSurface", "exterior", "interior"),
    *("curveMember", "pointMember", "relativeGMLGeometry", "relativeGeometry", "baseCurve"),
    *("surfaceDataMember", "surfaceData", "referencePoint", "multiPoint", "multiCurve"),
}
GEOMETRIC |= {
    f"lod{n}{kind}"
    for n in range(5)
    for kind in (
        *("Solid", "MultiSurface", "MultiCurve", "Geometry", "Point", "ImplicitRepresentation"),
        *("TerrainIntersection", "TerrainIntersectionCurve", "FootPrint", "RoofEdge", "Surface"),
    )
}


def index(
    source: Source,
    links: Links,
    looks: Looks,
    paint: Callable[[Any], None],
) -> None:
    """Go through a file once for what its members need of each other.

    Parameters
    ----------
    source : Source
    links : Links
        Takes the elements that are referred to from other members and files.
    looks : Looks
        Appearances of the file as a whole.
    paint : callable
        Is given each appearance of the file as a whole.
    """
    asked: set[str] = set()
    for name, member in members(source.file, Tally()):
        if name == "appearanceMember":
            paint(member)
        else:
            asked |= outside(member)
    here = {a for a in asked if a.startswith("#")}
    if here:
        _keep(source.file, {a[1:]: a for a in here}, links)
    elsewhere: dict[Path, dict[str, str]] = {}
    for name in asked - here:
        path, _, own = name.partition("#")
        file = delivered(source, path)
        if file is not None:
            elsewhere.setdefault(file, {})[own] = name
    for file, wanted in elsewhere.items():
        _keep(file, wanted, links)


def _keep(file: Path, wanted: dict[str, str], links: Links) -> None:
    for _, member in members(file, Tally()):
        for element in named_in(member):
            own = identifier(element)
            if own in wanted:
                links.keep(wanted[own], element)
