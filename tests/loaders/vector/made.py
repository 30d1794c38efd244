"""Sources that the tests of the vector loader make, and how they are read."""

from __future__ import annotations

import json
import struct
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyogrio
import shapely

from cimkit.loaders import Head, ReadOptions
from cimkit.loaders import vector as loader
from cimkit.model import STAGED, Asset, Declaration, Source

Rows = dict[str, list[dict[str, Any]]]


def frame(crs: str | None = "EPSG:4544", **columns: Any) -> gpd.GeoDataFrame:
    given = columns or {"编号": ["001", "002", "003"], "名称": ["一", "二", "三"]}
    count = len(next(iter(given.values())))
    shapes = [
        shapely.box(500_000 + 50 * i, 3.27e6, 500_010 + 50 * i, 3270020) for i in range(count)
    ]
    return gpd.GeoDataFrame(given, geometry=shapes, crs=crs)


def write(file: Path, data: gpd.GeoDataFrame | None = None, **options: Any) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(frame() if data is None else data, file, **options)
    return file


def sniff(file: Path) -> int:
    start = b"" if file.is_dir() else file.read_bytes()[:65_536]
    return loader.sniff(Head(file, file.name.lower(), start, file.is_dir()))


def source(file: Path) -> Source:
    listing = {p.name for p in file.parent.iterdir()}
    others = loader.siblings(file.name, listing, file)
    return Source(file.name, file, tuple(sorted(others)), 1, "vector")


def read(file: Path, **declared: Any) -> tuple[Asset, Rows]:
    assert sniff(file) > 0
    options = ReadOptions(Declaration(**declared), root=file.parent)
    asset = loader.probe(source(file), options)
    rows: Rows = {}
    for name, table in loader.read(source(file), asset, options):
        assert table.schema.equals(STAGED[name])
        rows.setdefault(name, []).extend(table.to_pylist())
    problems = tuple(dict.fromkeys((*asset.problems, *options.problems)))
    assert pa.types.is_string(STAGED["objects"].field("properties").type)
    object.__setattr__(asset, "problems", problems)
    return asset, rows


def codes(asset: Asset) -> set[str]:
    return {p.code for p in asset.problems}


def properties(rows: Rows) -> list[dict[str, Any]]:
    return [json.loads(r["properties"]) for r in rows["objects"]]


def shapes(rows: Rows) -> list[Any]:
    return [shapely.from_wkb(r["wkb"]) for r in rows["geometries"]]


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(p.relative_to(folder)): (p.stat().st_size, p.stat().st_mtime_ns)
        for p in sorted(folder.rglob("*"))
    }


def triangle(*corners: tuple[float, float, float]) -> bytes:
    ring = [*corners, corners[0]]
    return struct.pack("<BIII", 1, 1017, 1, 4) + b"".join(struct.pack("<3d", *c) for c in ring)


TIN = (
    struct.pack("<BII", 1, 1016, 2)
    + triangle((0, 0, 0), (1, 0, 0), (0, 1, 1))
    + triangle((0, 0, 0), (0, 1, 1), (0, 0, 2))
)
