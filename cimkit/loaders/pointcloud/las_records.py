"""Variable-length records of LAS: found, and bounded where their lengths lie."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from cimkit.loaders.pointcloud.las_header import LasHeader
from cimkit.model import Problem

__all__ = ["Record", "Records", "read_records"]

_VLR = struct.Struct("<H16sHH32s")
_EVLR = struct.Struct("<H16sHQ32s")
_MOST_BYTES = 64_000_000  # of one record that is looked into; waveform data is never
_WAVES = ("LASF_Spec", 65535)
_LISTED = 50


@dataclass(frozen=True, slots=True)
class Record:
    """One variable-length record."""

    user: str
    """Who defined it, e.g. ``LASF_Projection``."""
    number: int
    """Its record id."""
    description: str
    """As written."""
    at: int
    """Where its payload begins in the file."""
    size: int
    """Bytes of the payload as declared."""
    data: bytes
    """The payload; empty for kinds that are not looked into."""
    extended: bool = False
    """Whether it stands behind the points."""


@dataclass(slots=True)
class Records:
    """All records of a file."""

    all: list[Record] = field(default_factory=list)
    """In the order of the file."""
    problems: list[Problem] = field(default_factory=list)
    """Lengths and counts that lie."""

    def get(self, user: str, number: int) -> list[Record]:
        """Return the records of one kind."""
        return [r for r in self.all if r.number == number and r.user == user]

    def listed(self) -> list[dict[str, Any]]:
        """Return what to remember of each, at most 50."""
        return [
            {"user": r.user, "record": r.number, "bytes": r.size}
            | ({"description": r.description} if r.description else {})
            | ({"extended": True} if r.extended else {})
            for r in self.all[:_LISTED]
        ]


def _known(user: str, number: int) -> bool:
    return user in ("LASF_Projection", "LASF_Spec", "liblas", "laszip encoded", "copc") and (
        (user, number) != _WAVES
    )


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].strip().decode("latin-1")


def read_records(file: Path, head: LasHeader) -> Records:
    """Read the records before and behind the points."""
    found = Records()
    with file.open("rb") as opened:
        end = min(head.points_at, head.size) or head.size
        _walk(opened, head.header_size, end, head.records, _VLR, found)
        if head.evlrs and head.evlrs_at >= head.header_size:
            _walk(opened, head.evlrs_at, head.size, head.evlrs, _EVLR, found)
        elif head.evlrs:
            found.problems.append(_lying("extended records", str(head.evlrs_at), "behind points"))
    if head.version == (1, 3) and head.waves_at and not head.evlrs:
        with file.open("rb") as opened:
            _walk(opened, head.waves_at, head.size, 1, _EVLR, found)
    return found


def _walk(
    opened: IO[bytes], at: int, end: int, count: int, layout: struct.Struct, found: Records
) -> None:
    extended = layout is _EVLR
    kind = "extended variable-length record" if extended else "variable-length record"
    for number in range(count):
        if at + layout.size > end:
            found.problems.append(
                _lying(f"{kind} {number + 1}", f"{number} of {count} records", f"{count} records")
            )
            return
        opened.seek(at)
        _, user, record, length, description = layout.unpack(opened.read(layout.size))
        at += layout.size
        name = _text(user)
        held = min(length, end - at)
        data = b""
        if _known(name, record):
            data = opened.read(min(held, _MOST_BYTES))
        found.all.append(Record(name, record, _text(description), at, length, data, extended))
        if held < length:
            found.problems.append(
                _lying(
                    f"{kind} {number + 1} ({name} {record})",
                    f"{length} bytes",
                    f"{held} bytes at most",
                )
            )
            return
        at += length


def _lying(place: str, got: str, expected: str) -> Problem:
    return Problem(
        "vlr-length-contradiction",
        "The lengths of variable-length records lead out of the room there is for them; what lies "
        "behind was not read.",
        place=place,
        got=got,
        expected=expected,
        hint="Export the file again.",
    )
