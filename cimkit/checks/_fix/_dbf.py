"""Single values of a dBASE table, changed in place: its layout says where each stands."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

__all__ = ["DbfError", "write_values"]

_DELETED = 0x2A


class DbfError(ValueError):
    """A table that cannot be changed so."""


def write_values(
    file: Path, encoding: str, values: Sequence[tuple[int, Sequence[str], str, str]]
) -> list[str]:
    """Replace texts of a table where they are what is expected and the new one fits.

    Parameters
    ----------
    file
        The ``.dbf``.
    encoding
        Of its texts.
    values
        Row (from 1, those marked as deleted do not count), fields of which the first with the
        value is meant, value there, value wanted.

    Returns
    -------
    list of str
        For each value the field that was changed, "" if none was.

    Raises
    ------
    DbfError
        If it is no such table.
    """
    with file.open("r+b") as opened:
        head = opened.read(32)
        if len(head) < 32:
            raise DbfError("no dBASE table")
        count, begin, size = struct.unpack_from("<IHH", head, 4)
        fields: dict[str, tuple[bytes, int, int]] = {}
        offset = 1
        described = opened.read(begin - 32)
        for at in range(0, len(described) - 31, 32):
            if described[at] == 0x0D:
                break
            name = described[at : at + 11].split(b"\0")[0].decode(encoding, "replace")
            length = described[at + 16]
            fields[name] = (described[at + 11 : at + 12], offset, length)
            offset += length
        opened.seek(begin)
        rows = bytearray(opened.read(count * size))
        there = [at for at in range(0, len(rows) - size + 1, size) if rows[at] != _DELETED]
        done = []
        for row, names, before, after in values:
            done.append("")
            if not 1 <= row <= len(there):
                continue
            for name in names:
                # Ten bytes are all a name may have.
                kind, start, length = fields.get(name) or fields.get(name[:10]) or (b"", 0, 0)
                at = there[row - 1] + start
                new = after.encode(encoding, "replace")
                old = bytes(rows[at : at + length]).decode(encoding, "replace")
                if kind == b"C" and old.strip(" \0") == before.strip() and len(new) <= length:
                    rows[at : at + length] = new.ljust(length)
                    done[-1] = name
                    break
        opened.seek(begin)
        opened.write(rows)
    return done
