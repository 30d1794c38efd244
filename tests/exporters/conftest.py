"""A small city written straight into a lake: the exporters are tested, not the loaders."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from cimkit.catalog import Catalog, create
from cimkit.model import LAKE

_spec = importlib.util.spec_from_file_location(
    "tiles_reader", Path(__file__).parents[1] / "tiles" / "conftest.py"
)
assert _spec is not None
assert _spec.loader is not None
_reader = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _reader
_spec.loader.exec_module(_reader)
read_tiles, gltf_judge = _reader.read_tiles, _reader.gltf_judge

LON, LAT = 106.5, 29.57


def rows(table: str, given: list[dict[str, Any]]) -> pa.Table:
    schema = LAKE[table]
    return pa.table(
        {f.name: pa.array([g.get(f.name) for g in given], f.type) for f in schema}, schema
    )


def thing(key: str, kind: str, shape: Any = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "object_id": f"id-{key}",
        "dataset_id": "d",
        "item_id": f"item-{kind}",
        "delivery_id": "x",
        "kind": kind,
        "source_layer": kind,
        "source_key": key,
        "source_class": kind,
        "name": f"名 {key}",
        "access": "public",
        "properties": json.dumps(more.pop("properties", {})),
        "content_hash": "0" * 32,
    }
    if shape is not None:
        box = dict(zip(("xmin", "ymin", "xmax", "ymax"), shape.bounds, strict=True))
        found |= {"geometry": shapely.to_wkb(shape), "bbox": box, "position_origin": "file"}
    return found | more


def at(dx: float, dy: float) -> tuple[float, float]:
    """Metres east and north of the middle, roughly, as degrees."""
    return LON + dx / 96_800, LAT + dy / 110_900


def objects() -> list[dict[str, Any]]:
    house = shapely.Polygon([at(0, 0), at(20, 0), at(20, 10), at(0, 10)])
    yard = shapely.difference(
        shapely.Polygon([at(40, 0), at(80, 0), at(80, 40), at(40, 40)]),
        shapely.Polygon([at(50, 10), at(60, 10), at(60, 20), at(50, 20)]),
    )
    pipe = shapely.LineString([at(0, -10), at(80, -10)])
    return [
        thing("house", "gis", house, z_min=200.0, height=30.0, class_code="5001", level="CIM2",
              asset_code="5099125001000001"),
        thing("yard", "gis", yard, properties={"height": 12, "base_z": 201.5}, class_code="5001"),
        thing("park", "gis", house, z_min=None),
        thing("pipe", "gis", pipe, properties={"diameter": 300, "depth": 2.0}, class_code="5022"),
        thing("road", "gis", pipe, properties={"width": 7}, class_code="5021"),
        thing("lamp", "gis", shapely.Point(at(5, -5)), source_class="street_lamp"),
        thing("tree", "gis", shapely.MultiPoint([at(9, -5), at(12, -5)]), class_code="0402"),
        thing("hidden", "gis", shapely.Point(at(1, 1)), access="secret"),
        thing("mixed", "gis", shapely.GeometryCollection([house, pipe])),
        thing("lost", "gis"),
        thing("photo", "imagery", shapely.Point(at(3, -6)),
              properties={"heading": 90, "altitude": 202}),
        thing("pano", "imagery", shapely.Point(at(6, -6)),
              properties={"heading": 90, "panorama": True}),
        thing("wall", "bim", house, z_min=200.0, class_code="5011"),
        thing("storey", "bim"),
        thing("tower", "citymodel", house, z_min=200.0, z_max=220.0, class_code="5001"),
        thing("dem", "raster", house),
    ]  # fmt: skip


def items() -> list[dict[str, Any]]:
    def item(kind: str, **more: Any) -> dict[str, Any]:
        box = {"xmin": LON, "ymin": LAT, "xmax": LON + 0.001, "ymax": LAT + 0.001}
        return {
            "item_id": f"item-{kind}", "dataset_id": "d", "delivery_id": "x", "root": "r",
            "path": f"{kind}/file.x", "status": "ok", "kind": kind, "format": kind.upper(),
            "media_type": "application/octet-stream", "size": 1234, "sha256": "ab" * 32,
            "crs": "EPSG:4544", "crs_origin": "declared", "access": "public", "bbox": box,
            "geometry": shapely.to_wkb(shapely.box(LON, LAT, LON + 0.001, LAT + 0.001)),
            "counts": json.dumps({"features": 3}), "properties": "{}", "problems": "[]",
        } | more  # fmt: skip

    return [
        item("gis"),
        item("imagery", crs=None),
        item("bim"),
        item("citymodel"),
        item("raster"),
        item("document", geometry=None, bbox=None, status="ignored", crs=None),
    ]


def cube() -> pa.Table:
    corners = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)], np.float32) - 0.5
    faces = [0, 1, 3, 0, 3, 2, 4, 6, 7, 4, 7, 5, 0, 4, 5, 0, 5, 1,
             2, 3, 7, 2, 7, 6, 0, 2, 6, 0, 6, 4, 1, 5, 7, 1, 7, 3]  # fmt: skip
    return pa.table(
        {
            "shape_id": ["cube"],
            "positions": pa.array([corners.reshape(-1)], pa.list_(pa.float32())),
            "indices": pa.array([faces], pa.list_(pa.uint32())),
        }
    )


def placements() -> list[dict[str, Any]]:
    # A wall of 10 by 0.2 by 3 metres and a pane of glass in it, in EPSG:4544.
    def matrix(x: float, y: float, z: float, sx: float, sy: float, sz: float) -> list[float]:
        return [sx, 0, 0, 0, 0, sy, 0, 0, 0, 0, sz, 0, x, y, z, 1]

    place = {"object_id": "id-wall", "item_id": "item-bim", "shape_id": "cube"}
    e, n = 500_000 + 145_300.0, 3_272_800.0
    return [
        place | {"matrix": matrix(e, n, 201.5, 10, 0.2, 3), "color": [0.8, 0.2, 0.2, 1.0]},
        place | {"matrix": matrix(e, n, 201.5, 2, 0.3, 1), "color": [0.2, 0.2, 0.8, 0.4]},
    ]


def geometries() -> list[dict[str, Any]]:
    e, n = 645_300.0, 3_272_900.0
    corners = [[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)]
    vertices = [v for x, y, z in corners for v in (e + 10 * x, n + 8 * y, 200 + 20 * z)]
    sides = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    arc = bytes.fromhex("010800000003000000") + np.array([0, 0, 1, 1, 2, 0], float).tobytes()
    own = {"object_id": "id-tower", "item_id": "item-citymodel", "crs": "EPSG:4544"}
    return [
        # A circular string, which GEOS cannot read: the road is drawn from its flat geometry.
        {"object_id": "id-road", "item_id": "item-gis", "crs": "EPSG:4544", "wkb": arc,
         "geometry_type": "CircularString"},
        own | {"lod": "2", "geometry_type": "Solid", "vertices": vertices,
               "boundaries": json.dumps([[[s] for s in sides]])},
        own | {"lod": "0", "geometry_type": "MultiSurface", "vertices": vertices,
               "boundaries": json.dumps([[sides[0]]])},
    ]  # fmt: skip


def classes() -> list[dict[str, Any]]:
    names = {
        "5001": ("建筑", "建物", "Building"),
        "5011": ("墙", "壁", "Wall"),
        "5021": ("道路", "道路", "Road"),
        "5022": ("给水管", "上水道管", "Water pipe"),
        "0402": ("行道树", "街路樹", "Street tree"),
    }
    return [
        {"standard": "s@1", "scheme": "s", "code": c, "name_zh": z, "name_ja": j, "name_en": e}
        for c, (z, j, e) in names.items()
    ]


def fill(catalog: Catalog, tables: dict[str, list[dict[str, Any]]]) -> Catalog:
    with catalog.connect(read_only=False) as con:
        for name, given in tables.items():
            con.register("given", rows(name, given))
            columns = [
                "ST_GeomFromWKB(geometry) AS geometry" if f.name == "geometry" else f.name
                for f in LAKE[name]
            ]
            con.execute(f"INSERT INTO lake.{name} SELECT {', '.join(columns)} FROM given")
    return catalog


@pytest.fixture
def make_city(tmp_path: Path) -> Callable[..., Catalog]:
    """A catalogue of one's own: rows of objects, and of other tables by name."""

    def make(*objects: dict[str, Any], **tables: list[dict[str, Any]]) -> Catalog:
        given = {"datasets": [{"dataset_id": "d"}], "items": items(), "classes": classes()}
        return fill(create(tmp_path / "lake"), {**given, **tables, "objects": list(objects)})

    return make


@pytest.fixture
def make_thing() -> Callable[..., dict[str, Any]]:
    return thing


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    catalog = create(tmp_path_factory.mktemp("lake") / "city")
    tables = {
        "datasets": [{"dataset_id": "d", "name": "everything"}],
        "items": items(),
        "objects": objects(),
        "geometries": geometries(),
        "placements": placements(),
        "classes": classes(),
    }
    fill(catalog, tables)
    catalog.meshes.mkdir(exist_ok=True)
    pq.write_table(cube(), catalog.meshes / f"{'ab' * 32}.parquet")
    return catalog
