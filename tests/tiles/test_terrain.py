from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.tiles.terrain_grid import Cell, Tiling
from cimkit.tiles.terrain_mesh import deviation, skirt_depth, triangulated


def hills(size: int, seed: int, noise: float = 0.0) -> np.ndarray:
    y, x = np.mgrid[0 : size + 1, 0 : size + 1].astype(float)
    chance = np.random.default_rng(seed)
    a, b = chance.uniform(4, 30, 2)
    return 5 * np.sin(x / a) * np.cos(y / b) + noise * chance.normal(size=x.shape)


def areas(surface: object) -> np.ndarray:
    x, y = (getattr(surface, n)[getattr(surface, "indices")] for n in ("column", "row"))  # noqa: B009
    return (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])


@settings(max_examples=25, deadline=None)
@given(st.integers(4, 40), st.integers(0, 99), st.sampled_from([0.0, 0.1, 2.0]))
def test_triangles_cover_the_tile_once_and_keep_its_border(
    size: int, seed: int, noise: float
) -> None:
    heights = hills(size, seed, noise)
    surface = triangulated(heights, 1, (1.0, 1.0), 0.2)
    assert surface is not None
    found = areas(surface)
    assert (found > 0).all()
    assert found.sum() == 2 * size * size
    drawn = set(zip(surface.column.tolist(), surface.row.tolist(), strict=True))
    for k in range(size + 1):
        assert {(k, 0), (k, size), (0, k), (size, k)} <= drawn


def test_the_error_is_that_of_the_worst_post() -> None:
    heights = np.zeros((9, 9))
    heights[3, 5] = 7.0  # between the posts that may be used
    surface = triangulated(heights, 4, (1.0, 1.0), 0.1)
    assert surface is not None
    assert surface.error == pytest.approx(7.0)
    assert deviation(heights, 4) == pytest.approx(7.0)


def test_a_hole_has_no_triangles() -> None:
    heights = hills(20, 1)
    heights[8:12, 5:9] = np.nan
    surface = triangulated(heights, 1, (1.0, 1.0), 0.1)
    assert surface is not None
    assert np.isfinite(heights[surface.row, surface.column]).all()
    # 5 by 5 squares touch the hole; of the four at its corners half is there.
    assert areas(surface).sum() / 2 == 400 - 25 + 4 * 0.5
    assert triangulated(np.full((5, 5), np.nan), 1, (1.0, 1.0), 0.1) is None


def test_skirts_reach_the_border_of_a_coarser_neighbour() -> None:
    heights = np.zeros((17, 17))
    heights[0, 5] = 3.0
    assert skirt_depth(heights, 1) == pytest.approx(3.0)
    heights[0, 5], heights[9, 9] = 0.0, 50.0  # inside: no concern of the border
    assert skirt_depth(heights, 1) == 0.0


@settings(max_examples=50, deadline=None)
@given(st.floats(0.05, 2000), st.floats(-80, 80))
def test_posts_of_a_level_are_posts_of_the_next(resolution: float, latitude: float) -> None:
    tiling = Tiling.of(resolution, latitude)
    assert tiling.spacing(tiling.finest) <= resolution * 1.001
    assert tiling.level_of(resolution) == tiling.finest
    for level in range(max(tiling.finest - 3, 0), tiling.finest + 8):
        stride = tiling.stride(level, level + 1)
        assert stride in (1, 2)
        fine, coarse = tiling.spaces(level + 1), tiling.spaces(level)
        assert fine[1] * 2 == coarse[1] * stride
        index = np.array([3, 17])
        west = tiling.longitude(level, index)
        if fine[0] * 2 == coarse[0] * stride:
            assert np.abs(tiling.longitude(level + 1, index * stride) - west).max() < 1e-12


def test_cells_are_quartered() -> None:
    cell = Cell(3, 5, 2)
    west, south, east, north = cell.box
    boxes = np.array([child.box for child in cell.children])
    assert (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)) == (west, south, east, north)
    assert {child.width for child in cell.children} == {cell.width / 2}
