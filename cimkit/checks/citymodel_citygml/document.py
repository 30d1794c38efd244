"""A CityGML document, member by member."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from cimkit.checks.citymodel_citygml.solids import stray_surfaces
from cimkit.checks.citymodel_citygml.values import VALUES
from cimkit.checks.citymodel_cityjson.notes import Notes

if TYPE_CHECKING:
    from cimkit.model import Source

__all__ = ["examine"]

_NAME = re.compile(r"[^\W\d][\w.\-]*")
"""What XML takes as an identifier (NCName), as far as it occurs."""
_MODULE = re.compile(r"/citygml/(?:[a-z/]+/)?([123])[./](\d)")
_SHAPES = re.compile(r"lod[0-4](Solid|MultiSurface|MultiCurve|TerrainIntersection(?:Curve)?)")
_HOLDS = {
    "Solid": {"Solid", "CompositeSolid", "MultiSolid", "SolidProperty"},
    "MultiSurface": {"MultiSurface"},
    "MultiCurve": {"MultiCurve"},
    "TerrainIntersection": {"MultiCurve"},
    "TerrainIntersectionCurve": {"MultiCurve"},
}
_LISTS = {"posList", "pos"}
_BATCH = 4_096
_SLACK = 0.01


class _Document:
    """What has been met so far."""

    def __init__(self, source: Source, notes: Notes) -> None:
        from cimkit.loaders.citygml.heading import heading

        self.source, self.notes = source, notes
        self.head = heading(source.file)
        self.ids: dict[str, str] = {}
        self.asked: dict[str, tuple[str, str]] = {}
        self.lists: dict[str, dict[str, str] | None] = {}
        self.wrong_lists: set[str] = set()
        self.strange: set[str] = set()
        self.texts: list[str] = []
        self.low, self.high = np.full(3, np.inf), np.full(3, -np.inf)

    def take(self, member: Any) -> None:
        """Look at one member."""
        from cimkit.loaders.citygml.names import local

        key = _id(member) or ""
        for element in member.iter("*"):
            name = local(element)
            own = _id(element)
            if own is not None:
                self._identifier(own, element, key)
            self._module(element, key)
            link = element.get("{http://www.w3.org/1999/xlink}href")
            if link is not None:
                self._link(link.strip(), element, name, key)
            if name in _LISTS:
                self._positions(element)
            elif name in VALUES:
                self._value(element, name, key)
            elif name == "target" and (element.text or "").strip().startswith("#"):
                self.asked.setdefault(element.text.strip(), (name, _at(element, key)))
            else:
                found = _SHAPES.fullmatch(name)
                if found and len(element):
                    self._held(element, name, found[1], key, local(element[0]))
            space = element.get("codeSpace")
            if space is not None:
                self._code(space, element, key)
        for where, count, lod in stray_surfaces(member):
            self.notes.add("surface-stray", _at(where, key), "", str(count), f"lod{lod}Solid")

    def _identifier(self, own: str, element: Any, key: str) -> None:
        place = _at(element, key)
        known = self.ids.get(own)
        if known is not None:
            self.notes.add("id-double", place, own, known, "an identifier of its own")
        self.ids.setdefault(own, place)
        if not _NAME.fullmatch(own):
            form = "a letter or _, then letters, digits, . - _"
            self.notes.add("id-form", place, own, own, form, once=True)

    def _module(self, element: Any, key: str) -> None:
        space = element.tag[1:].partition("}")[0]
        if space in self.strange:
            return
        found = _MODULE.search(space)
        if found and self.head.version and f"{found[1]}.{found[2]}" != self.head.version:
            self.strange.add(space)
            self.notes.add("version-mixed", _at(element, key), space, space, self.head.version)

    def _link(self, link: str, element: Any, name: str, key: str) -> None:
        if not link or urlsplit(link).scheme in ("http", "https", "urn", "ftp", "mailto"):
            return
        if link.startswith("#xpointer"):
            return
        if "#" not in link and "/" not in link and "." not in link:
            link = f"#{link}"
        self.asked.setdefault(link, (name, _at(element, key)))

    def _positions(self, element: Any) -> None:
        if element.get("srsDimension") == "2" or not element.text:
            return
        self.texts.append(element.text)
        if len(self.texts) >= _BATCH:
            self.drain()

    def drain(self) -> None:
        """Widen the box by the coordinates that wait."""
        from cimkit.loaders.citygml.numbers import parse_lists

        texts, self.texts = self.texts, []
        if not texts or len(self.head.lower) != 3:
            return
        flat, counts = parse_lists(texts)
        if (counts <= 0).any() or (counts % 3).any() or not np.isfinite(flat).all():
            return
        at = flat.reshape(-1, 3)
        self.low = np.minimum(self.low, at.min(axis=0))
        self.high = np.maximum(self.high, at.max(axis=0))

    def _value(self, element: Any, name: str, key: str) -> None:
        form, expected, unit = VALUES[name]
        text = (element.text or "").strip()
        nil = element.get("{http://www.w3.org/2001/XMLSchema-instance}nil") in ("true", "1")
        if nil or element.get("nilReason"):
            return
        if not form.fullmatch(text):
            self.notes.add("value-form", _at(element, key), name, text, expected)
        elif unit and not element.get("uom"):
            self.notes.add("uom-missing", _at(element, key), name, text, 'uom="m"')

    def _held(self, element: Any, name: str, kind: str, key: str, inner: str) -> None:
        if inner not in _HOLDS[kind]:
            expected = " | ".join(sorted(_HOLDS[kind] - {"SolidProperty"}))
            self.notes.add("geometry-kind", _at(element, key), name, inner, expected)

    def _code(self, space: str, element: Any, key: str) -> None:
        text = (element.text or "").strip()
        if not text or not space.lower().endswith(".xml"):
            return
        if urlsplit(space).scheme in ("http", "https", "urn"):
            return
        if space not in self.lists:
            self.lists[space] = self._read(space)
        known = self.lists[space]
        if known is None:
            if space not in self.wrong_lists:
                self.wrong_lists.add(space)
                self.notes.add("codelist-missing", _at(element, key), space, space)
        elif text not in known:
            some = ", ".join(list(known)[:6]) + (", …" if len(known) > 6 else "")
            self.notes.add("code-unlisted", _at(element, key), space, text, some)

    def _read(self, space: str) -> dict[str, str] | None:
        from lxml import etree

        from cimkit.loaders._city.beside import delivered
        from cimkit.loaders.citygml.names import local
        from cimkit.loaders.citygml.stream import PARSING

        file = delivered(self.source, space)
        if file is None:
            return None
        found: dict[str, str] = {}
        try:
            for _, entry in etree.iterparse(str(file), tag="{*}Definition", **PARSING):
                parts = {local(c): (c.text or "").strip() for c in entry.iterchildren("*")}
                code = parts.get("name") or parts.get("identifier")
                if code:
                    found[code] = parts.get("description", "")
        except etree.XMLSyntaxError as error:
            self.notes.add("codelist-broken", "", space, str(error), "gml:Dictionary")
        return found or None

    def end(self) -> None:
        """Resolve what was asked for, and hold the envelope against what is there."""
        from cimkit.loaders._city.beside import delivered

        for link, (name, place) in self.asked.items():
            path, _, own = link.partition("#")
            if path:
                if delivered(self.source, path) is None:
                    self.notes.add("link-outside", place, name, link, "a delivered file")
            elif own not in self.ids:
                self.notes.add("link-missing", place, name, link, "a gml:id of this file")
        self.drain()
        low, high = np.array(self.head.lower), np.array(self.head.upper)
        if len(low) != 3 or len(high) != 3 or not np.isfinite(self.low).all():
            return
        degrees = float(np.abs(np.concatenate([low[:2], high[:2]])).max()) <= 360
        slack = np.array([1e-7 if degrees else _SLACK] * 2 + [_SLACK])
        slack = np.maximum(slack, 1e-3 * (self.high - self.low))
        if (self.low < low - slack).any() or (self.high > high + slack).any():
            box = [[round(float(v), 7) for v in corner] for corner in (self.low, self.high)]
            said = [list(self.head.lower), list(self.head.upper)]
            self.notes.add("envelope-wrong", "", "Envelope", said, str(box))


def examine(source: Source, notes: Notes) -> None:
    """Note all that is wrong with a source of CityGML."""
    from cimkit.loaders._city.tally import Tally
    from cimkit.loaders.citygml.stream import members

    document = _Document(source, notes)
    for _, member in members(source.file, Tally(), {}, lambda texts: None):
        document.take(member)
    document.end()


def _id(element: Any) -> str | None:
    for space in ("http://www.opengis.net/gml", "http://www.opengis.net/gml/3.2"):
        own = element.get(f"{{{space}}}id")
        if own is not None:
            return str(own)
    return None


def _at(element: Any, key: str) -> str:
    return f"line {element.sourceline} {key}".strip()
