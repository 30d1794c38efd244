"""Models of which it is not clear what they show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
import shapely.affinity

from cimkit.geometry.local_plane import LocalPlane

PLANE = LocalPlane(106.5, 29.57)
HOUSE = shapely.box(0, 0, 12, 10)


@pytest.fixture
def show(lake: Any) -> Any:
    """Make a building of a source."""

    def make(path: str, kind: str, shape: Any, key: str, **more: Any) -> str:
        if all(r["path"] != path for r in lake.rows["items"]):
            lake.item(path, kind)
        sort = {"gis": "building", "bim": "IfcBuilding", "citymodel": "Building"}[kind]
        return str(
            lake.object(
                path,
                PLANE.shapes_from_plane(np.array([shape]))[0],
                source_key=key,
                class_code=None,
                **{
                    "source_layer": "building" if kind == "gis" else "",
                    "source_class": sort,
                    **more,
                },
            )
        )

    return make


def test_what_joins_plainly_passes(show: Any, run_check: Any) -> None:
    show("a.gpkg", "gis", HOUSE, "G")
    show("a.json", "citymodel", HOUSE, "C")
    show("a.ifc", "bim", shapely.affinity.translate(HOUSE, 1, 0), "B")
    found = run_check("same_thing")
    assert (found.passed, found.failed) == (2, [])


def test_one_source_alone_is_not_applicable(show: Any, run_check: Any) -> None:
    show("a.gpkg", "gis", HOUSE, "G")
    assert run_check("same_thing").statuses == {"not applicable"}


def test_both_candidates_and_their_overlaps_are_told(show: Any, run_check: Any) -> None:
    show("a.gpkg", "gis", shapely.box(0, 0, 6.6, 10), "east")
    show("a.gpkg", "gis", shapely.box(6.6, 0, 12, 10), "west")
    show("a.ifc", "bim", HOUSE, "B")
    (failed,) = run_check("same_thing").failed
    assert (failed["reason"], failed["path"]) == ("several", "a.ifc")
    for said in ("east", "west", "55 %", "45 %"):
        assert said in failed["message"]
    assert failed["expected"] == "≤ 37 %"


def test_of_two_claims_the_later_in_the_delivery_is_named(show: Any, run_check: Any) -> None:
    show("z.json", "citymodel", HOUSE, "late")
    show("a.json", "citymodel", HOUSE, "early")
    (failed,) = run_check("same_thing").failed
    assert (failed["reason"], failed["path"]) == ("claimed", "z.json")
    assert "a.json" in failed["message"]


def test_models_of_two_levels_may_show_one_place(show: Any, run_check: Any) -> None:
    show("a.json", "citymodel", HOUSE, "block", level="CIM2")
    show("b.json", "citymodel", HOUSE, "model", level="CIM4")
    assert run_check("same_thing").passed == 1


def test_a_code_is_held_against_the_place(show: Any, run_check: Any) -> None:
    show("a.gpkg", "gis", HOUSE, "LJ-1")
    show("a.gpkg", "gis", shapely.affinity.translate(HOUSE, 50, 0), "LJ-2")
    said = {"pset": {"Pset_BuildingCommon": {"Reference": "LJ-1"}}}
    show("a.ifc", "bim", shapely.affinity.translate(HOUSE, 50, 0), "B", properties=said)
    (failed,) = run_check("same_thing").failed
    assert failed["reason"] == "code-place"
    assert "LJ-1" in failed["message"]
    assert "LJ-2 (100 %)" in failed["message"] or "LJ-2) (100 %)" in failed["message"]


def test_what_the_catalogue_noted_is_reported(show: Any, lake: Any, run_check: Any) -> None:
    show("a.gpkg", "gis", HOUSE, "G")
    model = show("a.json", "citymodel", HOUSE, "C")
    noted = {"object_id": model, "other_id": "of another delivery", "reason": "several"}
    lake.rows["same_as_doubts"].append(
        {**noted, "rival_id": "and another", "overlap": 0.5, "rival_overlap": 0.5}
    )
    (failed,) = run_check("same_thing").failed
    assert "of another delivery" in failed["message"]
