"""The header and the raw text of a dBASE table, as far as its character encoding hangs on them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LDID", "Dbf", "is_dbf", "read_dbf"]

LDID = {
    0x03: "cp1252",
    0x13: "cp932",
    0x4D: "gb18030",
    0x4E: "cp949",
    0x4F: "big5",
    0x57: "cp1252",  # what ArcGIS writes for "ANSI": the code page of its Windows, so a weak word
    0x58: "cp1252",
    0x59: "cp1252",
    0x7A: "gb18030",
    0x7B: "cp932",
    0x7C: "cp949",
    0x78: "big5",
    0xC8: "cp1250",
    0xC9: "cp1251",
    0xCA: "cp1254",
    0xCB: "cp1253",
}
"""Language driver ids that deliveries carry, as Python calls their encodings."""

_SAMPLE = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Dbf:
    """What bears on the encoding."""

    ldid: int
    """Language driver id; 0 says nothing."""
    records: int
    """Number of rows, deleted ones included."""
    text: bytes
    """Field names and text values of the first megabytes, one a line."""


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
        and (header > len(start) or 0x0D in (start[header - 1], start[header - 2]))
    )


def read_dbf(file: Path) -> Dbf:
    """Read the header and the text of the first records.

    Raises
    ------
    ValueError
        If it is no dBASE table.
    """
    with file.open("rb") as opened:
        start = opened.read(65_536)
        if not is_dbf(start):
            raise ValueError("no dBASE table")
        records, header, size = struct.unpack_from("<IHH", start, 4)
        fields = []
        at, offset = 32, 1
        while at + 32 <= header and start[at : at + 1] not in (b"\r", b""):
            name, kind, length = start[at : at + 11], start[at + 11 : at + 12], start[at + 16]
            fields.append((name.split(b"\0")[0], kind, offset, length))
            offset += length
            at += 32
        opened.seek(header)
        rows = opened.read(min(_SAMPLE, records * size))
    lines = [name for name, *_ in fields]
    texts = [(begin, length) for _, kind, begin, length in fields if kind == b"C"]
    for row in range(0, len(rows) - size + 1, size):
        lines += [rows[row + begin : row + begin + length].strip(b" \0") for begin, length in texts]
    return Dbf(start[29], records, b"\n".join(line for line in lines if not line.isascii()))
