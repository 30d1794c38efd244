"""Nothing is written beside a source, and damage is told, whatever the format."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyogrio
import pytest

from cimkit.errors import CimkitError
from cimkit.loaders import ReadOptions
from cimkit.loaders import vector as loader

from .made import frame, listing, read, sniff, source, write

MAKERS: dict[str, Callable[[Path], object]] = {
    "shp": write,
    "gpkg": write,
    "fgb": write,
    "geojson": write,
    "geojsonl": lambda f: write(f, driver="GeoJSONSeq"),
    "gml": write,
    "sqlite": lambda f: write(f, driver="SQLite", SPATIALITE="YES"),
    "gdb": lambda f: write(f, driver="OpenFileGDB"),
    "tab": lambda f: write(f, driver="MapInfo File"),
    "mif": lambda f: write(f, driver="MapInfo File"),
    "kml": lambda f: write(f, frame().to_crs(4326), driver="KML"),
    "parquet": lambda f: frame().to_parquet(f),
    "csv": lambda f: f.write_text("id,lon,lat\n001,106.5,29.5\n", encoding="utf-8"),
    "osm": lambda f: f.write_text('<osm version="0.6"><node id="1" lat="2" lon="3"/></osm>'),
    "dxf.txt": lambda f: f.write_text("id;x;y\n1;2,5;3\n"),
}


def kmz(file: Path) -> None:
    MAKERS["kml"](file.with_suffix(".kml"))
    with zipfile.ZipFile(file, "w") as archive:
        archive.write(file.with_suffix(".kml"), "doc.kml")
    file.with_suffix(".kml").unlink()


MAKERS["kmz"] = kmz


@pytest.mark.parametrize("suffix", sorted(MAKERS))
def test_nothing_is_left_beside_a_source(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"layer.{suffix}"
    MAKERS[suffix](file)
    for schema in tmp_path.glob("*.xsd"):
        schema.unlink()  # without it GDAL would note what it learns
    before = listing(tmp_path)
    for path in (p for p in sorted(tmp_path.rglob("*"), reverse=True) if p.is_file()):
        path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        asset, rows = read(file)
    finally:
        tmp_path.chmod(0o755)
    assert asset.counts["features"] == len(rows.get("objects", []))
    if suffix == "tab":  # which says nothing of its UTF-8
        assert '"一"' in rows["objects"][0]["properties"]
    assert listing(tmp_path) == before


@pytest.mark.keeps("Shapefile", "damage")
@pytest.mark.keeps("GeoPackage", "damage")
@pytest.mark.keeps("File geodatabase", "damage")
@pytest.mark.keeps("FlatGeobuf", "damage")
@pytest.mark.keeps("GeoJSON", "damage")
@pytest.mark.keeps("GeoParquet", "damage")
@pytest.mark.keeps("MapInfo", "damage")
@pytest.mark.keeps("GML", "damage")
@pytest.mark.keeps("SQLite", "damage")
@pytest.mark.keeps("OSM", "damage")
@pytest.mark.keeps("CSV", "damage")
@pytest.mark.parametrize("suffix", sorted(MAKERS))
def test_damage_is_a_refusal_or_a_problem(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"layer.{suffix}"
    MAKERS[suffix](file)
    held = max((p for p in tmp_path.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    held = held if file.is_dir() else file
    data = held.read_bytes()
    spoilt = [data[: len(data) * n // 10] for n in range(1, 10)]
    for n in range(8):
        at = len(data) * n // 8
        flipped = bytes(b ^ 0x5A for b in data[at : at + 16])
        spoilt.append(data[:at] + flipped + data[at + 16 :])
    for broken in spoilt:
        held.write_bytes(broken)
        if not sniff(file):
            continue
        options = ReadOptions(root=tmp_path)
        try:
            asset = loader.probe(source(file), options)
            tables = list(loader.read(source(file), asset, options))
        except (CimkitError, OSError, ValueError, LookupError, ArithmeticError, RuntimeError):
            continue  # what a worker makes a refusal of
        rows = sum(t.num_rows for name, t in tables if name == "objects")
        told = {p.code for p in (*asset.problems, *options.problems)}
        assert rows == asset.counts["features"] or told & {"row-count-differs", "read-stopped"}


@pytest.mark.keeps("FlatGeobuf", "damage")
def test_what_comes_before_the_damage_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.fgb"
    table = pa.table(
        {"n": list(range(80_000)), "g": pa.array([b"\1\1\0\0\0" + bytes(16)] * 80_000)}
    )
    pyogrio.raw.write_arrow(
        table, file, geometry_name="g", geometry_type="Point", crs="EPSG:4490", SPATIAL_INDEX="NO"
    )
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 9 // 10])
    asset, rows = read(file)
    assert 0 < len(rows["objects"]) < 80_000
    assert {p.code for p in asset.problems} & {"read-stopped", "row-count-differs"}
