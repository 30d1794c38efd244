"""The compressed points of LAZ, by lazrs: chunk by chunk, on all cores, past broken chunks."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import SourceUnreadable
from cimkit.loaders.pointcloud.las_header import LasHeader
from cimkit.loaders.pointcloud.las_records import Records
from cimkit.loaders.pointcloud.laz_chunks import decoder_of, ends, table, trusted
from cimkit.loaders.pointcloud.laz_decoder import (
    LazFile,
    Panic,
    decoder_at,
    decoder_at_start,
    failures,
    quietly,
    selection_of,
)
from cimkit.model import Problem

__all__ = ["open_laz", "unpack"]

_VARIABLE = 0xFFFFFFFF
_PIECE = 50  # points at a time from a chunk that is broken somewhere


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
    most = min(head.points, at - head.points_at) if chunk == _VARIABLE else least
    sound = head.points_at + 8 < at <= head.size - 8 and least <= count <= most < head.size
    if sound:
        return None
    return Problem(
        "laz-chunk-table-missing",
        "The table of chunks is missing or wrong; the chunks were looked for one after the other.",
        place=f"chunk table at byte {at}",
        got=f"{count} chunks" if len(raw) == 8 else "no table",
        expected=f"{least} chunks" if chunk != _VARIABLE else "a table",
        hint="Compress the tile again; the file may have been cut off in transfer.",
    )


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
    if not head.points:
        return
    selection = selection_of(wanted)
    broken: list[str] = []
    done = lost = 0
    with file.open("rb") as opened:
        laz, bad = trusted(opened, head, laz)
        known = bool(laz.table or laz.chunks)
        whole = min(head.points, int(ends(opened, head, laz)[-1])) if known else 0
        decoder: Any = None
        if laz.chunks or not laz.layered:
            decoder = decoder_at_start(opened, head, laz, selection)
        if decoder is None:
            broken.append("point 0")
            lost, whole = head.points, 0
        elif known:
            lost = head.points - whole
            broken += [f"point {whole}"] if lost else []
        else:
            came = yield from _sequential(decoder, head.points, kind, size)
            broken += [f"point {came}"]
            lost = head.points - came
        while done < whole:
            count = min(size, whole - done)
            held = np.zeros(count, kind)
            try:
                if bad:
                    raise Panic("some chunks are not what the table says")
                quietly(decoder.decompress_many, held.view(np.uint8))
            except failures():
                got, left = yield from _piecewise(
                    opened, head, laz, kind, done, count, selection, bad
                )
                broken += [f"point {done + got}"] if left else []
                lost += left
                done += count
                if done >= whole:
                    break
                decoder = decoder_at(opened, head, laz, selection, done) if not bad else decoder
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
                quietly(decoder.decompress_many, piece.view(np.uint8))
            except failures():
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
    bad: frozenset[int],
) -> Any:
    """Yield what small pieces still give of ``count`` points; return how many came, and not."""
    at, end, came = first, first + count, 0
    borders, known = ends(opened, head, laz), table(opened, head, laz)
    starts = np.concatenate([[0], np.cumsum([n for _, n in known], dtype=np.int64)])
    starts += head.points_at + 8
    while at < end:
        chunk = int(np.searchsorted(borders, at, side="right"))
        border = min(int(borders[chunk]), end) if chunk < len(borders) else end
        decoder: Any = None
        if chunk not in bad and chunk < len(known):
            decoder = decoder_of(opened, int(starts[chunk]), known[chunk], laz, selection)
        ahead = at - (int(borders[chunk - 1]) if chunk else 0)
        if decoder is not None and ahead:
            try:
                quietly(decoder.decompress_many, np.zeros(ahead, kind).view(np.uint8))
            except failures():
                decoder = None
        while decoder is not None and at < border:
            held = np.zeros(min(_PIECE, border - at), kind)
            try:
                quietly(decoder.decompress_many, held.view(np.uint8))
            except failures():
                break
            at += len(held)
            came += len(held)
            yield held
        at = border
    return came, count - came
