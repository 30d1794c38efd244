"""One building from several sources: a block from afar, a model nearer, its elements up close."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely

from cimkit.catalog import Catalog, create
from cimkit.exporters import ExportReport, export
from cimkit.model import LAKE

E, N = 645_300.0, 3_272_900.0
DEGREES = pyproj.Transformer.from_crs("EPSG:4544", "OGC:CRS84", always_xy=True)


def outline(e: float, n: float) -> shapely.Polygon:
    """10 by 8 metres from a corner."""
    ring = [(e, n), (e + 10, n), (e + 10, n + 8), (e, n + 8)]
    return shapely.Polygon([DEGREES.transform(*p) for p in ring])


def thing(key: str, kind: str, shape: Any = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "object_id": key, "item_id": f"item-{kind}", "kind": kind, "source_key": key,
        "source_class": kind, "access": "public", "properties": "{}", "content_hash": "0" * 32,
    }  # fmt: skip
    if shape is not None:
        box = dict(zip(("xmin", "ymin", "xmax", "ymax"), shape.bounds, strict=True))
        found |= {"geometry": shapely.to_wkb(shape), "bbox": box, "z_min": 200.0, "z_max": 220.0}
    return found | more


def solid(key: str, lod: str | None, e: float, n: float, top: float) -> dict[str, Any]:
    corners = [[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)]
    vertices = [v for x, y, z in corners for v in (e + 10 * x, n + 8 * y, 200 + (top - 200) * z)]
    sides = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    return {
        "object_id": key, "item_id": "item-citymodel", "crs": "EPSG:4544", "lod": lod,
        "geometry_type": "Solid", "vertices": vertices,
        "boundaries": json.dumps([[[s] for s in sides]]),
    }  # fmt: skip


def placed(key: str, item: str, e: float, n: float, size: tuple[float, float, float]) -> Any:
    matrix = [size[0], 0, 0, 0, 0, size[1], 0, 0, 0, 0, size[2], 0, e, n, 200 + size[2] / 2, 1]
    return {"object_id": key, "item_id": item, "shape_id": "cube", "matrix": matrix}


def fill(folder: Path, tables: dict[str, list[dict[str, Any]]]) -> Catalog:
    catalog = create(folder)
    with catalog.connect(read_only=False) as con:
        for name, given in tables.items():
            schema = LAKE[name]
            table = pa.table(
                {f.name: pa.array([g.get(f.name) for g in given], f.type) for f in schema}, schema
            )
            con.register("given", table)
            columns = [
                "ST_GeomFromWKB(geometry) AS geometry" if f.name == "geometry" else f'"{f.name}"'
                for f in schema
            ]
            con.execute(f"INSERT INTO lake.{name} SELECT {', '.join(columns)} FROM given")
    corners = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)], np.float32) - 0.5
    faces = [0, 1, 3, 0, 3, 2, 4, 6, 7, 4, 7, 5, 0, 4, 5, 0, 5, 1,
             2, 3, 7, 2, 7, 6, 0, 2, 6, 0, 6, 4, 1, 5, 7, 1, 7, 3]  # fmt: skip
    catalog.meshes.mkdir(exist_ok=True)
    for sha in ("ab", "cd", "ef"):
        pq.write_table(
            pa.table({
                "shape_id": ["cube"],
                "positions": pa.array([corners.reshape(-1)], pa.list_(pa.float32())),
                "indices": pa.array([faces], pa.list_(pa.uint32())),
            }),
            catalog.meshes / f"{sha * 32}.parquet",
        )  # fmt: skip
    return catalog


def tables() -> dict[str, list[dict[str, Any]]]:
    def item(name: str, kind: str, sha: str = "") -> dict[str, Any]:
        return {
            "item_id": name, "path": f"{name}.x", "status": "ok", "kind": kind, "access": "public",
            "crs": "EPSG:4544", "sha256": sha * 32, "properties": "{}", "counts": "{}",
        }  # fmt: skip

    at = [(E + 40 * i, N) for i in range(6)]
    shape = [outline(*p) for p in at]
    whole = {"level": "CIM6", "geometry": None}
    objects = [
        thing("block-1", "gis", shape[0], height=20.0, level="CIM2"),
        thing("block-2", "gis", shape[1], height=20.0, level="CIM2"),
        thing("block-3", "gis", shape[2], height=20.0, level="CIM2"),
        thing("model-1", "citymodel", shape[0], source_class="Building", level="CIM4"),
        thing("model-2", "citymodel", shape[1], source_class="Building", level="CIM3"),
        thing("model-4", "citymodel", shape[3], source_class="bldg:Building", level="CIM3"),
        thing("part-4", "citymodel", shape[3], source_class="bldg:BuildingPart",
              parent_id="model-4", level="CIM3"),
        thing("bridge", "citymodel", shape[4], source_class="Bridge"),
        thing("arch", "bim", shape[0], source_class="IfcBuilding", item_id="item-arch"),
        thing("wall", "bim", shape[0], source_class="IfcWall", item_id="item-arch",
              parent_id="arch", **whole),
        thing("frame", "bim", shape[0], source_class="IfcBuilding", item_id="item-frame"),
        thing("slab", "bim", shape[0], source_class="IfcSlab", item_id="item-frame",
              parent_id="frame", **whole),
        thing("other", "bim", shape[5], source_class="IfcWall", item_id="item-other"),
    ]  # fmt: skip
    return {
        "datasets": [{"dataset_id": "d", "name": "everything"}],
        "items": [
            item("item-gis", "gis"), item("item-citymodel", "citymodel"),
            item("item-arch", "bim", "ab"), item("item-frame", "bim", "cd"),
            item("item-other", "bim", "ef"),
        ],
        "objects": objects,
        "geometries": [
            solid("model-1", "1", *at[0], 220), solid("model-1", "2.2", *at[0], 223),
            solid("model-1", "0", *at[0], 200.1),
            solid("model-2", "2", *at[1], 225), solid("model-4", "1", *at[3], 220),
            solid("part-4", "2", *at[3], 222), solid("bridge", "1", *at[4], 210),
        ],
        "placements": [
            placed("wall", "item-arch", E + 5, N + 4, (10, 8, 24)),
            placed("slab", "item-frame", E + 5, N + 4, (10, 8, 1)),
            placed("other", "item-other", at[5][0], N, (4, 4, 4)),
        ],
        "same_as": [
            {"object_id": a, "other_id": b, "by": "code", "confidence": 1.0}
            for a, b in (("model-1", "block-1"), ("arch", "block-1"), ("frame", "block-1"),
                         ("model-2", "block-2"))
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalog, Path, ExportReport]:
    folder = tmp_path_factory.mktemp("levels")
    catalog = fill(folder / "city", tables())
    return catalog, folder / "out", export(catalog, "3dtiles", folder / "out")


def shown(file: Path, limit: float) -> list[Path]:
    """Contents that a renderer draws that allows an error of ``limit`` metres everywhere."""

    def walk(file: Path, tile: dict[str, Any], refine: str) -> list[Path]:
        refine = tile.get("refine", refine)
        down = [c for c in tile.get("children", ()) if tile["geometricError"] > limit]
        found = []
        if "content" in tile and (refine == "ADD" or not down):
            uri = file.parent / tile["content"]["uri"]
            found = shown(uri, limit) if uri.suffix == ".json" else [uri]
        return found + [f for child in down for f in walk(file, child, refine)]

    root = json.loads(file.read_text())["root"]
    return walk(file, root, root["refine"])


def test_every_building_is_drawn_once_from_any_distance(
    written: tuple[Catalog, Path, ExportReport], read_tiles: Any
) -> None:
    _, out, _ = written
    holds = {c.file: c.table()["object_id"] for c in read_tiles(out / "tileset.json")}
    of = {
        "block-1": 1, "model-1": 1, "wall": 1, "slab": 1, "block-2": 2, "model-2": 2,
        "block-3": 3, "model-4": 4, "part-4": 4,
    }  # fmt: skip
    seen: dict[int, list[frozenset[str]]] = {1: [], 2: [], 3: [], 4: []}
    for limit in (1e9, 30.0, 10.0, 4.5, 3.5, 2.5, 1.5, 0.5, 0.0):
        drawn = [o for file in shown(out / "tileset.json", limit) for o in holds[file]]
        if limit < 1:
            assert {"bridge", "other"} <= set(drawn)
        assert len(drawn) == len(set(drawn)), limit
        for one, told in seen.items():
            told.append(frozenset(o for o in drawn if of.get(o) == one))
    for one, told in seen.items():
        # Once it is seen it never goes.
        first = next(i for i, objects in enumerate(told) if objects)
        assert all(told[first:]), (one, told)
    assert list(dict.fromkeys(s for s in seen[1] if s)) == [
        {"block-1"}, {"model-1"}, {"wall", "slab"}
    ]  # fmt: skip
    assert list(dict.fromkeys(s for s in seen[2] if s)) == [{"block-2"}, {"model-2"}]
    assert list(dict.fromkeys(s for s in seen[3] if s)) == [{"block-3"}]
    assert list(dict.fromkeys(s for s in seen[4] if s)) == [{"model-4"}, {"part-4"}]


def test_errors_are_the_metres_between_the_levels(
    written: tuple[Catalog, Path, ExportReport], read_tiles: Any
) -> None:
    _, out, report = written
    errors = [
        (c.file.stem.rsplit("-", 1)[1], c.tile["geometricError"])
        for c in read_tiles(out / "tileset.json")
        if c.table()["object_id"] in (["block-1"], ["model-1"])
    ]
    # The block is as high as the first level, which is 3 m lower than the next one; that is 1 m
    # lower than the walls of the elements.
    assert sorted(errors) == [
        ("block", pytest.approx(3.0, abs=0.01)),
        ("lod1", pytest.approx(3.0, abs=0.01)),
        ("lod2", pytest.approx(1.0, abs=0.01)),
    ]
    assert report.counts == {"buildings": 9, "bim": 1, "citymodel": 1}
    assert report.left_out == {"no geometry of its own": 2}


def test_valid_and_the_same_again(
    written: tuple[Catalog, Path, ExportReport], gltf_judge: Any, tmp_path: Path
) -> None:
    catalog, out, _ = written
    said = gltf_judge(out)
    assert (said["errors"], said["warnings"]) == (0, 0), said["bad"]
    export(catalog, "3dtiles", tmp_path / "again")
    for file in sorted(out.rglob("*")):
        if file.is_file():
            again = tmp_path / "again" / file.relative_to(out)
            assert file.read_bytes() == again.read_bytes(), file


def test_without_joins_each_stands_alone(tmp_path: Path) -> None:
    catalog = fill(tmp_path / "city", tables() | {"same_as": []})
    report = export(catalog, "3dtiles", tmp_path / "out")
    assert report.counts == {"buildings": 7, "bim": 3, "citymodel": 1}


def test_a_thing_delivered_twice_is_drawn_once(tmp_path: Path) -> None:
    given = tables()
    given["same_as"].append({"object_id": "block-3", "other_id": "block-2", "confidence": 0.9})
    again = next(row for row in given["objects"] if row["object_id"] == "block-3")
    again |= {k: given["objects"][1][k] for k in ("geometry", "bbox")}
    catalog = fill(tmp_path / "city", given)
    report = export(catalog, "3dtiles", tmp_path / "out")
    assert report.counts["buildings"] == 8
    assert report.left_out["shown as the same thing by another object"] == 1


def test_wings_beside_each_other_are_all_drawn(tmp_path: Path, read_tiles: Any) -> None:
    given = tables()
    # One code for two footprints, 40 m apart: the model of the second does not show the third.
    given["same_as"].append({"object_id": "block-3", "other_id": "block-2", "confidence": 1.0})
    catalog = fill(tmp_path / "city", given)
    report = export(catalog, "3dtiles", tmp_path / "out", layers=("buildings",))
    assert report.counts["buildings"] == 9
    found = {
        object_id: content.tile.get("children", ()) != ()
        for content in read_tiles(tmp_path / "out" / "tileset.json")
        for object_id in content.table()["object_id"]
    }
    assert found["block-2"]  # the model stands for it nearer by
    assert not found["block-3"]


def test_of_two_models_of_one_building_the_finest_is_drawn(tmp_path: Path) -> None:
    given = tables()
    given["objects"].append(
        thing("again", "citymodel", outline(E + 40, N), source_class="Building", level="CIM4")
    )
    given["geometries"].append(solid("again", "3", E + 40, N, 226))
    given["same_as"].append({"object_id": "again", "other_id": "block-2", "confidence": 0.9})
    catalog = fill(tmp_path / "city", given)
    report = export(catalog, "3dtiles", tmp_path / "out", layers=("buildings",))
    assert report.counts["buildings"] == 9
    assert report.left_out["shown as the same thing by another object"] == 1
    drawn = b"".join(f.read_bytes() for f in (tmp_path / "out").rglob("*.glb"))
    assert b"again" in drawn
    assert b"model-2" not in drawn


@pytest.mark.parametrize(
    ("parts", "drawn"),
    [
        ([(0.0, 220.0)], {"part-0"}),  # covers it
        ([(0.0, 210.0)], {"model"}),  # is not as high
        ([(8.0, 220.0)], {"model"}),  # covers a fifth
        ([(-5.0, 220.0), (5.0, 220.0)], {"part-0", "part-1"}),  # cover it together
        ([(-5.0, 220.0), (7.0, 220.0)], {"model"}),  # leave a gap
    ],
)
def test_a_whole_and_its_parts_of_one_level_are_not_both_drawn(
    tmp_path: Path, read_tiles: Any, parts: list[tuple[float, float]], drawn: set[str]
) -> None:
    given = tables()
    names = [f"part-{i}" for i in range(len(parts))]
    place = outline(E, N)
    given |= {
        "objects": [thing("model", "citymodel", place, source_class="Building")]
        + [
            thing(name, "citymodel", place, source_class="BuildingPart", parent_id="model")
            for name in names
        ],
        "geometries": [solid("model", "2", E, N, 220)]
        + [solid(n, "2", E + d, N, top) for n, (d, top) in zip(names, parts, strict=True)],
        "placements": [],
        "same_as": [],
    }
    report = export(fill(tmp_path / "city", given), "3dtiles", tmp_path / "out")
    found = read_tiles(tmp_path / "out" / "tileset.json")
    assert {o for c in found for o in c.table()["object_id"]} == drawn
    assert report.left_out == {
        "shown by what is finer of the same thing": 1 + len(parts) - len(drawn)
    }


def test_of_one_level_the_finest_geometry_is_drawn(tmp_path: Path, read_tiles: Any) -> None:
    given = tables()
    given |= {
        "objects": [thing("model", "citymodel", outline(E, N), source_class="Building")],
        "geometries": [solid("model", lod, E, N, 200 + top) for lod, top in
                       (("1.2", 12), ("2.2", 22), ("1.3", 13), ("2", 20), (None, 5))],
        "placements": [], "same_as": [],
    }  # fmt: skip
    export(fill(tmp_path / "city", given), "3dtiles", tmp_path / "out")
    found = read_tiles(tmp_path / "out" / "tileset.json")
    tall = {c.file.stem.rsplit("-", 1)[1]: np.ptp(np.linalg.norm(c.earth(), axis=1)) for c in found}
    assert tall == {"lod1": pytest.approx(13, abs=0.1), "lod2": pytest.approx(22, abs=0.1)}
