"""Tables of text and workbooks: positions in three languages, codes, titles, odd cells."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders.vector.cells import sexagesimal

from .made import codes, properties, read, shapes, sniff


@pytest.mark.keeps("CSV", "geometry", "z", "attributes", "identity")
@pytest.mark.parametrize(
    "header",
    [
        "编号,经度,纬度,高程",
        "id,東経,北緯,標高",
        "code,Longitude,Latitude,Elevation",
        "id,lng,lat,z",
        "ID,东经(°),北纬(°),海拔",
        "id,stop_lon,stop_lat,elev",
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "txt", "dat"])
def test_positions_by_their_names(tmp_path: Path, header: str, suffix: str) -> None:
    file = tmp_path / f"a.{suffix}"
    file.write_text(f"{header}\n001,106.5,29.5,236.5\n002,106.6,29.6,240\n", encoding="utf-8")
    asset, rows = read(file)
    assert (asset.crs, asset.crs_origin) == ("OGC:CRS84", "assumed")
    assert [s.wkt for s in shapes(rows)] == [
        "POINT Z (106.5 29.5 236.5)",
        "POINT Z (106.6 29.6 240)",
    ]
    assert properties(rows)[0][header.split(",")[0]] == "001"  # a code keeps its zeros
    assert [r["source_key"] for r in rows["objects"]] == ["001", "002"]
    assert [r["place"] for r in rows["objects"]] == ["row 2", "row 3"]


@pytest.mark.keeps("CSV", "crs", "contradictions")
def test_metres_need_a_system(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("名称,横坐标,纵坐标\n井,500010,3270020\n", encoding="utf-8")
    asset, _ = read(file)
    assert "crs-missing" in codes(asset)
    asset, rows = read(file, crs="EPSG:4544")
    assert rows["objects"][0]["bbox"]["xmin"] == pytest.approx(105.0001, abs=1e-4)
    (tmp_path / "a.prj").write_text("EPSG:4544")
    assert read(file)[0].crs_origin == "declared"


_NAMES = {
    "big5": ("編號,名稱,經度,緯度", "路燈與人行道"),
    "gb18030": ("编号,名称,经度,纬度", "路灯与人行道㐂"),
    "cp932": ("番号,名称,経度,緯度", "街路灯と歩道"),
    "euc_jp": ("番号,名称,経度,緯度", "街路灯と歩道"),
    "cp949": ("번호,이름,lon,lat", "가로등과 보도"),
    "cp1252": ("Nr,Name,lon,lat", "Straße über Brücke"),
}


@pytest.mark.keeps("CSV", "text")
@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("gbk", "gb18030"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("big5", "big5"),
        ("gb18030", "gb18030"),
        ("utf-16-be", "utf-16-be"),
        ("cp932", "cp932"),
        ("euc_jp", "euc_jp"),
        ("cp949", "cp949"),
        ("cp1252", "cp1252"),
    ],
)
def test_any_encoding(tmp_path: Path, encoding: str, told: str) -> None:
    head, name = _NAMES.get(encoding, ("编号,名称,经度,纬度", "路灯与人行道"))
    text = f"{head}\nL1,{name},121.5,25.0\n"
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    asset, rows = read(tmp_path / "a.csv")
    assert asset.encoding == told
    assert asset.encoding_origin == "detected"
    assert name in properties(rows)[0].values()


@pytest.mark.keeps("CSV", "attributes", "geometry")
def test_separators_decimal_commas_and_titles_above(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "某市路灯普查表;;;\n2026年9月;;;\nid;Longitude;Latitude;Höhe\n1;106,5;29,5;8,25\n",
        encoding="utf-8",
    )
    asset, rows = read(tmp_path / "a.csv")
    assert shapes(rows)[0].wkt == "POINT (106.5 29.5)"
    assert properties(rows)[0]["Höhe"] == 8.25
    assert rows["objects"][0]["place"] == "row 4"
    (tmp_path / "b.tsv").write_text("x\ty\tname\n1\t2\t\n", encoding="utf-8")
    asset, rows = read(tmp_path / "b.tsv")
    assert asset.format == "TSV"
    assert properties(rows)[0]["name"] is None


@pytest.mark.keeps("CSV", "geometry", "exact", "crs")
def test_geometries_as_text(tmp_path: Path) -> None:
    cells = [
        '"LINESTRING Z (0 0 1, 1 1 2)"',
        '"SRID=4544;POINT (500000 3270000)"',
        "0101000000000000000000F03F0000000000000040",
        '"{""type"":""Point"",""coordinates"":[3,4]}"',
        '"no geometry"',
        "",
    ]
    text = "id,wkt\n" + "".join(f"{i},{c}\n" for i, c in enumerate(cells))
    (tmp_path / "a.csv").write_text(text)
    asset, rows = read(tmp_path / "a.csv")
    assert [s.wkt for s in shapes(rows)] == [
        "LINESTRING Z (0 0 1, 1 1 2)",
        "POINT (500000 3270000)",
        "POINT (1 2)",
        "POINT (3 4)",
    ]
    assert asset.crs == "EPSG:4544"
    assert {"position-unreadable", "geometry-missing"} <= codes(asset)


def test_degrees_minutes_seconds_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "id,经度,纬度\n1,106°30'36\"E,29°30′0″N\n2,nowhere,29.5\n", encoding="utf-8"
    )
    asset, rows = read(tmp_path / "a.csv")
    assert shapes(rows)[0].wkt == "POINT (106.51 29.5)"
    assert {"coordinates-sexagesimal", "position-unreadable"} <= codes(asset)
    assert sexagesimal("106°61'00\"") is None
    assert sexagesimal("西経 12度30分") == -12.5


@pytest.mark.keeps("CSV", "damage", "contradictions")
def test_rows_that_do_not_fit_and_columns_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,x,y,v,v\n1,2,3,a,b\n2,3\n3,4,5,c,d,e\n4,5,6,,\n")
    asset, rows = read(tmp_path / "a.csv")
    assert {"row-unreadable", "columns-renamed"} <= codes(asset)
    assert properties(rows) == [
        {"id": 1, "x": 2, "y": 3, "v": "a", "v_2": "b"},
        {"id": 4, "x": 5, "y": 6, "v": None, "v_2": None},
    ]


def test_numbers_are_numbers_only_where_all_are(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "x,y,whole,real,code,mixed,long,day\n1,2,3,1.50,010,5,12345678901234567890,2026/9/1\n"
        "1,2,-4,2e3,11,a,1,1.9.2026\n"
    )
    _, rows = read(tmp_path / "a.csv")
    first = properties(rows)[0]
    assert (first["whole"], first["real"], first["code"]) == (3, 1.5, "010")
    assert (first["mixed"], first["long"]) == ("5", "12345678901234567890")
    assert first["day"] == "2026/9/1"


def test_what_is_no_layer(tmp_path: Path) -> None:
    for name, text in (
        ("poses.csv", "image,lon,lat\n1.jpg,1,2\n"),
        ("names.csv", "id,name\n1,a\n"),
        ("prose.txt", "x, y and z are axes\nas you know, they are three\n"),
    ):
        (tmp_path / name).write_text(text)
        assert sniff(tmp_path / name) == 0, name
    (tmp_path / "none.csv").write_text("id,lon,lat\n1,a,b\n")
    with pytest.raises(SourceUnreadable, match="no row"):
        read(tmp_path / "none.csv")


@pytest.mark.keeps("XLSX", "geometry", "attributes", "text", "crs")
def test_workbooks_with_titles_sheets_and_typed_cells(tmp_path: Path) -> None:
    import datetime

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "路灯"
    sheet.append(["某市路灯普查表"])
    sheet.merge_cells("A1:D1")
    sheet.append(["编号", "经度", "纬度", "安装日期", "亮", "编号"])
    sheet.append(["001", 106.5, 29.5, datetime.date(2026, 9, 1), True, 5])
    sheet.append(["002", "106.6", 29.6, None, False, 6.5])
    other = book.create_sheet("单位")
    other.append(["代码", "名称"])
    other.append(["A1", "路灯所"])
    book.create_sheet("空")
    book.save(tmp_path / "a.xlsx")
    asset, rows = read(tmp_path / "a.xlsx")
    assert [(x.name, x.features, x.geometry_type) for x in asset.layers] == [
        ("路灯", 2, "Point"),
        ("单位", 1, ""),
    ]
    assert [s.wkt for s in shapes(rows)] == ["POINT (106.5 29.5)", "POINT (106.6 29.6)"]
    first = properties(rows)[0]
    assert first["编号"] == "001"
    assert first["安装日期"].startswith("2026-09-01")
    assert (first["亮"], first["编号_2"]) == (True, 5.0)
    assert rows["objects"][0]["place"] == "row 3"
    assert asset.crs == "OGC:CRS84"


def test_workbooks_that_are_no_layers(tmp_path: Path) -> None:
    for name, row, below in (
        ("sheet", ["glob", "crs", "easting", "northing"], ["x", "y", 1, 2]),
        ("paper", ["a", "b"], ["x", "y", 1, 2]),
        ("functions", ["x", "y"], ["SUM", "ABS"]),
    ):
        book = openpyxl.Workbook()
        assert book.active is not None
        book.active.append(row)
        book.active.append(below)
        book.save(tmp_path / f"{name}.xlsx")
        assert sniff(tmp_path / f"{name}.xlsx") == 0


@pytest.mark.keeps("ODS", "geometry", "attributes")
def test_open_document_sheets(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyogrio

    table = pa.table({"编号": ["L1", "L2"], "经度": [106.5, 106.6], "纬度": [29.5, 29.6]})
    pyogrio.raw.write_arrow(table, tmp_path / "a.ods", driver="ODS")
    asset, rows = read(tmp_path / "a.ods")
    assert asset.format == "ODS"
    assert [s.wkt for s in shapes(rows)] == ["POINT (106.5 29.5)", "POINT (106.6 29.6)"]
    assert properties(rows)[1]["编号"] == "L2"


@pytest.mark.keeps("XLSX", "damage")
def test_broken_workbooks_are_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["lon", "lat"])
    book.active.append([1, 2])
    book.save(tmp_path / "a.xlsx")
    data = (tmp_path / "a.xlsx").read_bytes()
    for n in range(1, 10):
        (tmp_path / "b.xlsx").write_bytes(data[: len(data) * n // 10])
        if sniff(tmp_path / "b.xlsx"):
            with pytest.raises(SourceUnreadable):
                read(tmp_path / "b.xlsx")
