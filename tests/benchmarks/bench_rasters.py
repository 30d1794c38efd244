"""A large orthophoto and a large terrain model, held against rasterio's own reading.

    python tests/benchmarks/bench_rasters.py [pixels along a side]

The floors: for a sample, one decimated read; for all of it, one pass over the blocks.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from meter import measure, show
from rasterio.shutil import copy
from rasterio.transform import Affine
from rasterio.windows import Window

from cimkit.loaders import ReadOptions
from cimkit.loaders import raster as loader
from cimkit.model import Source
from cimkit.model.source import Depth

GRID = Affine(0.1, 0, 500_000, 0, -0.1, 3_270_000)


def write(file: Path, side: int, *, terrain: bool) -> None:
    """Write it in stripes of tiles, so that it need not fit in memory."""
    chance = np.random.default_rng(7)
    count, kind = (1, "float32") if terrain else (3, "uint8")
    options = {} if terrain else {"photometric": "RGB"}
    with rasterio.open(
        file,
        "w",
        driver="GTiff",
        width=side,
        height=side,
        count=count,
        dtype=kind,
        crs="EPSG:4544",
        transform=GRID,
        tiled=True,
        blockxsize=512,
        blockysize=512,
        compress="deflate",
        zlevel=1,
        nodata=-9999 if terrain else 0,
        BIGTIFF="IF_SAFER",
        **options,
    ) as out:
        wave = np.sin(np.arange(side) / 700) * 50 + 200
        for top in range(0, side, 512):
            high = min(512, side - top)
            noise = chance.integers(0, 8, (count, high, side))
            if terrain:
                rows = wave[None, None, :] + np.arange(top, top + high)[None, :, None] / 100
                data = (rows + noise / 8).astype(kind)
                data[:, :, : side // 10] = -9999
            else:
                data = (wave[None, None, :] * 0.8 + noise).astype(kind)
                data[:, :, : side // 10] = 0
            out.write(data, window=Window(0, top, side, high))


def decimated(file: Path) -> Any:
    with rasterio.open(file) as opened:
        scale = 1024 / max(opened.width, opened.height)
        shape = (opened.count, int(opened.height * scale), int(opened.width * scale))
        return opened.read(out_shape=shape)


def blocks(file: Path) -> int:
    """Decode every block, as `rasterio` iterates over them, and look at nothing."""
    total = 0
    with rasterio.open(file) as opened:
        for _, window in opened.block_windows(1):
            total += opened.read(window=window).size
    return total


def loaded(file: Path, depth: Depth) -> int:
    source = Source(file.name, file, (), file.stat().st_size)
    asset = loader.probe(source, ReadOptions(depth=depth))
    return sum(t.num_rows for _, t in loader.read(source, asset, ReadOptions(depth=depth)))


def main() -> None:
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 6_000
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as temp:
        for name, terrain in (("orthophoto", False), ("terrain", True)):
            plain, cog = Path(temp) / f"{name}_dem.tif", Path(temp) / f"{name}_dem_cog.tif"
            write(plain, side, terrain=terrain)
            loaded(plain, "header")  # imports are no part of it
            title = f"{name}, {side} x {side}, {plain.stat().st_size / 2**20:.0f} MB"
            # ours first: rasterio's large cache of blocks stays with the process
            full, _ = measure("probe and read, full", lambda f=plain: loaded(f, "full"))  # type: ignore[misc]
            head, _ = measure("probe, header", lambda f=plain: loaded(f, "header"))  # type: ignore[misc]
            sample, _ = measure("probe, sample (no overviews)", lambda f=plain: loaded(f, "sample"))  # type: ignore[misc]
            floor, _ = measure("rasterio: every block", lambda f=plain: blocks(f))  # type: ignore[misc]
            show(title, [floor, full, head, sample])
            copy(plain, cog, driver="COG", compress="deflate", level=1, BIGTIFF="IF_SAFER")
            plain.unlink()
            floor, _ = measure("rasterio: one decimated read", lambda f=cog: decimated(f))  # type: ignore[misc]
            sample, _ = measure("probe and read, sample", lambda f=cog: loaded(f, "sample"))  # type: ignore[misc]
            head, _ = measure("probe, header", lambda f=cog: loaded(f, "header"))  # type: ignore[misc]
            show(f"{title}, as a COG", [floor, sample, head])
            cog.unlink()


if __name__ == "__main__":
    main()
