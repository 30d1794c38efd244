"""Cut off, flipped, declared too large; and whether a TIFF is cloud-optimised."""

from __future__ import annotations

import contextlib
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from rasterio.shutil import copy

from cimkit.errors import SourceUnreadable
from cimkit.loaders.raster import tiff
from cimkit.model import Source
from tests.loaders.raster.made import SLOPE, codes, found, probe, rows, said, translate, write

NOISE = np.random.default_rng(1).integers(1, 255, (3, 260, 300)).astype("uint8")


@pytest.mark.keeps("GeoTIFF", "damage")
@pytest.mark.keeps("COG", "damage")
@pytest.mark.parametrize("name", ["a.tif", "cog.tif"])
def test_cut_at_every_tenth(tmp_path: Path, name: str) -> None:
    source = write(tmp_path / "made.tif", NOISE)
    if name == "cog.tif":
        copy(source.file, tmp_path / name, driver="COG", blocksize=128)
    else:
        copy(source.file, tmp_path / name, driver="GTiff", tiled=True, blockxsize=64)
    raw = (tmp_path / name).read_bytes()
    file = tmp_path / "cut.tif"
    kept = 0
    for tenth in range(1, 10):
        file.write_bytes(raw[: len(raw) * tenth // 10])
        try:
            asset = probe(Source("cut.tif", file))
        except SourceUnreadable:
            continue
        kept += 1
        assert "pixels-unreadable" in codes(asset)
        assert "blocks-missing" in codes(asset)
        header = probe(Source("cut.tif", file), "header")
        assert "blocks-missing" in codes(header)
    assert kept >= 3


def test_flipped_bits_end_in_a_refusal_or_a_finding(tmp_path: Path) -> None:
    source = write(tmp_path / "a.tif", NOISE[0], compress="deflate", tiled=True, nodata=3)
    raw = source.file.read_bytes()
    chance = random.Random(3)
    for n in range(40):
        out = bytearray(raw)
        for _ in range(1 + n % 8):
            # half of them in the directory, where they do most harm
            at = chance.randrange(min(600, len(raw)) if n % 2 else len(raw))
            out[at] ^= 1 << chance.randrange(8)
        source.file.write_bytes(out)
        with contextlib.suppress(SourceUnreadable):
            asset = probe(source)
            assert len(rows(source, asset)["objects"]) == 1


@pytest.mark.parametrize("driver", ["AAIGrid", "EHdr", "HFA", "netCDF", "JP2OpenJPEG", "GSBG"])
def test_other_formats_cut_at_every_third(tmp_path: Path, driver: str) -> None:
    bands = SLOPE.astype("uint8") if driver == "JP2OpenJPEG" else SLOPE
    made = write(tmp_path / "made.tif", bands)
    whole = tmp_path / "in" / "a.bin"
    whole.parent.mkdir()
    copy(made.file, whole, driver=driver)
    raw = whole.read_bytes()
    for third in (1, 2):
        whole.write_bytes(raw[: len(raw) * third // 3])
        source = found(whole.parent).get("a.bin")
        if source is None or source.loader != "raster":
            continue
        try:
            asset = probe(source)
        except SourceUnreadable:
            continue
        assert [p for p in asset.problems if p.severity != "info"]


def endless(file: Path, width: int, height: int, tile: int, data: bytes) -> Source:
    """Write a TIFF that declares what it does not have: one block, and thousands like it."""
    count = -(-width // tile) * -(-height // tile)
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 8),
        (262, 3, 1, 1),
        (277, 3, 1, 1),
        (322, 4, 1, tile),
        (323, 4, 1, tile),
    ]
    at = 8 + 2 + 12 * (len(tags) + 2) + 4
    body = b""
    if count == 1:
        tags += [(324, 4, 1, at), (325, 4, 1, len(data))]
        body = data
    else:
        tags += [(324, 4, count, at), (325, 4, count, at + 4 * count)]
        first = at + 8 * count
        body = struct.pack(f"<{count}I", *[first] * count)
        body += struct.pack(f"<{count}I", *[len(data)] * count) + data
    table = b"".join(struct.pack("<HHII", *t) for t in tags)
    file.write_bytes(b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + table + bytes(4) + body)
    return Source(file.name, file, (), file.stat().st_size)


def test_a_block_that_does_not_fit_is_not_decoded(tmp_path: Path) -> None:
    source = endless(tmp_path / "a.tif", 60_000, 60_000, 60_000, zlib.compress(bytes(1000)))
    asset = probe(source)
    assert "60000 by 60000" in said(asset, "blocks-too-large")
    assert asset.counts["width"] == 60_000


def test_a_small_file_that_declares_a_picture_without_end(tmp_path: Path) -> None:
    data = zlib.compress(bytes(256 * 256), 9)
    source = endless(tmp_path / "a.tif", 100_000, 100_000, 256, data)
    asset = probe(source)
    assert asset.properties["sampled"]
    assert asset.properties["pixels_read"] < 0.01
    assert asset.counts == {"width": 100_000, "height": 100_000, "bands": 1}


def test_broken_overviews_are_told_and_the_picture_is_kept(tmp_path: Path) -> None:
    import rasterio

    large = np.random.default_rng(1).integers(1, 255, (2600, 2600)).astype("uint8")
    source = write(tmp_path / "a.tif", large, tiled=True, compress="deflate")
    with rasterio.open(source.file, "r+") as out:
        out.build_overviews([2, 4])
    directories = tiff.read_tiff(source.file)
    assert directories is not None
    raw = bytearray(source.file.read_bytes())
    for one in directories.directories[1:]:
        for start, size in zip(one.offsets.tolist(), one.sizes.tolist(), strict=True):
            raw[start : start + size] = bytes(size)
    source.file.write_bytes(raw)
    asset = probe(source, "sample")
    assert "overviews-broken" in codes(asset)
    assert asset.properties["bands"][0]["mean"] == pytest.approx(128, abs=5)


@pytest.mark.keeps("COG", "geometry", "crs", "statistics")
def test_cloud_optimised_or_why_not(tmp_path: Path) -> None:
    import rasterio

    made = write(tmp_path / "made.tif", np.tile(NOISE, (1, 3, 3)))
    plain = translate(made, "a.tif", "GTiff")
    assert probe(plain).properties["not_cog"] == [
        "it is cut into strips, and not into tiles",
        "it has no overviews",
    ]
    copy(plain.file, tmp_path / "cog.tif", driver="COG", blocksize=128)
    asset = probe(Source("cog.tif", tmp_path / "cog.tif"))
    assert asset.format == "COG"
    assert asset.properties["not_cog"] == []
    assert "profile=cloud-optimized" in asset.media_type
    assert asset.crs == "EPSG:4544"
    assert asset.bbox == probe(plain).bbox
    mean = probe(plain).properties["bands"][0]["mean"]
    assert asset.properties["bands"][0]["mean"] == pytest.approx(mean)
    tiled = write(tmp_path / "t.tif", NOISE, tiled=True, blockxsize=64, blockysize=64)
    with rasterio.open(tiled.file, "r+") as out:
        out.build_overviews([2, 4])
    assert probe(tiled).properties["not_cog"]
    outside = write(
        tmp_path / "o.tif", np.tile(NOISE, (1, 3, 3)), tiled=True, blockxsize=64, blockysize=64
    )
    with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(outside.file, "r+") as out:
        out.build_overviews([2])
    assert (tmp_path / "o.tif.ovr").exists()
    assert any(".ovr" in r for r in probe(outside).properties["not_cog"])


def test_big_tiff(tmp_path: Path) -> None:
    source = write(tmp_path / "a.tif", SLOPE, BIGTIFF="YES")
    asset = probe(source)
    assert asset.properties["bigtiff"]
    assert asset.counts["width"] == 80
    assert codes(asset) == []


def test_directories_in_a_circle(tmp_path: Path) -> None:
    source = write(tmp_path / "a.tif", SLOPE)
    raw = bytearray(source.file.read_bytes())
    (first,) = struct.unpack_from("<I", raw, 4)
    (count,) = struct.unpack_from("<H", raw, first)
    struct.pack_into("<I", raw, first + 2 + 12 * count, first)
    source.file.write_bytes(raw)
    (problem,) = [p for p in probe(source).problems if p.code == "tiff-directory-broken"]
    assert "circle" in problem.place


@pytest.mark.keeps("GeoTIFF", "damage")
def test_what_gdal_fails_over_is_refused_and_no_crash(tmp_path: Path) -> None:
    """A picture below the first one that has no height: GDAL fails while it counts overviews."""
    own = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    own += [(273, 4, 1, 200), (278, 3, 1, 1), (279, 4, 1, 1), (330, 4, 1, 160)]
    below = [(254, 4, 1, 1), (256, 3, 1, 1)]
    raw = bytearray(220)
    struct.pack_into("<2sHI", raw, 0, b"II", 42, 8)
    for at, tags in ((8, own), (160, below)):
        struct.pack_into("<H", raw, at, len(tags))
        for n, tag in enumerate(tags):
            struct.pack_into("<HHII", raw, at + 2 + 12 * n, *tag)
    file = tmp_path / "a.tif"
    file.write_bytes(raw)
    with pytest.raises(SourceUnreadable, match="GDAL opens it"):
        probe(Source("a.tif", file))
