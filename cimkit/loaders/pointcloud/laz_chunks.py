"""Where the chunks of a LAZ file lie: by its table, or found again where the table is lost."""

from __future__ import annotations

import itertools
import struct
from dataclasses import replace
from typing import IO

import numpy as np
import numpy.typing as npt

from cimkit.loaders.pointcloud.las_header import LasHeader
from cimkit.loaders.pointcloud.laz_decoder import LazFile, failures

__all__ = ["ends", "recovered"]

_LAYERED = 3
_LAYERS = {10: 9, 11: 1, 12: 2, 13: 1}
"""Layers of an item by its type in the LASzip record; extra bytes (14) have one for each byte."""
_MOST = 1_000_000


def recovered(opened: IO[bytes], head: LasHeader, laz: LazFile) -> LazFile:
    """Return how the points are packed, with the chunks that can be found without a table.

    A chunk in layers (formats 6 to 10) begins with its first point as it is, the number of its
    points and the sizes of its layers: the next one is found behind them. Chunks of the older
    formats do not say where they end.
    """
    kind, layers = _layers(laz.record)
    if kind != _LAYERED or not layers:
        return laz
    ahead = struct.Struct(f"<{layers + 1}I")
    at, points = head.points_at + 8, 0
    found: list[tuple[int, int]] = []
    while points < head.points and len(found) < _MOST:
        opened.seek(at + head.record_length)
        raw = opened.read(ahead.size)
        if len(raw) < ahead.size:
            break
        count, *sizes = ahead.unpack(raw)
        size = head.record_length + ahead.size + sum(sizes)
        if not 0 < count <= head.points - points or at + size > head.size:
            break
        found.append((count, size))
        at, points = at + size, points + count
    return replace(laz, chunks=tuple(found))


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


def ends(opened: IO[bytes], head: LasHeader, laz: LazFile) -> npt.NDArray[np.int64]:
    """Return how many points there are up to the end of each chunk."""
    import lazrs

    if laz.chunk and not laz.chunks:
        held = np.arange(laz.chunk, head.points + laz.chunk, laz.chunk, dtype=np.int64)
        return np.minimum(held, head.points)
    counts = [n for n, _ in laz.chunks]
    if not counts:
        opened.seek(head.points_at)
        try:
            counts = [n for n, _ in lazrs.read_chunk_table(opened, lazrs.LazVlr(laz.record))]
        except failures():
            counts = [head.points]
    return np.array(list(itertools.accumulate(counts)), np.int64)
