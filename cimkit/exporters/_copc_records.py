"""Points of any source as records of LAS 1.4, point format 6, 7 or 8."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.registry import entry

if TYPE_CHECKING:
    from cimkit.loaders.pointcloud.chunk import PointChunk
    from cimkit.loaders.pointcloud.las_extra import ExtraField
    from cimkit.loaders.pointcloud.raw import RawCloud
    from cimkit.model import Source
    from cimkit.tiles.octree import Batch

__all__ = ["Layout", "batches", "look"]

_MOST = 1_000_000
_PEEK = 1_000
_ANGLE = 0.006
_OVERLAP_CLASS = 12
_BASE: list[tuple[str, str]] = [
    ("intensity", "<u2"),
    ("returns", "u1"),
    ("flags", "u1"),
    ("classification", "u1"),
    ("user_data", "u1"),
    ("scan_angle", "<i2"),
    ("point_source_id", "<u2"),
    ("gps_time", "<f8"),
]
_RGB = [("red", "<u2"), ("green", "<u2"), ("blue", "<u2")]
_NIR = [("nir", "<u2")]
_SEQUENCE = "sequence"
_MAPPED = frozenset({"user_data", "scan_angle"})
_TAKEN = (
    _MAPPED
    | frozenset(n for n, _ in (*_BASE, *_RGB, *_NIR))
    | frozenset(
        {
            "x",
            "y",
            "z",
            "return_number",
            "number_of_returns",
            "synthetic",
            "key_point",
            "withheld",
            "overlap",
            "scanner_channel",
            "scan_direction_flag",
            "edge_of_flight_line",
            "bit_fields",
            "classification_flags",
        }
    )
)
_KINDS = {"u1": 1, "i1": 2, "<u2": 3, "<i2": 4, "<u4": 5, "<i4": 6, "<u8": 7, "<i8": 8,
          "<f4": 9, "<f8": 10}  # fmt: skip
ALL = frozenset({"rgb", "intensity", "classification", "returns", "flags", "channel", "gps_time",
                 "point_source", "nir", "user_data", "scan_angle", "edge", "extra"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """What the records of a file hold."""

    format: int
    """6, 7 (with colours) or 8 (and near infrared)."""
    extras: tuple[tuple[str, str, int], ...] = ()
    """Extra bytes: name, NumPy type and number of values."""
    descriptions: bytes = b""
    """Of the extra bytes: 192 bytes for each (LAS 1.4 R15, table 24)."""

    def __or__(self, other: Layout) -> Layout:
        """Return the layout that holds the points of both; a name once known keeps its type."""
        known = {e[0] for e in self.extras}
        new = [i for i, e in enumerate(other.extras) if e[0] not in known]
        more = b"".join(other.descriptions[192 * i : 192 * (i + 1)] for i in new)
        return Layout(
            max(self.format, other.format),
            self.extras + tuple(other.extras[i] for i in new),
            self.descriptions + more,
        )

    @property
    def payload(self) -> np.dtype[Any]:
        """A record behind its X, Y and Z, and the number of the point as it came."""
        return np.dtype([*self._fields(), (_SEQUENCE, "<u4")])

    @property
    def length(self) -> int:
        """Bytes of a record."""
        return 12 + np.dtype(self._fields()).itemsize

    def _fields(self) -> list[Any]:
        fields: list[Any] = [*_BASE]
        fields += _RGB if self.format >= 7 else []
        fields += _NIR if self.format == 8 else []
        for number, (_, kind, count) in enumerate(self.extras):
            fields.append((f"+{number}", kind, (count,) if count != 1 else ()))
        return fields


def look(source: Source, loader: str) -> tuple[Layout, RawCloud | None]:
    """Find out what records a source's points need; and its own records, if it is LAS.

    Raises
    ------
    SourceUnreadable
        If it cannot be read.
    """
    if loader == "pointcloud":
        from cimkit.loaders.pointcloud.raw import open_raw

        raw = open_raw(source.file)
        if raw is not None:
            return _layout(raw), raw
    for chunk in entry("cimkit.loaders", loader).stream(source, chunk=_PEEK, fields=ALL):
        return _of_chunk(chunk), None
    return Layout(6), None


def _layout(raw: RawCloud) -> Layout:
    names = raw.type.names or ()
    kind = 8 if "nir" in names else 7 if "red" in names else 6
    extras = tuple((e.name, np.dtype(e.type).str.lstrip("|"), e.count) for e in raw.extras)
    return Layout(kind, extras, b"".join(_described(e) for e in raw.extras))


def batches(
    source: Source, loader: str, raw: RawCloud | None, layout: Layout, first: int
) -> Iterator[Batch]:
    """Yield the points of a source as records.

    Parameters
    ----------
    source, loader, raw
        As `look` takes and gives them.
    layout : Layout
        Of the file that they go into.
    first : int
        Number of the first point.

    Raises
    ------
    SourceUnreadable
        Where the points break off, after those that could be read.
    """
    from cimkit.tiles.octree import Batch

    if raw is None:
        for chunk in entry("cimkit.loaders", loader).stream(source, fields=ALL):
            columns = _columns_of_chunk(chunk, layout)
            columns[_SEQUENCE] = first + np.arange(len(chunk.xyz), dtype=np.uint32)
            first += len(chunk.xyz)
            yield Batch(tuple(chunk.xyz.T), columns)
        return
    same = raw.head.point_format == layout.format and _layout(raw) == layout
    for held in raw.chunks(_MOST, ALL):
        block = held.view(f"V{layout.length}") if same else None
        columns = {} if same else _columns_of_raw(raw, held, layout)
        columns[_SEQUENCE] = first + np.arange(len(held), dtype=np.uint32)
        first += len(held)
        places = (held["X"], held["Y"], held["Z"])
        yield Batch(places, columns, raw.head.scales, raw.head.offsets, block)


def _columns_of_raw(
    raw: RawCloud, held: npt.NDArray[Any], layout: Layout
) -> dict[str, npt.NDArray[Any]]:
    names = held.dtype.names or ()
    found = {n: held[n] for n in ("intensity", "user_data", "point_source_id")}
    if raw.head.point_format >= 6:
        for name in ("returns", "flags", "classification", "scan_angle"):
            found[name] = held[name]
    else:
        byte, kind = held["returns"], held["classification"]
        found["returns"] = byte & 7 | (byte >> 3 & 7) << 4
        overlap = ((kind & 31) == _OVERLAP_CLASS).astype(np.uint8) << 3
        found["flags"] = kind >> 5 | overlap | byte & 0xC0
        found["classification"] = kind & 31
        found["scan_angle"] = np.rint(held["scan_angle"] / _ANGLE).astype(np.int16)
    for name in ("gps_time", "red", "green", "blue", "nir"):
        if name in names:
            found[name] = held[name]
    for mine, extra in enumerate(raw.extras):
        for number, (named, type_, count) in enumerate(layout.extras):
            if named == extra.name and count == extra.count and _fits(extra.type, type_):
                found[f"+{number}"] = held[f"+{mine}"]
    return found


def _fits(kind: str, other: str) -> bool:
    return np.can_cast(np.dtype(kind), np.dtype(other), "safe")


def _of_chunk(chunk: PointChunk) -> Layout:
    kind = 8 if chunk.nir is not None else 7 if chunk.rgb is not None else 6
    extras, told = [], b""
    for name, values in chunk.extra.items():
        stored = values.dtype.newbyteorder("<").str.lstrip("|").replace("b1", "u1")
        if name not in _MAPPED and values.ndim == 1 and stored in _KINDS:
            extras.append((_free(name), stored, 1))
            told += _description(_free(name), _KINDS[stored])
    return Layout(kind, tuple(extras), told)


def _free(name: str) -> str:
    """A name that is none of LAS's own dimensions."""
    return f"{name}_as_read" if name.lower() in _TAKEN else name


def _columns_of_chunk(chunk: PointChunk, layout: Layout) -> dict[str, npt.NDArray[Any]]:
    found: dict[str, npt.NDArray[Any]] = {}
    count = len(chunk.xyz)
    one = np.ones(count, np.uint8)
    number = one if chunk.return_number is None else chunk.return_number
    of = one if chunk.return_count is None else chunk.return_count
    found["returns"] = np.minimum(number, 15) | np.minimum(of, 15) << 4
    for name, values in (
        ("intensity", chunk.intensity),
        ("classification", chunk.classification),
        ("flags", chunk.flags),
        ("gps_time", chunk.gps_time),
        ("point_source_id", chunk.point_source),
        ("nir", chunk.nir),
        ("user_data", chunk.extra.get("user_data")),
    ):
        if values is not None:
            found[name] = values
    if "scan_angle" in chunk.extra:
        found["scan_angle"] = np.rint(chunk.extra["scan_angle"] / _ANGLE).astype(np.int16)
    if chunk.rgb is not None:
        for i, band in enumerate(("red", "green", "blue")):
            found[band] = chunk.rgb[:, i].astype(np.uint16) * 257
    given = {_free(n): v for n, v in chunk.extra.items() if n not in _MAPPED}
    for number_of, (name, kind, _) in enumerate(layout.extras):
        values = given.get(name)
        if values is not None and values.ndim == 1 and _fits(values.dtype.str, kind):
            found[f"+{number_of}"] = values
    return found


def _described(extra: ExtraField) -> bytes:
    if np.dtype(extra.type) == np.uint8 and extra.count > 3:
        return _description(extra.name, 0, options=extra.count, text=extra.description)
    kind = _KINDS[np.dtype(extra.type).str.lstrip("|")] + 10 * (extra.count - 1)
    options, wide = 0, "<q"
    if np.dtype(extra.type).kind == "u":
        wide = "<Q"
    elif np.dtype(extra.type).kind == "f":
        wide = "<d"

    def three(values: Sequence[float] | None, form: str) -> bytes:
        given = list(values or ()) + [0] * (3 - len(values or ()))
        return b"".join(struct.pack(form, v) for v in given)

    options |= 1 if extra.no_data else 0
    options |= 6 if extra.limits else 0
    options |= 8 if extra.scale else 0
    options |= 16 if extra.offset else 0
    low, high = extra.limits or (None, None)
    numbers = (
        three(extra.no_data, wide)
        + three(low, wide)
        + three(high, wide)
        + three(extra.scale, "<d")
        + three(extra.offset, "<d")
    )
    return _description(extra.name, kind, options, numbers, extra.description)


def _description(
    name: str, kind: int, options: int = 0, numbers: bytes = bytes(120), text: str = ""
) -> bytes:
    return (
        bytes([0, 0, kind, options])
        + name.encode()[:32].ljust(32, b"\0")
        + bytes(4)
        + numbers
        + text.encode()[:32].ljust(32, b"\0")
    )
