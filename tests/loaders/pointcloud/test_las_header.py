"""What a LAS header says, and where it contradicts the file."""

from __future__ import annotations

import struct
from datetime import datetime
from pathlib import Path
from typing import Any

import laspy
import numpy as np
import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import pointcloud
from tests.loaders.pointcloud.made import E0, N0, Loaded, las_file, patched, points, source


@pytest.mark.keeps("LAS", "identity", "text")
@pytest.mark.keeps("LAZ", "identity", "text")
@pytest.mark.parametrize("ending", ["las", "laz"])
def test_who_made_it_and_what_classes_mean(tmp_path: Path, ending: str) -> None:
    def more(header: laspy.LasHeader) -> None:
        header.generating_software = "cimkit test"
        header.file_source_id = 17
        names = struct.pack("<B15s", 64, "路灯".encode()) + struct.pack("<B15s", 65, b"kerb")
        header.vlrs.append(laspy.VLR("LASF_Spec", 0, "classes", names))
        header.vlrs.append(laspy.VLR("LASF_Spec", 3, "", "第二航带".encode()))

    file = las_file(tmp_path / f"a.{ending}", 10, form=6, change=more)
    given = Loaded(patched(file, 26, "<32s", "機載 RIEGL".encode()))
    assert given.said["software"] == "cimkit test"
    assert given.said["system"] == "機載 RIEGL"
    assert given.said["file_source_id"] == 17
    assert given.said["class_names"] == {"64": "路灯", "65": "kerb"}
    assert given.said["text"] == ["第二航带"]
    assert given.asset.properties["created"]
    assert given.row["source_key"] == f"a.{ending}"


@pytest.mark.keeps("LAS", "contradictions")
@pytest.mark.parametrize(
    ("at", "form", "values", "code"),
    [
        (107, "<I", (7,), "point-count-contradiction"),
        (90, "<HH", (400, 2020), "creation-date-implausible"),
        (90, "<HH", (4, 3020), "creation-date-implausible"),
        (131, "<d", (0.0,), "scale-invalid"),
        (131, "<d", (-0.001,), "scale-negative"),
        (139, "<d", (float("nan"),), "scale-invalid"),
        (179, "<d", (E0 + 1,), "bbox-contradiction"),
        (179, "<d", (E0 - 100,), "bbox-contradiction"),
        (179, "<d", (E0 + 1e9,), "coordinates-overflow"),
        (94, "<H", (227,), "header-size-contradiction"),
        (25, "<B", (5,), "version-unknown"),
        (255, "<Q", (3,), "returns-contradiction"),
        (100, "<I", (4,), "vlr-length-contradiction"),
        (243, "<I", (2,), "vlr-length-contradiction"),
    ],
)
def test_a_header_that_lies_is_told(
    tmp_path: Path, at: int, form: str, values: tuple[Any, ...], code: str
) -> None:
    file = patched(las_file(tmp_path / "h.las", 200, form=3), at, form, *values)
    assert code in Loaded(file).codes


@pytest.mark.keeps("LAS", "contradictions", "geometry")
def test_a_box_in_the_integers_of_the_records_is_scaled(tmp_path: Path) -> None:
    file = las_file(tmp_path / "a.las", 200, form=3)
    with laspy.open(file) as opened:
        head = opened.header
        sides = [
            round((v - o) / s)
            for low, high, s, o in zip(head.mins, head.maxs, head.scales, head.offsets, strict=True)
            for v in (high, low)
        ]
        box = (*head.mins, *head.maxs)
    given = Loaded(patched(file, 179, "<6d", *map(float, sides)))
    assert given.codes == ["bbox-unscaled"]
    assert given.asset.bbox == pytest.approx(box, abs=1e-6)
    assert given.problem("bbox-unscaled").expected.startswith(f"[{box[0]:.3f}"[:8])


def test_a_sound_header_is_not_complained_of(tmp_path: Path) -> None:
    for form in (0, 3, 6, 8):
        assert Loaded(las_file(tmp_path / f"{form}.las", 200, form=form)).codes == []


def test_what_does_no_harm_is_not_complained_of(tmp_path: Path) -> None:
    file = patched(las_file(tmp_path / "h.las", 20, form=6), 107, "<I", 20)  # forbidden, but true
    assert Loaded(patched(file, 90, "<HH", 1, 1)).codes == []  # day 1 of year 1: not known


@pytest.mark.parametrize(("at", "form", "value"), [(24, "<B", 2), (104, "<B", 11), (105, "<H", 3)])
def test_what_no_las_can_be_is_refused(tmp_path: Path, at: int, form: str, value: int) -> None:
    file = patched(las_file(tmp_path / "h.las", 20), at, form, value)
    with pytest.raises(SourceUnreadable):
        Loaded(file, depth="header")


@pytest.mark.keeps("LAS", "damage")
@pytest.mark.keeps("LAZ", "damage")
@pytest.mark.parametrize("ending", ["las", "laz"])
def test_a_cut_off_file_says_how_many_points_are_there(tmp_path: Path, ending: str) -> None:
    file = las_file(tmp_path / f"cut.{ending}", 120_000, form=6)
    whole = points(file).xyz
    raw = file.read_bytes()
    file.write_bytes(raw[: int(len(raw) * 0.7)])
    given = Loaded(file)
    told = given.problem("points-truncated")
    came = given.asset.counts["points"]
    assert told.severity == "error"
    assert told.got == f"{came} points"
    assert told.expected == "120000 points"
    assert 50_000 <= came < 120_000
    held = []
    with pytest.raises(SourceUnreadable, match="points"):
        held.extend(c.xyz for c in pointcloud.stream(source(file)))
    assert np.array_equal(np.concatenate(held), whole[:came])


@pytest.mark.keeps("LAZ", "contradictions")
def test_a_missing_chunk_table_is_told_and_all_points_come(tmp_path: Path) -> None:
    file = las_file(tmp_path / "t.laz", 60_000, form=6)
    before = points(file).xyz
    with laspy.open(file) as opened:
        at = opened.header.offset_to_point_data
    patched(file, at, "<q", 0)
    given = Loaded(file)
    assert given.codes == ["laz-chunk-table-missing"]
    assert np.array_equal(points(file).xyz, before)


def test_a_broken_chunk_costs_that_chunk_alone(tmp_path: Path) -> None:
    file = las_file(tmp_path / "b.laz", 150_000, form=1, version="1.2")
    before = points(file).xyz
    raw = bytearray(file.read_bytes())
    with laspy.open(file) as opened:
        at = opened.header.offset_to_point_data
    table = struct.unpack_from("<q", raw, at)[0]
    first = at + 8 + (table - at - 8) // 3
    raw[first + 20_000 : first + 60_000] = bytes(40_000)
    file.write_bytes(raw)
    given = Loaded(file)
    chunks = []
    try:
        for chunk in pointcloud.stream(source(file)):
            chunks.append(chunk.xyz)
    except SourceUnreadable:
        pass
    came = np.concatenate(chunks)
    assert np.array_equal(came[:50_000], before[:50_000])
    assert np.array_equal(came[-50_000:], before[-50_000:])
    assert given.asset.counts["points"] == len(came)


def test_bytes_behind_the_points_are_told(tmp_path: Path) -> None:
    file = las_file(tmp_path / "t.las", 10, form=6)
    with file.open("ab") as out:
        out.write(b"\0" * 65)
    given = Loaded(file)
    assert given.problem("trailing-bytes").got == "65 bytes"
    assert "2 more points" in given.problem("trailing-bytes").message
    assert given.asset.counts["points"] == 10


@pytest.mark.keeps("LAS", "time")
@pytest.mark.parametrize("standard", [True, False])
def test_gps_time_of_both_kinds(tmp_path: Path, standard: bool) -> None:
    from laspy.header import GpsTimeType

    def more(header: laspy.LasHeader) -> None:
        kind = GpsTimeType.STANDARD if standard else GpsTimeType.WEEK_TIME
        header.global_encoding.gps_time_type = kind

    adjusted = 400_000_018.0 + np.arange(10)
    file = las_file(tmp_path / "s.las", 10, form=6, change=more, gps_time=adjusted)
    given = Loaded(file)
    if standard:
        assert given.asset.observed_start == "2024-05-17T16:53:20+00:00"
        assert given.asset.observed_end == "2024-05-17T16:53:29+00:00"
        assert given.row["observed"] == datetime.fromisoformat(given.asset.observed_start)
        assert given.codes == []
    else:
        assert given.asset.observed_start is None
        assert "adjusted standard" in given.problem("gps-time-contradiction").message


@pytest.mark.parametrize(("seconds", "code"), [(1000.0, "gps-time-contradiction"),
                                               (9e8, "gps-time-implausible")])  # fmt: skip
def test_standard_time_that_is_none(tmp_path: Path, seconds: float, code: str) -> None:
    from laspy.header import GpsTimeType

    def more(header: laspy.LasHeader) -> None:
        header.global_encoding.gps_time_type = GpsTimeType.STANDARD

    file = las_file(tmp_path / "s.las", 10, form=6, change=more, gps_time=np.full(10, seconds))
    given = Loaded(file)
    assert given.codes == [code]
    assert given.asset.observed_start is None


def test_the_header_alone_answers_whatever_the_size(tmp_path: Path) -> None:
    file = las_file(tmp_path / "big.las", 10, form=6, crs="EPSG:4544")
    patched(file, 247, "<Q", 3_000_000_000)
    with file.open("r+b") as out:
        out.truncate(375 + 90_000_000_000 + 4000)  # sparse: nobody could read it in time
    given = Loaded(file, depth="header")
    assert given.asset.counts == {"points": 3_000_000_000}
    assert given.asset.crs == "EPSG:4544"
    assert given.asset.bbox_wgs84 is not None


def test_las_1_0_as_it_was(tmp_path: Path) -> None:
    file = las_file(tmp_path / "o.las", 30, version="1.1", form=1)
    patched(file, 25, "<B", 0)
    patched(file, 4, "<I", 0xFFFFFFFF)  # reserved then, whatever it holds
    given = Loaded(file)
    assert given.asset.format == "LAS 1.0"
    assert "file_source_id" not in given.said
    assert "encoding" not in given.said
    assert given.asset.bbox is not None
    assert given.asset.bbox[1] >= N0
