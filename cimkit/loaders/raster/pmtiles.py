"""PMTiles of pictures: what the header says (PMTiles specification, version 3)."""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from typing import Any

import shapely

from cimkit.errors import SourceUnreadable
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Asset, Problem, Source

__all__ = ["probe_pmtiles"]

_TILES = {2: "PNG", 3: "JPEG", 4: "WebP", 5: "AVIF"}
_LARGEST = 16_000_000
"""Bytes of metadata that are read."""


def probe_pmtiles(source: Source, options: ReadOptions) -> Asset:
    """Say what an archive of map tiles holds; its pictures are not decoded.

    Raises
    ------
    SourceUnreadable
        If its header is cut off, or of another version than 3.
    """
    with source.file.open("rb") as opened:
        head = opened.read(127)
        if len(head) < 127 or head[7] != 3:
            raise SourceUnreadable(
                "it is no PMTiles of version 3", where=source.path, got=repr(head[:8])
            )
        places = struct.unpack_from("<11Q", head, 8)
        _, _, at, length, *_ = places
        metadata, problems = _metadata(opened, at, length, head[97], source)
    low, high = head[100], head[101]
    west, south, east, north = (v / 1e7 for v in struct.unpack_from("<4i", head, 102))
    end = max(places[0] + places[1], at + length, places[4] + places[5], places[6] + places[7])
    if end > source.file.stat().st_size:
        problems.append(
            Problem(
                "length-contradiction",
                "Its header names places behind the end of the file.",
                "error",
                got=f"{source.file.stat().st_size} bytes",
                expected=f"{end} bytes",
                hint="Was it cut off on the way? Deliver it again.",
            )
        )
    box = (west, south, east, north)
    good = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    if not good:
        message = "The bounds in its header are none."
        problems.append(Problem("georeference-missing", message, "error", got=str(box)))
    shape = shapely.box(*box) if good else None
    return Asset(
        path=source.path,
        kind="raster",
        format=f"PMTiles 3, {_TILES[head[99]]}",
        media_type="application/vnd.pmtiles",
        counts={"tiles": places[8], "different_tiles": places[10]},
        crs="OGC:CRS84",
        crs_origin="assumed",
        bbox=box if good else None,
        bbox_wgs84=box if good else None,
        footprint=None if shape is None else shape.wkb,
        properties={
            "class": "raster",
            "tiles_crs": "EPSG:3857",
            "zooms": [low, high],
            "metadata": metadata,
        }
        | ({} if shape is None else {"outline": shapely.geometry.mapping(shape)}),
        problems=tuple(problems),
    )


def _metadata(
    opened: Any, at: int, length: int, packed: int, source: Source
) -> tuple[dict[str, Any], list[Problem]]:
    if length > _LARGEST:
        raise SourceUnreadable("its metadata are too long", where=source.path, got=str(length))
    opened.seek(at)
    raw = opened.read(length)
    try:
        if packed == 2:
            raw = gzip.decompress(raw)[:_LARGEST]
        elif packed > 2:
            return {}, []  # Brotli or Zstandard
        said = json.loads(raw) if raw else {}
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        return {}, [
            Problem("metadata-unreadable", "Its metadata cannot be read.", got=str(error)[:200])
        ]
    keep = {k: v for k, v in said.items() if isinstance(v, str | int | float)} if said else {}
    return {k: v if not isinstance(v, str) else v[:1000] for k, v in keep.items()}, []
