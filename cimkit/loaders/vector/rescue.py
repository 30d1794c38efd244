"""What can still be read of files that were cut off or damaged, of which GDAL reads nothing."""

from __future__ import annotations

import mmap
import re
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cimkit.model import Problem

__all__ = ["FEATURES", "members", "padded_database", "sound_features"]

FEATURES = re.compile(rb'"features"\s*:\s*\[')
"""Where the features of a document begin."""
_FEATURE = re.compile(
    rb'\{\s*+"(?:type"\s*+:\s*+"Feature"|(?:geometry|properties|attributes)"\s*+:'
    rb'|id"\s*+:[^,{}\[\]]{1,100},\s*+"type"\s*+:\s*+"Feature")'
)
"""How a feature begins."""
_TOKEN = re.compile(
    rb'("features"\s*+:\s*+\[)|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[{}\[\]]', re.DOTALL
)
_BRACE, _QUOTE, _COLLECTION = b'{",'  # a comma stands for the bracket of a collection
_OPENED = {0x7D: b"{", 0x5D: b"[,"}
"""What a closing bracket closes."""
_FEW = 200
"""So many spaces at most are passed over to see what stands before them."""
_MEMBERS = ("properties", "attributes", "geometry")
_INTERIOR = 0x05
"""Kind of a page of SQLite that points to others."""
_AGAIN = "Deliver it again: it may have been cut short."


def sound_features(file: Path, scratch: Path) -> tuple[Path, Problem] | None:
    """Write the features of a broken JSON document that are whole into a document of their own.

    Returns
    -------
    tuple or None
        The copy, and what is to be told of the rest; None if there is no feature to save.
    """
    folder = scratch / "sound"
    folder.mkdir(exist_ok=True)
    target = folder / file.name
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as text:
        found = FEATURES.search(text)
        if found is None:
            return None
        whole, at, broken = 0, found.end(), list[int]()
        with target.open("wb") as out:
            out.write(text[: found.end()])
            for begin, end in members(text, found.end(), broken):
                out.write(b",\n" if whole else b"\n")
                out.write(text[begin:end])
                whole, at = whole + 1, end
            out.write(b"]}")
        rest = len(text) - at
    if not whole:
        return None
    return target, Problem(
        "read-stopped",
        f"It is damaged; the {whole} features that are whole are read.",
        "error",
        place=f"byte {broken[0] if broken else at}",
        got=f"{len(broken)} broken ones, {rest} bytes behind the last whole one",
        hint=_AGAIN,
    )


def members(text: mmap.mmap | bytes, start: int, broken: list[int]) -> Iterator[tuple[int, int]]:
    """Give where the whole features of an array lie, from the place behind its bracket.

    The text is gone through once. Where one is broken, its place goes to ``broken``, and the next
    that begins like a feature is looked for, even where a quotation mark or a bracket is missing.
    """
    opened = bytearray()
    begin, lost = start, False
    tokens = _TOKEN.finditer(text, start)
    while (token := next(tokens, None)) is not None:
        at, end = token.span()
        mark = text[end - 1]
        if mark == _QUOTE:
            at = _behind(text, at + 1, end - 1)
            if at < 0 or text[at] != _BRACE or not _begins(text, at):
                continue
            tokens = _TOKEN.finditer(text, at + 1)  # it began a text, so an earlier mark is missing
            mark = _BRACE
            anew = True
        else:
            within = bool(opened) and opened[-1] != _COLLECTION
            anew = mark == _BRACE and (lost or within) and _begins(text, at)
        if anew:
            broken += [begin] if opened else []
            opened.clear()
            lost = False
        elif lost:
            continue
        if not opened:
            begin = at
        if mark not in _OPENED:
            opened.append(_COLLECTION if token[1] else mark)
            continue
        if not opened and mark == 0x5D:
            return
        if opened and opened.pop() in _OPENED[mark]:
            if opened:
                continue
            if _is_feature(text[begin:end]):
                yield begin, end
                continue
        broken.append(begin)
        opened.clear()
        lost = True
    broken += [begin] if opened else []


def _behind(text: mmap.mmap | bytes, low: int, high: int) -> int:
    """Return where the last sign is that is no space, between two places; -1: none near."""
    if high <= low:
        return -1
    if not text[high - 1 : high].isspace():
        return high - 1
    near = max(low, high - _FEW)
    return near - 1 + len(text[near:high].rstrip()) if text[near:high].strip() else -1


def _begins(text: mmap.mmap | bytes, at: int) -> bool:
    """Return whether a feature begins here that is no member of another one."""
    before = _behind(text, 0, at)
    if before >= 0 and text[before] == 0x3A:
        return False
    return _FEATURE.match(text, at) is not None


def _is_feature(text: bytes) -> bool:
    import orjson

    try:
        said = orjson.loads(text)
    except ValueError:
        return False
    return isinstance(said, dict) and not said.keys().isdisjoint(_MEMBERS)


def padded_database(file: Path, scratch: Path) -> tuple[Path, Problem] | None:
    """Copy a SQLite database that lacks pages, with empty ones in their place.

    SQLite opens none that is shorter than it says; so it reads the rows on the pages that are
    there. The header: https://www.sqlite.org/fileformat2.html#the_database_header.

    Returns
    -------
    tuple or None
        The copy, and what is to be told; None if no page is missing.
    """
    with file.open("rb") as opened:
        head = opened.read(100)
    if len(head) < 100:
        return None
    (page,), (pages,) = struct.unpack(">H", head[16:18]), struct.unpack(">I", head[28:32])
    page = 65_536 if page == 1 else page
    size, there = page * pages, file.stat().st_size
    if head[24:28] != head[92:96] or there >= size or size > 1000 * there + 2**30:
        return None
    target = scratch / "padded" / file.name
    target.parent.mkdir()
    shutil.copyfile(file, target)
    with target.open("r+b") as out:
        out.truncate(there // page * page)  # half a page would give rows of zeros
        out.truncate(size)
        _forget(out, page, there // page)
    return target, Problem(
        "file-truncated",
        f"The database lacks {size - there} of {size} bytes; what can be read without them is.",
        "error",
        got=str(there),
        expected=str(size),
        hint="Deliver it again: it was cut short.",
    )


def _forget(database: BinaryIO, page: int, there: int) -> None:
    """Take out of the list of tables those parts of it that are on pages that are not there.

    GDAL writes the triggers of spatial indexes last; without them the tables can still be read.
    The list is a b-tree on page 1: https://www.sqlite.org/fileformat2.html#b_tree_pages.
    """
    database.seek(0)
    first = bytearray(database.read(page))
    if first[100] != _INTERIOR:
        return
    (cells,) = struct.unpack(">H", first[103:105])
    at = struct.unpack(f">{cells}H", first[112 : 112 + 2 * cells])
    last = int.from_bytes(first[108:112], "big")
    parts = [*((int.from_bytes(first[i : i + 4], "big"), i) for i in at), (last, 0)]
    kept = [part for part in parts if part[0] <= there]
    if not kept or len(kept) == len(parts):
        return
    first[103:105] = struct.pack(">H", len(kept) - 1)
    first[108:112] = struct.pack(">I", kept[-1][0])
    first[112 : 110 + 2 * len(kept)] = b"".join(struct.pack(">H", i) for _, i in kept[:-1])
    database.seek(0)
    database.write(first)
