"""Tiles that are exported again: what did not change stays, whatever the options."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely

from cimkit.catalog import Catalog, create
from cimkit.errors import ExportError, UsageError
from cimkit.exporters import ExportReport, export
from cimkit.model import LAKE

TOOL = Path(__file__).parents[1] / "npm" / "node_modules" / ".bin" / "3d-tiles-tools"
CAP = 4_000


@pytest.fixture
def district(tmp_path: Path) -> Catalog:
    """300 buildings of 4 to 60 metres on 2 by 2 kilometres."""
    rng = np.random.default_rng(7)
    x, y = 106.5 + rng.random(300) * 0.02, 29.5 + rng.random(300) * 0.02
    w = rng.uniform(0.00005, 0.0004, 300)
    shapes = shapely.box(x, y, x + w, y + w)
    schema = LAKE["objects"]
    given: dict[str, Any] = {
        "object_id": [f"b{i:03d}" for i in range(300)],
        "kind": ["gis"] * 300,
        "level": ["CIM2" if i % 3 else "CIM3" for i in range(300)],
        "name": [f"楼{i}" for i in range(300)],
        "access": ["public"] * 300,
        "properties": ["{}"] * 300,
        "geometry": shapely.to_wkb(shapes),
        "bbox": [
            dict(zip(("xmin", "ymin", "xmax", "ymax"), s.bounds, strict=True)) for s in shapes
        ],
        "z_min": [200.0] * 300,
        "height": rng.uniform(4, 60, 300),
    }
    table = pa.table({f.name: pa.array(given.get(f.name, [None] * 300), f.type) for f in schema})
    catalog = create(tmp_path / "city")
    with catalog.connect(read_only=False) as con:
        con.register("given", table)
        columns = [
            "ST_GeomFromWKB(geometry) AS geometry" if f.name == "geometry" else f.name
            for f in schema
        ]
        con.execute(f"INSERT INTO lake.objects SELECT {', '.join(columns)} FROM given")
    return catalog


def change(catalog: Catalog, sql: str) -> None:
    with catalog.connect(read_only=False) as con:
        con.execute(sql)


def contents(out: Path) -> dict[str, bytes]:
    return {f.relative_to(out).as_posix(): f.read_bytes() for f in sorted(out.rglob("*.glb"))}


def again(catalog: Catalog, out: Path, **options: Any) -> ExportReport:
    return export(catalog, "3dtiles", out, **{"cap": CAP, **options})


def fetch(app: Any, path: str) -> dict[str, str]:
    """Headers of an answer, asked for without a network."""
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return await asyncio.Future()  # nothing more is said

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": b"", "headers": [(b"host", b"localhost")],
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    assert said[0]["status"] == 200
    return {k.decode(): v.decode() for k, v in said[0]["headers"]}


def test_unchanged_is_kept_and_one_building_rewrites_its_tiles(
    district: Catalog, tmp_path: Path, read_tiles: Any
) -> None:
    out = tmp_path / "out"
    first = again(district, out)
    before = contents(out)
    total = len(before)
    assert total > 30
    assert first.contents == {"written": total, "kept": 0, "dropped": 0}
    assert max(map(len, before.values())) <= CAP
    places = {f: os.stat(out / f).st_ino for f in before}

    second = again(district, out)
    assert second.contents == {"written": 0, "kept": total, "dropped": 0}
    assert contents(out) == before
    assert {f: os.stat(out / f).st_ino for f in before} == places

    # Another name of one building: one tile.
    change(district, "UPDATE lake.objects SET name = 'new' WHERE object_id = 'b123'")
    third = again(district, out)
    assert third.contents["written"] == 1
    assert third.contents["kept"] == total - 1
    changed = {f for f, data in contents(out).items() if data != before.get(f)}
    assert len(changed) == 1

    # A building grows: it moves to a tile above, and makes others move down on the way.
    before = contents(out)
    change(district, "UPDATE lake.objects SET height = 200 WHERE object_id = 'b200'")
    fourth = again(district, out)
    fresh = again(district, tmp_path / "fresh")
    assert contents(out) == contents(tmp_path / "fresh")
    assert 1 < fourth.contents["written"] <= 12, fourth.contents
    assert fourth.contents["kept"] + fourth.contents["written"] == fresh.contents["written"]
    assert sum(len(c.table()["object_id"]) for c in read_tiles(out / "tileset.json")) == 300


@pytest.mark.parametrize(
    "new", ["class_code = '9999'", "level = 'CIM9'", "source_class = 'shed'"]
)  # fmt: skip
def test_what_is_new_in_the_schema_rewrites_no_tile_without_it(
    district: Catalog, tmp_path: Path, new: str
) -> None:
    out = tmp_path / "out"
    again(district, out)
    schema, before = (out / "schema.json").read_bytes(), contents(out)
    change(district, f"UPDATE lake.objects SET {new} WHERE object_id = 'b123'")
    told = again(district, out)
    assert ((out / "schema.json").read_bytes() != schema) is ("source" not in new)
    assert told.contents == {"written": 1, "kept": len(before) - 1, "dropped": 0}
    # What was kept is what would have been written.
    again(district, tmp_path / "anew")
    assert contents(tmp_path / "anew") == contents(out)


def test_other_options_take_nothing_wrong_from_the_folder(
    district: Catalog, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    again(district, out)
    for n, options in enumerate(({"cap": 9_000}, {"compress": "gzip", "levels": ("CIM3",)}, {})):
        again(district, out, **options)
        again(district, tmp_path / f"fresh{n}", **options)
        assert contents(out) == contents(tmp_path / f"fresh{n}"), options


def test_only_the_levels_asked_for(district: Catalog, tmp_path: Path) -> None:
    assert again(district, tmp_path / "out", levels=("CIM3",)).counts == {"buildings": 100}
    report = again(district, tmp_path / "two", levels=("CIM3",), where="name = '楼3' OR true")
    assert report.counts == {"buildings": 100}


@pytest.mark.parametrize("how", ["gzip", "brotli"])
def test_compressed_files_keep_their_names_and_are_served(
    district: Catalog, tmp_path: Path, how: str
) -> None:
    import brotli

    from cimkit.server.static import app

    plain = again(district, tmp_path / "plain")
    packed = again(district, tmp_path / "out", compress=how)
    assert packed.size < plain.size
    read = gzip.decompress if how == "gzip" else brotli.decompress
    for file in [*sorted((tmp_path / "out").rglob("*.glb")), tmp_path / "out" / "tileset.json"]:
        name = file.relative_to(tmp_path / "out")
        assert read(file.read_bytes()) == (tmp_path / "plain" / name).read_bytes()
    headers = fetch(app(tmp_path / "out"), "/tileset.json")
    assert headers["content-encoding"] == {"gzip": "gzip", "brotli": "br"}[how]
    assert fetch(app(tmp_path / "out"), f"/{file.name}") == headers
    assert again(district, tmp_path / "out", compress=how).contents["written"] == 0
    assert "content-encoding" not in fetch(app(tmp_path / "plain"), "/tileset.json")


def test_an_archive_holds_the_same_tileset(district: Catalog, tmp_path: Path) -> None:
    if not TOOL.exists():
        pytest.fail("3d-tiles-tools is not installed: run 'npm ci --prefix tests/npm'")
    file = tmp_path / "city.3tz"
    again(district, file)
    again(district, tmp_path / "out")
    again(district, file)  # replaces the first
    done = subprocess.run(
        [TOOL, "convert", "-i", file, "-o", tmp_path / "back"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert contents(tmp_path / "back") == contents(tmp_path / "out")
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        assert json.loads(archive.read("tileset.json")) == json.loads(
            (tmp_path / "out" / "tileset.json").read_bytes()
        )
    assert "contents.json" not in names
    assert sorted(f.name for f in tmp_path.iterdir() if f.name.startswith(".")) == []
    with pytest.raises(UsageError, match="archive"):
        again(district, file, compress="gzip")
    (tmp_path / "mine.3tz").write_text("mine")
    with pytest.raises(ExportError, match="something else"):
        again(district, tmp_path / "mine.3tz")


def test_an_unknown_compression_is_refused(district: Catalog, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="compression"):
        again(district, tmp_path / "out", compress="zstd")
