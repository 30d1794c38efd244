"""CityGML 1, 2 and 3 as a stream of city objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders._city.model import CityObject
from cimkit.loaders.citygml.geometry import Collector, Frame, local, namespace
from cimkit.model import Problem

__all__ = ["Envelope", "envelope", "members", "objects_of"]

_MEMBERS = {"cityObjectMember", "featureMember"}
_GML_ID = re.compile(r"\{http://www\.opengis\.net/gml(?:/3\.2)?\}id$")
# Objects inside objects; all other city objects within one (walls, doors, traffic areas) are
# semantics of its surfaces, as in CityJSON.
_PARTS = {
    "BuildingPart",
    "BuildingInstallation",
    "IntBuildingInstallation",
    "BuildingConstructiveElement",
    "BuildingRoom",
    "BuildingUnit",
    "BuildingFurniture",
    "Room",
    "Storey",
    "BridgePart",
    "BridgeInstallation",
    "BridgeConstructionElement",
    "BridgeConstructiveElement",
    "TunnelPart",
    "TunnelInstallation",
    "TINRelief",
}
_NOT_ATTRIBUTES = {"boundedBy", "boundary", "name", "appearance", "appearanceMember"}
_DEEP = 4


class Envelope:
    """What the envelopes of a model say before any object is read."""

    def __init__(self) -> None:
        self.version = ""
        self.srs: str | None = None
        self.dimension = 0


def _events(file: Path, *, start: bool = False) -> Iterator[tuple[str, Any]]:
    from lxml import etree

    try:
        with file.open("rb") as opened:
            yield from etree.iterparse(
                opened,
                events=("start", "end") if start else ("end",),
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=True,
                remove_comments=True,
                remove_pis=True,
            )
    except etree.XMLSyntaxError as error:
        raise SourceUnreadable(
            f"broken XML: {error.msg}",
            where=f"{file.name} line {error.lineno}",
            mend="Export the file again; it may have been cut off.",
        ) from error


def envelope(file: Path) -> Envelope:
    """Return version, CRS and dimension that the head of a model or its first object names.

    Raises
    ------
    SourceUnreadable
        If it is no well-formed XML as far as that, or no CityGML.
    """
    found = Envelope()
    for event, element in _events(file, start=True):
        if event != "start":
            continue
        name = local(element)
        if not found.version:
            space = namespace(element)
            if name != "CityModel" or "citygml" not in space:
                raise SourceUnreadable(
                    "no CityGML", where=file.name, got=name, expected="CityModel"
                )
            found.version = space.rstrip("/").rpartition("/")[2]
        if element.get("srsName"):
            found.srs = element.get("srsName")
            found.dimension = int(element.get("srsDimension") or 0)
            break
    if not found.version:
        raise SourceUnreadable("no CityGML", where=file.name, expected="CityModel")
    return found


def members(file: Path) -> Iterator[Any]:
    """Yield the top-level object elements; each is forgotten when the next is asked for.

    Raises
    ------
    SourceUnreadable
        Where the XML breaks.
    """
    for _, element in _events(file):
        if local(element) not in _MEMBERS:
            continue
        yield from (child for child in element if isinstance(child.tag, str))
        element.clear()
        while element.getprevious() is not None and element.getparent() is not None:
            del element.getparent()[0]


def objects_of(
    element: Any, frame: Frame, number: int, problems: list[Problem]
) -> Iterator[CityObject]:
    """Yield a top-level object and the objects that are its parts.

    Parameters
    ----------
    element : lxml element
        Child of a ``cityObjectMember``.
    frame : Frame
        Axis order and dimension of the coordinates.
    number : int
        Which member it is: its key if it has no ``gml:id``.
    problems : list of Problem
        ``boundary-invalid`` is appended for surfaces that are none.
    """
    yield from _object(element, None, frame, f"{local(element)}-{number}", problems)


def _object(
    element: Any, parent: str | None, frame: Frame, spare: str, problems: list[Problem]
) -> Iterator[CityObject]:
    key = next((v for k, v in element.attrib.items() if _GML_ID.search(k)), None) or spare
    found = CityObject(key, local(element), parent, place=f"line {element.sourceline}")
    names = [c for c in element if local(c) == "name" and (c.text or "").strip()]
    found.name = str(names[0].text).strip() if names else None
    inner: list[Any] = []
    collector = Collector(frame, key, problems)
    for child in element:
        if isinstance(child.tag, str):
            _walk(child, collector, inner)
            if local(child) not in _NOT_ATTRIBUTES:
                _attributes(child, "", found.attributes, 0)
    found.geometries = collector.geometries()
    yield found
    for index, part in enumerate(inner):
        yield from _object(part, key, frame, f"{key}-{index}", problems)


def _walk(element: Any, collector: Collector, inner: list[Any]) -> None:
    """Give geometry to the collector and set aside the objects that are parts."""
    if local(element) in _PARTS:
        inner.append(element)
        return
    if collector.take(element):
        return
    for child in element:
        if isinstance(child.tag, str):
            _walk(child, collector, inner)
    collector.leave(element)


def _attributes(element: Any, prefix: str, found: dict[str, Any], depth: int) -> None:
    """Flatten what is no geometry: nested values get dotted names, repeated ones a list."""
    name = local(element)
    if name.startswith("lod") or namespace(element).startswith("http://www.opengis.net/gml"):
        if depth or name in ("description",):
            _leaf(f"{prefix}{name}", element, found)
        return
    if name.endswith("Attribute") and element.get("name"):  # generic attributes
        value = next((c for c in element if local(c) == "value"), None)
        if value is not None:
            _leaf(f"{prefix}{element.get('name')}", value, found)
        return
    children = [c for c in element if isinstance(c.tag, str)]
    if not children:
        _leaf(f"{prefix}{name}", element, found)
        return
    if depth >= _DEEP or any(local(c) in _PARTS for c in children):
        return
    # The object inside a property adds no name of its own, nor does a property without siblings.
    below = prefix if name[:1].isupper() else f"{prefix}{name}."
    for child in children:
        _attributes(child, below, found, depth + 1)


def _leaf(name: str, element: Any, found: dict[str, Any]) -> None:
    text = (element.text or "").strip()
    if not text or len(element):
        return
    value: Any = text
    if element.get("uom") is not None or local(element) in ("measuredHeight", "doubleAttribute"):
        try:
            value = float(text)
        except ValueError:
            value = text  # as written: the checks will say that it is no number
    if name in found:
        known = found[name]
        found[name] = [*known, value] if isinstance(known, list) else [known, value]
    else:
        found[name] = value
