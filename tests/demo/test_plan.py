from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.demo import tables
from cimkit.demo.frame import (
    EAST,
    JURISDICTION,
    LOCAL_GRID,
    WEST,
    is_west,
    project,
    projected,
    similarity,
    unproject,
)
from cimkit.demo.plan import plan
from cimkit.errors import UsageError

metres = st.floats(-5500, 5500)


@settings(deadline=None)
@given(metres, metres, st.sampled_from([WEST, EAST, LOCAL_GRID]))
def test_positions_come_back_from_each_delivered_crs(u: float, v: float, crs: str) -> None:
    there = project(np.array([[u, v]]), crs)
    np.testing.assert_allclose(unproject(there, crs), [[u, v]], atol=1e-6)


@pytest.mark.parametrize("crs", [WEST, EAST, LOCAL_GRID])
def test_all_crs_mean_one_place(crs: str) -> None:
    at = np.random.default_rng(1).uniform(-5500, 5500, (500, 2))
    way = pyproj.Transformer.from_crs(crs, "OGC:CRS84", always_xy=True)
    there = np.column_stack(way.transform(*project(at, crs).T))
    np.testing.assert_allclose(there, project(at, "OGC:CRS84"), atol=1e-9)


@settings(deadline=None)
@given(metres, metres)
def test_a_model_stands_on_its_footprint_to_the_millimetre(u: float, v: float) -> None:
    for crs in (WEST, EAST):
        east, north, cosine, sine, scale = similarity((u, v), crs)
        x, y = 60.0, 40.0
        stands = (
            east + scale * (x * cosine - y * sine),
            north + scale * (x * sine + y * cosine),
        )
        np.testing.assert_allclose(project(np.array([[u + x, v + y]]), crs)[0], stands, atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(20, 2500), st.integers(0, 2**32))
def test_a_district_has_exactly_the_buildings_asked_for(count: int, seed: int) -> None:
    b = plan(count, seed).buildings
    assert len(b) == count
    assert shapely.is_valid(b.outline).all()
    assert shapely.is_ccw(shapely.get_exterior_ring(b.outline)).all()
    assert (b.height > 2).all()
    # No building stands in another one.
    one, other = shapely.STRtree(b.outline).query(b.outline, predicate="intersects")
    assert (one == other).all()


@pytest.mark.parametrize("buildings", [20, 60, 1000])
def test_everything_stays_in_the_city_and_off_the_houses(buildings: int) -> None:
    district = plan(buildings, 1)
    west, south, east, north = JURISDICTION
    houses = shapely.STRtree(district.buildings.outline)
    things = [tables.trees(district), *(tables.furniture(district, k) for k in tables.KINDS)]
    for table in [*things, tables.roads(district), tables.pipes(district)]:
        lon, lat = shapely.get_coordinates(projected(table.geometry, "OGC:CRS84")).T
        assert (lon > west).all()
        assert (lon < east).all()
        assert (lat > south).all()
        assert (lat < north).all()
    for table in things:
        assert len(houses.query(table.geometry, predicate="intersects")[0]) == 0


def test_no_two_things_stand_in_one_place() -> None:
    district = plan(200, 1)
    at = np.vstack(
        [
            shapely.get_coordinates(t.geometry)
            for t in (
                tables.trees(district),
                *(tables.furniture(district, k) for k in tables.KINDS),
            )
        ]
    )
    tree = shapely.STRtree(np.asarray(shapely.points(at)))
    one, other = tree.query(tree.geometries, predicate="dwithin", distance=0.25)
    assert (one == other).all()


def test_codes_are_sixteen_digits_and_given_once() -> None:
    district = plan(300, 1)
    codes = np.concatenate([tables.furniture(district, k).fields["ObjID"] for k in tables.KINDS])
    codes = np.concatenate([codes, tables.trees(district).fields["ObjID"]])
    assert len(np.unique(codes)) == len(codes)
    assert {len(c) for c in codes} == {16}
    assert {c[:6] for c in codes} == {tables.DIVISION}


def test_the_zones_share_the_district() -> None:
    district = plan(400, 1)
    share = district.buildings.west.mean()
    assert 0.4 < share < 0.6
    assert is_west(np.array([[-100.0, 0.0], [100.0, 0.0]])).tolist() == [True, False]


def test_the_whole_city_has_room_for_170_000_buildings() -> None:
    district = plan(170_000, 1)
    assert len(district.buildings) == 170_000
    lon, lat = project(shapely.get_coordinates(district.buildings.outline), "OGC:CRS84").T
    west, south, east, north = JURISDICTION
    assert west < lon.min() < 106.45
    assert 106.55 < lon.max() < east
    assert south < lat.min()
    assert lat.max() < north


def test_heights_follow_the_ground() -> None:
    district = plan(50, 2)
    b = district.buildings
    for row in range(len(b)):
        ground = district.terrain.height(shapely.get_coordinates(b.outline[row]))
        assert abs(ground.min() - b.base_z[row]) <= 0.006


@pytest.mark.parametrize("wrong", [0, 19, 10**7])
def test_a_size_that_cannot_be_is_refused(wrong: int) -> None:
    with pytest.raises(UsageError, match="20 to"):
        plan(wrong, 1)
