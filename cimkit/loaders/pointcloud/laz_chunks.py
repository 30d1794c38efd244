"""Where the chunks of a LAZ file lie: by its table, or found again where the table is lost."""

from __future__ import annotations

import io
import itertools
import struct
from dataclasses import replace
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.pointcloud.las_header import LasHeader
from cimkit.loaders.pointcloud.laz_decoder import LazFile, failures, quietly

__all__ = ["decoder_of", "ends", "table", "trusted"]

_LAYERED = 3
_LAYERS = {10: 9, 11: 1, 12: 2, 13: 1}
"""Layers of an item by its type in the LASzip record; extra bytes (14) have one for each byte."""
_MOST = 1_000_000
_LARGEST = 1_000_000_000  # bytes of a chunk that is taken into memory


def trusted(opened: IO[bytes], head: LasHeader, laz: LazFile) -> tuple[LazFile, frozenset[int]]:
    """Return how the points are packed, and which chunks are not what the table says.

    A chunk in layers (formats 6 to 10) begins with its first point as it is, the number of its
    points and the sizes of its layers. lazrs believes them: a size that lies costs 4 GB. Where the
    table is lost, or does not fit what lies in the file, the next chunk is found behind them.
    Chunks of the older formats do not say where they end.
    """
    import lazrs

    kind, layers = _layers(laz.record)
    if kind != _LAYERED or not layers:
        return laz, frozenset()
    held: list[tuple[int, int]] = []
    if laz.table:
        opened.seek(head.points_at)
        try:
            held = lazrs.read_chunk_table(opened, lazrs.LazVlr(laz.record))
        except failures():
            laz = replace(laz, table=False)
    at, bad, sound = head.points_at + 8, set[int](), 0
    for number, (points, size) in enumerate(held):
        if _size(opened, head, at, layers)[1] != size:
            bad.add(number)
        else:
            sound += points
        at += size
    if held and not bad:
        return laz, frozenset()
    found = _walked(opened, head, layers)
    if held and sum(n for n, _ in found) <= sound:
        return laz, frozenset(bad)
    return replace(laz, table=False, layered=True, chunks=tuple(found)), frozenset()


def _size(opened: IO[bytes], head: LasHeader, at: int, layers: int) -> tuple[int, int]:
    """Return the points and the bytes of the chunk that begins here, as it says itself."""
    opened.seek(at + head.record_length)
    raw = opened.read(4 * layers + 4)
    if len(raw) < 4 * layers + 4:
        return 0, 0
    count, *sizes = struct.unpack(f"<{layers + 1}I", raw)
    return count, head.record_length + len(raw) + sum(sizes)


def _walked(opened: IO[bytes], head: LasHeader, layers: int) -> list[tuple[int, int]]:
    at, points = head.points_at + 8, 0
    found: list[tuple[int, int]] = []
    while points < head.points and len(found) < _MOST:
        count, size = _size(opened, head, at, layers)
        if not 0 < count <= head.points - points or at + size > head.size:
            break
        found.append((count, size))
        at, points = at + size, points + count
    return found


def _layers(record: bytes) -> tuple[int, int]:
    """Return how points are compressed, and in how many layers; 0 if that is not known."""
    kind, count = struct.unpack_from("<H", record)[0], struct.unpack_from("<H", record, 32)[0]
    layers = 0
    for i in range(count):
        item, size, _ = struct.unpack_from("<HHH", record, 34 + 6 * i)
        if item != 14 and item not in _LAYERS:
            return kind, 0
        layers += size if item == 14 else _LAYERS[item]
    return kind, layers


def table(opened: IO[bytes], head: LasHeader, laz: LazFile) -> list[tuple[int, int]]:
    """Return the points and bytes of each chunk; nothing if the table cannot be read."""
    import lazrs

    if laz.chunks:
        return list(laz.chunks)
    opened.seek(head.points_at)
    try:
        return list(lazrs.read_chunk_table(opened, lazrs.LazVlr(laz.record)))
    except failures():
        return []


def ends(opened: IO[bytes], head: LasHeader, laz: LazFile) -> npt.NDArray[np.int64]:
    """Return how many points there are up to the end of each chunk."""
    if laz.chunk and not laz.chunks:
        held = np.arange(laz.chunk, head.points + laz.chunk, laz.chunk, dtype=np.int64)
        return np.minimum(held, head.points)
    counts = [n for n, _ in table(opened, head, laz)] or [head.points]
    return np.array(list(itertools.accumulate(counts)), np.int64)


def decoder_of(
    opened: IO[bytes], at: int, chunk: tuple[int, int], laz: LazFile, selection: Any
) -> Any:
    """Return a decoder of one chunk alone, or None.

    lazrs' own seeking to a last chunk reads past it.
    """
    import lazrs

    if not 0 < chunk[1] <= _LARGEST:
        return None
    opened.seek(at)
    raw = opened.read(chunk[1])
    alone, made = io.BytesIO(), list[Any]()
    alone.write(struct.pack("<q", 8 + len(raw)) + raw)
    try:
        lazrs.write_chunk_table(alone, [(chunk[0], len(raw))], lazrs.LazVlr(laz.record))
        alone.seek(0)
        quietly(lambda: made.append(lazrs.LasZipDecompressor(alone, laz.record, selection)))
    except failures():
        return None
    return made[0]
