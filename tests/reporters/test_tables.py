"""Forms that are tables and maps: real numbers, no formulas, places where they are."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pyarrow as pa
import pyogrio
import pytest
import shapely

from cimkit.model import LAKE
from cimkit.reporters import save, write

from .conftest import HOSTILE, RING, row, rows, verdict_of


def one(**more):
    found = row("ring", "fail", **{"path": "a.gml", **more})
    return verdict_of(pa.Table.from_pylist([found], schema=LAKE["findings"]))


def cells(verdict) -> list[dict[str, str]]:
    out = io.StringIO()
    write("csv", verdict, out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("＝1+1", "'＝1+1"),
        ("-0.5", "-0.5"),
        ("+1e-7", "+1e-7"),
        ("wall", "wall"),
        ("", ""),
    ],
)
def test_csv_runs_nothing_and_leaves_numbers(text: str, cell: str) -> None:
    assert cells(one(measured=text))[0]["measured"] == cell


def test_csv_begins_with_a_mark_and_keeps_every_character(verdict, tmp_path) -> None:
    save(verdict, tmp_path / "r.csv")
    data = (tmp_path / "r.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert cells(one(place='a "b", c\nd 甲'))[0]["place"] == 'a "b", c\nd 甲'
    assert {r["verdict"] for r in cells(verdict)} == {"rejected"}


def test_csv_of_nothing_has_its_header() -> None:
    out = io.StringIO()
    write("csv", verdict_of(LAKE["findings"].empty_table()), out)
    assert out.getvalue().startswith('"delivery_id","rule"')
    assert out.getvalue().count("\n") == 1


def sound_delivery():
    found = [row("ring", "pass", reason="passed")]
    return verdict_of(pa.Table.from_pylist(found, schema=LAKE["findings"]))


@pytest.mark.parametrize(
    "form",
    ["html", "json", "sarif", "xml", "xlsx", "csv", "parquet", "gpkg", "geojson", "bcf", "md"],
)
def test_a_delivery_without_fault_has_a_report_in_each_form(form: str, tmp_path) -> None:
    save(sound_delivery(), tmp_path / f"r.{form}", language="ja")
    assert (tmp_path / f"r.{form}").stat().st_size > 0


def test_workbook_has_numbers_and_texts_and_no_formula(verdict, tmp_path) -> None:
    save(verdict, tmp_path / "r.xlsx", language="zh")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    kinds = {c.data_type for s in book for line in s.iter_rows() for c in line}
    assert kinds == {"s", "n"}
    sheet = book["检查结果"]
    heads = [c.value for c in sheet[1]]
    first = dict(zip(heads, (c.value for c in sheet[2]), strict=True))
    assert (first["数量"], first["X (CRS84)"], first["实际值"]) == (1, 106.5, "-0.5 m")
    assert first["问题"] == "0.gml：环未闭合，差 0.5 米"
    assert sheet.auto_filter.ref
    assert sheet.freeze_panes == "A2"
    assert any(c.value == "=1+1" for line in sheet.iter_rows() for c in line)


def test_workbook_says_what_it_cannot_hold(verdict, tmp_path, monkeypatch) -> None:
    from cimkit.reporters import xlsx

    monkeypatch.setattr(xlsx, "LAST", 12)
    save(verdict, tmp_path / "r.xlsx", machine=tmp_path / "all.json")
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["Findings"]
    assert "Only the first 10 of 55 findings" in sheet["A1"].value
    assert "all.json" in sheet["A1"].value
    assert sheet.max_row == 12


def test_geopackage_has_places_and_parts_at_fault_and_styles(verdict, tmp_path) -> None:
    file = tmp_path / "r.gpkg"
    save(verdict, file, language="ja")
    points = pyogrio.read_dataframe(file, layer="places")
    assert len(points) == 52
    assert points.crs == "OGC:CRS84"
    assert list(shapely.get_coordinates(points.geometry.iloc[0], include_z=True)[0]) == [
        *(106.5, 29.5, 200.0)
    ]
    assert points.message.iloc[0] == "0.gml：環が 0.5 m 開いています"
    areas = pyogrio.read_dataframe(file, layer="areas_at_fault")
    assert len(areas) == 4
    assert shapely.equals(areas.geometry.iloc[0], shapely.MultiPolygon([RING]))
    lost = pyogrio.read_dataframe(file, layer="without_place")
    assert sorted(lost.rule) == ["t/hostile", "t/soft", "t/waived"]
    styles = pyogrio.read_dataframe(file, layer="layer_styles")
    assert list(styles.f_table_name) == ["places", "lines_at_fault", "areas_at_fault"]
    assert "エラー" in styles.styleQML.iloc[0]


def test_parts_of_every_kind_find_their_layer(tmp_path) -> None:
    shapes = [
        shapely.LineString([(1, 2, 3), (1, 2, 9)]),
        shapely.MultiPoint([(1, 2, 3), (1, 3, 3)]),
        shapely.GeometryCollection([shapely.Point(1, 2), shapely.box(0, 0, 1, 1)]),
    ]
    found = [
        row("ring", "fail", path="a", geometry=shapely.to_wkb(s, output_dimension=3))
        for s in shapes
    ]
    found.append(row("ring", "fail", path="a", geometry=b"\x01nonsense"))
    table = pa.Table.from_pylist(found, schema=LAKE["findings"])
    save(verdict_of(table), tmp_path / "r.gpkg")
    layers = {name: len(pyogrio.read_dataframe(tmp_path / "r.gpkg", layer=name)) for name in LAYERS}
    assert layers == {"places": 3, "lines_at_fault": 1, "areas_at_fault": 1, "without_place": 1}


LAYERS = ("places", "lines_at_fault", "areas_at_fault", "without_place")


def test_geojson_is_as_rfc_7946_wants_it(verdict) -> None:
    out = io.StringIO()
    write("geojson", verdict, out)
    plain = json.loads(out.getvalue())
    assert plain["type"] == "FeatureCollection"
    features = plain["features"]
    ring = features[0]["geometry"]["coordinates"][0]
    assert shapely.LinearRing(ring).is_ccw
    assert features[0]["properties"]["rule"] == "t/ring"
    kinds = {f["geometry"]["type"] if f["geometry"] else None for f in features}
    assert kinds == {"Polygon", "Point", None}
    assert plain["cimkit"]["verdict"] == "rejected"
    assert not shapely.LinearRing(RING.exterior.coords).is_ccw


def test_parquet_is_the_table_and_a_geoparquet(verdict, tmp_path) -> None:
    import geopandas as gpd
    import pyarrow.parquet as pq

    save(verdict, tmp_path / "r.parquet")
    table = pq.read_table(tmp_path / "r.parquet")
    assert table.replace_schema_metadata().equals(verdict.findings)
    frame = gpd.read_parquet(tmp_path / "r.parquet")
    assert frame.crs == "OGC:CRS84"
    assert sum(~frame.geometry.isna()) == 4


def test_a_name_of_any_kind_goes_through_all(tmp_path) -> None:
    assert HOSTILE in {r["path"] for r in rows()}
    for form in ("csv", "xlsx", "gpkg", "geojson", "parquet"):
        save(one(path=HOSTILE, layer=HOSTILE, place=HOSTILE), tmp_path / f"r.{form}")
    frame = pyogrio.read_dataframe(tmp_path / "r.gpkg", layer="without_place")
    assert frame.path.iloc[0] == HOSTILE
