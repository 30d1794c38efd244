"""Names under which GDAL recognises a file for what it is: it goes by suffixes here and there."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

__all__ = ["glob_escape", "plain", "speaking", "suffix_of"]

_ROOT = re.compile(rb"<(?:[\w.-]+:)?(kml|gpx|osm|osmChange)[\s>]")
_GEOPACKAGE = (b"GPKG", b"GP10", b"GP11")
_MISLEADING = {".zip", ".gz", ".tgz", ".tar", ".csv", ".tsv", ".txt", ".dbf", ".xlsx", ".ods"}
"""Suffixes that send GDAL or pyogrio to another driver, whatever the file holds."""


def glob_escape(name: str) -> str:
    """Return a pattern that matches this name alone."""
    return "".join(f"[{c}]" if c in "[]*?" else c for c in name)


def plain(start: bytes) -> bytes:
    """Return the start of a text without its mark, from UTF-16 as UTF-8."""
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        start = start[: len(start) // 2 * 2].decode("utf-16", "replace").encode()
    return start.removeprefix(codecs.BOM_UTF8).lstrip()


def suffix_of(start: bytes) -> str | None:
    """Return the suffix that files of this content have; None if the content does not say.

    Examples
    --------
    >>> suffix_of(b"fgb\\x03fgb\\x00"), suffix_of(b"id,lon,lat")
    ('.fgb', None)
    """
    for magic, suffix in (
        (b"\x00\x00\x27\x0a", ".shp"),
        (b"fgb\x03fgb", ".fgb"),
        (b"PK\x03\x04", ".kmz"),
        (b"\x1e", ".geojsonl"),
    ):
        if start.startswith(magic):
            return suffix
    if start.startswith(b"SQLite format 3\0"):
        return ".gpkg" if start[68:72] in _GEOPACKAGE else ".sqlite"
    if start[4:15] == b"\x0a\x09OSMHeader":
        return ".pbf"
    text = plain(start)
    if text.startswith(b"{"):
        return ".geojson"
    if text.startswith(b"<"):
        root = _ROOT.search(text[:8192])
        if root is None:
            return ".gml"
        return ".osm" if root[1] == b"osmChange" else f".{root[1].decode('ascii')}"
    return None


def speaking(file: Path, scratch: Path) -> Path:
    """Return a path by which GDAL opens the file for what it is; a link in ``scratch`` if needed.

    Pyogrio takes ``!`` for the end of an archive's name, and some drivers look at the suffix first.
    """
    right = None
    if file.is_file():
        with file.open("rb") as opened:
            right = suffix_of(opened.read(8192))
    own = file.suffix.lower()
    wrong = right is not None and own != right and (own in _MISLEADING or right == ".kmz")
    if not wrong and "!" not in str(file):
        return file
    folder = scratch / "named"
    if not wrong and "!" not in file.name:
        folder.symlink_to(file.parent, target_is_directory=True)
        return folder / file.name
    folder.mkdir()
    stem = file.stem.replace("!", "_")
    for part in file.parent.glob(f"{glob_escape(file.stem)}.*"):
        if part != file:
            (folder / f"{stem}{part.suffix}").symlink_to(part)
    named = folder / f"{stem}{right if wrong else file.suffix}"
    named.unlink(missing_ok=True)  # a neighbour of that name
    named.symlink_to(file)
    return named
