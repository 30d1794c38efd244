"""Header and class names of an ifcXML file, without parsing it."""

from __future__ import annotations

import re
from collections import Counter

from cimkit.loaders.ifc.header import Header

__all__ = ["count_tags", "read_xml_header"]

_SCHEMA = re.compile(r"IFC(?:4X3(?:_[A-Z0-9]+)?|4X\d|4|2X[23]?)(?![0-9A-Z])", re.IGNORECASE)
_HEADER = re.compile(
    r"<(?:[\w.-]+:)?(?:iso_10303_28_)?header\b[^>]*>(.*?)</(?:[\w.-]+:)?(?:iso_10303_28_)?header",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"<\s*(?:[\w.-]+:)?([\w.-]+)\s*>([^<]*)<", re.DOTALL)
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
_INSTANCE = re.compile(
    rb"<(?:[\w.-]+:)?(?:(Ifc[A-Za-z0-9]+)(?=[\s/>])(?![^<>]*\s(?:ref|href)=)"
    rb"|[A-Z]\w*\s(?=[^<>]*xsi:type=.(?:\w+:)?(Ifc\w+))(?![^<>]*\s(?:ref|href)=))"
)
_LIMIT = 65_536


def count_tags(text: bytes) -> Counter[str]:
    """Count the instances of each class, in capitals, that the tags of a piece of XML name."""
    found: Counter[str] = Counter()
    for plain, typed in _INSTANCE.findall(text):
        found[(plain or typed).decode("ascii").upper()] += 1
    return found


def read_xml_header(start: bytes) -> Header:
    """Read header and schema from the first bytes of an ifcXML file.

    Parameters
    ----------
    start : bytes
        Enough to hold the root element and the header.
    """
    text = start.decode("utf-8", "replace")
    said: dict[str, list[str]] = {}
    found = _HEADER.search(text[:_LIMIT])
    for name, value in _TAG.findall(found[1] if found else ""):
        for code, character in _ENTITIES.items():
            value = value.replace(code, character)
        if value.strip():
            said.setdefault(name.lower(), []).append(value.strip())
    found = _SCHEMA.search(text[:8192].replace("ifcXML4", "IFC4"))
    schema = found[0].upper() if found else ""

    def one(name: str) -> str:
        return said.get(name, [""])[0]

    return Header(
        schemas=(schema,) if schema else (),
        description=tuple(said.get("documentation", ())),
        name=one("name"),
        time_stamp=one("time_stamp"),
        author=tuple(said.get("author", ())),
        organization=tuple(said.get("organization", ())),
        preprocessor=one("preprocessor_version"),
        system=one("originating_system"),
        authorization=one("authorization"),
    )
