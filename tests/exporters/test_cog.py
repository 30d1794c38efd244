from __future__ import annotations

import csv
import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import shapely
from affine import Affine
from rasterio.enums import ColorInterp
from rio_cogeo.cogeo import cog_validate

from cimkit.errors import ExportError, UsageError
from cimkit.exporters import export

BOX = shapely.box(106.5, 29.5, 106.6, 29.6)
GRID = Affine(0.5, 0, 645_000, 0, -0.5, 3_273_000)


def write(file: Path, pixels: Any, crs: str | None = "EPSG:4544", **more: Any) -> None:
    count, height, width = pixels.shape
    palette = more.pop("palette", None)
    with rasterio.open(
        file, "w", driver="GTiff", count=count, height=height, width=width, dtype=pixels.dtype,
        crs=crs, transform=GRID, **more,
    ) as made:  # fmt: skip
        made.write(pixels)
        if palette is not None:
            made.write_colormap(1, palette)


@pytest.fixture
def given(
    make_city: Callable[..., Any], make_thing: Callable[..., Any], tmp_path: Path
) -> Callable[..., Any]:
    """A catalogue of rasters in a folder: name, source class, and what else their item says."""

    def make(folder: Path, **rasters: dict[str, Any]) -> Any:
        items, objects = [], []
        for name, said in rasters.items():
            digest = hashlib.sha256((folder / f"{name}.tif").read_bytes()).hexdigest()
            items.append(
                {"item_id": f"i-{name}", "dataset_id": "d", "path": f"{name}.tif", "root": "r",
                 "members": [], "status": "ok", "kind": "raster", "loader": "raster",
                 "sha256": digest, "access": said.pop("access", "public"),
                 "crs": said.pop("crs", "EPSG:4544"),
                 "vertical_datum": said.pop("vertical_datum", None)}
            )  # fmt: skip
            objects.append(
                make_thing(name, "raster", BOX, item_id=f"i-{name}",
                           source_class=said.pop("source_class", "raster"), **said)
            )  # fmt: skip
        catalog = make_city(*objects, items=items)
        config = dataclasses.replace(catalog.config, roots={"r": str(folder)})
        return dataclasses.replace(catalog, config=config)

    return make


def test_rasters_are_valid_and_keep_their_pixels(given: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    rng = np.random.default_rng(1)
    heights = rng.normal(230, 3, (1, 700, 900)).astype(np.float32)
    heights[0, :50] = -9999
    write(folder / "dem.tif", heights, crs=None, nodata=-9999)
    ortho = rng.integers(0, 255, (4, 600, 700), dtype=np.uint8)
    write(folder / "ortho.tif", ortho, photometric="RGB", alpha="yes")
    cover = np.repeat(np.repeat(rng.integers(1, 4, (1, 80, 80), dtype=np.uint8), 9, 1), 9, 2)
    write(folder / "cover.tif", cover, palette={1: (0, 0, 255), 2: (0, 255, 0), 3: (9, 9, 9)})
    catalog = given(
        folder,
        dem={"source_class": "dem", "vertical_datum": "EPSG:5737", "class_code": "5032",
             "asset_code": "5099"},
        ortho={"source_class": "orthophoto"},
        cover={"source_class": "land-cover"},
    )  # fmt: skip
    report = export(catalog, "cog", tmp_path / "out")
    assert report.counts == {"converted": 3}
    for name in ("dem", "ortho", "cover"):
        assert cog_validate(tmp_path / "out" / f"{name}.tif", strict=True, quiet=True)[:2] == (
            True,
            [],
        )
    with rasterio.open(tmp_path / "out" / "dem.tif") as made:
        assert (made.read() == heights).all()
        assert made.crs == rasterio.CRS.from_epsg(4544)  # the sheet's: the file has none
        assert made.nodata == -9999
        assert made.transform == GRID
        tags = made.tags()
        assert tags["CIMKIT_VERTICAL_DATUM"] == "EPSG:5737"
        assert (tags["CIMKIT_CLASS"], tags["CIMKIT_ASSET_CODE"]) == ("5032", "5099")
        assert tags["CIMKIT_SOURCE"] == "dem.tif"
        assert made.tags(ns="IMAGE_STRUCTURE")["COMPRESSION"] == "DEFLATE"
        assert made.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "3"
        # Means do not take what is no data for heights.
        small = made.read(1, out_shape=(350, 450), masked=True)
        assert small.min() > 200
    with rasterio.open(tmp_path / "out" / "ortho.tif") as made:
        assert (made.read() == ortho).all()
        assert made.colorinterp[:4] == (
            ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha,
        )  # fmt: skip
    with rasterio.open(tmp_path / "out" / "cover.tif") as made:
        assert made.colorinterp == (ColorInterp.palette,)
        assert made.colormap(1)[2][:3] == (0, 255, 0)
        assert set(np.unique(made.read(1, out_shape=(90, 90)))) <= {1, 2, 3}
        assert made.overviews(1)
    with (tmp_path / "out" / "rasters.csv").open(encoding="utf-8", newline="") as opened:
        rows = {row["file"]: row for row in csv.DictReader(opened)}
    assert rows["dem.tif"]["object_id"] == "id-dem"
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == sorted([*rows, "rasters.csv"])
    # The same again, to the byte; then one that is right already is only copied.
    before = {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()}
    export(catalog, "cog", tmp_path / "out")
    assert {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()} == before


def test_a_valid_one_is_copied_unless_its_crs_is_another(given: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    pixels = np.arange(400 * 400, dtype=np.uint16).reshape(1, 400, 400)
    for name in ("same", "other"):
        write(folder / "plain.tif", pixels)
        rasterio.shutil.copy(folder / "plain.tif", folder / f"{name}.tif", driver="COG")
    write(folder / "named.tif", pixels)
    catalog = given(folder, same={}, other={"crs": "EPSG:4545"}, named={"crs": "city-2000"})
    report = export(catalog, "cog", tmp_path / "out")
    assert report.counts == {"converted": 2, "copied": 1}
    assert (tmp_path / "out" / "same.tif").read_bytes() == (folder / "same.tif").read_bytes()
    with rasterio.open(tmp_path / "out" / "other.tif") as made:
        assert made.crs.to_epsg() == 4545
        assert (made.read() == pixels).all()
    with rasterio.open(tmp_path / "out" / "named.tif") as made:
        assert made.crs is None
    assert any("is a name only" in note for note in report.notes)


def test_pictures_lose_pixels_only_on_request(given: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    x = np.linspace(0, 255, 600)
    picture = np.stack([np.add.outer(x, x) / 2] * 3).astype(np.uint8)
    write(folder / "picture.tif", picture, photometric="RGB")
    write(folder / "dem.tif", np.ones((1, 64, 64), np.float32))
    catalog = given(folder, picture={"source_class": "orthophoto"}, dem={"source_class": "dem"})
    export(catalog, "cog", tmp_path / "out", compression="jpeg", quality=80)
    with rasterio.open(tmp_path / "out" / "picture.tif") as made:
        assert made.tags(ns="IMAGE_STRUCTURE")["COMPRESSION"].endswith("JPEG")
        off = np.abs(made.read().astype(int) - picture)
        assert 0 < off.max() < 40
    with rasterio.open(tmp_path / "out" / "dem.tif") as made:
        assert made.tags(ns="IMAGE_STRUCTURE")["COMPRESSION"] == "DEFLATE"


def test_what_may_not_be_seen_or_is_gone(given: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "secret", "changed"):
        write(folder / f"{name}.tif", np.ones((1, 8, 8), np.uint8))
    catalog = given(folder, a={}, secret={"access": "secret"}, changed={})
    write(folder / "changed.tif", np.zeros((1, 8, 8), np.uint8))
    report = export(catalog, "cog", tmp_path / "out")
    assert report.withheld == {"secret": 1}
    assert report.left_out == {"the source cannot be read again": 1}
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == ["a.tif", "rasters.csv"]
    assert not export(catalog, "cog", tmp_path / "none", where="false").counts
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "a.doc").write_text("three years of work")
    with pytest.raises(ExportError, match="something else"):
        export(catalog, "cog", tmp_path / "thesis")
    with pytest.raises(UsageError, match="no such compression"):
        export(catalog, "cog", tmp_path / "x", compression="zip")
    with pytest.raises(UsageError, match="no such quality"):
        export(catalog, "cog", tmp_path / "x", quality=0)
