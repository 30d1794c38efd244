"""Files that hold several rasters, or name the pixels of others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rasterio.shutil import copy
from rasterio.transform import Affine

from cimkit.errors import SourceUnreadable
from tests.loaders.raster.made import GRID, SLOPE, codes, found, probe, rows, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.mark.keeps("GeoPackage raster", "contradictions")
def test_a_container_of_several(folder: Path) -> None:
    made = write(folder.parent / "made.tif", SLOPE)
    for table in ("one", "two"):
        copy(
            made.file,
            folder / "a.gpkg",
            driver="GPKG",
            RASTER_TABLE=table,
            APPEND_SUBDATASET=table == "two",
        )
    source = found(folder)["a.gpkg"]
    asset = probe(source)
    assert asset.counts == {"width": 80, "height": 60, "bands": 1, "rasters": 2}
    assert codes(asset) == ["vertical-datum-unknown"]  # once, and not for each
    given = rows(source, asset)
    assert [(r["source_layer"], r["name"]) for r in given["objects"]] == [
        ("ONE", "ONE"),
        ("TWO", "TWO"),
    ]
    assert {m["source_layer"] for m in given["measures"]} == {"ONE", "TWO"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.mrf", b"<MRF_META>\n  <Raster>\n"),
        ("DIM_A.XML", b'<?xml version="1.0"?>\n<Dimap_Document name="a.dim">'),
        ("a.ers", b'DatasetHeader Begin\n\tDataFile\t= "/data/secret"\n'),
        ("a.pix", b"PCIDSK  SDK V1.0".ljust(304) + b"FILE"),
    ],
)
def test_what_names_pixels_elsewhere_is_refused(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(SourceUnreadable, match=r"other files|its maker"):
        probe(found(folder)[name])


def test_pages_of_one_file_lie_where_each_says(folder: Path) -> None:
    places = (GRID, GRID @ Affine.translation(100, 0), Affine.identity())
    for page, grid in enumerate(places):
        made = write(folder.parent / f"{page}.tif", SLOPE[: 60 - page], transform=grid, tags={})
        copy(made.file, folder / "a_dem.tif", driver="GTiff", APPEND_SUBDATASET=page > 0)
    source = found(folder)["a_dem.tif"]
    asset = probe(source)
    assert asset.counts == {"width": 80, "height": 60, "bands": 1, "rasters": 3}
    assert asset.bbox is not None
    assert (asset.bbox[0], asset.bbox[3]) == (500_000, 500_000 + 360)
    given = rows(source, asset)
    assert [r["source_layer"] for r in given["objects"]] == ["1", "2", "3"]
    assert [r["geometry"] is not None for r in given["objects"]] == [True, True, False]
    heights = [json.loads(r["properties"])["height"] for r in given["objects"]]
    assert heights == [60, 59, 58]
    assert "rasters-without-place" in codes(asset)
    assert "georeference-missing" not in codes(asset)


def test_variables_of_one_grid_share_its_crs(folder: Path) -> None:
    made = write(folder.parent / "made.tif", [SLOPE, SLOPE + 1])
    copy(made.file, folder / "a.nc", driver="netCDF")
    data = (folder / "a.nc").read_bytes()
    (folder / "mesh.nc").write_bytes(data.replace(b"CF-1.5", b"UGRID1"))
    sources = found(folder)
    asset = probe(sources["a.nc"])
    assert asset.counts["rasters"] == 2
    assert [r["placed"] for r in asset.properties["rasters"]] == [True]
    with pytest.raises(SourceUnreadable, match="mesh"):
        probe(sources["mesh.nc"])


def test_a_message_of_a_weather_service_behind_its_heading(folder: Path) -> None:
    grid = Affine(1, 0, 6, 0, -1, 51)
    made = write(folder.parent / "made.tif", SLOPE, transform=grid, crs="EPSG:4326")
    copy(made.file, folder / "plain.grb", driver="GRIB")
    data = (folder / "plain.grb").read_bytes()
    heading = (
        b"****0000060089****\nYGAZ98 KWBN 292156\r\r\n****0000014934****\nYGAB00 KWBN 292156\r\r\n"
    )
    (folder / "headed.bin").write_bytes(heading + data)
    sources = found(folder)
    for name in ("plain.grb", "headed.bin"):
        asset = probe(sources[name])
        assert (asset.format, asset.counts["width"]) == ("GRIB", 80)
        assert asset.properties["class"] == "raster"  # of whatever is in metres
