"""Suspicions through a real loader: the names of fields are evidence."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from cimkit.loaders import probe


@pytest.mark.keeps("GeoPackage", "crs")
@pytest.mark.parametrize(("field", "told"), [("bd09_lng", True), ("name", False)])
def test_a_field_speaks_of_a_displacing_map(tmp_path: Path, field: str, told: bool) -> None:
    frame = gpd.GeoDataFrame(
        {field: ["106.5"]}, geometry=[shapely.Point(106.5, 29.5)], crs="EPSG:4326"
    )
    frame.to_file(tmp_path / "poi.gpkg", layer="poi", driver="GPKG")
    asset = next(iter(probe([tmp_path / "poi.gpkg"], jobs=1)))
    found = [p for p in asset.problems if p.code == "coordinates-maybe-displaced"]
    assert [p.proposal for p in found] == ([(("crs", "BD-09"),)] if told else [])
    assert asset.bbox_wgs84 is not None
    assert asset.bbox_wgs84[:2] == pytest.approx((106.5, 29.5))  # nothing is moved unasked


@pytest.mark.keeps("Shapefile", "crs", "contradictions")
def test_a_zone_in_front_that_the_prj_does_not_have(tmp_path: Path) -> None:
    points = [shapely.Point(36_359_600 + n, 3_271_500) for n in range(3)]
    frame = gpd.GeoDataFrame({"code": list("abc")}, geometry=points, crs="EPSG:4545")
    frame.to_file(tmp_path / "pipes.shp")
    asset = next(iter(probe([tmp_path], jobs=1)))
    (problem,) = [p for p in asset.problems if p.code == "coordinates-zone"]
    assert problem.proposal == (("crs", "EPSG:4524"),)
    assert (asset.crs, asset.bbox_wgs84) == ("EPSG:4545", None)
