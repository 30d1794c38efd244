"""The tiles of a map from its lowest to its highest zoom, in bounded memory."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from cimkit.tiles.maps.archive import Archive
from cimkit.tiles.maps.layers import MapLayer, Places
from cimkit.tiles.maps.mvt import Encoder
from cimkit.tiles.maps.shapes import flat_shapes
from cimkit.tiles.maps.significance import significance
from cimkit.tiles.maps.values import pool
from cimkit.tiles.maps.zoom import BUFFER, EXTENT, joined, pairs, thinned, zoomed

__all__ = ["CAP", "Pyramid", "Tally"]

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CAP = 500_000
"""Bytes that a compressed tile may have."""
_FEATURES = 200_000  # in memory at a time
_VERTICES = 3_000_000


@dataclass(slots=True)
class Tally:
    """Features of one layer at one zoom; together they are the features of the layer."""

    drawn: int = 0
    """With their own shape, or as the dot of a pixel."""
    merged: int = 0
    """Smaller than a pixel: a neighbour's dot stands for them."""
    dropped: int = 0
    """The least important of a tile that would have been too large."""


@dataclass(slots=True)
class Pyramid:
    """A map in the making."""

    layers: Sequence[MapLayer]
    """What it shows."""
    places: Sequence[Places]
    """Where their features lie."""
    archive: Archive
    """Where tiles go."""
    last: int
    """Highest zoom."""
    cap: int = CAP
    """Bytes that a compressed tile may have."""
    tally: dict[tuple[str, int], Tally] = field(default_factory=dict)
    """By layer and zoom."""

    def build(self, first: int) -> None:
        """Make the tiles of all zooms from ``first`` on."""
        everything = [np.arange(len(p.rank)) for p in self.places]
        for layer in self.layers:
            for zoom in range(first, self.last + 1):
                self.tally[layer.name, zoom] = Tally()
        boxes = np.concatenate([p.box for p in self.places])
        low = _tile_of(boxes[:, :2].min(axis=0), first)
        high = _tile_of(boxes[:, 2:].max(axis=0), first)
        with ThreadPoolExecutor() as threads:
            for y in range(low[1], high[1] + 1):
                for x in range(low[0], high[0] + 1):
                    self._cell(first, x, y, everything, threads)

    def _cell(
        self, zoom: int, x: int, y: int, above: Sequence[Ints], threads: ThreadPoolExecutor
    ) -> None:
        """One tile and all below it."""
        rows = [_meeting(p.box, r, zoom, x, y) for p, r in zip(self.places, above, strict=True)]
        count = sum(len(r) for r in rows)
        if count == 0:
            return
        vertices = sum(int(p.vertices[r].sum()) for p, r in zip(self.places, rows, strict=True))
        if zoom == self.last or (count <= _FEATURES and vertices <= _VERTICES):
            self._zooms(range(zoom, self.last + 1), (zoom, x, y), rows, threads)
            return
        self._zooms(range(zoom, zoom + 1), (zoom, x, y), rows, threads)
        for dy in (0, 1):
            for dx in (0, 1):
                self._cell(zoom + 1, 2 * x + dx, 2 * y + dy, rows, threads)

    def _zooms(
        self, zooms: range, cell: tuple[int, int, int], rows: list[Ints],
        threads: ThreadPoolExecutor,
    ) -> None:  # fmt: skip
        count = sum(len(r) for r in rows)
        sheets = []
        for layer, places, mine in zip(self.layers, self.places, rows, strict=True):
            if len(mine) == 0:
                continue
            # No tile holds more than this, whatever its cap.
            most = -(-len(mine) * _FEATURES // max(count, _FEATURES))
            kept = mine
            if most < len(mine) and zooms[0] < self.last:
                merged, kept = _not_too_small(layer, places, mine, cell)
                self.tally[layer.name, zooms[0]].merged += merged
            if most < len(kept):
                spare, kept = kept, np.sort(kept[np.argpartition(places.rank[kept], most)[:most]])
                spare = np.setdiff1d(spare, kept, assume_unique=True)
                for zoom in zooms:
                    self.tally[layer.name, zoom].dropped += int(
                        _owned(places.box[spare], cell).sum()
                    )
            dots = kept is not mine
            sheets.append(_Sheet(layer, places, kept, cell, dots=dots))
        zoom0, x0, y0 = cell
        for zoom in zooms:
            step = zoom - zoom0
            side = (1 << step) - 1
            window = (x0 << step, y0 << step, (x0 << step) + side, (y0 << step) + side)
            for sheet in sheets:
                sheet.go(zoom, zoom == self.last, window)
            self._tiles(zoom, sheets, threads)

    def _tiles(self, zoom: int, sheets: list[_Sheet], threads: ThreadPoolExecutor) -> None:
        tiles = np.unique(np.concatenate([s.tiles for s in sheets]))
        wide = 1 << zoom
        encoded = (
            [s.encode(int(t) % wide, int(t) // wide, s.of(int(t))) for s in sheets] for t in tiles
        )
        for tile, (layers, data) in zip(tiles, threads.map(_compressed, encoded), strict=True):
            x, y = int(tile) % wide, int(tile) // wide
            chosen = [s.of(int(tile)) for s in sheets]
            counts = [len(c) for c in chosen]
            goal = self.cap
            while len(data) > self.cap:
                goal = int(goal * 0.97)
                keep = _shares([len(d) for d in layers], len(data), goal, counts)
                chosen = [c[:k] for c, k in zip(chosen, keep, strict=True)]
                counts = keep
                layers, data = _compressed(
                    [s.encode(x, y, c) for s, c in zip(sheets, chosen, strict=True)]
                )
            if any(layers):
                self.archive.add(zoom, x, y, data)
            for sheet, kept in zip(sheets, chosen, strict=True):
                tally = self.tally[sheet.name, zoom]
                drawn, dropped = sheet.count(int(tile), len(kept))
                tally.drawn += drawn
                tally.dropped += dropped
        for sheet in sheets:
            self.tally[sheet.name, zoom].merged += sheet.merged


class _Sheet:
    """Features of one layer that meet one cell, at one zoom after the other."""

    def __init__(
        self, layer: MapLayer, places: Places, rows: Ints, cell: tuple[int, int, int], *,
        dots: bool,
    ) -> None:  # fmt: skip
        self.name = layer.name
        self._rank = places.rank[rows]
        self._box = places.box[rows]
        self._own = _owned(self._box, cell)
        self._dots = dots  # whether each that is too small is the dot of others that are gone
        self._shapes = []
        for part in _portions(places.vertices[rows]):
            taken = layer.rows["geometry"].take(pa.array(rows[part]))
            shapes = flat_shapes(shapely.from_wkb(taken.to_numpy()))
            self._shapes.append((shapes, significance(shapes)))
        values = layer.rows.drop_columns(["geometry"]).take(pa.array(rows))
        self._encoder = Encoder(layer.name, pool(values))

    def go(self, zoom: int, last: bool, window: tuple[int, int, int, int]) -> None:
        """Lay the features out for a zoom."""
        self._at = joined([zoomed(s, w, zoom, last=last, dots=self._dots) for s, w in self._shapes])
        if not last:
            thinned(self._at, self._rank)
        tile, feature = pairs(self._at, zoom, window)
        order = np.lexsort((self._rank[feature], tile))
        tile, self._feature = tile[order], feature[order]
        self.tiles, self._start = np.unique(tile, return_index=True)
        self._end = np.append(self._start[1:], len(tile))
        middle = _tile_of(_middle(self._box), zoom)
        self._home = middle[:, 0] + (middle[:, 1] << zoom)
        self.merged = int((self._own & (self._at.fate == 2)).sum())

    def of(self, tile: int) -> Ints:
        """Features of a tile, the most important first."""
        i = int(np.searchsorted(self.tiles, tile))
        if i == len(self.tiles) or self.tiles[i] != tile:
            return np.empty(0, np.int64)
        return self._feature[self._start[i] : self._end[i]]

    def encode(self, x: int, y: int, features: Ints) -> bytes:
        """The layer of one tile."""
        return self._encoder.layer(self._at, x, y, features)[0] if len(features) else b""

    def count(self, tile: int, kept: int) -> tuple[int, int]:
        """Features with their middle in a tile: in it, and cut from it."""
        here = self.of(tile)
        home = (self._home[here] == tile) & self._own[here]
        return int(home[:kept].sum()), int(home[kept:].sum())


def _not_too_small(
    layer: MapLayer, places: Places, rows: Ints, cell: tuple[int, int, int]
) -> tuple[int, Ints]:
    """Count the features of a cell that dots of others stand for at its zoom; return the rest."""
    merged, kept = 0, []
    for part in _portions(places.vertices[rows]):
        mine = rows[part]
        taken = layer.rows["geometry"].take(pa.array(mine))
        shapes = flat_shapes(shapely.from_wkb(taken.to_numpy()))
        at = zoomed(shapes, np.full(len(shapes.xy), np.inf), cell[0], last=False)
        thinned(at, places.rank[mine])
        small = at.fate == 2
        merged += int((_owned(places.box[mine], cell) & small).sum())
        kept.append(mine[~small])
    return merged, np.concatenate(kept)


def _portions(vertices: Ints) -> Iterator[slice]:
    """Runs of features of about 3 million vertices."""
    which = np.cumsum(vertices) // _VERTICES
    edges = np.flatnonzero(np.diff(which)) + 1
    for first, end in zip([0, *edges], [*edges, len(vertices)], strict=True):
        yield slice(int(first), int(end))


def _compressed(layers: list[bytes]) -> tuple[list[bytes], bytes]:
    return layers, gzip.compress(b"".join(layers), 6, mtime=0)


def _shares(sizes: list[int], compressed: int, goal: int, counts: list[int]) -> list[int]:
    """How many features each layer keeps: those below their fair share of the bytes keep all."""
    left = sum(sizes) * goal / compressed
    keep = list(counts)
    waiting = sorted(range(len(sizes)), key=lambda i: (sizes[i], i))
    while waiting:
        share = left / len(waiting)
        i = waiting.pop(0)
        if sizes[i] > share:
            keep[i] = min(int(counts[i] * share / sizes[i]), counts[i])
        left -= min(sizes[i], share)
    if keep == counts:
        keep[int(np.argmax(sizes))] -= 1
    return keep


def _meeting(box: Reals, rows: Ints, zoom: int, x: int, y: int) -> Ints:
    """Those of the rows that meet a tile and its buffer."""
    side = 1 / (1 << zoom)
    over = (BUFFER + 1) / EXTENT * side
    mine = box[rows]
    meets = (
        (mine[:, 0] <= (x + 1) * side + over) & (mine[:, 2] >= x * side - over)
        & (mine[:, 1] <= (y + 1) * side + over) & (mine[:, 3] >= y * side - over)
    )  # fmt: skip
    return rows[meets]


def _middle(box: Reals) -> Reals:
    middle: Reals = (box[:, :2] + box[:, 2:]) / 2
    return middle


def _tile_of(xy: Reals, zoom: int) -> npt.NDArray[Any]:
    """Tiles of places in the unit square."""
    wide = 1 << zoom
    return np.clip(np.floor(xy * wide).astype(np.int64), 0, wide - 1)


def _owned(box: Reals, cell: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    """Whether the middles of boxes lie in a cell: each feature has one home."""
    zoom, x, y = cell
    tile = _tile_of(_middle(box), zoom)
    own: npt.NDArray[np.bool_] = (tile[:, 0] == x) & (tile[:, 1] == y)
    return own
