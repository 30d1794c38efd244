"""What a map shows: features in a file that is mapped, not read, and where they lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from cimkit.tiles.maps.shapes import mercator

__all__ = ["MapLayer", "Places", "places", "spool"]

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class MapLayer:
    """Features of one layer of a map."""

    name: str
    """Id of the layer in the tiles."""
    rows: pa.Table
    """``geometry`` (WKB, CRS84, not empty, no collections) and the properties. Neighbours should
    follow each other."""
    title: str = ""
    """For people."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the n features of a layer lie."""

    box: Reals
    """(n, 4) west, north, east, south in the unit square of Web Mercator."""
    rank: Ints
    """(n,) 0 for the most important: the greatest area or length, points evenly over the place."""
    vertices: Ints
    """(n,) vertices of each."""


def spool(file: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> pa.Table:
    """Write batches to a file and return them as a table that is mapped into memory."""
    with pa.ipc.new_file(file, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return pa.ipc.open_file(pa.memory_map(str(file))).read_all()


def places(layer: MapLayer) -> Places:
    """Return where the features of a layer lie, batch by batch."""
    boxes, sizes, counts = [np.empty((0, 4))], [np.empty(0)], [np.empty(0, np.int64)]
    column = layer.rows["geometry"]
    for first in range(0, len(column), _BATCH):
        shapes = shapely.from_wkb(column.slice(first, _BATCH).to_numpy())
        bounds = shapely.bounds(shapes)
        low, high = mercator(bounds[:, [0, 3]]), mercator(bounds[:, [2, 1]])
        boxes.append(np.hstack([low, high]))
        area = np.sqrt(shapely.area(shapes))
        sizes.append(np.where(area > 0, area, shapely.length(shapes)))
        counts.append(shapely.get_num_coordinates(shapes).astype(np.int64))
    box, size = np.concatenate(boxes), np.concatenate(sizes)
    order = np.lexsort((_scattered(box), -size))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return Places(box, rank, np.concatenate(counts))


def _scattered(box: Reals) -> npt.NDArray[np.uint64]:
    """A number for each place that has nothing to do with its neighbours' (SplitMix64)."""
    bits = np.ascontiguousarray(box[:, :2]).view(np.uint64)
    mixed = bits[:, 0] ^ np.left_shift(bits[:, 1], np.uint64(1))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    scattered: npt.NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return scattered
