"""What the head of a model says before any object: version, envelope, CRS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders.citygml.names import identifier, local, namespace
from cimkit.loaders.citygml.stream import MEMBERS, PARSING, texts_of

__all__ = ["Heading", "heading"]

_SRS = re.compile(rb"""srsName\s*=\s*["']\s*([^"'<>]+?)\s*["']""")
_BLOCK = 4 << 20


@dataclass(slots=True)
class Heading:
    """What is said of a model as a whole."""

    version: str = ""
    """1.0, 2.0 or 3.0."""
    srs: str | None = None
    """CRS as it is written, on the envelope or else on the first geometry."""
    srs_of: str = "envelope"
    """*geometry* if only geometries name it."""
    dimension: int = 0
    """Numbers to a position; 0 if it is not said."""
    lower: tuple[float, ...] = ()
    """Lower corner of the envelope, in its own order."""
    upper: tuple[float, ...] = ()
    """Upper corner of the envelope."""
    name: str = ""
    """``gml:name`` of the model."""
    local: dict[str, str] | None = None
    """Definition of a local CRS in the file: ``id``, ``anchor`` and ``anchor_crs``."""


def heading(file: Path) -> Heading:
    """Read the head of a model.

    Raises
    ------
    SourceUnreadable
        If it is no well-formed XML as far as the first object, or no CityGML.
    """
    from lxml import etree

    found = Heading()
    wanted = ("CityModel", "Envelope", "EngineeringCRS", "name", *MEMBERS)
    try:
        with file.open("rb") as opened:
            for event, element in etree.iterparse(
                opened, events=("start", "end"), tag=[f"{{*}}{n}" for n in wanted], **PARSING
            ):
                if not _take(found, event, element, file):
                    break
    except etree.XMLSyntaxError as error:
        if not found.version:
            raise SourceUnreadable(
                f"broken XML: {error.msg}",
                where=f"{file.name} line {error.lineno}",
                mend="Export the file again; it may have been cut off.",
            ) from error
    if not found.version:
        raise SourceUnreadable("no CityGML", where=file.name, expected="CityModel")
    if found.srs is None:
        found.srs = _first_srs(file)
        found.srs_of = "geometry"
    return found


def _take(found: Heading, event: str, element: Any, file: Path) -> bool:
    """Take one element of the head up; False where the objects begin."""
    name = local(element)
    if event == "start":
        if element.getparent() is None:
            space = namespace(element)
            if name != "CityModel" or "citygml" not in space:
                raise SourceUnreadable(
                    "no CityGML", where=file.name, got=name, expected="CityModel"
                )
            found.version = _version(space)
        return name not in MEMBERS
    if name == "Envelope":
        found.srs = (element.get("srsName") or "").strip() or None
        corners = [
            c
            for c in element.iterchildren("*")
            if local(c) in ("lowerCorner", "upperCorner", "pos")
        ]
        texts = [t for c in corners for t in texts_of(c)]
        if len(texts) == 2:
            found.lower, found.upper = _reals(texts[0]), _reals(texts[1])
        said = element.get("srsDimension") or next(
            (c.get("srsDimension") for c in corners if c.get("srsDimension")), None
        )
        found.dimension = int(said) if said in ("2", "3") else 0
        if not found.dimension and len(found.lower) in (2, 3):
            found.dimension = len(found.lower)
    elif name == "EngineeringCRS":
        anchor = next((a for a in element.iter("*") if local(a) == "anchorDefinition"), None)
        found.local = {"id": identifier(element) or ""}
        if anchor is not None:
            found.local["anchor"] = (anchor.text or "").strip()
            found.local["anchor_crs"] = anchor.get("codeSpace") or ""
    elif name == "name" and element.getparent().getparent() is None:
        found.name = (element.text or "").strip()
    return True


def _version(space: str) -> str:
    """Return the version in a namespace; early ones and profiles write it otherwise.

    Examples
    --------
    >>> _version("http://www.opengis.net/citygml/2.0"), _version("http://www.citygml.org/citygml/1/0/0")
    ('2.0', '1.0')
    """
    found = re.search(r"(\d)[./](\d)(?:[./]\d)?/?$", space)
    return f"{found[1]}.{found[2]}" if found else ""


def _reals(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(word) for word in text.split())
    except ValueError:
        return ()


def _first_srs(file: Path) -> str | None:
    """Return the first CRS that any geometry names."""
    rest = b""
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            found = _SRS.search(rest + block)
            if found:
                return found[1].decode("utf-8", "replace")
            rest = block[-1024:]
    return None
