"""Point records of LAS: how their bytes lie, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.pointcloud.chunk import (
    KEY_POINT,
    OVERLAP,
    SYNTHETIC,
    WITHHELD,
    PointChunk,
)
from cimkit.loaders.pointcloud.las_extra import ExtraField
from cimkit.loaders.pointcloud.las_header import LasHeader

__all__ = ["PointDecoder", "dimensions", "layout"]

_OLD = [
    ("X", "<i4"),
    ("Y", "<i4"),
    ("Z", "<i4"),
    ("intensity", "<u2"),
    ("returns", "u1"),
    ("classification", "u1"),
    ("scan_angle", "i1"),
    ("user_data", "u1"),
    ("point_source_id", "<u2"),
]
_NEW = [
    ("X", "<i4"),
    ("Y", "<i4"),
    ("Z", "<i4"),
    ("intensity", "<u2"),
    ("returns", "u1"),
    ("flags", "u1"),
    ("classification", "u1"),
    ("user_data", "u1"),
    ("scan_angle", "<i2"),
    ("point_source_id", "<u2"),
    ("gps_time", "<f8"),
]
_TIME = [("gps_time", "<f8")]
_RGB = [("red", "<u2"), ("green", "<u2"), ("blue", "<u2")]
_NIR = [("nir", "<u2")]
_WAVE = [
    ("wave_descriptor", "u1"),
    ("wave_at", "<u8"),
    ("wave_size", "<u4"),
    ("wave_return", "<f4"),
    ("wave_x", "<f4"),
    ("wave_y", "<f4"),
    ("wave_z", "<f4"),
]
_FORMATS = (
    _OLD,
    _OLD + _TIME,
    _OLD + _RGB,
    _OLD + _TIME + _RGB,
    _OLD + _TIME + _WAVE,
    _OLD + _TIME + _RGB + _WAVE,
    _NEW,
    _NEW + _RGB,
    _NEW + _RGB + _NIR,
    _NEW + _WAVE,
    _NEW + _RGB + _NIR + _WAVE,
)
_OLD_OVERLAP = 12  # ASPRS class of overlap points in formats 0 to 5
_ANGLE = 0.006  # degrees in one step of the scan angle of formats 6 to 10


def dimensions(head: LasHeader, extras: Sequence[ExtraField]) -> list[str]:
    """Return the names of the fields of a point."""
    return [n for n, _ in _FORMATS[head.point_format]] + [e.name for e in extras]


def layout(head: LasHeader, extras: Sequence[ExtraField]) -> np.dtype[Any]:
    """Return the NumPy type of one record; extra fields are named ``+0``, ``+1`` ..."""
    fields: list[Any] = [*_FORMATS[head.point_format]]
    for number, extra in enumerate(extras):
        shape = (extra.count,) if extra.count != 1 else ()
        fields.append((f"+{number}", extra.type, shape))
    return np.dtype(fields)


class PointDecoder:
    """Makes chunks of records.

    Parameters
    ----------
    head : LasHeader
    extras : sequence of ExtraField
    wanted : frozenset of str
        Fields of `PointChunk`, ``color_peak``, ``extra`` (all further fields) or their names.
    """

    def __init__(
        self, head: LasHeader, extras: Sequence[ExtraField], wanted: frozenset[str]
    ) -> None:
        self.head = head
        self.extras = extras
        self.wanted = wanted
        self.type = layout(head, extras)
        self.names = set(self.type.names or ())
        self._shift: int | None = None  # of colours; None: not one seen yet

    def chunk(self, held: npt.NDArray[Any]) -> PointChunk:
        """Return the points of some records."""
        ask = self.wanted.__contains__
        old = self.head.point_format < 6
        plain: dict[str, Any] = {}
        if ask("intensity"):
            plain["intensity"] = np.ascontiguousarray(held["intensity"])
        if ask("classification"):
            kind = held["classification"]
            plain["classification"] = kind & 31 if old else np.ascontiguousarray(kind)
        if ask("returns"):
            byte = held["returns"]
            plain["return_number"] = byte & 7 if old else byte & 15
            plain["return_count"] = (byte >> 3) & 7 if old else byte >> 4
        if ask("flags"):
            plain["flags"] = self._flags(held)
        if ask("channel") and not old:
            plain["channel"] = (held["flags"] >> 4) & 3
        if ask("gps_time") and "gps_time" in self.names:
            plain["gps_time"] = np.ascontiguousarray(held["gps_time"])
        if ask("point_source"):
            plain["point_source"] = np.ascontiguousarray(held["point_source_id"])
        if ask("nir") and "nir" in self.names:
            plain["nir"] = np.ascontiguousarray(held["nir"])
        if "red" in self.names and (ask("rgb") or ask("color_peak")):
            plain |= self._colors(held)
        return PointChunk(xyz=self._xyz(held), extra=self._extra(held), **plain)

    def _xyz(self, held: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        xyz = np.empty((3, len(held)))
        for i, axis in enumerate("XYZ"):
            np.multiply(held[axis], self.head.scales[i], out=xyz[i])
            xyz[i] += self.head.offsets[i]
        return xyz.T

    def _flags(self, held: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        if self.head.point_format >= 6:
            return np.asarray(held["flags"] & 15)
        kind = held["classification"]
        overlap = ((kind & 31) == _OLD_OVERLAP).astype(np.uint8) * OVERLAP
        # Bits 5, 6, 7 of the class are those that have a byte of their own in format 6.
        assert (SYNTHETIC, KEY_POINT, WITHHELD) == (1, 2, 4)
        return np.asarray((kind >> 5) | overlap)

    def _colors(self, held: npt.NDArray[Any]) -> dict[str, Any]:
        bands = [held[b] for b in ("red", "green", "blue")]
        peak = max(int(b.max(initial=0)) for b in bands)
        if not self._shift and peak:
            # Many writers put 8-bit colours into the 16-bit fields as they are.
            self._shift = 8 if peak > 255 else 0
        if "rgb" not in self.wanted:
            return {"color_peak": peak}
        rgb = np.empty((len(held), 3), np.uint8)
        for i, band in enumerate(bands):
            rgb[:, i] = band >> (self._shift or 0)
        return {"rgb": rgb, "color_peak": peak}

    def _extra(self, held: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        every = "extra" in self.wanted
        found: dict[str, npt.NDArray[Any]] = {}
        for number, field in enumerate(self.extras):
            if every or field.name in self.wanted:
                found[field.name] = field.values(held[f"+{number}"])
        if every or "user_data" in self.wanted:
            found["user_data"] = np.ascontiguousarray(held["user_data"])
        if every or "scan_angle" in self.wanted:
            angle = held["scan_angle"]
            degrees = angle * _ANGLE if self.head.point_format >= 6 else angle
            found["scan_angle"] = degrees.astype(np.float32)
        if every or "edge" in self.wanted:
            byte = held["flags" if self.head.point_format >= 6 else "returns"]
            found["direction"], found["edge"] = (byte >> 6) & 1, byte >> 7
        for name, _ in _WAVE:
            if name in self.names and (every or name in self.wanted or "wave" in self.wanted):
                found[name] = np.ascontiguousarray(held[name])
        return found
