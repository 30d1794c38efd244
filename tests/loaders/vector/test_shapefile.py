"""Shapefiles: parts that lack, lie or are spelt oddly; encodings; exact geometry."""

from __future__ import annotations

import datetime
import struct
from pathlib import Path

import pyarrow as pa
import pyogrio.raw
import pytest
import shapely

from .made import TIN, codes, frame, listing, properties, read, shapes, write


def dbf(file: Path) -> bytearray:
    return bytearray(file.with_suffix(".dbf").read_bytes())


@pytest.mark.keeps("Shapefile", "geometry", "attributes", "crs", "identity")
def test_all_of_it_is_kept(tmp_path: Path) -> None:
    asset, rows = read(write(tmp_path / "a.shp", frame(编号=["001", "002"], 高=[1.5, -2.0])))
    assert asset.crs == "EPSG:4544"
    assert properties(rows) == [{"编号": "001", "高": 1.5}, {"编号": "002", "高": -2.0}]
    assert [r["source_key"] for r in rows["objects"]] == ["001", "002"]
    assert shapes(rows)[1].bounds == (500_050, 3_270_000, 500_060, 3_270_020)
    assert codes(asset) == set()


@pytest.mark.keeps("Shapefile", "damage")
@pytest.mark.parametrize("lie", ["missing", "short", "shifted"])
def test_the_index_is_made_anew_in_a_scratch_folder(tmp_path: Path, lie: str) -> None:
    file = write(tmp_path / "a.shp")
    index = tmp_path / "a.shx"
    raw = index.read_bytes()
    if lie == "missing":
        index.unlink()
    elif lie == "short":
        index.write_bytes(raw[:-8])
    else:
        index.write_bytes(raw[:100] + struct.pack(">ii", 60, 10) + raw[108:])
    before = listing(tmp_path)
    asset, rows = read(file)
    assert codes(asset) == {"shx-missing" if lie == "missing" else "shx-contradiction"}
    assert len(shapes(rows)) == 3
    assert shapes(rows)[2].bounds[0] == 500_100
    assert asset.layers[0].name == "a"
    assert listing(tmp_path) == before


@pytest.mark.keeps("Shapefile", "damage")
def test_a_file_cut_short_gives_what_is_there(tmp_path: Path) -> None:
    file = write(tmp_path / "a.shp")
    file.write_bytes(file.read_bytes()[:-40])
    asset, rows = read(file)
    assert {"shx-contradiction", "shp-truncated"} <= codes(asset)
    assert len(rows["geometries"]) == 2


@pytest.mark.keeps("Shapefile", "contradictions")
@pytest.mark.parametrize("rows_there", [1, 5])
def test_shapes_and_rows_that_disagree(tmp_path: Path, rows_there: int) -> None:
    file = write(tmp_path / "a.shp", frame(编号=["001", "002", "003"]))
    data = dbf(file)
    _, head, size = struct.unpack_from("<IHH", data, 4)
    row = bytes(data[head : head + size])
    struct.pack_into("<I", data, 4, rows_there)
    file.with_suffix(".dbf").write_bytes(bytes(data[:head]) + row * rows_there)
    before = listing(tmp_path)
    asset, rows = read(file)
    assert "record-count-contradiction" in codes(asset)
    assert len(rows["objects"]) == len(rows["geometries"]) == 3
    assert properties(rows)[0] == {"编号": "001"}
    assert listing(tmp_path) == before


@pytest.mark.keeps("Shapefile", "contradictions")
def test_deleted_rows_numbers_that_do_not_fit_and_no_dates(tmp_path: Path) -> None:
    day = datetime.date(2026, 1, 2)
    point = shapely.Point(1, 2).wkb
    table = pa.table({"n": [1, 2, 3], "d": [day] * 3, "g": pa.array([point] * 3)})
    file = tmp_path / "a.shp"
    pyogrio.raw.write_arrow(table, file, geometry_name="g", geometry_type="Point", crs="EPSG:4490")
    raw = dbf(file)
    _, head, size = struct.unpack_from("<IHH", raw, 4)
    names = [bytes(raw[at : at + 1]) for at in (32, 64)]
    widths = [raw[32 + 16], raw[64 + 16]]
    assert names == [b"n", b"d"]
    raw[head] = 0x2A
    raw[head + size + 1 : head + size + 1 + widths[0]] = b"*" * widths[0]
    at = head + size + 1 + widths[0]
    raw[at : at + 8] = b"20261399"
    file.with_suffix(".dbf").write_bytes(raw)
    asset, rows = read(file)
    assert {"rows-deleted", "number-overflow", "date-invalid"} <= codes(asset)
    assert asset.counts["features"] == len(rows["objects"]) == 2
    assert properties(rows)[0]["n"] is None
    assert properties(rows)[1]["n"] == 3


@pytest.mark.keeps("Shapefile", "geometry")
@pytest.mark.parametrize("spelling", [str.upper, str.capitalize])
def test_suffixes_in_any_case(tmp_path: Path, spelling: type[str]) -> None:
    write(tmp_path / "a.shp")
    for part in list(tmp_path.iterdir()):
        part.rename(tmp_path / f"road.{spelling(part.suffix[1:])}")
    asset, rows = read(tmp_path / f"road.{spelling('shp')}")
    assert codes(asset) == set()
    assert properties(rows)[2]["名称"] == "三"
    assert asset.layers[0].name == "road"


def test_a_shapefile_without_table_or_projection(tmp_path: Path) -> None:
    file = write(tmp_path / "a.shp")
    (tmp_path / "a.dbf").unlink()
    (tmp_path / "a.prj").unlink()
    asset, rows = read(file)
    assert {"dbf-missing", "crs-missing"} <= codes(asset)
    assert len(rows["geometries"]) == 3


@pytest.mark.keeps("Shapefile", "text")
@pytest.mark.parametrize(
    ("claim", "encoding", "text"),
    [
        ("ANSI 936", "gbk", "建国路"),
        ("gbk", "gbk", "人民大街"),
        ("54936", "gb18030", "渝中区"),
        ("SHIFT-JIS", "cp932", "横浜市"),
        ("cp932", "cp932", "神奈川県"),
        ("EUC-KR", "cp949", "강남구"),
        ("949", "cp949", "테헤란로"),
        ("Big-5", "big5", "臺北市"),
        ("UTF8", "utf-8", "重庆"),
        ("UTF-8\r\n", "utf-8", "重庆"),
        ("88591", "latin-1", "Straße"),
        ("OEM", "gbk", "建国路与人民大街"),
    ],
)
def test_code_pages_in_the_spellings_of_the_wild(
    tmp_path: Path, claim: str, encoding: str, text: str
) -> None:
    file = write(tmp_path / "a.shp", frame(name=["QQQQQQQQQQQQQQQQ", "x", "y"]), encoding="UTF-8")
    raw = dbf(file)
    raw[29] = 0
    given = text.encode(encoding).ljust(16)
    file.with_suffix(".dbf").write_bytes(bytes(raw).replace(b"Q" * 16, given))
    (tmp_path / "a.cpg").write_bytes(claim.encode())
    asset, rows = read(file)
    assert properties(rows)[0]["name"] == text
    assert asset.encoding_origin == ("detected" if claim == "OEM" else "declared")


@pytest.mark.keeps("Shapefile", "text")
def test_fields_cut_within_a_character(tmp_path: Path) -> None:
    """A field that is full, and the name of one, may end with half a character."""
    file = write(tmp_path / "a.shp", frame(abcdefghij=["Q" * 80, "Q" * 80]), encoding="UTF-8")
    (tmp_path / "a.cpg").unlink()
    raw = dbf(file)
    raw[29] = 0
    text = ("a" + "建设用地规划" * 7).encode("gbk")[:80]
    name = "土地使用权面积".encode("gbk")[:10]
    data = bytes(raw).replace(b"Q" * 80, text).replace(b"abcdefghij", name)
    file.with_suffix(".dbf").write_bytes(data)
    asset, rows = read(file)
    assert (asset.encoding, asset.encoding_origin) == ("gb18030", "detected")
    (key, value), *_ = properties(rows)[0].items()
    assert key.startswith("土地使用")
    assert value.startswith("a建设用地")


@pytest.mark.keeps("Shapefile", "exact", "z")
def test_m_values_and_triangles_stay_as_they_are(tmp_path: Path, shared_data: Path) -> None:
    table = pa.table({"id": ["a"], "g": pa.array([TIN])})
    file = tmp_path / "t.shp"
    pyogrio.raw.write_arrow(
        table, file, geometry_name="g", geometry_type="Unknown", crs="EPSG:4544"
    )
    _, rows = read(file)
    assert rows["geometries"][0]["wkb"] == TIN
    assert rows["geometries"][0]["geometry_type"] == "TIN Z"
    assert (rows["objects"][0]["z_min"], rows["objects"][0]["z_max"]) == (0, 2)
    _, rows = read(shared_data / "gis" / "debian-r-cran-sf" / "storms_xyzm.shp")
    assert rows["geometries"][0]["geometry_type"] == "LineString M"
    first = shapely.get_coordinates(shapes(rows)[0], include_m=True)[0]
    assert first == pytest.approx([-50.8, 20.1, 1011])


@pytest.mark.keeps("Shapefile", "text")
@pytest.mark.parametrize("claim", ["ISO-8859-1", "1252", ""])
def test_a_few_letters_do_not_outweigh_what_is_declared(tmp_path: Path, claim: str) -> None:
    """Three bytes could be one and a half Chinese characters, were the field not padded."""
    file = write(tmp_path / "a.shp", frame(name=["QQQQQQ", "x"]), encoding="UTF-8")
    raw = dbf(file)
    raw[29] = 0 if claim else 0x57
    text = "äöü".encode("cp1252").ljust(6)
    file.with_suffix(".dbf").write_bytes(bytes(raw).replace(b"QQQQQQ", text))
    (tmp_path / "a.cpg").write_text(claim)
    asset, rows = read(file)
    assert properties(rows)[0]["name"] == "äöü"
    assert asset.encoding_origin == "declared"


@pytest.mark.keeps("Shapefile", "damage")
def test_a_table_that_is_none_costs_no_shapes(tmp_path: Path) -> None:
    file = write(tmp_path / "a.shp")
    whole = dbf(file)
    file.with_suffix(".dbf").write_bytes(b"\x03" + bytes(80))
    asset, rows = read(file)
    assert "dbf-unreadable" in codes(asset)
    assert len(shapes(rows)) == 3
    # what a text mode made of the mark behind the fields
    end = struct.unpack_from("<H", whole, 8)[0] - 1
    whole[end] = 0x0A
    file.with_suffix(".dbf").write_bytes(whole)
    asset, rows = read(file)
    assert codes(asset) == set()
    assert properties(rows)[2]["名称"] == "三"


def test_gaps_that_editing_leaves_are_no_damage(tmp_path: Path) -> None:
    file = write(tmp_path / "a.shp")
    index = file.with_suffix(".shx")
    raw, rows = bytearray(file.read_bytes()), index.read_bytes()
    first = raw[100 : 108 + 2 * struct.unpack_from(">i", raw, 104)[0]]
    entry = struct.pack(">ii", len(raw) // 2, len(first) // 2 - 4)  # moved behind the others
    file.write_bytes(bytes(raw) + bytes(first))
    index.write_bytes(rows[:100] + entry + rows[108:])
    asset, _ = read(file)
    assert codes(asset) == set()


@pytest.mark.keeps("Shapefile", "crs")
@pytest.mark.parametrize("name", ["北京54", "\xff\xfe"])
def test_a_prj_whose_names_are_no_utf8(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / "a.shp", encoding="UTF-8")
    prj = tmp_path / "a.prj"
    encoded = name.encode("gbk" if name.startswith("北") else "latin-1")
    text = prj.read_bytes()
    prj.write_bytes(text[:8] + encoded + text[text.index(b'",') :])
    asset, rows = read(file)
    assert len(rows["objects"]) == 3
    assert asset.bbox_wgs84 is not None
    assert any(p.place == "a.prj" and p.code == "encoding-detected" for p in asset.problems)
