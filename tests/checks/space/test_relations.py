"""Objects against each other: overlaps, gaps, networks, pipes, copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from cimkit.checks import CheckContext
from cimkit.checks._meetings import MEET_M, gather, meetings, sample, sources
from cimkit.checks._views import delivery_views
from cimkit.geometry.gcj02 import wgs84_to_gcj02
from cimkit.geometry.local_plane import LocalPlane

PLANE = LocalPlane(106.5, 29.57)


def placed(shape: Any) -> Any:
    return PLANE.shapes_from_plane(np.array([shape]))[0]


def box(*sides: float) -> Any:
    return placed(shapely.box(*sides))


def line(*points: tuple[float, ...]) -> Any:
    return placed(shapely.LineString(points))


def metres(finding: dict[str, Any]) -> Any:
    return PLANE.shapes_to_plane(np.array([shapely.from_wkb(finding["geometry"])]))[0]


@pytest.fixture
def areas(lake: Any) -> Any:
    lake.item("a.gpkg", crs="OGC:CRS84")

    def add(shape: Any, layer: str = "building", **more: Any) -> str:
        return str(lake.object("a.gpkg", shape, class_code=None, source_layer=layer, **more))

    return add


def test_an_overlap_is_told_with_what_is_shared(areas: Any, run_check: Any) -> None:
    areas(box(0, 0, 10, 10))
    late = areas(box(8, 0, 20, 10))
    areas(box(20, 0, 30, 10))
    found = run_check("footprint_overlap")
    assert [f["object_id"] for f in found.failed] == [late]
    assert abs(metres(found.failed[0]).area - 20) < 0.1
    assert found.failed[0]["reason"] == "overlap"
    assert found.passed == 2


def test_areas_of_two_classes_may_lie_on_each_other(areas: Any, run_check: Any) -> None:
    areas(box(0, 0, 10, 10))
    areas(box(0, 0, 10, 10), layer="parcel")
    assert run_check("footprint_overlap").passed == 2


def test_the_smaller_one_is_at_fault_where_it_lies_inside(areas: Any, run_check: Any) -> None:
    small = areas(box(4, 4, 6, 6))
    areas(box(0, 0, 10, 10))
    (failed,) = run_check("footprint_overlap").failed
    assert (failed["object_id"], failed["reason"]) == (small, "inside")


def test_what_stands_above_another_does_not_overlap_it(areas: Any, run_check: Any) -> None:
    areas(box(0, 0, 10, 10), z_min=0.0, z_max=10.0)
    areas(box(0, 0, 10, 10), z_min=10.0, z_max=20.0)
    areas(box(2, 2, 8, 8), z_min=5.0, z_max=15.0)
    found = run_check("footprint_overlap")
    assert len(found.failed) == 2
    assert len(run_check("footprint_overlap", parameters={"heights": False}).failed) == 2


def test_an_area_without_a_place_is_not_checked(lake: Any, areas: Any, run_check: Any) -> None:
    areas(box(0, 0, 10, 10))
    areas(box(20, 0, 30, 10))
    lake.rows["objects"][-1].update(geometry=None, bbox=None)
    found = run_check("footprint_overlap")
    assert [f["count"] for f in found.unchecked] == [1]
    assert found.passed == 1


def test_sources_of_two_systems_are_compared_where_they_meet(lake: Any, run_check: Any) -> None:
    from cimkit.geometry.crs import from_crs84, parse_crs

    for path, crs, sides in (
        ("west.gpkg", "EPSG:4544", (0, 0, 10, 10)),
        ("east.gpkg", "EPSG:4545", (9, 0, 20, 10)),
    ):
        lake.item(path, crs=crs)
        degrees = box(*sides)
        system = parse_crs(crs)
        own = shapely.transform(degrees, lambda xy, s=system: from_crs84(xy, s))
        lake.object(path, degrees, class_code=None, source_layer="house", source_geometry=own)
    found = run_check("footprint_overlap")
    assert len(found.failed) == 1
    assert abs(metres(found.failed[0]).area - 10) < 0.1


def test_a_gap_is_told_as_an_area(areas: Any, run_check: Any) -> None:
    areas(box(0, 0, 30, 40), layer="parcel")
    areas(box(30.3, 0, 60, 40), layer="parcel")
    areas(box(70, 0, 90, 40), layer="parcel")
    found = run_check("coverage_gap")
    assert [f["reason"] for f in found.failed] == ["gap"]
    assert abs(metres(found.failed[0]).area - 12) < 0.1
    assert found.passed == 2


def test_ends_that_miss_and_lines_that_cross_themselves(areas: Any, run_check: Any) -> None:
    areas(line((0, 0), (100, 0)), layer="road")
    areas(line((50, 40), (50, 0.2)), layer="road")
    areas(line((200, 0), (220, 20), (220, 0), (200, 20)), layer="road")
    found = run_check("line_network")
    assert sorted(f["reason"] for f in found.failed) == ["self-crossing", "undershoot"]
    assert found.passed == 1
    assert not run_check("line_network", tolerance=0.1).failed[1:]


def test_parts_that_hang_together_with_nothing(areas: Any, run_check: Any) -> None:
    areas(line((0, 0), (100, 0)), layer="pipe")
    areas(line((100, 0), (200, 0)), layer="pipe")
    lost = areas(line((0, 50), (4, 50)), layer="pipe")
    found = run_check("line_network", parameters={"island": 10.0})
    assert [(f["object_id"], f["measured"]) for f in found.failed] == [(lost, "4.0 m")]


@pytest.fixture
def pipe(lake: Any) -> Any:
    lake.item("p.gpkg", crs="OGC:CRS84", vertical_datum="EPSG:5737")

    def add(*points: tuple[float, ...], dn: str = "DN300", layer: str = "water") -> str:
        return str(
            lake.object(
                "p.gpkg",
                line(*points),
                class_code=None,
                source_layer=layer,
                properties={"DN": dn},
            )
        )

    return add


def test_pipes_that_run_through_each_other(pipe: Any, run_check: Any) -> None:
    # Of the two that which comes later in the delivery is named: layer by layer.
    late = pipe((0, 0, 98), (40, 0, 98))
    pipe((20, -20, 97.8), (20, 20, 97.8), layer="gas")
    found = run_check("pipe_clearance", parameters={"minimum": 0.0})
    assert [(f["object_id"], f["reason"]) for f in found.failed] == [(late, "clash")]
    assert found.failed[0]["measured"] == "-0.10 m"
    assert abs(found.failed[0]["z"] - 97.9) < 0.01


def test_pipes_that_pass_too_near_and_far_enough(pipe: Any, run_check: Any) -> None:
    pipe((0, 0, 98), (40, 0, 98))
    pipe((20, -20, 97.6), (20, 20, 97.6), layer="gas")
    near = run_check("pipe_clearance", parameters={"minimum": 0.2})
    assert [f["reason"] for f in near.failed] == ["close"]
    assert run_check("pipe_clearance", parameters={"minimum": 0.05}).passed == 2


def test_pipes_that_are_joined_are_not_near(pipe: Any, run_check: Any) -> None:
    pipe((0, 0, 98), (40, 0, 98))
    pipe((40, 0, 98), (80, 0, 97.5))
    pipe((60, 0, 97.75), (60, 30, 97.7), dn="DN100")
    assert run_check("pipe_clearance", parameters={"minimum": 0.2}).passed == 3


def test_lines_without_heights_are_not_checked(pipe: Any, run_check: Any) -> None:
    pipe((0, 0), (40, 0))
    found = run_check("pipe_clearance")
    assert [f["reason"] for f in found.unchecked] == ["no-heights"]
    assert not found.passed


@pytest.mark.parametrize(
    ("height", "storeys", "reason"),
    [
        (18.0, 6, None),
        (1500.0, 6, "too-high"),
        (-4.0, None, "too-low"),
        (60.0, 2, "storeys"),
        (-9999, 2, None),
        ("18 m", 6, None),
    ],
)
def test_heights_that_cannot_be(
    areas: Any, run_check: Any, height: Any, storeys: Any, reason: str | None
) -> None:
    areas(box(0, 0, 9, 9), properties={"measuredHeight": height, "floors": storeys})
    found = run_check("height_plausible")
    assert [f["reason"] for f in found.failed] == ([reason] if reason else [])


def test_a_layer_that_is_a_shifted_copy_is_one_finding(lake: Any, run_check: Any) -> None:
    for path, east in (("a.gpkg", 0.0), ("b.gpkg", 3.0)):
        lake.item(path, crs="OGC:CRS84")
        for n in range(12):
            told = f"{n:032x}" if path == "a.gpkg" else f"{n + 1000:016x}{n:016x}"
            spot = placed(shapely.Point(n * 7.0 + n * n % 5 + east, n * 3.0 % 11))
            lake.object(path, spot, content_hash=told)
    (failed,) = run_check("shifted_copy").failed
    assert (failed["path"], failed["count"], failed["measured"]) == ("b.gpkg", 12, "3.00 m")
    assert not run_check("shifted_copy", tolerance=5.0).failed


def test_a_source_in_gcj02_is_told_by_another_that_shows_the_same(
    lake: Any, run_check: Any
) -> None:
    spots = np.array([106.5, 29.57]) + np.random.default_rng(2).uniform(-0.004, 0.004, (20, 2))
    for path, where, origin in (
        ("right.gpkg", spots, "declared"),
        ("web.geojson", wgs84_to_gcj02(spots), "assumed"),
        ("said.geojson", wgs84_to_gcj02(spots), "sheet"),  # a person has decided
    ):
        lake.item(path, crs="EPSG:4490", crs_origin=origin)
        for n, spot in enumerate(where):
            lake.object(path, shapely.Point(spot), name=str(n))
    found = run_check("displaced_source", language="zh")
    by_path = {f["path"]: f for f in found.failed}
    assert "right.gpkg" not in by_path
    told = by_path["web.geojson"]
    assert 'crs = "GCJ-02"' in told["hint"]
    assert "100%" in told["message"]
    assert "right.gpkg" in told["message"]
    assert 300 < float(told["measured"].removesuffix(" m")) < 700


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda z: z + 36.7, "ellipsoidal"),  # the geoid in Tokyo
        (lambda z: z - 30.2, "ellipsoidal"),  # in Washington the ellipsoid is above it
        (lambda z: z / 0.3048, "unit"),
        (lambda z: z * 1000, "unit"),
        (lambda z: -z, "unit"),
        (lambda z: z + 0.4, ""),  # two surveys of one ground
        (lambda z: z + 20.0, ""),  # by what no known mistake shifts
    ],
)
def test_heights_off_by_the_geoid_or_in_another_unit(
    lake: Any, run_check: Any, change: Any, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(2)
    below = change(0.0) < 0
    if below:
        monkeypatch.setattr("cimkit.checks._height_offsets._geoid", lambda spot: -30.0)
    spots = np.array([139.76, 35.68]) + random.uniform(-0.004, 0.004, (20, 2))
    heights = random.uniform(20.0, 60.0, 20)
    for path, datum, z in (("a.gpkg", "EPSG:6695", heights), ("b.csv", None, change(heights))):
        lake.item(path, crs="EPSG:6668", vertical_datum=datum)
        for spot, height in zip(spots, z, strict=True):
            lake.object(path, shapely.Point(spot), z_min=float(height), z_max=float(height))
    found = run_check("displaced_heights").failed
    assert [(f["path"], f["reason"]) for f in found] == ([("b.csv", reason)] if reason else [])
    if reason == "ellipsoidal":
        assert 'vertical_datum = "EPSG:6667"' in found[0]["hint"]
        told = ("-30.2 m", "-30.0 m") if below else ("+36.7 m", "+36.7 m")
        assert (found[0]["measured"], found[0]["expected"]) == told


def test_the_nearest_thing_of_each_other_source_is_found_wherever_cells_end(
    lake: Any, standard: Any
) -> None:
    random = np.random.default_rng(4)
    spots = np.array([-71.2, 60.7]) + random.uniform(-6e-4, 6e-4, (240, 2))
    for n, spot in enumerate(spots):
        if n % 80 == 0:
            lake.item(f"{n // 80}.gpkg")
        lake.object(f"{n // 80}.gpkg", shapely.Point(spot), z_min=float(n))
    with lake.open() as con, delivery_views(con, standard, "d1"):
        context = CheckContext(con, standard, "d1")
        known = sources(context, "TRUE", 1)
        gather(context, known, "TRUE")
        meetings(context, sample(context, np.array([0, 1]), 1000), "met_")
        rows = context.table("SELECT source, rival, z, z_there, away FROM met_").to_pylist()
    metres = (spots - spots[0]) * [111_195 * np.cos(np.radians(60.7)), 111_195]
    away = np.hypot(*(metres[:, None] - metres[None]).transpose(2, 0, 1))
    expected = {}
    for n in range(160):
        for other in {0, 1, 2} - {n // 80}:
            nearest = other * 80 + int(away[n, other * 80 : other * 80 + 80].argmin())
            if away[n, nearest] < MEET_M:
                expected[n, other] = (nearest, away[n, nearest])
    assert len(expected) > 40
    assert {(int(r["z"]), r["rival"]): r["z_there"] for r in rows} == {
        pair: nearest for pair, (nearest, _) in expected.items()
    }
    for r in rows:
        assert r["away"] == pytest.approx(expected[int(r["z"]), r["rival"]][1], abs=0.01)
