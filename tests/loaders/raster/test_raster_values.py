"""What pixels hold: no data in all its forms, statistics, doubts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cimkit.errors import SourceUnreadable
from cimkit.loaders.raster.bands import End
from cimkit.loaders.raster.tiff import read_tiff
from cimkit.model.source import Depth
from tests.loaders.raster.made import SLOPE, codes, measured, probe, rows, said, write


def void(value: float, kind: str = "float32") -> Any:
    heights = SLOPE.astype(kind)
    heights[:20, :40] = value
    return heights


SHARE = 1 - 20 * 40 / SLOPE.size


@pytest.mark.keeps("GeoTIFF", "attributes", "statistics")
@pytest.mark.parametrize(
    ("pixels", "nodata"),
    [
        (void(-9999), -9999),
        (void(float("nan")), float("nan")),
        (void(float("nan")), -9999),
        (void(float("nan")), None),
        (void(float("inf")), None),
        (void(-3.4028234663852886e38), -3.4028234663852886e38),
        (void(0, "uint16"), 0),
        (void(-32768, "int16"), -32768),
        (void(1e20, "float64"), 1e20),
    ],
)
@pytest.mark.parametrize("depth", ["sample", "full"])
def test_no_data(tmp_path: Path, pixels: Any, nodata: float | None, depth: Depth) -> None:
    source = write(tmp_path / "dem.tif", pixels, nodata=nodata)
    asset = probe(source, depth)
    assert measured(source, asset)["band_valid_share", "band 1"] == pytest.approx(SHARE)
    assert measured(source, asset)["void_share", ""] == pytest.approx(1 - SHARE)
    held = pixels[20:] if pixels.dtype.kind != "f" else pixels[20:, :]
    assert asset.properties["bands"][0]["minimum"] == pytest.approx(
        min(pixels[:20, 40:].min(), held.min())
    )
    (outline,) = rows(source, asset)["geometries"]
    assert shapely.from_wkb(outline["wkb"]).area == pytest.approx(SHARE * SLOPE.size * 4, rel=0.01)
    assert not {"nodata-suspected"} & set(codes(asset))


@pytest.mark.keeps("GeoTIFF", "appearance")
def test_alpha_and_mask_say_where_a_picture_is(tmp_path: Path) -> None:
    colours = np.full((4, 100, 100), 90, "uint8")
    colours[3] = 255
    colours[:, :50] = 0
    source = write(tmp_path / "alpha.tif", colours, photometric="RGB", ALPHA="YES")
    asset = probe(source)
    assert asset.properties["colour"][3] == "alpha"
    assert asset.properties["bands"][0]["minimum"] == 90
    assert asset.properties["bands"][0]["valid_share"] == 0.5
    assert asset.properties["bands"][3]["valid_share"] == 1
    (outline,) = rows(source, asset)["geometries"]
    assert shapely.from_wkb(outline["wkb"]).area == pytest.approx(100 * 50 * 4)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False):
        source = write(tmp_path / "mask.tif", colours[:3], photometric="RGB")
        with rasterio.open(source.file, "r+") as out:
            out.write_mask(colours[3] > 0)
    asset = probe(source)
    assert (tmp_path / "mask.tif.msk").exists()
    assert asset.properties["bands"][0]["valid_share"] == 0.5
    assert asset.properties["bands"][0]["minimum"] == 90


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (-9999, "float32"),
        (-32767, "int16"),
        (-3.4028234663852886e38, "float32"),
        (9999, "float32"),
        (0, "float32"),
        (1e20, "float64"),
    ],
)
@pytest.mark.keeps("GeoTIFF", "contradictions")
def test_undeclared_no_data_is_suspected_and_counted_as_data(
    tmp_path: Path, value: float, kind: str
) -> None:
    asset = probe(write(tmp_path / "dem.tif", void(value, kind)))
    got = said(asset, "nodata-suspected")
    assert got.startswith(f"{1 - SHARE:.2%}")
    assert asset.properties["bands"][0]["valid_share"] == 1


def test_a_sea_at_zero_is_not_suspected(tmp_path: Path) -> None:
    coast = np.maximum(SLOPE - 203, 0)
    assert "nodata-suspected" not in codes(probe(write(tmp_path / "dem.tif", coast)))


def test_a_black_margin(tmp_path: Path) -> None:
    colours = np.full((3, 100, 100), 90, "uint8")
    colours[:, :30] = 0
    assert said(probe(write(tmp_path / "a.tif", colours, photometric="RGB")), "nodata-suspected")
    declared = probe(write(tmp_path / "b.tif", colours, photometric="RGB", nodata=0))
    assert "nodata-suspected" not in codes(declared)


def test_a_value_for_no_data_that_no_pixel_can_have(tmp_path: Path) -> None:
    source = write(tmp_path / "a.tif", np.full((8, 8), 3, "uint8"), nodata=213)
    raw = source.file.read_bytes()
    assert b"213\0" in raw
    source.file.write_bytes(raw.replace(b"213\0", b"-99\0"))
    asset = probe(source)
    assert said(asset, "nodata-not-representable") == "-99"
    assert asset.properties["bands"][0]["valid_share"] == 1


@pytest.mark.keeps("GeoTIFF", "semantics")
def test_scale_offset_unit_description_palette(tmp_path: Path) -> None:
    stored = np.array([[100, 200], [300, -1]], "int16")
    source = write(tmp_path / "dem.tif", stored, nodata=-1)
    with rasterio.open(source.file, "r+") as out:
        out.scales, out.offsets, out.units = (0.1,), (50.0,), ("m",)
        out.set_band_description(1, "高程")
    asset = probe(source)
    band = asset.properties["bands"][0]
    assert (band["scale"], band["offset"], band["unit"]) == (0.1, 50.0, "m")
    assert band["description"] == "高程"
    assert asset.bbox is not None
    assert (asset.bbox[2], asset.bbox[5]) == pytest.approx((60, 80))
    assert band["mean"] == pytest.approx(70)
    assert band["deviation"] == pytest.approx(np.std([60, 70, 80]))
    units = {m["name"]: m["unit"] for m in rows(source, asset)["measures"]}
    assert units["band_mean"] == "m"
    classes = write(tmp_path / "landcover.tif", np.array([[1, 2]], "uint8"))
    with rasterio.open(classes.file, "r+") as out:
        out.write_colormap(1, {1: (255, 0, 0, 255), 2: (0, 255, 0, 255)})
    asset = probe(classes)
    assert asset.properties["class"] == "land-cover"
    assert asset.properties["bands"][0]["colour"] == "palette"
    assert asset.properties["bands"][0]["palette"] == 256


@pytest.mark.keeps("GeoTIFF", "time")
def test_dates(tmp_path: Path) -> None:
    seen = write(tmp_path / "a.tif", SLOPE, tags={"ACQUISITIONDATETIME": "2025:07:01 10:30:00"})
    assert probe(seen).observed_start == "2025-07-01T10:30:00"
    wrote = write(tmp_path / "b.tif", SLOPE, tags={"TIFFTAG_DATETIME": "2026:01:02 03:04:05"})
    asset = probe(wrote)
    assert asset.observed_start is None
    (problem,) = [p for p in asset.problems if p.code == "date-of-writing"]
    assert problem.proposal == (("observed", "2026-01-02"),)
    assert asset.properties["written"] == "2026:01:02 03:04:05"
    bad = write(tmp_path / "c.tif", SLOPE, tags={"ACQUISITIONDATE": "last summer"})
    assert said(probe(bad), "date-unreadable") == "last summer"


@pytest.mark.parametrize("kind", ["uint8", "int16", "uint32", "float32", "float64"])
def test_statistics_are_those_of_all_pixels(tmp_path: Path, kind: str) -> None:
    pixels = np.random.default_rng(3).integers(0, 200, (2, 700, 900)).astype(kind)
    pixels[:, :100, :50] = 0
    source = write(tmp_path / "a.tif", pixels, nodata=0, tiled=True, blockxsize=64, blockysize=64)
    got = measured(source, probe(source))
    for i in (0, 1):
        data = pixels[i][pixels[i] != 0].astype(float)
        cell = f"band {i + 1}"
        assert got["band_mean", cell] == pytest.approx(data.mean(), rel=1e-12)
        assert got["band_deviation", cell] == pytest.approx(data.std(), rel=1e-9)
        assert got["band_valid_share", cell] == pytest.approx(data.size / pixels[i].size)
    assert got["pixels_read_share", ""] == 1


def test_a_sample_is_marked_as_one(tmp_path: Path) -> None:
    large = np.add.outer(np.arange(2500), np.arange(2500)).astype("float32")
    source = write(tmp_path / "dem.tif", large, tiled=True)
    sample, full = probe(source, "sample"), probe(source)
    assert sample.properties["sampled"]
    assert not full.properties["sampled"]
    assert 0 < measured(source, sample)["pixels_read_share", ""] < 0.3
    assert sample.properties["bands"][0]["mean"] == pytest.approx(large.mean(), rel=0.01)
    assert full.properties["bands"][0]["mean"] == pytest.approx(large.mean(), rel=1e-6)


def test_a_header_decodes_nothing(tmp_path: Path) -> None:
    source = write(tmp_path / "dem.tif", SLOPE, compress="deflate", tiled=True)
    directories = read_tiff(source.file)
    assert directories is not None
    (start, *_), (size, *_) = (getattr(directories.directories[0], n) for n in ("offsets", "sizes"))
    raw = bytearray(source.file.read_bytes())
    raw[int(start) : int(start + size)] = bytes(int(size))
    source.file.write_bytes(raw)
    with pytest.raises(SourceUnreadable):
        probe(source, "sample")
    asset = probe(source, "header")
    assert "minimum" not in asset.properties["bands"][0]
    assert asset.bbox == (500_000, 3_269_880, 500_160, 3_270_000)
    assert asset.footprint is not None


def test_a_picture_of_noise_keeps_a_small_footprint(tmp_path: Path) -> None:
    pixels = np.random.default_rng(5).integers(0, 2, (900, 900)).astype("uint8")
    asset = probe(write(tmp_path / "a.tif", pixels, nodata=0))
    assert asset.footprint is not None
    assert len(asset.footprint) < 200_000


def test_complex_and_nothing(tmp_path: Path) -> None:
    waves = probe(write(tmp_path / "radar.tif", np.ones((2, 2), "complex64")))
    assert "minimum" not in waves.properties["bands"][0]
    empty = write(tmp_path / "dem.tif", np.full((4, 4), -9999, "float32"), nodata=-9999)
    asset = probe(empty)
    assert "no-valid-pixels" in codes(asset)
    assert asset.footprint is not None
    assert ("band_minimum", "band 1") not in measured(empty, asset)


pieces = st.lists(
    hnp.arrays(np.int16, st.integers(1, 20), elements=st.integers(-3, 3)), min_size=1, max_size=6
)


@given(pieces, st.booleans())
def test_ends_of_pieces_are_those_of_the_whole(parts: list[Any], upper: bool) -> None:
    end = End(upper)
    for part in parts:
        end.add(part)
    whole = np.concatenate(parts)
    values = np.unique(whole) if not upper else np.unique(whole)[::-1]
    assert end.value == values[0]
    assert end.count == int((whole == values[0]).sum())
    assert np.array_equal(end.following, values[1] if len(values) > 1 else np.nan, equal_nan=True)
