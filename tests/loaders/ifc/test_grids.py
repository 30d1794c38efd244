"""Products placed on a grid, and products that nobody can place beside sound ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.loaders.ifc.building import Model, load, world


def grid(model: Model) -> tuple[Any, Any]:
    """Draw a grid at (10, 20): axis A along x, axis 1 along y through x = 3 m."""
    make = model.file.create_entity

    def axis(tag: str, *ends: tuple[float, float]) -> Any:
        points = [make("IfcCartesianPoint", [v * model.unit for v in end]) for end in ends]
        return make("IfcGridAxis", tag, make("IfcPolyline", points), True)

    a, one = axis("A", (0, 0), (8, 0)), axis("1", (3, 1), (3, 9))
    placed = model.placement(10, 20, 1)
    make("IfcGrid", model.guid(), ObjectPlacement=placed, UAxes=[a], VAxes=[one])
    return a, one


@pytest.mark.keeps("IFC", "geometry")
@pytest.mark.parametrize(
    ("offsets", "towards", "centre", "along"),
    [
        ((0, 0), None, (13, 20), "x"),
        ((2, 1, 5), None, (12, 22), "x"),  # to the left of each axis, and upwards
        ((0, 0), (0.0, 1.0, 0.0), (13, 20), "y"),
        ((0, 0), "corner", (13, 20), "y"),
    ],
)
def test_columns_stand_at_the_intersections_of_their_grid(
    tmp_path: Path,
    offsets: tuple[float, ...],
    towards: Any,
    centre: tuple[float, float],
    along: str,
) -> None:
    model = Model()
    make, unit = model.file.create_entity, model.unit
    a, one = grid(model)

    def meeting(*shift: float) -> Any:
        return make("IfcVirtualGridIntersection", [a, one], [v * unit for v in shift])

    reference = None
    if towards == "corner":
        reference = meeting(7, 0)
    elif towards is not None:
        reference = make("IfcDirection", list(towards))
    column = model.put("IfcColumn", (0, 0, 0), (4.0, 2.0, 3.0))
    column.ObjectPlacement = make(
        "IfcGridPlacement", PlacementLocation=meeting(*offsets), PlacementRefDirection=reference
    )
    wall = model.put("IfcWall", (50, 0, 0))
    model.convert()
    asset, tables, codes = load(model.write(tmp_path))
    points = world(tables, column.GlobalId)
    high = (*offsets, 0.0)[2] if len(offsets) > 2 else 0.0
    low, top = points.min(axis=0), points.max(axis=0)
    east, north = 500_000.0, 3_272_000.0
    middle = [east + centre[0], north + centre[1], 201.0 + high + 1.5]
    assert (low + top) / 2 == pytest.approx(middle, abs=1e-4)
    size = [4.0, 2.0, 3.0] if along == "x" else [2.0, 4.0, 3.0]
    assert top - low == pytest.approx(size, abs=1e-4)
    assert len(world(tables, wall.GlobalId))
    assert not {"geometry-failed", "placement-failed"} & set(codes)
    assert asset.counts["entities"] == len(model.file.entity_names())


@pytest.mark.keeps("IFC", "damage")
@pytest.mark.parametrize("broken", ["nothing", "no location on a grid", "no direction"])
def test_a_product_that_nobody_can_place_does_not_cost_the_others_their_bodies(
    tmp_path: Path, broken: str, capfd: pytest.CaptureFixture[str]
) -> None:
    model = Model()
    make = model.file.create_entity
    walls = [model.put("IfcWall", (n * 9.0, 0, 0)) for n in range(3)]
    lost = model.put("IfcColumn", (0, 0, 0))
    if broken == "nothing":
        lost.ObjectPlacement = make("IfcLocalPlacement", None, None)
    elif broken == "no direction":
        zero = make("IfcDirection", [0.0, 0.0, 0.0])
        lost.ObjectPlacement.RelativePlacement.RefDirection = zero
        lost.ObjectPlacement.RelativePlacement.Axis = zero
    else:
        lost.ObjectPlacement = make("IfcGridPlacement")
    _, tables, codes = load(model.write(tmp_path))
    assert set(tables["placements"]["source_key"].to_pylist()) == {w.GlobalId for w in walls}
    assert codes.count("placement-failed") == 1
    assert "geometry-failed" not in codes
    assert np.isfinite(world(tables, walls[0].GlobalId)).all()
    assert capfd.readouterr().out == ""  # there it would be data
