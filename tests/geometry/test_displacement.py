"""Coordinates that were said to be in another system: another source of the same things tells."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from cimkit.geometry.crs import from_crs84, parse_crs, to_crs84
from cimkit.geometry.displacement import displaced_against, moved_to, taken_for

Reals = npt.NDArray[np.float64]
CITIES = {"chongqing": (106.55, 29.56), "tokyo": (139.7, 35.68), "turin": (7.68, 45.07)}


def houses(city: str, count: int = 60, seed: int = 3) -> Reals:
    """Give places of houses in about a kilometre."""
    return np.array(CITIES[city]) + np.random.default_rng(seed).uniform(-0.006, 0.006, (count, 2))


@pytest.mark.parametrize(
    ("city", "said", "true", "least", "most"),
    [
        ("chongqing", "EPSG:4490", "GCJ-02", 300, 700),
        ("chongqing", "OGC:CRS84", "BD-09", 500, 2000),
        ("chongqing", "EPSG:4544", "EPSG:4545", 250_000, 300_000),
        ("tokyo", "EPSG:6677", "EPSG:30169", 400, 500),
        ("tokyo", "EPSG:6668", "EPSG:4301", 400, 500),
        ("turin", "EPSG:25832", "EPSG:23032", 100, 250),
        ("turin", "EPSG:32632", "EPSG:32633", 400_000, 550_000),
    ],
)
def test_it_is_told_by_another_source(
    city: str, said: str, true: str, least: float, most: float
) -> None:
    there = houses(city)
    surveyed = there + np.random.default_rng(5).normal(0, 5e-6, there.shape)  # half a metre
    delivered = to_crs84(from_crs84(surveyed[10:], parse_crs(true)), parse_crs(said))
    found = displaced_against(delivered, said, there)
    assert found is not None
    assert found.crs == true
    assert (found.share, found.share_now < 0.2) == (1.0, True)
    assert least < found.metres < most
    assert found.residual_m < 1.5
    assert moved_to(delivered, said, found.crs) == pytest.approx(surveyed[10:], abs=1e-7)
    assert displaced_against(surveyed, said, there) is None  # right as it is


@pytest.mark.parametrize("city", CITIES)
def test_chance_is_no_evidence(city: str) -> None:
    for seed in range(4):
        for said in ("EPSG:4490", "EPSG:4326", "EPSG:6668", "EPSG:32632"):
            assert displaced_against(houses(city), said, houses(city, 3000, seed + 10)) is None
    assert displaced_against(houses(city, 5), "EPSG:4490", houses(city, 5)) is None
    lost = np.repeat(to_crs84(np.zeros((1, 2)), parse_crs("EPSG:32632")), 30, axis=0)
    here, there = (np.vstack([lost, houses(city, 60, seed)]) for seed in (3, 8))
    assert displaced_against(here, "EPSG:32632", there) is None
    shifted = houses(city) + 0.001  # by what no known mistake shifts
    assert displaced_against(shifted, "EPSG:4490", houses(city)) is None
    assert not [*taken_for("GCJ-02"), *taken_for("local:city")]
