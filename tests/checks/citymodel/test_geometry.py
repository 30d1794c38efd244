"""Solids, surfaces and heights of city models in a lake."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

import cimkit
from cimkit.checks.solid_valid.words import WORDS
from cimkit.geometry.solids import CODES

CORNERS = [[x, y, z] for z in (0, 10) for x, y in ((0, 0), (10, 0), (10, 10), (0, 10))]
FACES = [[[0, 3, 2, 1]], [[4, 5, 6, 7]], [[0, 1, 5, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 6]]]
FACES += [[[3, 0, 4, 7]]]
NAMES = {"surfaces": [{"type": t} for t in ("GroundSurface", "RoofSurface", "WallSurface")]}


def block(
    lake: Any,
    faces: Any = None,
    *,
    shift: float = 0.0,
    values: Any = None,
    crs: str = "EPSG:4545",
    scale: float = 1.0,
    **more: Any,
) -> str:
    path = "m/a.gml"
    if not any(r["path"] == path for r in lake.rows["items"]):
        lake.item(path, "citymodel", loader="citygml 2")
    key = lake.object(path, source_class=more.pop("source_class", "Building"), **more)
    vertices = [
        v for x, y, z in CORNERS for v in (106.5 + (x + shift) * scale, 29.5 + y * scale, z)
    ]
    if scale == 1.0:
        vertices = [v for x, y, z in CORNERS for v in (450_000 + x + shift, 3_270_000 + y, z)]
    lake.rows["geometries"][-1] = {
        "object_id": key,
        "item_id": f"item {path}",
        "lod": "2",
        "geometry_type": "Solid",
        "crs": crs,
        "vertices": vertices,
        "boundaries": json.dumps([faces or FACES]),
        "semantics": json.dumps(NAMES | {"values": [values]}) if values else None,
    }
    return str(key)


def test_every_code_has_words() -> None:
    assert {f"e{c}" for c in CODES} | {f"h{c}" for c in CODES} == WORDS.keys()
    assert all(set(said) == {"en", "zh", "ja"} for said in WORDS.values())


def test_sound_and_faulty_blocks(lake: Any, run_check: Any) -> None:
    block(lake)
    open_ = block(lake, FACES[1:])
    found = run_check("solid_valid")
    assert found.passed == 1
    (row,) = found.failed
    assert (row["object_id"], row["reason"]) == (open_, "e302")
    assert int(json.loads(row["details"])["faults"]) == 4
    edges = shapely.from_wkb(row["geometry"])
    assert (edges.geom_type, len(edges.geoms), edges.has_z) == ("MultiLineString", 4, True)
    assert edges.envelope.buffer(1e-6).contains(shapely.Point(row["x"], row["y"]))


def test_tolerances_and_codes_left_out(lake: Any, run_check: Any) -> None:
    block(lake, FACES[1:])
    assert not run_check("solid_valid", parameters={"without": ["302"]}).failed
    (row,) = run_check("solid_valid", parameters={"warnings": ["302"]}).failed
    assert row["severity"] == "warning"


def test_degrees_are_no_metres(lake: Any, run_check: Any) -> None:
    """A block of 10 cm, in degrees: all of its corners are closer than a thousandth."""
    block(lake, crs="EPSG:4979", scale=1e-7)
    assert run_check("solid_valid").passed == 1


def test_a_model_without_a_place_is_judged_and_not_drawn(lake: Any, run_check: Any) -> None:
    block(lake, FACES[1:])
    lake.rows["geometries"][-1]["crs"] = None
    (row,) = run_check("solid_valid").failed
    assert (row["reason"], row["geometry"]) == ("e302", None)


@pytest.mark.parametrize(("shift", "codes"), [(10.0, []), (9.999, []), (9.9, ["e601"])])
def test_parts_of_a_building(lake: Any, run_check: Any, shift: float, codes: list[str]) -> None:
    lake.item("m/a.gml", "citymodel", loader="citygml 2")
    whole = lake.object("m/a.gml", None, source_class="Building")
    block(lake, source_class="BuildingPart", parent_id=whole)
    block(lake, shift=shift, source_class="BuildingPart", parent_id=whole)
    assert [f["reason"] for f in run_check("solid_valid").failed] == codes


def test_rings_that_the_loader_met(lake: Any, run_check: Any) -> None:
    flaw = {"code": "ring-open", "message": "open", "severity": "warning", "place": "line 3"}
    lake.item("m/a.gml", "citymodel", loader="citygml 2", problems=[flaw])
    block(lake)
    (row,) = run_check("solid_valid").failed
    assert (row["reason"], row["place"]) == ("e103", "line 3")


def test_surfaces_face_as_they_are_named(lake: Any, run_check: Any) -> None:
    block(lake, values=[0, 1, 2, 2, 2, 2])
    block(lake, values=[1, 0, 2, 2, 2, 2])
    block(lake, values=[2, 2, None, None, None, None])
    found = run_check("citymodel_surfaces")
    assert sorted(f["reason"] for f in found.failed) == ["ground-up", "roof-down", "wall-flat"]
    assert found.passed == 1


def test_heights(lake: Any, run_check: Any) -> None:
    for stated in (10.4, 32.8, -3.0, -9999.0, "12"):
        block(lake, height=10.0, properties={"attributes": {"measuredHeight": stated}})
    block(lake, height=0.0, properties={"measuredHeight": 3})
    found = run_check("citymodel_heights")
    assert [(f["measured"], f["reason"]) for f in found.failed] == [
        ("32.80 m", "height-differs"),
        ("-3.00 m", "height-nonsense"),
    ]
    assert found.passed == 2
    assert "not applicable" in found.statuses


@pytest.mark.parametrize("closed", [False, True])
def test_surfaces_of_gis_data(lake: Any, run_check: Any, closed: bool) -> None:
    """A sound block, one without a floor, one turned inside out, a cut one, and a footprint."""
    at = np.array(CORNERS, np.float64) + np.array([450_000, 3_270_000, 0])
    sides = [shapely.Polygon(at[ring]) for (ring,) in FACES]
    flat = shapely.box(0, 0, 1, 1)
    lake.item("g/a.gpkg")
    for shapes in (sides, sides[1:], [s.reverse() for s in sides], sides, [flat]):
        whole = shapely.force_3d(shapely.MultiPolygon(shapes))
        lake.object("g/a.gpkg", source_geometry=whole)
    cut = lake.rows["geometries"][3]
    cut["wkb"] = cut["wkb"][:300]
    result = run_check("solid_valid", parameters={"closed": closed})
    said = [(f["object_id"], f["reason"]) for f in result.failed]
    open_ = [("object 2", "e302")] if closed else []
    assert said == [*open_, ("object 3", "e405")]
    assert result.passed == 2 - closed
    assert [row["reason"] for row in result.unchecked] == ["geometry-unread"]


README = Path(__file__).resolve().parents[3] / "cimkit" / "checks" / "README.md"


def _rows(heading: str) -> list[list[str]]:
    """Return the rows of the table of the README that begins with a heading."""
    text = README.read_text(encoding="utf-8")
    table = text[text.index(f"\n{heading}") :].strip().split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n")[2:]]


def test_the_readme_names_each_code_once_and_each_has_a_body_of_its_own() -> None:
    named = [int(c) for codes, *_ in _rows("| codes |") for c in codes.split(", ")]
    assert sorted(named) == sorted(CODES)
    faults = README.parents[2] / "tests" / "geometry" / "solids" / "test_faults.py"
    told = set(map(int, re.findall(r"\b[1-9]0[1-9]\b", faults.read_text(encoding="utf-8"))))
    # A body cannot say that a ring was not closed: that is the loader's to tell.
    assert set(CODES) - told == {103, 601}


def test_verdicts_of_val3dity(shared_data: Path) -> None:
    """As the README has them."""
    said: dict[str, tuple[str, str]] = {}
    files = []
    for name, theirs, _, ours in _rows("| file | its verdict |"):
        (file,) = shared_data.glob(f"*/tudelft3d-val3dity/{name}.*json*")
        files.append(file)
        said[file.name] = (theirs, ours)
    found: dict[str, set[str]] = {}
    for row in cimkit.check(files, jobs=1).findings.to_pylist():
        if row["rule"] == "int.quality/solid-valid" and row["status"] == "fail":
            found.setdefault(Path(row["path"]).name, set()).add(row["reason"][1:])
    met = {name: ", ".join(sorted(found.get(name, ()))) or "valid" for name in said}
    assert met == {name: ours for name, (_, ours) in said.items()}
    assert all(theirs == ours for theirs, ours in said.values())
