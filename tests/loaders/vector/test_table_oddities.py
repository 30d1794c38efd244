"""Tables as people make them: units, merged names, grouped digits, odd rows, old workbooks."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cimkit.errors import SourceUnreadable
from cimkit.geometry.curves import linearize
from cimkit.loaders import Head, ReadOptions, document
from cimkit.loaders.vector import sheets
from cimkit.loaders.vector.cells import sexagesimal
from cimkit.model import Source

from .made import codes, properties, read, shapes, sniff


@pytest.mark.parametrize(
    ("text", "point", "name"),
    [
        ("编号,坐标,\n,X,Y\n7,500000,3270000\n", (500000, 3270000), "编号"),
        ("编号,经度,纬度\n,°,°\n7,106.5,29.5\n", (106.5, 29.5), "编号"),
        (
            "编号;东坐标;北坐标\n;（m）;（m）\n7;500.000,5;3.270.000,25\n",
            (500000.5, 3270000.25),
            "编号",
        ),
        ('id,X,Y\n7,"500,000.5","3,270,000"\n', (500000.5, 3270000), "id"),
        ("id\tX\tY\n7\t500 000,5\t3 270 000,0\n", (500000.5, 3270000), "id"),
        ("id|lat|lon\n7|29.5°N|106°30.6'W\n", (-106.51, 29.5), "id"),
        ("id;lat;lon\n7;29,5°N;106°30,6'E\n", (106.51, 29.5), "id"),
        ("id,lat,lon\n7,N29.5,E106 30.6\n", (106.51, 29.5), "id"),
        ('id,lat,lon\n"7","29.5","106.51"\n"多\n行",29.6,106\n', (106.51, 29.5), "id"),
    ],
)
def test_tables_as_people_make_them(
    tmp_path: Path, text: str, point: tuple[float, float], name: str
) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    asset, rows = read(tmp_path / "a.csv")
    assert shapes(rows)[0].coords[0] == pytest.approx(point, abs=1e-9)
    assert str(properties(rows)[0][name]) == "7"
    assert "position-unreadable" not in codes(asset)


@given(st.floats(-179.99, 179.99), st.integers(1, 3))
def test_angles_in_any_spelling_come_back(angle: float, parts: int) -> None:
    size = round(abs(angle), 6)
    degrees, minutes = int(size), (size % 1) * 60
    said = {
        1: f"{size:.6f}°",
        2: f"{degrees}°{minutes:.6f}'",
        3: f"{degrees}°{int(minutes)}'{minutes % 1 * 60:.5f}\"",
    }[parts]
    found = sexagesimal(f"{said}{'W' if angle < 0 else 'E'}")
    assert found is None or abs(found) == pytest.approx(size, abs=1e-6)
    assert found is not None or "60.0" in said
    assert not found or (found < 0) == (angle < 0)


def test_one_row_out_of_range_costs_that_row_alone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,lon,lat\n1,106.5,29.5\n2,29.5,106.5\n3,106.6,29.6\n")
    asset, rows = read(tmp_path / "a.csv")
    assert [s.wkt for s in shapes(rows)] == ["POINT (106.5 29.5)", "POINT (106.6 29.6)"]
    assert len(rows["objects"]) == 3
    assert asset.bbox_wgs84 == pytest.approx((106.5, 29.5, 106.6, 29.6))
    assert "position-out-of-range" in codes(asset)
    (tmp_path / "b.csv").write_text("id,lon,lat\n1,29.5,106.5\n2,29.5,106.5\n")
    asset, rows = read(tmp_path / "b.csv")  # all of them: not single rows are wrong
    assert "position-out-of-range" not in codes(asset)
    assert len(shapes(rows)) == 2


def test_digits_that_floating_point_would_lose_stay_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "lon,lat,a,b,c\n106,29,0.1234567890123456789,106.55012345678901,12345678901234567890\n"
    )
    _, rows = read(tmp_path / "a.csv")
    (said,) = properties(rows)
    assert said["a"] == "0.1234567890123456789"
    assert said["c"] == "12345678901234567890"
    assert float(said["b"]) == 106.55012345678901


def test_curves_and_measures_as_text(tmp_path: Path) -> None:
    arc = struct.pack("<BII6d", 1, 8, 3, 0, 0, 1, 1, 2, 0).hex()
    cells = ["CIRCULARSTRING (0 0,1 1,2 0)", arc, "LINESTRING M (0 0 1,1 1 2)", "TIN (((0 0,1 0"]
    text = "id;wkt\n" + "".join(f"{i};{c}\n" for i, c in enumerate(cells))
    (tmp_path / "a.csv").write_text(text)
    asset, rows = read(tmp_path / "a.csv")
    drawn = [linearize(r["wkb"]) for r in rows["geometries"]]
    assert [g.length for g in drawn[:2]] == pytest.approx([3.1415, 3.1415], rel=1e-3)
    assert shapely.has_m(shapely.from_wkb(rows["geometries"][2]["wkb"]))
    assert "position-unreadable" in codes(asset)


def test_a_row_of_megabytes_and_what_is_no_row(tmp_path: Path) -> None:
    ring = ",".join(f"{106 + i / 1e6:.7f} 29.1234567" for i in range(100_000))
    (tmp_path / "a.csv").write_text(f'id,wkt\n1,"LINESTRING ({ring})"\n2,POINT (106 29)\n')
    _, rows = read(tmp_path / "a.csv")
    assert [len(s.coords) for s in shapes(rows)] == [100_000, 1]
    for text in ("id,lon,lat", "\ufeff", "lon,lat\n\0\0,\0\n", "id,lon,lat,\n" + "1" * 40_000_000):
        (tmp_path / "b.csv").write_text(text, "utf-8")
        if sniff(tmp_path / "b.csv"):
            with suppress(SourceUnreadable):
                assert not read(tmp_path / "b.csv")[1].get("objects")


@pytest.mark.keeps("GTFS", "geometry", "identity")
def test_ways_of_a_timetable_are_lines(tmp_path: Path) -> None:
    (tmp_path / "shapes.txt").write_text(
        "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n"
        "b,29.5,106.5,2\na,29,106,1\nb,29.6,106.6,10\na,29,107,2\nb,29.4,106.4,1\nc,1,1,1\n"
    )
    asset, rows = read(tmp_path / "shapes.txt")
    assert asset.format == "GTFS"
    assert [p["shape_id"] for p in properties(rows)] == ["b", "a", "c"]
    assert [s.wkt for s in shapes(rows)] == [
        "LINESTRING (106.4 29.4, 106.5 29.5, 106.6 29.6)",
        "LINESTRING (106 29, 107 29)",
    ]


def record(number: int, data: bytes) -> bytes:
    return struct.pack("<HH", number, len(data)) + data


def old_workbook(rows: list[list[str | float]]) -> bytes:
    """Return an XLS of Excel 5 with one sheet, in code page 936."""
    name = "路灯".encode("gbk")
    bound = struct.pack("<IBBB", 0, 0, 0, len(name)) + name
    begin = record(0x809, struct.pack("<HHHH", 0x500, 5, 0, 0)) + record(0x42, b"\xa8\x03")
    at = len(begin) + len(record(0x85, bound)) + 4
    book = begin + record(0x85, struct.pack("<I", at) + bound[4:]) + record(0x0A, b"")
    book += record(0x809, struct.pack("<HHHH", 0x500, 0x10, 0, 0))
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            place = struct.pack("<HHH", r, c, 0)
            if isinstance(cell, str):
                text = cell.encode("gbk")
                book += record(0x204, place + struct.pack("<H", len(text)) + text)
            else:
                book += record(0x203, place + struct.pack("<d", cell))
    book = (book + record(0x0A, b"")).ljust(4096, b"\0")
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 10), 0xFFFFFFFE]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6xIIIIIIIII", 62, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, *ENDS, 0)
    head += struct.pack("<I", 0) + b"\xff" * 432
    folder = b""
    for title, kind, child, start, size in (
        ("Root Entry", 5, 1, 0xFFFFFFFE, 0),
        ("Book", 2, 0xFFFFFFFF, 2, 4096),
    ):
        said = (title + "\0").encode("utf-16-le")
        entry = said.ljust(64, b"\0") + struct.pack("<HBB", len(said), kind, 1)
        entry += struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child) + bytes(36)
        folder += entry + struct.pack("<III", start, size, 0)
    table = b"".join(struct.pack("<I", n) for n in fat).ljust(512, b"\xff")
    return head + table + folder.ljust(512, b"\0") + book


ENDS = (0xFFFFFFFE, 0, 0xFFFFFFFE)


@pytest.mark.keeps("XLS", "geometry", "attributes", "text", "damage")
def test_old_workbooks_are_read(tmp_path: Path) -> None:
    file = tmp_path / "a.xls"
    file.write_bytes(
        old_workbook([["编号", "经度", "纬度"], ["L1", 106.5, 29.5], ["L2", 106.6, 29]])
    )
    asset, rows = read(file)
    assert asset.format == "XLS"
    assert [(x.name, x.features) for x in asset.layers] == [("路灯", 2)]
    assert [s.wkt for s in shapes(rows)] == ["POINT (106.5 29.5)", "POINT (106.6 29)"]
    assert properties(rows)[1]["编号"] == "L2"
    data = file.read_bytes()
    for n in range(0, len(data), 397):  # no damage ends the run
        file.write_bytes(data[:n] + bytes([data[n] ^ 0x55]) + data[n + 1 :])
        if sniff(file):
            read(file)


def test_a_workbook_beyond_all_measure_is_no_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["lon", "lat"])
    book.active.append([106, 29])
    book.save(tmp_path / "a.xlsx")
    assert sniff(tmp_path / "a.xlsx") > 0
    monkeypatch.setattr(sheets, "_MOST_BYTES", 100)
    assert sniff(tmp_path / "a.xlsx") == 0


def test_drawings_of_microstation_8_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.dgn"
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert document.sniff(Head(file, "a.dgn", file.read_bytes())) > 0
    with pytest.raises(SourceUnreadable, match="version 8"):
        document.probe(Source("a.dgn", file, (), 600), ReadOptions())
