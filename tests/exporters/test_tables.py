from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cimkit.errors import ExportError, QueryError, UsageError
from cimkit.exporters import export, table_text, write_table


def sample() -> pa.Table:
    shapes = [shapely.Point(106.5, 29.57), None, shapely.box(106.5, 29.5, 106.6, 29.6)]
    return pa.table(
        {
            "name": ["路灯", None, "公園"],
            "n": [1, 2, None],
            "tags": [{"a": 1}, None, {"a": 2}],
            "geometry": pa.array([None if s is None else shapely.to_wkb(s) for s in shapes]),
        }
    )


def test_geoparquet_says_what_it_is(city: Any, tmp_path: Path) -> None:
    report = export(city, "geoparquet", tmp_path / "city.parquet", where="kind = 'gis'")
    frame = gpd.read_parquet(tmp_path / "city.parquet")
    assert len(frame) == report.counts["gis"] == 9
    assert frame.crs.to_string() == "OGC:CRS84"
    geo = json.loads(pq.read_schema(tmp_path / "city.parquet").metadata[b"geo"])
    said = geo["columns"]["geometry"]
    assert geo["version"] == "1.1.0"
    assert said["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    assert "crs" not in said  # none said means CRS84
    assert set(said["geometry_types"]) == set(frame.geometry.dropna().geom_type)
    near = gpd.read_parquet(tmp_path / "city.parquet", bbox=(106.5, 29.57, 106.50001, 29.57001))
    assert 0 < len(near) < 9


def test_failed_export_leaves_what_was_there(city: Any, tmp_path: Path) -> None:
    out = tmp_path / "city.gpkg"
    export(city, "gpkg", out)
    before = out.read_bytes()
    with pytest.raises(ExportError, match="no object"):
        export(city, "gpkg", out, where="false")
    with pytest.raises(QueryError):
        export(city, "gpkg", out, where="no_such_column = 1")
    assert out.read_bytes() == before
    assert [f.name for f in tmp_path.iterdir()] == ["city.gpkg"]


@pytest.mark.parametrize("form", ["gpkg", "geoparquet"])
def test_a_foreign_file_is_left_alone(city: Any, tmp_path: Path, form: str) -> None:
    out = tmp_path / "thesis.doc"
    out.write_text("three years of work")
    with pytest.raises(ExportError, match="something else"):
        export(city, form, out)
    assert out.read_text() == "three years of work"


def test_an_export_of_secrets_alone_says_so(city: Any, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="1 withheld, access secret"):
        export(city, "gpkg", tmp_path / "x.gpkg", where="access = 'secret'")
    with pytest.raises(ExportError, match="1 withheld, access secret"):
        export(city, "3dtiles", tmp_path / "x", where="access = 'secret'")


def test_where_cannot_break_out_of_its_brackets(city: Any, tmp_path: Path) -> None:
    with pytest.raises(QueryError):
        export(city, "gpkg", tmp_path / "x.gpkg", where="true); DROP TABLE objects; --")


@pytest.mark.parametrize("form", ["gpkg", "geojson", "parquet"])
def test_table_with_geometry_reads_back(tmp_path: Path, form: str) -> None:
    out = tmp_path / f"a.{form}"
    write_table(sample(), out, form)
    frame = gpd.read_parquet(out) if form == "parquet" else gpd.read_file(out)
    assert frame["name"].tolist()[0] == "路灯"
    assert frame.geometry.iloc[0].equals(shapely.Point(106.5, 29.57))
    assert frame.geometry.iloc[1] is None
    assert frame.geometry.iloc[2].area == pytest.approx(0.01)


def test_table_formats_of_text(tmp_path: Path) -> None:
    write_table(sample(), tmp_path / "a.csv", "csv")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    back = pyarrow.csv.read_csv(tmp_path / "a.csv")
    assert back["geometry"][0].as_py() == "POINT (106.5 29.57)"
    assert json.loads(back["tags"][0].as_py()) == {"a": 1}
    rows = json.loads(table_text(sample(), "json"))
    assert rows[2]["name"] == "公園"
    assert json.loads(table_text(sample(), "geojson"))["features"][0]["properties"]["n"] == 1
    with pytest.raises(UsageError, match="is no text"):
        table_text(sample(), "xlsx")


def test_workbook(tmp_path: Path) -> None:
    table = sample().append_column("formula", pa.array(["=1+1", "a\x07b", None]))
    write_table(table, tmp_path / "a.xlsx", "xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("name", "n", "tags", "geometry", "formula")
    assert rows[1][0] == "路灯"
    # A text stays a text: what a stranger wrote is never calculated.
    assert sheet["E2"].data_type == "s"
    assert rows[2][4] == "ab"
    long = pa.table({"t": ["x" * 40_000]})
    with pytest.raises(UsageError, match="too long"):
        write_table(long, tmp_path / "b.xlsx", "xlsx")
    assert not (tmp_path / "b.xlsx").exists()


def test_formats_that_need_a_geometry_say_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs a geometry"):
        write_table(pa.table({"a": [1]}), tmp_path / "a.gpkg", "gpkg")
    with pytest.raises(UsageError, match="no such format"):
        write_table(pa.table({"a": [1]}), tmp_path / "a.dwg", "dwg")
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90), st.text()), max_size=20))
def test_any_points_and_texts_survive_geoparquet(
    tmp_path_factory: pytest.TempPathFactory, given_: list[tuple[float, float, str]]
) -> None:
    table = pa.table(
        {
            "t": pa.array([t.encode("utf-8", "replace").decode() for *_, t in given_], pa.string()),
            "geometry": pa.array(
                [shapely.to_wkb(shapely.Point(x, y)) for x, y, _ in given_], pa.binary()
            ),
        }
    )
    out = tmp_path_factory.mktemp("t") / "a.parquet"
    write_table(table, out, "parquet")
    back = pq.read_table(out)
    assert back["t"].to_pylist() == table["t"].to_pylist()
    assert back["geometry"].to_pylist() == table["geometry"].to_pylist()
    assert [b["xmin"] for b in back["bbox"].to_pylist()] == [x for x, *_ in given_]
