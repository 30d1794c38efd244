"""Surfaces divided until they can follow the ground."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.geometry.frames import geodetic
from cimkit.tiles import flatten
from cimkit.tiles.divided import divided


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.sampled_from([30.0, 111.0, 700.0]))
def test_the_surface_stays_and_no_edge_is_long_nor_open(seed: int, most: float) -> None:
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
    xy = np.stack([106.5 + 0.006 * np.cos(angle), 29.5 + 0.006 * np.sin(angle)], axis=1)
    fan = np.stack([np.zeros(7, np.int64), np.arange(1, 8), np.arange(2, 9)], axis=1)
    out, indices, origin = divided(xy, fan, np.full(9, most))
    assert np.array_equal(out[:9], xy)
    assert len(origin) == len(out)

    def area(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
        a, b, c = (points[faces[:, i]] - xy[0] for i in range(3))
        ab, ac = b - a, c - a
        return ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]

    assert (area(out, indices) > -1e-18).all()
    assert np.isclose(area(out, indices).sum(), area(xy, fan).sum(), rtol=1e-9)
    edges = np.concatenate([indices[:, [0, 1]], indices[:, [1, 2]], indices[:, [2, 0]]])
    apart = out[edges[:, 0]] - out[edges[:, 1]]
    apart[:, 0] *= np.cos(np.radians(29.5))
    assert np.linalg.norm(apart, axis=1).max() * 111_320 < most * 1.001
    # Open edges are those of the outline: nothing gapes inside.
    _, count = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)
    _, before = np.unique(
        np.sort(np.concatenate([fan[:, [0, 1]], fan[:, [1, 2]], fan[:, [2, 0]]]), axis=1),
        axis=0, return_counts=True,
    )  # fmt: skip
    assert count.max() == 2
    assert (count == 1).sum() >= (before == 1).sum()


def test_a_wide_surface_bends_with_the_earth_and_a_small_one_with_the_ground() -> None:
    areas = np.array([shapely.box(10, 50, 12, 51), shapely.box(106.5, 29.5, 106.501, 29.501)])

    def ground(xy: np.ndarray, row: np.ndarray) -> np.ndarray:
        return np.where(row == 1, 200 + (xy[:, 0] - 106.5) * 1e4, np.nan)

    mesh = flatten(areas, np.array([5.0, 7.0]), np.array([5000.0, 10.0]), ground)
    middle = geodetic(mesh.positions[mesh.indices].mean(axis=1))
    own = mesh.feature[mesh.indices[:, 0]]
    # A chord of 5 km lies 0.5 m under the earth's surface at most.
    assert np.abs(middle[own == 0, 2] - 5).max() < 0.6
    small = middle[own == 1]
    assert np.abs(small[:, 2] - 200 - (small[:, 0] - 106.5) * 1e4).max() < 0.01
    assert len(flatten(areas[:0], np.empty(0), np.empty(0), ground).positions) == 0
