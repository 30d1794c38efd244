"""What the way to WGS 84 does not know is told with its size."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyproj import Transformer, network

from cimkit.geometry.accuracy import way_to_crs84
from cimkit.geometry.crs import parse_crs
from cimkit.loaders._placing import place
from cimkit.model import Problem, Source

SOURCE = Source("a.shp", Path("a.shp"))
CHONGQING, TOKYO, LONDON, KANSAS = (106.5, 29.5), (139.7, 35.7), (-0.1, 51.5), (-98.0, 38.5)


def problems(crs: str, spot: tuple[float, float]) -> tuple[Problem, ...]:
    move = Transformer.from_crs("OGC:CRS84", parse_crs(crs), always_xy=True)
    x, y = move.transform(*spot)
    return place("", crs, "declared", (x, y, x + 0.001, y + 0.001), SOURCE).problems


@pytest.mark.parametrize("crs", ["EPSG:2381", "EPSG:2433", "EPSG:4610", "EPSG:4214"])
def test_old_chinese_datums_are_not_taken_for_wgs84_in_silence(crs: str) -> None:
    (problem,) = problems(crs, CHONGQING)
    assert (problem.code, problem.severity) == ("datum-shift-unknown", "warning")
    assert "100 m" in problem.message
    assert "towgs84" in problem.hint


def test_with_its_parameters_it_is_known() -> None:
    told = "+proj=tmerc +lon_0=108 +x_0=500000 +a=6378140 +rf=298.257 +towgs84=20,30,40,0,0,0,0"
    assert problems(told, CHONGQING) == ()


@pytest.mark.parametrize(
    ("crs", "spot"),
    [
        ("EPSG:4545", CHONGQING),
        ("EPSG:4490", CHONGQING),
        ("EPSG:32648", CHONGQING),
        ("EPSG:6677", TOKYO),
        ("EPSG:2451", TOKYO),
        ("EPSG:25832", (9.0, 51.0)),
        ("EPSG:28992", (4.36, 52.01)),
    ],
)
def test_what_is_as_good_as_wgs84_needs_no_word(crs: str, spot: tuple[float, float]) -> None:
    assert problems(crs, spot) == ()


@pytest.mark.parametrize(
    ("crs", "spot", "grid"),
    [
        ("EPSG:30169", TOKYO, ""),
        ("EPSG:27700", LONDON, "OSTN15"),
        ("EPSG:4267", KANSAS, "us_noaa"),
        ("EPSG:31467", (9.0, 51.0), "BETA2007"),
    ],
)
def test_the_accuracy_of_the_operation_is_told(
    crs: str, spot: tuple[float, float], grid: str
) -> None:
    (problem,) = problems(crs, spot)
    assert (problem.code, problem.severity) == ("datum-shift-inaccurate", "info")
    assert float(problem.got.removesuffix(" m")) > 1
    assert grid in problem.hint


def test_no_grid_is_fetched() -> None:
    assert not network.is_network_enabled()
    way = way_to_crs84(parse_crs("EPSG:27700"), (-0.2, 51.4, 0.0, 51.6))
    assert way is not None
    assert way.missing_grid is not None
