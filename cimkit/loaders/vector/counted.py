"""Rows that a source has by its own count, held against those that GDAL gives of it."""

from __future__ import annotations

import mmap
import re
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from cimkit.loaders.vector.gdal import Plan
from cimkit.loaders.vector.rescue import FEATURES, members
from cimkit.model import Problem

__all__ = ["unread"]

_BLOCK = 1 << 24


def unread(how: Plan, driver: str, infos: list[dict[str, Any]]) -> list[Problem]:
    """Return what is to be told of rows that GDAL passes over without a word."""
    given = {str(info["layer_name"]): int(info["features"]) for info in infos}
    count = sum(given.values())
    told: list[Problem | None] = []
    if driver == "GeoJSONSeq":
        told.append(_lacking(_records(how.file), count, "records"))
    elif driver in ("GeoJSON", "ESRIJSON") and how.file.is_file():
        told.append(_lacking(_features(how.file, count), count, "features"))
    elif driver == "MapInfo File":
        told += [_lacking(rows, count, what) for rows, what in _mapinfo(how.file)]
    elif driver == "OpenFileGDB":
        rows = _geodatabase(how.file)
        told += [_lacking(rows[n], given[n], "rows", n) for n in given.keys() & rows.keys()]
    return [problem for problem in told if problem is not None]


def _lacking(there: int, given: int, what: str, layer: str = "") -> Problem | None:
    if there <= given:
        return None
    return Problem(
        "read-stopped",
        f"{there - given} of its {there} {what} cannot be read.",
        "error",
        place=layer,
        got=str(given),
        expected=str(there),
        hint="Deliver it again: it may have been cut short.",
    )


def _records(file: Path) -> int:
    records = 0
    with file.open("rb") as opened:
        separated = opened.read(1) == b"\x1e"
        opened.seek(0)
        for line in opened:
            records += line.count(b"\x1e") if separated else not line.isspace()
    return records


def _features(file: Path, given: int) -> int:
    """Count the members of a collection, if some seem to be there that were not given."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as text:
        if sum(_in_blocks(text, b'"geometry"')) == given:
            return given
        found = FEATURES.search(text)
        if found is None:
            return given
        broken: list[int] = []
        return sum(1 for _ in members(text, found.end(), broken)) + len(broken)


def _in_blocks(text: mmap.mmap, word: bytes) -> Iterator[int]:
    """Count a word, block by block: a memory map has no count of its own."""
    for at in range(0, len(text), _BLOCK):
        yield text[at : at + _BLOCK + len(word) - 1].count(word)


def _mapinfo(file: Path) -> Iterator[tuple[int, str]]:
    """Count the rows of the tables beside the shapes: those of text, those of bytes."""
    stem = file.stem.casefold()
    beside = {p.suffix.lower(): p for p in file.parent.iterdir() if p.stem.casefold() == stem}
    if file.suffix.lower() == ".mif":
        if ".mid" in beside:
            with beside[".mid"].open("rb") as opened:
                yield _lines(opened), "rows of the .mid"
        return
    if ".dat" not in beside:
        return
    with beside[".dat"].open("rb") as opened:
        head = opened.read(12)
        if len(head) < 12:
            return
        records, start, size = struct.unpack("<IHH", head[4:12])
        opened.seek(start)
        deleted = 0
        for _ in range(min(records, beside[".dat"].stat().st_size // max(size, 1))):
            deleted += opened.read(size)[:1] == b"*"
    yield records - deleted, "rows of the .dat"


def _lines(opened: BinaryIO) -> int:
    """Count the rows of a text table, of which some may hold line ends within quotation marks."""
    rows = quotes = 0
    for line in opened:
        quotes += line.count(b'"')
        rows += quotes % 2 == 0 and not line.isspace()
    return rows


def _geodatabase(folder: Path) -> dict[str, int]:
    """Return the number of rows that the files of the tables state, by their names."""
    import pyogrio.raw

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL's remarks
            meta, catalogue = pyogrio.raw.read_arrow(
                folder, layer="GDB_SystemCatalog", return_fids=True, LIST_ALL_TABLES="YES"
            )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        return {}  # zipped, or not for GDAL's eyes: there is nothing to hold its count against
    numbers = catalogue.column(meta["fid_column"]).to_pylist()
    names = catalogue.column("Name").to_pylist()
    rows = {}
    for number, name in zip(numbers, names, strict=True):
        table = folder / f"a{number:08x}.gdbtable"
        if not re.match("GDB_", name or "GDB_") and table.is_file():
            with table.open("rb") as opened:
                head = opened.read(8)
            if head[:4] == b"\x03\0\0\0" and len(head) == 8:
                rows[name] = int(struct.unpack("<I", head[4:])[0])
    return rows
