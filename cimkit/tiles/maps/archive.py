"""Tiles of a map in one PMTiles archive, version 3."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

__all__ = ["Archive"]


class Archive:
    """Tiles in any order; `write` puts them in the order of their ids (clustered)."""

    def __init__(self, folder: Path) -> None:
        self._data = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - lives as long as this
        self._tiles: list[tuple[int, int, int]] = []
        self.largest = 0
        """Bytes of the largest tile."""

    def __len__(self) -> int:
        """Tiles there are."""
        return len(self._tiles)

    def add(self, zoom: int, x: int, y: int, data: bytes) -> None:
        """Add one compressed tile."""
        from pmtiles.tile import zxy_to_tileid

        self._tiles.append((zxy_to_tileid(zoom, x, y), self._data.tell(), len(data)))
        self._data.write(data)
        self.largest = max(self.largest, len(data))

    def write(
        self, out: Path, bounds: tuple[float, float, float, float], metadata: dict[str, Any]
    ) -> None:
        """Write the archive.

        Parameters
        ----------
        out : Path
            The file.
        bounds : (west, south, east, north)
            Degrees.
        metadata : dict
            JSON of the archive; see the specification, 5.
        """
        from pmtiles.tile import Compression, TileType
        from pmtiles.writer import Writer

        self._tiles.sort()
        zooms = sorted({layer["minzoom"] for layer in metadata["vector_layers"]})
        west, south, east, north = (round(v * 1e7) for v in bounds)
        with out.open("wb") as file:
            writer: Any = Writer(file)  # type: ignore[no-untyped-call]
            for number, start, size in self._tiles:
                self._data.seek(start)
                writer.write_tile(number, self._data.read(size))
            header = {
                "tile_type": TileType.MVT,
                "tile_compression": Compression.GZIP,
                "min_lon_e7": west,
                "min_lat_e7": south,
                "max_lon_e7": east,
                "max_lat_e7": north,
                "center_zoom": zooms[0],
                "center_lon_e7": (west + east) // 2,
                "center_lat_e7": (south + north) // 2,
            }
            writer.finalize(header, metadata)

    def close(self) -> None:
        """Let go of the tiles."""
        self._data.close()
