"""Alignments, axes, grids and what is placed along them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from cimkit.loaders.ifc.along import linear_frames, linear_problems
from cimkit.loaders.ifc.curves import simplified
from cimkit.loaders.ifc.linear import lines
from cimkit.loaders.ifc.open import open_model
from cimkit.model import Problem
from tests.loaders.ifc.building import Model, load, told


def alignment(model: Model, radius: float, length: float) -> Any:
    """Return an alignment of one arc that begins at (0, 0) eastward and turns left."""
    make = model.file.create_entity
    point = make("IfcCartesianPoint", [0.0, 0.0])
    axes = make("IfcAxis2Placement2D", point, make("IfcDirection", [1.0, 0.0]))
    circle = make("IfcCircle", axes, radius)
    start, arc = (make("IfcLengthMeasure", v) for v in (0.0, length))
    segments = [
        make("IfcCurveSegment", "CONTINUOUS", axes, start, arc, circle),
        make("IfcCurveSegment", "DISCONTINUOUS", axes, start, start, circle),
    ]
    curve = make("IfcCompositeCurve", segments, False)
    shape = make("IfcShapeRepresentation", model.context, "FootPrint", "Curve2D", [curve])
    held = make("IfcProductDefinitionShape", None, None, [shape])
    return make(
        "IfcAlignment",
        model.guid(),
        ObjectPlacement=model.placement(100, 200, 5),
        Representation=held,
    ), curve


@pytest.mark.keeps("IFC", "exact", "z")
def test_an_arc_is_followed_within_the_tolerance(tmp_path: Path) -> None:
    model = Model("IFC4X3_ADD2", millimetres=False)
    made, _ = alignment(model, 50.0, 60.0)
    [(number, name, points)] = list(lines(model.file, [made]))
    assert (number, name) == (made.id(), "FootPrint")
    assert points[:, 2] == pytest.approx(5.0)
    from_centre = np.hypot(points[:, 0] - 100.0, points[:, 1] - 250.0)
    assert from_centre == pytest.approx(50.0, abs=1e-6)
    middles = (points[1:] + points[:-1]) / 2
    off = 50.0 - np.hypot(middles[:, 0] - 100.0, middles[:, 1] - 250.0)
    assert off.max() < 1e-3
    turned = 60.0 / 50.0
    end = [100 + 50 * math.sin(turned), 250 - 50 * math.cos(turned), 5.0]
    assert points[-1] == pytest.approx(end, abs=1e-6)


@pytest.mark.keeps("IFC", "contradictions")
def test_a_linear_placement_is_computed_and_held_against_the_given(tmp_path: Path) -> None:
    model = Model("IFC4X3_ADD2", millimetres=False)
    _, curve = alignment(model, 50.0, 60.0)
    make = model.file.create_entity
    along = make("IfcLengthMeasure", 25.0)
    at = make("IfcPointByDistanceExpression", along, 2.0, None, None, curve)
    given = model.axes(7.0, 8.0, 9.0)
    placed = make("IfcLinearPlacement", None, make("IfcAxis2PlacementLinear", at), given)
    frame = linear_frames(model.file)[placed.id()]
    angle = 0.5  # 25 m on a radius of 50 m
    expected = [48.0 * math.sin(angle), 50.0 - 48.0 * math.cos(angle), 0.0]  # 2 m to the left
    assert frame[:3, 3] == pytest.approx(expected, abs=1e-6)
    [problem] = linear_problems(model.file)
    distance = np.linalg.norm(np.array(expected) - [7.0, 8.0, 9.0])
    assert problem.code == "placement-contradiction"
    assert f"distance {distance:.3f} m" in problem.got


@pytest.mark.keeps("IFC", "geometry")
def test_along_a_polyline_and_without_a_curve(tmp_path: Path) -> None:
    model = Model("IFC4X3_ADD2", millimetres=False)
    make = model.file.create_entity
    corners = [
        make("IfcCartesianPoint", list(c)) for c in ((0.0, 0, 0), (10.0, 0, 0), (10.0, 9, 0))
    ]
    line = make("IfcPolyline", corners)
    at = make("IfcPointByDistanceExpression", make("IfcLengthMeasure", 14.0), 1.0, 2.0, None, line)
    placed = make("IfcLinearPlacement", None, make("IfcAxis2PlacementLinear", at))
    lost = make("IfcLinearPlacement", None, None)
    frames = linear_frames(model.file)
    assert frames[placed.id()][:3, 3] == pytest.approx([9.0, 4.0, 2.0])
    [problem] = linear_problems(model.file)
    assert (problem.code, problem.place) == ("placement-failed", f"#{lost.id()}")


@pytest.mark.keeps("IFC", "geometry")
def test_grids_and_curve_sets_have_lines(tmp_path: Path) -> None:
    model = Model("IFC4", millimetres=True)
    make = model.file.create_entity
    ends = [make("IfcCartesianPoint", [0.0, 0.0]), make("IfcCartesianPoint", [3000.0, 4000.0])]
    axis = make("IfcGridAxis", "A", make("IfcPolyline", ends), True)
    grid = make("IfcGrid", model.guid(), UAxes=[axis], ObjectPlacement=model.placement(1, 0, 0))
    curves = make("IfcGeometricCurveSet", [make("IfcPolyline", ends), ends[1]])
    shape = make(
        "IfcShapeRepresentation", model.context, "Annotation", "GeometricCurveSet", [curves]
    )
    note = model.put("IfcAnnotation", (0, 0, 0), shape=shape)
    found = {(n, name): p for n, name, p in lines(model.file, [grid])}
    assert found[grid.id(), "Axis"] == pytest.approx(np.array([[1.0, 0, 0], [4.0, 4, 0]]))
    several = [p for _, _, p in lines(model.file, [note])]
    assert [len(p) for p in several] == [2, 1]
    assert several[1][0] == pytest.approx([3.0, 4.0, 0.0])


def test_simplified_keeps_within_the_tolerance() -> None:
    t = np.linspace(0, 6, 2000)
    chain = np.column_stack([t * 10, np.sin(t) * 5, t * 0.1])
    few = simplified(chain, 0.01)
    assert len(few) < 100
    along = np.interp(chain[:, 0], few[:, 0], few[:, 1])
    assert np.abs(along - chain[:, 1]).max() < 0.012


@pytest.mark.keeps("IFC", "exact", "z")
def test_a_real_alignment_with_clothoids_and_cant(shared_data: Path) -> None:
    file = shared_data / "ifc" / "xBimTeam-XbimEssentials" / "linear-placement-of-signal.ifc"
    model, _, _ = open_model(file)
    made = model.by_type("IfcAlignment")
    found = {name: p for _, name, p in lines(model, made)}
    assert found["Axis"][0] == pytest.approx([452270.188, 4539403.947, 5.0], abs=1e-3)
    assert found["Axis"][-1] == pytest.approx([453202.524, 4539831.929, 2.0], abs=1e-3)
    steps = np.hypot(*np.diff(found["FootPrint"][:, :2], axis=0).T)
    assert steps.sum() == pytest.approx(1029.37, abs=0.1)


@pytest.mark.keeps("IFC", "damage")
def test_a_curve_of_length_nothing_is_no_failure() -> None:
    model = Model("IFC4X3_ADD2", millimetres=False)
    made, _ = alignment(model, 50.0, 0.0)
    problems: list[Problem] = []
    assert list(lines(model.file, [made], problems=problems)) == []
    assert problems == []


@pytest.mark.parametrize("lined", [True, False])
def test_the_texts_of_a_drawing_are_kept(tmp_path: Path, lined: bool) -> None:
    model = Model()
    make = model.file.create_entity
    text = make("IfcTextLiteral", "A-A", model.axes(0, 0, 0), "RIGHT")
    items = [text]
    if lined:
        items.append(make("IfcPolyline", [make("IfcCartesianPoint", [x, 0.0]) for x in (0.0, 9.0)]))
    shape = make("IfcShapeRepresentation", model.context, "Annotation", "Annotation2D", items)
    note = model.put("IfcAnnotation", (0, 0, 0), shape=shape)
    _, tables, codes = load(model.write(tmp_path))
    assert "representation-not-kept" not in codes
    assert ("geometries" in tables) is lined
    assert told(tables, note.GlobalId)["text"] == ["A-A"]


@pytest.mark.keeps("IFC", "geometry", "z")
def test_structural_vertices_and_edges_are_points_and_lines(tmp_path: Path) -> None:
    model = Model()
    make, u = model.file.create_entity, model.unit

    def vertex(x: float, z: float) -> Any:
        return make("IfcVertexPoint", make("IfcCartesianPoint", [x * u, 0.0, z * u]))

    def put(kind: str, item: Any, form: str, **attributes: Any) -> Any:
        shape = make("IfcTopologyRepresentation", model.context, "Reference", form, [item])
        return model.put(kind, (1, 2, 3), shape=shape, **attributes)

    node = put("IfcStructuralPointConnection", vertex(4, 0), "Vertex")
    up = make("IfcDirection", [0.0, 1.0, 0.0])
    edge = make("IfcEdge", vertex(0, 0), vertex(0, 5))
    kind = "RIGID_JOINED_MEMBER"
    bar = put("IfcStructuralCurveMember", edge, "Edge", PredefinedType=kind, Axis=up)
    _, tables, codes = load(model.write(tmp_path))
    assert not {"representation-not-kept", "curve-failed"} & set(codes)
    found = {
        r["source_key"]: shapely.from_wkb(r["wkb"]).wkt for r in tables["geometries"].to_pylist()
    }
    assert found == {
        node.GlobalId: "POINT Z (5 2 3)",
        bar.GlobalId: "LINESTRING Z (1 2 3, 1 2 8)",
    }
