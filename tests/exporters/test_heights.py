"""From the heights of the sources to the ellipsoid, against values that share no code with it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pyproj
import pytest

from cimkit.errors import UsageError
from cimkit.exporters.three_d_tiles.heights import Heights, to_earth
from cimkit.geometry.geoid import read_geoid

EARTH = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
TOKYO = np.array([139.7670, 35.6810])


def earth_by_pyproj(crs: str, xyz: np.ndarray, undulation: float) -> np.ndarray:
    """The way of the textbook: the horizontal CRS to degrees, the height by hand, then 4978."""
    flat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    lon, lat = flat.transform(xyz[:, 0], xyz[:, 1])
    return np.column_stack(EARTH.transform(lon, lat, xyz[:, 2] + undulation))


@pytest.mark.parametrize(
    ("crs", "at"),
    [
        ("EPSG:4544", (645_300.0, 3_272_800.0, 236.5)),
        ("EPSG:28992", (155_000.0, 463_000.0, 12.0)),
        ("EPSG:25832", (691_000.0, 5_334_000.0, 520.0)),
        ("EPSG:6697", (139.7670, 35.6810, 3.2)),
    ],
)
def test_earth_agrees_with_pyproj_to_a_tenth_of_a_millimetre(
    crs: str, at: tuple[float, ...]
) -> None:
    step = 1e-5 if crs == "EPSG:6697" else 1.0
    xyz = np.array(at) + np.random.default_rng(1).uniform(-500, 500, (200, 3)) * [step, step, 0.1]
    heights = Heights(41.5)
    horizontal = "EPSG:6668" if crs == "EPSG:6697" else crs
    expected = earth_by_pyproj(horizontal, xyz, 41.5)
    found = to_earth(xyz, crs, heights, None)
    assert np.linalg.norm(found - expected, axis=1).max() < 1e-4


def test_japan_by_its_own_geoid() -> None:
    import japan_geoid

    independent = japan_geoid.load_embedded_gsigeo2011().get_height(*TOKYO)
    xyz = np.array([[*TOKYO, 3.2]])
    found = to_earth(xyz, "EPSG:6697", Heights(read_geoid("gsigeo2011")), "EPSG:6695")
    expected = np.column_stack(EARTH.transform(*TOKYO, 3.2 + independent))
    assert np.linalg.norm(found - expected) < 1e-3


def test_each_height_by_its_own_datum() -> None:
    heights = Heights(-35.0)
    datum = np.array(["EPSG:4979", "EPSG:5737", None, "local"], object)
    xy = np.tile([106.5, 29.5], (4, 1))
    assert heights.ellipsoidal(xy, np.full(4, 200.0), datum).tolist() == [200, 165, 165, 200]
    assert heights.own_zero == 1
    assert any("zero of their own" in note for note in heights.notes())
    assert heights.ellipsoidal(xy, np.full(4, 200.0), "EPSG:4979").tolist() == [200] * 4
    assert heights.ellipsoidal(xy, np.full(4, 200.0), None).tolist() == [165] * 4


def test_places_outside_of_the_model_are_told() -> None:
    heights = Heights(read_geoid("gsigeo2011"))
    xy = np.array([TOKYO, [106.5, 29.5]])
    found = heights.ellipsoidal(xy, np.array([3.0, 200.0]), None)
    assert found[0] == pytest.approx(39.66, abs=0.01)
    assert found[1] == 200.0
    assert any("1 heights lie outside" in note for note in heights.notes())


def test_without_a_geoid_nothing_is_shifted_and_it_is_said() -> None:
    heights = Heights(None)
    assert heights.ellipsoidal(TOKYO[None], np.array([3.0]), "EPSG:6695").tolist() == [3.0]
    assert "not shifted" in heights.label
    assert any("not shifted" in note for note in heights.notes())


def test_two_ways_at_once_are_refused(city: Any) -> None:
    both = dataclasses.replace(
        city, config=dataclasses.replace(city.config, undulation_m=-35.0, geoid="gsigeo2011")
    )
    with pytest.raises(UsageError, match="both a geoid and one undulation"):
        Heights.of(both)
    one = dataclasses.replace(city, config=dataclasses.replace(city.config, geoid="gsigeo2011"))
    assert "GSIGEO2011" in Heights.of(one).label
