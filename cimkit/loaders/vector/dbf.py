"""dBASE tables: what GDAL does not tell of them, and what bears on their encoding."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["LDID", "Dbf", "is_dbf", "read_dbf"]

LDID = {
    **{0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x13: "cp932", 0x26: "cp866"},
    **{0x4D: "gbk", 0x4E: "cp949", 0x4F: "big5", 0x50: "cp874", 0x64: "cp852", 0x65: "cp866"},
    **{0x6A: "cp737", 0x6B: "cp857", 0x78: "big5", 0x79: "cp949", 0x7A: "gbk", 0x7B: "cp932"},
    **{0x7C: "cp874", 0x7D: "cp1255", 0x7E: "cp1256", 0x57: "cp1252", 0x58: "cp1252"},
    **{0x59: "cp1252", 0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253"},
    **{0xCC: "cp1257"},
}
"""Language driver ids that deliveries carry, as Python calls their encodings.

0x57 is what ArcGIS writes for "ANSI", the code page of its Windows: a weak word.
"""

_ENDS = {0x0D, 0x0A}
"""What stands behind the last field; the second in files that went through a text mode.

FoxPro has 263 bytes more behind it.
"""
_SAMPLE = 4 * 2**20
_CHUNK = 8 * 2**20


@dataclass(slots=True)
class Dbf:
    """What GDAL does not say of a table."""

    ldid: int
    """Language driver id; 0 says nothing."""
    records: int
    """Number of rows as the header has it, deleted ones included."""
    held: int
    """Number of rows that the file has bytes for."""
    header: int
    """Bytes before the first row."""
    size: int
    """Bytes of a row."""
    text: bytes
    """Field names and text values of the first megabytes that are beyond ASCII, one a line."""
    memos: tuple[bytes, ...] = ()
    """Fields whose texts are in a file beside it (.dbt, .fpt)."""
    deleted: int = 0
    """Rows that are marked as deleted."""
    overflown: dict[bytes, int] = field(default_factory=dict)
    """Field, and how many of its numbers did not fit: asterisks stand there."""
    undated: dict[bytes, int] = field(default_factory=dict)
    """Field, and how many of its dates are none."""


def is_dbf(start: bytes) -> bool:
    """Return whether a file begins like a dBASE table."""
    if len(start) < 33 or start[0] not in (2, 3, 4, 5, 0x30, 0x31, 0x32, 0x83, 0x8B, 0xF5):
        return False
    _, month, day, _, header, record = struct.unpack_from("<BBBIHH", start, 1)
    return (
        month <= 12
        and day <= 31
        and header >= 33
        and record > 0
        and (header > len(start) or not _ENDS.isdisjoint(start[32:header:32]))
    )


def read_dbf(file: Path, *, whole: bool = True) -> Dbf:
    """Read the header and the text of the first records; with ``whole``, look at all of them.

    Raises
    ------
    ValueError
        If it is no dBASE table.
    """
    with file.open("rb") as opened:
        start = opened.read(65_536)
        if len(start) < 33:
            raise ValueError("no dBASE table")
        records, header, size = struct.unpack_from("<IHH", start, 4)
        if header < 33 or not size:
            raise ValueError("no dBASE table")
        fields = []
        at, offset = 32, 1
        while at + 32 <= min(header, len(start)) and start[at : at + 1] not in (b"\r", b"\n", b""):
            name, kind, length = start[at : at + 11], start[at + 11 : at + 12], start[at + 16]
            fields.append((name.split(b"\0")[0], kind, offset, length))
            offset += length
            at += 32
        held = max(0, file.stat().st_size - header) // size
        opened.seek(header)
        rows = opened.read(min(_SAMPLE, records * size))
    lines = [name for name, *_ in fields]
    texts = [(begin, length) for _, kind, begin, length in fields if kind == b"C"]
    for row in range(0, len(rows) - size + 1, size):
        lines += [_filled(rows[row + begin : row + begin + length]) for begin, length in texts]
    text = b"\n".join(line for line in lines if not line.isascii())
    memos = tuple(name for name, kind, *_ in fields if kind in (b"M", b"G", b"P"))
    table = Dbf(start[29], records, min(held, records), header, size, text, memos)
    if whole:
        _look(file, table, fields)
    return table


def _filled(value: bytes) -> bytes:
    """Return a text without its padding, but for one blank: only full ones may be cut short."""
    text = value.rstrip(b" \0")
    return text.lstrip() + (b" " if len(text) < len(value) else b"")


def _look(file: Path, table: Dbf, fields: list[tuple[bytes, bytes, int, int]]) -> None:
    """Count deleted rows, numbers that did not fit and dates that are none."""
    for rows in _chunks(file, table):
        table.deleted += int((rows[:, 0] == 0x2A).sum())
        for name, kind, begin, length in fields:
            if not length or begin + length > table.size:
                continue
            column = rows[:, begin : begin + length]
            if kind in (b"N", b"F"):
                over = int((column == 0x2A).any(axis=1).sum())
                if over:
                    table.overflown[name] = table.overflown.get(name, 0) + over
            elif kind == b"D" and length == 8:
                none = _no_dates(column)
                if none:
                    table.undated[name] = table.undated.get(name, 0) + none


def _chunks(file: Path, table: Dbf) -> Iterator[Any]:
    import numpy as np

    step = max(1, _CHUNK // table.size)
    with file.open("rb") as opened:
        opened.seek(table.header)
        for first in range(0, table.held, step):
            count = min(step, table.held - first)
            data = np.frombuffer(opened.read(count * table.size), np.uint8)
            yield data[: len(data) // table.size * table.size].reshape(-1, table.size)


def _no_dates(column: Any) -> int:
    import numpy as np

    blank = np.isin(column, (0x20, 0x30, 0)).all(axis=1)
    digits = column.astype(np.int64) - 0x30
    plain = ((digits >= 0) & (digits <= 9)).all(axis=1)
    month, day = digits[:, 4] * 10 + digits[:, 5], digits[:, 6] * 10 + digits[:, 7]
    fine = plain & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    return int((~blank & ~fine).sum())
