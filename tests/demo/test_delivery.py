from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from pathlib import Path

import ifcopenshell
import laspy
import numpy as np
import pyogrio
import pyproj
import pytest
import rasterio
import shapely
from ifcopenshell.util.element import get_psets
from PIL import Image

from cimkit.demo import DemoReport, generate
from cimkit.demo.dem import VERTICAL
from cimkit.demo.frame import EAST, LOCAL_GRID, WEST, project
from cimkit.errors import UsageError


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoReport:
    return generate(tmp_path_factory.mktemp("demo") / "out", photos=6)


@pytest.fixture(scope="module")
def first(demo: DemoReport) -> Path:
    return demo.folder / "delivery-1"


def _planted(demo: DemoReport, rule: str) -> list[dict[str, str]]:
    rows = json.loads((demo.folder / "PLANTED.json").read_text(encoding="utf-8"))
    return [r for r in rows if r["rule"] == rule]


def _buildings(first: Path) -> dict[str, tuple[shapely.Polygon, float, float]]:
    found = {}
    for file in sorted(first.glob("gis/*_bld_*.gpkg")):
        rows = pyogrio.read_dataframe(file)
        for r in rows.itertuples():
            found[r.bldg_id] = (r.geometry, r.base_z, r.height)
    return found


def test_the_same_seed_gives_the_same_bytes(demo: DemoReport, tmp_path: Path) -> None:
    again = generate(tmp_path / "again", photos=6)
    other = generate(tmp_path / "other", photos=6, seed=2)

    def hashes(folder: Path) -> dict[str, str]:
        return {
            f.relative_to(folder).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest()
            for f in folder.rglob("*")
            if f.is_file()
        }

    assert hashes(again.folder) == hashes(demo.folder)
    assert hashes(other.folder) != hashes(demo.folder)


def test_every_rule_is_tripped_and_every_path_exists(demo: DemoReport, first: Path) -> None:
    rules = [p.rule for p in demo.planted]
    assert len(set(rules)) == 30
    assert rules.count("ifc-georeference") == 2
    assert all((first / p.path).is_file() for p in demo.planted)


def test_vector_layers_say_their_zone_or_leave_it_to_the_sheet(first: Path) -> None:
    silent = []
    for file in sorted([*first.glob("gis/*.gpkg"), *first.glob("gis/*.shp")]):
        for layer, _ in pyogrio.list_layers(file):
            crs = pyogrio.read_info(file, layer=layer)["crs"]
            if crs is None:
                silent.append(file.name)
            else:
                assert crs in {WEST, EAST}
                eastern = file.stem.endswith("_02") or file.stem == "bus stops NEW"
                assert crs == (EAST if eastern else WEST)
    assert silent == ["509912_fac_litterbin_20260901_03.shp", "509912_pipe_network_20260901.shp"]


def test_shapefiles_are_in_gbk_with_and_without_a_declaration(first: Path) -> None:
    for file in first.glob("gis/*_fac_*.dbf"):
        raw = file.read_bytes()
        cpg = file.with_suffix(".cpg")
        assert "街".encode("gbk") in raw or "路".encode("gbk") in raw
        if "_seat_" in file.name:
            assert not cpg.exists()
            assert raw[29] == 0
        else:
            assert cpg.read_text(encoding="ascii").strip() == "GBK"


def test_pipes_lie_below_ground_in_the_local_grid(demo: DemoReport, first: Path) -> None:
    sheet = tomllib.loads((demo.folder / "delivery.toml").read_text(encoding="utf-8"))
    assert [s["crs"] for s in sheet["source"] if "crs" in s] == [LOCAL_GRID]
    pipes = pyogrio.read_dataframe(first / "gis/509912_pipe_network_20260901.shp")
    wrong = [p["key"] for rule in ("pipes-clear", "lines-meet") for p in _planted(demo, rule)]
    pipes = pipes[~pipes["pipe_id"].isin(wrong)]
    at = shapely.get_coordinates(pipes.geometry.array, include_z=True)
    way = pyproj.Transformer.from_crs(LOCAL_GRID, WEST, always_xy=True)
    with rasterio.open(first / "dem/509912_dem_ground_20260901.tif") as dem:
        east, north = way.transform(at[:, 0], at[:, 1])
        ground = np.array([v[0] for v in dem.sample(zip(east, north, strict=True))])
        assert VERTICAL in dem.tags()["TIFFTAG_IMAGEDESCRIPTION"]
        assert dem.crs.to_epsg() == 4544
    depth = np.repeat(pipes["depth"].to_numpy(), shapely.get_num_coordinates(pipes.geometry.array))
    np.testing.assert_allclose(ground - at[:, 2], depth, atol=0.1)


def test_the_orthophoto_shows_roofs_where_the_footprints_are(demo: DemoReport, first: Path) -> None:
    with rasterio.open(first / "img/509912_img_ortho_20260901.tif") as ortho:
        assert (ortho.crs.to_epsg(), ortho.count) == (4544, 3)
        assert ortho.overviews(1)
        shown = []
        for file in sorted(first.glob("gis/*_bld_*.gpkg")):
            rows = pyogrio.read_dataframe(file).to_crs("EPSG:4544")
            spoilt = {r.get("key") for r in json.loads((demo.folder / "PLANTED.json").read_text())}
            rows = rows[rows.is_valid & ~rows["bldg_id"].isin(spoilt)]
            at = shapely.point_on_surface(rows.geometry.array)
            shown += list(ortho.sample(shapely.get_coordinates(at).tolist()))
        lawn = next(ortho.sample([(ortho.bounds.left + 5, ortho.bounds.top - 5)]))
    pixels = np.array(shown).astype(int)
    assert lawn[1] > lawn[0] > lawn[2]
    # No roof is green.
    assert (pixels[:, 1] <= pixels[:, [0, 2]].max(axis=1) + 12).mean() > 0.9


def test_ifc_stands_on_its_footprint(demo: DemoReport, first: Path) -> None:
    from ifcopenshell import geom

    footprints = _buildings(first)
    wrong = {r["path"]: r for r in _planted(demo, "ifc-georeference")}
    files = sorted(first.glob("bim/*.ifc"))
    assert len(files) == 5
    unplaced = []
    for file in files:
        model = ifcopenshell.open(str(file))
        outline, base, height = footprints[
            get_psets(model.by_type("IfcBuilding")[0])["Pset_BuildingCommon"]["Reference"]
        ]
        if not model.by_type("IfcMapConversion"):
            unplaced.append(file.name)
            assert model.by_type("IfcSite")[0].RefLatitude is None
            continue
        turn = model.by_type("IfcMapConversion")[0]
        settings = geom.settings()
        settings.set("use-world-coords", True)
        corners = []
        for slab in model.by_type("IfcSlab") + model.by_type("IfcWall"):
            shape = geom.create_shape(settings, slab)
            corners.append(np.array(shape.geometry.verts).reshape(-1, 3))
        xyz = np.vstack(corners)
        c, s, k = turn.XAxisAbscissa, turn.XAxisOrdinate, turn.Scale
        x = turn.Eastings + k * (xyz[:, 0] * c - xyz[:, 1] * s)
        y = turn.Northings + k * (xyz[:, 0] * s + xyz[:, 1] * c)
        there = shapely.convex_hull(shapely.multipoints(np.column_stack([x, y])))
        assert shapely.hausdorff_distance(there, outline.convex_hull) < 0.001
        assert turn.OrthogonalHeight == pytest.approx(base)
        assert xyz[:, 2].max() == pytest.approx(height)
        site = model.by_type("IfcSite")[0]
        lat = sum(v / f for v, f in zip(site.RefLatitude, (1, 60, 3600, 3.6e9), strict=True))
        away = abs(lat - _latitude(turn, model.by_type("IfcProjectedCRS")[0].Name)) * 111_000
        assert (away > 3000) == (f"bim/{file.name}" in wrong)
    assert len(unplaced) == 1
    assert f"bim/{unplaced[0]}" in wrong


def _latitude(turn: ifcopenshell.entity_instance, crs: str) -> float:
    way = pyproj.Transformer.from_crs(crs, "OGC:CRS84", always_xy=True)
    return float(way.transform(turn.Eastings, turn.Northings)[1])


def test_storeys_rise_and_only_the_planted_twins_share_a_name(
    demo: DemoReport, first: Path
) -> None:
    twins = [r["path"] for r in _planted(demo, "ifc-storeys")]
    for file in first.glob("bim/*.ifc"):
        storeys = ifcopenshell.open(str(file)).by_type("IfcBuildingStorey")
        heights = [s.Elevation for s in storeys]
        assert heights == sorted(set(heights))
        assert (len({s.Name for s in storeys}) < len(storeys)) == (f"bim/{file.name}" in twins)


def test_the_scan_shows_ground_walls_trees_and_noise(first: Path) -> None:
    scan = laspy.read(first / "pcl/509912_pcl_mobile_20260901_01.laz")
    assert 250_000 < len(scan) < 330_000
    assert scan.header.parse_crs().to_epsg() == 4544
    kind = np.asarray(scan.classification)
    assert set(np.unique(kind).tolist()) == {2, 5, 6, 7}
    xyz = np.column_stack([scan.x, scan.y, scan.z])
    walls = xyz[kind == 6]
    outlines, tops = [], []
    for crs, file in ((WEST, "01"), (EAST, "02")):
        rows = pyogrio.read_dataframe(first / f"gis/509912_bld_footprint_20260901_{file}.gpkg")
        outlines += list(rows.geometry.to_crs(WEST) if crs == EAST else rows.geometry)
        tops += list(rows["base_z"] + rows["height"])
    near = shapely.STRtree(outlines).query(
        np.asarray(shapely.points(walls[:, :2])), predicate="dwithin", distance=0.1
    )
    # All of them belong to a building, the planted bow tie's own walls aside.
    assert len(np.unique(near[0])) > 0.85 * len(walls)
    with rasterio.open(first / "dem/509912_dem_ground_20260901.tif") as dem:
        ground = xyz[kind == 2][::50]
        height = np.array([v[0] for v in dem.sample(ground[:, :2])])
    assert np.abs(height - ground[:, 2]).max() < 0.4
    assert np.quantile(np.abs(height - ground[:, 2]), 0.95) < 0.1


def test_the_broken_scan_is_broken(demo: DemoReport, first: Path) -> None:
    (broken,) = _planted(demo, "source-readable")
    with pytest.raises(Exception, match=r"(?s)."):
        laspy.read(first / broken["path"])


def _exif(file: Path) -> Image.Exif:
    with Image.open(file) as image:
        return image.getexif()


def test_photographs_say_where_they_are_or_the_trajectory_does(
    demo: DemoReport, first: Path
) -> None:
    poses = {}
    with (first / "img/car/509912_trj_car_20260901.csv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table):
            poses[row["image"]] = row
    placeless, blind = [], []
    for file in sorted(first.glob("img/*/*.jpg")):
        exif = _exif(file)
        assert exif.get_ifd(0x8769)[36867].startswith("2026:09:01")
        gps = exif.get_ifd(0x8825)
        if file.name in poses:
            assert not gps
        elif not gps:
            placeless.append(f"img/street/{file.name}")
        elif 17 not in gps:
            blind.append(f"img/street/{file.name}")
        else:
            lat = sum(float(v) / f for v, f in zip(gps[2], (1, 60, 3600), strict=True))
            assert 29.568 < lat < 29.572
    assert len(poses) == 2
    assert placeless == [r["path"] for r in _planted(demo, "photo-position")]
    assert blind == [r["path"] for r in _planted(demo, "photo-heading")]


def test_the_second_delivery_changes_three_and_loses_one(demo: DemoReport, first: Path) -> None:
    old = pyogrio.read_dataframe(first / "gis/509912_bld_footprint_20260901_01.gpkg")
    new = pyogrio.read_dataframe(demo.folder / "delivery-2" / demo.changes.path)
    assert new["bldg_id"].tolist() != [i for i in old["bldg_id"] if i in set(new["bldg_id"])]
    old, new = old.set_index("bldg_id"), new.set_index("bldg_id")
    assert tuple(sorted(set(old.index) - set(new.index))) == demo.changes.missing
    assert set(new.index) < set(old.index)
    old = old.loc[new.index]
    other = ~old.drop(columns="geometry").eq(new.drop(columns="geometry")).all(axis=1)
    assert tuple(sorted(old.index[other])) == demo.changes.attributes
    moved = ~old.geometry.geom_equals(new.geometry)
    assert tuple(sorted(old.index[moved])) == demo.changes.geometry
    assert len(new) == demo.changes.unchanged + 3


def test_photographs_look_where_they_say(first: Path) -> None:
    # The camera drives along u and looks ahead, so headings follow the street's turn of 9 degrees.
    gps = _exif(first / "img/street/509912_img_street_20260901_000001.jpg")
    ahead = project(np.array([[0.0, 0.0], [50.0, 0.0]]), "OGC:CRS84")
    azimuth, _, _ = pyproj.Geod(ellps="GRS80").inv(*ahead[0], *ahead[1])
    assert float(gps.get_ifd(0x8825)[17]) == pytest.approx(azimuth, abs=0.05)


@pytest.mark.parametrize("wrong", [{"ifc": 0}, {"photos": 1}, {"clouds": -1}, {"ifc": 15}])
def test_numbers_out_of_range_are_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        generate(tmp_path / "out", **wrong)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match="not empty"):
        generate(tmp_path)
