"""A large elevation model and an orthophoto of the same ground to tiles.

    python tests/benchmarks/bench_terrain.py [pixels along a side of the elevation model]

The floor: reading all blocks of both with rasterio. The orthophoto has pixels half as wide.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio
from meter import measure, show
from rasterio.transform import Affine
from rasterio.windows import Window

from cimkit.catalog import create, ingest
from cimkit.exporters import export

EAST, NORTH = 500_000.0, 3_270_000.0


def write(file: Path, side: int, cell: float, *, terrain: bool) -> None:
    """Write it in stripes of tiles, so that it need not fit in memory."""
    chance = np.random.default_rng(7)
    more = {"compress": "deflate", "predictor": 3} if terrain else {
        "compress": "jpeg", "photometric": "YCBCR"}  # fmt: skip
    with rasterio.open(
        file, "w", driver="GTiff", width=side, height=side, count=1 if terrain else 3,
        dtype="float32" if terrain else "uint8", crs="EPSG:4544", tiled=True, blockxsize=512,
        blockysize=512, transform=Affine(cell, 0, EAST, 0, -cell, NORTH), **more,
    ) as raster:  # fmt: skip
        if terrain:
            raster.set_band_unit(1, "metre")
        x = np.arange(side) * cell
        for top in range(0, side, 512):
            rows = min(512, side - top)
            y = (np.arange(rows) + top)[:, None] * cell
            values = 200 + 40 * np.sin(x / 700) * np.cos(y / 900) + 4 * np.sin(x / 60 + y / 45)
            noise = chance.normal(0, 1.0, (rows, side)).astype(np.float32)
            if terrain:
                out = (values + 0.05 * noise).astype(np.float32)[None]
            else:
                grey = np.clip(values / 2 + 12 * noise, 0, 255)
                out = np.stack([grey, grey * 0.9, grey * 0.7]).astype(np.uint8)
            raster.write(out, window=Window(0, top, side, rows))
    if not terrain:
        with rasterio.open(file, "r+") as raster:
            raster.build_overviews([2, 4, 8, 16, 32])


def read(files: list[Path]) -> None:
    for file in files:
        with rasterio.open(file) as raster:
            for _, window in raster.block_windows(1):
                raster.read(window=window)


def main(side: int) -> None:
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        small, large = folder / "small", folder / "large"
        for where, pixels in ((small, 256), (large, side)):
            (where / "in").mkdir(parents=True)
            write(where / "in" / "ground_dem.tif", pixels, 1.0, terrain=True)
            write(where / "in" / "ortho.tif", 2 * pixels, 0.5, terrain=False)
            ingest(create(where / "catalogue"), [where / "in"])

        def tile(where: Path, out: str) -> int:
            from cimkit.catalog import open_catalog

            return export(open_catalog(where / "catalogue"), "3dtiles", folder / out).size

        tile(small, "warm")
        files = [large / "in" / "ground_dem.tif", large / "in" / "ortho.tif"]
        floor, _ = measure("floor: all blocks read", lambda: read(files))
        first, size = measure("to tiles", lambda: tile(large, "tiles"))
        again, _ = measure("again, nothing changed", lambda: tile(large, "tiles"))
        show(f"Terrain, {side:,} x {side:,} pixels, and imagery", [floor, first, again],
             count=side * side, unit="px")  # fmt: skip
        count = sum(1 for _ in (folder / "tiles").rglob("*.glb"))
        print(f"{count:,} tiles, {size / 1e6:,.1f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
