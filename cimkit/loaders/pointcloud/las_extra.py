"""What variable-length records say of points: extra bytes, class names, waveform packets."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.pointcloud.las_header import BASE_SIZES, LasHeader
from cimkit.loaders.pointcloud.las_records import Records
from cimkit.model import Problem

__all__ = ["ExtraField", "class_names", "extra_fields", "waveforms"]

_TYPES = ("u1", "i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8")
_WAVEFORM = struct.Struct("<BBIIdd")


@dataclass(frozen=True, slots=True)
class ExtraField:
    """One field of extra bytes (LAS 1.4 R15, table 24)."""

    name: str
    """As the file calls it, or ``extra_bytes`` where it calls it nothing."""
    type: str
    """NumPy type of one value."""
    count: int = 1
    """Values of one point; 0 to 3, or the bytes of an undocumented field."""
    description: str = ""
    """As written."""
    no_data: tuple[float, ...] | None = None
    """The stored value that means nothing, by component."""
    scale: tuple[float, ...] | None = None
    """Factor, by component."""
    offset: tuple[float, ...] | None = None
    """Added after scaling, by component."""
    limits: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    """Least and greatest stored value, if the record has them."""

    @property
    def size(self) -> int:
        """Bytes in a point."""
        return np.dtype(self.type).itemsize * self.count

    def values(self, stored: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return what stored values mean: scaled, and NaN where there is no data."""
        if self.scale is None and self.offset is None and self.no_data is None:
            return np.ascontiguousarray(stored)
        real = stored.astype(np.float64)
        empty = None if self.no_data is None else stored == np.asarray(self.no_data, stored.dtype)
        if self.scale is not None:
            real = real * np.asarray(self.scale if self.count > 1 else self.scale[0])
        if self.offset is not None:
            real = real + np.asarray(self.offset if self.count > 1 else self.offset[0])
        if empty is not None:
            real[empty] = np.nan
        return real

    def told(self) -> dict[str, Any]:
        """Return it as JSON values without what is not said."""
        said: dict[str, Any] = {"name": self.name, "type": np.dtype(self.type).name}
        said |= {"count": self.count} if self.count != 1 else {}
        for key in ("description", "no_data", "scale", "offset", "limits"):
            held = getattr(self, key)
            if held:
                said[key] = (
                    [list(h) if isinstance(h, tuple) else h for h in held]
                    if (isinstance(held, tuple))
                    else held
                )
        return said


def extra_fields(head: LasHeader, records: Records) -> tuple[list[ExtraField], list[Problem]]:
    """Return the fields behind those of the point format, and what is wrong with them."""
    room = head.record_length - BASE_SIZES[head.point_format]
    found: list[ExtraField] = []
    problems: list[Problem] = []
    used = 0
    taken: set[str] = set()
    for record in records.get("LASF_Spec", 4):
        for start in range(0, len(record.data) - 191, 192):
            one = _field(record.data[start : start + 192])
            if one is None or used + one.size > room:
                continue
            if one.name in taken:
                one = _named(one, f"{one.name}_{len(taken)}")
            taken.add(one.name)
            used += one.size
            found.append(one)
    described = sum(len(r.data) // 192 for r in records.get("LASF_Spec", 4))
    if described and (used != room or len(found) != described):
        problems.append(
            Problem(
                "extra-bytes-contradiction",
                "The descriptions of extra bytes do not fill the room that the records have for "
                "them.",
                place="VLR LASF_Spec 4",
                got=f"{len(found)} of {described} fields fit, {used} bytes",
                expected=f"{room} bytes",
            )
        )
    elif room and not described:
        problems.append(
            Problem(
                "extra-bytes-undescribed",
                f"Each point has {room} bytes more than its format, and no record says what they "
                "are; they are kept as they are.",
                "info",
                got=f"records of {head.record_length} bytes",
                expected=f"{BASE_SIZES[head.point_format]} bytes, or a VLR LASF_Spec 4",
            )
        )
    if used < room:
        name = "ExtraBytes" if not found else "ExtraBytes_rest"
        found.append(ExtraField(name, "u1", room - used))
    return found, problems


def _named(one: ExtraField, name: str) -> ExtraField:
    from dataclasses import replace

    return replace(one, name=name)


def _field(raw: bytes) -> ExtraField | None:
    kind, options = raw[2], raw[3]
    name = raw[4:36].split(b"\0", 1)[0].decode("utf-8", "replace").strip()
    text = raw[160:192].split(b"\0", 1)[0].decode("utf-8", "replace").strip()
    if kind == 0:
        return ExtraField(name or "ExtraBytes", "u1", options, text) if options else None
    if kind > 30:
        return None
    stored, count = _TYPES[(kind - 1) % 10], (kind - 1) // 10 + 1
    wide = "<i8" if stored[-2] == "i" else "<u8" if stored[-2] == "u" else "<f8"

    def three(at: int, form: str) -> tuple[float, ...]:
        return tuple(v.item() for v in np.frombuffer(raw, form, 3, at)[:count])

    no_data = three(40, wide) if options & 1 else None
    if no_data is not None and stored[-2] in "iu":
        limits = np.iinfo(np.dtype(stored))
        no_data = None if any(not limits.min <= v <= limits.max for v in no_data) else no_data
    return ExtraField(
        name or "ExtraBytes",
        stored,
        count,
        text,
        no_data,
        three(112, "<f8") if options & 8 else None,
        three(136, "<f8") if options & 16 else None,
        (three(64, wide), three(88, wide)) if options & 2 and options & 4 else None,
    )


def class_names(records: Records) -> dict[str, str]:
    """Return the meaning of classes where the file says it (VLR LASF_Spec 0)."""
    found: dict[str, str] = {}
    for record in records.get("LASF_Spec", 0):
        for start in range(0, len(record.data) - 15, 16):
            number = record.data[start]
            text = record.data[start + 1 : start + 16].split(b"\0", 1)[0]
            if text:
                found[str(number)] = text.decode("utf-8", "replace")
    return found


def waveforms(head: LasHeader, records: Records) -> list[dict[str, Any]]:
    """Return the waveform packet descriptors (VLR LASF_Spec 100 to 354)."""
    found: list[dict[str, Any]] = []
    for record in records.all:
        if record.user != "LASF_Spec" or not 99 < record.number < 355:
            continue
        if len(record.data) < _WAVEFORM.size:
            continue
        bits, packing, samples, spacing, gain, offset = _WAVEFORM.unpack_from(record.data)
        found.append(
            {
                "index": record.number - 99,
                "bits": bits,
                "compression": packing,
                "samples": samples,
                "spacing_ps": spacing,
                "gain": gain,
                "offset": offset,
            }
        )
    return found
