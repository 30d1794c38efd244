"""Elevation models with planted faults: all of them are found, where they are, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from cimkit.checks import Verdict
from tests.checks.surveys.made import checked, dem, failures, statuses

RULES = ("heights", "spikes", "voids", "void-share", "edges", "tiles", "mosaic", "layout")


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """Three by three tiles; (1, 1) is missing, those at the corners but (2, 2) are sound."""
    folder = tmp_path_factory.mktemp("dem")
    dem(folder / "dem_0_0.tif", 0, 0)
    dem(folder / "dem_1_0.tif", 1, 0, spike=400.0)
    dem(folder / "dem_2_0.tif", 2, 0)
    dem(folder / "dem_0_1.tif", 0, 1, hole=True)
    dem(folder / "dem_2_1.tif", 2, 1, dtype="float64")
    dem(folder / "dem_0_2.tif", 0, 2)
    dem(folder / "dem_1_2.tif", 1, 2, shift=0.5)
    dem(folder / "dem_2_2.tif", 2, 2, higher=1.5)
    return checked(folder)


def test_a_spike_is_found_where_it_is(verdict: Verdict) -> None:
    (found,) = failures(verdict, "raster-spikes")
    assert found["path"] == "dem_1_0.tif"
    assert float(found["measured"].split()[0]) == pytest.approx(400, abs=1)
    assert found["x"] is not None


def test_a_hole_is_found_with_its_outline(verdict: Verdict) -> None:
    (found,) = failures(verdict, "raster-voids")
    assert found["path"] == "dem_0_1.tif"
    assert found["measured"] == "16,384 m²"
    assert shapely.from_wkb(found["geometry"]).contains(shapely.Point(found["x"], found["y"]))


def test_a_step_between_tiles_is_found_at_their_border(verdict: Verdict) -> None:
    (found,) = [
        f for f in failures(verdict, "raster-edges") if "dem_1_2" not in f["path"] + f["details"]
    ]
    assert "dem_2_2.tif" in (found["path"], *found["details"].split('"'))
    assert abs(float(found["measured"].split()[0])) == pytest.approx(1.5, abs=0.05)


def test_shifted_pixels_and_a_missing_tile_are_found(verdict: Verdict) -> None:
    found = failures(verdict, "raster-mosaic")
    (shifted,) = [f for f in found if f["reason"] == "mosaic-shift"]
    assert shifted["path"] == "dem_1_2.tif"
    assert shifted["measured"] == "0.25"
    gaps = [shapely.from_wkb(f["geometry"]) for f in found if f["reason"] == "mosaic-gap"]
    # The tile in the middle is missing, and the shifted one leaves a slit of half a metre.
    (missing,) = gaps
    width = missing.bounds[2] - missing.bounds[0]
    assert width == pytest.approx(256 / 111_320 / 0.8698, rel=0.02)
    metres = missing.area * 111_320**2 * 0.8698
    assert metres == pytest.approx(256 * 256.5, rel=0.02)
    assert {f["reason"] for f in found} == {"mosaic-shift", "mosaic-gap"}


def test_a_tile_of_another_make_is_found(verdict: Verdict) -> None:
    (found,) = failures(verdict, "raster-tiles")
    assert (found["path"], found["measured"], found["expected"]) == (
        "dem_2_1.tif",
        "float64",
        "float32",
    )


@pytest.mark.parametrize("name", RULES)
def test_sound_tiles_raise_no_alarm(verdict: Verdict, name: str) -> None:
    sound = {"dem_0_0.tif", "dem_2_0.tif"}
    told = [f for f in failures(verdict, f"raster-{name}") if f["reason"] != "mosaic-gap"]
    assert not [f for f in told if f["path"] in sound]
    assert "not checked" not in statuses(verdict, f"raster-{name}")


@pytest.mark.parametrize("overlap", [1, 3, 20])
def test_tiles_that_overlap_are_compared_where_both_are(tmp_path: Path, overlap: int) -> None:
    dem(tmp_path / "dem_1.tif", 0, 0, overlap=overlap, size=256)
    dem(tmp_path / "dem_2.tif", 1, 0, overlap=overlap, size=256)
    dem(tmp_path / "dem_3.tif", 0, 1, overlap=overlap, size=256, higher=-2.0)
    verdict = checked(tmp_path)
    found = failures(verdict, "raster-edges")
    assert found, "the lower tile makes a step"
    assert all("dem_3.tif" in f["path"] + f["details"] for f in found)
    assert statuses(verdict, "raster-edges") == {"fail", "pass"}
    assert not failures(verdict, "raster-mosaic")


def test_one_ground_twice_is_found(tmp_path: Path) -> None:
    for n in range(3):
        dem(tmp_path / f"dem_{n}.tif", n, 0)
    dem(tmp_path / "dem_3.tif", 1, 0, spike=1.0)
    (found,) = failures(checked(tmp_path), "raster-mosaic")
    assert found["reason"] == "mosaic-overlap"
    assert found["measured"] == "100 %"


def test_impossible_heights_are_found(tmp_path: Path) -> None:
    dem(tmp_path / "dem_1.tif", higher=20_000.0)
    dem(tmp_path / "dem_2.tif", 1)
    (found,) = failures(checked(tmp_path), "raster-heights")
    assert (found["path"], found["reason"]) == ("dem_1.tif", "height-high")
