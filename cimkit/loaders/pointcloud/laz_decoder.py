"""Decoders of lazrs: made to stand before a point, also in files that have lost their table."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import IO, Any

from cimkit.loaders.pointcloud.las_header import LasHeader
from cimkit.model import Problem

__all__ = ["LazFile", "decoder_at", "decoder_at_start", "failures", "quietly", "selection_of"]

_MOST_CHUNKS = 1_000_000
_MOST_CHUNK = 50_000_000  # points; a larger one is a lie, or would not fit in memory


@dataclass(frozen=True, slots=True)
class LazFile:
    """How the points of a LAZ file are packed."""

    record: bytes
    """The payload of the LASzip record."""
    chunk: int
    """Points of a chunk; 0 where each chunk has its own number."""
    table: bool
    """Whether the table of chunks is there and can be true."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with it."""
    chunks: tuple[tuple[int, int], ...] = ()
    """(points, bytes) of each chunk that was found without the table."""
    layered: bool = False
    """Whether it was looked for chunks without the table: there are no others."""


class _Tabled(io.RawIOBase):
    """A file as if a table of chunks stood at its end; lazrs opens none without.

    Where the chunks were not found their sizes are made up: unpacking one chunk after the other
    does not need them.
    """

    def __init__(self, opened: IO[bytes], head: LasHeader, laz: LazFile) -> None:
        import lazrs

        self._opened, self._size, self._at = opened, head.size, 0
        self._patch = head.points_at, struct.pack("<q", head.size)
        table = io.BytesIO()
        held = list(laz.chunks)
        if not held:
            each = [laz.chunk] * (head.points // laz.chunk)
            each += [head.points % laz.chunk] if head.points % laz.chunk else []
            held = [(n, 1) for n in each]
        lazrs.write_chunk_table(table, held, lazrs.LazVlr(laz.record))
        self._table = table.getvalue()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + {0: 0, 1: self._at, 2: self._size + len(self._table)}[whence]
        return self._at

    def readinto(self, into: Any) -> int:
        if self._at >= self._size:
            held = self._table[self._at - self._size :][: len(into)]
        else:
            self._opened.seek(self._at)
            held = self._opened.read(min(len(into), self._size - self._at))
            first, patch = self._patch
            if first < self._at + len(held) and self._at < first + len(patch):
                mended = bytearray(held)
                for i, value in enumerate(patch):
                    if 0 <= first + i - self._at < len(held):
                        mended[first + i - self._at] = value
                held = bytes(mended)
        into[: len(held)] = held
        self._at += len(held)
        return len(held)


class Panic(Exception):
    """What lazrs throws when it meets what it did not expect."""


def quietly(call: Any, *given: Any) -> None:
    """Call into lazrs; a panic of Rust is no `Exception` in Python."""
    try:
        call(*given)
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise Panic(str(error)) from error
        raise


def failures() -> tuple[type[Exception], ...]:
    """Return what may come of damaged points."""
    import lazrs

    return (lazrs.LazrsError, Panic, ValueError, EOFError, OSError, OverflowError, MemoryError)


def decoder_at_start(opened: IO[bytes], head: LasHeader, laz: LazFile, selection: Any) -> Any:
    """Return a decoder that stands before the first point, or None."""
    import lazrs

    wide = laz.chunk and laz.chunk > _MOST_CHUNK
    known = laz.table or laz.chunks
    kinds = [lazrs.ParLasZipDecompressor] if known and not wide else []
    made: list[Any] = []
    for one in (*kinds, lazrs.LasZipDecompressor):
        try:
            held: Any = opened
            few = laz.chunk and head.points // laz.chunk < _MOST_CHUNKS
            if laz.chunks or (not laz.table and few):
                held = io.BufferedReader(_Tabled(opened, head, laz))
            held.seek(head.points_at)
            quietly(lambda kind=one, f=held: made.append(kind(f, laz.record, selection)))
        except failures():
            continue
        return made[-1]
    return None


def decoder_at(
    opened: IO[bytes],
    head: LasHeader,
    laz: LazFile,
    selection: Any,
    point: int,
) -> Any:
    """Return a decoder that stands before a point, or None."""
    decoder = decoder_at_start(opened, head, laz, selection)
    if decoder is None or not point:
        return decoder
    if not laz.table and not laz.chunks:
        return None  # there is no way to what follows
    try:
        quietly(decoder.seek, point)
    except failures():
        return None
    return decoder


def selection_of(wanted: frozenset[str]) -> Any:
    """Return which layers of formats 6 to 10 to unpack; the older ones have no layers."""
    import lazrs

    parts = {
        "classification": lazrs.SELECTIVE_DECOMPRESS_CLASSIFICATION,
        "flags": lazrs.SELECTIVE_DECOMPRESS_FLAGS,
        "intensity": lazrs.SELECTIVE_DECOMPRESS_INTENSITY,
        "scan_angle": lazrs.SELECTIVE_DECOMPRESS_SCAN_ANGLE,
        "user_data": lazrs.SELECTIVE_DECOMPRESS_USER_DATA,
        "point_source": lazrs.SELECTIVE_DECOMPRESS_POINT_SOURCE_ID,
        "gps_time": lazrs.SELECTIVE_DECOMPRESS_GPS_TIME,
        "rgb": lazrs.SELECTIVE_DECOMPRESS_RGB,
        "color_peak": lazrs.SELECTIVE_DECOMPRESS_RGB,
        "nir": lazrs.SELECTIVE_DECOMPRESS_NIR,
        "wave": lazrs.SELECTIVE_DECOMPRESS_WAVEPACKET,
        "edge": lazrs.SELECTIVE_DECOMPRESS_FLAGS,
    }
    if "extra" in wanted or wanted - parts.keys() - {"returns", "channel"}:
        return lazrs.DecompressionSelection(lazrs.SELECTIVE_DECOMPRESS_ALL)
    chosen = lazrs.SELECTIVE_DECOMPRESS_XY_RETURNS_CHANNEL | lazrs.SELECTIVE_DECOMPRESS_Z
    for name in wanted & parts.keys():
        chosen |= parts[name]
    return lazrs.DecompressionSelection(chosen)
