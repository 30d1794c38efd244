"""Polygons that lie on each other, and what is left open between those that should tile."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.geometry.coverage import gaps, outlined, overlaps, sound
from cimkit.geometry.local_plane import LocalPlane


def _shapes(*given: Any) -> Any:
    out = np.empty(len(given), object)
    out[:] = given
    return out


def test_what_a_projection_has_left_of_an_outline() -> None:
    tiny = [(2.0, 2.0)] * 4
    holed = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [tiny])
    given = _shapes(holed, shapely.Polygon(tiny), None, shapely.Point(1, 1))
    found = outlined(given)
    assert shapely.is_valid(found[[0, 1, 3]]).all()
    assert [g and (g.geom_type, g.area) for g in found] == [
        ("Polygon", 81.0),
        ("Point", 0.0),
        None,
        ("Point", 0.0),
    ]


def test_a_shared_strip_is_told_with_its_width_and_share() -> None:
    found = overlaps(_shapes(shapely.box(0, 0, 10, 10), shapely.box(9.5, 0, 20, 10)))
    assert list(zip(found.first, found.second, strict=True)) == [(0, 1)]
    assert found.area[0] == 5
    assert 0.4 < found.width[0] < 0.5
    assert found.share[0] == 0.05
    assert not found.same[0]


def test_neighbours_that_share_an_edge_do_not_overlap() -> None:
    assert not len(overlaps(_shapes(shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1))).first)


def test_what_is_narrower_than_asked_does_not_count() -> None:
    shapes = _shapes(shapely.box(0, 0, 10, 10), shapely.box(9.99, 0, 20, 10))
    assert len(overlaps(shapes).first) == 1
    assert not len(overlaps(shapes, width=0.02).first)


def test_the_same_outline_is_told_apart_from_one_inside_another() -> None:
    shapes = _shapes(
        shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10.005, 10), shapely.box(2, 2, 3, 3)
    )
    found = overlaps(shapes, width=0.02)
    said = {
        (int(a), int(b)): bool(s)
        for a, b, s in zip(found.first, found.second, found.same, strict=True)
    }
    assert said == {(0, 1): True, (0, 2): False, (1, 2): False}


def test_only_pairs_of_two_groups_where_asked() -> None:
    box = shapely.box(0, 0, 1, 1)
    found = overlaps(_shapes(box, box, box), apart=np.array([0, 0, 1]))
    assert list(zip(found.first, found.second, strict=True)) == [(0, 2), (1, 2)]


def test_a_bow_tie_is_mended_before_it_is_compared() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    mended = sound(_shapes(bow))
    assert shapely.is_valid(mended).all()
    assert shapely.area(mended)[0] == 2


def test_a_gap_between_tiles_is_found_and_a_street_is_not() -> None:
    tiles = _shapes(
        shapely.box(0, 0, 10, 10), shapely.box(10.2, 0, 20, 10), shapely.box(28, 0, 40, 10)
    )
    left, beside = gaps(tiles, widest=1.0)
    assert len(left) == 1
    assert abs(shapely.area(left[0]) - 2.0) < 1e-6
    assert beside.tolist() == [0]


def test_a_hole_between_four_tiles_is_a_gap_and_a_notch_in_one_is_none() -> None:
    around = _shapes(
        shapely.box(0, 0, 10, 5),
        shapely.box(0, 5, 4.8, 10),
        shapely.box(5, 5, 10, 10),
        shapely.box(0, 10, 10, 15),
    )
    left, _ = gaps(around, widest=1.0)
    assert len(left) == 1
    assert abs(left[0].area - 1.0) < 1e-6
    notched = shapely.box(0, 0, 10, 10) - shapely.box(4, 5, 4.5, 10)
    assert not len(gaps(_shapes(notched, shapely.box(10, 0, 20, 10)), widest=1.0)[0])


@settings(max_examples=30, deadline=None)
@given(st.floats(-170, 170), st.floats(-75, 75), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))
def test_the_plane_and_back(lon: float, lat: float, east: float, north: float) -> None:
    plane = LocalPlane(lon, lat)
    there = np.array([[lon + east, lat + north, 7.0]])
    assert np.abs(plane.from_plane(plane.to_plane(there)) - there).max() < 1e-9
