"""What EXIF and XMP say of place, direction, time and camera, and what is told where they err."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import shapely
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.loaders.photo.view import RANGE_M, view
from cimkit.model import Declaration, Source
from tests.loaders.photo.made import XMP, dms, load, shoot


@pytest.mark.keeps("JPEG", "attributes", "z", "vertical", "geometry")
def test_all_that_a_receiver_says(tmp_path: Path) -> None:
    gps = {
        5: b"\x00",
        6: IFDRational(2315, 10),
        7: (IFDRational(0), IFDRational(30), IFDRational(0)),
        9: "A",
        10: "3",
        11: IFDRational(15, 10),
        12: "N",
        13: IFDRational(10),
        14: "T",
        15: IFDRational(90),
        16: "T",
        17: IFDRational(2705, 10),
        18: "WGS-84",
        23: "M",
        24: IFDRational(45),
        27: b"ASCII\0\0\0GPS",
        29: "2026:09:01",
        30: 1,
        31: IFDRational(3),
    }
    asset, row, codes = load(shoot(tmp_path / "a.jpg", gps=gps))
    assert codes == []
    assert (asset.vertical_datum, row["z_min"], row["z_max"]) == ("EPSG:5714", 231.5, 231.5)
    said = asset.properties
    assert (said["heading"], said["heading_ref"], said["dop"]) == (270.5, "T", 1.5)
    assert (said["track"], said["track_ref"], said["dest_bearing"]) == (90, "T", 45)
    assert said["dest_bearing_ref"] == "M"
    assert said["speed_m_s"] == pytest.approx(5.1444, abs=1e-3)
    assert (said["fix"], said["differential"], said["position_error_m"]) == ("3D", 1, 3)
    assert (said["map_datum"], said["positioning"]) == ("WGS-84", "GPS")


@pytest.mark.parametrize(
    ("reference", "altitude", "datum"),
    [(b"\x00", 10, "EPSG:5714"), (b"\x01", -10, "EPSG:5714"), (b"\x02", 10, "EPSG:4979"),
     (b"\x03", -10, "EPSG:4979")],
)  # fmt: skip
def test_altitudes(tmp_path: Path, reference: bytes, altitude: float, datum: str) -> None:
    asset, row, _ = load(shoot(tmp_path / "a.jpg", gps={5: reference, 6: IFDRational(10)}))
    assert (row["z_min"], asset.vertical_datum) == (altitude, datum)


def test_nothing_of_nothing(tmp_path: Path) -> None:
    """0/0 is no number: neither a position nor an altitude nor a direction."""
    none = IFDRational(0, 0)
    gps = {2: (none,) * 3, 4: (none,) * 3, 6: none, 17: none, 11: none}
    asset, row, codes = load(shoot(tmp_path / "a.jpg", gps=gps))
    assert (asset.position, row["z_min"], asset.properties.get("heading")) == (None, None, None)
    assert codes == ["gps-void"]
    seconds = {2: (*dms(29.5)[:2], none), 4: (IFDRational(106), IFDRational(301, 10), none)}
    asset, _, codes = load(shoot(tmp_path / "b.jpg", gps=seconds))
    assert asset.position == pytest.approx((106.501667, 29.5), abs=1e-6)


@pytest.mark.parametrize(
    ("gps", "code"),
    [
        ({2: dms(91.0)}, "gps-invalid"),
        ({2: dms(0.0), 4: dms(0.0)}, "gps-invalid"),
        ({1: "\0", 3: "\0"}, "gps-reference-missing"),
        ({9: "V"}, "gps-void"),
        ({4: (IFDRational(0, 0),) * 3}, "exif-corrupt"),
        ({18: "PULKOVO-42"}, "map-datum-unknown"),
        ({7: (12.0, 0.0, 0.0), 29: "2026:09:01"}, "time-contradiction"),
    ],
)
@pytest.mark.keeps("JPEG", "contradictions")
def test_what_is_told(tmp_path: Path, gps: dict[int, Any], code: str) -> None:
    assert load(shoot(tmp_path / "a.jpg", gps=gps))[2] == [code]


@pytest.mark.keeps("JPEG", "crs")
def test_positions_in_another_datum_are_moved(tmp_path: Path) -> None:
    given = shoot(tmp_path / "a.jpg", (139.7, 35.6), gps={18: "TOKYO"})
    asset, _, _ = load(given)
    assert (asset.crs, asset.crs_origin) == ("EPSG:4301", "declared")
    import numpy as np

    wanted = to_crs84(np.array([[139.7, 35.6]]), parse_crs("EPSG:4301"))[0]
    assert asset.position == pytest.approx(tuple(wanted), abs=1e-6)
    assert asset.position != pytest.approx((139.7, 35.6), abs=1e-3)
    declared, _, _ = load(given, Declaration(crs="EPSG:4326"))
    assert (declared.crs, declared.crs_origin) == ("EPSG:4326", "sheet")
    metres, _, _ = load(shoot(tmp_path / "b.jpg"), Declaration(crs="EPSG:4544"))
    assert (metres.crs, metres.position) == ("OGC:CRS84", pytest.approx((106.5, 29.5), abs=1e-6))


@pytest.mark.keeps("JPEG", "time")
@pytest.mark.parametrize(
    ("tags", "gps", "declared", "moment", "zone"),
    [
        ({0x9291: "25"}, {}, None, "2026-09-01T00:30:00.250000Z", ("+08:00", "exif")),
        ({0x9011: ""}, {7: (0.0, 30.0, 2.0), 29: "2026:09:01"}, None, "2026-09-01T00:30:02Z",
         ("+08:00", "derived")),
        ({0x9011: ""}, {}, "Asia/Tokyo", "2026-08-31T23:30:00Z", ("+09:00", "sheet")),
        ({0x9011: ""}, {}, None, None, (None, None)),
    ],
)  # fmt: skip
def test_zones(
    tmp_path: Path,
    tags: dict[int, Any],
    gps: dict[int, Any],
    declared: str | None,
    moment: str | None,
    zone: tuple[str | None, str | None],
) -> None:
    given = shoot(tmp_path / "a.jpg", tags=tags, gps=gps)
    asset, _, codes = load(given, Declaration(time_zone=declared))
    assert asset.observed_start == moment
    said = asset.properties
    assert (said.get("time_zone"), said.get("time_zone_origin")) == zone
    assert said["local_time"].startswith("2026-09-01T08:30:00")
    assert codes == ([] if moment else ["time-zone-missing"])


def test_clocks_that_no_zone_explains(tmp_path: Path) -> None:
    gps = {7: (14.0, 7.0, 0.0), 29: "2026:09:02"}
    asset, _, codes = load(shoot(tmp_path / "a.jpg", tags={0x9011: ""}, gps=gps))
    assert codes == ["time-contradiction"]
    assert asset.observed_start == "2026-09-02T14:07:00Z"


@pytest.mark.keeps("JPEG", "text")
@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("2098:01:01 00:00:00", ["time-implausible"]),
        ("0001:01:01 00:00:00", ["time-implausible"]),
        ("2026:09:01 24:00:00", ["time-unreadable"]),
        ("0000:00:00 00:00:00", []),
        ("1944:06:06 06:30:00", []),
        ("2003:08:27:00:09:15", []),  # as Minolta wrote it
    ],
)
def test_times_at_which_nobody_took_a_photograph(
    tmp_path: Path, said: str, code: list[str]
) -> None:
    codes = load(shoot(tmp_path / "a.jpg", tags={0x9003: said}))[2]
    assert [c for c in codes if c != "time-zone-missing"] == code


def test_when_a_file_was_changed_is_no_time_of_a_camera(tmp_path: Path) -> None:
    none = {0x9003: "", 0x9011: ""}
    of_camera = shoot(tmp_path / "a.jpg", None, tags=none, head={0x0132: "2026:09:01 08:30:00"})
    asset, _, codes = load(of_camera)
    assert (asset.properties["local_time"], codes) == ("2026-09-01T08:30:00", ["time-zone-missing"])
    changed = Image.Exif()
    changed[0x0132], changed[0x0131] = "2026:09:01 08:30:00", "a program"
    Image.new("RGB", (8, 8)).save(tmp_path / "b.png", exif=changed)
    asset, _, codes = load(Source("b.png", tmp_path / "b.png"))
    assert ("local_time" in asset.properties, codes) == (False, [])


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("解放碑步行街路口东南角".encode(), "解放碑步行街路口东南角"),
        ("解放碑步行街路口东南角".encode("gbk"), "解放碑步行街路口东南角"),
        ("渋谷駅前スクランブル交差点".encode("cp932"), "渋谷駅前スクランブル交差点"),
    ],
)
def test_descriptions_in_any_encoding(tmp_path: Path, raw: bytes, text: str) -> None:
    asset, _, _ = load(shoot(tmp_path / "a.jpg", head={0x010E: raw}))
    assert asset.properties["description"] == text


@pytest.mark.keeps("JPEG", "attributes")
def test_fields_of_view(tmp_path: Path) -> None:
    plane = {
        0x920A: IFDRational(8),
        0xA20E: IFDRational(100),
        0xA20F: IFDRational(100),
        0xA210: 4,
        0xA002: 800,
        0xA003: 600,
    }
    said = load(shoot(tmp_path / "a.jpg", tags=plane))[0].properties
    assert said["sensor_mm"] == [8.0, 6.0]
    assert said["field_of_view"] == pytest.approx(53.13, abs=0.01)
    assert said["field_of_view_origin"] == "sensor"
    film = load(shoot(tmp_path / "b.jpg", tags={0xA405: 50, 0xA434: "EF 50"}))[0].properties
    assert (film["field_of_view_origin"], film["lens"]) == ("35mm-equivalent", "EF 50")


@pytest.mark.keeps("JPEG", "geometry")
def test_the_wedge_that_is_seen(tmp_path: Path) -> None:
    gps = {16: "T", 17: IFDRational(90)}
    asset, _, _ = load(shoot(tmp_path / "a.jpg", gps=gps, tags={0xA405: 26}))
    assert asset.footprint is not None
    wedge = shapely.from_wkb(asset.footprint)
    assert wedge.is_valid
    assert wedge.exterior.is_ccw
    assert wedge.bounds[0] == pytest.approx(106.5)  # it opens to the east
    assert (wedge.bounds[2] - 106.5) * 96_900 == pytest.approx(RANGE_M, rel=0.02)
    assert asset.properties["view_range_m"] == RANGE_M
    sphere = XMP.format('GPano:ProjectionType="equirectangular"', "")
    ball, _, _ = load(shoot(tmp_path / "b.jpg", xmp=sphere))
    assert ball.footprint is not None
    circle = shapely.from_wkb(ball.footprint)
    assert circle.exterior.is_ccw
    assert circle.centroid.coords[0] == pytest.approx((106.5, 29.5), abs=1e-6)
    assert load(shoot(tmp_path / "c.jpg"))[0].footprint is None
    assert view(0, 0, None, 60) is None


@pytest.mark.keeps("JPEG", "semantics")
def test_panoramas(tmp_path: Path) -> None:
    part = XMP.format(
        'GPano:ProjectionType="equirectangular" GPano:CroppedAreaImageWidthPixels="1000" '
        'GPano:CroppedAreaImageHeightPixels="500" GPano:FullPanoWidthPixels="4000" '
        'GPano:FullPanoHeightPixels="2000" GPano:CroppedAreaLeftPixels="10" '
        'GPano:CroppedAreaTopPixels="20" GPano:PosePitchDegrees="1.5" '
        'GPano:PoseRollDegrees="-2.5"',
        "<GPano:PoseHeadingDegrees>45.5</GPano:PoseHeadingDegrees>",
    )
    asset, row, codes = load(shoot(tmp_path / "a.jpg", xmp=part))
    said = asset.properties
    assert (row["source_class"], codes) == ("panorama", [])
    assert (said["heading"], said["pitch"], said["roll"]) == (45.5, 1.5, -2.5)
    assert said["gpano"]["CroppedAreaTopPixels"] == 20
    assert said["field_of_view"] == 90
    asset, row, codes = load(shoot(tmp_path / "b.jpg", size=(2048, 1024)))
    assert (row["source_class"], codes) == ("panorama", ["panorama-suspected"])
    assert asset.properties["panorama_origin"] == "shape"


def test_the_camera_of_pix4d_counts_from_straight_down(tmp_path: Path) -> None:
    said = XMP.format('Camera:Yaw="10" Camera:Pitch="90" Camera:Roll="0" Camera:BandName="Red"', "")
    found = load(shoot(tmp_path / "a.jpg", xmp=said))[0].properties
    assert (found["heading"], found["pitch"], found["band"]) == (10, 0, "Red")


@pytest.mark.keeps("JPEG", "contradictions")
def test_what_adobe_carries_over_and_where_it_disagrees(tmp_path: Path) -> None:
    said = XMP.format(
        'exif:GPSLatitude="29,30.0N" exif:GPSLongitude="106,30.0E" exif:GPSAltitude="2315/10" '
        'exif:GPSAltitudeRef="1" exif:GPSImgDirection="1763/10" exif:GPSImgDirectionRef="M"',
        "",
    )
    asset, row, codes = load(shoot(tmp_path / "a.jpg", None, xmp=said))
    assert asset.position == pytest.approx((106.5, 29.5))
    assert (row["z_min"], row["position_origin"], codes) == (-231.5, "xmp", ["heading-magnetic"])
    _, row, codes = load(shoot(tmp_path / "b.jpg", (106.6, 29.5), xmp=said))
    assert "position-contradiction" in codes
    assert row["position_origin"] == "exif"


@pytest.mark.keeps("Mapillary", "geometry", "contradictions")
def test_mapillary_in_the_description(tmp_path: Path) -> None:
    text = (
        '{"MAPLatitude": 29.5, "MAPLongitude": 106.5, "MAPAltitude": 231.5, "MAPSequenceUUID": '
        '"drive-1", "MAPCompassHeading": {"TrueHeading": -1, "MagneticHeading": 12.5}, '
        '"MAPCaptureTime": "2026_09_01_00_00_00_500", "MAPSettingsUserKey": "who"}'
    )
    none = {0x9003: "", 0x9011: ""}
    asset, _, codes = load(shoot(tmp_path / "a.jpg", None, head={0x010E: text}, tags=none))
    assert (asset.position, asset.sequence) == ((106.5, 29.5), "drive-1")
    assert asset.observed_start == "2026-09-01T00:00:00.500000Z"
    assert asset.properties["heading_ref"] == "M"
    assert "who" not in str(asset.properties)
    assert codes == ["heading-magnetic", "vertical-datum-unknown"]
    _, _, codes = load(shoot(tmp_path / "b.jpg", (107.0, 29.5), head={0x010E: text}))
    assert "position-contradiction" in codes


@pytest.mark.keeps("JPEG", "statistics")
def test_blur_and_exposure_are_measured(tmp_path: Path) -> None:
    from PIL import Image, ImageFilter

    noise = Image.effect_noise((1600, 1200), 80).convert("RGB")
    noise.save(tmp_path / "sharp.png")
    noise.filter(ImageFilter.GaussianBlur(6)).save(tmp_path / "blurred.png")
    Image.new("RGB", (64, 64), "white").save(tmp_path / "white.jpg")
    from cimkit.model import Source

    def measured(name: str) -> dict[str, float]:
        row = load(Source(name, tmp_path / name))[1]
        found: dict[str, float] = row["measures"]
        return found

    sharp, blurred = measured("sharp.png"), measured("blurred.png")
    assert sharp["laplacian_variance"] > 20 * blurred["laplacian_variance"] > 0
    white = measured("white.jpg")
    assert (white["exposure_mean"], white["exposure_bright_share"]) == (1, 1)
    assert white["laplacian_variance"] == 0


@pytest.mark.keeps("JPEG", "geometry", "contradictions")
def test_a_camera_that_looks_down_sees_the_ground_beneath(tmp_path: Path) -> None:
    said = 'drone-dji:RelativeAltitude="+100.0" drone-dji:GimbalYawDegree="90" '
    said += 'drone-dji:GimbalPitchDegree="{}" drone-dji:GimbalRollDegree="{}"'
    tags = {0x920A: 24.0, 0xA405: 24}
    given = shoot(
        tmp_path / "a.jpg", tags=tags, size=(600, 400), xmp=XMP.format(said.format(-90, 0), "")
    )
    asset, _, _ = load(given)
    assert asset.footprint is not None
    ground = shapely.from_wkb(asset.footprint)
    assert ground.exterior.is_ccw
    assert ground.contains(shapely.Point(106.5, 29.5))
    west, south, east, north = ground.bounds
    across, along = asset.properties["field_of_view"], 400 / 600
    wide = 200 * math.tan(math.radians(across / 2))  # across the flight, which goes east
    assert (north - south) * 110_850 == pytest.approx(wide, rel=0.01)
    assert (east - west) * 96_960 == pytest.approx(wide * along, rel=0.01)
    assert (asset.properties["ground_below_m"], asset.properties["heading"]) == (100, 90)
    turned = shoot(tmp_path / "b.jpg", tags=tags, xmp=XMP.format(said.format(-89.9, 180), ""))
    found = load(turned)[0].properties
    assert found["heading"] == pytest.approx(270)
    assert found["axis"] == {"heading": 90, "pitch": -89.9, "roll": 180}
    assert "view_range_m" not in found
