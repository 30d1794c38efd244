"""Areas whose rings cross themselves."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from cimkit.geometry.validity import made_valid

_ZIGZAG = np.column_stack([np.arange(20_000), np.where(np.arange(20_000) % 2, 1.0, -1.0)])
_BRAID = shapely.Polygon(np.concatenate([_ZIGZAG, (_ZIGZAG * [1, -1])[::-1]]))
_CHANCE = shapely.Polygon(np.random.default_rng(1).random((2_000, 2)))
_BOW = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        (shapely.box(0, 0, 1, 1), 1.0),
        (_BOW, 2.0),
        (_BRAID, 19_999.0),
        (_CHANCE, _CHANCE.convex_hull.area),
        # What is whole beside it stays as it is.
        (shapely.MultiPolygon([_CHANCE, shapely.box(5, 5, 6, 6)]), _CHANCE.convex_hull.area + 1),
        (shapely.GeometryCollection([shapely.Point(9, 9), _BOW]), 2.0),
    ],
)
def test_any_ring_gives_a_valid_area_in_time(shape: shapely.Geometry, area: float) -> None:
    found = made_valid(shape)
    assert found.is_valid
    assert found.area == pytest.approx(area, rel=1e-3)


def test_what_is_valid_or_missing_in_an_array_is_left() -> None:
    given = np.array([shapely.box(0, 0, 1, 1), None, _BOW], object)
    found = made_valid(given)
    assert found[0] is given[0]
    assert found[1] is None
    assert (found[2].area, given[2]) == (2.0, _BOW)
