"""The form of a header: ISO 10303-21, clause 8."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cimkit.checks.ifc_valid.statements import arguments

__all__ = ["Fault", "faults"]

_START = 1 << 20
_ENTITY = re.compile(rb"\b(FILE_\w+)\s*\(((?:[^';]++|'(?:[^']++|'')*+')*+);", re.IGNORECASE)
_COMMENT = re.compile(rb"'(?:[^']++|'')*+'|/\*(?:[^*]++|\*(?!/))*+\*/")
_TEXT = rb"'(?:[^']++|'')*+'"
_ONE = re.compile(_TEXT)
_LIST = re.compile(rb"\(\s*(?:" + _TEXT + rb"(?:\s*,\s*" + _TEXT + rb")*+\s*)\)")
_LEVEL = re.compile(r"[1-4](?:;[1-3])?")
_FORM: dict[str, tuple[tuple[str, bool], ...]] = {
    "FILE_DESCRIPTION": (("description", True), ("implementation_level", False)),
    "FILE_NAME": (
        *(("name", False), ("time_stamp", False), ("author", True), ("organization", True)),
        *(("preprocessor", False), ("originating_system", False), ("authorization", False)),
    ),
    "FILE_SCHEMA": (("schema_identifiers", True),),
}
"""Attributes of the header's entities, and which are lists of texts."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a header."""

    reason: str
    """A word of the check."""
    place: str
    """Entity and attribute."""
    measured: str = ""
    """What was met."""
    expected: str = ""
    """What should be there."""


def faults(file: Path, wanted: Sequence[str], views: Sequence[str]) -> Iterator[Fault]:
    """Yield what is wrong with the header of a model."""
    from cimkit.loaders.ifc.archive import opened
    from cimkit.loaders.ifc.header import read_header
    from cimkit.loaders.ifc.open import header_of
    from cimkit.loaders.ifc.recognition import is_xml_ifc, narrow

    with opened(file) as stream:
        start = narrow(stream.read(_START))
    header = header_of(file)
    if not is_xml_ifc(start):
        yield from _form(start[: read_header(start).data or len(start)])
    said = header.facts()
    if header.time_stamp and not _is_time(header.time_stamp):
        yield Fault("time-form", "FILE_NAME.time_stamp", header.time_stamp, "2026-05-30T09:30:00")
    if header.level and not _LEVEL.fullmatch(header.level):
        yield Fault("level-form", "FILE_DESCRIPTION", header.level, "2;1")
    for name in wanted:
        if not (header.views if name == "view" else said.get(name)):
            yield Fault("header-silent", name, "", name)
    if (
        views
        and header.views
        and not {v.casefold() for v in header.views} & {v.casefold() for v in views}
    ):
        yield Fault("view-other", "ViewDefinition", ", ".join(header.views), ", ".join(views))


def _form(start: bytes) -> Iterator[Fault]:
    if not start.lstrip().startswith(b"ISO-10303-21"):
        yield Fault("magic-missing", "", start[:20].decode("utf-8", "replace"), "ISO-10303-21;")
    plain = _COMMENT.sub(lambda m: m[0] if m[0][:1] == b"'" else b" ", start)
    said = {m[1].decode().upper(): m[2].rstrip()[:-1] for m in _ENTITY.finditer(plain)}
    for entity, attributes in _FORM.items():
        if entity not in said:
            yield Fault("entity-missing", entity, "", entity)
            continue
        given = [a.strip() for a in arguments(said[entity])]
        if len(given) != len(attributes):
            yield Fault("argument-count", entity, str(len(given)), str(len(attributes)))
            continue
        for value, (name, many) in zip(given, attributes, strict=True):
            if value in (b"$", b"()"):
                yield Fault("argument-empty", f"{entity}.{name}", value.decode(), "''")
            elif not (_LIST if many else _ONE).fullmatch(value):
                due = "('…')" if many else "'…'"
                met = value[:60].decode("utf-8", "replace")
                yield Fault("argument-form", f"{entity}.{name}", met, due)


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) > 10
