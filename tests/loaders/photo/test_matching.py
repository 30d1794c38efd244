"""Photographs and the poses that belong to them, through the whole of a probe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cimkit.loaders import probe, stage
from cimkit.model import Asset, Declaration, Sheet, SheetRow, Trajectory
from tests.loaders.photo.made import load, shoot

GPX = (
    '<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
    '<trkpt lat="29.5" lon="106.5"><ele>100</ele><time>2026-09-01T00:30:00Z</time></trkpt>'
    '<trkpt lat="29.502" lon="106.5"><ele>102</ele><time>2026-09-01T00:30:02Z</time></trkpt>'
    "</trkseg></trk></gpx>"
)


def by_path(
    folder: Path, trajectory: Trajectory | None = None, glob: str = "*.jpg"
) -> dict[str, Asset]:
    sheet = None
    if trajectory is not None:
        sheet = Sheet((SheetRow(glob, Declaration(trajectory=trajectory)),))
    return {a.path: a for a in probe([folder], sheet=sheet, jobs=1)}


def codes(asset: Asset) -> list[str]:
    return [p.code for p in asset.problems]


@pytest.mark.keeps("GPX", "geometry", "z", "time", "relations")
def test_photographs_between_two_points_of_a_gpx(tmp_path: Path) -> None:
    (tmp_path / "t.gpx").write_text(GPX)
    shoot(tmp_path / "a.jpg", None, tags={0x9003: "2026:09:01 08:30:01"})
    shoot(tmp_path / "b.jpg", None, tags={0x9003: "2026:09:01 08:40:00"})
    got = by_path(tmp_path, Trajectory("t.gpx"))
    here = got["a.jpg"]
    assert here.position == pytest.approx((106.5, 29.501))
    assert here.properties["altitude"] == pytest.approx(101)
    assert here.properties["position_origin"] == "trajectory"
    assert (here.properties["heading"], here.properties["heading_origin"]) == (0, "derived")
    assert (here.properties["trajectory_match"], here.properties["trajectory_gap_s"]) == ("time", 2)
    assert codes(got["b.jpg"]) == ["trajectory-row-missing"]
    late = by_path(tmp_path, Trajectory("t.gpx", time_offset="-599"))
    assert late["b.jpg"].position == pytest.approx((106.5, 29.501))


@pytest.mark.keeps("pose table", "relations", "contradictions", "attributes")
def test_photographs_and_poses_that_find_no_partner(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        shoot(tmp_path / "img" / f"{name}.jpg", None)
    shoot(tmp_path / "other" / "z.jpg", None)
    (tmp_path / "t.csv").write_text(
        "image,lon,lat,heading,lane\na.jpg,106.5,29.5,10,2\nB,106.5,29.6,20,3\nx.jpg,1,2,3,4\n"
    )
    got = by_path(tmp_path, Trajectory("t.csv"))
    assert codes(got["t.csv"]) == ["poses-unmatched", "photos-unmatched"]
    assert [p.got for p in got["t.csv"].problems] == ["x.jpg", "c.jpg"]
    assert got["img/a.jpg"].properties["trajectory_row"] == {"heading": "10", "lane": "2"}
    assert got["img/b.jpg"].position == (106.5, 29.6)
    assert codes(got["img/c.jpg"]) == ["trajectory-row-missing"]


def test_a_trajectory_that_no_sheet_names_is_proposed(tmp_path: Path) -> None:
    shoot(tmp_path / "a.jpg", (10.0, 20.0))
    (tmp_path / "t.csv").write_text("image,lon,lat\na.jpg,106.5,29.5\n")
    got = by_path(tmp_path)
    assert got["a.jpg"].position == pytest.approx((10, 20))
    (problem,) = got["t.csv"].problems
    assert problem.code == "trajectory-unused"
    assert problem.proposal == (("trajectory_file", "t.csv"),)


def test_headings_of_the_photograph_outrank_the_direction_of_motion(tmp_path: Path) -> None:
    given = shoot(tmp_path / "a.jpg", gps={16: "T", 17: 77.0})
    (tmp_path / "t.csv").write_text("image,lon,lat\na.jpg,106.5,29.5\nb.jpg,106.6,29.5\n")
    asset, _, _ = load(given, Declaration(trajectory=Trajectory("t.csv")), tmp_path)
    assert (asset.properties["heading"], asset.properties["heading_origin"]) == (77, "exif")


@pytest.mark.keeps("Mapillary", "relations", "identity")
def test_a_drive_that_mapillary_named(tmp_path: Path) -> None:
    shoot(tmp_path / "img" / "a.jpg", None)
    (tmp_path / "mapillary_image_description.json").write_text(
        '[{"filename": "img/a.jpg", "MAPLatitude": 29.5, "MAPLongitude": 106.5, '
        '"MAPSequenceUUID": "drive-1", "MAPCaptureTime": "2026_09_01_00_00_00_000"}]'
    )
    got = by_path(tmp_path, Trajectory("mapillary_image_description.json"))
    assert (got["img/a.jpg"].sequence, got["img/a.jpg"].position) == ("drive-1", (106.5, 29.5))


def test_a_change_of_the_trajectory_is_read_anew(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    shoot(folder / "a.jpg", None)
    table = folder / "t.csv"
    sheet = Sheet((SheetRow("*.jpg", Declaration(trajectory=Trajectory("t.csv"))),))
    found = []
    for lon in (106.5, 106.6):
        table.write_text(f"image,lon,lat\na.jpg,{lon},29.5\n")
        for staged in stage([folder], tmp_path / "staging", sheet=sheet, jobs=1):
            if staged.asset.path == "a.jpg":
                found.append(staged.asset.position)
    assert found == [(106.5, 29.5), (106.6, 29.5)]


@pytest.mark.keeps("pose table", "text", "relations")
def test_file_names_in_gbk_are_those_that_a_table_names(tmp_path: Path) -> None:
    given = shoot(tmp_path / "a.jpg", None)
    folder = os.fsencode(tmp_path / "采集")
    os.makedirs(folder)
    for n in range(2):
        os.link(given.file, folder + b"/" + f"路口_{n:04d}.jpg".encode("gbk"))
    given.file.unlink()
    rows = "".join(f"路口_{n:04d}.jpg,106.5,29.{n + 1}\n" for n in range(2))
    (tmp_path / "t.csv").write_bytes(f"照片名,经度,纬度\n{rows}".encode("gbk"))
    got = by_path(tmp_path, Trajectory("t.csv"))
    assert codes(got["t.csv"]) == []
    assert got["采集/路口_0001.jpg"].position == (106.5, 29.2)


@pytest.mark.keeps("pose table", "identity", "contradictions")
def test_names_that_begin_again_in_each_folder_are_told_apart(tmp_path: Path) -> None:
    for n, folder in enumerate(("100GOPRO", "101GOPRO", "102")):
        shoot(tmp_path / folder / "G1.JPG", None, tags={0x9003: f"2026:09:01 08:3{n}:00"})
    rows = "D:\\a\\100GOPRO\\G1.JPG,1,9,{0}00:30:00Z\n101gopro/G1.JPG,2,9,{0}03:31:01Z\n"
    text = "image,lon,lat,time\n" + rows.format("2026-09-01T")
    (tmp_path / "t.csv").write_text(text)
    named = Trajectory("t.csv")
    got = by_path(tmp_path, named, "*.JPG")
    assert [got[f"{f}/G1.JPG"].position for f in ("100GOPRO", "101GOPRO", "102")] == [
        *((1, 9), (2, 9)),
        (1, 9),  # no folder says so: the clock does
    ]
    assert [codes(a) for p, a in sorted(got.items()) if p != "t.csv"] == [
        *([], ["trajectory-time-contradiction"]),
        ["trajectory-time-contradiction"],
    ]
    assert 'time_offset = "10801"' in got["101GOPRO/G1.JPG"].problems[0].hint
    (tmp_path / "t.csv").write_text("image,lon,lat\nG1.JPG,1,9\nG1.JPG,2,9\n")
    lost = by_path(tmp_path, named, "*.JPG")["102/G1.JPG"]
    assert (lost.position, codes(lost)) == (None, ["trajectory-row-ambiguous"])
