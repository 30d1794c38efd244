"""The same photograph in each format that cameras write, and the XMP in each."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cimkit.loaders import photo, probe, raster
from cimkit.loaders._spec import Head
from cimkit.loaders.photo.thumbnail import thumbnail
from cimkit.model import Source
from tests.loaders.photo.made import XMP, load, shoot

DRONE = XMP.format(
    'drone-dji:GimbalYawDegree="-30.5" drone-dji:GimbalPitchDegree="-45.0" '
    'drone-dji:GimbalRollDegree="+0.00" drone-dji:RelativeAltitude="+80.25" '
    'drone-dji:AbsoluteAltitude="+311.75" drone-dji:RtkStdLon="0.011" drone-dji:RtkFlag="50" '
    'drone-dji:FlightYawDegree="-28.0"',
    "",
)


def head(file: Path) -> Head:
    return Head(file, file.name.lower(), file.read_bytes()[:65_536])


def everything(file: Path, kind: str, media: str) -> None:
    """Assert what each format must keep of the same photograph."""
    (asset,) = probe([file], jobs=1)
    assert (asset.loader, asset.kind, asset.format, asset.media_type) == (
        *("photo", "imagery", kind),
        media,
    )
    assert asset.position == pytest.approx((106.5, 29.5), abs=1e-6)
    assert (asset.crs, asset.observed_start) == ("OGC:CRS84", "2026-09-01T00:30:00Z")
    assert asset.counts == {"width": 64, "height": 48}
    assert asset.properties["camera"] == "Maker One"
    _, row, codes = load(Source(file.name, file))
    assert row["measures"]["exposure_mean"] == pytest.approx(0.5, abs=0.05)
    assert codes == []


@pytest.mark.keeps("JPEG", "geometry", "crs", "time", "attributes", "statistics")
def test_jpeg(tmp_path: Path) -> None:
    everything(shoot(tmp_path / "a.jpg").file, "JPEG", "image/jpeg")


@pytest.mark.keeps("PNG photo", "geometry", "crs", "time", "attributes", "statistics")
def test_png(tmp_path: Path) -> None:
    everything(shoot(tmp_path / "a.png").file, "PNG", "image/png")


@pytest.mark.keeps("WebP photo", "geometry", "crs", "time", "attributes", "statistics")
def test_webp(tmp_path: Path) -> None:
    everything(shoot(tmp_path / "a.webp").file, "WEBP", "image/webp")


@pytest.mark.keeps("TIFF photo", "geometry", "crs", "time", "attributes", "statistics")
def test_tiff(tmp_path: Path) -> None:
    everything(shoot(tmp_path / "a.tif").file, "TIFF", "image/tiff")


@pytest.mark.keeps("HEIC", "geometry", "crs", "time", "attributes", "statistics")
def test_heic(tmp_path: Path) -> None:
    everything(shoot(tmp_path / "a.heic").file, "HEIF", "image/heic")


@pytest.mark.keeps("AVIF", "geometry", "crs", "time", "attributes", "statistics")
def test_avif(tmp_path: Path) -> None:
    everything(shoot(tmp_path / "a.avif").file, "AVIF", "image/avif")


@pytest.mark.keeps("MPO", "geometry", "crs", "time", "attributes", "statistics")
def test_mpo_holds_several_pictures(tmp_path: Path) -> None:
    second = Image.new("RGB", (64, 48), "red")
    given = shoot(tmp_path / "a.mpo", append_images=[second], save_all=True)
    (asset,) = probe([given.file], jobs=1)
    assert (asset.format, asset.counts) == ("MPO", {"width": 64, "height": 48, "images": 2})
    assert asset.position == pytest.approx((106.5, 29.5), abs=1e-6)
    assert load(given)[1]["measures"]["exposure_mean"] == pytest.approx(0.5, abs=0.05)


def test_a_tiff_is_a_photograph_or_a_raster(tmp_path: Path) -> None:
    camera = shoot(tmp_path / "camera.tif").file
    assert photo.sniff(head(camera)) > raster.sniff(head(camera))
    bare = tmp_path / "bare.tif"
    Image.new("RGB", (8, 8)).save(bare)
    assert photo.sniff(head(bare)) == 0
    (tmp_path / "camera.tfw").write_text("1\n0\n0\n-1\n0\n0\n")
    assert photo.sniff(head(camera)) == 0
    geo = tmp_path / "geo.tif"
    tags = {271: "Maker", 272: "One", 306: "2026:09:01 08:30:00", 33550: (1.0, 1.0, 0.0)}
    Image.new("RGB", (8, 8)).save(geo, tiffinfo=tags)
    assert photo.sniff(head(geo)) == 0


def test_a_palette_with_transparency_is_no_damage(tmp_path: Path) -> None:
    Image.new("P", (8, 8)).save(tmp_path / "a.png", transparency=b"\0\x80")
    assert load(Source("a.png", tmp_path / "a.png"))[2] == []


def test_a_raw_file_has_the_size_of_its_whole_picture(tmp_path: Path) -> None:
    """DNG and NEF: the first directory is a reduced picture, the whole one is below it."""
    file = tmp_path / "a.dng"
    sizes = ((254, 0), (256, 4000), (257, 3000))
    below = struct.pack("<H", 3) + b"".join(struct.pack("<HHII", t, 4, 1, v) for t, v in sizes)
    for offset in (1, 0):  # where the directory stands is known when the file is
        at = offset or file.stat().st_size
        tags = {254: 1, 271: "Maker", 272: "One", 306: "2026:09:01 08:30:00", 330: at}
        Image.new("RGB", (8, 6)).save(file, "TIFF", tiffinfo=tags)
    file.write_bytes(file.read_bytes() + below + bytes(4))
    (asset,) = probe([file], jobs=1)
    assert (asset.loader, asset.counts) == ("photo", {"width": 4000, "height": 3000})


@pytest.mark.parametrize("suffix", ["jpg", "webp", "tif", "heic", "avif"])
def test_xmp_in_each_format(tmp_path: Path, suffix: str) -> None:
    check_drone(shoot(tmp_path / f"a.{suffix}", xmp=DRONE))


def check_drone(given: Source) -> None:
    properties = load(given)[0].properties
    assert (properties["heading"], properties["pitch"]) == (329.5, -45.0)
    assert properties["heading_origin"] == "xmp"
    assert properties["altitude_above_start_m"] == 80.25
    assert properties["altitude_absolute_m"] == 311.75
    assert (properties["rtk_std_lon_m"], properties["rtk_flag"]) == (0.011, 50)
    assert properties["flight_yaw"] == -28.0


@pytest.mark.keeps("PNG photo", "attributes")
def test_xmp_in_the_text_of_a_png(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", DRONE)
    check_drone(shoot(tmp_path / "a.png", pnginfo=info))


@pytest.mark.keeps("PNG photo", "attributes")
def test_what_a_png_says_after_its_pixels(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", DRONE, zip=True)
    file = shoot(tmp_path / "a.png", pnginfo=info).file
    raw = file.read_bytes()
    chunks, at = [], 8
    while at < len(raw):
        length = struct.unpack(">I", raw[at : at + 4])[0] + 12
        chunks.append(raw[at : at + length])
        at += length
    chunks.sort(key=lambda c: (c[4:8] != b"IHDR", c[4:8] != b"IDAT", c[4:8] == b"IEND"))
    file.write_bytes(raw[:8] + b"".join(chunks))
    check_drone(Source("a.png", file))
    assert load(Source("a.png", file))[0].position == pytest.approx((106.5, 29.5), abs=1e-6)


def with_segments(file: Path, *segments: bytes) -> Source:
    raw = file.read_bytes()
    added = b"".join(b"\xff\xe1" + struct.pack(">H", len(s) + 2) + s for s in segments)
    file.write_bytes(raw[:2] + added + raw[2:])
    return Source(file.name, file)


@pytest.mark.keeps("JPEG", "attributes")
def test_extended_xmp_of_a_jpeg(tmp_path: Path) -> None:
    """Its portions may come in any order, and those of another packet are not mixed in."""
    file = shoot(tmp_path / "a.jpg").file
    whole = DRONE.encode()
    mark = b"http://ns.adobe.com/xmp/extension/\0"

    def portion(digest: bytes, offset: int, data: bytes) -> bytes:
        return mark + digest * 32 + struct.pack(">II", len(whole), offset) + data

    cut = len(whole) // 2
    check_drone(
        with_segments(
            file,
            portion(b"A", cut, whole[cut:]),
            portion(b"B", 0, b"<other/>"),
            portion(b"A", 0, whole[:cut]),
        )
    )


@pytest.mark.keeps("JPEG", "relations")
def test_xmp_beside_a_photograph_is_part_of_it(tmp_path: Path) -> None:
    shoot(tmp_path / "a.jpg", None)
    shoot(tmp_path / "b.jpg", None)
    (tmp_path / "a.xmp").write_text(DRONE)
    (tmp_path / "b.jpg.xmp").write_text(DRONE.replace("-30.5", "40"))
    (tmp_path / "c.xmp").write_text(DRONE)
    got = {a.path: a for a in probe([tmp_path], jobs=1)}
    assert (got["a.jpg"].members, got["b.jpg"].members) == (("a.xmp",), ("b.jpg.xmp",))
    assert got["a.jpg"].properties["heading"] == 329.5
    assert got["b.jpg"].properties["heading"] == 40
    assert got["c.xmp"].kind == "document"


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (64, 48)), (3, (64, 48)), (6, (48, 64)), (8, (48, 64))]
)
def test_the_size_as_it_is_to_be_seen(
    tmp_path: Path, orientation: int, size: tuple[int, int]
) -> None:
    given = shoot(tmp_path / "a.jpg", head={0x0112: orientation}, tags={0xA405: 26})
    asset, row, _ = load(given)
    assert asset.counts == {"width": 64, "height": 48}
    assert (asset.properties["width"], asset.properties["height"]) == size
    assert json.loads(row["properties"])["orientation"] == orientation
    wide = asset.properties["field_of_view"]
    assert wide == pytest.approx(67.30 if size[0] == 64 else 53.06, abs=0.05)


@pytest.mark.parametrize("suffix", ["tif", "heic", "webp", "png"])
def test_turned_photographs_of_other_formats(tmp_path: Path, suffix: str) -> None:
    """Some decoders turn the image themselves: it must not be turned twice."""
    given = shoot(tmp_path / f"a.{suffix}", head={0x0112: 6})
    asset, _, _ = load(given)
    assert (asset.properties["width"], asset.properties["height"]) == (48, 64)
    if suffix != "heic":  # libheif gives it as it is to be seen
        assert asset.counts == {"width": 64, "height": 48}
    with Image.open(io.BytesIO(thumbnail(given, 32))) as small:
        assert small.size == (24, 32)
        top, bottom = small.getpixel((12, 4)), small.getpixel((12, 28))
        assert isinstance(top, tuple)
        assert isinstance(bottom, tuple)
        assert abs(top[0] - bottom[0]) < 20  # the gradient runs from left to right now
        left, right = small.getpixel((2, 16)), small.getpixel((21, 16))
        assert isinstance(left, tuple)
        assert isinstance(right, tuple)
        assert left[0] > right[0] + 100


@pytest.mark.keeps("JPEG", "time")
def test_a_drone_says_when_it_exposed_in_utc(tmp_path: Path) -> None:
    said = XMP.format('drone-dji:UTCAtExposure="2026-09-20T02:11:30.25"', "")
    given = shoot(
        tmp_path / "a.jpg", None, tags={0x9003: "2026:09:20 10:11:30", 0x9011: ""}, xmp=said
    )
    asset, _, codes = load(given)
    assert asset.observed_start == "2026-09-20T02:11:30.250000Z"
    assert (asset.properties["time_zone"], codes) == ("+08:00", [])
