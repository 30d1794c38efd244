"""Damaged and hostile photographs: told or refused, never a crash, in bounded memory."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

import pytest

from cimkit.errors import SourceUnreadable
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
