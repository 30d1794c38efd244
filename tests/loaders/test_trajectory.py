from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cimkit.errors import SourceUnreadable
from cimkit.loaders import ReadOptions, probe, read_sheet, stage, write_sheet
from cimkit.loaders import trajectory as loader
from cimkit.loaders.photo.columns import pose_columns
from cimkit.loaders.photo.poses import is_pose_table, read_poses
from cimkit.model import Asset, Declaration, Problem, Sheet, SheetRow, Source, Trajectory

METRES = "image,easting,northing,height,heading,time\n" + "".join(
    f"{n}.jpg,{600000 + n},{3272000 + n},{200 + n},{n},2026-09-01T08:00:0{n}+08:00\n"
    for n in range(3)
)


def load(file: Path, declared: Declaration | None = None) -> Asset:
    source = Source(file.name, file, size=file.stat().st_size, loader="trajectory")
    options = ReadOptions(declared or Declaration(), root=file.parent)
    asset = loader.probe(source, options)
    assert list(loader.read(source, asset, options)) == []
    return asset


def put(tmp_path: Path, text: str, name: str = "t.csv", encoding: str = "utf-8") -> Path:
    file = tmp_path / name
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("image,lon,lat\na.jpg,106.5,29.5\n", "ascii"),
        ("Photo Name;X (m);Y (m);Yaw [deg]\nA1;500000;3272000;90\n", "ascii"),
        ("# Cameras (1)\n#Label,X/Longitude,Y/Latitude\nDSC1.JPG,106.5,29.5\n", "ascii"),
        ("imagename latitude longitude height\nDSC1.JPG  29.5 106.5   10\n", "ascii"),
        ("照片名称\t经度\t纬度\t航向角\na.jpg\t106.5\t29.5\t12\n", "gb18030"),
        ("写真番号,経度,緯度,標高\n0001,139.7,35.6,3.2\n", "cp932"),
        ("\ufeff影像,航向\na,12\n", "utf-8"),
        ("name,lon,lat\nIMG_1.HEIC,1,2\n", "ascii"),
    ],
)
def test_tables_of_poses_are_recognised(tmp_path: Path, text: str, encoding: str) -> None:
    file = put(tmp_path, text, "t.txt", encoding)
    assert is_pose_table(file.read_bytes())
    (asset,) = probe([tmp_path], jobs=1)
    assert (asset.status, asset.kind, asset.loader) == ("ok", "trajectory", "trajectory")
    assert asset.counts == {"poses": 1}


@pytest.mark.parametrize(
    "text",
    [
        "name,lon,lat\nTown hall,106.5,29.5\n",  # a layer of points
        "image,licence\na.jpg,MIT\n",
        "image,lon,lat\n",
        "Photo of the east and north side\nof the town hall\n",
        "image,lon,lat\na.jpg,here,there\n",
        "",
    ],
)
def test_other_tables_are_not(text: str) -> None:
    assert not is_pose_table(text.encode())


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(raw: bytes) -> None:
    assert is_pose_table(raw) in (True, False)


def test_the_better_name_of_two_is_taken() -> None:
    found = pose_columns(["E", "N", "name", "Longitude", "Latitude", "photo"], [["1"] * 6])
    assert (found.image, found.x, found.y) == ("photo", "Longitude", "Latitude")


@pytest.mark.keeps("pose table", "geometry", "z", "crs", "vertical", "time")
def test_what_a_trajectory_tells(tmp_path: Path) -> None:
    named = Trajectory(file="t.csv", crs="EPSG:4545")
    asset = load(put(tmp_path, METRES), Declaration(trajectory=named, vertical_datum="EPSG:5737"))
    assert asset.counts == {"poses": 3}
    assert (asset.crs, asset.crs_origin) == ("EPSG:4545", "sheet")
    assert asset.vertical_datum == "EPSG:5737"
    assert asset.bbox == (600000, 3272000, 200, 600002, 3272002, 202)
    assert asset.bbox_wgs84 is not None
    assert asset.bbox_wgs84[:2] == pytest.approx((109.03, 29.56), abs=0.01)
    assert asset.observed_start == "2026-09-01T00:00:00Z"
    assert asset.observed_end == "2026-09-01T00:00:02Z"
    assert asset.properties["columns"]["z"] == "height"
    assert asset.problems == ()


def test_without_a_crs_degrees_are_assumed_and_metres_are_not_placed(tmp_path: Path) -> None:
    degrees = load(put(tmp_path, "image,lon,lat\na.jpg,106.5,29.5\nb.jpg,,\n"))
    assert (degrees.crs, degrees.crs_origin) == ("OGC:CRS84", "assumed")
    assert degrees.bbox_wgs84 == pytest.approx((106.5, 29.5, 106.5, 29.5))
    (problem,) = degrees.problems
    assert problem == Problem(
        "pose-without-position",
        "1 of 2 poses have no position.",
        place="row 2",
        got="b.jpg",
        expected="two numbers",
    )
    metres = load(put(tmp_path, METRES))
    assert (metres.crs, metres.bbox_wgs84) == (None, None)
    assert [(p.code, 'trajectory = { file = "t.csv", crs' in p.hint) for p in metres.problems][
        :1
    ] == [("crs-missing", True)]
    said = load(put(tmp_path, METRES), Declaration(crs="EPSG:4545"))
    assert (said.crs, said.crs_origin) == ("EPSG:4545", "sheet")


def test_headings_alone_need_no_crs(tmp_path: Path) -> None:
    asset = load(put(tmp_path, "image,heading\na.jpg,12\n"))
    assert (asset.crs, asset.bbox, asset.problems) == (None, None, ())


def test_columns_named_in_the_sheet_and_bad_tables(tmp_path: Path) -> None:
    file = put(tmp_path, "#a b c\nP1 1 2\nP2 3 4\n", "poses.pos")
    table = read_poses(file, Trajectory(file="poses.pos", image="a", x="b", y="c"))
    assert table.texts("c") == ["2", "4"]
    for named, reason in ((Trajectory("x", y="nope"), "nope"), (Trajectory("x"), "empty")):
        if reason == "empty":
            file.write_text("\n")
        with pytest.raises(SourceUnreadable, match=reason):
            load(file, Declaration(trajectory=named))


def test_the_sheet_makes_a_table_a_trajectory(tmp_path: Path) -> None:
    """Whatever its columns are called; and its photographs say who placed them."""
    folder = tmp_path / "in"
    (folder / "img").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(folder / "img" / "p1.jpg")
    (folder / "log.csv").write_text("shot,a,b\np1.jpg,600000,3272000\n")
    plain = {a.path: a for a in probe([folder], jobs=1)}
    assert plain["log.csv"].status == "ignored"
    named = Trajectory("./log.csv", image="shot", x="a", y="b", crs="EPSG:4545")
    sheet = Sheet((SheetRow("img/*", Declaration(trajectory=named)),))
    got = {s.asset.path: s for s in stage([folder], tmp_path / "staging", sheet=sheet, jobs=1)}
    log, photo = got["log.csv"].asset, got["img/p1.jpg"].asset
    assert (log.status, log.kind, log.crs, log.crs_origin) == (
        *("ok", "trajectory", "EPSG:4545"),
        "sheet",
    )
    assert (photo.crs, photo.crs_origin) == ("EPSG:4545", "sheet")
    assert photo.bbox == (600000, 3272000, 600000, 3272000)
    assert photo.properties["position_origin"] == "trajectory"
    assert photo.position is not None
    assert log.bbox_wgs84 == pytest.approx((*photo.position, *photo.position))


@pytest.mark.parametrize("suffix", ["toml", "xlsx"])
@pytest.mark.parametrize("degrees", [True, False])
def test_a_draft_proposes_the_trajectory_of_photographs(
    tmp_path: Path, suffix: str, degrees: bool
) -> None:
    folder = tmp_path / "in"
    for drive in ("a", "b"):
        (folder / "img" / drive).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(folder / "img" / drive / f"{drive}1.jpg")
        Image.new("RGB", (8, 8)).save(folder / "img" / drive / f"{drive}2.jpg")
    place = "106.5,29.5" if degrees else "600000,3272000"
    (folder / "log.csv").write_text(f"照片,经度,纬度,航向\nD:\\drive\\A1.JPG,{place},12\n")
    (folder / "other.csv").write_text(f"image,x,y\nz.jpg,{place}\n")
    file = tmp_path / f"draft.{suffix}"
    write_sheet(file, probe([folder], jobs=1), [folder])
    sheet = read_sheet(file)
    rows = {r.glob: r for r in sheet.rows}
    assert set(rows) == {"*", "img/a/*.jpg", "img/b/*.jpg", "log.csv", "other.csv"}
    proposed = Trajectory("log.csv", image="照片", x="经度", y="纬度", heading="航向")
    assert rows.pop("img/a/*.jpg").declared == Declaration(trajectory=proposed)
    assert all(r.declared == Declaration() for r in rows.values())
    detected = sheet.rows[1].detected
    assert "log.csv names 1 of these 2 photographs" in detected
    assert ("not the CRS of its positions" in detected) != degrees
    placed = {a.path: a.position for a in probe([folder], sheet=sheet, jobs=1)}
    assert (placed["img/a/a1.jpg"] == (106.5, 29.5)) == degrees


def test_a_proposal_is_a_whole_trajectory(tmp_path: Path) -> None:
    """So that its lines in a draft can be accepted as they are."""
    text = "image,lon,lat,time\na.jpg,106.5,29.5,2026-09-01 08:00:00\n"
    (problem,) = load(put(tmp_path, text)).problems
    assert problem.code == "time-zone-missing"
    assert problem.proposal == (("trajectory_file", "t.csv"), ("trajectory_time_scale", "utc"))
