"""Databases and columnar files: layers, exact geometry, value lists, several geometries."""

from __future__ import annotations

import json
import os
import sqlite3
import struct
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from cimkit.loaders.vector.container import describe_geodatabase

from .made import TIN, codes, frame, properties, read, shapes, write


def arc() -> bytes:
    return struct.pack("<BII6d", 1, 8, 3, 0, 0, 1, 1, 2, 0)


def raw(file: Path, wkb: list[bytes | None], **options: Any) -> Path:
    table = pa.table({"id": [str(i) for i in range(len(wkb))], "g": pa.array(wkb, pa.binary())})
    given = {"geometry_type": "Unknown", "crs": "EPSG:4544", **options}
    pyogrio.raw.write_arrow(table, file, geometry_name="g", **given)
    return file


@pytest.mark.keeps("GeoPackage", "geometry", "z", "exact")
@pytest.mark.filterwarnings("ignore:.*gpkg_geom")
def test_geometry_is_kept_byte_for_byte(tmp_path: Path) -> None:
    zm = shapely.to_wkb(shapely.from_wkt("LINESTRING ZM (0 0 1 2, 1 1 3 4)"), flavor="iso")
    parts = shapely.to_wkb(
        shapely.from_wkt("GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))"), flavor="iso"
    )
    given = [arc(), TIN, zm, parts, None]
    _, rows = read(raw(tmp_path / "a.gpkg", given))
    assert [r["wkb"] for r in rows["geometries"]] == given[:4]
    assert [r["geometry_type"] for r in rows["geometries"]] == [
        "CircularString",
        "TIN Z",
        "LineString ZM",
        "GeometryCollection",
    ]
    assert rows["objects"][0]["length_m"] == pytest.approx(3.1416, rel=1e-3)
    assert rows["objects"][1]["z_max"] == 2


def test_odd_geometries_are_counted(tmp_path: Path) -> None:
    bow = shapely.from_wkt("POLYGON ((0 0, 4 4, 4 0, 0 4, 0 0))")
    given = [shapely.to_wkb(g) for g in (bow, shapely.Polygon(), shapely.Point(1e38, 0))]
    asset, rows = read(raw(tmp_path / "a.gpkg", [*given, None, bow.wkb]))
    problems = {p.code: p for p in asset.problems}
    assert problems["geometry-invalid"].message.startswith("2 ")
    assert problems["geometry-invalid"].place == "a: row 1, row 5"
    assert {"geometry-empty", "geometry-missing", "coordinates-absurd"} <= set(problems)
    assert asset.bbox == (0, 0, 4, 4)
    assert len(rows["objects"]) == 5


@pytest.mark.keeps("GeoPackage", "attributes", "semantics", "relations", "crs", "identity", "text")
def test_what_a_geopackage_says_of_its_tables(tmp_path: Path) -> None:
    file = write(tmp_path / "a.gpkg", layer="roads")
    pyogrio.write_dataframe(frame(crs="EPSG:4490"), file, layer="路", append=True)
    with sqlite3.connect(file) as con:
        con.executescript(
            """CREATE TABLE IF NOT EXISTS gpkg_data_columns (table_name TEXT, column_name TEXT,
            name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT);
            CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (constraint_name TEXT,
            constraint_type TEXT, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC,
            max_is_inclusive BOOLEAN, description TEXT);
            INSERT INTO gpkg_data_columns VALUES ('roads','编号','编号别名',NULL,NULL,NULL,'kinds');
            INSERT INTO gpkg_data_column_constraints VALUES
            ('kinds','enum','1',NULL,NULL,NULL,NULL,'主干道');
            CREATE TABLE gpkgext_relations (id INTEGER, base_table_name TEXT,
            base_primary_column TEXT, related_table_name TEXT, related_primary_column TEXT,
            relation_name TEXT, mapping_table_name TEXT);
            INSERT INTO gpkgext_relations VALUES (1,'roads','fid','路','fid','features','m');"""
        )
    con.close()
    asset, rows = read(file)
    about = asset.properties
    assert about["layers"]["roads"]["aliases"] == {"编号": "编号别名"}
    assert about["layers"]["roads"]["domains"] == {"编号": "kinds"}
    assert about["domains"]["kinds"]["values"] == {"1": "主干道"}
    assert about["relationships"][0]["destination"] == ["路"]
    assert {r["source_layer"] for r in rows["objects"]} == {"roads", "路"}
    assert {x.crs for x in asset.layers} == {"EPSG:4544", "EPSG:4490"}


@pytest.mark.keeps("File geodatabase", "geometry", "z", "exact", "attributes", "crs", "identity")
def test_a_file_geodatabase(tmp_path: Path, shared_data: Path) -> None:
    with zipfile.ZipFile(shared_data / "gis/Toblerity-Fiona/testopenfilegdb.gdb.zip") as archive:
        archive.extractall(tmp_path)
    asset, rows = read(next(tmp_path.glob("*.gdb")))
    assert len(asset.layers) == 37
    types = {r["geometry_type"] for r in rows["geometries"]}
    assert {"Point ZM", "MultiLineString ZM", "GeometryCollection Z", "Point M"} <= types
    zm = next(r for r in rows["geometries"] if r["geometry_type"] == "Point ZM")
    assert shapely.get_coordinates(shapely.from_wkb(zm["wkb"]), include_z=True, include_m=True)[
        0
    ].tolist() == pytest.approx([1, 2, 3, 4])
    assert any(r["source_layer"] == "none" for r in rows["objects"])


@pytest.mark.keeps("File geodatabase", "semantics")
def test_value_lists_subtypes_and_aliases_of_a_geodatabase() -> None:
    said = describe_geodatabase(
        [
            "<GPCodedValueDomain2 xmlns='urn:x'><DomainName>等级</DomainName>"
            "<FieldType>esriFieldTypeString</FieldType><CodedValues><CodedValue>"
            "<Name>主干道</Name><Code>01</Code></CodedValue></CodedValues></GPCodedValueDomain2>",
            "<GPRangeDomain2><DomainName>高</DomainName><MinValue>0</MinValue>"
            "<MaxValue>9</MaxValue></GPRangeDomain2>",
            "<DEFeatureClassInfo><Name>roads</Name><AliasName>道路</AliasName><GPFieldInfoExs>"
            "<GPFieldInfoEx><Name>DJ</Name><AliasName>等级</AliasName>"
            "<DomainName>等级</DomainName></GPFieldInfoEx></GPFieldInfoExs>"
            "<SubtypeFieldName>T</SubtypeFieldName><Subtypes><Subtype>"
            "<SubtypeName>快速路</SubtypeName><SubtypeCode>1</SubtypeCode></Subtype></Subtypes>"
            "</DEFeatureClassInfo>",
            "<DERelationshipClassInfo><Name>r</Name><Cardinality>esriRelCardinalityOneToMany"
            "</Cardinality><OriginClassNames><Name>roads</Name></OriginClassNames>"
            "<DestinationClassNames><Name>lamps</Name></DestinationClassNames>"
            "</DERelationshipClassInfo>",
            "<broken",
        ]
    )
    assert said["domains"]["等级"]["values"] == {"01": "主干道"}
    assert said["domains"]["高"]["range"] == ["0", "9"]
    assert said["layers"]["roads"] == {
        "alias": "道路",
        "aliases": {"DJ": "等级"},
        "domains": {"DJ": "等级"},
        "subtypes": {"field": "T", "values": {"1": "快速路"}},
    }
    assert said["relationships"][0]["destination"] == ["lamps"]


@pytest.mark.keeps("FlatGeobuf", "geometry", "z", "attributes", "crs", "text")
def test_flatgeobuf(tmp_path: Path) -> None:
    data = frame()
    data.geometry = shapely.force_3d(data.geometry.to_numpy(), 5)
    asset, rows = read(write(tmp_path / "a.fgb", data, SPATIAL_INDEX="NO"))
    assert properties(rows)[1] == {"编号": "002", "名称": "二"}
    assert shapely.get_z(shapely.get_point(shapes(rows)[0].exterior, 0)) == 5
    assert asset.crs == "EPSG:4544"
    assert rows["objects"][0]["z_min"] == 5


@pytest.mark.keeps("SQLite", "geometry", "attributes", "crs", "text")
def test_spatialite(tmp_path: Path) -> None:
    file = write(tmp_path / "a.sqlite", driver="SQLite", SPATIALITE="YES")
    asset, rows = read(file)
    assert asset.crs == "EPSG:4544"
    assert properties(rows)[2]["名称"] == "三"
    assert shapes(rows)[1].bounds[0] == 500_050


def geoparquet(file: Path, about: object, **columns: pa.Array) -> Path:
    table = pa.table(columns)
    metadata = {b"geo": about if isinstance(about, bytes) else json.dumps(about).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), file)
    return file


@pytest.mark.keeps("GeoParquet", "geometry", "attributes", "crs", "exact")
def test_several_geometries_in_a_row(tmp_path: Path) -> None:
    points = pa.array([shapely.to_wkb(shapely.Point(i, 1, 2), flavor="iso") for i in range(3)])
    areas = pa.array([shapely.box(0, 0, 1, 1).wkb] * 3)
    box = pa.array([{"xmin": 0.0}] * 3)
    about = {
        "version": "1.1.0",
        "primary_column": "entrance",
        "columns": {
            "entrance": {"encoding": "WKB", "covering": {"bbox": {"xmin": ["cover", "xmin"]}}},
            "outline": {"encoding": "WKB"},
        },
    }
    file = geoparquet(
        tmp_path / "a.parquet", about, id=pa.array(["a", "b", "c"]), entrance=points,
        outline=areas, cover=box,
    )  # fmt: skip
    asset, rows = read(file)
    assert [name for name, _ in asset.layers[0].fields] == ["id"]
    first = [r for r in rows["geometries"] if r["semantics"] is None]
    more = [r for r in rows["geometries"] if r["semantics"] is not None]
    assert {r["geometry_type"] for r in first} == {"Point Z"}
    assert json.loads(more[0]["semantics"]) == {"column": "outline"}
    assert more[2]["wkb"] == areas[2].as_py()
    assert asset.crs_origin == "assumed"


@pytest.mark.keeps("GeoParquet", "damage", "contradictions")
@pytest.mark.parametrize("about", [b"{", b"[]", b'{"columns": 5}'])
def test_metadata_that_is_none(tmp_path: Path, about: bytes) -> None:
    points = pa.array([shapely.Point(1, 2).wkb])
    asset, rows = read(geoparquet(tmp_path / "a.parquet", about, geometry=points))
    assert "geoparquet-metadata-broken" in codes(asset)
    assert shapes(rows)[0].wkt == "POINT (1 2)"


@pytest.mark.keeps("GeoParquet", "geometry", "time")
def test_columns_of_numbers_and_moments(tmp_path: Path) -> None:
    import datetime

    moment = datetime.datetime(2026, 9, 1, 8, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
    table = pa.table(
        {
            "lon": [106.5, None],
            "lat": [29.5, 29.6],
            "t": pa.array([moment, None], pa.timestamp("us", "Asia/Shanghai")),
            "nested": [{"a": [1, 2]}, None],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    asset, rows = read(tmp_path / "a.parquet")
    assert (asset.crs, asset.crs_origin) == ("OGC:CRS84", "assumed")
    assert [s.wkt for s in shapes(rows)] == ["POINT (106.5 29.5)"]
    assert properties(rows)[0]["t"] == "2026-09-01T00:00:00.000Z"
    assert properties(rows)[0]["nested"] == {"a": [1, 2]}


@pytest.mark.keeps("Arrow IPC", "geometry", "attributes")
@pytest.mark.keeps("GeoParquet", "geometry")
def test_arrow_files_and_partitioned_folders(tmp_path: Path) -> None:
    data = frame().to_crs("EPSG:4490")
    data.to_feather(tmp_path / "a.feather")
    asset, rows = read(tmp_path / "a.feather")
    assert asset.format == "Arrow IPC"
    assert asset.crs == "EPSG:4490"
    assert properties(rows)[0] == {"编号": "001", "名称": "一"}
    folder = tmp_path / "city.parquet"
    for district in ("east", "west"):
        (folder / f"district={district}").mkdir(parents=True)
        data.to_parquet(folder / f"district={district}" / "part-0.parquet")
    asset, rows = read(folder)
    assert asset.counts["features"] == 6
    assert {p["district"] for p in properties(rows)} == {"east", "west"}
    assert len(shapes(rows)) == 6


def test_nothing_is_left_set_for_the_next_reader(tmp_path: Path) -> None:
    """A folder for scratch files that outlives its source breaks whoever writes rasters next."""
    before = dict(os.environ)
    write(tmp_path / "a.fgb")
    read(tmp_path / "a.fgb")
    assert dict(os.environ) == before
    assert pyogrio.get_gdal_config_option("CPL_TMPDIR") is None


@pytest.mark.keeps("GeoParquet", "attributes")
def test_all_digits_of_decimals(tmp_path: Path) -> None:
    from decimal import Decimal

    texts = ["12345678901234567890.12", "0.10", None]
    given = [None if t is None else Decimal(t) for t in texts]
    table = pa.table(
        {
            "a": pa.array(given, pa.decimal128(38, 2)),
            "b": pa.array(given, pa.decimal256(60, 2)),
            "height": pa.array(given, pa.decimal128(38, 2)),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    _, rows = read(tmp_path / "a.parquet")
    said = properties(rows)
    assert [s["a"] for s in said] == [s["b"] for s in said] == [texts[0], 0.1, None]
    assert rows["objects"][1]["height"] == 0.1


def test_columns_of_the_same_name(tmp_path: Path) -> None:
    point = shapely.Point(1, 2).wkb
    table = pa.table([[1], ["x"], [point], [2]], names=["a", "a", "geometry", "b'\"\n;"])
    pq.write_table(table, tmp_path / "a.parquet")
    _, rows = read(tmp_path / "a.parquet")
    assert properties(rows) == [{"a": 1, "a_2": "x", "b'\"\n;": 2}]
    assert shapes(rows)[0].wkt == "POINT (1 2)"
