"""Files of OpenStreetMap as GDAL needs them: whole, without what was deleted, no changes."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cimkit.errors import SourceUnreadable
from cimkit.model import Problem, Source

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["whole_file"]

_BLOB = 32 * 2**20
"""Largest blob that the format allows."""
_BLOCK = 1 << 20
_KINDS = ("node", "way", "relation")
_ODD = re.compile(
    rb"""action\s*=\s*["']delete|visible\s*=\s*["']false|<delete[\s>]|<osmChange|<!ENTITY"""
)
_END = re.compile(rb"</osm\s*>\s*(<!--.*-->\s*)*$", re.DOTALL)


def whole_file(source: Source, scratch: Path) -> tuple[Path, list[Problem]]:
    """Return a file that GDAL reads to its end, and what is to be told of it.

    Raises
    ------
    SourceUnreadable
        If not even its first objects are there.
    """
    with source.file.open("rb") as opened:
        binary = opened.read(15)[4:15] == b"\x0a\x09OSMHeader"
    return _pbf(source, scratch) if binary else _xml(source, scratch)


def _pbf(source: Source, scratch: Path) -> tuple[Path, list[Problem]]:
    size = source.file.stat().st_size
    problems = []
    with source.file.open("rb") as opened:
        if b"HistoricalInformation" in opened.read(4096):
            problems.append(_history())
        end, blobs = _whole_blobs(opened, size)
        if end == size:
            return source.file, problems
        if blobs < 2:  # the first says what follows
            raise SourceUnreadable(
                "it is cut off before its first objects",
                where=source.path,
                got=f"{size} bytes",
                mend="Fetch it again.",
            )
        target = scratch / "whole.osm.pbf"
        opened.seek(0)
        with target.open("wb") as out:
            left = end
            while left and (block := opened.read(min(_BLOCK, left))):
                out.write(block)
                left -= len(block)
    problems.append(_cut(f"{end} of {size} bytes, {blobs} blocks"))
    return target, problems


def _whole_blobs(opened: BinaryIO, size: int) -> tuple[int, int]:
    """Walk the lengths of the blobs; return where the last whole one ends, and how many are."""
    from cimkit.loaders.vector.osm import fields

    at = blobs = 0
    while at + 4 <= size:
        opened.seek(at)
        (head,) = struct.unpack(">I", opened.read(4))
        if head > 64 * 1024:
            break
        length = dict(fields(opened.read(head))).get(3)
        if not isinstance(length, int) or length > _BLOB or at + 4 + head + length > size:
            break
        at += 4 + head + length
        blobs += 1
    return at, blobs


def _xml(source: Source, scratch: Path) -> tuple[Path, list[Problem]]:
    with source.file.open("rb") as opened:
        opened.seek(max(0, source.file.stat().st_size - 4096))
        whole = _END.search(opened.read()) is not None
        opened.seek(0)
        last = b""
        odd = not whole
        while not odd and (block := opened.read(_BLOCK)):
            odd = _ODD.search(last[-64:] + block) is not None
            last = block
    return _rewritten(source, scratch / "whole.osm") if odd else (source.file, [])


def _rewritten(source: Source, target: Path) -> tuple[Path, list[Problem]]:
    """Copy the objects that are there, one by one, up to the damage if there is some."""
    from lxml import etree

    deleted = kept = 0
    change = False
    problems = []
    found = etree.iterparse(
        str(source.file),
        events=("end",),
        tag=_KINDS,
        resolve_entities="internal",
        no_network=True,
        huge_tree=True,
    )
    with target.open("wb") as out:
        out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n')
        try:
            for _, element in found:
                parent = element.getparent()
                change |= parent is not None and parent.tag in ("create", "modify", "delete")
                if _is_deleted(element):
                    deleted += 1
                else:
                    kept += 1
                    out.write(etree.tostring(element, with_tail=False) + b"\n")
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        except etree.XMLSyntaxError as error:
            if not kept:
                raise SourceUnreadable(
                    "it is no valid XML", where=source.path, got=str(error)[:300]
                ) from error
            problems.append(_cut(str(error)[:200]))
        out.write(b"</osm>\n")
    if deleted:
        problems.append(
            Problem(
                "objects-deleted",
                f"{deleted} objects are marked as deleted; they are left out.",
                "info",
                place=source.path,
            )
        )
    if change:
        problems.append(
            Problem(
                "change-file",
                "It is a file of changes: what was created or modified is read; ways whose nodes "
                "did not change have no shape in it.",
                place=source.path,
                hint="Deliver the extract that the changes were applied to.",
            )
        )
    return target, problems


def _is_deleted(element: _Element) -> bool:
    parent = element.getparent()
    return (
        element.get("action") == "delete"
        or element.get("visible") == "false"
        or (parent is not None and parent.tag == "delete")
    )


def _cut(got: str) -> Problem:
    return Problem(
        "file-cut",
        "The file is cut off or damaged; what comes before is read.",
        "error",
        got=got,
        hint="Fetch it again.",
    )


def _history() -> Problem:
    return Problem(
        "osm-history",
        "It holds former versions of objects, too; which one is read is not sure.",
        hint="Deliver an extract of one day (osmium time-filter).",
    )
