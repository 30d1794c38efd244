"""KML and KMZ: placemarks of all folders with all they say, overlays, models, tracks."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders._layers.kept import MORE, Kept
from cimkit.loaders._layers.table import Opened, Table
from cimkit.loaders._layers.times import Times
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.vector.kmlattributes import (
    leaves,
    normal_style,
    style_of,
    times_of,
    typed,
)
from cimkit.loaders.vector.kmlshapes import (
    overlay_shape,
    placemark_shape,
    tag_of,
    text_in,
)
from cimkit.loaders.vector.kmlwkb import wkb_of
from cimkit.loaders.vector.kmz import unpacked
from cimkit.loaders.vector.plan import as_utf8
from cimkit.model import Problem, Source

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["open_kml"]

_COLUMNS = ("id", "Name", "description", "Folder")
_PLAIN = (
    *("altitudeMode", "tessellate", "extrude", "visibility", "styleUrl", "address", "phoneNumber"),
    *("Snippet", "snippet", "drawOrder", "color"),
)
_VIEWS = ("LookAt", "Camera", "Region")
_OTHER = ("ScreenOverlay", "Tour", "NetworkLinkControl")
_FOLDERS = ("Folder", "Document")
_ROWS = ("Placemark", "GroundOverlay", "PhotoOverlay")
_READ = (
    *(*_FOLDERS, *_ROWS, *_OTHER),
    *("Style", "StyleMap", "SimpleField", "NetworkLink"),
)


@contextmanager
def open_kml(source: Source, options: ReadOptions) -> Iterator[Opened]:
    """Open a KML file, or all of those in a KMZ.

    Raises
    ------
    SourceUnreadable
        If it is no XML, or the archive holds no KML.
    """
    with TemporaryDirectory(prefix="cimkit-kml-") as name:
        scratch = Path(name)
        reader = _Reader(drawn=options.depth != "header")
        files, others = unpacked(source, scratch, reader.bad)
        opened = Opened("KML", "application/vnd.google-earth.kml+xml", [], vertical="EPSG:5773")
        for n, (inner, file) in enumerate(files):
            folder = scratch / str(n)
            folder.mkdir()
            way = as_utf8(dataclasses.replace(source, file=file), None, options, folder)
            opened.encoding, opened.encoding_origin = way.shown, way.origin
            opened.problems += way.problems
            reader.read(way.file, f"{inner}: " if len(files) > 1 else "", source)
        if others:
            opened.properties["files"] = others
        if files[0][1] != source.file:
            opened.format, opened.media_type = "KMZ", "application/vnd.google-earth.kmz"
        opened.tables = [
            Table(
                name=layer or source.file.stem,
                features=kept.count,
                geometry_type="Unknown",
                crs="EPSG:4326",
                crs_origin="assumed",
                fields=kept.fields(),
                bounds=None,
                batches=kept.batches,
                merged=MORE,
                times=Times("when", "begin", "end"),
            )
            for layer, kept in reader.layers.items()
        ]
        if not opened.tables:
            opened.tables = [_empty(source)]
        opened.properties |= reader.properties()
        opened.problems += reader.problems()
        yield opened


def _empty(source: Source) -> Table:
    none = Kept(_COLUMNS)
    return Table(source.file.stem, 0, "", None, "none", none.fields(), None, none.batches)


class _Reader:
    """Reads placemarks in the order of the files, folder by folder."""

    def __init__(self, *, drawn: bool) -> None:
        self.drawn = drawn  # else placemarks are counted, without their geometry
        self.layers: dict[str, Kept] = {}
        self.styles: dict[str, dict[str, Any]] = {}
        self.pairs: dict[str, str] = {}
        self.types: dict[tuple[str, str], str] = {}
        self.links: list[str] = []
        self.other: Counter[str] = Counter()
        self.overlays: list[dict[str, Any]] = []
        self.relative = 0
        self.bad: list[str] = []

    def read(self, file: Path, prefix: str, source: Source) -> None:
        from lxml import etree

        folders: list[list[Any]] = []  # those that are open, and their names once they are known
        try:
            with file.open("rb") as opened:
                found = etree.iterparse(
                    opened,
                    events=("start", "end"),
                    tag=[f"{{*}}{name}" for name in _READ],
                    resolve_entities=False,
                    no_network=True,
                    huge_tree=True,
                )
                for event, element in found:
                    tag = tag_of(element)
                    if event == "end":
                        self._take(element, tag, folders, prefix)
                    elif tag in _FOLDERS:
                        folders.append([element, ""])
        except etree.XMLSyntaxError as error:
            if not self.layers and not prefix:
                raise SourceUnreadable(
                    "it is no valid XML", where=source.path, got=str(error)
                ) from error
            self.bad.append(f"{prefix}{error}")

    def _take(self, element: _Element, tag: str, folders: list[list[Any]], prefix: str) -> None:
        if tag in (*_FOLDERS, *_ROWS):
            if tag in _FOLDERS:
                folders.pop()
            for folder in folders:
                folder[1] = folder[1] or text_in(next(folder[0].iterchildren("{*}name"), None))
            if tag in _ROWS:
                self._row(element, prefix, [name for _, name in folders if name], tag)
            element.clear()
            parent = element.getparent()  # what stands before it was read
            while parent is not None and element.getprevious() is not None:
                parent.remove(element.getprevious())
        elif tag == "Style" and element.get("id"):
            self.styles[f"#{element.get('id')}"] = style_of(element)
        elif tag == "StyleMap" and element.get("id"):
            self.pairs[f"#{element.get('id')}"] = normal_style(element) or ""
        elif tag == "SimpleField":
            schema = element.getparent().get("id") or element.getparent().get("name")
            self.types[schema or "", element.get("name", "")] = element.get("type", "")
        elif tag == "NetworkLink":
            self.links += [h for c in element.iter("{*}href") if (h := text_in(c))][:1]
            element.clear()
        elif tag in _OTHER:
            self.other[tag] += 1

    def _row(self, element: _Element, prefix: str, folders: list[str], tag: str) -> None:
        given = {tag_of(c): c for c in element if isinstance(c.tag, str)}
        row = {
            "id": element.get("id"),
            "Name": text_in(given.get("name")),
            "description": text_in(given.get("description")),
            "Folder": "/".join(folders),
        }
        more: dict[str, Any] = {n: text_in(given[n]) for n in _PLAIN if n in given}
        more |= times_of(given)
        for view in _VIEWS:
            if view in given:
                more[view] = leaves(given[view])
        for extended in element.iter("{*}ExtendedData"):  # a track has its own
            more |= self._extended(extended)
        style = style_of(given["Style"]) if "Style" in given else None
        named = more.get("styleUrl") or ""
        style = style or self.styles.get(self.pairs.get(named, named))
        if style:
            more["style"] = style
        if tag == "GroundOverlay":
            shape = overlay_shape(element, more)
            self.overlays.append({"name": row["Name"], "image": more.get("image")})
        else:
            shape = placemark_shape(element, more) if self.drawn else None
            if tag == "PhotoOverlay":
                more["image"] = next((text_in(c) for c in element.iter("{*}href")), None)
        if more.get("altitudeMode") in ("relativeToGround", "relativeToSeaFloor"):
            self.relative += 1
        layer = prefix + (folders[-1] if folders else "")
        kept = self.layers.setdefault(layer, Kept(_COLUMNS))
        kept.add(row, more, None if shape is None else wkb_of(shape))

    def _extended(self, element: _Element) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for part in element.iter():
            if not isinstance(part.tag, str):
                continue
            name = part.get("name") or ""
            if tag_of(part) == "Data":
                said[name] = text_in(next((c for c in part if tag_of(c) == "value"), None))
            elif tag_of(part) == "SimpleData":
                schema = (part.getparent().get("schemaUrl") or "").rpartition("#")[2]
                said[name] = typed(text_in(part), self.types.get((schema, name), "string"))
            elif tag_of(part) == "SimpleArrayData":
                said[name] = [text_in(c) for c in part]
        return said

    def properties(self) -> dict[str, Any]:
        said = {
            "ground_overlays": self.overlays[:1000],
            "other_elements": dict(self.other),
            "network_links": self.links[:1000],
        }
        return {name: value for name, value in said.items() if value}

    def problems(self) -> list[Problem]:
        told = []
        if self.other:
            told.append(
                Problem(
                    "kml-not-read",
                    "It has tours or pictures on the screen that are no objects; they are counted "
                    "only.",
                    "info",
                    got=", ".join(f"{n} {k}" for k, n in self.other.items()),
                )
            )
        if self.links:
            told.append(
                Problem(
                    "link-not-followed",
                    f"{len(self.links)} network links show content that is not in the file; no "
                    "link is followed.",
                    got=", ".join(self.links[:5])[:300],
                    hint="Deliver what the links show as files.",
                )
            )
        if self.relative:
            told.append(
                Problem(
                    "altitude-relative",
                    f"The heights of {self.relative} placemarks are above the ground, not above "
                    "the sea; they are kept as they are.",
                    place="altitudeMode",
                )
            )
        if self.bad:
            told.append(
                Problem(
                    "xml-broken",
                    "The file is broken; what comes before the damage is read.",
                    "error",
                    got=self.bad[0][:200],
                    hint="Deliver it again.",
                )
            )
        return told
