"""Models of one project: the odd ones out are named, and by how much."""

from __future__ import annotations

from typing import Any

from ..conftest import Checker, Lake

_MATRIX = [1, 0, 0, 500000, 0, 1, 0, 3200000, 0, 0, 1, 10]


def _model(lake: Lake, name: str, *, matrix: list[float] | None = None, **more: Any) -> str:
    path = f"house/{name}.ifc"
    facts = {
        "project": "House",
        "placed": True,
        "length_unit_m": 1.0,
        "georeference": {"matrix": matrix or _MATRIX, "rotation": 0.0, "true_north": 5.0},
        **more,
    }
    lake.item(path, "bim", properties=facts)
    return path


def _storey(lake: Lake, path: str, name: str, elevation: float) -> None:
    house = lake.object(path, None, source_class="IfcBuilding", name="House", source_key="b")
    properties = {"attributes": {"Elevation": elevation}}
    lake.object(
        path,
        None,
        source_class="IfcBuildingStorey",
        name=name,
        parent_id=house,
        properties=properties,
        source_key=f"s{name}",
    )


def _run(run_check: Checker, **more: Any) -> Any:
    return run_check("ifc_federated", tolerance=0.01, unit="m", **more)


def test_models_that_agree_pass(lake: Lake, run_check: Checker) -> None:
    for name in ("a", "b", "c"):
        _storey(lake, _model(lake, name), "Ground", 0.0)
    found = _run(run_check)
    assert found.statuses == {"pass"}
    assert found.passed == 3


def test_the_odd_origin_is_named_with_how_far_it_is(lake: Lake, run_check: Checker) -> None:
    for name in ("a", "b"):
        _model(lake, name)
    _model(lake, "c", matrix=[*_MATRIX[:3], 500012.5, *_MATRIX[4:]])
    found = _run(run_check)
    (bad,) = found.failed
    assert bad["path"] == "house/c.ifc"
    assert bad["reason"] == "federated-origin"
    assert "12.500 m" in bad["measured"]
    assert "house/a.ifc + 1" in bad["message"]
    assert found.passed == 2


def test_copies_of_one_deviation_are_one_mistake(lake: Lake, run_check: Checker) -> None:
    for n in range(50):
        _model(lake, f"m{n:02}")
    for n in range(40):
        _model(lake, f"x{n:02}", length_unit_m=0.001)
    failed = _run(run_check).failed
    assert len(failed) == 40
    assert len({bad["mistake"] for bad in failed}) == 1


def test_north_unit_and_height_datum_are_compared(lake: Lake, run_check: Checker) -> None:
    for name in ("a", "b"):
        _model(lake, name)
    turned = {"matrix": _MATRIX, "rotation": 0.0, "true_north": 6.0}
    _model(lake, "c", georeference=turned)
    _model(lake, "d", placed=False)
    said = {(f["path"], f["reason"]) for f in _run(run_check).failed}
    assert said == {
        ("house/c.ifc", "federated-true-north"),
        ("house/d.ifc", "federated-placed"),
    }


def test_storeys_lie_and_are_named_as_in_most_models(lake: Lake, run_check: Checker) -> None:
    for name in ("a", "b"):
        path = _model(lake, name)
        _storey(lake, path, "Ground", 0.0)
        _storey(lake, path, "First", 3.0)
    off = _model(lake, "c", length_unit_m=1.0)
    _storey(lake, off, "Ground", 0.0)
    _storey(lake, off, "First", 3.2)
    other = _model(lake, "d")
    _storey(lake, other, "EG", 0.0)
    said = {(f["path"], f["reason"], f["place"]) for f in _run(run_check).failed}
    assert said == {
        ("house/c.ifc", "federated-elevation", "First"),
        ("house/d.ifc", "federated-storey-name", "0.000 m"),
    }


def test_elevations_are_compared_in_metres(lake: Lake, run_check: Checker) -> None:
    _storey(lake, _model(lake, "a"), "First", 3.0)
    _storey(lake, _model(lake, "b"), "First", 3.0)
    _storey(lake, _model(lake, "c", length_unit_m=0.001), "First", 3000.0)
    assert {f["reason"] for f in _run(run_check).failed} == {"federated-unit"}


def test_doubled_guids_are_copies_or_clashes(lake: Lake, run_check: Checker) -> None:
    one, other = _model(lake, "a"), _model(lake, "b")
    for path, clash in ((one, "IfcWall"), (other, "IfcDoor")):
        lake.object(path, None, source_class="IfcWall", name="W", source_key="same")
        lake.object(path, None, source_class=clash, name="X", source_key="clash")
        lake.object(path, None, source_class="IfcSite", name="Site", source_key="site")
    failed = {f["reason"]: f for f in _run(run_check).failed}
    assert set(failed) == {"guid-copied", "guid-clash"}
    assert failed["guid-copied"]["severity"] == "warning"
    assert failed["guid-clash"]["severity"] == "error"
    assert "house/a.ifc" in failed["guid-clash"]["message"]


def test_disciplines_that_are_missing_are_named(lake: Lake, run_check: Checker) -> None:
    path = _model(lake, "house_ARC")
    _model(lake, "house_STR")
    lake.object(path, None, source_class="IfcFlowSegment", name="Duct", source_key="d")
    wanted = ["architecture=arc", "structure=str|tragwerk", "mep=class:IfcFlow*", "landscape=lan"]
    found = _run(run_check, parameters={"disciplines": wanted})
    assert [f["measured"] for f in found.failed] == ["landscape"]


def test_other_projects_and_single_models_are_not_compared(lake: Lake, run_check: Checker) -> None:
    _model(lake, "a")
    _model(lake, "b", project="Garage", length_unit_m=0.001)
    assert _run(run_check).statuses == {"not applicable"}
    assert len(_run(run_check, parameters={"group": "folder"}).failed) == 1


def test_unplaced_models_are_no_disagreement(lake: Lake, run_check: Checker) -> None:
    for name in ("a", "b"):
        lake.item(f"p/{name}.ifc", "bim", crs=None, properties={"project": "P", "placed": False})
    assert _run(run_check).statuses == {"pass"}


def test_names_that_tools_give_join_no_models(lake: Lake, run_check: Checker) -> None:
    _model(lake, "a", project="My Project")
    _model(lake, "b", project="My Project", length_unit_m=0.001)
    assert _run(run_check).statuses == {"not applicable"}


def test_models_without_a_place_are_one_mistake(lake: Lake, run_check: Checker) -> None:
    for n in range(40):
        lake.item(f"p/{n}.ifc", "bim", crs=None, properties={"placed": False})
    failed = run_check("ifc_georeference").failed
    assert len(failed) == 40
    assert len({bad["mistake"] for bad in failed}) == 1


def test_a_storey_of_ifc_4_3_needs_no_elevation(lake: Lake, run_check: Checker) -> None:
    for version in ("IFC4", "IFC4X3_ADD2"):
        path = f"{version}.ifc"
        lake.item(path, "bim", properties={"read_as": version})
        lake.object(path, None, source_class="IfcBuildingStorey", name="Ground")
    assert [bad["path"] for bad in run_check("ifc_storeys").failed] == ["IFC4.ifc"]
