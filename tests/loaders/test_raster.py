"""Rasters: size, place, pixels."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.control import GroundControlPoint
from rasterio.transform import Affine

from cimkit.errors import SourceUnreadable
from cimkit.loaders import Head, ReadOptions
from cimkit.loaders import raster as loader
from cimkit.model import STAGED, Declaration, Source
from cimkit.model.source import Depth

GRID = Affine(2.0, 0, 500_000, 0, -2.0, 3_270_000)
# rasterio 1.4 with affine 3
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")


def write(file: Path, bands: Any, **profile: Any) -> Source:
    pixels = np.asarray(bands)
    given = {"crs": "EPSG:4544", "transform": GRID} | profile
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(
            file,
            "w",
            driver=given.pop("driver", "GTiff"),
            width=pixels.shape[2],
            height=pixels.shape[1],
            count=pixels.shape[0],
            dtype=pixels.dtype,
            **given,
        ) as out:
            out.write(pixels)
    return Source(file.name, file, (), file.stat().st_size, "raster")


HEIGHTS = np.array([[[200.5, 201], [-9999, 230.25], [210, 211]]], dtype="float32")


def test_an_elevation_model(tmp_path: Path) -> None:
    given = write(tmp_path / "district_dem_2026.tif", HEIGHTS, nodata=-9999)
    asset = loader.probe(given, ReadOptions())
    assert asset.counts == {"width": 2, "height": 3, "bands": 1}
    assert (asset.crs, asset.crs_origin) == ("EPSG:4544", "declared")
    assert asset.bbox == (500_000, 3_269_994, 200.5, 500_004, 3_270_000, 230.25)
    assert asset.bbox_wgs84 is not None
    assert asset.bbox_wgs84[0] == pytest.approx(105.0, abs=1e-4)
    tables = dict(loader.read(given, asset, ReadOptions()))
    for name, table in tables.items():
        assert table.schema.equals(STAGED[name])
    (row,) = tables["objects"].to_pylist()
    assert row["source_class"] == "dem"
    assert (row["z_min"], row["z_max"]) == (200.5, 230.25)
    assert row["area_m2"] == pytest.approx(20.0)  # five of six pixels hold data
    assert row["position_origin"] == "file"
    measured = {m["name"]: (m["cell"], m["value"]) for m in tables["measures"].to_pylist()}
    assert measured["band_minimum"] == ("band 1", 200.5)
    assert measured["band_maximum"] == ("band 1", 230.25)
    assert measured["band_mean"][1] == pytest.approx(np.mean([200.5, 201, 230.25, 210, 211]))
    assert measured["band_valid_share"][1] == pytest.approx(5 / 6)


@pytest.mark.parametrize("depth", ["header", "sample", "full"])
def test_heights_are_sampled_before_all_are_read(tmp_path: Path, depth: Depth) -> None:
    heights = np.add.outer(np.arange(2100), np.arange(2100)).astype("int16")[None]
    heights[0, 7, 7] = -9999
    heights[0, 1002, 1002] = 9000  # one stray pixel is seen only when all are read
    given = write(tmp_path / "dem.tif", heights, nodata=-9999, compress="deflate")
    asset = loader.probe(given, ReadOptions(depth=depth))
    assert asset.bbox is not None
    if depth == "header":
        assert len(asset.bbox) == 4
    elif depth == "sample":
        assert asset.bbox[2] == pytest.approx(0, abs=5)
        assert asset.bbox[5] == pytest.approx(4198, abs=5)
    else:
        assert (asset.bbox[2], asset.bbox[5]) == (0, 9000)


def test_complex_numbers_have_no_range(tmp_path: Path) -> None:
    given = write(tmp_path / "radar_dem.tif", np.ones((1, 2, 2), dtype="complex64"))
    asset = loader.probe(given, ReadOptions())
    assert asset.bbox is not None
    assert len(asset.bbox) == 4
    tables = dict(loader.read(given, asset, ReadOptions()))
    assert tables["objects"].num_rows == 1


def test_a_picture_is_told_from_heights(tmp_path: Path) -> None:
    pixels = np.zeros((3, 4, 5), dtype="uint8")
    asset = loader.probe(write(tmp_path / "a.tif", pixels, photometric="RGB"), ReadOptions())
    assert asset.properties["class"] == "orthophoto"
    asset = loader.probe(write(tmp_path / "b.tif", HEIGHTS), ReadOptions())
    assert asset.properties["class"] == "raster"


@pytest.mark.parametrize(
    ("profile", "code"),
    [
        ({"crs": None}, "crs-missing"),
        ({"transform": Affine.identity()}, "georeference-missing"),
        ({"crs": "+proj=eqc +a=3396190 +b=3396190 +units=m"}, "crs-not-earth"),
    ],
)
def test_what_lies_nowhere_says_so(tmp_path: Path, profile: dict[str, Any], code: str) -> None:
    given = write(tmp_path / "a.tif", HEIGHTS, **profile)
    asset = loader.probe(given, ReadOptions())
    assert code in [p.code for p in asset.problems]
    assert asset.bbox_wgs84 is None
    tables = dict(loader.read(given, asset, ReadOptions()))
    (row,) = tables["objects"].to_pylist()
    assert row["geometry"] is None
    assert row["position_origin"] == "none"


def test_a_picture_without_a_place_is_told_once(tmp_path: Path) -> None:
    given = write(tmp_path / "a.tif", HEIGHTS, crs=None, transform=Affine.identity())
    problems = loader.probe(given, ReadOptions()).problems
    assert [p.code for p in problems if p.severity == "error"] == ["georeference-missing"]


def test_the_sheet_places_it(tmp_path: Path) -> None:
    given = write(tmp_path / "a.tif", HEIGHTS, crs=None)
    options = ReadOptions(Declaration(crs="EPSG:4545"))
    asset = loader.probe(given, options)
    assert asset.crs_origin == "sheet"
    assert asset.bbox_wgs84 is not None
    assert asset.bbox_wgs84[0] == pytest.approx(108.0, abs=1e-4)


def test_broken_blocks_are_counted_and_the_others_kept(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1, 256, 256), dtype="uint8")
    given = write(
        tmp_path / "a.tif", noise, tiled=True, blockxsize=64, blockysize=64, compress="lzw"
    )
    data = bytearray(given.file.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    given.file.write_bytes(data)
    asset = loader.probe(given, ReadOptions())
    (problem,) = [p for p in asset.problems if p.code == "pixels-unreadable"]
    assert problem.severity == "error"
    broken, _, tried, *_ = problem.got.split()
    assert 0 < int(broken) < int(tried) == 16
    assert 0 < asset.properties["bands"][0]["valid_share"] == 1
    given.file.write_bytes(bytes(data[:100]))
    with pytest.raises(SourceUnreadable):
        loader.probe(given, ReadOptions())


def test_a_rotated_grid_has_a_rotated_footprint(tmp_path: Path) -> None:
    turned = Affine(1.732, 1, 500_000, 1, -1.732, 3_270_000)
    given = write(tmp_path / "a.tif", np.zeros((1, 50, 50), "uint8"), transform=turned)
    asset = loader.probe(given, ReadOptions())
    assert asset.footprint is not None
    shape = shapely.from_wkb(asset.footprint)
    assert shape.area < 0.8 * shapely.box(*shape.bounds).area


def test_the_antimeridian_cuts_a_footprint_in_two(tmp_path: Path) -> None:
    grid = Affine(3000, 0, 600_000, 0, -3000, 5_700_000)
    given = write(
        tmp_path / "a.tif", np.zeros((1, 90, 90), "uint8"), crs="EPSG:32660", transform=grid
    )
    asset = loader.probe(given, ReadOptions())
    assert asset.footprint is not None
    shape = shapely.from_wkb(asset.footprint)
    assert shape.geom_type == "MultiPolygon"
    assert shape.is_valid
    west, _, east, _ = shape.bounds
    assert (west, east) == (-180, 180)


def test_a_picture_is_a_raster_only_with_a_world_file(tmp_path: Path) -> None:
    pixels = np.zeros((3, 8, 8), dtype="uint8")
    given = write(tmp_path / "a.png", pixels, driver="PNG", crs=None, transform=Affine.identity())
    head = Head(given.file, "a.png", given.file.read_bytes())
    for leftover in tmp_path.glob("*.aux.xml"):
        leftover.unlink()
    assert loader.sniff(head) == 0
    (tmp_path / "a.pgw").write_text("2\n0\n0\n-2\n500001\n3269999\n")
    assert loader.sniff(head) > 0
    assert loader.siblings("a.png", {"a.png", "a.pgw", "b.pgw"}, given.file) == {"a.pgw"}
    asset = loader.probe(given, ReadOptions(Declaration(crs="EPSG:4544")))
    assert asset.bbox == (500_000, 3_269_984, 500_016, 3_270_000)


def test_real_files(shared_data: Path) -> None:
    mars = shared_data / "raster" / "cogeotiff-rio-tiler" / "cog_hirise_mars.tif"
    asset = loader.probe(Source("m.tif", mars), ReadOptions())
    assert "crs-not-earth" in [p.code for p in asset.problems]
    corrupt = shared_data / "hostile" / "rasterio-rasterio" / "corrupt.tif"
    asset = loader.probe(Source("c.tif", corrupt), ReadOptions())
    assert "pixels-unreadable" in [p.code for p in asset.problems]


def test_ground_control_points_place_a_scan(tmp_path: Path) -> None:
    corners = [(0, 0), (0, 2), (3, 0), (3, 2)]
    points = [GroundControlPoint(r, c, 106.5 + c * 1e-3, 29.5 - r * 1e-3) for r, c in corners]
    given = write(
        tmp_path / "a.tif", HEIGHTS, transform=Affine.identity(), crs="EPSG:4326", gcps=points
    )
    asset = loader.probe(given, ReadOptions(depth="header"))
    assert asset.crs == "EPSG:4326"
    assert asset.bbox == pytest.approx((106.5, 29.497, 106.502, 29.5))
    assert asset.properties["placed_by"] == "gcps"
    assert asset.problems == ()


def test_ground_control_points_on_one_line_place_nothing(tmp_path: Path) -> None:
    points = [GroundControlPoint(0, c, 106.5 + c * 1e-3, 29.5) for c in (0, 1, 2)]
    given = write(
        tmp_path / "a.tif", HEIGHTS, transform=Affine.identity(), crs="EPSG:4326", gcps=points
    )
    asset = loader.probe(given, ReadOptions())
    assert asset.bbox is None
    assert "georeference-missing" in [p.code for p in asset.problems]


@pytest.mark.parametrize(("driver", "suffix"), [("ENVI", "bin"), ("EHdr", "bil")])
def test_pixels_with_their_header_beside_them(tmp_path: Path, driver: str, suffix: str) -> None:
    given = write(tmp_path / f"a.{suffix}", HEIGHTS, driver=driver)
    head = Head(given.file, given.file.name, given.file.read_bytes()[:65_536])
    assert loader.sniff(head) > 0
    listing = {f.name for f in tmp_path.iterdir()}
    assert "a.hdr" in loader.siblings(f"a.{suffix}", listing, given.file)
    asset = loader.probe(given, ReadOptions())
    assert asset.counts == {"width": 2, "height": 3, "bands": 1}
    assert loader.sniff(Head(tmp_path / "a.hdr", "a.hdr", (tmp_path / "a.hdr").read_bytes())) == 0
