"""Tables of poses as they come: clocks, angles, units, headers, decimal commas; and the sheet."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cimkit.errors import SheetError
from cimkit.loaders import read_sheet
from cimkit.loaders.photo.attitude import from_hpr, to_opk
from cimkit.loaders.photo.columns import pose_columns
from cimkit.loaders.photo.gnss_time import GPS_EPOCH
from cimkit.loaders.photo.poses import is_pose_table
from cimkit.loaders.photo.track import Track
from cimkit.loaders.photo.tracks import read_track, track_kind
from cimkit.model import Declaration, Trajectory

START = datetime(2026, 9, 1, 0, 0, tzinfo=UTC).timestamp()
WEEK, SOW = 2434, 172_818.0


def read(folder: Path, text: str, declared: Declaration | None = None, **said: Any) -> Track:
    file = folder / "t.csv"
    file.write_text(text, encoding="utf-8")
    named = Trajectory("t.csv", **said) if said else None
    return read_track(file, declared or Declaration(trajectory=named))


def codes(track: Track) -> list[str]:
    return [p.code for p in track.problems]


@pytest.mark.keeps("pose table", "time")
@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("time", "2026-09-01T08:00:00+08:00", {}),
        ("time", "2026-09-01T00:00:00Z", {}),
        ("utc", "2026-09-01 00:00:00.000", {}),
        ("time", "2026-09-01 08:00:00", {"time_zone": "Asia/Shanghai"}),
        ("时间", "2026/9/1 8:00:00", {"time_zone": "+08:00"}),
        ("time", "2026-09-01 00:00:00", {"time_scale": "utc"}),
        ("gps_time", "2026-09-01 00:00:18", {}),
        ("unix", f"{START}", {}),
        ("t", f"{START}", {"time": "t", "time_scale": "utc"}),
        ("GPSTime", f"{START - GPS_EPOCH + 18}", {}),
        ("time", f"{START - GPS_EPOCH + 18}", {"time_scale": "gps"}),
        ("sow", f"{SOW}", {"gps_week": f"{WEEK}"}),
        ("GPS周秒", f"{SOW}", {"gps_week": f"{WEEK}"}),
        ("time", f"{SOW}", {"gps_week": f"{WEEK}", "time_scale": "gps-week"}),
        ("time", "0", {"time_scale": "utc-day", "date": "2026-09-01"}),
        ("time", "18", {"time_scale": "gps-day", "date": "2026-09-01"}),
        ("utc", "00:00:00.0", {"date": "2026-09-01"}),
    ],
)
def test_clocks(tmp_path: Path, column: str, value: str, said: dict[str, str]) -> None:
    track = read(tmp_path, f"image,lon,lat,{column}\na.jpg,106.5,29.5,{value}\n", **said)
    assert codes(track) == []
    assert track.time.tolist() == [START]


def test_week_and_seconds_in_columns_and_over_the_end_of_a_week(tmp_path: Path) -> None:
    track = read(tmp_path, f"image,lon,lat,GPSWeek,GPSTime\na,106,29,{WEEK},{SOW}\n")
    assert track.time.tolist() == [START]
    over = "image,lon,lat,sow\na,106,29,604799\nb,106,29,0.5\n"
    track = read(tmp_path, over, gps_week=str(WEEK))
    assert np.diff(track.time).tolist() == [1.5]


@pytest.mark.parametrize(
    ("column", "value", "code", "proposal"),
    [
        ("time", "2026-09-01 08:00:00", "time-zone-missing", ("trajectory_time_scale", "utc")),
        ("time", f"{SOW}", "time-scale-unknown", ("trajectory_time_scale", "gps-week")),
        ("time", f"{START}", "time-scale-unknown", ("trajectory_time_scale", "utc")),
        ("time", "36000", "time-scale-unknown", ("trajectory_time_scale", "utc-day")),
        ("sow", f"{SOW}", "gps-week-missing", None),
    ],
)
def test_clocks_that_nobody_declared_are_not_guessed(
    tmp_path: Path, column: str, value: str, code: str, proposal: tuple[str, str] | None
) -> None:
    track = read(tmp_path, f"image,lon,lat,{column}\na.jpg,106.5,29.5,{value}\n")
    assert codes(track) == [code]
    assert not np.isfinite(track.time).any()
    assert track.problems[0].proposal == ((proposal,) if proposal else ())


def test_a_week_that_rolled_over_is_told(tmp_path: Path) -> None:
    track = read(tmp_path, f"image,lon,lat,week,sow\na,106,29,{WEEK - 2048},{SOW}\n")
    assert codes(track) == ["gps-week-rolled"]
    assert track.problems[0].proposal == (("trajectory_gps_week", str(WEEK)),)


@pytest.mark.keeps("pose table", "geometry", "z", "crs")
def test_projected_positions_and_angles_of_photogrammetry(tmp_path: Path) -> None:
    opk = to_opk(from_hpr([[30.0, -5.0, 2.0]]))[0]
    row = ",".join(map(str, opk))
    # On the central meridian of the zone grid north is true north.
    text = f"image,E,N,H,omega,phi,kappa\na.jpg,500000,3272000,231.5,{row}\n"
    track = read(tmp_path, text, crs="EPSG:4544")
    assert track.hpr[0] == pytest.approx([30.0, -5.0, 2.0], abs=1e-6)
    assert track.xyz.tolist() == [[500000, 3272000, 231.5]]
    assert track.lonlat[0] == pytest.approx([105.0, 29.56], abs=0.01)
    # 1.4 degrees to its east grid north lies to the east of true north by sin(latitude) times that.
    east = text.replace("500000", "635600")
    assert read(tmp_path, east, crs="EPSG:4544").hpr[0, 0] == pytest.approx(30.69, abs=0.02)


@pytest.mark.parametrize(
    ("heading", "roll", "said"),
    [
        ("heading(rad)", "roll(rad)", {}),
        ("heading[gon]", "roll[gon]", {}),
        ("heading", "roll", {"angle_unit": "rad"}),
        ("heading", "roll", {"angle_unit": "gon"}),
        ("heading (deg)", "roll (deg)", {}),
    ],
)
def test_units_of_angles(tmp_path: Path, heading: str, roll: str, said: dict[str, str]) -> None:
    unit = said.get("angle_unit") or next(u for u in ("rad", "gon", "deg") if u in heading)
    scale = {"rad": np.pi / 180, "gon": 10 / 9, "deg": 1.0}[unit]
    rows = f"a.jpg,106.5,29.5,{90 * scale},{-3 * scale},{1 * scale}\n"
    track = read(tmp_path, f"image,lon,lat,{heading},pitch,{roll}\n{rows}", **said)
    assert track.hpr[0] == pytest.approx([90, -3, 1], abs=1e-9)


def test_radians_are_suspected_where_the_track_agrees(tmp_path: Path) -> None:
    rows = "".join(
        f"{k}.jpg,{106.5 + 1e-3 * np.sin(a):.7f},{29.5 + 1e-3 * (1 - np.cos(a)):.7f},"
        f"{(np.pi / 2 - a) % (2 * np.pi):.4f},0,0\n"
        for k, a in enumerate(np.linspace(0, 6, 40))
    )
    track = read(tmp_path, "image,lon,lat,heading,pitch,roll\n" + rows)
    assert codes(track) == ["angle-unit-suspected"]
    assert track.problems[0].proposal == (("trajectory_angle_unit", "rad"),)
    assert track.hpr[0, 0] == pytest.approx(np.pi / 2, abs=1e-3)  # not applied unasked
    wide = read(tmp_path, "image,lon,lat,heading\na,106,29,1800\n")
    assert codes(wide) == ["angle-unit-suspected"]


def test_yaw_pitch_roll_are_ambiguous_until_declared(tmp_path: Path) -> None:
    text = "image,lon,lat,yaw,pitch,roll\na.jpg,106.5,29.5,30,2,1\n"
    track = read(tmp_path, text)
    assert codes(track) == ["angles-ambiguous"]
    assert track.hpr[0, 0] == 30
    assert np.isnan(track.hpr[0, 1:]).all()
    assert read(tmp_path, text, angles="vehicle").hpr[0] == pytest.approx([30, 2, 1])
    nadir = read(tmp_path, text, angles="nadir")
    assert nadir.hpr[0, 1] == pytest.approx(-87.76, abs=0.01)


@pytest.mark.keeps("pose table", "text", "crs")
def test_tables_of_metashape(tmp_path: Path) -> None:
    text = (
        '# CoordinateSystem: GEOGCS["WGS 84",DATUM["World Geodetic System 1984",SPHEROID["WGS 84",'
        '6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.01745329251994328]]\n'
        "#Label,X/Longitude,Y/Latitude,Z/Altitude,Accuracy_X/Y/Z_(m),Yaw,Pitch,Roll\n"
        "DSC1,106.5,29.5,231.5,0.02,30,0,0\n"
    )
    assert track_kind(text.encode(), "cameras.txt", len(text)) == "table"
    track = read(tmp_path, text, angles="nadir")
    assert (track.names, track.crs_origin) == (("dsc1",), "declared")
    assert track.xyz.tolist() == [[106.5, 29.5, 231.5]]
    assert track.hpr[0] == pytest.approx([30, -90, 0])
    assert track.more[0]["Accuracy_X/Y/Z_(m)"] == "0.02"


@pytest.mark.keeps("pose table", "identity", "attributes")
@pytest.mark.parametrize(
    ("text", "crs"),
    [
        ("EPSG:32648\nIMG_1.JPG 645000 3264000 231.5\n", "EPSG:32648"),
        ("WGS84 UTM 48N\nIMG_1.JPG 645000 3264000 231.5\n", "EPSG:32648"),
        ("WGS84\nIMG_1.JPG 106.5 29.5 231.5\n", "OGC:CRS84"),
        ("IMG_1.JPG,29.5,106.5,231.5\n", None),
        ("IMG_1.JPG,106.5,29.5,231.5\n", None),
    ],
)
def test_lists_without_a_header(tmp_path: Path, text: str, crs: str | None) -> None:
    assert track_kind(text.encode(), "geo.txt", len(text)) == "table"
    track = read(tmp_path, text)
    assert (track.names, track.crs) == (("img_1.jpg",), crs)
    assert track.lonlat[0] == pytest.approx([106.5, 29.5], abs=0.02)
    assert track.xyz[0, 2] == 231.5


def test_lists_whose_numbers_leave_a_doubt(tmp_path: Path) -> None:
    text = "a.jpg,46.5,6.5,400\n"
    track = read(tmp_path, text)
    assert codes(track) == ["pose-columns-unknown"]
    assert not np.isfinite(track.lonlat).any()
    said = read(tmp_path, text, image="1", x="3", y="2", z="4")
    assert said.xyz.tolist() == [[6.5, 46.5, 400]]


@pytest.mark.keeps("pose table", "text")
def test_decimal_commas_and_degrees_with_minutes(tmp_path: Path) -> None:
    track = read(tmp_path, "image;lon;lat;heading\na.jpg;106,5;29,5;12,5\n")
    assert (track.xyz[0, :2].tolist(), track.hpr[0, 0]) == ([106.5, 29.5], 12.5)
    track = read(tmp_path, "image\tlon\tlat\na.jpg\t106°30'18.0\"E\t29°30′S\n")
    assert track.xyz[0, :2].tolist() == pytest.approx([106.505, -29.5])


@pytest.mark.keeps("pose table", "geometry")
def test_lever_arm_and_boresight(tmp_path: Path) -> None:
    text = "image,E,N,H,heading,pitch,roll\na.jpg,500000,3272000,100,90,0,0\n"
    plain = read(tmp_path, text, crs="EPSG:4544")
    # Heading east: 2 m forward is east, 3 m right is south, 1 m down is lower.
    moved = read(tmp_path, text, crs="EPSG:4544", lever_arm="2, 3, 1")
    assert moved.xyz[0] - plain.xyz[0] == pytest.approx([2, -3, -1], abs=1e-3)
    turned = read(tmp_path, text, crs="EPSG:4544", boresight="[0, 0, 30]")
    assert turned.hpr[0] == pytest.approx([120, 0, 0])
    assert turned.xyz.tolist() == plain.xyz.tolist()
    rolled = text.replace("90,0,0", "0,0,90")  # right side down: what was right is down
    moved = read(tmp_path, rolled, crs="EPSG:4544", lever_arm="0 3 0")
    assert moved.xyz[0] - plain.xyz[0] == pytest.approx([0, 0, -3], abs=1e-3)
    level = read(tmp_path, "image,E,N,heading\na,500000,3272000,0\n", crs="EPSG:4544",
                 lever_arm="1,0,0")  # fmt: skip
    assert codes(level) == ["lever-arm-level"]


@pytest.mark.keeps("pose table", "time")
def test_between_two_poses(tmp_path: Path) -> None:
    text = "utc,E,N,H,heading,pitch,roll\n" + "".join(
        f"2026-09-01T00:00:{k:02d}Z,{500000 + 10 * k},3272000,{100 + k},{350 + 10 * k},0,0\n"
        for k in range(4)
    )
    track = read(tmp_path, text, crs="EPSG:4544")
    pose = track.at(START + 1.5)
    assert pose is not None
    assert (pose.x, pose.y, pose.z) == pytest.approx((500015, 3272000, 101.5))
    assert pose.hpr == pytest.approx((5, 0, 0))
    assert pose.gap_s == 1
    assert track.at(START + 2) == track.pose(2)
    assert track.at(START + 3.9) == track.pose(3)  # within a second of its end
    assert track.at(START + 5) is None
    assert track.at(START + 1.5, 0.5) is not None  # a second from one of them
    gap = read(tmp_path, "\n".join(text.splitlines()[n] for n in (0, 1, 2, 4)), crs="EPSG:4544")
    assert gap.at(START + 2, 1.5) == gap.pose(1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_no_bytes_are_too_strange_to_be_recognised(raw: bytes) -> None:
    for name in ("a.csv", "a.out", "a.json"):
        assert isinstance(track_kind(raw, name, len(raw)), str)


def test_headings_from_the_track_over_the_antimeridian(tmp_path: Path) -> None:
    track = read(tmp_path, "image,lon,lat\na,179.9999,0\nb,-179.9999,0\nc,-179.9998,0\n")
    assert track.hpr[:, 0] == pytest.approx([90, 90, 90])
    assert track.derived.all()
    still = read(tmp_path, "image,lon,lat\na,10,0\nb,10,0\n")
    assert not np.isfinite(still.hpr).any()


def test_settings_in_the_sheet_are_held_to_what_they_can_be(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    row = '[[source]]\nglob = "*.jpg"\ntime_zone = "Asia/Tokyo"\n'
    file.write_text(
        row + 'trajectory = { file = "t.csv", lever_arm = [0.1, 0, -1.2], angles = "opk" }\n'
    )
    (got,) = read_sheet(file).rows
    assert got.declared.time_zone == "Asia/Tokyo"
    assert got.declared.trajectory is not None
    assert got.declared.trajectory.lever_arm == "[0.1, 0, -1.2]"
    for wrong in ('angles = "up"', 'lever_arm = "1, 2"', 'time_scale = "tai"', "time_offset = []"):
        file.write_text(row + f'trajectory = {{ file = "t.csv", {wrong} }}\n')
        with pytest.raises(SheetError, match="no such"):
            read_sheet(file)
    file.write_text(row.replace("Asia/Tokyo", "Mars"))
    with pytest.raises(SheetError, match="time_zone"):
        read_sheet(file)


@pytest.mark.keeps("pose table", "text", "geometry", "z")
@pytest.mark.parametrize(
    ("header", "x", "y", "z"),
    [
        ("照片名,X(北),Y(东),H", "Y(东)", "X(北)", "H"),
        ("照片名,北坐标X(m),东坐标Y(m),高程H(m)", "东坐标Y(m)", "北坐标X(m)", "高程H(m)"),
        ("照片名,Y东,X北,大地高", "Y东", "X北", "大地高"),
        ("照片名,B(纬度),L(经度),H(大地高)", "L(经度)", "B(纬度)", "H(大地高)"),
        ("photo,X (East),Y (North),Z", "X (East)", "Y (North)", "Z"),
        ("照片名,东经,北纬,海拔高", "东经", "北纬", "海拔高"),
    ],
)
def test_the_direction_in_a_name_outranks_its_letter(header: str, x: str, y: str, z: str) -> None:
    found = pose_columns(header.split(","), [])
    assert (found.x, found.y, found.z) == (x, y, z)


@pytest.mark.parametrize(
    ("header", "row", "found"),
    [
        ("frame,latitude_deg,longitude_deg,altitude_m,heading_deg,image_path",
         "1,29.5,106.5,20,12,b/a.jpg", "image_path longitude_deg latitude_deg altitude_m"),
        ("SourceFile,GPSLatitude,GPSLongitude,GPSAltitude,GPSImgDirection",
         "./a.jpg,29 deg 30' 0.00\" N,106 deg 30' 0.00\" E,20,12",
         "SourceFile GPSLongitude GPSLatitude GPSAltitude"),
        ("ImageId,RecordedAt,Longitude,Latitude,Height,RecorderDirection",
         "WE4X1,2026-09-01T00:00:00Z,106.5,29.5,20,12", "ImageId Longitude Latitude Height"),
        ("影像文件名,周,周秒,纬度,经度,椭球高,Heading", "a.jpg,2434,1,29.5,106.5,20,12",
         "影像文件名 经度 纬度 椭球高"),
        ("FileName;Latitude[deg];Longitude[deg];EllipsoidalHeight[m];Yaw[deg]",
         "a.jpg;29.5;106.5;20;12", "FileName Longitude[deg] Latitude[deg] EllipsoidalHeight[m]"),
    ],
)  # fmt: skip
def test_headers_of_mobile_mapping(tmp_path: Path, header: str, row: str, found: str) -> None:
    (tmp_path / "t.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    assert is_pose_table((tmp_path / "t.csv").read_bytes())
    track = read_track(tmp_path / "t.csv", Declaration())
    assert [track.columns[c] for c in ("image", "x", "y", "z")] == found.split()
    assert track.xyz[0].tolist() == [106.5, 29.5, 20]
    assert track.hpr[0, 0] == 12
