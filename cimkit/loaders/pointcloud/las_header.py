"""The public header block of LAS 1.0 to 1.4 (ASPRS, LAS 1.4 R15, tables 3 to 6)."""

from __future__ import annotations

import datetime
import math
import struct
from dataclasses import dataclass
from pathlib import Path

from cimkit.errors import SourceUnreadable

__all__ = ["BASE_SIZES", "LasHeader", "read_header"]

BASE_SIZES = (20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67)
"""Bytes of a record of point format 0 to 10."""

_BLOCK = struct.Struct("<4sHH16sBB32s32sHHHIIBHI5I3d3d6d")
_EXPORT_AGAIN = "Export the tile again; the file may have been cut off in transfer."
_FIRST_YEAR = 1970
_MOST = 2**31
"""What a coordinate of a record can hold."""


@dataclass(frozen=True, slots=True)
class LasHeader:
    """What the header says, word for word."""

    version: tuple[int, int]
    point_format: int
    record_length: int
    packed: bool
    points: int
    legacy_points: int
    returns: tuple[int, ...]
    scales: tuple[float, float, float]
    offsets: tuple[float, float, float]
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    unscaled: bool
    """Whether the header has its box in the integers of the records; `low`, `high` have not."""
    header_size: int
    points_at: int
    records: int
    evlrs_at: int
    evlrs: int
    waves_at: int
    encoding: int
    source_id: int
    guid: str
    system: str
    software: str
    day: int
    year: int
    size: int

    @property
    def wkt(self) -> bool:
        """Whether the CRS is meant to be the one in WKT (LAS 1.4 on)."""
        return bool(self.encoding & 16) and self.version >= (1, 4)

    @property
    def standard_time(self) -> bool:
        """Whether GPS time is adjusted standard time (LAS 1.2 on)."""
        return bool(self.encoding & 1) and self.version >= (1, 2)

    @property
    def box(self) -> tuple[float, ...] | None:
        """(xmin, ymin, zmin, xmax, ymax, zmax), if it is one."""
        box = (*self.low, *self.high)
        sound = all(map(math.isfinite, box)) and all(
            a <= b for a, b in zip(self.low, self.high, strict=True)
        )
        return box if sound and self.points else None

    def reaches(self, axis: int) -> bool:
        """Whether scale and offset of an axis make numbers of all that 32 bits can hold."""
        scale, offset = self.scales[axis], self.offsets[axis]
        return (
            math.isfinite(scale) and math.isfinite(offset) and abs(scale) < 1e9 > abs(offset) / 1e9
        )

    @property
    def created(self) -> str | None:
        """ISO 8601 day of creation, if it is one."""
        if not 1 <= self.day <= 366 or not _FIRST_YEAR <= self.year <= 9998:
            return None
        day = datetime.date(self.year, 1, 1) + datetime.timedelta(days=self.day - 1)
        return day.isoformat()


def _text(raw: bytes) -> str:
    held = raw.split(b"\0", 1)[0].strip()
    try:
        return held.decode("utf-8")
    except UnicodeDecodeError:
        return held.decode("latin-1")


def _in_integers(
    ends: tuple[float, ...], scales: tuple[float, ...], offsets: tuple[float, ...]
) -> bool:
    """Tell a box of integers, as records hold them, which no point could reach once placed."""
    whole = all(math.isfinite(e) and e == round(e) and abs(e) <= _MOST for e in ends)
    sound = all(math.isfinite(n) for n in (*scales, *offsets)) and all(0 < s < 1 for s in scales)
    return (
        whole
        and sound
        and any(abs(e - offsets[i % 3]) > _MOST * scales[i % 3] for i, e in enumerate(ends))
    )


def _placed(
    at: tuple[float, float, float], scales: tuple[float, ...], offsets: tuple[float, ...]
) -> tuple[float, float, float]:
    x, y, z = (n * s + o for n, s, o in zip(at, scales, offsets, strict=True))
    return x, y, z


def read_header(file: Path) -> LasHeader:
    """Read the header of a LAS or LAZ file.

    Raises
    ------
    SourceUnreadable
        If it is cut off, or describes no point records that exist.
    """
    with file.open("rb") as opened:
        raw = opened.read(375)
    size = file.stat().st_size
    if len(raw) < _BLOCK.size:
        raise SourceUnreadable(
            "the LAS header is cut off",
            where=file.name,
            got=f"{len(raw)} bytes",
            expected=f"{_BLOCK.size} bytes or more",
            mend=_EXPORT_AGAIN,
        )
    v = _BLOCK.unpack_from(raw)
    version, form = (v[4], v[5]), v[13] & 0x3F
    if version[0] != 1 or form > 10:
        raise SourceUnreadable(
            "the LAS header describes no points that there are in LAS 1.0 to 1.4",
            where=file.name,
            got=f"LAS {version[0]}.{version[1]}, point format {form}",
            expected="LAS 1.0 to 1.4, point format 0 to 10",
            mend=_EXPORT_AGAIN,
        )
    if v[14] < BASE_SIZES[form]:
        raise SourceUnreadable(
            f"records of {v[14]} bytes cannot hold points of format {form}",
            where=file.name,
            got=str(v[14]),
            expected=f"{BASE_SIZES[form]} or more",
            mend=_EXPORT_AGAIN,
        )
    waves_at = evlrs_at = evlrs = 0
    points, returns = v[15], v[16:21]
    if version >= (1, 3) and len(raw) >= 235:
        (waves_at,) = struct.unpack_from("<Q", raw, 227)
    if version >= (1, 4) and len(raw) >= 375 and v[10] >= 375:
        evlrs_at, evlrs, wide = struct.unpack_from("<QIQ", raw, 235)
        if wide or not v[15]:
            points, returns = wide, struct.unpack_from("<15Q", raw, 255)
    xmax, xmin, ymax, ymin, zmax, zmin = v[27:33]
    low, high = (xmin, ymin, zmin), (xmax, ymax, zmax)
    unscaled = _in_integers((*low, *high), v[21:24], v[24:27])
    if unscaled:
        low, high = (_placed(ends, v[21:24], v[24:27]) for ends in (low, high))
    return LasHeader(
        version=version,
        point_format=form,
        record_length=v[14],
        packed=bool(v[13] & 0xC0),
        points=points,
        legacy_points=v[15],
        returns=tuple(returns),
        scales=v[21:24],
        offsets=v[24:27],
        low=low,
        high=high,
        unscaled=unscaled,
        header_size=v[10],
        points_at=v[11],
        records=v[12],
        evlrs_at=evlrs_at,
        evlrs=evlrs,
        waves_at=waves_at,
        encoding=v[2] if version >= (1, 2) else 0,
        source_id=v[1] if version >= (1, 1) else 0,
        guid=v[3].hex() if v[3].strip(b"\0") else "",
        system=_text(v[6]),
        software=_text(v[7]),
        day=v[8],
        year=v[9],
        size=size,
    )
