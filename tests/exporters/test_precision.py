"""Where things stand in the tiles, read back and held against a way that shares no code.

The way there is cimkit's (lake, frames, quantisation, glTF, transforms); the way to compare is the
reader of the tests and pyproj alone.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely

from cimkit.exporters import export

EARTH = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
UNDULATION = -35.25
PLACES = {
    "EPSG:4544": (645_300.0, 3_272_800.0, 236.5),
    "EPSG:28992": (155_000.0, 463_000.0, 12.0),
    "EPSG:25832": (691_000.0, 5_334_000.0, 520.0),
    "EPSG:6697": (139.7670, 35.6810, 3.2),
}
HORIZONTAL = {"EPSG:6697": "EPSG:6668"}


def degrees(crs: str, xy: np.ndarray) -> np.ndarray:
    way = pyproj.Transformer.from_crs(HORIZONTAL.get(crs, crs), "EPSG:4326", always_xy=True)
    return np.column_stack(way.transform(xy[:, 0], xy[:, 1]))


def earth(crs: str, xyz: np.ndarray) -> np.ndarray:
    lonlat = degrees(crs, xyz)
    return np.column_stack(EARTH.transform(*lonlat.T, xyz[:, 2] + UNDULATION))


def blob(crs: str, size: float) -> np.ndarray:
    """Corners of triangles about a place, metres or degrees like the CRS; shape (60, 3)."""
    step = size / 100_000 if crs == "EPSG:6697" else size
    spread = np.random.default_rng(6).uniform(-0.5, 0.5, (60, 3)) * [step, step, min(size, 80.0)]
    return np.array(PLACES[crs]) + spread


def nearest(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest distance of an expected position from the nearest one found, metres."""
    apart = np.linalg.norm(found[None] - expected[:, None], axis=2)
    return float(apart.min(axis=1).max())


@pytest.fixture
def tiles_of(make_city: Any, make_thing: Any, tmp_path: Path, read_tiles: Any) -> Any:
    """Earth-centred positions, shape (n, 3), of all that is drawn of one object."""

    def tiles(kind: str, crs: str, outline: Any, **more: Any) -> np.ndarray:
        fields, shapes = more.pop("fields", {}), more.pop("shapes", None)
        item = {
            "item_id": f"item-{kind}", "dataset_id": "d", "delivery_id": "x", "root": "r",
            "path": "a.x", "status": "ok", "kind": kind, "format": kind, "sha256": "cd" * 32,
            "crs": crs, "access": "public", "properties": "{}", "problems": "[]", "counts": "{}",
        }  # fmt: skip
        thing = make_thing("one", kind, outline, **fields)
        city = make_city(thing, items=[item], **more)
        city = dataclasses.replace(
            city, config=dataclasses.replace(city.config, undulation_m=UNDULATION)
        )
        if shapes is not None:
            city.meshes.mkdir(exist_ok=True)
            pq.write_table(shapes, city.meshes / f"{'cd' * 32}.parquet")
        export(city, "3dtiles", tmp_path / "tiles")
        found = [content.earth() for content in read_tiles(tmp_path / "tiles" / "tileset.json")]
        return np.concatenate(found)

    return tiles


def outline_of(crs: str, xyz: np.ndarray) -> Any:
    return shapely.MultiPoint(degrees(crs, xyz)).convex_hull


@pytest.mark.parametrize("size", [12.0, 900.0], ids=["house", "station"])
@pytest.mark.parametrize("crs", PLACES)
def test_city_models_within_a_millimetre(tiles_of: Any, crs: str, size: float) -> None:
    xyz = blob(crs, size)
    rings = [[list(range(i, i + 3))] for i in range(0, len(xyz), 3)]
    geometry = {
        "object_id": "id-one", "item_id": "item-citymodel", "crs": crs, "lod": "2",
        "geometry_type": "MultiSurface", "vertices": xyz.reshape(-1).tolist(),
        "boundaries": json.dumps(rings),
    }  # fmt: skip
    heights = {"z_min": float(xyz[:, 2].min()), "z_max": float(xyz[:, 2].max())}
    found = tiles_of("citymodel", crs, outline_of(crs, xyz), geometries=[geometry], fields=heights)
    assert nearest(found, earth(crs, xyz)) < 1e-3


@pytest.mark.parametrize("size", [12.0, 900.0], ids=["house", "station"])
@pytest.mark.parametrize("crs", [crs for crs in PLACES if crs != "EPSG:6697"])
def test_placed_shapes_within_a_millimetre(tiles_of: Any, crs: str, size: float) -> None:
    xyz = blob(crs, size)
    middle = xyz.mean(axis=0)
    shape = (xyz - middle).astype(np.float32)
    turn = np.eye(4)
    turn[:3, :3] = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], float)
    turn[:3, 3] = middle
    shapes = pa.table(
        {
            "shape_id": ["s"],
            "positions": pa.array([shape.reshape(-1)], pa.list_(pa.float32())),
            "indices": pa.array([np.arange(60, dtype=np.uint32)], pa.list_(pa.uint32())),
        }
    )
    placement = {
        "object_id": "id-one", "item_id": "item-bim", "shape_id": "s", "lod": "body",
        "matrix": turn.T.reshape(-1).tolist(), "color": [0.5, 0.5, 0.5, 1.0],
    }  # fmt: skip
    placed = shape.astype(float) @ turn[:3, :3].T + middle
    found = tiles_of("bim", crs, outline_of(crs, placed), placements=[placement], shapes=shapes)
    assert nearest(found, earth(crs, placed)) < 1e-3


@pytest.mark.parametrize("crs", ["EPSG:4544", "EPSG:25832"])
def test_copies_within_a_millimetre(
    tiles_of: Any, crs: str, tmp_path: Path, read_tiles: Any
) -> None:
    rng = np.random.default_rng(8)
    shape = rng.uniform(-1.5, 1.5, (240, 3)).astype(np.float32)
    shapes = pa.table(
        {
            "shape_id": ["s"],
            "positions": pa.array([shape.reshape(-1)], pa.list_(pa.float32())),
            "indices": pa.array([np.arange(240, dtype=np.uint32)], pa.list_(pa.uint32())),
        }
    )
    placements, expected = [], []
    for i in range(50):
        turn = np.eye(4)
        turn[:3, :3], _ = np.linalg.qr(rng.normal(size=(3, 3)))
        turn[:3, 0] *= np.linalg.det(turn[:3, :3])
        turn[:3, :3] *= [1.0, 1.0 + i / 50, 1.0]
        turn[:3, 3] = np.array(PLACES[crs]) + rng.uniform(-300, 300, 3) * [1, 1, 0.05]
        placements.append(
            {
                "object_id": "id-one", "item_id": "item-bim", "shape_id": "s", "lod": "body",
                "matrix": turn.T.reshape(-1).tolist(), "color": [0.5, 0.5, 0.5, 1.0],
            }
        )  # fmt: skip
        expected.append(shape.astype(float) @ turn[:3, :3].T + turn[:3, 3])
    placed = np.concatenate(expected)
    found = tiles_of("bim", crs, outline_of(crs, placed), placements=placements, shapes=shapes)
    (content,) = read_tiles(tmp_path / "tiles" / "tileset.json")
    assert "EXT_mesh_gpu_instancing" in content.json["extensionsUsed"]
    where = earth(crs, placed)
    worst = max(nearest(found, part) for part in np.array_split(where, 100))
    assert worst < 1e-3


@pytest.mark.parametrize("crs", PLACES)
def test_blocks_within_a_millimetre(tiles_of: Any, crs: str) -> None:
    step = 20.0 / 100_000 if crs == "EPSG:6697" else 20.0
    at = np.array(PLACES[crs])
    corners = at[:2] + np.array([[0, 0], [1, 0], [1, 0.5], [0, 0.5]]) * step
    lonlat = degrees(crs, corners)
    fields = {"z_min": float(at[2]), "height": 31.25}
    found = tiles_of("gis", crs, shapely.Polygon(lonlat), fields=fields)
    for level in (at[2], at[2] + 31.25):
        expected = np.column_stack(EARTH.transform(*lonlat.T, np.full(4, level + UNDULATION)))
        assert nearest(found, expected) < 1e-3
