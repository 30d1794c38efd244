"""Of every kind of source that has heights, it is said what they are measured from, or that nobody
says it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.geometry.gcj02 import wgs84_to_gcj02
from cimkit.loaders import probe, read_sheet, stage
from cimkit.model import Asset, Declaration, Sheet, SheetRow
from tests.loaders.seeds import write_seeds

# Their third dimension is no height until the sheet gives them a place.
SOLID = {
    "city.city.json", "city.gml", "drive.gpx", "h.las", "i.laz", "j.ply", "k.pcd", "l.e57", "p.ifc",
    "places.kml", "q.glb", "tileset.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeds")
    write_seeds(folder)
    return folder


def stated(asset: Asset) -> bool:
    """What has no CRS is told to be nowhere; its heights are asked for once it has one."""
    return asset.vertical_datum is not None or any(
        p.code.startswith("vertical-")
        or (asset.crs is None and p.code in ("crs-missing", "georeference-missing"))
        for p in asset.problems
    )


def test_heights_are_stated_or_told(seeds: Path) -> None:
    found = {a.path: a for a in probe([seeds], jobs=2)}
    assert [p for p in sorted(SOLID) if not stated(found[p])] == []
    flat = [p for p, a in found.items() if len(a.bbox or ()) != 6 and p not in SOLID]
    assert flat  # and what has none is not asked for them
    assert [p for p in flat if any("vertical" in q.code for q in found[p].problems)] == []
    for asset in found.values():
        asked = [p for p in asset.problems if p.code == "vertical-datum-unknown"]
        assert len(asked) <= (asset.crs is not None), asset.path


def test_what_the_sheet_says_of_heights_is_kept_for_every_kind(seeds: Path) -> None:
    said = Declaration(vertical_datum="1985国家高程基准")
    sheet = Sheet((SheetRow("*", said),))
    found = {a.path: a for a in probe([seeds], sheet=sheet, jobs=2)}
    for path in sorted(SOLID - {"tileset.json"}):
        asset = found[path]
        assert asset.vertical_datum in ("EPSG:5737", "1985国家高程基准"), path
        assert "vertical-datum-unknown" not in [p.code for p in asset.problems], path


@pytest.mark.parametrize(
    "path", ["a.gpkg", "b.geojson", "c.fgb", "d.parquet", "places.kml", "drive.gpx", "n.jpg"]
)
def test_a_displacing_map_is_undone_for_every_kind(seeds: Path, path: str) -> None:
    """GeoPackage, GeoJSON and so on of degrees that the sheet declares as GCJ-02."""
    plain = next(iter(probe([seeds / path], jobs=1)))
    sheet = Sheet((SheetRow("*", Declaration(crs="GCJ-02")),))
    moved = next(iter(probe([seeds / path], sheet=sheet, jobs=1)))
    assert (moved.status, moved.crs, moved.crs_origin) == ("ok", "GCJ-02", "sheet")
    before = np.array([plain.position or (plain.bbox_wgs84 or ())[:2]])
    after = np.array([moved.position or (moved.bbox_wgs84 or ())[:2]])
    assert np.abs(wgs84_to_gcj02(after) - before).max() < 1e-6
    assert np.abs(after - before).max() > 1e-3
    assert moved.bbox == plain.bbox  # the source's own numbers stay


@pytest.mark.parametrize("path", ["city.city.json", "city.gml", "h.las", "i.laz", "m.tif"])
def test_a_local_grid_is_obeyed_by_every_kind(seeds: Path, tmp_path: Path, path: str) -> None:
    (tmp_path / "city.toml").write_text(
        'base = "EPSG:25832"\ndx = 1234.5\ndy = -777.25\nrotation = 0.25\n', encoding="utf-8"
    )
    sheet = tmp_path / "sheet.toml"
    sheet.write_text('[[source]]\nglob = "*"\nlocal_crs = "city.toml"\n', encoding="utf-8")
    staged = list(stage([seeds / path], tmp_path / "staging", sheet=read_sheet(sheet), jobs=1))
    asset = staged[0].asset
    assert (asset.status, asset.crs, asset.crs_origin) == ("ok", "local:city", "sheet")
    assert asset.properties["local_crs"]["name"] == "local:city"
    assert asset.bbox_wgs84 is not None
    box = asset.bbox or ()
    x, y = (box[0] + box[len(box) // 2]) / 2, (box[1] + box[len(box) // 2 + 1]) / 2
    turn = np.radians(0.25)
    east = 1234.5 + x * np.cos(turn) - y * np.sin(turn)
    north = -777.25 + x * np.sin(turn) + y * np.cos(turn)
    ((lon, lat),) = to_crs84(np.array([[east, north]]), parse_crs("EPSG:25832"))
    west, south, right, top = asset.bbox_wgs84
    assert west <= lon <= right
    assert south <= lat <= top
    told = repr([s.asset for s in staged])
    assert "1234.5" not in told
    assert "777.25" not in told


def test_forty_models_stand_in_a_local_grid(seeds: Path, tmp_path: Path) -> None:
    """IFC: the sheet's place and grid for all models at once."""
    (tmp_path / "city.toml").write_text(
        'base = "EPSG:4544"\ndx = 400000.75\ndy = 3000000.25\n', encoding="utf-8"
    )
    sheet = tmp_path / "sheet.toml"
    sheet.write_text(
        '[[source]]\nglob = "*.ifc"\nlocal_crs = "city.toml"\n'
        "place = { easting = 100500, northing = 270700, height = 200 }\n",
        encoding="utf-8",
    )
    asset = next(iter(probe([seeds / "p.ifc"], sheet=read_sheet(sheet), jobs=1)))
    assert (asset.crs, asset.crs_origin) == ("local:city", "sheet")
    assert asset.bbox_wgs84 is not None
    ((lon, lat),) = to_crs84(np.array([[500500.75, 3270700.25]]), parse_crs("EPSG:4544"))
    assert asset.bbox_wgs84[0] == pytest.approx(lon, abs=0.01)
    assert asset.bbox_wgs84[1] == pytest.approx(lat, abs=0.01)
    assert "3000000.25" not in repr(asset)
