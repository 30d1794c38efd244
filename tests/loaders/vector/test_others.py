"""Formats of GDAL that are known by their content: tiles, DGN; layers without a place."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from .made import codes, frame, listing, read, shapes, write


@pytest.mark.keeps("PMTiles", "geometry", "attributes", "crs")
@pytest.mark.keeps("MBTiles", "geometry", "attributes", "crs")
@pytest.mark.parametrize("suffix", ["pmtiles", "mbtiles"])
def test_vector_tiles_are_read_and_told(tmp_path: Path, suffix: str) -> None:
    points = gpd.GeoDataFrame({"n": [7]}, geometry=[shapely.Point(106.5, 29.5)], crs="EPSG:4326")
    write(tmp_path / f"a.{suffix}", points.to_crs(3857), MINZOOM=0, MAXZOOM=5)
    before = listing(tmp_path)
    asset, rows = read(tmp_path / f"a.{suffix}")
    assert "tiles-cut" in codes(asset)
    assert asset.crs == "EPSG:3857"
    assert rows["objects"][0]["bbox"]["xmin"] == pytest.approx(106.5, abs=0.01)
    assert listing(tmp_path) == before


@pytest.mark.keeps("DGN", "geometry")
def test_dgn(tmp_path: Path) -> None:
    data = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (3, 4)])])
    write(tmp_path / "a.dgn", data, driver="DGN")
    asset, rows = read(tmp_path / "a.dgn")
    assert shapes(rows)[0].length == pytest.approx(5, abs=1e-3)
    assert "crs-missing" in codes(asset)


def test_a_layer_named_like_its_geometry(tmp_path: Path) -> None:
    data = frame(wkb_geometry=["a", "b"])
    _, rows = read(write(tmp_path / "a.geojson", data.to_crs("EPSG:4326")))
    assert len(shapes(rows)) == 2
    assert '"wkb_geometry":"a"' in rows["objects"][0]["properties"]
