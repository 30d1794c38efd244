from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.geometry.frames import ecef
from cimkit.tiles.deviation import deviations, distances
from cimkit.tiles.mesh import Mesh
from cimkit.tiles.tree import Branch, cells, cut, grow


def branches(branch: Branch) -> list[Branch]:
    return [branch, *(b for child in branch.children for b in branches(child))]


@given(
    seed=st.integers(0, 10_000), count=st.integers(1, 200), wide=st.sampled_from([1e-6, 1e-3, 1])
)
@settings(max_examples=30, deadline=None)
def test_each_feature_is_in_one_tile_and_errors_fall(seed: int, count: int, wide: float) -> None:
    rng = np.random.default_rng(seed)
    at = np.array([106.5, 29.5]) + rng.random((count, 2)) * wide
    size, weight = rng.uniform(1, 100, count), rng.uniform(1, 40, count)
    tree = grow(ecef(at[:, 0], at[:, 1], np.zeros(count)), size, weight, cap=100)
    found = branches(tree)
    assert sorted(np.concatenate([b.rows for b in found]).tolist()) == list(range(count))
    assert len({b.cell for b in found}) == len(found)
    for branch in found:
        for child in branch.children:
            assert child.error <= branch.error
            assert sorted(child.area.tolist()) == sorted(set(child.area.tolist()))
        if branch.children and len(branch.rows):
            assert weight[branch.rows].sum() <= 100 or len(branch.rows) == 1
            assert branch.error == size[branch.below].max()
            assert size[branch.rows].min() >= branch.error


@pytest.mark.parametrize("lat", [-90.0, -45.0, 0.0, 89.99999, 90.0])
def test_the_poles_and_the_antimeridian_have_cells(lat: float) -> None:
    lon = np.array([-180.0, -179.9999, 0.0, 179.9999, 180.0])
    code = cells(ecef(lon, np.full(5, lat), np.zeros(5)))
    assert (code >= 0).all()
    assert (code < 1 << 52).all()
    tree = grow(ecef(lon, np.full(5, lat), np.zeros(5)), np.ones(5), np.ones(5), cap=2)
    assert sum(len(b.rows) for b in branches(tree)) == 5


def test_parts_are_cells_below_the_cap() -> None:
    rng = np.random.default_rng(1)
    at = np.array([106.5, 29.5]) + rng.random((300, 2)) * 0.01
    code = cells(ecef(at[:, 0], at[:, 1], np.zeros(300)))
    rows = np.sort(rng.choice(300, 200, replace=False))
    weight = rng.uniform(1, 10, 200)
    parts = list(cut(code, rows, weight, 60.0))
    assert sorted(np.concatenate([p for _, p in parts]).tolist()) == rows.tolist()
    assert len({name for name, _ in parts}) == len(parts) > 10
    for _, part in parts:
        assert weight[np.searchsorted(rows, part)].sum() <= 60


@pytest.mark.parametrize(
    ("point", "metres"),
    [
        ((0.2, 0.2, 3), 3),
        ((-3, -4, 0), 5),
        ((0.5, -2, 0), 2),
        ((2, 0, 0), 1),
        ((1, 1, 0), 0.5**0.5),
    ],
)
def test_distance_to_a_triangle(point: tuple[float, float, float], metres: float) -> None:
    corner = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    face = Mesh(corner, np.array([[0, 1, 2]]), np.zeros(3, np.int64))
    spot = Mesh(
        np.tile(np.array(point, float), (3, 1)), np.array([[0, 1, 2]]), np.zeros(3, np.int64)
    )
    far = max(metres, *np.linalg.norm(corner - point, axis=1))
    found = deviations(spot, face, 2)
    assert found.tolist() == pytest.approx([far, 0.0])
    one = distances(np.array([point], float), np.zeros(1, np.int64), face, 1)
    assert one.tolist() == pytest.approx([metres])
