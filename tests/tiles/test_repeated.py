"""Shapes placed many times, broken ones, and those with fewer triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cimkit.tiles import Encoding, Instances, Mesh, ShapePack, arrange, baked, content_glb, place

NONE = pa.table({"object_id": [f"o{i}" for i in range(200)]})


def ball(rings: int, radius: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Corners (n, 3) and triangles (m, 3) of a closed ball."""
    a, b = np.meshgrid(np.linspace(0, np.pi, rings), np.linspace(0, 2 * np.pi, 2 * rings + 1)[:-1])
    points = np.stack([np.sin(a) * np.cos(b), np.sin(a) * np.sin(b), np.cos(a)], axis=-1)
    wide = rings
    faces = []
    for i in range(2 * rings):
        j = (i + 1) % (2 * rings)
        for k in range(rings - 1):
            p, q, r, s = i * wide + k, i * wide + k + 1, j * wide + k + 1, j * wide + k
            faces += [[p, q, r], [p, r, s]]
    return radius * points.reshape(-1, 3), np.array(faces)


def pack_of(*shapes: tuple[Any, Any]) -> ShapePack:
    return ShapePack(
        pa.table(
            {
                "shape_id": [f"s{i}" for i in range(len(shapes))],
                "positions": pa.array(
                    [None if p is None else np.ravel(p) for p, _ in shapes], pa.list_(pa.float32())
                ),
                "indices": pa.array([np.ravel(f) for _, f in shapes], pa.list_(pa.uint32())),
            }
        )
    )


def turns(count: int) -> np.ndarray:
    """Matrices (n, 4, 4): each about the vertical by an angle of its own, in a row."""
    angle = np.arange(count) * 0.37
    out = np.tile(np.eye(4), (count, 1, 1))
    out[:, 0, 0], out[:, 0, 1] = np.cos(angle), -np.sin(angle)
    out[:, 1, 0], out[:, 1, 1] = np.sin(angle), np.cos(angle)
    out[:, :3, 3] = np.arange(count)[:, None] * [3.0, 1.0, 0.25]
    return out


def grey(count: int) -> np.ndarray:
    return np.full((count, 4), 0.5, np.float32)


def same(xyz: np.ndarray) -> np.ndarray:
    return xyz


def arranged(pack: ShapePack, matrix: np.ndarray, color: np.ndarray | None = None) -> list[Any]:
    count = len(matrix)
    shape, feature = np.zeros(count, np.int64), np.arange(count)
    return arrange(pack, shape, matrix, grey(count) if color is None else color, feature, same)


def whole(parts: list[Any]) -> dict[int, np.ndarray]:
    """Sorted triangles of each feature."""
    found: dict[int, list[np.ndarray]] = {}
    for part in parts:
        mesh = baked(part) if isinstance(part, Instances) else part
        for feature in np.unique(mesh.feature):
            mine = mesh.feature[mesh.indices[:, 0]] == feature
            found.setdefault(int(feature), []).append(mesh.positions[mesh.indices[mine]])
    return {feature: np.concatenate(held) for feature, held in found.items()}


def test_copies_stand_where_triangles_would_and_take_fewer_bytes() -> None:
    pack, matrix = pack_of(ball(12)), turns(50)
    parts = arranged(pack, matrix)
    assert [type(part) for part in parts] == [Instances]
    shape = np.zeros(50, np.int64)
    plain = place(pack, shape, matrix, grey(50), np.arange(50), same)
    copied, expected = whole(parts), whole([plain])
    assert copied.keys() == expected.keys()
    for feature, triangles in expected.items():
        assert np.abs(copied[feature] - triangles).max() < 1e-6
    small = content_glb(parts, np.eye(4), NONE.slice(0, 50))
    large = content_glb([plain], np.eye(4), NONE.slice(0, 50))
    assert small is not None
    assert large is not None
    assert len(small.data) < len(large.data) / 3
    assert small.low == pytest.approx(large.low, abs=2e-3)
    assert small.high == pytest.approx(large.high, abs=2e-3)


def test_few_small_copies_stay_triangles() -> None:
    box = [[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]
    assert [type(part) for part in arranged(pack_of(box), turns(20))] == [Mesh]


def test_mirrored_and_sheared_placements_stay_triangles() -> None:
    matrix = turns(40)
    matrix[3, :3, :3] = np.diag([-1.0, 1, 1])
    matrix[5, 0, 1] += 0.4
    matrix[7, :3, :3] = np.diag([2.0, 1, 3])  # stretched along its own axes: a copy
    mesh, copies = arranged(pack_of(ball(12)), matrix)
    assert sorted(set(mesh.feature.tolist())) == [3, 5]
    assert len(copies.feature) == 38
    assert copies.scale[copies.feature == 7][0] == pytest.approx([2, 1, 3])


def test_copies_of_each_colour_go_together() -> None:
    color = grey(60)
    color[::2] = [1.0, 0.0, 0.0, 0.25]
    color[7] = [0.0, 0.0, 1.0, 1.0]
    mesh, *copies = arranged(pack_of(ball(12)), turns(60), color)
    assert np.unique(mesh.color, axis=0).tolist() == [[0, 0, 255, 255]]
    looks = {tuple(c.template.color[0].tolist()): set(c.feature.tolist()) for c in copies}
    assert looks == {
        (255, 0, 0, 64): set(range(0, 60, 2)),
        (128, 128, 128, 128): set(range(1, 60, 2)) - {7},
    }


def test_copies_where_the_way_to_the_earth_bends_stay_triangles() -> None:
    def bent(xyz: np.ndarray) -> np.ndarray:
        return xyz + np.stack([xyz[:, 1] ** 2, 0 * xyz[:, 0], 0 * xyz[:, 0]], axis=1) * 1e-3

    pack, count = pack_of(ball(12)), 40
    shape, feature = np.zeros(count, np.int64), np.arange(count)
    (mesh,) = arrange(pack, shape, turns(count), grey(count), feature, bent)
    assert isinstance(mesh, Mesh)


def test_copies_beyond_the_earth_are_left_as_they_are() -> None:
    def nowhere(xyz: np.ndarray) -> np.ndarray:
        return np.where(xyz[:, :1] > 30, np.inf, xyz)

    pack, count = pack_of(ball(12)), 40
    shape, feature = np.zeros(count, np.int64), np.arange(count)
    parts = arrange(pack, shape, turns(count), grey(count), feature, nowhere)
    copies = parts[-1]
    assert isinstance(copies, Instances)
    assert np.isfinite(copies.position).all()
    assert copies.feature.max() < 11


def test_broken_triangles_are_left_out_and_nothing_else() -> None:
    square = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
    numberless = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [np.nan, 1, 0]]
    both = [[0, 1, 2], [0, 2, 3]]
    pack = pack_of(
        (square, both),
        (numberless, both),
        (square, [[0, 1, 2], [0, 2, 9]]),
        (square, [[0, 1, 4_000_000_000]]),
        (square, [[0, 1, 1]]),
        (square, []),
        (None, []),
        ([0.0, 1.0], [0, 1]),
        (square, both),
    )
    assert np.diff(pack.first_face).tolist() == [2, 1, 1, 0, 0, 0, 0, 0, 2]
    assert np.isfinite(pack.positions).all()
    assert np.isfinite(pack.low).all()
    last = pack.mesh(np.array([8]))
    assert sorted(map(tuple, last.positions.tolist())) == sorted(
        map(tuple, np.array(square, float))
    )


def test_simplified_shapes_keep_to_their_own_error() -> None:
    pack = pack_of(ball(40), ball(4), ball(40, 10.0))
    less = pack.simplified(np.array([0.02, 0.0, 0.2]))
    faces, before = np.diff(less.first_face), np.diff(pack.first_face)
    assert faces[1] == before[1]
    assert (faces[[0, 2]] < before[[0, 2]] / 4).all()
    assert (
        less.mesh(np.array([1])).positions.tolist() == pack.mesh(np.array([1])).positions.tolist()
    )
    for row, radius, error in ((0, 1.0, 0.02), (2, 10.0, 0.2)):
        mesh = less.mesh(np.array([row]))
        middle = mesh.positions[mesh.indices].mean(axis=1)
        gap = radius - np.linalg.norm(middle, axis=1)
        assert gap.max() < 2.5 * error
        assert np.linalg.norm(mesh.positions, axis=1) == pytest.approx(radius, abs=1e-5)
    assert np.diff(pack.first_face).tolist() == before.tolist()


def test_templates_are_written_with_their_colours_and_glass_is_clear() -> None:
    color = np.tile(np.array([0.2, 0.4, 0.6, 0.3], np.float32), (50, 1))
    made = content_glb(
        arranged(pack_of(ball(12)), turns(50), color), np.eye(4), NONE.slice(0, 50),
        encoding=Encoding(),
    )  # fmt: skip
    assert made is not None
    assert b"BLEND" in made.data
    assert b"EXT_mesh_gpu_instancing" in made.data
