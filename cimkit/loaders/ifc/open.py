"""Opening of IFC files: plain or zipped, and of schema versions that the parser does not know."""

from __future__ import annotations

import codecs
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders.ifc.archive import member, opened
from cimkit.loaders.ifc.damage import mended
from cimkit.loaders.ifc.escapes import mended_escapes
from cimkit.loaders.ifc.header import Header, read_header
from cimkit.loaders.ifc.ifcxml import write_step
from cimkit.loaders.ifc.parser import Parsed, parsed
from cimkit.loaders.ifc.recognition import is_json_ifc, is_xml_ifc, narrow
from cimkit.loaders.ifc.repair import salvaged, uncommented
from cimkit.loaders.ifc.schemas import (
    KNOWN,
    adapted,
    fewest_lost,
    known_classes,
    lost_classes,
    nearest,
    substituted,
)
from cimkit.loaders.ifc.text import escaped, utf16
from cimkit.loaders.ifc.xmlheader import count_tags, read_xml_header
from cimkit.model import Problem

__all__ = ["header_of", "media_type", "open_model", "scan"]

_ENTITY = re.compile(rb"#\s*+\d++\s*+=\s*+([A-Za-z0-9_]++)\s*+\(")
_BETWEEN = re.compile(rb"\bENDSEC\s*;\s*DATA\s*(?:\([^;]*\)\s*)?;", re.IGNORECASE)
_END = re.compile(rb"\bENDSEC\s*;\s*(?:END-ISO-10303-21\s*;?\s*)?\Z", re.IGNORECASE)
_NAME = re.compile(r"IFC\w*")
_BLOCK = 8 << 20
_START = 1 << 20
_HEADER = (
    "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\n"
    "FILE_NAME('','',(''),(''),'','','');\nFILE_SCHEMA(('{}'));\nENDSEC;\nDATA;\n"
)
_FOOTER = b"\nENDSEC;\nEND-ISO-10303-21;\n"


def _blocks(file: Path) -> Iterator[bytes]:
    """Yield the text of a model, of UTF-16 in one byte a letter."""
    with opened(file) as stream:
        block = stream.read(_BLOCK)
        wide = utf16(block[:512])
        narrow = codecs.getincrementaldecoder(wide)("replace") if wide else None
        while block:
            yield narrow.decode(block).encode("utf-8", "replace") if narrow else block
            block = stream.read(_BLOCK)


def header_of(file: Path, encoding: str | None = None) -> Header:
    """Return what the header of a model says.

    Parameters
    ----------
    file : Path
        A ``.ifc`` or ``.ifczip``.
    encoding : str, optional
        Of texts that stand as raw bytes, as the delivery sheet says.
    """
    with opened(file) as stream:
        start = stream.read(_START)
    if is_xml_ifc(start):
        return read_xml_header(narrow(start))
    return read_header(narrow(start), encoding)


def media_type(file: Path) -> str:
    """Return the IANA media type of what a model is written in, packed or not."""
    with opened(file) as stream:
        return "application/xml" if is_xml_ifc(stream.read(4096)) else "application/x-step"


def scan(file: Path) -> tuple[str, Counter[str]]:
    """Count the entities of each class by reading the text, without building the model.

    Returns
    -------
    schema : str
        As the header names it, in capitals.
    classes : Counter of str
        Number of instances by class name in capitals.
    """
    status = file.stat()
    schema, classes = _scanned(file, status.st_ino, status.st_size, status.st_mtime_ns)
    return schema, Counter(classes)


@lru_cache(4)
def _scanned(file: Path, *unchanged: int) -> tuple[str, Counter[str]]:
    """Count once what is checked against one rule set after the other."""
    with opened(file) as stream:
        start = stream.read(_START)
    if not is_xml_ifc(start):
        schema, classes, _, _ = _survey(file)
        return schema, classes
    found: Counter[str] = Counter()
    rest = b""
    for block in _blocks(file):
        text = rest + block
        cut = text.rfind(b"<") if block else len(text)
        found += count_tags(text[:cut])
        rest = text[cut:]
    found += count_tags(rest)
    schema = read_xml_header(narrow(start)).schema
    known = known_classes(nearest(schema, found) or KNOWN[-1])  # other tags name types of values
    return schema, Counter({name: n for name, n in found.items() if name in known})


def _survey(file: Path) -> tuple[str, Counter[str], bool, bytes]:
    """Return schema, classes, whether all of it is ASCII, and the last bytes."""
    classes: Counter[bytes] = Counter()
    schema, rest, plain, tail = "", b"", True, b""
    for number, block in enumerate(_blocks(file)):
        if not number:
            schema = read_header(narrow(block[:_START])).schema
        plain = plain and block.isascii()
        text = rest + block
        # Cut behind the last whole statement, so that no instance is split or counted twice.
        cut = text.rfind(b";") + 1
        classes.update(_ENTITY.findall(uncommented(text[:cut])))
        rest = text[cut:]
        tail = (tail + block)[-4096:]
    classes.update(_ENTITY.findall(rest))
    found: Counter[str] = Counter()
    for name, n in classes.items():
        found[name.decode("ascii").upper()] += n
    return schema, found, plain, tail


def open_model(file: Path, encoding: str | None = None) -> tuple[Any, str, list[Problem]]:
    """Open an IFC model.

    Parameters
    ----------
    file : Path
        A ``.ifc``, ``.ifcxml`` or ``.ifczip``; the content counts, not the name.
    encoding : str, optional
        Of texts that stand as raw bytes, as the delivery sheet says.

    Returns
    -------
    model : ifcopenshell.file
    schema : str
        As the header names it.
    problems : list of Problem
        ``schema-substituted`` if the model was read as another version than its header names,
        ``text-not-escaped`` if its texts are raw bytes, and what of it is lost:
        ``entities-lost``, ``statements-lost``, ``text-escapes-invalid``, ``file-truncated``, and
        the kinds of `parsed`.

    Raises
    ------
    SourceUnreadable
        If the file holds no IFC that can be parsed.
    """
    with opened(file) as stream:
        start = stream.read(_START)
    if is_json_ifc(start):
        raise SourceUnreadable(
            "ifcJSON and IFC5 (ifcx) are drafts of which no two are alike; they are not read",
            where=file.name,
            mend="Deliver the model as .ifc (STEP).",
        )
    with tempfile.TemporaryDirectory(prefix="cimkit-ifc-") as room:
        if is_xml_ifc(start):
            return _open_xml(file, read_xml_header(narrow(start)), Path(room))
        return _open_step(file, read_header(narrow(start), encoding), encoding, Path(room))


def _open_xml(file: Path, header: Header, room: Path) -> tuple[Any, str, list[Problem]]:
    schema = header.schema
    near = nearest(schema, Counter())
    if near is None:
        raise _refused("no such IFC schema", file, schema)
    whole = room / "whole.ifc"
    whole.write_bytes(_HEADER.format(near).encode("ascii"))
    with opened(file) as stream:
        classes, problems = write_step(stream, whole, near)
    if not classes:
        raise SourceUnreadable(
            "an ifcXML file without instances of IFC classes",
            where=file.name,
            got=problems[0].got if problems else "",
            mend="Deliver the model as .ifc (STEP).",
        )
    with whole.open("ab") as out:
        out.write(_FOOTER)
    run = parsed(whole)
    if schema not in KNOWN:
        problems.append(substituted(schema, near))
    problems += lost_classes(near, classes)
    lost = {n for n in classes if n not in known_classes(near)}
    return run.model, schema or near, problems + run.problems(lost, schema != near)


def _open_step(
    file: Path, header: Header, encoding: str | None, room: Path
) -> tuple[Any, str, list[Problem]]:
    named, classes, plain, tail = _survey(file)
    schema = header.schema or named
    if not _NAME.fullmatch(schema):
        schema = ""  # garbage is no name
    problems: list[Problem] = []
    near = nearest(schema, classes)
    if len(several := [s.upper() for s in header.schemas if s.upper() in KNOWN]) > 1:
        schema = near = fewest_lost(several, classes)
        problems.append(substituted(", ".join(header.schemas), near))
    if near is None or (not classes and not header.schemas):
        why = "no such IFC schema" if near is None else "it holds no instances of IFC classes"
        raise _refused(why, file, schema)
    content: bytes | None = None
    if plain and header.canonical and schema == near and member(file) is None:
        whole = file
    else:
        content, raw = _written(file, encoding)
        problems += raw
        if schema not in KNOWN:
            content, classes, told = adapted(content, schema, near, classes)
            problems += told
        whole = _lay(room / "whole.ifc", near, content)
    cut = b"END-ISO-10303-21" not in tail
    if cut:
        problems.append(_truncated(tail))
    known = known_classes(near)
    due = sum(n for name, n in classes.items() if name in known)
    run, refusal = _tried(whole)
    if run is None or run.count + run.duplicates < due or "syntax" in run.said or cut:
        if content is None:
            content, _ = _written(file, encoding)
        text, told = mended_escapes(content[_data(content) :])
        text, lost = salvaged(text)
        again, _ = _tried(_lay(room / "salvaged.ifc", near, text))
        if again is not None and (run is None or told or lost or again.count > run.count):
            run, problems = again, problems + told + lost + mended(again.model)
    if run is None:
        raise refusal or SourceUnreadable("the IFC parser gives up", where=file.name)
    lost_names = {n for n in classes if n not in known}
    problems += lost_classes(near, classes) + run.problems(lost_names, schema != near)
    return run.model, schema or near, problems


def _refused(why: str, file: Path, schema: str) -> SourceUnreadable:
    one = ", ".join(KNOWN)
    return SourceUnreadable(why, where=file.name, got=schema, expected=one, mend="Export it anew.")


def _tried(file: Path) -> tuple[Parsed | None, SourceUnreadable | None]:
    try:
        return parsed(file), None
    except SourceUnreadable as error:
        return None, error


def _written(file: Path, encoding: str | None) -> tuple[bytes, list[Problem]]:
    with opened(file) as stream:
        return escaped(stream.read(), encoding)


def _data(content: bytes) -> int:
    """Return where the instances begin."""
    header = read_header(content)
    if header.data is not None:
        return header.data
    first = _ENTITY.search(content)
    return first.start() if first else len(content)


def _lay(file: Path, schema: str, content: bytes) -> Path:
    """Write a file with a header of our own, which no parser stumbles over."""
    # Several data sections become one.
    body = content[_data(content) :]
    if body.count(b"ENDSEC") > 1:
        body = _BETWEEN.sub(b"", body)
    tail = max(0, len(body) - 4096)
    body = body[:tail] + _END.sub(b"", body[tail:])
    file.write_bytes(_HEADER.format(schema).encode("ascii") + body + _FOOTER)
    return file


def _truncated(tail: bytes) -> Problem:
    return Problem(
        "file-truncated",
        "It ends without END-ISO-10303-21: it was cut off, or its exporter did not finish.",
        "error",
        got=repr(tail[-40:])[1:],
        expected="END-ISO-10303-21;",
        hint="Deliver the file again.",
    )
