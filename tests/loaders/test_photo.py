"""The photograph loader, on images made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
import shapely
from hypothesis import HealthCheck, assume, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from cimkit.errors import SourceUnreadable
from cimkit.loaders import photo, probe
from cimkit.loaders._spec import Head, ReadOptions
from cimkit.model import STAGED, Asset, Declaration, Source, Trajectory

GPS_IFD, EXIF_IFD = 0x8825, 0x8769


def dms(degrees: float) -> tuple[IFDRational, ...]:
    whole = int(abs(degrees))
    rest = (abs(degrees) - whole) * 60
    seconds = round((rest - int(rest)) * 60 * 100_000)
    return IFDRational(whole), IFDRational(int(rest)), IFDRational(seconds, 100_000)


def shoot(
    file: Path,
    position: tuple[float, float] | None = None,
    *,
    size: tuple[int, int] = (64, 48),
    gps: dict[int, Any] | None = None,
    tags: dict[int, Any] | None = None,
    xmp: str | None = None,
) -> Source:
    file.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    held: dict[int, Any] = dict(gps or {})
    if position:
        lon, lat = position
        held |= {1: "N" if lat >= 0 else "S", 2: dms(lat), 3: "E" if lon >= 0 else "W", 4: dms(lon)}
    if held:
        exif.get_ifd(GPS_IFD).update(held)
    if tags:
        exif.get_ifd(EXIF_IFD).update(tags)
    extra = {"xmp": xmp.encode()} if xmp else {}
    Image.new("RGB", size, "green").save(file, exif=exif, **extra)
    return Source(path=file.name, file=file, size=file.stat().st_size, loader="photo")


def load(
    given: Source, declared: Declaration | None = None, root: Path = Path()
) -> tuple[Asset, dict[str, Any], list[str]]:
    options = ReadOptions(declared or Declaration(), root=root)
    asset = photo.probe(given, options)
    tables = dict(photo.read(given, asset, options))
    (row,) = tables["objects"].cast(STAGED["objects"]).to_pylist()
    return asset, row, [p.code for p in (*asset.problems, *options.problems)]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@for_all(st.floats(-179.9, 179.9), st.floats(-89.9, 89.9))
def test_position_in_all_hemispheres(tmp_path: Path, lon: float, lat: float) -> None:
    assume(abs(lon) + abs(lat) > 1e-3)
    asset, row, _ = load(shoot(tmp_path / "a.jpg", (lon, lat)))
    assert asset.position == pytest.approx((lon, lat), abs=1e-6)
    point = shapely.from_wkb(row["geometry"])
    assert (point.x, point.y) == pytest.approx((lon, lat), abs=1e-6)
    assert row["position_origin"] == "exif"


def test_altitude_direction_and_time(tmp_path: Path) -> None:
    given = shoot(
        tmp_path / "drive" / "a.jpg",
        (106.5, 29.57),
        gps={5: b"\x01", 6: IFDRational(35, 10), 16: "M", 17: IFDRational(2705, 10)},
        tags={0x9003: "2026:09:01 08:30:00", 0x9011: "+08:00"},
    )
    given = Source(path="drive/a.jpg", file=given.file, size=given.size)
    asset, row, codes = load(given)
    assert row["z_min"] == -3.5
    assert asset.observed_start == "2026-09-01T00:30:00Z"
    assert asset.sequence == "drive"
    held = json.loads(row["properties"])
    assert (held["heading"], held["heading_ref"], held["heading_origin"]) == (270.5, "M", "exif")
    assert codes == ["heading-magnetic"]
    assert row["observed"].isoformat() == "2026-09-01T00:30:00+00:00"


def test_time_of_the_satellites_is_utc(tmp_path: Path) -> None:
    clock = {7: (IFDRational(23), IFDRational(59), IFDRational(5, 1)), 29: "2026:08:31"}
    asset, _, _ = load(shoot(tmp_path / "a.jpg", gps=clock, tags={0x9003: "2026:09:01 07:59:05"}))
    assert asset.observed_start == "2026-08-31T23:59:05Z"


def test_time_without_a_zone_is_no_utc(tmp_path: Path) -> None:
    asset, row, _ = load(shoot(tmp_path / "a.jpg", tags={0x9003: "2026:09:01 08:30:00"}))
    assert asset.observed_start is None
    assert row["observed"] is None
    assert asset.properties["local_time"] == "2026-09-01T08:30:00"


def test_null_island_is_no_position(tmp_path: Path) -> None:
    asset, row, codes = load(shoot(tmp_path / "a.jpg", (0.0, 0.0)))
    assert asset.position is None
    assert row["geometry"] is None
    assert codes == ["gps-invalid"]


def xmp(attributes: str) -> str:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" '
        f'xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" {attributes}/>'
        "</rdf:RDF></x:xmpmeta>"
    )


def test_panorama_by_xmp_and_by_shape(tmp_path: Path) -> None:
    said = 'GPano:ProjectionType="equirectangular" GPano:PoseHeadingDegrees="45.5"'
    asset, row, _ = load(shoot(tmp_path / "a.jpg", xmp=xmp(said)))
    assert row["source_class"] == "panorama"
    assert asset.properties["heading"] == 45.5
    assert asset.properties["heading_origin"] == "xmp"
    assert load(shoot(tmp_path / "b.jpg", size=(2048, 1024)))[1]["source_class"] == "panorama"
    assert load(shoot(tmp_path / "c.jpg", size=(2048, 1365)))[1]["source_class"] == "photograph"


def test_drone_position_by_xmp_and_exif_wins(tmp_path: Path) -> None:
    said = 'drone-dji:GpsLatitude="29.5" drone-dji:GpsLongitude="106.5"'
    asset, row, _ = load(shoot(tmp_path / "a.jpg", xmp=xmp(said)))
    assert asset.position == (106.5, 29.5)
    assert row["position_origin"] == "xmp"
    asset, row, _ = load(shoot(tmp_path / "b.jpg", (10.0, 20.0), xmp=xmp(said)))
    assert asset.position == pytest.approx((10, 20))
    assert row["position_origin"] == "exif"


def test_xmp_with_entities_is_a_problem_not_a_bomb(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&a;</x:xmpmeta>'
    assert "xmp-corrupt" in load(shoot(tmp_path / "a.jpg", xmp=bomb))[2]


def test_trajectory_outranks_exif(tmp_path: Path) -> None:
    given = shoot(tmp_path / "IMG_1.jpg", (10.0, 20.0))
    table = tmp_path / "poses.csv"
    table.write_text("photo,e,n,h,yaw\nimg/IMG_1.JPG,500000,3272000,231.5,361.0\n")
    named = Trajectory(
        file="poses.csv", image="photo", x="e", y="n", z="h", heading="yaw", crs="EPSG:4544"
    )
    asset, row, codes = load(given, Declaration(trajectory=named), tmp_path)
    assert asset.position == pytest.approx((105.0, 29.56), abs=0.01)
    assert row["position_origin"] == "trajectory"
    assert row["z_min"] == 231.5
    assert asset.properties["heading"] == 1.0
    assert asset.properties["heading_origin"] == "trajectory"
    assert codes == []


def test_trajectory_in_gbk_with_columns_found(tmp_path: Path) -> None:
    given = shoot(tmp_path / "a.jpg")
    (tmp_path / "轨迹.csv").write_bytes("照片,经度,纬度\na.jpg,106.5,29.5\n".encode("gbk"))
    asset, _, _ = load(given, Declaration(trajectory=Trajectory(file="轨迹.csv")), tmp_path)
    assert asset.position == (106.5, 29.5)


@pytest.mark.parametrize(
    ("trajectory", "code"),
    [
        (Trajectory(file="none.csv"), "trajectory-unreadable"),
        (Trajectory(file="t.csv", x="nope"), "trajectory-unreadable"),
        (Trajectory(file="t.csv"), "trajectory-row-missing"),
    ],
)
def test_trajectory_that_does_not_help_is_told(
    tmp_path: Path, trajectory: Trajectory, code: str
) -> None:
    (tmp_path / "t.csv").write_text("image,lon,lat\nother.jpg,1,2\n")
    given = shoot(tmp_path / "a.jpg", (10.0, 20.0))
    asset, _, codes = load(given, Declaration(trajectory=trajectory), tmp_path)
    assert codes == [code]
    assert asset.position == pytest.approx((10, 20))


@pytest.mark.keeps("JPEG", "identity")
def test_renamed_photograph_is_the_same_object(tmp_path: Path) -> None:
    given = shoot(tmp_path / "a.jpg", (10.0, 20.0))
    copied = tmp_path / "b.jpg"
    copied.write_bytes(given.file.read_bytes())
    first = load(given)[1]
    second = load(Source(path="x/b.jpg", file=copied))[1]
    assert first["source_key"] == second["source_key"]
    assert first["content_hash"] == second["content_hash"]


def test_corrupt_exif_is_a_problem_not_a_refusal(tmp_path: Path) -> None:
    given = shoot(tmp_path / "a.jpg", (10.0, 20.0), tags={0x9003: "2026:09:01 08:30:00"})
    raw = bytearray(given.file.read_bytes())
    start = raw.index(b"Exif\0\0") + 6
    for at in range(start + 8, start + 60):
        raw[at] = 0xEE
    given.file.write_bytes(bytes(raw))
    asset, _, _ = load(given)
    assert asset.counts == {"width": 64, "height": 48}


def test_torn_image_is_told_and_no_image_is_refused(tmp_path: Path) -> None:
    given = shoot(tmp_path / "a.png", size=(400, 400))
    given.file.write_bytes(given.file.read_bytes()[:-40])
    assert "image-truncated" in load(given)[2]
    (tmp_path / "x.jpg").write_bytes(b"\xff\xd8\xff\xe0nothing")
    with pytest.raises(SourceUnreadable):
        photo.probe(Source(path="x.jpg", file=tmp_path / "x.jpg"), ReadOptions())


def test_sniff_goes_by_content(tmp_path: Path) -> None:
    given = shoot(tmp_path / "mask.jpg.png")
    assert photo.sniff(Head(given.file, "mask.jpg.png", given.file.read_bytes())) > 0
    assert photo.sniff(Head(given.file, "a.txt", b"<html>")) == 0


def test_what_only_its_name_calls_a_photograph_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("<html><body>403 Forbidden</body></html>")
    (tmp_path / "b.jpg").write_bytes(bytes(400))
    for asset in probe([tmp_path], jobs=1):
        assert (asset.status, asset.loader) == ("refused", "photo")
        assert ("403" in asset.problems[0].message) == (asset.path == "a.jpg")


@pytest.mark.parametrize("suffix", ["heic", "avif"])
def test_position_in_a_heic(tmp_path: Path, suffix: str) -> None:
    plain = shoot(tmp_path / "a.jpg", (106.5, 29.57))
    pillow_heif.register_heif_opener()
    with Image.open(plain.file) as image:
        image.save(tmp_path / f"a.{suffix}", exif=image.info["exif"])
    asset, _, codes = load(Source(path=f"a.{suffix}", file=tmp_path / f"a.{suffix}"))
    assert asset.position == pytest.approx((106.5, 29.57), abs=1e-6)
    assert codes == []


def test_heic_without_exif_is_whole(tmp_path: Path) -> None:
    pillow_heif.register_heif_opener()
    Image.new("RGB", (64, 48)).save(tmp_path / "a.heic")
    asset, _, codes = load(Source(path="a.heic", file=tmp_path / "a.heic"))
    assert asset.position is None
    assert codes == []


def test_real_heic_is_read(shared_data: Path) -> None:
    file = shared_data / "imagery" / "MikeKovarik-exifr" / "heic-single.heic"
    asset, _, _ = load(Source(path=file.name, file=file))
    assert asset.media_type == "image/heic"
    assert asset.counts["width"] > 0
