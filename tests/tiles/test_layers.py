from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyproj
import pytest
import shapely

from cimkit.geometry.frames import ecef, geodetic
from cimkit.tiles import (
    Layer,
    Mesh,
    ShapePack,
    Store,
    copies,
    extrude,
    flatten,
    place,
    ribbons,
    triangulate,
    write_layer,
    write_tileset,
)
from cimkit.tiles.mesh import face_normals

LON, LAT = 106.5, 29.57


def table(count: int, **columns: Any) -> pa.Table:
    ids = [f"o{i}" for i in range(count)]
    return pa.table({"object_id": ids, "name": [f"楼{i}" for i in range(count)], **columns})


def district(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, y = LON + rng.random(count) * 0.02, LAT + rng.random(count) * 0.02
    outer = shapely.box(x, y, x + 0.0002, y + 0.00015)
    yard = shapely.box(x + 0.00005, y + 0.00005, x + 0.0001, y + 0.0001)
    shapes = np.where(np.arange(count) % 3 == 0, shapely.difference(outer, yard), outer)
    return shapes, 200 + rng.random(count), 5 + rng.random(count) * 95


def blocks(count: int) -> Layer:
    shapes, base, height = district(count)
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    return Layer(
        table(count, height=height),
        ecef(middle[:, 0], middle[:, 1], base + height / 2),
        np.hypot(height, 30),
        np.full(count, 1500.0),
        lambda rows: extrude(shapes[rows], base[rows], height[rows]),
    )


def volume(mesh: Mesh) -> float:
    at = mesh.positions - mesh.positions.mean(axis=0)
    a, b, c = (at[mesh.indices[:, i]] for i in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def test_block_has_the_size_and_faces_outwards() -> None:
    # 100 m by 50 m with a yard of 20 by 10, 30 m high, drawn in a metric frame and taken to CRS84.
    outer = shapely.box(0, 0, 100, 50)
    shape = shapely.difference(outer, shapely.box(10, 10, 30, 20))
    to_degrees = pyproj.Transformer.from_crs(
        f"+proj=aeqd +lat_0={LAT} +lon_0={LON} +ellps=WGS84", "OGC:CRS84", always_xy=True
    )
    degrees = shapely.transform(shape, lambda xy: np.column_stack(to_degrees.transform(*xy.T)))
    mesh = extrude(np.array([degrees]), np.array([0.0]), np.array([30.0]))
    normals = face_normals(mesh.positions, mesh.indices)
    areas = np.linalg.norm(normals, axis=1) / 2
    walls = 2 * (100 + 50 + 20 + 10) * 30
    roof = 100 * 50 - 20 * 10
    assert areas.sum() == pytest.approx(walls + roof, rel=1e-4)
    # The open bottom adds nothing to the volume about a point of the ground.
    ground = ecef([LON], [LAT], [0.0])[0]
    a, b, c = (mesh.positions[mesh.indices[:, i]] - ground for i in range(3))
    inner = float((a * np.cross(b, c)).sum() / 6)
    assert inner == pytest.approx(roof * 30, rel=1e-3)


def test_flat_surface_looks_up() -> None:
    shapes, _, _ = district(30)
    mesh = flatten(shapes, np.zeros(30), np.full(30, 1000.0))
    up = mesh.positions[mesh.indices[:, 0]]
    assert ((face_normals(mesh.positions, mesh.indices) * up).sum(axis=1) > 0).all()


def test_ribbon_is_as_wide_as_said_and_looks_up() -> None:
    line = shapely.LineString([(LON, LAT), (LON, LAT + 0.001)])
    mesh = ribbons(np.array([line]), np.array([10.0]), np.array([7.0]))
    width = np.linalg.norm(mesh.positions[0] - mesh.positions[1])
    assert width == pytest.approx(7.0)
    up = mesh.positions[mesh.indices[:, 0]]
    assert ((face_normals(mesh.positions, mesh.indices) * up).sum(axis=1) > 0).all()


def test_surfaces_with_holes_and_concave_quads_keep_area_and_facing() -> None:
    ring = np.array([[0, 0, 0], [10, 0, 0], [10, 0, 10], [0, 0, 10]], float)
    hole = np.array([[2, 0, 2], [2, 0, 4], [4, 0, 4], [4, 0, 2]], float)
    dart = np.array([[0, 0, 5], [4, 1, 5], [0, 4, 5], [1, 1, 5]], float)
    vertices, indices, surface = triangulate([[ring, hole], [dart], [ring[:2]], [ring[:3]]])
    normal = face_normals(vertices, indices) / 2
    of = surface[indices[:, 0]]
    assert np.bincount(of, np.linalg.norm(normal, axis=1)).tolist() == pytest.approx([96, 6, 0, 50])
    assert (normal[of == 0][:, 1] < 0).all()
    assert (normal[of == 1][:, 2] > 0).all()


def box_pack() -> tuple[pa.Table, np.ndarray]:
    corners = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)], np.float32) - 0.5
    faces = np.array(
        [
            [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
            [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
        ],
        np.uint32,
    )  # fmt: skip
    shapes = pa.table(
        {
            "shape_id": ["empty", "box"],
            "positions": pa.array([[], corners.reshape(-1)], pa.list_(pa.float32())),
            "indices": pa.array([[], faces.reshape(-1)], pa.list_(pa.uint32())),
        }
    )
    return shapes, corners


def test_placed_shapes_stand_where_their_matrix_says_even_mirrored() -> None:
    shapes, _ = box_pack()
    pack = ShapePack(shapes)
    assert pack.rows(pa.array(["box", "none", "empty"])).tolist() == [1, -1, 0]
    turn = np.array([[0, -1, 0, 100], [1, 0, 0, 200], [0, 0, 3, 5], [0, 0, 0, 1]], float)
    mirror = np.diag([-1.0, 1, 1, 1])
    mesh = place(
        pack,
        np.array([1, 0, 1]),
        np.stack([turn, turn, mirror]),
        np.ones((3, 4), np.float32),
        np.array([0, 1, 2]),
        lambda xyz: xyz,
    )
    for feature, low, high in (
        (0, [99.5, 199.5, 3.5], [100.5, 200.5, 6.5]),
        (2, [-0.5] * 3, [0.5] * 3),
    ):
        mine = mesh.positions[mesh.feature == feature]
        assert mine.min(axis=0).tolist() == pytest.approx(low)
        assert mine.max(axis=0).tolist() == pytest.approx(high)
        only = mesh.indices[mesh.feature[mesh.indices[:, 0]] == feature]
        assert volume(Mesh(mesh.positions, only, mesh.feature)) > 0
        assert len(mine) == 24  # four corners for each of the six faces


def test_layer_reads_back_within_a_millimetre(tmp_path: Path, read_tiles, gltf_judge) -> None:
    layer = blocks(1500)
    done = write_layer(layer, Store(tmp_path))
    assert done.root is not None
    write_tileset(tmp_path / "tileset.json", done.root)
    found = read_tiles(tmp_path / "tileset.json")
    assert len(found) == len(done.files) > 2
    assert max((tmp_path / f).stat().st_size for f in done.files) < 1_100_000
    said = gltf_judge(tmp_path)
    assert said == {"files": len(found), "errors": 0, "warnings": 0, "bad": []}

    shapes, base, height = district(1500)
    to_earth = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    seen: list[str] = []
    for content in found:
        properties = content.table()
        seen += properties["object_id"]
        earth, feature = content.earth(), content.attribute("_FEATURE_ID_0")[:, 0]
        for row, name in enumerate(properties["object_id"][:20]):
            i = int(name[1:])
            assert properties["name"][row] == f"楼{i}"
            ring = shapely.get_coordinates(shapes[i])
            want = np.column_stack(
                to_earth.transform(ring[:, 0], ring[:, 1], np.full(len(ring), base[i] + height[i]))
            )
            mine = earth[feature == row]
            gap = np.linalg.norm(want[:, None] - mine[None], axis=2).min(axis=1)
            assert gap.max() < 0.001
    assert sorted(seen) == sorted(layer.features["object_id"].to_pylist())


def test_the_largest_come_first_and_errors_are_metres(tmp_path: Path, read_tiles) -> None:
    layer = blocks(1500)
    done = write_layer(layer, Store(tmp_path))
    assert done.root is not None
    write_tileset(tmp_path / "tileset.json", done.root)
    size = dict(zip(layer.features["object_id"].to_pylist(), layer.size, strict=True))
    found = read_tiles(tmp_path / "tileset.json")
    top = [c for c in found if c.depth == 0]
    shown = [size[o] for c in top for o in c.table()["object_id"]]
    later = [size[o] for c in found if c.depth for o in c.table()["object_id"]]
    assert min(shown) >= max(later)
    assert top[0].tile["geometricError"] == pytest.approx(max(later), abs=1e-3)


def test_same_input_same_bytes(tmp_path: Path) -> None:
    for run in ("a", "b"):
        (tmp_path / run).mkdir()
        done = write_layer(blocks(900), Store(tmp_path / run))
        assert done.root is not None
        write_tileset(tmp_path / run / "tileset.json", done.root)
    files = sorted(f.name for f in (tmp_path / "a").iterdir())
    assert files == sorted(f.name for f in (tmp_path / "b").iterdir())
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_layer_across_the_world_draws_nothing_where_float32_would_lie(
    tmp_path: Path, read_tiles, gltf_judge
) -> None:
    at = np.array([[-122.4, 37.8, 10.0], [106.5, 29.57, 250.0], [4.9, 52.37, 0.0]])
    layer = Layer(
        table(3),
        ecef(*at.T),
        np.full(3, 10.0),
        np.full(3, 1000.0),
        lambda rows: [
            copies(
                "tree",
                at[rows],
                np.full((len(rows), 3), 10.0),
                np.zeros(len(rows)),
                np.arange(len(rows)),
            )
        ],
    )
    done = write_layer(layer, Store(tmp_path))
    assert done.root is not None
    assert done.root.uri is None
    write_tileset(tmp_path / "tileset.json", done.root)
    found = read_tiles(tmp_path / "tileset.json")
    tops = sorted(
        (geodetic(c.earth())[:, 2].max() - geodetic(c.earth())[:, 2].min()) for c in found
    )
    assert tops == pytest.approx([10, 10, 10], abs=1e-3)
    assert gltf_judge(tmp_path)["warnings"] == 0


def test_features_without_triangles_are_named(tmp_path: Path) -> None:
    shapes = np.array([shapely.box(LON, LAT, LON + 1e-4, LAT + 1e-4), shapely.Point(LON, LAT)])
    layer = Layer(
        table(2),
        ecef([LON, LON], [LAT, LAT], [0, 0]),
        np.full(2, 10.0),
        np.full(2, 10.0),
        lambda rows: extrude(shapes[rows], np.zeros(len(rows)), np.full(len(rows), 3.0)),
    )
    assert write_layer(layer, Store(tmp_path)).bare == [1]


def test_errors_do_not_grow_by_rounding(tmp_path: Path, read_tiles) -> None:
    done = write_layer(blocks(3), Store(tmp_path))
    assert done.root is not None
    done.root.error = 12345.6789
    write_tileset(tmp_path / "tileset.json", done.root)
    assert len(read_tiles(tmp_path / "tileset.json")) == 1
