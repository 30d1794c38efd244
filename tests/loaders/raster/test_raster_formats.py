"""The same terrain and the same picture in every format."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from rasterio.shutil import copy
from rasterio.transform import Affine

from cimkit.errors import SourceUnreadable
from cimkit.loaders import raster as loader
from cimkit.loaders.raster.formats import head_of
from cimkit.model import Source
from tests.loaders.raster.made import SLOPE, found, measured, probe, rows, write

HOLED = SLOPE.copy()
HOLED[:20, :30] = -9999
TERRAIN = [
    pytest.param("a.tif", "GTiff", "GeoTIFF", marks=pytest.mark.keeps("GeoTIFF", "statistics")),
    pytest.param("a.asc", "AAIGrid", "ASCII grid"),
    pytest.param("a.bil", "EHdr", "Esri band file"),
    pytest.param("a.flt", "EHdr", "Esri band file"),
    pytest.param("a.dat", "ENVI", "ENVI"),
    pytest.param("a.img", "HFA", "ERDAS IMAGINE"),
    pytest.param("a.grd", "GSBG", "Surfer grid"),
    pytest.param("b.grd", "GS7BG", "Surfer grid"),
    pytest.param("a.sdat", "SAGA", "SAGA grid"),
    pytest.param("a.nc", "netCDF", "netCDF"),
    pytest.param("a.map", "PCRaster", "PCRaster"),
    pytest.param("a.bt", "BT", "Binary terrain"),
    pytest.param("a.gpkg", "GPKG", "GeoPackage raster"),
    pytest.param("a.zarr", "Zarr", "Zarr"),
    pytest.param("a.rst", "RST", "Idrisi"),
    pytest.param("a.ers", "ERS", "ERS"),
    pytest.param("a.pix", "PCIDSK", "PCIDSK"),
]


def deliver(folder: Path, name: str, driver: str, pixels: Any, **options: Any) -> Source:
    """Write it elsewhere, copy it into the delivery, and discover it there."""
    made = write(folder.parent / "made.tif", pixels, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy(made.file, folder / name, driver=driver)
    sources = found(folder)
    assert list(sources) == [name]
    assert sources[name].loader == "raster"
    return sources[name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.mark.keeps("ASCII grid", "geometry", "crs", "statistics")
@pytest.mark.keeps("Esri band file", "geometry", "crs", "statistics")
@pytest.mark.keeps("ENVI", "geometry", "crs", "statistics")
@pytest.mark.keeps("ERDAS IMAGINE", "geometry", "crs", "statistics")
@pytest.mark.keeps("Surfer grid", "geometry", "statistics")
@pytest.mark.keeps("SAGA grid", "geometry", "crs", "statistics")
@pytest.mark.keeps("netCDF", "geometry", "crs", "statistics")
@pytest.mark.keeps("PCRaster", "geometry", "statistics")
@pytest.mark.keeps("Binary terrain", "geometry", "crs", "statistics")
@pytest.mark.keeps("GeoPackage raster", "geometry", "crs", "statistics")
@pytest.mark.keeps("Zarr", "geometry", "crs", "statistics")
@pytest.mark.keeps("Idrisi", "geometry", "statistics")
@pytest.mark.keeps("ERS", "geometry", "crs", "statistics")
@pytest.mark.keeps("PCIDSK", "geometry", "statistics")
@pytest.mark.parametrize(("name", "driver", "title"), TERRAIN)
def test_terrain(folder: Path, name: str, driver: str, title: str) -> None:
    source = deliver(folder, name, driver, HOLED, nodata=-9999)
    before = {f: f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    asset = probe(source, crs="EPSG:4544" if driver == "RST" else None)
    assert asset.format == title
    assert asset.counts == {"width": 80, "height": 60, "bands": 1}
    assert asset.bbox is not None
    flat = [v for i, v in enumerate(asset.bbox) if len(asset.bbox) == 4 or i not in (2, 5)]
    assert flat == pytest.approx([500_000, 3_269_880, 500_160, 3_270_000], abs=0.1)
    assert (asset.crs == "EPSG:4544") is (driver != "PCIDSK")  # which has projections, no codes
    data = HOLED[HOLED > 0].astype(float)
    got = measured(source, asset)
    assert got["band_minimum", "band 1"] == pytest.approx(data.min(), abs=1e-4)
    assert got["band_maximum", "band 1"] == pytest.approx(data.max(), abs=1e-4)
    assert got["band_mean", "band 1"] == pytest.approx(data.mean(), abs=1e-3)
    assert got["band_deviation", "band 1"] == pytest.approx(data.std(), abs=1e-3)
    assert got["band_valid_share", "band 1"] == pytest.approx(data.size / HOLED.size)
    assert got["resolution", "row"] == pytest.approx(2)
    (outline,) = rows(source, asset)["geometries"]
    assert shapely.from_wkb(outline["wkb"]).area == pytest.approx(data.size * 4, rel=1e-3)
    after = {f: f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    assert before == after


PICTURES = [
    ("a.jp2", "JP2OpenJPEG", "JPEG 2000", {}),
    ("a.png", "PNG", "PNG", {"worldfile": True}),
    ("a.jpg", "JPEG", "JPEG", {"worldfile": True}),
    ("a.bmp", "BMP", "BMP", {"worldfile": True}),
    ("a.webp", "WEBP", "WebP", {"worldfile": True}),
    ("a.mbtiles", "MBTiles", "MBTiles", {}),
]


@pytest.mark.keeps("JPEG 2000", "geometry", "crs", "statistics")
@pytest.mark.keeps("Picture with world file", "geometry", "statistics")
@pytest.mark.keeps("MBTiles", "geometry", "crs", "statistics")
@pytest.mark.parametrize(("name", "driver", "title", "options"), PICTURES)
def test_pictures(
    folder: Path, name: str, driver: str, title: str, options: dict[str, Any]
) -> None:
    pixels = np.random.default_rng(0).integers(90, 110, (3, 200, 300)).astype("uint8")
    made = write(folder.parent / "made.tif", pixels, photometric="RGB")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy(made.file, folder / name, driver=driver)
    if options:
        (folder / "a.wld").write_text("2\n0\n0\n-2\n500001\n3269999\n")
    for notes in folder.glob("*.aux.xml"):
        notes.unlink()  # what places it is in the file, or in its world file
    source = found(folder)[name]
    assert source.loader == "raster"
    asset = probe(source, crs="EPSG:4544" if "worldfile" in options else None)
    assert asset.format == title
    assert asset.properties["class"] == "orthophoto"
    assert asset.bbox_wgs84 is not None
    assert asset.bbox_wgs84[:2] == pytest.approx((105.0, 29.5443), abs=1e-4)
    assert 90 <= measured(source, asset)["band_mean", "band 1"] <= 110
    if "worldfile" in options:
        assert len(source.members) == 1
        assert asset.bbox == (500_000, 3_269_600, 500_600, 3_270_000)


def test_a_picture_needs_a_sidecar(folder: Path) -> None:
    write(folder / "a.png", np.zeros((3, 8, 8), "uint8"), driver="PNG")
    for notes in folder.glob("*.aux.xml"):
        notes.unlink()
    assert found(folder)["a.png"].loader == "photo"


def test_grids_with_a_decimal_comma_or_centres(folder: Path) -> None:
    head = "NCOLS 3\nNROWS 2\nXLLCENTER 500001,0\nYLLCENTER 3270001,0\nCELLSIZE 2,0\n"
    (folder / "a.asc").write_text(head + "NODATA_VALUE -9999\n1,5 2,5 3,5\n4,5 -9999 6,5\n")
    asset = probe(found(folder)["a.asc"], crs="EPSG:4544")
    assert asset.bbox == (500_000, 3_270_000, 500_006, 3_270_004)
    band = asset.properties["bands"][0]
    assert (band["minimum"], band["maximum"], band["valid_share"]) == (
        1.5,
        6.5,
        pytest.approx(5 / 6),
    )


def test_a_terrain_named_by_its_folder(tmp_path: Path) -> None:
    made = write(tmp_path / "t.tif", SLOPE)
    source = Source("成果/DEM/tile_01.tif", made.file)
    assert probe(source).properties["class"] == "dem"
    assert probe(Source("DEM 与 DOM/ortho.tif", made.file)).properties["class"] == "dem"
    assert probe(Source("models/tile_01.tif", made.file)).properties["class"] == "raster"


@pytest.mark.keeps("SRTM HGT", "geometry", "z", "statistics")
@pytest.mark.keeps("DTED", "geometry", "z", "statistics")
def test_heights_by_convention(folder: Path) -> None:
    second = Affine(1 / 1200, 0, 106 - 1 / 2400, 0, -1 / 1200, 30 + 1 / 2400)
    heights = np.full((1201, 1201), 7, "int16")
    heights[:, :600] = 450
    write(folder / "N29E106.hgt", heights, driver="SRTMHGT", crs="EPSG:4326", transform=second)
    write(
        folder / "a.dt0",
        np.full((121, 121), 12, "int16"),
        driver="DTED",
        crs="EPSG:4326",
        transform=Affine(1 / 120, 0, 106 - 1 / 240, 0, -1 / 120, 30 + 1 / 240),
    )
    sources = found(folder)
    srtm, dted = probe(sources["N29E106.hgt"]), probe(sources["a.dt0"])
    for asset, ends in ((srtm, (7, 450)), (dted, (12, 12))):
        assert asset.properties["class"] == "dem"
        assert asset.bbox is not None
        assert (asset.bbox[2], asset.bbox[5]) == ends
        assert asset.bbox_wgs84 == pytest.approx((106, 29, 107, 30), abs=0.01)


@pytest.mark.keeps("Transformation grid", "geometry", "identity")
def test_grids_of_a_transformation_are_no_terrain(folder: Path) -> None:
    world = Affine(1.0, 0, 99.5, 0, -1.0, 40.5)
    shifts = np.full((11, 11), 30.5, "float32")
    write(folder / "geoid_dem.gtx", shifts, driver="GTX", crs="EPSG:4326", transform=world)
    write(
        folder / "geoid_dem.tif",
        shifts,
        crs="EPSG:4326",
        transform=world,
        tags={"TYPE": "VERTICAL_OFFSET_GEOGRAPHIC_TO_VERTICAL"},
    )
    for source in found(folder).values():
        asset = probe(source)
        assert asset.properties["class"] == "transformation-grid"
        assert asset.bbox is not None
        assert len(asset.bbox) == 4


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.ecw", b"e\x02\x01\x01\x80\x00" + bytes(200), "ECW"),
        ("a.sid", b"msid\x01\x02" + bytes(200), "MrSID"),
        ("a.xml", b"<GDAL_WMS><Service name='TMS'/></GDAL_WMS>", "network"),
        ("a.tif", b"<?xml version='1.0'?>\n<GDAL_WMS>\n</GDAL_WMS>", "network"),
        ("a.xml", b"<!-- x --><WMTSCapabilities/>".replace(b"WMTSCap", b"GDAL_WMTS_x"), "network"),
    ],
)
def test_what_is_not_read_says_why(folder: Path, name: str, content: bytes, reason: str) -> None:
    (folder / name).write_bytes(content)
    source = found(folder)[name]
    assert source.loader == "raster"
    with pytest.raises(SourceUnreadable, match=reason):
        probe(source)


def test_a_geopackage_with_rows_belongs_to_others(folder: Path) -> None:
    import geopandas as gpd

    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4326").to_file(
        folder / "v.gpkg", driver="GPKG"
    )
    assert found(folder)["v.gpkg"].loader == "vector"
    assert loader.sniff(head_of(folder / "v.gpkg")) == 0


def test_a_database_in_use_is_left_alone(folder: Path) -> None:
    import sqlite3

    deliver(folder, "a.gpkg", "GPKG", SLOPE)
    connection = sqlite3.connect(folder / "a.gpkg")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    before = {f: f.read_bytes() for f in folder.iterdir()}
    asset = probe(found(folder)["a.gpkg"])
    assert asset.counts["width"] == 80
    assert {f: f.read_bytes() for f in folder.iterdir()} == before


def test_a_raster_of_r_is_read_with_its_pixels(folder: Path) -> None:
    pixels = np.arange(12, dtype="<f4").reshape(3, 4) + 200
    (folder / "dem.gri").write_bytes(pixels.tobytes())
    (folder / "dem.grd").write_text(
        "[general]\ncreator=R package 'raster'\n[georeference]\nnrows=3\nncols=4\nxmin=500000\n"
        "ymin=3270000\nxmax=500008\nymax=3270006\nprojection=+proj=utm +zone=48 +datum=WGS84\n"
        "[data]\ndatatype=FLT4S\nbyteorder=little\nnbands=1\nbandorder=BIL\nminvalue=200\n"
        "maxvalue=211\nnodatavalue=-3.4e+38\n"
    )
    sources = found(folder)
    assert (list(sources), sources["dem.grd"].members) == (["dem.grd"], ("dem.gri",))
    asset = probe(sources["dem.grd"])
    assert asset.format == "R raster"
    assert asset.bbox is not None
    assert asset.bbox[:2] == (500000, 3270000)
