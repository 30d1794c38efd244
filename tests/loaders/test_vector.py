"""Vector layers: rows, keys, places, encodings."""

from __future__ import annotations

import json
import shutil
import sqlite3
import warnings
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from cimkit.errors import SourceUnreadable
from cimkit.loaders import Head, ReadOptions
from cimkit.loaders import vector as loader
from cimkit.model import STAGED, Asset, Declaration, Source


def frame(crs: str | None = "EPSG:4544", **columns: Any) -> gpd.GeoDataFrame:
    given = columns or {"ObjID": ["a", "b", "c"], "名称": ["一", "二", "三"], "height": [3.0, 6, 9]}
    count = len(next(iter(given.values())))
    shapes = [
        shapely.box(i, 3.27e6, i + 10, 3.27e6 + 20) for i in np.arange(count) * 50 + 500_000.0
    ]
    return gpd.GeoDataFrame(given, geometry=shapes, crs=crs)


def write(file: Path, data: gpd.GeoDataFrame, **options: Any) -> Source:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")
        pyogrio.write_dataframe(data, file, **options)
    return source(file)


def source(file: Path) -> Source:
    others = sorted(f.name for f in file.parent.glob(f"{file.stem}.*") if f != file)
    return Source(file.name, file, tuple(others), file.stat().st_size, "vector")


def read(given: Source, **declared: Any) -> tuple[Asset, dict[str, pa.Table], ReadOptions]:
    options = ReadOptions(Declaration(**declared), root=given.file.parent)
    asset = loader.probe(given, options)
    chunks: dict[str, list[pa.Table]] = {}
    for name, table in loader.read(given, asset, options):
        assert table.schema.equals(STAGED[name])
        chunks.setdefault(name, []).append(table)
    return asset, {n: pa.concat_tables(t) for n, t in chunks.items()}, options


def codes(asset: Asset) -> list[str]:
    return [p.code for p in asset.problems]


@pytest.mark.parametrize("suffix", ["gpkg", "shp", "geojson", "fgb", "parquet", "gml"])
def test_rows_of_any_format(tmp_path: Path, suffix: str) -> None:
    data = frame()
    file = tmp_path / f"buildings.{suffix}"
    if suffix == "parquet":
        data.to_parquet(file)
    else:
        # with an index FlatGeobuf sorts the rows
        options = {"SPATIAL_INDEX": "NO"} if suffix == "fgb" else {}
        pyogrio.write_dataframe(data, file, **options)
    before = sorted(p.name for p in tmp_path.iterdir())
    asset, tables, _ = read(source(file))
    assert asset.counts == {"features": 3}
    assert asset.crs == "EPSG:4544"
    assert asset.layers[0].key_field == "ObjID"
    rows = tables["objects"].to_pylist()
    assert [r["source_key"] for r in rows] == ["a", "b", "c"]
    assert {r["key_origin"] for r in rows} == {"field"}
    assert [r["name"] for r in rows] == ["一", "二", "三"]
    assert [r["height"] for r in rows] == [3.0, 6.0, 9.0]
    assert [r["area_m2"] for r in rows] == pytest.approx([200.0] * 3)
    assert rows[0]["bbox"]["xmin"] == pytest.approx(105.0, abs=1e-4)
    assert json.loads(rows[2]["properties"])["名称"] == "三"
    assert rows[1]["place"] == "row 2"
    own = shapely.from_wkb(tables["geometries"]["wkb"][0].as_py())
    assert own.bounds == pytest.approx(data.geometry[0].bounds)
    assert asset.bbox_wgs84 is not None
    assert asset.bbox_wgs84[0] == pytest.approx(105.0, abs=1e-4)
    assert sorted(p.name for p in tmp_path.iterdir()) == before  # nothing written beside it


def test_keys_do_not_depend_on_row_order_or_file_name(tmp_path: Path) -> None:
    data = frame(kind=["x", "y", "x"], OBJECTID=[1, 2, 3])
    turned = data.iloc[::-1].reset_index(drop=True).assign(OBJECTID=[1, 2, 3])
    _, one, _ = read(write(tmp_path / "one.gpkg", data))
    _, two, _ = read(write(tmp_path / "two.gpkg", turned))
    assert set(one["objects"]["key_origin"].to_pylist()) == {"hash"}
    assert sorted(one["objects"]["source_key"].to_pylist()) == sorted(
        two["objects"]["source_key"].to_pylist()
    )
    assert sorted(one["objects"]["content_hash"].to_pylist()) == sorted(
        two["objects"]["content_hash"].to_pylist()
    )


def test_equal_rows_are_told_apart(tmp_path: Path) -> None:
    data = frame(kind=["x", "x"])
    data.geometry = [data.geometry[0]] * 2
    _, tables, _ = read(write(tmp_path / "twins.gpkg", data))
    one, two = tables["objects"]["source_key"].to_pylist()
    assert two == f"{one}#2"


@pytest.mark.parametrize("slip", ["k3", None, " "])
def test_one_slip_does_not_cost_the_others_their_keys(tmp_path: Path, slip: str | None) -> None:
    names: list[str | None] = [f"k{n}" for n in range(40)]
    names[7] = slip
    asset, tables, _ = read(write(tmp_path / "a.gpkg", frame(ObjID=names)))
    assert asset.layers[0].key_field == "ObjID"
    keys = tables["objects"]["source_key"].to_pylist()
    assert len(set(keys)) == 40
    assert len(set(keys) & set(names)) == 39
    assert codes(asset) == ["key-not-unique"]
    names[8:11] = ["k3"] * 3
    asset, _, _ = read(write(tmp_path / "b.gpkg", frame(ObjID=names)))
    assert asset.layers[0].key_field is None


@pytest.mark.parametrize("field", ["OBJECTID", "FID_1", "ogc_fid", "length"])
def test_counters_and_plain_fields_are_no_keys(tmp_path: Path, field: str) -> None:
    asset, _, _ = read(write(tmp_path / "a.gpkg", frame(**{field: [1, 2, 3]})))
    assert asset.layers[0].key_field is None


@pytest.mark.parametrize(
    "field", ["id", "编号", "标识码", "コード", "road_id", "BoroCode", "gml_id"]
)
def test_names_that_promise_a_key(tmp_path: Path, field: str) -> None:
    asset, _, _ = read(write(tmp_path / "a.geojson", frame(**{field: ["k1", "k2", "k3"]})))
    assert asset.layers[0].key_field == field
    asset, _, _ = read(write(tmp_path / "b.geojson", frame(**{field: ["k1", "k1", "k3"]})))
    assert asset.layers[0].key_field is None


def test_the_sheet_names_the_key(tmp_path: Path) -> None:
    given = write(tmp_path / "a.gpkg", frame(ObjID=["a", "b", "c"], zone=["x", "y", "z"]))
    asset, tables, _ = read(given, key_field="zone")
    assert tables["objects"]["source_key"].to_pylist() == ["x", "y", "z"]
    asset, _, _ = read(given, key_field="nowhere")
    assert "key-field-missing" in codes(asset)
    twice = write(tmp_path / "b.gpkg", frame(zone=["x", "x", "z"]))
    asset, tables, _ = read(twice, key_field="zone")
    assert "key-not-unique" in codes(asset)
    assert tables["objects"]["source_key"].to_pylist() == ["x", "x#2", "z"]


def test_without_a_crs_nothing_is_placed_until_the_sheet_says(tmp_path: Path) -> None:
    given = write(tmp_path / "a.shp", frame(crs=None))
    asset, tables, _ = read(given)
    assert "crs-missing" in codes(asset)
    assert asset.bbox_wgs84 is None
    assert tables["objects"]["geometry"].null_count == 3
    assert set(tables["objects"]["position_origin"].to_pylist()) == {"none"}
    assert tables["geometries"].num_rows == 3
    asset, tables, _ = read(given, crs="EPSG:4544")
    assert asset.crs_origin == "sheet"
    assert set(tables["objects"]["position_origin"].to_pylist()) == {"sheet"}
    assert tables["objects"]["geometry"].null_count == 0


def test_the_hint_proposes_a_zone(tmp_path: Path) -> None:
    data = frame(crs=None)
    data.geometry = data.geometry.translate(35_000_000)
    asset = loader.probe(write(tmp_path / "a.shp", data), ReadOptions())
    assert "EPSG:4523" in next(p.hint for p in asset.problems if p.code == "crs-missing")


def test_coordinates_that_contradict_their_crs(tmp_path: Path) -> None:
    degrees = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(106.5, 29.5)], crs="EPSG:4544")
    asset, tables, _ = read(write(tmp_path / "a.gpkg", degrees))
    assert "coordinates-contradict-crs" in codes(asset)
    assert tables["objects"]["geometry"].null_count == 1
    metres = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(5e5, 3e6)], crs="EPSG:4490")
    asset, tables, _ = read(write(tmp_path / "b.gpkg", metres))
    assert "coordinates-contradict-crs" in codes(asset)
    assert tables["objects"]["geometry"].null_count == 1
    far = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(9e6, 3e6)], crs="EPSG:4544")
    asset, _, _ = read(write(tmp_path / "c.gpkg", far))
    assert "outside-crs-area" in codes(asset)


@pytest.mark.parametrize(
    ("encoding", "text", "told"),
    [
        ("GBK", "建国路与人民大街路灯", "gb18030"),
        ("BIG5", "國立故宮博物院臺北市", "big5"),
        ("CP932", "神奈川県横浜市西区", "cp932"),
        ("UTF-8", "渝中区", "utf-8"),
        ("ISO-8859-1", "Münchner Straße", "cp1252"),
    ],
)
def test_the_encoding_of_a_shapefile(tmp_path: Path, encoding: str, text: str, told: str) -> None:
    given = write(tmp_path / "a.shp", frame(name=[text, text]), encoding=encoding)
    asset, tables, _ = read(given)
    assert asset.encoding_origin == "declared"
    assert tables["objects"]["name"].to_pylist() == [text, text]
    (tmp_path / "a.cpg").unlink()
    dbf = bytearray((tmp_path / "a.dbf").read_bytes())
    dbf[29] = 0  # neither .cpg nor language driver
    (tmp_path / "a.dbf").write_bytes(dbf)
    asset, tables, _ = read(source(tmp_path / "a.shp"))
    assert (asset.encoding, asset.encoding_origin) == (told, "detected")
    assert "encoding-detected" in codes(asset)
    assert tables["objects"]["name"].to_pylist() == [text, text]


def test_a_cpg_that_lies(tmp_path: Path) -> None:
    given = write(tmp_path / "a.shp", frame(name=["建国路", "人民大街"]), encoding="GBK")
    (tmp_path / "a.cpg").write_text("UTF-8")
    asset, tables, _ = read(given)
    assert "encoding-contradiction" in codes(asset)
    assert tables["objects"]["name"].to_pylist() == ["建国路", "人民大街"]
    asset, tables, _ = read(given, encoding="gbk")
    assert asset.encoding_origin == "sheet"


def test_a_shapefile_without_index_is_mended_on_a_copy(tmp_path: Path) -> None:
    write(tmp_path / "a.shp", frame())
    (tmp_path / "a.shx").unlink()
    asset, tables, _ = read(source(tmp_path / "a.shp"))
    assert "shx-missing" in codes(asset)
    assert tables["objects"].num_rows == 3
    assert not (tmp_path / "a.shx").exists()


def test_heights_stay_in_the_geometry_and_leave_its_place_flat(tmp_path: Path) -> None:
    line = shapely.from_wkt("LINESTRING Z (106 29 5, 106.001 29 -2)")
    data = gpd.GeoDataFrame({"a": [1]}, geometry=[line], crs="EPSG:4490")
    given = write(tmp_path / "a.gpkg", data)
    _, tables, _ = read(given)
    row = tables["objects"].to_pylist()[0]
    assert (row["z_min"], row["z_max"]) == (-2, 5)
    assert row["length_m"] == pytest.approx(97.4, abs=0.5)
    kept = shapely.from_wkb(tables["geometries"]["wkb"][0].as_py())
    assert kept.has_z
    assert not shapely.from_wkb(row["geometry"]).has_z


def test_values_of_all_types_become_json(tmp_path: Path) -> None:
    data = frame(
        whole=[1, 2],
        real=[1.5, np.nan],
        text=['say "hi"', None],
        truth=[True, False],
        moment=np.array(["2026-09-01T08:00:00", "NaT"], dtype="datetime64[ms]"),
    )
    _, tables, _ = read(write(tmp_path / "a.gpkg", data))
    first, second = (json.loads(t) for t in tables["objects"]["properties"].to_pylist())
    assert first["whole"] == 1
    assert first["real"] == 1.5
    assert first["text"] == 'say "hi"'
    assert first["truth"] is True
    assert first["moment"].startswith("2026-09-01T08:00:00")
    assert second["real"] is None
    assert second["text"] is None


def test_texts_and_numbers_in_one_field(tmp_path: Path) -> None:
    """GDAL hands such a field over as JSON, in which a bare text is none."""
    values = ["x", 1, 'say "hi"', 2.5, None, [1, {"b": 2}], "", "编号"]
    features = [
        {
            "type": "Feature",
            "properties": {"id": value, "name": value, "height": value},
            "geometry": {"type": "Point", "coordinates": [106.5, 29.5 + n / 100]},
        }
        for n, value in enumerate(values)
    ]
    file = tmp_path / "a.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    _, tables, _ = read(source(file))
    said = [json.loads(t)["id"] for t in tables["objects"]["properties"].to_pylist()]
    assert said == values
    assert tables["objects"]["name"].to_pylist()[:2] == ["x", "1"]


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "fgb", "geojson"])
def test_an_empty_layer_lies_nowhere(tmp_path: Path, suffix: str) -> None:
    asset = loader.probe(write(tmp_path / f"a.{suffix}", frame().iloc[:0]), ReadOptions())
    assert asset.counts["features"] == 0
    assert (asset.bbox, asset.bbox_wgs84) == (None, None)


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson", "fgb", "kml", "gml", "gpx", "kmz"])
@pytest.mark.parametrize("wrong", [".zip", ".csv", ".txt", ".gml", ".tif", ""])
def test_content_decides_and_not_the_suffix(tmp_path: Path, suffix: str, wrong: str) -> None:
    driver = {"kml": "KML", "kmz": "KML"}.get(suffix)
    points = frame(name=["a", "b"]).to_crs(4326)
    points.geometry = points.representative_point()
    write(tmp_path / f"plain.{suffix.replace('kmz', 'kml')}", points, driver=driver)
    if suffix == "kmz":
        with zipfile.ZipFile(tmp_path / "plain.kmz", "w") as archive:
            archive.write(tmp_path / "plain.kml", "doc.kml")
    file = (tmp_path / f"plain.{suffix}").rename(tmp_path / f"other{wrong}")
    for part in tmp_path.glob("plain.*"):
        part.unlink()
    head = Head(file, file.name, file.read_bytes()[:65_536])
    assert loader.sniff(head) > 0
    asset, tables, _ = read(Source(file.name, file))
    assert asset.counts["features"] == tables["objects"].num_rows == 2


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson", "fgb", "kml", "gdb"])
@pytest.mark.parametrize("name", ["new!/a", "a!b", "a #1%20?'\"[b]"])
def test_any_name_a_disk_allows(tmp_path: Path, suffix: str, name: str) -> None:
    """Pyogrio takes what follows ``!`` for a member of an archive."""
    driver = {"kml": "KML", "gdb": "OpenFileGDB"}.get(suffix)
    write(tmp_path / f"plain.{suffix}", frame(ObjID=["a", "b"]).to_crs(4326), driver=driver)
    file = tmp_path / f"{name}.{suffix}"
    file.parent.mkdir(exist_ok=True)
    for part in tmp_path.glob("plain.*"):
        part.rename(f"{file.with_suffix('')}{part.suffix}")
    asset, tables, _ = read(Source(file.name, file))
    assert asset.counts["features"] == tables["objects"].num_rows == 2


def test_a_table_without_geometry(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "empty.db") as con:
        con.execute("CREATE TABLE t (a)")
    assert loader.sniff(_head(tmp_path / "empty.db")) == 0
    pq.write_table(pa.table({"id": ["a", "b"], "v": [1, 2]}), tmp_path / "t.parquet")
    asset, tables, _ = read(source(tmp_path / "t.parquet"))
    assert asset.layers[0].geometry_type == ""
    assert asset.problems == ()
    assert tables["objects"]["source_key"].to_pylist() == ["a", "b"]
    assert "geometries" not in tables


def _head(file: Path) -> Any:
    from cimkit.loaders import Head

    return Head(file, file.name, file.read_bytes()[:65_536])


@pytest.mark.parametrize("encoding", ["point", "polygon", "WKB"])
def test_geoparquet_encodings(tmp_path: Path, encoding: str) -> None:
    data = frame()
    if encoding == "point":
        data.geometry = data.geometry.centroid
    native = "geoarrow" if encoding != "WKB" else "WKB"
    data.to_parquet(tmp_path / "a.parquet", geometry_encoding=native)
    _, tables, _ = read(source(tmp_path / "a.parquet"))
    kept = shapely.from_wkb(tables["geometries"]["wkb"].to_pylist())
    assert shapely.equals(kept, data.geometry.to_numpy()).all()


def test_points_in_a_table_of_text(tmp_path: Path) -> None:
    text = "编号,经度,纬度,名称\nL1,106.5,29.5,路灯\nL2,106.6,29.6,井盖\n"
    (tmp_path / "a.csv").write_bytes(text.encode("gbk"))
    assert loader.sniff(_head(tmp_path / "a.csv")) > 0
    asset, tables, _ = read(source(tmp_path / "a.csv"))
    assert asset.encoding == "gb18030"
    assert asset.crs_origin == "assumed"
    assert tables["objects"]["name"].to_pylist() == ["路灯", "井盖"]
    assert tables["objects"]["bbox"][0]["xmin"].as_py() == 106.5
    (tmp_path / "b.csv").write_text("image,lon,lat\n1.jpg,1,2\n")
    assert loader.sniff(_head(tmp_path / "b.csv")) == 0


def test_what_is_broken_is_refused(tmp_path: Path) -> None:
    for name, data in (
        ("a.geojson", b'{"type":"FeatureCollection","features":[{"type":"Fea'),
        ("a.parquet", b"PAR1" + bytes(50)),
        ("a.gpkg", b"SQLite format 3\0" + bytes(2000)),
        ("a.dwg", b"AC1032\0" + bytes(100)),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SourceUnreadable):
            loader.probe(source(tmp_path / name), ReadOptions())


def test_several_layers_in_several_systems(tmp_path: Path) -> None:
    file = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(frame(), file, layer="one")
    pyogrio.write_dataframe(frame().to_crs("EPSG:4490"), file, layer="two", append=True)
    asset, tables, _ = read(source(file))
    assert [(layer.name, layer.crs) for layer in asset.layers] == [
        ("one", "EPSG:4544"),
        ("two", "EPSG:4490"),
    ]
    assert "several-crs" in codes(asset)
    one, two = (
        tables["objects"].filter(pa.compute.field("source_layer") == n) for n in ("one", "two")
    )
    boxes = [[r["bbox"]["xmin"] for r in t.to_pylist()] for t in (one, two)]
    assert boxes[0] == pytest.approx(boxes[1])


def test_a_database_in_write_ahead_mode_is_not_touched(tmp_path: Path) -> None:
    given = write(tmp_path / "a.gpkg", frame())
    with sqlite3.connect(given.file) as con:
        con.execute("PRAGMA journal_mode=WAL")
    con.close()
    before = {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    _, tables, _ = read(given)
    assert tables["objects"].num_rows == 3
    assert {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()} == before


def test_real_files(shared_data: Path, tmp_path: Path) -> None:
    gis = shared_data / "gis"
    for name, count in (
        ("geopandas-pyogrio/curve.gpkg", 1),
        ("Toblerity-Fiona/multicurve.gml", 1),
        ("mbloch-mapshaper/dbf/gbk.dbf", 1),
        ("geoparquet-geoparquet-io/crs-srid.parquet", 1),
        ("momepy/bubenec.gpkg", 730),
    ):
        shutil.copy(gis / name, tmp_path)
        asset, tables, options = read(source(tmp_path / Path(name).name))
        assert tables["objects"].num_rows == asset.counts["features"] == count
        assert options.problems == []
