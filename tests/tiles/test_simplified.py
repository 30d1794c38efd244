from __future__ import annotations

import numpy as np
import pytest

from cimkit.tiles.mesh import Mesh, face_normals
from cimkit.tiles.simplified import simplify

ORIGIN = np.array([-1_576_883.0, 5_323_470.0, 3_129_104.0])


def terrain(side: int, height: float) -> Mesh:
    x, y = np.meshgrid(np.arange(side, dtype=float), np.arange(side, dtype=float))
    z = height * np.sin(x / 7) * np.cos(y / 5)
    corner = np.arange(side * side).reshape(side, side)
    a, b = corner[:-1, :-1].reshape(-1), corner[:-1, 1:].reshape(-1)
    c, d = corner[1:, 1:].reshape(-1), corner[1:, :-1].reshape(-1)
    indices = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    positions = np.stack([x.reshape(-1), y.reshape(-1), z.reshape(-1)], axis=1) + ORIGIN
    return Mesh(positions, indices, np.zeros(side * side, np.int64))


def rim(mesh: Mesh) -> set[tuple[float, ...]]:
    edges = np.concatenate([mesh.indices[:, [i, (i + 1) % 3]] for i in range(3)])
    found, count = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)
    return {tuple(p) for p in mesh.positions[found[count == 1].reshape(-1)].tolist()}


def above(mesh: Mesh, xy: np.ndarray) -> np.ndarray:
    """Height of a surface at some places, by the triangle that each is in."""
    out = np.full(len(xy), np.nan)
    for a, b, c in mesh.positions[mesh.indices] - ORIGIN:
        corners = np.array([[*a[:2], 1], [*b[:2], 1], [*c[:2], 1]]).T
        if abs(np.linalg.det(corners)) < 1e-9:
            continue  # upright along the rim
        to = np.linalg.inv(corners)
        weight = np.column_stack([xy, np.ones(len(xy))]) @ to.T
        inside = (weight >= -1e-9).all(axis=1)
        out[inside] = weight[inside] @ [a[2], b[2], c[2]]
    return out


@pytest.mark.parametrize("error", [0.05, 0.5])
def test_terrain_keeps_its_rim_and_its_height_within_the_error(error: float) -> None:
    mesh = terrain(24, 2.0)
    less, reached = simplify(mesh, error, creases=False)
    assert 0 < reached <= error
    assert 2 < len(less.indices) < len(mesh.indices) * 0.9
    assert rim(less) == rim(mesh)
    assert {tuple(p) for p in less.positions.tolist()} <= {
        tuple(p) for p in mesh.positions.tolist()
    }
    was = mesh.positions - ORIGIN
    off = np.abs(above(less, was[:, :2]) - was[:, 2])
    assert not np.isnan(off).any()  # nothing folded over, nothing lost
    assert off.max() < 3 * error


def bumpy_box(low: np.ndarray, cells: int, feature: int) -> Mesh:
    """A closed box of unit cells on each face."""
    k = np.arange(cells + 1) / cells
    u, v = (w.reshape(-1) for w in np.meshgrid(k, k))
    corner = np.arange((cells + 1) ** 2).reshape(cells + 1, cells + 1)
    a, b = corner[:-1, :-1].reshape(-1), corner[:-1, 1:].reshape(-1)
    c, d = corner[1:, 1:].reshape(-1), corner[1:, :-1].reshape(-1)
    quads = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    faces, positions = [], []
    for axis in range(3):
        for side in (0.0, 1.0):
            at = np.insert(np.stack([u, v], 1), axis, side, axis=1)
            turn = (side == 1.0) ^ (axis == 1)
            faces.append((quads if turn else quads[:, ::-1]) + sum(map(len, positions)))
            positions.append(at)
    whole = np.concatenate(positions) * 10 + low
    return Mesh(whole, np.concatenate(faces), np.full(len(whole), feature))


def test_touching_features_stay_apart_and_none_vanishes() -> None:
    boxes = [bumpy_box(ORIGIN + np.array([10.0 * i, 0, 0]), 6, i) for i in range(4)]
    starts = np.cumsum([0, *(len(b.positions) for b in boxes)])
    mesh = Mesh(
        np.concatenate([b.positions for b in boxes]),
        np.concatenate([b.indices + at for b, at in zip(boxes, starts, strict=False)]),
        np.concatenate([b.feature for b in boxes]),
    )
    less, _ = simplify(mesh, 0.01)
    assert (less.feature[less.indices] == less.feature[less.indices[:, :1]]).all()
    for i in range(4):
        mine = less.indices[less.feature[less.indices[:, 0]] == i]
        assert len(mine) == 12  # a box again
        area = np.linalg.norm(face_normals(less.positions, mine), axis=1).sum() / 2
        assert area == pytest.approx(600, rel=1e-6)
        inside = less.positions[mine] - ORIGIN
        assert inside[..., 0].min() == pytest.approx(10 * i, abs=1e-6)
        assert inside[..., 0].max() == pytest.approx(10 * (i + 1), abs=1e-6)
    gone, _ = simplify(mesh, 1000.0)
    assert set(gone.feature[gone.indices[:, 0]].tolist()) == {0, 1, 2, 3}


def test_nothing_to_do_is_nothing_done() -> None:
    mesh = terrain(3, 1.0)
    assert simplify(mesh, 0.0) == (mesh, 0.0)
    none = Mesh(np.empty((0, 3)), np.empty((0, 3), np.int64), np.empty(0, np.int64))
    assert simplify(none, 1.0)[0] is none


def test_same_input_same_triangles() -> None:
    first, second = (simplify(terrain(20, 1.0), 0.2)[0] for _ in range(2))
    assert np.array_equal(first.indices, second.indices)
    assert np.array_equal(first.positions, second.positions)
