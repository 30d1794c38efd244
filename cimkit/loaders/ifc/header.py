"""The header of an IFC file in STEP encoding (ISO 10303-21, clause 8), read tolerantly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from cimkit.loaders._delivery.encoding import detect
from cimkit.loaders.ifc.text import decoded

__all__ = ["Header", "read_header"]

_TOKEN = re.compile(
    rb"/\*(?:[^*]++|\*(?!/))*+\*/"  # a comment
    rb"|'(?P<text>(?:[^']++|'')*+)'"
    rb"|(?P<name>[A-Za-z_!][\w-]*)"
    rb"|(?P<mark>[();,$*])"
)
_CANONICAL = re.compile(
    rb"\s*ISO-10303-21\s*;\s*HEADER\s*;\s*FILE_DESCRIPTION\s*\(.*?FILE_NAME\s*\(.*?"
    rb"FILE_SCHEMA\s*\(\s*\(\s*'(\w+)'\s*\)\s*\)\s*;\s*ENDSEC\s*;\s*DATA\s*;",
    re.DOTALL,
)
_COMMENT = re.compile(rb"/\*(?:[^*]++|\*(?!/))*+\*/")
_VIEW = re.compile(r"ViewDefinition\s*\[([^\]]*)\]", re.IGNORECASE)
_LIMIT = 1 << 20
"""No header is longer; what has no DATA section by then has none."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says. Texts that are empty in the file are empty here."""

    schemas: tuple[str, ...] = ()
    """Names in FILE_SCHEMA as written, without the spaces around them."""
    description: tuple[str, ...] = ()
    """FILE_DESCRIPTION, the first part."""
    level: str = ""
    """FILE_DESCRIPTION, the implementation level, e.g. ``2;1``."""
    name: str = ""
    """FILE_NAME: of the file or the project when it was written."""
    time_stamp: str = ""
    """When the file was written. It says nothing of when the building was surveyed."""
    author: tuple[str, ...] = ()
    """Who made it."""
    organization: tuple[str, ...] = ()
    """For whom the author works."""
    preprocessor: str = ""
    """The program that wrote the file."""
    system: str = ""
    """The program in which the model was made."""
    authorization: str = ""
    """Who released it."""
    data: int | None = None
    """Offset in bytes of what follows ``DATA;``; None if there is no such section."""
    canonical: bool = False
    """Whether a strict parser reads it: one schema, no comments, nothing before it."""

    @property
    def schema(self) -> str:
        """The first schema in capitals, "" if none is named."""
        return self.schemas[0].upper() if self.schemas else ""

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the model view definitions that the description claims."""
        found = [v for text in self.description for v in _VIEW.findall(text)]
        return tuple(n.strip() for v in found for n in re.split(r"[,;]", v) if n.strip())

    def facts(self) -> dict[str, Any]:
        """Return what is said, as JSON values for `Asset.properties`; empty ones are left out."""
        said = {
            "description": [d for d in self.description if d],
            "views": list(self.views),
            "implementation_level": self.level,
            "name": self.name,
            "time_stamp": self.time_stamp,
            "author": [a for a in self.author if a],
            "organization": [o for o in self.organization if o],
            "preprocessor": self.preprocessor,
            "originating_system": self.system,
            "authorization": self.authorization,
            "schemas": list(self.schemas) if len(self.schemas) > 1 else [],
        }
        return {k: v for k, v in said.items() if v}


def read_header(start: bytes, encoding: str | None = None) -> Header:
    """Read the header from the first bytes of a file.

    Parameters
    ----------
    start : bytes
        Enough of the file to hold its header; ASCII-compatible, without a byte order mark.
    encoding : str, optional
        Of texts that stand as raw bytes; found out if not given.
    """
    said: dict[bytes, list[Any]] = {}
    data = None
    stack: list[list[Any]] = []
    name = b""
    encoding = encoding or detect(start[:_LIMIT].partition(b"DATA")[0])
    for token in _TOKEN.finditer(start[:_LIMIT]):
        if token["name"] is not None and not stack:
            name = token["name"].upper()
        elif token["mark"] == b"(":
            stack.append([])
        elif token["mark"] == b")" and stack:
            closed = stack.pop()
            (stack[-1] if stack else said.setdefault(name, [])).append(closed)
        elif token["mark"] == b";":
            if name == b"DATA":
                data = token.end()
                break
            stack, name = [], b""
        elif token["text"] is not None and stack:
            stack[-1].append(decoded(token["text"].decode(encoding, "replace")))
        elif token["mark"] == b"$" and stack:
            stack[-1].append("")
    plain = _COMMENT.sub(b" ", start[:data]) if data is not None else b""
    described = _first(said, b"FILE_DESCRIPTION")
    named = _first(said, b"FILE_NAME")
    return Header(
        schemas=tuple(s.strip() for s in _texts(_first(said, b"FILE_SCHEMA"), 0) if s.strip()),
        description=_texts(described, 0),
        level=_text(described, 1),
        name=_text(named, 0),
        time_stamp=_text(named, 1),
        author=_texts(named, 2),
        organization=_texts(named, 3),
        preprocessor=_text(named, 4),
        system=_text(named, 5),
        authorization=_text(named, 6),
        data=data,
        canonical=_CANONICAL.fullmatch(plain) is not None,
    )


def _first(said: dict[bytes, list[Any]], name: bytes) -> list[Any]:
    return said[name][0] if said.get(name) else []


def _text(values: list[Any], at: int) -> str:
    return " ".join(_texts(values, at)).strip()


def _texts(values: list[Any], at: int) -> tuple[str, ...]:
    """Return a list of texts, also where the file has one text instead of a list."""
    if at >= len(values):
        return ()
    value = values[at]
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else (value,)
