"""Maps: features on the Web Mercator square to vector tiles in one archive."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cimkit.tiles.maps.archive import Archive
from cimkit.tiles.maps.layers import MapLayer, Places, places, spool
from cimkit.tiles.maps.pyramid import CAP, Pyramid, Tally
from cimkit.tiles.maps.shapes import EDGE
from cimkit.tiles.maps.values import field_type
from cimkit.tiles.maps.zoom import EXTENT

__all__ = ["CAP", "EDGE", "MapLayer", "MapWritten", "Tally", "spool", "write_map"]

_LOWEST, _HIGHEST = 12, 16  # bounds of the highest zoom that is chosen from the data
_FINE = 64.0  # units of the grid along a small feature
_FAR = 8  # lowest zoom at least
_TILES = 100_000  # of the highest zoom that is chosen: countries at zoom 16 are billions


@dataclass(frozen=True, slots=True)
class MapWritten:
    """What a map holds."""

    tiles: int
    """Tiles."""
    largest: int
    """Bytes of the largest, compressed."""
    zooms: tuple[int, int]
    """Lowest and highest."""
    bounds: tuple[float, float, float, float]
    """West, south, east, north in degrees."""
    tally: dict[tuple[str, int], Tally]
    """What became of the features, by layer and zoom."""
    suited: int
    """Highest zoom that was asked for or that the small features would have: above the highest
    where large ones make it too many tiles."""


def write_map(
    out: Path,
    layers: Sequence[MapLayer],
    metadata: dict[str, Any],
    *,
    minzoom: int | None = None,
    maxzoom: int | None = None,
    cap: int = CAP,
) -> MapWritten:
    """Write layers of features as vector tiles (Mapbox Vector Tile 2.1 in PMTiles 3).

    Parameters
    ----------
    out : Path
        The file.
    layers : sequence of MapLayer
        At least one feature in all.
    metadata : dict
        JSON of the archive beside ``vector_layers``.
    minzoom, maxzoom : int, optional
        0 to 18; chosen from the extent and the size of the features, see `bearable`.
    cap : int
        Bytes that a compressed tile may have; the least important features of a tile go first.
    """
    where = [places(layer) for layer in layers]
    box = np.concatenate([p.box for p in where])
    low, high = zoom_range(where)
    suited, last = (high, bearable(where, high)) if maxzoom is None else (maxzoom, maxzoom)
    first = min(low, last) if minzoom is None else minzoom
    with tempfile.TemporaryDirectory(prefix=".tiles-", dir=out.parent) as folder:
        archive = Archive(Path(folder))
        try:
            pyramid = Pyramid(layers, where, archive, last, cap)
            pyramid.build(first)
            west, north = _degrees(box[:, :2].min(axis=0))
            east, south = _degrees(box[:, 2:].max(axis=0))
            told = [
                {
                    "id": layer.name,
                    "description": layer.title,
                    "minzoom": first,
                    "maxzoom": last,
                    "fields": {
                        f.name: field_type(f.type)
                        for f in layer.rows.schema
                        if f.name != "geometry"
                    },
                }
                for layer in layers
            ]
            bounds = (west, south, east, north)
            archive.write(out, bounds, {**metadata, "vector_layers": told})
        finally:
            archive.close()
    return MapWritten(len(archive), archive.largest, (first, last), bounds, pyramid.tally, suited)


def zoom_range(where: Sequence[Places]) -> tuple[int, int]:
    """Return the zooms that suit features: from all at a glance to the small ones with a shape.

    At the highest zoom a quarter of the features at most are shorter than 64 units of the grid; it
    is 12 to 16. At the lowest zoom, 8 at most, everything fits into an eighth of a tile.
    """
    box = np.concatenate([p.box for p in where])
    extent = float((box[:, 2:].max(axis=0) - box[:, :2].min(axis=0)).max())
    sizes = (box[:, 2:] - box[:, :2]).max(axis=1)
    sizes = sizes[sizes > 0]
    last = 14
    if len(sizes):
        last = int(np.ceil(np.log2(_FINE / (EXTENT * np.quantile(sizes, 0.25)))))
        last = min(max(last, _LOWEST), _HIGHEST)
    first = _FAR if extent <= 0 else int(np.floor(np.log2(1 / extent))) - 3
    return min(max(first, 0), _FAR), last


def bearable(where: Sequence[Places], zoom: int) -> int:
    """Return a zoom, or the highest below it that takes at most 100,000 tiles.

    As many as the boxes of the features meet, at most those of the whole extent.
    """
    box = np.concatenate([p.box for p in where])
    spans = box[:, 2:] - box[:, :2]
    whole = box[:, 2:].max(axis=0) - box[:, :2].min(axis=0)
    while zoom > 0:
        across = 2.0**zoom
        met = float(np.prod(spans * across + 1, axis=1).sum())
        if min(met, float(np.prod(whole * across + 1))) <= _TILES:
            break
        zoom -= 1
    return zoom


def _degrees(xy: Any) -> tuple[float, float]:
    """Longitude and latitude of a place in the unit square."""
    lon = (float(xy[0]) - 0.5) * 360
    return lon, float(np.degrees(np.arctan(np.sinh((0.5 - float(xy[1])) * 2 * np.pi))))
