"""Points as text: XYZ, PTS, PTX, CSV; and what is left to other loaders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import pointcloud
from cimkit.loaders._spec import Head
from cimkit.loaders.pointcloud.roles import role
from tests.loaders.pointcloud.made import E0, N0, Loaded, lines, points, source, sure

XYZ = [(E0 + i * 0.5, N0 + i * 0.25, round(200 + i * 0.1, 3)) for i in range(200)]
COLORED = [(*p, i % 256, 5, 9) for i, p in enumerate(XYZ)]


def text(tmp_path: Path, name: str, body: str | bytes) -> Path:
    file = tmp_path / name
    file.write_bytes(body.encode() if isinstance(body, str) else body)
    return file


@pytest.mark.keeps("XYZ", "geometry", "z", "exact")
@pytest.mark.parametrize("between", [" ", ",", ";", "\t", "   "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(tmp_path: Path, between: str, end: str) -> None:
    file = text(tmp_path, "a.xyz", lines(XYZ, between).replace("\n", end))
    assert sure(file) > 50
    assert points(file).xyz.tolist() == [list(p) for p in XYZ]
    given = Loaded(file)
    assert given.asset.counts == {"points": 200}
    assert given.codes == []


@pytest.mark.parametrize("between", [";", "\t", " "])
def test_decimals_behind_a_comma(tmp_path: Path, between: str) -> None:
    body = lines([[str(v).replace(".", ",") for v in p] for p in XYZ], between)
    file = text(tmp_path, "a.txt", body)
    assert points(file).xyz.tolist() == [list(p) for p in XYZ]
    assert Loaded(file).said["decimal"] == ","


@pytest.mark.keeps("XYZ", "attributes", "appearance", "semantics", "text", "time")
@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("X,Y,Z,R,G,B,Intensity,Classification,GPSTime,roughness", "ascii"),
        ("东坐标,北坐标,高程(m),红,绿,蓝,反射强度,分类,GPS时间,roughness", "utf-8"),
        ("东坐标,北坐标,高程(m),红,绿,蓝,反射强度,分类,GPS时间,roughness", "gb18030"),
        ("X座標,Y座標,標高,赤,緑,青,反射強度,分類,時刻,roughness", "utf-8"),
        ("//X,Y,Z,R,G,B,Scalar_Intensity,Scalar_Classification,GpsTime,roughness", "utf-8-sig"),
    ],
)
def test_names_of_columns_in_three_languages(tmp_path: Path, header: str, encoding: str) -> None:
    rows = lines([(*p, i, 6, i * 0.5, 0.25) for i, p in enumerate(COLORED)], ",")
    file = text(tmp_path, "a.csv", (header + "\n" + rows).encode(encoding))
    assert sure(file) >= 60
    chunk = points(file)
    assert chunk.xyz.tolist() == [list(p) for p in XYZ]
    assert chunk.rgb is not None
    assert chunk.rgb[7].tolist() == [7, 5, 9]
    assert chunk.intensity is not None
    assert chunk.intensity.tolist() == list(range(200))
    assert chunk.classification is not None
    assert set(chunk.classification) == {6}
    assert chunk.gps_time is not None
    assert chunk.gps_time[2] == 1.0
    assert set(chunk.extra["roughness"]) == {0.25}
    given = Loaded(file)
    assert given.codes == []
    assert given.measured["class_count", "6"] == 200


def test_columns_without_names_are_told_apart(tmp_path: Path) -> None:
    file = text(tmp_path, "rgb.xyz", lines(COLORED))
    assert Loaded(file).said["meaning"] == ["x", "y", "z", "red", "green", "blue"]
    file = text(tmp_path, "n.xyz", lines((*p, 0.6, 0.8, 0.0) for p in XYZ))
    assert Loaded(file).said["meaning"][3:] == ["normal_x", "normal_y", "normal_z"]
    file = text(tmp_path, "i.xyz", lines((*p, i * 7) for i, p in enumerate(XYZ)))
    told = Loaded(file)
    assert told.said["meaning"][3] == "intensity"
    assert told.codes == ["columns-ambiguous"]
    assert "column 4: intensity" in told.problem("columns-ambiguous").place
    file = text(tmp_path, "id.xyz", lines((i + 1, *p) for i, p in enumerate(XYZ)))
    assert Loaded(file).said["meaning"] == ["id", "x", "y", "z"]


@pytest.mark.keeps("XYZ", "contradictions", "damage", "statistics")
def test_lines_that_are_no_points_are_left_out_and_told(tmp_path: Path) -> None:
    body = lines(XYZ).splitlines()
    body[50] = "oops x y"
    body[60] = "1 2"
    body[70] = "4 5 \xff 7"
    file = text(tmp_path, "b.xyz", "\n".join(body).encode("latin-1"))
    given = Loaded(file)
    told = given.problem("lines-unreadable")
    assert told.severity == "error"
    assert told.got == "3 lines"
    assert given.asset.counts["points"] == 197
    assert given.measured["point_count", "all"] == 197
    cut = text(tmp_path, "c.xyz", lines(XYZ)[: -len("220 3272049.75 219.9")])
    assert Loaded(cut).asset.counts["points"] in (199, 200)


@pytest.mark.keeps("XYZ", "crs")
def test_northing_first_is_suspected_and_not_changed(tmp_path: Path) -> None:
    given = Loaded(text(tmp_path, "n.xyz", lines((y, x, z) for x, y, z in XYZ)))
    assert given.codes == ["axes-swapped-suspected"]
    assert given.asset.bbox is not None
    assert given.asset.bbox[0] == N0
    zoned = Loaded(text(tmp_path, "z.xyz", lines((y, x + 36e6, z) for x, y, z in XYZ)))
    assert zoned.codes == ["axes-swapped-suspected"]


@pytest.mark.keeps("XYZ", "vertical")
def test_the_sheet_places_a_text(tmp_path: Path) -> None:
    from cimkit.model import Declaration

    file = text(tmp_path, "a.xyz", lines(XYZ))
    assert "crs-missing" in [p.code for p in Loaded(file).problems]
    given = Loaded(file, Declaration(crs="EPSG:4544", vertical_datum="EPSG:5737"))
    assert given.row["geometry"] is not None
    assert given.asset.vertical_datum == "EPSG:5737"


@pytest.mark.keeps("PTS", "geometry", "z", "attributes", "appearance", "contradictions", "damage")
@pytest.mark.keeps("PTS", "exact", "statistics")
def test_pts_with_its_count_line(tmp_path: Path) -> None:
    rows = [(*p[:3], i - 100, 10, 20, 30) for i, p in enumerate(XYZ)]
    file = text(tmp_path, "a.pts", "200\n" + lines(rows))
    assert sure(file) > 80
    given = Loaded(file)
    assert (given.asset.format, given.asset.counts) == ("PTS", {"points": 200})
    assert given.codes == []
    assert given.measured["intensity", "max"] == 99
    chunk = points(file)
    assert chunk.xyz.tolist() == [list(p[:3]) for p in XYZ]
    assert chunk.intensity is not None
    assert chunk.intensity[0] == 2048 - 100
    assert chunk.extra["intensity"][0] == -100
    assert chunk.rgb is not None
    assert chunk.rgb[0].tolist() == [10, 20, 30]
    short = Loaded(text(tmp_path, "s.pts", "300\n" + lines(rows)))
    assert short.codes == ["points-truncated"]
    two = Loaded(text(tmp_path, "t.pts", "200\n" + lines(rows) + "50\n" + lines(rows[:50])))
    assert (two.codes, two.asset.counts["points"]) == ([], 250)
    with pytest.raises(SourceUnreadable):
        list(pointcloud.stream(source(tmp_path / "s.pts")))


def ptx(rows: list[tuple[float, ...]], shift: float) -> str:
    head = f"2\n{len(rows) // 2}\n{shift} 0 5\n1 0 0\n0 1 0\n0 0 1\n"
    return head + f"0 1 0 0\n-1 0 0 0\n0 0 1 0\n{shift} 0 5 1\n" + lines(rows)


@pytest.mark.keeps("PTX", "geometry", "z", "relations", "appearance", "attributes", "exact")
@pytest.mark.keeps("PTX", "contradictions", "damage", "statistics")
def test_ptx_scans_stand_where_their_matrices_say(tmp_path: Path) -> None:
    rows = [(1, 0, 0, 0.5, 1, 2, 3), (0, 0, 0, 0.5, 0, 0, 0), (2, 0, 1, 1, 4, 5, 6),
            (3, 0, 0, 0, 7, 8, 9)]  # fmt: skip
    file = text(tmp_path, "a.ptx", ptx(rows, 0) + ptx(rows, 100))
    assert sure(file) > 80
    given = Loaded(file)
    assert given.asset.counts == {"points": 8, "scans": 2}
    assert given.said["scans"][1]["scanner"] == [100, 0, 5]
    assert given.codes == ["scan-without-return"]
    held = list(pointcloud.stream(source(file), fields=frozenset({"rgb", "intensity"})))
    assert [c.scan for c in held] == [0, 1]
    assert held[1].xyz.tolist() == [[100, 1, 5], [100, 2, 6], [100, 3, 5]]
    assert held[0].rgb is not None
    assert held[0].rgb.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    cut = text(tmp_path, "c.ptx", (ptx(rows, 0) + ptx(rows, 100))[:-30])
    assert "points-truncated" in Loaded(cut).codes


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("gis.csv", "name,lon,lat\na,1,2\nb,2,3\n"),
        ("places.csv", "lon,lat,height\n" + lines([(106.5, 29.5, 5)] * 300, ",")),
        ("few.csv", "x,y,z\n1,2,3\n4,5,6\n"),
        ("named.csv", "点名,X,Y,H\n" + lines([(f"P{i}", *p) for i, p in enumerate(XYZ)], ",")),
        ("ids.txt", lines((i + 1, *p) for i, p in enumerate(XYZ))),
        ("drive.txt", "time,x,y,z,roll,pitch,yaw\n" + lines([(1, *XYZ[0], 0, 0, 1)] * 300, ",")),
        ("drive2.txt", lines((i * 0.01, *p, 0.1, 0.2, 1.5) for i, p in enumerate(XYZ))),
        ("photos.csv", "image,x,y,z\n" + lines([("a.jpg", *p) for p in XYZ], ",")),
        ("note.txt", "hello world\nthis is 3 4 5\n"),
        ("raster.asc", "ncols 3\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2 3\n"),
        ("log.txt", "2024-01-01 10:00:00 5 6 7 msg\n" * 100),
        ("numbers.json", lines(XYZ)),
        ("wide.txt", "1 2\n" * 100),
        ("colours.txt", lines((i, i // 2, 3) for i in range(256))),
        ("shares.dat", lines((i / 256, 0.004 + i / 300, 0.33) for i in range(256))),
        ("survey.csv", "MD,INC,AZI,TVDKB\n" + lines([(18.5, 0.3, 0.1, 18.4)] * 200, ",")),
        ("grass.asc", "north: 220.5\nrows: 3\n" + "1.5 2.5 3.5\n" * 3),
    ],
)
def test_other_tables_are_left_alone(tmp_path: Path, name: str, body: str) -> None:
    assert sure(text(tmp_path, name, body)) == 0


def test_a_text_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable):
        Loaded(text(tmp_path, "a.xyz", "no points here\n"))


def test_a_block_ends_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cimkit.loaders.pointcloud.delimited._BLOCK", 101)
    file = text(tmp_path, "a.xyz", lines(XYZ))
    held = np.concatenate([c.xyz for c in pointcloud.stream(source(file), chunk=7)])
    assert held.tolist() == [list(p) for p in XYZ]
    two = text(tmp_path, "a.ptx", ptx([(*p, 1) for p in XYZ], 0) * 2)
    assert sum(len(c.xyz) for c in pointcloud.stream(source(two))) == 400


@pytest.mark.parametrize(
    ("name", "meaning"),
    [("Scalar field #2", None), ("Return Number", "return_number"), ("NormalX", "normal_x"),
     ("E", "x"), ("标高", None), ("H[m]", "z"), ("近赤外", "nir")],
)  # fmt: skip
def test_roles(name: str, meaning: str | None) -> None:
    assert role(name) == meaning


def test_folders_and_binary_are_none(tmp_path: Path) -> None:
    assert pointcloud.sniff(Head(tmp_path, "a.xyz", b"", is_dir=True)) == 0
    assert sure(text(tmp_path, "b.xyz", b"\0\1\2" * 100)) == 0


@pytest.mark.parametrize(
    ("name", "header", "between"),
    [
        ("a.txt", "X Y Z", "  "),
        ("a.txt", '"X","Y","Z"', " "),
        ("a.txt", "Este;Norte;Cota", ";"),
        ("a.txt", "Rechtswert\tHochwert\tHöhe", "\t"),
        ("a.csv", "X,Y,Z,OffsetTime,EdgeOfFlightLine", ","),
    ],
)
def test_headers_as_other_tools_write_them(
    tmp_path: Path, name: str, header: str, between: str
) -> None:
    wide = 5 if "Edge" in header else 3
    rows = [(*p, i, 1)[:wide] for i, p in enumerate(XYZ[:10])]
    file = text(tmp_path, name, header + "\n" + lines(rows, between))
    assert sure(file) >= 40
    assert points(file).xyz.tolist() == [list(p) for p in XYZ[:10]]
    assert Loaded(file).codes == []


@pytest.mark.keeps("XYZ", "text", "geometry")
@pytest.mark.parametrize("header", ["X(北),Y(东),高程,强度", "北坐标X,东坐标Y(m),H,强度"])
def test_the_direction_in_a_name_outranks_its_letter(tmp_path: Path, header: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"{header}\n" + "3272000.5,451000.25,230,7\n3272001.5,451002.25,231,9\n" * 60)
    box = Loaded(file).asset.bbox
    assert box is not None
    assert box[:2] == (451000.25, 3272000.5)


def test_a_table_of_poses_is_no_cloud(tmp_path: Path) -> None:
    file = tmp_path / "pose.csv"
    file.write_text("GPSWeek,GPSTime,甲,乙,丙,横滚,俯仰,航向\n" + "2437,5418,1,2,3,4,5,6\n" * 50)
    assert sure(file) == 0
