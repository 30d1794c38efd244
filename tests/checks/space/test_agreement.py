"""Sources against each other, and objects against the ground."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.geometry.clearance import approach, segments
from cimkit.geometry.local_plane import LocalPlane
from cimkit.geometry.walls import fit, walls

PLANE = LocalPlane(106.5, 29.57)
L = shapely.Polygon([(0, 0), (30, 0), (30, 12), (12, 12), (12, 30), (0, 30)])


def placed(shape: Any) -> Any:
    return PLANE.shapes_from_plane(np.array([shape]))[0]


@pytest.fixture
def pair(lake: Any) -> Any:
    """Make a building in GIS and in BIM."""

    def make(gis: Any, bim: Any, *, code: str = "B-1", **of_bim: Any) -> None:
        lake.item("houses.gpkg", crs="OGC:CRS84", vertical_datum="EPSG:5737")
        lake.item("hall.ifc", "bim", vertical_datum="EPSG:5737")
        common = {"class_code": None, "z_min": 10.0, "z_max": 25.0, "name": "Hall"}
        lake.object("houses.gpkg", placed(gis), source_layer="building", source_key="B-1", **common)
        said = {"pset": {"Pset_BuildingCommon": {"Reference": code, "NumberOfStoreys": 5}}}
        hull = placed(shapely.convex_hull(bim))
        made = lake.object(
            "hall.ifc",
            hull,
            source_layer="",
            source_class="IfcBuilding",
            properties=said,
            **{**common, **of_bim},
        )
        parts = {"source_class": "IfcSlab", "source_layer": "", "class_code": None}
        lake.object("hall.ifc", placed(bim), parent_id=made, **parts)

    return make


def test_the_slabs_and_not_the_hull_are_held_against_the_outline(pair: Any, run_check: Any) -> None:
    pair(L, L)
    assert run_check("footprint_agreement").passed == 1


@pytest.mark.parametrize(
    ("move", "reason"),
    [
        (lambda s: shapely.affinity.translate(s, 3.0, 0.0), "shifted"),
        (lambda s: shapely.affinity.rotate(s, 20), "turned"),
        (lambda s: shapely.affinity.scale(s, 1.4, 1.4), "size"),
        (lambda s: shapely.affinity.translate(s, 500.0, 0.0), "apart"),
    ],
)
def test_what_is_wrong_with_an_outline_is_told(
    pair: Any, run_check: Any, move: Any, reason: str
) -> None:
    pair(L, move(L))
    assert [f["reason"] for f in run_check("footprint_agreement").failed] == [reason]


def test_without_a_code_a_building_is_known_by_its_place(pair: Any, run_check: Any) -> None:
    pair(L, shapely.affinity.translate(L, 2.0, 1.0), code="")
    (failed,) = run_check("footprint_agreement").failed
    assert failed["reason"] == "shifted"
    assert "2.2" in failed["message"]


def test_heights_and_names_are_compared(pair: Any, run_check: Any) -> None:
    pair(L, L, z_max=60.0, name="Town hall")
    assert [f["reason"] for f in run_check("footprint_agreement").failed] == ["height"]
    (failed,) = run_check("attribute_agreement").failed
    assert (failed["measured"], failed["expected"]) == ("Town hall", "Hall")


def test_one_source_alone_is_not_applicable(lake: Any, run_check: Any) -> None:
    lake.item("houses.gpkg", crs="OGC:CRS84")
    lake.object("houses.gpkg", placed(L), source_layer="building")
    for check in ("footprint_agreement", "attribute_agreement"):
        assert run_check(check).statuses == {"not applicable"}


def test_points_of_walls_tell_their_shift() -> None:
    rng = np.random.default_rng(1)
    sides = walls(np.array([shapely.box(0, 0, 20, 12)], object))
    start, step = sides.start, sides.along * sides.length[:, None]
    which = rng.integers(0, len(start), 4000)
    xy = start[which] + step[which] * rng.random((4000, 1)) + [0.4, -0.25]
    clutter = rng.uniform(-2, 24, (400, 2))
    xy = np.concatenate([xy, clutter])
    xy = xy[sides.near(xy)]
    point, wall, away = sides.measure(xy, 2.0)
    assert len(point) > 3000
    found = fit(sides.normal[wall], away)
    assert np.allclose(found.shift, [0.4, -0.25], atol=0.03)


def test_one_wall_says_nothing_along_itself() -> None:
    normal = np.tile([[0.0, 1.0]], (100, 1))
    shift = fit(normal, np.full(100, 0.3)).shift
    assert np.isnan(shift[0])
    assert abs(shift[1] - 0.3) < 1e-6


_point = st.tuples(*[st.floats(-50, 50)] * 3)


@settings(max_examples=60, deadline=None)
@given(_point, _point, _point, _point)
def test_segments_come_as_near_as_any_of_their_points(a: Any, b: Any, c: Any, d: Any) -> None:
    ends = [np.array([p], float) for p in (a, b, c, d)]
    away, first, second = segments(*ends)
    assert abs(np.linalg.norm(first - second) - away[0]) < 1e-6
    t = np.linspace(0, 1, 21)[:, None]
    one = ends[0] + t * (ends[1] - ends[0])
    two = ends[2] + t * (ends[3] - ends[2])
    apart = np.linalg.norm(one[:, None] - two[None], axis=2)
    assert away[0] <= apart.min() + 1e-6


def test_lines_of_several_segments_come_near_where_they_do() -> None:
    lines = np.array(
        [
            shapely.LineString([(0, 0, 0), (10, 0, 0), (20, 0, 0)]),
            shapely.LineString([(15, -5, 1), (15, 5, 1)]),
            shapely.LineString([(0, 9, 0), (5, 9, 0), (9, 9, 0)]),
        ],
        object,
    )
    found = approach(lines, np.array([0, 0]), np.array([1, 2]))
    assert found.distance.tolist() == [1.0, 9.0]
    assert found.first[0].tolist() == [15.0, 0.0, 0.0]


def test_the_ground_is_looked_up_between_pixels_and_not_where_it_is_void(tmp_path: Path) -> None:
    from cimkit.loaders.raster.sample import sample
    from cimkit.model import Source

    text = "ncols 3\nnrows 3\nxllcorner 0\nyllcorner 0\ncellsize 10\nNODATA_value -9\n"
    (tmp_path / "dem.asc").write_text(text + "1 2 3\n1 2 3\n1 2 -9\n")
    source = Source("dem.asc", tmp_path / "dem.asc", (), 100)
    xy = np.array([[10.0, 20.0], [5.0, 25.0], [24.0, 6.0], [-1.0, 5.0], [0.0, 30.0]])
    found = sample(source, (10.0, 0.0, 0.0, 0.0, -10.0, 30.0), xy)
    assert np.allclose(found, [1.5, 1.0, np.nan, np.nan, 1.0], equal_nan=True)


def _delivery(folder: Path, lamps: list[float], datum: str) -> Any:
    from cimkit.catalog import create, ingest
    from cimkit.checks._examine import check_tables
    from cimkit.checks._inspect import Sources
    from cimkit.loaders import read_sheet
    from cimkit.standard import load

    x, y = 500_000.0, 3_272_000.0
    rows = "\n".join(" ".join(["100"] * 20) for _ in range(20))
    head = f"ncols 20\nnrows 20\nxllcorner {x}\nyllcorner {y}\ncellsize 10\nNODATA_value -9\n"
    (folder / "dem.asc").write_text(head + rows + "\n")
    points = [
        {
            "type": "Feature",
            "properties": {"id": n},
            "geometry": {"type": "Point", "coordinates": [x + 10 + 9 * n, y + 50, z]},
        }
        for n, z in enumerate(lamps)
    ]
    made = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4545"}},
        "features": points,
    }
    (folder / "lamp.geojson").write_text(json.dumps(made))
    sheet = folder / "delivery.toml"
    sheet.write_text(
        '[[source]]\nglob = "*"\ncrs = "EPSG:4545"\nvertical_datum = "EPSG:5737"\n'
        f'[[source]]\nglob = "lamp*"\ncrs = "EPSG:4545"\nvertical_datum = "{datum}"\n'
    )
    standard = load("int.quality")
    rule = next(r for r in standard.rules if r.name == "stands-on-ground")
    catalog = create(folder / "catalogue", standard="int.quality")
    ingest(catalog, [folder / "dem.asc", folder / "lamp.geojson"], sheet=read_sheet(sheet), jobs=1)
    with catalog.connect() as con:
        verdict = check_tables(
            con, replace(standard, rules=(rule,)), sources=Sources(catalog.config.roots, 1)
        )
    return [f for f in verdict.findings.to_pylist() if f["rule"] == rule.id]


def test_lamps_are_held_against_the_ground(tmp_path: Path) -> None:
    found = _delivery(tmp_path, [100.0, 100.5, 112.0, 91.0], "EPSG:5737")
    failed = [(f["measured"], f["reason"]) for f in found if f["status"] == "fail"]
    assert failed == [("+12.00 m", "floating"), ("-9.00 m", "buried")]
    assert sum(f["count"] for f in found if f["status"] == "pass") == 2


def test_a_layer_of_another_datum_is_not_checked(tmp_path: Path) -> None:
    found = _delivery(tmp_path, [100.0, 120.0], "EPSG:5736")
    assert [(f["status"], f["reason"]) for f in found] == [("not checked", "datum-differs")]


def test_a_layer_that_lies_off_as_a_whole_is_one_finding(tmp_path: Path) -> None:
    found = _delivery(tmp_path, [130.0] * 12, "EPSG:5737")
    failed = [(f["reason"], f["count"]) for f in found if f["status"] == "fail"]
    assert failed == [("layer-off", 12)]
