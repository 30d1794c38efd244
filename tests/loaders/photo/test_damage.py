"""Damaged and hostile photographs: told or refused, never a crash, in bounded memory."""

from __future__ import annotations

import json
import os
import random
import struct
import zlib
from pathlib import Path

import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import trajectory
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Source
from tests.loaders.photo.made import XMP, load, shoot

KINDS = ["jpg", "png", "webp", "tif", "heic", "mpo"]


def survives(file: Path) -> list[str]:
    """Load it; it may be refused."""
    try:
        return load(Source(file.name, file))[2]
    except SourceUnreadable:
        return ["refused"]


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("jpg", marks=pytest.mark.keeps("JPEG", "damage")),
        pytest.param("png", marks=pytest.mark.keeps("PNG photo", "damage")),
        pytest.param("webp", marks=pytest.mark.keeps("WebP photo", "damage")),
        pytest.param("tif", marks=pytest.mark.keeps("TIFF photo", "damage")),
        pytest.param("heic", marks=pytest.mark.keeps("HEIC", "damage")),
        pytest.param("mpo", marks=pytest.mark.keeps("MPO", "damage")),
    ],
)
def test_truncated_at_every_tenth(tmp_path: Path, kind: str) -> None:
    file = shoot(tmp_path / f"a.{kind}", size=(400, 300), xmp=XMP.format("", "")).file
    raw = file.read_bytes()
    for tenth in range(1, 10):
        file.write_bytes(raw[: len(raw) * tenth // 10])
        assert survives(file), (kind, tenth)
    file.write_bytes(raw[:20])
    assert survives(file)


@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bits(tmp_path: Path, kind: str) -> None:
    file = shoot(tmp_path / f"a.{kind}", xmp=XMP.format('GPano:PoseHeadingDegrees="1"', "")).file
    raw, chance = file.read_bytes(), random.Random(7)
    for _ in range(60):
        torn = bytearray(raw)
        for _ in range(chance.randint(1, 8)):
            torn[chance.randrange(min(len(torn), 900))] ^= 1 << chance.randrange(8)
        file.write_bytes(bytes(torn))
        survives(file)


def test_exif_that_runs_in_a_circle(tmp_path: Path) -> None:
    """Its GPS directory is the first directory again, and so on for ever."""
    file = shoot(tmp_path / "a.jpg").file
    raw = file.read_bytes()
    start = raw.index(b"Exif\0\0") + 6
    entries = struct.pack("<H", 2)
    entries += struct.pack("<HHII", 0x8825, 4, 1, 8) + struct.pack("<HHII", 0x8769, 4, 1, 8)
    body = b"II*\0" + struct.pack("<I", 8) + entries + struct.pack("<I", 8)
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 8) + b"Exif\0\0" + body
    length = struct.unpack(">H", raw[start - 8 : start - 6])[0]
    file.write_bytes(raw[: start - 10] + segment + raw[start - 8 + length :])
    codes = survives(file)
    assert "refused" not in codes


def test_exif_that_claims_gigabytes(tmp_path: Path) -> None:
    body = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1)
    body += struct.pack("<HHII", 0x010F, 2, 0xFFFFFFF0, 26) + struct.pack("<I", 0)
    file = shoot(tmp_path / "a.jpg").file
    raw = file.read_bytes()
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 8) + b"Exif\0\0" + body
    start = raw.index(b"Exif\0\0") - 4
    length = struct.unpack(">H", raw[start + 2 : start + 4])[0]
    file.write_bytes(raw[:start] + segment + raw[start + 2 + length :])
    assert "refused" not in survives(file)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def test_a_png_that_would_fill_the_memory(tmp_path: Path) -> None:
    """60,000 by 60,000 pixels in a few bytes."""
    file = tmp_path / "a.png"
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    file.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )  # fmt: skip
    assert survives(file) == ["image-too-large"]


@pytest.mark.parametrize(
    "packet",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x:xmpmeta xmlns:x="x">&b;'
        b"</x:xmpmeta>",
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x:xmpmeta xmlns:x="x">&a;'
        b"</x:xmpmeta>",
        b"<x:xmpmeta xmlns:x='x'>" + b"<a>" * 9_000 + b"</x:xmpmeta>",
        b"<x:xmpmeta",
        b"\xff\xfe\x00",
    ],
)
def test_hostile_xmp(tmp_path: Path, packet: bytes) -> None:
    codes = load(shoot(tmp_path / "a.jpg", xmp=packet))[2]
    assert codes == ["xmp-corrupt"]


def test_nothing_is_left_beside_a_photograph(tmp_path: Path) -> None:
    for kind in KINDS:
        shoot(tmp_path / f"a.{kind}")
    before = sorted(tmp_path.iterdir())
    for file in before:
        survives(file)
    assert sorted(tmp_path.iterdir()) == before


POSES = {
    "t.csv": "image,lon,lat,heading,time\n"
    + "".join(f"{k}.jpg,106.5,29.5,{k},2026-09-01T00:00:{k:02d}Z\n" for k in range(9)),
    "a.pos": "% program : x\n%  GPST latitude(deg) longitude(deg) height(m) Q\n"
    + "".join(f"2434 {172818 + k} 29.5 106.5 231.5 1\n" for k in range(9)),
    "a.nmea": "".join(
        f"$GPGGA,00000{k},2930.0000,N,10630.0000,E,1,08,0.9,231.5,M,,M,,\r\n" for k in range(9)
    ),
    "images.txt": "# Image list with two lines of data per image:\n"
    + "".join(f"{k} 1 0 0 0 1 2 3 1 {k}.jpg\n\n" for k in range(9)),
    "mapillary_image_description.json": json.dumps(
        [{"filename": f"{k}.jpg", "MAPLatitude": 29.5, "MAPLongitude": 106.5} for k in range(9)]
    ),
    "reconstruction.json": json.dumps(
        [
            {
                "cameras": {"v2": {"projection_type": "perspective"}},
                "shots": {
                    f"{k}.jpg": {"rotation": [0, 0, k], "translation": [0, 0, k]} for k in range(9)
                },
                "reference_lla": {"latitude": 29.5, "longitude": 106.5, "altitude": 0},
            }
        ]
    ),
    "sbet.out": b"".join(
        struct.pack("<17d", 172_818.0 + k, 0.51, 1.86, 200.0, *(0.0,) * 13) for k in range(9)
    ),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("t.csv", marks=pytest.mark.keeps("pose table", "damage")),
        pytest.param("a.pos", marks=pytest.mark.keeps("RTKLIB", "damage")),
        pytest.param("a.nmea", marks=pytest.mark.keeps("NMEA", "damage")),
        pytest.param("images.txt", marks=pytest.mark.keeps("COLMAP", "damage")),
        pytest.param(
            "mapillary_image_description.json", marks=pytest.mark.keeps("Mapillary", "damage")
        ),
        pytest.param("reconstruction.json", marks=pytest.mark.keeps("OpenSfM", "damage")),
        pytest.param("sbet.out", marks=pytest.mark.keeps("SBET", "damage")),
    ],
)
def test_poses_truncated_and_flipped(tmp_path: Path, name: str) -> None:
    """They are read in part, or it is said that they cannot be read."""
    said, chance = POSES[name], random.Random(3)
    raw = said if isinstance(said, bytes) else said.encode()
    torn = [raw[: len(raw) * tenth // 10] for tenth in range(1, 11)]
    for _ in range(40):
        flipped = bytearray(raw)
        for _ in range(chance.randint(1, 6)):
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        torn.append(bytes(flipped))
    file = tmp_path / name
    counts = []
    for content in torn:
        file.write_bytes(content)
        try:
            asset = trajectory.probe(Source(name, file), ReadOptions(root=tmp_path))
        except SourceUnreadable:
            counts.append(0)
            continue
        counts.append(asset.counts["poses"])
        assert asset.bbox_wgs84 is None or all(abs(v) <= 180 for v in asset.bbox_wgs84)
    assert counts[9] == 9
    assert max(counts[10:]) <= 18


def test_json_that_is_nested_for_ever(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"a.jpg": {"gps": ' + "[" * 100_000)
    with pytest.raises(SourceUnreadable, match="poses"):
        trajectory.probe(Source("a.json", file), ReadOptions(root=tmp_path))


@pytest.mark.keeps("WebP photo", "damage")
@pytest.mark.keeps("HEIC", "damage")
@pytest.mark.parametrize("name", ["a.webp", "a.heic"])
def test_what_a_decoder_would_hold_as_a_whole_is_bounded(tmp_path: Path, name: str) -> None:
    given = shoot(tmp_path / name)
    os.truncate(given.file, 600_000_000)
    with pytest.raises(SourceUnreadable, match="too large"):
        load(given)


@pytest.mark.keeps("pose table", "damage")
def test_a_text_of_poses_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("image,lon,lat\n" + "a.jpg,106.5,29.5\n" * 5000)
    os.truncate(file, 600_000_000)
    with pytest.raises(SourceUnreadable, match="too large"):
        trajectory.probe(Source("t.csv", file), ReadOptions())
