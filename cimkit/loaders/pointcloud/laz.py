"""The compressed points of LAZ, by lazrs: chunk by chunk, on all cores, past broken chunks."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import SourceUnreadable
from cimkit.loaders.pointcloud.las_header import LasHeader
from cimkit.loaders.pointcloud.las_records import Records
from cimkit.model import Problem

__all__ = ["LazFile", "open_laz"]

_VARIABLE = 0xFFFFFFFF
_PIECE = 1_000  # points at a time from a chunk that is broken somewhere
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


def open_laz(file: Path, head: LasHeader, records: Records) -> LazFile:
    """Look at the LASzip record and the chunk table.

    Raises
    ------
    SourceUnreadable
        If nothing says how the points are packed.
    """
    found = records.get("laszip encoded", 22204)
    if not found or len(found[0].data) < 34:
        raise SourceUnreadable(
            "the points are compressed, but the LASzip record is missing",
            where=file.name,
            mend="Compress the tile again.",
        )
    data = found[0].data
    chunk = struct.unpack_from("<I", data, 12)[0]
    items = struct.unpack_from("<H", data, 32)[0]
    sizes = (
        [struct.unpack_from("<HHH", data, 34 + 6 * i)[1] for i in range(items)]
        if (len(data) >= 34 + 6 * items)
        else []
    )
    if sum(sizes) != head.record_length or not chunk:
        raise SourceUnreadable(
            "the LASzip record packs other points than the header describes",
            where=file.name,
            got=f"{sum(sizes)} bytes, chunks of {chunk}",
            expected=f"{head.record_length} bytes",
            mend="Compress the tile again.",
        )
    problem = _table_problem(file, head, chunk)
    return LazFile(
        data,
        0 if chunk == _VARIABLE else chunk,
        problem is None,
        (problem,) if problem else (),
    )


def _table_problem(file: Path, head: LasHeader, chunk: int) -> Problem | None:
    """Return why the chunk table cannot be used; lazrs would believe any length in it."""
    if not head.points:
        return None
    with file.open("rb") as opened:
        opened.seek(head.points_at)
        raw = opened.read(8)
        at = struct.unpack("<q", raw)[0] if len(raw) == 8 else 0
        if at == -1:  # a writer that could not go back put it at the very end
            opened.seek(max(head.size - 8, 0))
            at = struct.unpack("<q", opened.read(8).ljust(8, b"\0"))[0]
        opened.seek(max(min(at, head.size), 0))
        raw = opened.read(8)
    count = struct.unpack("<I", raw[4:])[0] if len(raw) == 8 else 0
    least = 1 if chunk == _VARIABLE else -(-head.points // chunk)
    sound = head.points_at + 8 < at <= head.size - 8 and (
        least <= count <= min(head.points, at - head.points_at)
        if chunk == _VARIABLE
        else count == least
    )
    if sound:
        return None
    return Problem(
        "laz-chunk-table-missing",
        "The table of chunks is missing or wrong; the points were unpacked one after the other.",
        place=f"chunk table at byte {at}",
        got=f"{count} chunks" if len(raw) == 8 else "no table",
        expected=f"{least} chunks" if chunk != _VARIABLE else "a table",
        hint="Compress the tile again; the file may have been cut off in transfer.",
    )


class _Tabled(io.RawIOBase):
    """A file as if a table of chunks stood at its end; lazrs opens none without.

    The sizes in that table are made up: unpacking one chunk after the other does not need them.
    """

    def __init__(self, opened: IO[bytes], head: LasHeader, laz: LazFile) -> None:
        import lazrs

        self._opened, self._size, self._at = opened, head.size, 0
        self._patch = head.points_at, struct.pack("<q", head.size)
        table = io.BytesIO()
        each = [laz.chunk] * (head.points // laz.chunk)
        each += [head.points % laz.chunk] if head.points % laz.chunk else []
        lazrs.write_chunk_table(table, [(n, 1) for n in each], lazrs.LazVlr(laz.record))
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


class _Panic(Exception):
    """What lazrs throws when it meets what it did not expect."""


def _quietly(call: Any, *given: Any) -> None:
    """Call into lazrs; a panic of Rust is no `Exception` in Python."""
    try:
        call(*given)
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise _Panic(str(error)) from error
        raise


def _failures() -> tuple[type[Exception], ...]:
    import lazrs

    return (lazrs.LazrsError, _Panic, ValueError, EOFError, OSError, OverflowError, MemoryError)


def unpack(
    file: Path,
    head: LasHeader,
    laz: LazFile,
    kind: np.dtype[Any],
    size: int,
    wanted: frozenset[str],
    problems: list[Problem],
) -> Iterator[npt.NDArray[Any]]:
    """Yield the point records; chunks that are broken are left out and told."""
    selection = _selection(wanted)
    broken: list[str] = []
    done = lost = 0
    with file.open("rb") as opened:
        opened.seek(head.points_at)
        decoder = _decoder(opened, head, laz, selection)
        if decoder is None:
            broken.append("point 0")
            lost = head.points
        elif not laz.table:
            came = yield from _sequential(decoder, head.points, kind, size)
            broken += [f"point {came}"]
            lost = head.points - came
        whole = head.points if decoder is not None and laz.table else 0
        while done < whole:
            count = min(size, whole - done)
            held = np.zeros(count, kind)
            try:
                _quietly(decoder.decompress_many, held.view(np.uint8))
            except _failures():
                got, left = yield from _piecewise(opened, head, laz, kind, done, count, selection)
                broken += [f"point {done + got}"] if left else []
                lost += left
                done += count
                if done >= whole:
                    break
                decoder = _at(opened, head, laz, selection, done)
                if decoder is None:
                    lost += whole - done
                    break
                continue
            done += count
            yield held
    if lost:
        problems.append(
            Problem(
                "points-truncated",
                f"Only a part of the points could be unpacked: {head.points - lost:,} of "
                f"{head.points:,}.",
                "error",
                ", ".join(broken[:5]),
                f"{head.points - lost} points",
                f"{head.points} points",
                "Deliver the file again.",
            )
        )


def _sequential(decoder: Any, points: int, kind: np.dtype[Any], size: int) -> Any:
    """Yield points as long as they come; return how many came. There is no way past a break."""
    done = 0
    while done < points:
        held = np.zeros(min(size, points - done), kind)
        came = 0
        while came < len(held):
            piece = held[came : came + _PIECE]
            try:
                _quietly(decoder.decompress_many, piece.view(np.uint8))
            except _failures():
                yield held[:came]
                return done + came
            came += len(piece)
        done += came
        yield held
    return done


def _piecewise(
    opened: IO[bytes],
    head: LasHeader,
    laz: LazFile,
    kind: np.dtype[Any],
    first: int,
    count: int,
    selection: Any,
) -> Any:
    """Yield what small pieces still give of ``count`` points; return how many came, and not."""
    at, end, came = first, first + count, 0
    while at < end:
        step = laz.chunk or count
        border = min((at // step + 1) * step, end) if laz.chunk else end
        decoder = _at(opened, head, laz, selection, at, parallel=False)
        while decoder is not None and at < border:
            held = np.zeros(min(_PIECE, border - at), kind)
            try:
                _quietly(decoder.decompress_many, held.view(np.uint8))
            except _failures():
                break
            at += len(held)
            came += len(held)
            yield held
        at = border
    return came, count - came


def _decoder(
    opened: IO[bytes], head: LasHeader, laz: LazFile, selection: Any, *, parallel: bool = True
) -> Any:
    import lazrs

    wide = laz.chunk and laz.chunk > _MOST_CHUNK
    kinds = [lazrs.ParLasZipDecompressor] if laz.table and parallel and not wide else []
    made: list[Any] = []
    for one in (*kinds, lazrs.LasZipDecompressor):
        try:
            held: Any = opened
            if not laz.table and laz.chunk and head.points // laz.chunk < _MOST_CHUNKS:
                held = io.BufferedReader(_Tabled(opened, head, laz))
            held.seek(head.points_at)
            _quietly(lambda kind=one, f=held: made.append(kind(f, laz.record, selection)))
        except _failures():
            continue
        return made[-1]
    return None


def _at(
    opened: IO[bytes],
    head: LasHeader,
    laz: LazFile,
    selection: Any,
    point: int,
    *,
    parallel: bool = True,
) -> Any:
    """Return a decoder that stands before a point, or None."""
    decoder = _decoder(opened, head, laz, selection, parallel=parallel)
    if decoder is None or not point:
        return decoder
    if not laz.table:
        return None  # without a table there is no way to what follows
    try:
        _quietly(decoder.seek, point)
    except _failures():
        return None
    return decoder


def _selection(wanted: frozenset[str]) -> Any:
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
