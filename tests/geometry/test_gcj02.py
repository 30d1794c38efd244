"""The displacement of Chinese web maps, done and undone."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.errors import UsageError
from cimkit.geometry.bd09mc import bd09mc_to_wgs84, wgs84_to_bd09mc
from cimkit.geometry.crs import (
    crs_name,
    from_crs84,
    is_geographic,
    parse_crs,
    to_crs84,
    transformer,
)
from cimkit.geometry.gcj02 import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from cimkit.geometry.vector import measures

LIMIT = 1e-9  # degrees, 0.1 mm
PLACES = st.lists(st.tuples(st.floats(73.0, 136.0), st.floats(2.0, 54.0)), min_size=1, max_size=50)
ABROAD = st.one_of(
    st.tuples(st.floats(-180.0, 72.0), st.floats(-90.0, 90.0)),
    st.tuples(st.floats(137.9, 180.0), st.floats(-90.0, 90.0)),
    st.tuples(st.floats(-180.0, 180.0), st.floats(-90.0, 0.8)),
    st.tuples(st.floats(-180.0, 180.0), st.floats(55.9, 90.0)),
)


@settings(deadline=None)
@given(PLACES)
def test_undone_it_is_where_it_was(places: list[tuple[float, float]]) -> None:
    true = np.array(places)
    assert np.abs(gcj02_to_wgs84(wgs84_to_gcj02(true)) - true).max() < LIMIT
    assert np.abs(bd09_to_wgs84(wgs84_to_bd09(true)) - true).max() < LIMIT


@settings(deadline=None)
@given(PLACES)
def test_metres_of_baidu_and_back(places: list[tuple[float, float]]) -> None:
    true = np.array(places)
    metres = wgs84_to_bd09mc(true)
    assert np.abs(bd09mc_to_wgs84(metres) - true).max() < LIMIT
    back = wgs84_to_bd09mc(bd09mc_to_wgs84(metres + 1.0))
    assert np.abs(back - metres - 1.0).max() < 0.01


@pytest.mark.parametrize("text", ["BD-09 MC", "bd09mc", "百度墨卡托", "BD09-Mercator"])
def test_metres_of_baidu_are_declared_by_name(text: str) -> None:
    crs = parse_crs(text)
    assert parse_crs(crs_name(crs)) == crs
    # Tiananmen in Baidu's metres and degrees, as its own converter gives them.
    there = to_crs84(np.array([[12_958_173.0, 4_825_923.0]]), crs)
    degrees = wgs84_to_bd09(there)
    assert degrees[0] == pytest.approx([12_958_173.0 * 8.98305509e-6, 39.9135], abs=2e-3)
    square = np.array([shapely.box(12_958_173, 4_825_923, 12_958_183, 4_825_933)], dtype=object)
    assert 50 < measures(square, crs)[0][0] < 65  # cos² of 39.9°


@settings(deadline=None)
@given(PLACES)
def test_it_is_a_displacement_of_some_hundred_metres(places: list[tuple[float, float]]) -> None:
    true = np.array(places)
    for forward, most in ((wgs84_to_gcj02, 2000.0), (wgs84_to_bd09, 3500.0)):
        metres = (forward(true) - true) * [111_320.0 * np.cos(np.radians(true[:, 1]))[0], 111_320.0]
        assert np.hypot(*metres.T).max() < most


@given(st.lists(ABROAD, min_size=1, max_size=20))
def test_outside_china_nothing_changes(places: list[tuple[float, float]]) -> None:
    true = np.array(places)
    for change in (wgs84_to_gcj02, gcj02_to_wgs84, wgs84_to_bd09, bd09_to_wgs84):
        assert (change(true) == true).all()


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        # The examples that EvilTransform's tests have for Shanghai, Shenzhen and Beijing.
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_the_examples_of_its_source(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert wgs84_to_gcj02(np.array([wgs84]))[0] == pytest.approx(gcj02, abs=1e-6)
    assert gcj02_to_wgs84(np.array([gcj02]))[0] == pytest.approx(wgs84, abs=1e-6)


def test_the_input_is_left_as_it_is() -> None:
    true = np.array([[106.5, 29.5]])
    gcj02_to_wgs84(true)
    assert (true == [[106.5, 29.5]]).all()
    assert gcj02_to_wgs84(np.empty((0, 2))).shape == (0, 2)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("GCJ-02", "GCJ-02"),
        ("gcj02", "GCJ-02"),
        ("火星坐标系", "GCJ-02"),
        ("国测局坐标", "GCJ-02"),
        ("高德坐标系", "GCJ-02"),
        ("BD-09", "BD-09"),
        ("bd09ll", "BD-09"),
        ("百度坐标系", "BD-09"),
    ],
)
def test_they_are_declared_by_name(text: str, name: str) -> None:
    crs = parse_crs(text)
    assert crs_name(crs) == name
    assert parse_crs(crs_name(crs)) == crs
    assert is_geographic(crs)
    assert crs.to_epsg() is None  # it is not WGS 84, though its numbers are degrees
    assert crs != parse_crs("EPSG:4326")
    true = np.array([[106.55, 29.56], [4.36, 52.01]])
    forward = wgs84_to_gcj02 if name == "GCJ-02" else wgs84_to_bd09
    assert np.abs(to_crs84(forward(true), crs) - true).max() < LIMIT
    assert np.abs(from_crs84(true, crs) - forward(true)).max() < LIMIT


def test_proj_alone_does_not_undo_it() -> None:
    with pytest.raises(UsageError, match="GCJ-02"):
        transformer(parse_crs("GCJ-02"))
    with pytest.raises(UsageError, match="GCJ-02"):
        parse_crs("GCJ-02").to_wkt()
