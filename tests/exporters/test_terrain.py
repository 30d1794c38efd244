from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from PIL import Image
from rasterio import Affine

from cimkit.catalog import Catalog, create, ingest
from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.stores import Files
from cimkit.checks._tiles3d.tree import Walk
from cimkit.exporters import ExportReport, export
from cimkit.geometry.frames import geodetic
from cimkit.loaders.tiles3d.store import FileStore
from cimkit.model import Source

EAST, NORTH = 645_000.0, 3_272_800.0
HOLE = np.s_[120:160, 60:110]
Reals = np.ndarray


def ground(x: Reals, y: Reals) -> Reals:
    """Heights in metres at places in EPSG:4544."""
    rolling = 15 * np.sin((x - EAST) / 90) * np.cos((y - NORTH) / 70)
    return 200 + 0.05 * (x - EAST) + rolling + np.sin(x / 9 + y / 7)


def write_dem(file: Path, crs: str, west: float, north: float, size: int, cell: float,
              heights: Callable[[Reals, Reals], Reals], *, hole: Any = None,
              dtype: str = "float32", **more: Any) -> None:  # fmt: skip
    x, y = west + (np.arange(size) + 0.5) * cell, north - (np.arange(size) + 0.5) * cell
    own = np.meshgrid(x, y)
    to = pyproj.Transformer.from_crs(crs, "EPSG:4544", always_xy=True)
    values = heights(*to.transform(*own))
    if hole is not None:
        values[hole] = -9999
    file.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        file, "w", driver="GTiff", width=size, height=size, count=1, dtype=dtype, crs=crs,
        transform=Affine(cell, 0, west, 0, -cell, north), nodata=-9999, tiled=True,
        blockxsize=256, blockysize=256,
    ) as raster:  # fmt: skip
        raster.write(values.astype(dtype), 1)
        raster.set_band_unit(1, more.pop("unit", "metre"))


def write_ortho(file: Path, west: float, north: float, size: int, cell: float) -> None:
    """A picture that is red in the west, green in the north, and says so of every pixel."""
    x, y = np.meshgrid((np.arange(size) + 0.5) / size, 1 - (np.arange(size) + 0.5) / size)
    pixels = np.stack([40 + 200 * (1 - x), 40 + 200 * y, np.full_like(x, 90)]).astype(np.uint8)
    file.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        file, "w", driver="GTiff", width=size, height=size, count=3, dtype="uint8",
        crs="EPSG:4544", transform=Affine(cell, 0, west, 0, -cell, north), photometric="RGB",
    ) as raster:  # fmt: skip
        raster.write(pixels)


def fine(folder: Path) -> None:
    write_dem(folder / "dem" / "fine_dem.tif", "EPSG:4544", EAST, NORTH, 400, 1.0, ground,
              hole=HOLE)  # fmt: skip


def coarse(folder: Path) -> None:
    # Twice as wide, in another system, and 3 metres higher so that it can be told apart.
    west, north = pyproj.Transformer.from_crs("EPSG:4544", "EPSG:32648", always_xy=True).transform(
        EAST - 200, NORTH + 200
    )
    write_dem(folder / "dem" / "wide_dem.tif", "EPSG:32648", west, north, 160, 5.0,
              lambda x, y: ground(x, y) + 3, dtype="float64")  # fmt: skip


@pytest.fixture(scope="session")
def catalogued(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Catalog]:
    def make(*writers: Callable[[Path], None]) -> Catalog:
        folder = tmp_path_factory.mktemp("relief")
        for write in writers:
            write(folder / "in")
        catalog = create(folder / "catalogue")
        ingest(catalog, [folder / "in"], jobs=1)
        return catalog

    return make


@pytest.fixture(scope="session")
def district(catalogued: Any, tmp_path_factory: Any) -> tuple[Catalog, Path, ExportReport]:
    def ortho(folder: Path) -> None:
        write_ortho(folder / "ortho" / "east.tif", EAST + 150, NORTH - 50, 800, 0.25)

    catalog = catalogued(fine, coarse, ortho)
    out = tmp_path_factory.mktemp("terrain") / "out"
    return catalog, out, export(catalog, "3dtiles", out)


def leaves(found: list[Any]) -> list[Any]:
    return [c for c in found if not c.tile.get("children")]


def tops(content: Any) -> tuple[Reals, Reals]:
    """Longitude, latitude, height of what is no skirt, and its triangles."""
    at = geodetic(content.earth())
    faces = content.indices()
    a, b, c = (content.local()[faces[:, i]] for i in range(3))
    up = np.cross(b - a, c - a)
    return at, faces[np.abs(up[:, 2]) > 0.05 * np.linalg.norm(up, axis=1)]


def heights_at(found: list[Any], lonlat: Reals) -> tuple[Reals, Reals]:
    """Heights of the triangles at places, by brute force; NaN where there is none; and errors."""
    z, error = np.full(len(lonlat), np.nan), np.full(len(lonlat), np.nan)
    for content in found:
        at, faces = tops(content)
        a, b, c = (at[faces[:, i]] for i in range(3))
        for k, (x, y) in enumerate(lonlat):
            area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (
                b[:, 1] - a[:, 1]
            )
            u = ((x - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (y - a[:, 1])) / area
            v = ((b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (x - a[:, 0]) * (b[:, 1] - a[:, 1])) / area
            hit = np.flatnonzero((u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9))
            if len(hit):
                i = hit[0]
                z[k] = a[i, 2] + u[i] * (b[i, 2] - a[i, 2]) + v[i] * (c[i, 2] - a[i, 2])
                error[k] = content.tile["geometricError"]
    return z, error


ZONE = pyproj.Transformer.from_crs("EPSG:4544", "OGC:CRS84", always_xy=True)


def places(x: Any, y: Any) -> Reals:
    return np.column_stack(ZONE.transform(np.asarray(x, float), np.asarray(y, float)))


def test_every_raster_is_drawn(district: Any) -> None:
    _, _, report = district
    assert report.counts == {"terrain": 3}
    assert report.left_out == {}


def test_heights_at_every_level_are_within_the_error_that_is_stated(
    district: Any, read_tiles: Any
) -> None:
    found = read_tiles(district[1] / "tileset.json")
    # Centres of pixels of the finer model, away from its border and its hole.
    column, row = np.meshgrid(np.arange(170, 390, 23), np.arange(8, 390, 17))
    x, y = EAST + column.ravel() + 0.5, NORTH - row.ravel() - 0.5
    true = ground(x, y)
    for level in sorted({int(c.tile["content"]["uri"].split("/")[0]) for c in found}):
        mine = [c for c in found if c.tile["content"]["uri"].startswith(f"{level}/")]
        z, error = heights_at(mine, places(x, y))
        # 0.1 mm: heights are stored as float32, and positions on a grid.
        assert (np.abs(z - true) <= error + 1e-3)[~np.isnan(z)].all()
    z, error = heights_at(leaves(found), places(x, y))
    assert not np.isnan(z).any()
    assert np.abs(z - true).max() < 0.2


def test_the_finest_wins_and_the_coarser_fills_its_hole(district: Any, read_tiles: Any) -> None:
    found = leaves(read_tiles(district[1] / "tileset.json"))
    inside = places([EAST + 85.5], [NORTH - 140.5]), ground(EAST + 85.5, NORTH - 140.5)
    beyond = places([EAST - 100], [NORTH - 100]), ground(EAST - 100, NORTH - 100)
    for place, true in (inside, beyond):
        z, _ = heights_at(found, place)
        assert abs(z[0] - true - 3) < 1.0
    z, _ = heights_at(found, places([EAST + 200.5], [NORTH - 200.5]))
    assert abs(z[0] - ground(EAST + 200.5, NORTH - 200.5)) < 0.2


def test_a_hole_that_nothing_fills_stays(catalogued: Any, tmp_path: Path, read_tiles: Any) -> None:
    export(catalogued(fine), "3dtiles", tmp_path / "out")
    found = leaves(read_tiles(tmp_path / "out" / "tileset.json"))
    rows, columns = HOLE
    inner = places(
        EAST + np.array([columns.start + 2, columns.stop - 2, 85]),
        NORTH - np.array([rows.start + 2, rows.stop - 2, 140]),
    )
    assert np.isnan(heights_at(found, inner)[0]).all()
    rim = places(
        EAST + np.array([columns.start - 2, columns.stop + 2]),
        NORTH - np.array([rows.start - 2, rows.stop + 2]),
    )
    assert not np.isnan(heights_at(found, rim)[0]).any()


def test_neighbours_of_a_level_have_the_same_border(district: Any, read_tiles: Any) -> None:
    borders: dict[tuple[int, int, int], Reals] = {}
    for content in read_tiles(district[1] / "tileset.json"):
        level, x, y = (int(v) for v in content.tile["content"]["uri"][:-4].split("/"))
        at, faces = tops(content)
        borders[level, x, y] = at[np.unique(faces)]
    compared = 0
    for (level, x, y), own in borders.items():
        width = 180 / 2**level
        for axis, place in ((0, (level, x + 1, y)), (1, (level, x, y + 1))):
            if place not in borders:
                continue
            line = (x + 1) * width - 180 if axis == 0 else (y + 1) * width - 90
            sets = []
            for points in (own, borders[place]):
                on = points[np.abs(points[:, axis] - line) < 1e-8]
                sets.append(on[np.argsort(on[:, 1 - axis])])
            assert len(sets[0]) == len(sets[1]) > 1
            assert np.abs(sets[0] - sets[1])[:, :2].max() < 1e-8
            assert np.abs(sets[0] - sets[1])[:, 2].max() < 2e-3
            compared += 1
    assert compared > 10


def test_skirts_reach_below_neighbours_of_other_levels(district: Any, read_tiles: Any) -> None:
    found = read_tiles(district[1] / "tileset.json")
    for content in leaves(found)[::3]:
        at, faces = tops(content)
        drawn = np.unique(faces)
        hanging = np.setdiff1d(np.unique(content.indices()), drawn)
        assert len(hanging)
        assert at[hanging, 2].min() < at[drawn, 2].min() + np.ptp(at[drawn, 2])


def test_imagery_lies_where_it_was_taken(district: Any, read_tiles: Any) -> None:
    found = leaves(read_tiles(district[1] / "tileset.json"))
    x = EAST + 150 + np.array([20, 100, 180, 100, 100.0])
    y = NORTH - 50 - np.array([100, 20, 100, 180, 100.0])
    seen = 0
    for place, east, north in zip(places(x, y), x, y, strict=True):
        for content in found:
            at, _ = tops(content)
            low, high = at[:, :2].min(axis=0), at[:, :2].max(axis=0)
            if "images" not in content.json or not ((low < place) & (place < high)).all():
                continue
            view = content.json["bufferViews"][content.json["images"][0]["bufferView"]]
            start = view.get("byteOffset", 0)
            raw = content.binary[start : start + view["byteLength"]]
            pixels = np.asarray(Image.open(io.BytesIO(raw)).convert("RGB")).astype(int)
            uv = content.attribute("TEXCOORD_0") / 65535
            # The nearest vertex says how texture and ground go together.
            k = np.argsort(np.linalg.norm(at[:, :2] - place, axis=1))[0]
            level, cx, cy = (int(v) for v in content.tile["content"]["uri"][:-4].split("/"))
            width = 180 / 2**level
            corner = np.array([cx * width - 180, cy * width - 90])
            expected = (at[k, :2] - corner) / width
            assert np.abs(uv[k] - [expected[0], 1 - expected[1]]).max() < 1e-3
            u, v = (place - corner) / width
            rows, columns = pixels.shape[:2]
            color = pixels[int((1 - v) * rows), int(u * columns)]
            part = (east - EAST - 150) / 200, (NORTH - 50 - north) / 200
            true = [40 + 200 * (1 - part[0]), 40 + 200 * (1 - part[1]), 90]
            assert np.abs(color - true).max() < 8
            (material,) = content.json["materials"]
            assert "KHR_materials_unlit" in material["extensions"]
            seen += 1
    assert seen >= 5


def test_a_second_run_keeps_every_tile_and_a_fresh_one_has_the_same_bytes(
    district: Any, tmp_path: Path
) -> None:
    catalog, out, _ = district
    again = tmp_path / "again"
    shutil.copytree(out, again)
    report = export(catalog, "3dtiles", again)
    assert report.contents["written"] == 0
    assert report.counts == {"terrain": 3}
    export(catalog, "3dtiles", tmp_path / "fresh")
    for folder in (again, tmp_path / "fresh"):
        for file in sorted(out.rglob("*")):
            if file.suffix in (".glb", ".json"):
                same = (folder / file.relative_to(out)).read_bytes() == file.read_bytes()
                assert same, file.name


def test_validators_find_nothing(district: Any, gltf_judge: Any) -> None:
    said = gltf_judge(district[1])
    assert (said["errors"], said["warnings"]) == (0, 0), said["bad"]


def test_features_name_their_sources(district: Any, read_tiles: Any) -> None:
    found = leaves(read_tiles(district[1] / "tileset.json"))
    tables = [content.table() for content in found]
    sources = {source for table in tables for source in table["source"]}
    assert any(s.startswith("dem/fine_dem.tif + ortho/east.tif") for s in sources)
    assert any(s.startswith("dem/wide_dem.tif") for s in sources)
    assert {n for t in tables for n in t["name"]} == {"fine_dem", "wide_dem"}


def test_feet_are_not_metres(catalogued: Any, tmp_path: Path, read_tiles: Any) -> None:
    def feet(folder: Path) -> None:
        write_dem(folder / "dem" / "feet_dem.tif", "EPSG:4544", EAST, NORTH, 64, 2.0,
                  lambda x, y: ground(x, y) / 0.3048, unit="ft")  # fmt: skip

    export(catalogued(feet), "3dtiles", tmp_path / "out")
    found = leaves(read_tiles(tmp_path / "out" / "tileset.json"))
    z, _ = heights_at(found, places([EAST + 61], [NORTH - 61]))
    assert abs(z[0] - ground(EAST + 61, NORTH - 61)) < 0.5


def test_rasters_that_are_neither_are_counted(catalogued: Any, tmp_path: Path) -> None:
    def shade(folder: Path) -> None:
        file = folder / "maps" / "shade.tif"
        file.parent.mkdir(parents=True)
        with rasterio.open(
            file, "w", driver="GTiff", width=32, height=32, count=1, dtype="uint8",
            crs="EPSG:4544", transform=Affine(1, 0, EAST, 0, -1, NORTH),
        ) as raster:  # fmt: skip
            raster.write(np.arange(1024, dtype=np.uint8).reshape(1, 32, 32))

    def canopy(folder: Path) -> None:
        write_dem(folder / "dem" / "chm_dem.tif", "EPSG:4544", EAST, NORTH, 32, 1.0, ground)

    report = export(catalogued(fine, shade, canopy), "3dtiles", tmp_path / "out")
    assert report.counts == {"terrain": 1}
    assert report.left_out == {
        "raster that is neither terrain nor imagery": 1,
        "raster of heights above the ground": 1,
    }


def test_objects_without_a_height_stand_on_the_terrain(
    catalogued: Any, tmp_path: Path, read_tiles: Any
) -> None:
    at = [(EAST + 50.0, NORTH - 50.0), (EAST + 300.0, NORTH - 320.0)]

    def things(folder: Path) -> None:
        table = {"geometry": shapely.points(at), "name": ["a", "b"]}
        road = {"geometry": [shapely.LineString(at)], "name": ["road"]}
        for name, given in (("lamps", table), ("roads", road)):
            frame = geopandas.GeoDataFrame(given, crs="EPSG:4544")
            (folder / "gis").mkdir(parents=True, exist_ok=True)
            frame.to_file(folder / "gis" / f"{name}.gpkg", engine="pyogrio")

    catalog = catalogued(fine, things)
    report = export(catalog, "3dtiles", tmp_path / "on", clamp=True)
    assert any("3 objects" in note and "stand on the terrain" in note for note in report.notes)
    other = export(catalog, "3dtiles", tmp_path / "off")
    assert not any("stand on the terrain" in note for note in other.notes)
    found = [c for c in read_tiles(tmp_path / "on" / "tileset.json") if "points" in str(c.file)]
    z = np.concatenate([geodetic(c.earth())[:, 2] for c in found])
    true = ground(*np.array(at).T)
    for height in true:
        assert np.abs(z - height).min() < 0.3
    found = [c for c in read_tiles(tmp_path / "on" / "tileset.json") if "lines" in str(c.file)]
    own = np.concatenate([geodetic(c.earth()) for c in found])
    east, north = ZONE.transform(own[:, 0], own[:, 1], direction="INVERSE")
    along = (east > EAST + 60) & (east < EAST + 290)
    assert along.sum() > 20
    assert np.abs(own[along, 2] - ground(east[along], north[along])).max() < 2.5


def test_real_models_come_out_as_they_are(
    shared_data: Path, tmp_path: Path, read_tiles: Any, gltf_judge: Any
) -> None:
    folder = tmp_path / "in"
    (folder / "dem").mkdir(parents=True)
    for name in (
        "debian-r-cran-stars/olinda_dem_utm25s.tif", "rasterio-rasterio/RGB.byte.tif",
        "cogeotiff-rio-tiler/pix4d_alpha_nodata.tif",
    ):  # fmt: skip
        shutil.copy(shared_data / "raster" / name, folder / "dem" / Path(name).name)
    catalog = create(tmp_path / "catalogue")
    ingest(catalog, [folder], jobs=1)
    report = export(catalog, "3dtiles", tmp_path / "out")
    assert report.counts == {"terrain": 1}
    assert report.left_out == {"imagery without ground under it, or under finer imagery": 2}
    assert gltf_judge(tmp_path / "out")["errors"] == 0
    found = leaves(read_tiles(tmp_path / "out" / "tileset.json"))
    with rasterio.open(folder / "dem" / "olinda_dem_utm25s.tif") as dem:
        values = dem.read(1)
        rows, columns = np.arange(10, 100, 31), np.arange(15, 100, 29)
        x, y = dem.xy(rows[: len(columns)], columns)
        to = pyproj.Transformer.from_crs(dem.crs.to_wkt(), "OGC:CRS84", always_xy=True)
    z, error = heights_at(found, np.column_stack(to.transform(x, y)))
    known = np.isfinite(z)
    assert known.any()
    assert (np.abs(z - values[rows[: len(columns)], columns]) <= error + 1e-3)[known].all()


def test_the_projects_own_checks_find_nothing(
    district: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cimkit.tiles.terrain._MANY", 8)
    export(district[0], "3dtiles", tmp_path / "cut")
    assert list((tmp_path / "cut" / "terrain").rglob("*/*.json"))
    for folder in (district[1], tmp_path / "cut"):
        names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
        source = Source("tileset.json", folder / "tileset.json", tuple(names))
        issues = Issues()
        data = (folder / "tileset.json").read_bytes()
        Walk(Files(FileStore(source), names)).document(data, "tileset.json", issues)
        assert not issues.told.rows, issues.told.rows[:5]


def test_the_tilesets_errors_and_contents_are_in_order(district: Any) -> None:
    whole = json.loads((district[1] / "terrain" / "tileset.json").read_text())
    root = whole["root"]
    # The district lies on a line of the grid: nothing is drawn above.
    assert {child.get("refine", root["refine"]) for child in root["children"]} == {"REPLACE"}
    files = list((district[1] / "terrain").rglob("*.glb"))
    assert max(f.stat().st_size for f in files) < 1_000_000
