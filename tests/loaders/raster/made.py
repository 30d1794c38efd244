"""Small rasters, written by GDAL and by hand, and what the loader says of them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.shutil import copy
from rasterio.transform import Affine

from cimkit.loaders import ReadOptions, discover
from cimkit.loaders import raster as loader
from cimkit.model import Asset, Declaration, Source
from cimkit.model.source import Depth

GRID = Affine(2.0, 0, 500_000, 0, -2.0, 3_270_000)
SLOPE = (np.add.outer(np.arange(60), np.arange(80)) / 10 + 200).astype("float32")


def write(file: Path, bands: Any, **profile: Any) -> Source:
    """Write bands, by default as a GeoTIFF in EPSG:4544 with pixels of two metres."""
    pixels = np.asarray(bands)
    pixels = pixels if pixels.ndim == 3 else pixels[None]
    given = {"crs": "EPSG:4544", "transform": GRID, "driver": "GTiff"} | profile
    tags, units = given.pop("tags", {}), given.pop("units", None)
    file.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(
            file,
            "w",
            width=pixels.shape[2],
            height=pixels.shape[1],
            count=pixels.shape[0],
            dtype=pixels.dtype,
            **given,
        ) as out:
            out.write(pixels)
            out.update_tags(**tags)
            if units:
                out.units = units
    return Source(file.name, file, (), file.stat().st_size, "raster")


def translate(source: Source, name: str, driver: str, **options: Any) -> Source:
    """Write a raster again in another format."""
    file = source.file.parent / name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy(source.file, file, driver=driver, **options)
    return Source(name, file, (), 0, "raster")


def found(folder: Path, scratch: Path | None = None) -> dict[str, Source]:
    """Discover a folder as a delivery; its sources by path."""
    return {s.path: s for s in discover([folder], scratch or folder.parent / "scratch").sources}


def probe(source: Source, depth: Depth = "full", **declared: Any) -> Asset:
    return loader.probe(source, ReadOptions(Declaration(**declared), depth, source.file.parent))


def codes(asset: Asset) -> list[str]:
    return [p.code for p in asset.problems]


def said(asset: Asset, code: str) -> str:
    """Return what a problem of that code has met; it must be there once."""
    (problem,) = [p for p in asset.problems if p.code == code]
    return problem.got


def rows(source: Source, asset: Asset) -> dict[str, list[dict[str, Any]]]:
    given = loader.read(source, asset, ReadOptions())
    return {name: table.to_pylist() for name, table in given}


def measured(source: Source, asset: Asset) -> dict[tuple[str, str], float]:
    return {(m["name"], m["cell"]): m["value"] for m in rows(source, asset)["measures"]}
