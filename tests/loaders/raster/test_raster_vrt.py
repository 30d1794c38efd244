"""Virtual rasters: what they are made of, and what they may not point at."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import stage
from cimkit.model import Source
from tests.loaders.raster.made import SLOPE, codes, found, probe, said, write

BAND = """<VRTDataset rasterXSize="160" rasterYSize="60"><SRS>EPSG:4544</SRS>
<GeoTransform>500000, 2, 0, 3270000, 0, -2</GeoTransform>
<VRTRasterBand dataType="Float32" band="1"><NoDataValue>-9999</NoDataValue>%s</VRTRasterBand>
</VRTDataset>"""
PART = """<SimpleSource><SourceFilename relativeToVRT="%d">%s</SourceFilename>
<SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" xSize="80" ySize="60"/>
<DstRect xOff="%d" yOff="0" xSize="80" ySize="60"/></SimpleSource>"""


def mosaic(file: Path, *names: str, relative: bool = True) -> Source:
    parts = "".join(PART % (relative, name, 80 * i) for i, name in enumerate(names))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(BAND % parts)
    return Source(file.name, file)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "in" / "tiles" / "a.tif", SLOPE)
    write(tmp_path / "in" / "tiles" / "b.tif", SLOPE + 100)
    return tmp_path / "in"


@pytest.mark.keeps("VRT", "geometry", "crs", "statistics")
def test_its_rasters_are_its_members(folder: Path) -> None:
    mosaic(folder / "all.vrt", "tiles/a.tif", "tiles/b.tif")
    (source,) = found(folder).values()
    assert source.members == ("tiles/a.tif", "tiles/b.tif")
    asset = probe(source)
    assert asset.counts == {"width": 160, "height": 60, "bands": 1}
    band = asset.properties["bands"][0]
    assert band["minimum"] == pytest.approx(SLOPE.min())
    assert band["maximum"] == pytest.approx(SLOPE.max() + 100)
    assert codes(asset) == []


@pytest.mark.keeps("VRT", "damage")
def test_missing_rasters_are_told_and_the_others_kept(folder: Path) -> None:
    mosaic(folder / "all.vrt", "tiles/a.tif", "tiles/gone.tif")
    asset = probe(found(folder)["all.vrt"])
    assert said(asset, "vrt-source-missing") == "1 of 2 missing"
    band = asset.properties["bands"][0]
    assert band["maximum"] == pytest.approx(SLOPE.max())
    assert band["valid_share"] == 0.5


@pytest.mark.parametrize(
    ("name", "relative"),
    [
        ("/vsicurl/http://127.0.0.1:9/x.tif", False),
        ("/vsicurl/http://127.0.0.1:9/x.tif", True),
        ("http://127.0.0.1:9/x.tif", False),
        ("&lt;GDAL_WMS&gt;&lt;/GDAL_WMS&gt;", False),
        ("/etc/passwd", False),
        ("/etc/passwd", True),
        ("../../outside.tif", True),
        ("tiles/../../outside.tif", True),
        ("C:\\data\\a.tif", False),
        ("GTIFF_DIR:1:tiles/a.tif", True),
        ("tiles/a.tif", False),
        ("wms.xml", True),
    ],
)
def test_what_it_may_not_point_at(folder: Path, name: str, relative: bool) -> None:
    write(folder.parent / "outside.tif", SLOPE)
    (folder / "wms.xml").write_text("<GDAL_WMS><Service name='TMS'/></GDAL_WMS>")
    source = mosaic(folder / "all.vrt", name, relative=relative)
    with pytest.raises(SourceUnreadable, match="virtual raster"):
        probe(source)


def test_a_link_does_not_lead_out(folder: Path) -> None:
    write(folder.parent / "outside.tif", SLOPE)
    os.symlink(folder.parent / "outside.tif", folder / "tiles" / "link.tif")
    with pytest.raises(SourceUnreadable, match="outside"):
        probe(mosaic(folder / "all.vrt", "tiles/link.tif"))


def test_a_vrt_of_a_vrt_is_looked_into(folder: Path) -> None:
    mosaic(folder / "inner.vrt", "/etc/hostname", relative=False)
    with pytest.raises(SourceUnreadable, match="virtual raster"):
        probe(mosaic(folder / "all.vrt", "inner.vrt"))
    mosaic(folder / "inner.vrt", "tiles/a.tif", "tiles/b.tif")
    assert codes(probe(mosaic(folder / "all.vrt", "inner.vrt"))) == []


def test_a_vrt_in_a_folder_reaches_up_to_the_delivery(folder: Path) -> None:
    mosaic(folder / "vrt" / "all.vrt", "../tiles/a.tif")
    source = found(folder)["vrt/all.vrt"]
    assert source.members == ("tiles/a.tif",)
    assert codes(probe(source)) == []


@pytest.mark.parametrize(
    "text",
    [
        "<VRTDataset",
        "<VRTDataset rasterXSize='2'",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><VRTDataset>&x;</VRTDataset>",
        "<VRTDataset rasterXSize='99999999' rasterYSize='99999999'/>",
        "<VRTDataset>" * 5000,
    ],
)
def test_a_broken_vrt(tmp_path: Path, text: str) -> None:
    file = tmp_path / "in" / "a.vrt"
    file.parent.mkdir()
    file.write_text(text)
    (one,) = stage([file.parent], tmp_path / "staging", jobs=1)
    assert one.asset.status == "refused" or one.asset.problems


def test_one_that_reads_itself_ends(folder: Path) -> None:
    source = mosaic(folder / "all.vrt", "all.vrt")
    try:
        asset = probe(source)
    except SourceUnreadable:
        return
    assert asset.problems or np.isnan(asset.properties["bands"][0].get("minimum", np.nan))
