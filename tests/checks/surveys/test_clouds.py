"""Clouds with planted faults: all of them are found, where they are, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from cimkit.checks import Verdict
from tests.checks.surveys.made import checked, cloud, failures, statuses

POINTS = ("cells", "voids", "strips", "edges", "classes", "noise", "outliers", "heights")
REST = ("duplicates", "returns", "precision", "fields", "tiles", "mosaic", "density")


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """Six tiles, three wide and two high; (0, 0), (2, 1) are sound."""
    folder = tmp_path_factory.mktemp("clouds")
    cloud(folder / "t_0_0.las", 0, 0)
    cloud(folder / "t_1_0.las", 1, 0, strip=0.3)
    cloud(folder / "t_2_0.las", 2, 0, hole=(40, 40, 152, 152))
    cloud(folder / "t_0_1.las", 0, 1, low=True)
    cloud(folder / "t_1_1.las", 1, 1, higher=0.8)
    cloud(folder / "t_2_1.las", 2, 1, point_source_id=0)
    return checked(folder)


def test_a_strip_that_lies_off_the_other_is_found(verdict: Verdict) -> None:
    (found,) = failures(verdict, "point-strips")
    assert found["path"] == "t_1_0.las"
    assert float(found["measured"].split()[0]) == pytest.approx(0.3, abs=0.01)
    assert found["tolerance"] == "0.15 m"
    # In the middle of the tile, where both lines are.
    assert found["x"] == pytest.approx(104.4980, abs=2e-3)
    assert "航带" in found["message"] or "line 2" in found["message"]


def test_a_hole_is_found_with_its_outline(verdict: Verdict) -> None:
    (found,) = failures(verdict, "point-voids")
    assert found["path"] == "t_2_0.las"
    hole = shapely.from_wkb(found["geometry"])
    assert hole.contains(shapely.Point(found["x"], found["y"]))
    area = float(found["measured"].split()[0].replace(",", ""))
    assert 104 * 104 * 0.9 <= area <= 112 * 112
    metres = hole.area * 111_320**2 * np.cos(np.radians(29.57))
    assert metres == pytest.approx(area, rel=0.01)


def test_a_point_below_the_ground_is_found_where_it_is(verdict: Verdict) -> None:
    (found,) = failures(verdict, "point-outliers")
    assert found["path"] == "t_0_1.las"
    assert found["reason"] == "outlier-low"
    assert -42 < float(found["measured"].split()[0]) < -34


def test_a_tile_that_lies_higher_makes_a_step_at_each_of_its_borders(verdict: Verdict) -> None:
    found = failures(verdict, "point-edges")
    sides = {frozenset((f["path"], f["details"].split('"')[3])) for f in found}
    assert all("t_1_1.las" in f["path"] + f["details"] for f in found)
    assert len(sides) == len(found) == 3
    for one in found:
        assert abs(float(one["measured"].split()[0])) == pytest.approx(0.8, abs=0.12)
        assert shapely.from_wkb(one["geometry"]).geom_type == "LineString"


@pytest.mark.parametrize("name", [*POINTS, *REST])
def test_sound_tiles_raise_no_alarm(verdict: Verdict, name: str) -> None:
    sound = {"t_0_0.las", "t_2_1.las"}
    if name == "edges":
        return  # a border has two tiles, and one of them may be at fault
    assert not [f for f in failures(verdict, f"point-{name}") if f["path"] in sound]
    assert "not checked" not in statuses(verdict, f"point-{name}")


def test_flight_lines_without_numbers_are_told_by_time(tmp_path: Path) -> None:
    cloud(tmp_path / "a.laz", strip=0.4, numbered=False)
    (found,) = failures(checked(tmp_path), "point-strips")
    assert abs(float(found["measured"].split()[0])) == pytest.approx(0.4, abs=0.01)


def test_faults_of_fields_are_found(tmp_path: Path) -> None:
    cloud(tmp_path / "dark.las", points=4_000, intensity=0)
    cloud(tmp_path / "astray.las", points=4_000, return_number=3)
    cloud(tmp_path / "coarse.las", points=4_000, step=0.25)
    cloud(tmp_path / "noisy.las", points=4_000, classification=7)
    verdict = checked(tmp_path)
    for rule, name in (
        ("point-fields", "dark"),
        ("point-returns", "astray"),
        ("point-precision", "coarse"),
        ("point-classes", "noisy"),
    ):
        assert {f["path"] for f in failures(verdict, rule)} == {f"{name}.las"}, rule


def test_what_was_read_by_its_header_is_not_checked(tmp_path: Path) -> None:
    from cimkit.catalog import create, ingest
    from cimkit.checks import check_catalog

    cloud(tmp_path / "in" / "a.las", points=2_000)
    catalog = create(tmp_path / "catalogue", standard="int.quality")
    report = ingest(catalog, [tmp_path / "in"], depth="header", jobs=1)
    verdict = check_catalog(catalog, report.delivery_id)
    for name in ("voids", "strips", "outliers", "classes", "noise", "cells", "edges"):
        assert "pass" not in statuses(verdict, f"point-{name}"), name
        assert "not checked" in statuses(verdict, f"point-{name}"), name
