"""The header of a PLY file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cimkit.errors import SourceUnreadable

__all__ = ["Element", "Header", "Property", "broken", "is_ply", "read_header", "vertex_of"]

_HEADER_BYTES = 1_000_000
_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2",
    "ushort": "u2", "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "long": "i8", "int64": "i8", "ulong": "u8", "uint64": "u8",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an element."""

    name: str
    type: str
    count: str = ""  # type of the number of values, of a list


@dataclass(slots=True)
class Element:
    """One kind of record, and how many there are."""

    name: str
    rows: int
    properties: list[Property]

    @property
    def flat(self) -> bool:
        """Whether all its records are of one size."""
        return not any(p.count for p in self.properties)

    def kind(self, order: str) -> np.dtype[Any]:
        """Return the type of a record without lists."""
        return np.dtype([(p.name, order + p.type) for p in self.properties])


@dataclass(slots=True)
class Header:
    """All that stands before ``end_header``."""

    style: str
    elements: list[Element]
    comments: list[str]
    at: int  # where the data begins

    @property
    def order(self) -> str:
        """NumPy's sign of the byte order."""
        return ">" if self.style == "binary_big_endian" else "<"


def is_ply(start: bytes) -> bool:
    """Tell whether the start of a file is that of a PLY file."""
    return bool(re.match(rb"ply[ \t]*(\r\n|\n|\r)", start)) and b"element" in start


def read_header(file: Path) -> Header:
    """Read the header of a PLY file.

    Raises
    ------
    SourceUnreadable
        If it is incomplete or not understood.
    """
    with file.open("rb") as opened:
        start = opened.read(_HEADER_BYTES)
    end = re.search(rb"(?:^|[\r\n])end_header[ \t]*(\r\n|\n|\r)", start)
    if end is None:
        raise broken(file, "its end is missing", "end_header")
    found = Header("", [], [], end.end())
    for raw in re.split(rb"\r\n|\n|\r", start[: end.start()]):
        words = raw.decode("utf-8", "replace").split()
        if not words:
            continue
        if words[0] in ("comment", "obj_info"):
            found.comments.append(" ".join(words[1:])[:200])
        elif words[0] == "format" and len(words) > 1:
            found.style = words[1]
        elif words[0] == "element" and len(words) == 3 and words[2].isdigit():
            found.elements.append(Element(words[1], int(words[2]), []))
        elif words[0] == "property" and found.elements:
            found.elements[-1].properties.append(_property(words, file, found.elements[-1]))
    if found.style not in ("ascii", "binary_little_endian", "binary_big_endian"):
        raise broken(file, f"the format is {found.style or 'missing'}", "ascii or binary_…_endian")
    if not any(e.name in ("vertex", "point") for e in found.elements):
        raise broken(file, "the PLY header counts no vertices", "element vertex")
    return found


def _property(words: list[str], file: Path, element: Element) -> Property:
    listed = len(words) == 5 and words[1] == "list"
    kinds = words[2:4] if listed else words[1:2]
    if not (listed or len(words) == 3) or not all(k in _TYPES for k in kinds):
        raise broken(file, f"a property is not understood: {' '.join(words)[:80]}", "type name")
    name = words[-1]
    if any(p.name == name for p in element.properties):
        name = f"{name}_{len(element.properties)}"
    return Property(name, _TYPES[kinds[-1]], _TYPES[kinds[0]] if listed else "")


def broken(file: Path, what: str, expected: str) -> SourceUnreadable:
    """Return the error of a header that is broken."""
    return SourceUnreadable(
        f"the PLY header is broken: {what}",
        where=file.name,
        expected=expected,
        mend="Export the file again.",
    )


def vertex_of(head: Header) -> Element:
    """Return the element whose records are the points."""
    return next(e for e in head.elements if e.name in ("vertex", "point"))
