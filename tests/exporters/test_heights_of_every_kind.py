"""No export shifts a height silently, or leaves one unshifted silently, whatever it came from."""

from __future__ import annotations

import csv
import json
import sqlite3
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cimkit.catalog import Catalog, create, ingest
from cimkit.exporters import ExportReport, export
from cimkit.loaders import read_sheet

LON, LAT = 139.767, 35.681
GEOID = 36.66  # there, by GSIGEO2011
# Lowest and highest height of each source, and what it says that they are measured from.
SOURCES: dict[str, tuple[float, float, str | None]] = {
    "silent.gpkg": (11.25, 11.25, None),
    "level.gpkg": (12.25, 12.25, "EPSG:6695"),
    "ellipsoid.gpkg": (13.25, 13.25, "EPSG:6667"),
    "silent.city.json": (21.25, 27.25, None),
    "level.city.json": (22.25, 28.25, "EPSG:6695"),
    "silent.las": (31.25, 31.25, None),
    "level.las": (32.25, 32.25, "EPSG:6695"),
    "ellipsoid.las": (33.25, 33.25, "EPSG:6667"),
    "silent_dem.tif": (41.25, 41.25, None),
    "level_dem.tif": (42.25, 42.25, "EPSG:6695"),
    "silent.dxf": (51.25, 51.25, None),
    "level.jpg": (61.25, 61.25, "EPSG:5714"),  # EXIF: above sea level
    "level.ifc": (70.95, 75.15, "EPSG:5737"),
}
ONE = "item_id IN (SELECT item_id FROM items WHERE path = '{}')"
SOLID = (".gpkg", ".city.json", ".dxf", ".ifc")


def write_sources(folder: Path) -> Path:
    import ezdxf
    import geopandas
    import laspy
    import rasterio
    from PIL import Image
    from pyproj import CRS, Transformer
    from shapely import Point

    from cimkit.demo.ifc import write_ifc
    from cimkit.demo.modelled import model_of
    from cimkit.demo.plan import plan

    east, north = Transformer.from_crs(6668, 6677, always_xy=True).transform(LON, LAT)
    for name, crs, at in (
        ("silent", "EPSG:6677", (east, north)),
        ("level", "EPSG:6697", (LON, LAT)),
        ("ellipsoid", "EPSG:6667", (LON, LAT)),
    ):
        z = SOURCES[f"{name}.gpkg"][0]
        frame = geopandas.GeoDataFrame({"name": [name]}, geometry=[Point(*at, z)], crs=crs)
        frame.to_file(folder / f"{name}.gpkg", driver="GPKG")
    box = [[10 * (i & 1), 5 * (i & 2), 1.5 * (i & 4)] for i in (0, 1, 3, 2, 4, 5, 7, 6)]
    faces = [[[3, 2, 1, 0]], [[4, 5, 6, 7]], *([[i, (i + 1) % 4, (i + 1) % 4 + 4, i + 4]]
             for i in range(4))]  # fmt: skip
    for name, code, off in (("silent", 6677, 40), ("level", 10170, 80)):
        solid = {"type": "Solid", "lod": "1", "boundaries": [faces]}
        document = {
            "type": "CityJSON",
            "version": "2.0",
            "transform": {
                "scale": [1, 1, 1],
                "translate": [east + off, north, SOURCES[f"{name}.city.json"][0]],
            },
            "metadata": {"referenceSystem": f"https://www.opengis.net/def/crs/EPSG/0/{code}"},
            "CityObjects": {name: {"type": "Building", "geometry": [solid]}},
            "vertices": box,
        }
        (folder / f"{name}.city.json").write_text(json.dumps(document), encoding="utf-8")
    for name, crs in (("silent", "6677"), ("level", "6677+6695"), ("ellipsoid", "6667")):
        degrees = name == "ellipsoid"
        header = laspy.LasHeader(point_format=6, version="1.4")
        header.scales = [1e-7 if degrees else 0.001] * 2 + [0.001]
        header.offsets = [LON, LAT, 0] if degrees else [east, north, 0]
        header.add_crs(CRS(f"EPSG:{crs}"))
        cloud, step = laspy.LasData(header), 1e-5 if degrees else 1.0
        spots = np.arange(100)
        cloud.x = header.offsets[0] + spots % 10 * step
        cloud.y = header.offsets[1] + spots // 10 * step
        cloud.z = np.full(100, SOURCES[f"{name}.las"][0])
        cloud.write(folder / f"{name}.las")
    for name, crs, off in (("silent", "6677", 0), ("level", "6677+6695", 200)):
        with rasterio.open(
            folder / f"{name}_dem.tif", "w", driver="GTiff", width=20, height=20, count=1,
            dtype="float32", crs=CRS(f"EPSG:{crs}").to_wkt(),
            transform=rasterio.Affine(1, 0, east + off, 0, -1, north),
        ) as model:  # fmt: skip
            model.write(np.full((20, 20), SOURCES[f"{name}_dem.tif"][0], np.float32), 1)
    drawing = ezdxf.new("R2010")
    drawing.modelspace().add_line((east, north, 51.25), (east + 10, north, 51.25))
    drawing.saveas(folder / "silent.dxf")
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (35.0, 40.0, 51.6), 3: "E", 4: (139.0, 46.0, 1.2), 5: b"\0",
                    6: 61.25}  # fmt: skip
    Image.new("RGB", (64, 48)).save(folder / "level.jpg", exif=exif)
    write_ifc(folder / "level.ifc", replace(model_of(plan(20, 1), 0), floors=1))
    sheet = folder.parent / "sheet.toml"
    place = f"{{ easting = {east}, northing = {north}, height = 71.25 }}"
    sheet.write_text(
        '[[source]]\nglob = "silent.dxf"\ncrs = "EPSG:6677"\n'
        f'[[source]]\nglob = "*.ifc"\ncrs = "EPSG:6677"\nplace = {place}\n',
        encoding="utf-8",
    )
    return sheet


@pytest.fixture(scope="module")
def catalogued(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    folder = tmp_path_factory.mktemp("heights")
    (folder / "src").mkdir()
    sheet = write_sources(folder / "src")
    catalog = create(folder / "catalogue")
    ingest(catalog, [folder / "src"], sheet=read_sheet(sheet), jobs=1)
    return catalog


Heights = dict[str, tuple[float, float, str | None]]


def _table(path: Path) -> Any:
    import pyogrio

    if path.is_dir():
        import pandas

        return pandas.concat([pyogrio.read_dataframe(f) for f in sorted(path.glob("*.fgb"))])
    if path.suffix == ".parquet":
        import geopandas

        return geopandas.read_parquet(path)
    import pandas

    with sqlite3.connect(path) as opened:
        names = [n for (n,) in opened.execute(
            "SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")]  # fmt: skip
    return pandas.concat([pyogrio.read_dataframe(path, layer=n) for n in names])


def tables(path: Path) -> Heights:
    found: Heights = {}
    for source, rows in _table(path).groupby("source"):
        low, high = rows["z_min"].min(), rows["z_max"].max()
        (datum,) = {d if isinstance(d, str) else None for d in rows["vertical_datum"]}
        found[str(source)] = (float(low), float(high), datum)
    return found


def stac(path: Path) -> Heights:
    found: Heights = {}
    for file in path.glob("*/*/*.json"):
        said = json.loads(file.read_text(encoding="utf-8"))["properties"]
        low, high = said["cim:height_range"]
        found[said["cim:path"]] = (low, high, said.get("cim:vertical_datum"))
    return found


def cog(path: Path) -> Heights:
    import rasterio

    found: Heights = {}
    with (path / "rasters.csv").open(encoding="utf-8") as listed:
        for row in csv.DictReader(listed):
            with rasterio.open(path / row["file"]) as opened:
                values = opened.read(1)
            datum = row["vertical_datum"] or None
            found[row["path"]] = (float(values.min()), float(values.max()), datum)
    return found


@pytest.mark.parametrize(
    ("format", "name", "read", "kinds"),
    [
        ("gpkg", "o.gpkg", tables, ""),
        ("flatgeobuf", "o", tables, ""),
        ("geoparquet", "o.parquet", tables, ""),
        ("stac", "o", stac, ""),
        ("cog", "o", cog, ".tif"),
    ],
)
def test_what_names_each_source_has_its_height_and_what_it_is_measured_from(
    catalogued: Catalog,
    tmp_path: Path,
    format: str,
    name: str,
    read: Callable[[Path], Heights],
    kinds: str,
) -> None:
    report = export(catalogued, format, tmp_path / name)
    expected = {path: said for path, said in SOURCES.items() if path.endswith(kinds)}
    found = read(tmp_path / name)
    assert set(found) == set(expected)
    for path, (low, high, datum) in expected.items():
        assert found[path][:2] == pytest.approx((low, high), abs=0.001), path
        assert found[path][2] == datum, path
    silent = sum(said[2] is None for said in expected.values())
    assert said_unknown(report) == silent


def said_unknown(report: ExportReport) -> int:
    (note,) = (n for n in report.notes if "do not say what they are measured from" in n)
    return int(note.split()[0])


def city_vertices(path: Path) -> np.ndarray:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    head = lines[0]["transform"]
    z = np.concatenate([np.array(line["vertices"]).reshape(-1, 3)[:, 2] for line in lines])
    return z * head["scale"][2] + head["translate"][2]


def scene_vertices(path: Path) -> np.ndarray:
    data = path.read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    scene = json.loads(data[20 : 20 + length])
    origin = scene["asset"]["extras"]["origin"][2]
    found: list[np.ndarray] = []

    def walk(number: int, above: np.ndarray) -> None:
        node = scene["nodes"][number]
        own = np.eye(4)
        if "matrix" in node:
            own = np.array(node["matrix"]).reshape(4, 4).T
        own[:3, 3] += node.get("translation", (0, 0, 0))
        here = above @ own
        if "mesh" in node:
            for part in scene["meshes"][node["mesh"]]["primitives"]:
                said = scene["accessors"][part["attributes"]["POSITION"]]
                ends = np.array([[*said["min"], 1], [*said["max"], 1]])
                found.append((here @ ends.T)[1] + origin)
        for child in node.get("children", ()):
            walk(child, here)

    for root in scene["scenes"][0]["nodes"]:
        walk(root, np.eye(4))
    return np.concatenate(found)


@pytest.mark.parametrize(
    ("format", "name", "read"),
    [
        ("cityjson", "o.city.json", city_vertices),
        ("cityjsonseq", "o.city.jsonl", city_vertices),
        ("gltf", "o.glb", scene_vertices),
    ],
)
def test_one_model_of_many_sources_keeps_heights_and_says_what_they_are_measured_from(
    catalogued: Catalog, tmp_path: Path, format: str, name: str, read: Callable[[Path], Any]
) -> None:
    report = export(catalogued, format, tmp_path / name, crs="EPSG:6677")
    z = read(tmp_path / name)
    solid = {path: said for path, said in SOURCES.items() if path.endswith(SOLID)}
    for low, high, _ in solid.values():
        assert np.abs(z - low).min() < 0.002
        assert np.abs(z - high).min() < 0.002
    bands = [(z > low - 0.002) & (z < high + 0.002) for low, high, _ in solid.values()]
    assert np.any(bands, axis=0).all()  # nothing else was written
    assert said_unknown(report) == sum(said[2] is None for said in solid.values())
    (told,) = (n for n in report.notes if n.startswith("heights stay as the sources have them"))
    assert all(said[2] in told for said in solid.values() if said[2])


@pytest.mark.parametrize("path", ["silent.las", "level.las", "ellipsoid.las"])
def test_points_keep_their_heights(catalogued: Catalog, tmp_path: Path, path: str) -> None:
    import laspy

    report = export(catalogued, "copc", tmp_path / "o.laz", where=ONE.format(path))
    cloud = laspy.read(tmp_path / "o.laz")
    low, _, datum = SOURCES[path]
    assert np.asarray(cloud.z) == pytest.approx(np.full(100, low), abs=0.001)
    crs = cloud.header.parse_crs()
    assert (len(crs.axis_info) == 3) == (datum is not None)
    assert any("nobody says" in note for note in report.notes) == (datum is None)


@pytest.mark.parametrize("geoid", [None, "gsigeo2011"])
def test_tiles_stand_on_the_ellipsoid_or_say_that_they_do_not(
    catalogued: Catalog, tmp_path: Path, geoid: str | None, read_tiles: Any
) -> None:
    from pyproj import Transformer

    config = replace(catalogued.config, geoid=geoid)
    moved = replace(catalogued, config=config)
    report = export(moved, "3dtiles", tmp_path / "o")
    to_degrees = Transformer.from_crs(4978, 4979, always_xy=True)
    found: dict[str, list[np.ndarray]] = {}
    for content in read_tiles(tmp_path / "o" / "tileset.json"):
        folder = content.file.relative_to(tmp_path / "o").parts[0]
        found.setdefault(folder, []).append(to_degrees.transform(*content.earth().T)[2])
    up = GEOID if geoid else 0.0

    def at(path: str) -> list[float]:
        low, high, datum = SOURCES[path]
        shift = 0.0 if datum == "EPSG:6667" else up
        return [low + shift, high + shift]

    for folder, ending, near in (
        ("pointclouds", ".las", 0.03),
        ("terrain", "_dem.tif", 0.05),
        ("buildings", ".city.json", 0.05),
        ("bim", ".ifc", 0.05),
        ("points", ".gpkg", 0.1),
        ("lines", ".dxf", 0.1),
    ):
        z = np.concatenate(found[folder])
        for path in SOURCES:
            if path.endswith(ending):
                for height in at(path):
                    assert np.abs(z - height).min() < near, path
    told = " | ".join(report.notes)
    assert said_unknown(report) == 5
    if geoid:
        assert "taken to the ellipsoid by GSIGEO2011" in told
        assert "EPSG:6667 are ellipsoidal and stay as they are" in told
        assert "EPSG:5737 were shifted by a model made for EPSG:6695" in told
        assert "were taken to be above the geoid" in told
    else:
        assert "not shifted" in told
        assert "stand apart by the height of the geoid" in told
