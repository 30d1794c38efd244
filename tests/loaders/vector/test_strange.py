"""Files of strangers: what they hold that the usual programs do not write."""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyproj
import pytest
import shapely

from cimkit.loaders import Head, pointcloud
from cimkit.loaders import vector as loader
from cimkit.loaders._layers import rows as of_layers
from cimkit.loaders._layers.shapes import Oddities
from cimkit.loaders.vector import rowstream

from .made import codes, frame, properties, read, write


@pytest.mark.keeps("GML", "attributes", "identity")
def test_a_property_that_comes_several_times(tmp_path: Path) -> None:
    file = tmp_path / "stations.gml"
    file.write_text(
        '<c:FeatureCollection xmlns:c="http://www.opengis.net/gml" '
        'xmlns:gml="http://www.opengis.net/gml" xmlns:a="urn:a">'
        '<gml:featureMember><a:S gml:id="s1"><a:name>Kumpula</a:name><a:name>100971</a:name>'
        '<a:pos><gml:Point srsName="EPSG:4326"><gml:coordinates>24.9,60.2</gml:coordinates>'
        "</gml:Point></a:pos></a:S></gml:featureMember></c:FeatureCollection>"
    )
    _, rows = read(file)
    assert rows["objects"][0]["name"] == "Kumpula; 100971"
    assert rows["objects"][0]["source_key"] == "s1"
    assert properties(rows)[0]["name"] == ["Kumpula", "100971"]


def test_a_list_is_no_key(tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    features = [
        {"type": "Feature", "properties": {"code": ["a", str(i)]}, "geometry": None}
        for i in range(3)
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    asset, rows = read(file)
    assert asset.layers[0].key_field is None
    assert properties(rows)[2]["code"] == ["a", "2"]


@pytest.mark.keeps("GeoJSON", "exact", "damage")
def test_rings_that_are_not_closed_are_told_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    sound = [[[0, 0], [1, 0], [1, 1], [0, 0]]]
    cut = [[0, 0], [1, 0], [1, 1], [0, 1]]
    shapes = [
        {"type": "Polygon", "coordinates": [cut]},
        {"type": "Polygon", "coordinates": sound},
        {"type": "MultiPolygon", "coordinates": [sound, [[[x + 5, y] for x, y in cut]]]},
    ]
    features = [{"type": "Feature", "properties": {}, "geometry": s} for s in shapes]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    asset, rows = read(file)
    told = next(p for p in asset.problems if p.code == "ring-not-closed")
    assert told.place.endswith("row 1, row 3")
    assert told.message.startswith("2 geometries")
    assert rows["geometries"][0]["wkb"] == struct.pack(
        "<BIII8d", 1, 3, 1, 4, *(float(v) for p in cut for v in p)
    )
    assert shapely.from_wkb(rows["objects"][0]["geometry"]).is_valid


@pytest.mark.parametrize("dimensions", ["xy", "xyz", "xym", "xyzm"])
def test_closed_rings_are_no_problem(tmp_path: Path, dimensions: str) -> None:
    extra = " 7" * (len(dimensions) - 2)
    ring = ", ".join(f"{x} {y}{extra}" for x, y in ((0, 0), (9, 0), (9, 9), (0, 0)))
    hole = ", ".join(f"{x} {y}{extra}" for x, y in ((5, 1), (6, 1), (6, 2), (5, 1)))
    tag = dimensions[2:].upper()
    wkt = [f"POLYGON {tag} (({ring}), ({hole}))", f"MULTIPOLYGON {tag} ((({ring}), ({hole})))"]
    shapes = np.array([*map(shapely.from_wkt, wkt), None, shapely.Point(1, 2)])
    odd = Oddities("a")
    wkb = pa.array(list(shapely.to_wkb(shapes, flavor="iso")), pa.binary())
    odd.look(wkb, shapes, np.zeros(4, bool), 1)
    assert {p.code for p in odd.problems()} == {"geometry-missing"}


@pytest.mark.keeps("FlatGeobuf", "damage")
@pytest.mark.parametrize("index", ["YES", "NO"])
def test_rows_before_the_cut_of_a_flatgeobuf_are_read(tmp_path: Path, index: str) -> None:
    names = [f"{i:03}" for i in range(60)]
    whole = write(tmp_path / "whole.fgb", frame(编号=names), SPATIAL_INDEX=index).read_bytes()
    file = tmp_path / "cut.fgb"
    file.write_bytes(whole[: len(whole) * 3 // 4])
    asset, rows = read(file)
    assert {"read-stopped", "row-count-differs"} <= codes(asset)
    assert 30 <= len(rows["objects"]) < 60


def test_asterisks_in_numbers_are_no_loss_for_sure(tmp_path: Path) -> None:
    file = write(tmp_path / "a.shp", frame(n=[11, 12, 13]))
    table = tmp_path / "a.dbf"
    table.write_bytes(table.read_bytes().replace(b"       12", b"*********"))
    asset, rows = read(file)
    told = next(p for p in asset.problems if p.code == "number-overflow")
    assert told.severity == "info"
    assert [p["n"] for p in properties(rows)] == [11, None, 13]


@pytest.mark.parametrize(
    ("text", "vector", "cloud"),
    [
        ("shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n{}", True, False),
        ("from_stop_id,to_stop_id,transfer_type,min_transfer_time\n{}", False, False),
        ("{}", False, True),
    ],
)
def test_timetables_are_no_clouds_of_points(
    tmp_path: Path, text: str, vector: bool, cloud: bool
) -> None:
    lines = "".join(f"11000{i % 7},-16.{i},145.{i},{i}\n" for i in range(10, 40))
    start = text.format(lines).encode()
    head = Head(tmp_path / "shapes.txt", "shapes.txt", start)
    scores = loader.sniff(head), pointcloud.sniff(head)
    assert (scores[0] > scores[1], scores[1] > 0) == (vector, cloud)


@pytest.mark.keeps("GPX", "z", "time", "vertical")
def test_heights_and_times_of_a_gpx(tmp_path: Path) -> None:
    file = tmp_path / "walk.gpx"
    point = (
        '<{0} lat="30.{1}" lon="104.1"><ele>51{1}.5</ele><time>2024-05-01T02:03:0{1}Z</time></{0}>'
    )
    file.write_text(
        '<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
        + point.format("wpt", 1)
        + '<wpt lat="30.6" lon="104.1"><name>乙</name></wpt><trk><name>t</name><trkseg>'
        + point.format("trkpt", 1)
        + point.format("trkpt", 2)
        + "</trkseg></trk></gpx>",
        encoding="utf-8",
    )
    asset, rows = read(file)
    assert "vertical-datum-unknown" in codes(asset)
    first, second, *others = rows["objects"]
    assert (first["z_min"], second["z_min"]) == (511.5, None)
    assert first["observed"] == datetime(2024, 5, 1, 2, 3, 1, tzinfo=UTC)
    assert second["observed"] is None
    track = next(r for r in others if r["source_layer"] == "tracks")
    assert (track["z_min"], track["z_max"]) == (511.5, 512.5)
    assert json.loads(first["properties"])["ele"] == 511.5


@pytest.mark.keeps("KML", "time")
def test_times_of_placemarks(tmp_path: Path) -> None:
    file = tmp_path / "a.kml"
    mark = "<Placemark>{}<Point><coordinates>104,30</coordinates></Point></Placemark>"
    said = [
        "<TimeStamp><when>2024-05</when></TimeStamp>",
        "<TimeSpan><begin>1997-07-16T10:30:15+03:00</begin><end>2001</end></TimeSpan>",
        "",
    ]
    file.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        + "".join(map(mark.format, said))
        + "</Document></kml>"
    )
    rows = read(file)[1]["objects"]
    assert [r["observed"] for r in rows] == [datetime(2024, 5, 1, tzinfo=UTC), None, None]
    assert rows[1]["valid_from"] == datetime(1997, 7, 16, 7, 30, 15, tzinfo=UTC)
    assert [r["valid_to"] for r in rows] == [None, datetime(2001, 1, 1, tzinfo=UTC), None]
    declared = read(file, observed="2025-01-01")[1]["objects"]
    assert {r["observed"] for r in declared} == {datetime(2025, 1, 1, tzinfo=UTC)}


@pytest.mark.keeps("OSM", "time")
def test_times_of_osm(tmp_path: Path) -> None:
    file = tmp_path / "a.osm"
    file.write_text(
        '<osm version="0.6"><node id="1" lat="30" lon="104" version="2" '
        'timestamp="2009-09-19T22:02:42Z"><tag k="amenity" v="cafe"/>'
        '<tag k="start_date" v="1930"/></node></osm>'
    )
    row = read(file)[1]["objects"][0]
    assert row["observed"] == datetime(2009, 9, 19, 22, 2, 42, tzinfo=UTC)
    assert row["valid_from"] == datetime(1930, 1, 1, tzinfo=UTC)
    assert row["valid_to"] is None


@pytest.mark.keeps("GeoParquet", "geometry")
def test_parquets_own_geometry_type_is_metadata_enough(shared_data: Path) -> None:
    asset, rows = read(shared_data / "gis/geoparquet-geoparquet-io/fields_pgo_5070_snappy.parquet")
    assert asset.crs == "EPSG:5070"
    assert "geoparquet-metadata-missing" not in codes(asset)
    assert len(rows["geometries"]) == 100


def test_a_crs_in_the_metadata_of_the_file(tmp_path: Path) -> None:
    from cimkit.loaders.vector.parquet import native_crs

    metadata = {b"projjson_epsg_5070": pyproj.CRS("EPSG:5070").to_json().encode()}
    assert pyproj.CRS(native_crs("projjson:projjson_epsg_5070", metadata)).to_epsg() == 5070
    assert native_crs("projjson:other", metadata) == "projjson:other"
    assert native_crs("EPSG:4490", metadata) == "EPSG:4490"


def test_a_matrix_is_no_cloud(tmp_path: Path) -> None:
    row = " ".join(f"{i / 7:.3f}" for i in range(100))
    start = "\n".join([row] * 100).encode()
    assert pointcloud.sniff(Head(tmp_path / "w.txt", "w.txt", start)) == 0


@pytest.mark.keeps("GML", "damage")
def test_rows_before_the_cut_of_a_gml_are_read(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.gml", frame(n=list(range(40)))).read_bytes()
    file = tmp_path / "cut.gml"
    file.write_bytes(whole[: len(whole) * 3 // 4])
    asset, rows = read(file)
    assert "xml-broken" in codes(asset)
    assert 25 < len(rows["objects"]) < 40
    assert "xml-broken" not in codes(read(tmp_path / "whole.gml")[0])


def test_a_cut_database_is_no_document(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.sqlite", SPATIALITE="YES").read_bytes()
    head = Head(tmp_path / "b.sqlite", "b.sqlite", whole[:2000])
    head.file.write_bytes(whole[: len(whole) // 3])
    assert loader.sniff(head) > 0


@pytest.mark.keeps("GeoJSON", "contradictions")
@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "parquet"])
@pytest.mark.parametrize("shape", [shapely.Point(29.5, 106.5), shapely.Point(500_000, 3.2e6)])
def test_one_row_out_of_range_costs_no_other_its_place(
    tmp_path: Path, suffix: str, shape: shapely.Point
) -> None:
    points = [*(shapely.Point(106.5 + i / 100, 29.5) for i in range(39)), shape]
    data = gpd.GeoDataFrame({"n": range(40)}, geometry=points, crs="EPSG:4326")
    file = tmp_path / f"a.{suffix}"
    data.to_parquet(file) if suffix == "parquet" else write(file, data)
    asset, rows = read(file)
    told = next(p for p in asset.problems if p.code == "position-out-of-range")
    assert told.place == "a: row 40"
    assert asset.bbox == pytest.approx((106.5, 29.5, 106.88, 29.5))
    origins = [r["position_origin"] for r in rows["objects"]]
    assert origins == ["file"] * 39 + ["none"]
    assert rows["objects"][39]["bbox"] is None


@pytest.mark.parametrize("cells", [2, 12, 10**6])
def test_rows_with_thousands_of_fields_come_in_smaller_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: int
) -> None:
    """A field for every tag makes more nulls than rows; JSON of all at once would not fit."""
    made: list[int] = []
    own = of_layers.json_objects

    def counted(batch: pa.RecordBatch, *given: Any) -> pa.Array:
        made.append(batch.num_rows)
        return own(batch, *given)

    monkeypatch.setattr(of_layers, "_CELLS", cells)
    monkeypatch.setattr(rowstream, "_CELLS", cells)
    monkeypatch.setattr(of_layers, "json_objects", counted)
    file = write(tmp_path / "a.gpkg", frame(a=list(range(9)), b=["x"] * 9))
    _, rows = read(file)
    assert [r["place"] for r in rows["objects"]] == [f"row {n}" for n in range(1, 10)]
    assert [p["a"] for p in properties(rows)] == list(range(9))
    assert max(made) == min(9, max(1, cells // 3))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.geojson", '{"type": "FeatureCollection", "features": []}'),
        (
            "a.gml",
            '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" '
            'xmlns:gml="http://www.opengis.net/gml/3.2" numberReturned="0"/>',
        ),
    ],
)
def test_a_collection_of_nothing_is_a_source_of_nothing(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    asset, rows = read(tmp_path / name)
    assert [layer.features for layer in asset.layers] == [0]
    assert not rows
