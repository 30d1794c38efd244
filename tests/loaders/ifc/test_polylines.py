"""Straight curves read from the file itself."""

from __future__ import annotations

from typing import Any

import ifcopenshell
import numpy as np
import pytest

from cimkit.loaders.ifc.curves import CurveReader
from cimkit.loaders.ifc.polylines import corners


@pytest.fixture
def model() -> Any:
    return ifcopenshell.file(schema="IFC4")


def polyline(model: Any, points: list[tuple[float, ...]]) -> Any:
    made = [model.create_entity("IfcCartesianPoint", Coordinates=p) for p in points]
    return model.create_entity("IfcPolyline", Points=made)


def indexed(model: Any, segments: list[tuple[str, tuple[int, ...]]] | None) -> Any:
    listed = model.create_entity(
        "IfcCartesianPointList2D", CoordList=((0.0, 0.0), (1.0, 0.0), (2.0, 1.0), (0.0, 2.0))
    )
    made = [model.create_entity(k, i) for k, i in segments] if segments is not None else None
    return model.create_entity("IfcIndexedPolyCurve", Points=listed, Segments=made)


@pytest.mark.keeps("IFC", "geometry", "exact")
def test_corners_of_a_polyline(model: Any) -> None:
    flat = corners(polyline(model, [(0.0, 0.0), (1000.0, 0.0), (1000.0, 500.0)]), 0.001)
    assert flat is not None
    assert flat.tolist() == [[0, 0, 0], [1, 0, 0], [1, 0.5, 0]]
    high = corners(polyline(model, [(0.0, 0.0, 1.0), (4.0, 0.0, 2.0)]), 1.0)
    assert high is not None
    assert high.tolist() == [[0, 0, 1], [4, 0, 2]]


@pytest.mark.keeps("IFC", "geometry", "exact")
def test_corners_of_an_indexed_curve(model: Any) -> None:
    whole = corners(indexed(model, None), 1.0)
    assert whole is not None
    assert whole[:, :2].tolist() == [[0, 0], [1, 0], [2, 1], [0, 2]]
    ring = corners(indexed(model, [("IfcLineIndex", (4, 2)), ("IfcLineIndex", (2, 3, 4))]), 1.0)
    assert ring is not None
    assert ring[:, :2].tolist() == [[0, 2], [1, 0], [2, 1], [0, 2]]


def composed(model: Any, parts: list[tuple[list[tuple[float, ...]], bool]]) -> Any:
    make = model.create_entity
    made = [
        make("IfcCompositeCurveSegment", "CONTINUOUS", same, polyline(model, points))
        for points, same in parts
    ]
    return make("IfcCompositeCurve", made, False)


def test_straight_segments_are_joined_as_the_engine_joins_them(model: Any) -> None:
    first: list[tuple[float, ...]] = [(0.0, 0.0), (1.0, 0.0)]
    last: list[tuple[float, ...]] = [(0.0, 2.0), (2.0, 1.0), (1.0, 0.0)]
    curve = composed(model, [(first, True), (last, False)])
    found = corners(curve, 1.0)
    assert found is not None
    assert found[:, :2].tolist() == [[0, 0], [1, 0], [2, 1], [0, 2]]
    (drawn,) = CurveReader(model, 0.001)._meshed(curve)
    assert drawn == pytest.approx(found)
    assert corners(composed(model, [(first, True), (last, True)]), 1.0) is None  # apart


def test_what_is_not_straight_or_not_sound_is_left_to_the_engine(model: Any) -> None:
    for segments in (
        [("IfcArcIndex", (1, 2, 3))],
        [("IfcLineIndex", (1, 2)), ("IfcLineIndex", (3, 4))],
        [("IfcLineIndex", (1, 9))],
    ):
        assert corners(indexed(model, segments), 1.0) is None
    assert corners(polyline(model, [(0.0, 0.0)]), 1.0) is None
    assert corners(polyline(model, [(0.0, 0.0), (0.0, 0.0), (1.0, 0.0)]), 1.0) is None
    assert corners(polyline(model, [(0.0, 0.0), (1.0, 0.0, 0.0)]), 1.0) is None
    assert corners(model.create_entity("IfcCircle", Radius=1.0), 1.0) is None


@pytest.mark.keeps("IFC", "geometry", "instances")
def test_a_curve_mapped_to_two_places_is_drawn_at_each(model: Any) -> None:
    def point(*at: float) -> Any:
        return model.create_entity("IfcCartesianPoint", Coordinates=at)

    axes = model.create_entity("IfcAxis2Placement3D", Location=point(0.0, 0.0, 0.0))
    context = model.create_entity(
        "IfcGeometricRepresentationContext",
        ContextType="Model",
        CoordinateSpaceDimension=3,
        WorldCoordinateSystem=axes,
    )
    line = polyline(model, [(0.0, 0.0), (1.0, 0.0)])
    shape = model.create_entity(
        "IfcShapeRepresentation", context, "Plan", "GeometricCurveSet", [line]
    )
    source = model.create_entity("IfcRepresentationMap", axes, shape)
    reader = CurveReader(model, 0.001)
    for shift in (0.0, 5.0, 5.0):
        target = model.create_entity(
            "IfcCartesianTransformationOperator3D", LocalOrigin=point(shift, 0.0, 0.0)
        )
        (chain,) = reader.chains(model.create_entity("IfcMappedItem", source, target))
        expected = [[shift, 0, 0], [shift + 1, 0, 0]]
        assert np.allclose(chain[np.argsort(chain[:, 0])], expected)
