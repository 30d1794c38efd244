"""Coordinate systems and the way to CRS84."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from cimkit.errors import UsageError
from cimkit.geometry.crs import (
    crs_name,
    is_earth,
    is_geographic,
    metres_per_unit,
    parse_crs,
    to_crs84,
    valid_area,
)


@pytest.mark.parametrize(
    "text",
    [
        "EPSG:4544",
        "4544",
        "urn:ogc:def:crs:EPSG::4544",
        "urn:ogc:def:crs:EPSG:6.18:4544",
        "http://www.opengis.net/def/crs/EPSG/0/4544",
        "http://www.opengis.net/gml/srs/epsg.xml#4544",
        parse_crs("EPSG:4544").to_wkt("WKT1_GDAL"),
        parse_crs("EPSG:4544").to_wkt(),
    ],
)
def test_all_spellings_of_a_crs_are_one(text: str) -> None:
    assert crs_name(parse_crs(text)) == "EPSG:4544"


@pytest.mark.parametrize("code", [4490, 4544, 4545, 6677, 32648])
@pytest.mark.parametrize("version", ["WKT1_GDAL", "WKT1_ESRI", "WKT2_2019"])
def test_a_prj_file_is_recognised(code: int, version: str) -> None:
    assert crs_name(parse_crs(parse_crs(f"EPSG:{code}").to_wkt(version))) == f"EPSG:{code}"


def test_crs84_keeps_its_name() -> None:
    for text in ("CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"):
        assert crs_name(parse_crs(text)) == "OGC:CRS84"


def test_a_local_grid_has_no_number() -> None:
    local = parse_crs("+proj=tmerc +lon_0=106.5 +k=1 +x_0=50000 +y_0=-3200000 +ellps=GRS80")
    assert crs_name(local).startswith("PROJCRS")
    assert crs_name(parse_crs(crs_name(local))) == crs_name(local)


def test_an_unknown_crs_says_what_it_wants() -> None:
    with pytest.raises(UsageError, match="EPSG:n"):
        parse_crs("Chongqing local")


def test_mars_is_not_the_earth() -> None:
    mars = parse_crs("+proj=eqc +a=3396190 +b=3396190 +units=m")
    assert not is_earth(mars)
    assert is_earth(parse_crs("EPSG:4490"))


def test_units() -> None:
    assert metres_per_unit(parse_crs("EPSG:4544")) == 1.0
    assert metres_per_unit(parse_crs("EPSG:2263")) == pytest.approx(0.3048, rel=1e-5)
    assert metres_per_unit(parse_crs("EPSG:4326")) == pytest.approx(111_319.5, rel=1e-4)
    assert is_geographic(parse_crs("EPSG:4490"))
    assert not is_geographic(parse_crs("EPSG:4544"))


@cache  # slow to build
def _to_4544() -> Transformer:
    return Transformer.from_crs("OGC:CRS84", "EPSG:4544", always_xy=True)


@settings(deadline=None)  # the first transformer is slow to build
@given(st.lists(st.tuples(st.floats(105.0, 108.0), st.floats(20.0, 40.0)), min_size=1, max_size=20))
def test_there_and_back_is_where_it_was(points: list[tuple[float, float]]) -> None:
    crs = parse_crs("EPSG:4544")
    xy = np.column_stack(_to_4544().transform(*np.array(points).T))
    back = to_crs84(xy, crs)
    assert np.abs(back - np.array(points)).max() < 1e-9


def test_x_comes_first_whatever_the_axes_are() -> None:
    assert to_crs84(np.array([[106.5, 29.5]]), parse_crs("EPSG:4490")) == pytest.approx(
        np.array([[106.5, 29.5]])
    )


def test_what_has_no_place_is_nan() -> None:
    moved = to_crs84(np.array([[1e12, 1e12], [500_000.0, 3_270_000.0]]), parse_crs("EPSG:4544"))
    assert np.isnan(moved[0]).all()
    assert np.isfinite(moved[1]).all()
    assert to_crs84(np.empty((0, 2)), parse_crs("EPSG:4544")).shape == (0, 2)


def test_the_height_part_of_a_compound_crs_is_left_out() -> None:
    moved = to_crs84(np.array([[138.0, 36.0]]), parse_crs("EPSG:6697"))
    assert moved == pytest.approx(np.array([[138.0, 36.0]]), abs=1e-5)


def test_valid_area() -> None:
    area = valid_area(parse_crs("EPSG:4544"))
    assert area is not None
    assert area[0] < 105.0 < area[2]
