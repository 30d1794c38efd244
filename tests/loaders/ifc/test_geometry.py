"""Triangles, outlines, lines and colours of IFC products, and what damaged ones do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely

from cimkit.loaders.ifc.outlines import outline
from tests.loaders.ifc.building import Model, load, row, source, told, world


def colour(model: Model, red: float) -> Any:
    make = model.file.create_entity
    shading = make("IfcSurfaceStyleShading", make("IfcColourRgb", None, red, 0.0, 1.0), 0.25)
    return make("IfcSurfaceStyle", None, "BOTH", [shading])


def placements(tables: dict[str, pa.Table], key: str) -> list[dict[str, Any]]:
    return [r for r in tables["placements"].to_pylist() if r["source_key"] == key]


@pytest.mark.keeps("IFC", "instances", "geometry")
def test_mapped_shapes_are_stored_once(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    mapped = make("IfcRepresentationMap", model.axes(0, 0, 0), model.box((1.0, 1.0, 1.0)))
    origin = make("IfcCartesianPoint", [0.0, 0.0, 0.0])
    target = make("IfcCartesianTransformationOperator3D", None, None, origin)
    keys = []
    for n in range(20):
        item = make("IfcMappedItem", mapped, target)
        shape = make(
            "IfcShapeRepresentation", model.context, "Body", "MappedRepresentation", [item]
        )
        keys.append(model.put("IfcFurniture", (n * 2.0, 0, 0), shape=shape).GlobalId)
    _, tables, _ = load(model.write(tmp_path))
    assert tables["shapes"].num_rows == 1
    assert tables["placements"].num_rows == 20
    assert world(tables, keys[7]).mean(axis=0) == pytest.approx([14, 0, 0.5], abs=1e-6)


@pytest.mark.keeps("IFC", "appearance")
def test_colours_of_items_and_of_materials(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    styled, made = model.put("IfcWall", (0, 0, 0)), model.put("IfcWall", (9, 0, 0))
    bare = model.put("IfcWall", (0, 9, 0))
    solid = styled.Representation.Representations[0].Items[0]
    make("IfcStyledItem", solid, [colour(model, 1.0)])
    material = make("IfcMaterial", "glass")
    shown = make(
        "IfcStyledRepresentation",
        model.context,
        "Style",
        "Material",
        [make("IfcStyledItem", None, [colour(model, 0.5)])],
    )
    make("IfcMaterialDefinitionRepresentation", None, None, [shown], material)
    make(
        "IfcRelAssociatesMaterial",
        model.guid(),
        RelatedObjects=[made],
        RelatingMaterial=material,
    )
    _, tables, _ = load(model.write(tmp_path))
    (one,), (other,) = placements(tables, styled.GlobalId), placements(tables, made.GlobalId)
    assert one["color"] == pytest.approx([1.0, 0.0, 1.0, 0.75])
    assert other["color"] == pytest.approx([0.2140, 0.0, 1.0, 0.75], abs=1e-3)
    assert placements(tables, bare.GlobalId)[0]["color"] is None


@pytest.mark.keeps("IFC", "geometry")
def test_the_footprint_is_the_outline_and_not_the_hull(tmp_path: Path) -> None:
    model = Model(millimetres=False)
    make = model.file.create_entity
    corners = [(0, 0), (10, 0), (10, 2), (2, 2), (2, 10), (0, 10), (0, 0)]
    points = [make("IfcCartesianPoint", [float(x), float(y)]) for x, y in corners]
    profile = make("IfcArbitraryClosedProfileDef", "AREA", None, make("IfcPolyline", points))
    up = make("IfcDirection", [0.0, 0.0, 1.0])
    solid = make("IfcExtrudedAreaSolid", profile, model.axes(0, 0, 0), up, 3.0)
    shape = make("IfcShapeRepresentation", model.context, "Body", "SweptSolid", [solid])
    model.put("IfcSlab", (0, 0, 0), shape=shape)
    model.convert(scale=1.0)
    _, tables, _ = load(model.write(tmp_path))
    found = shapely.from_wkb(row(tables, "IfcSlab")["geometry"])
    assert len(found.exterior.coords) == 7
    assert found.area / found.convex_hull.area == pytest.approx(36 / 68, abs=1e-3)


def test_outline_of_a_ring_has_its_hole() -> None:
    outer, inner = [(0, 0), (9, 0), (9, 9), (0, 9)], [(3, 3), (6, 3), (6, 6), (3, 6)]
    positions = np.array([(*p, 0) for p in outer + inner], np.float32)
    sides = [(0, 1, 4), (1, 5, 4), (1, 2, 5), (2, 6, 5), (2, 3, 6), (3, 7, 6), (3, 0, 7), (0, 4, 7)]
    found = outline(positions, np.array(sides, np.uint32))
    assert shapely.area(found.ground) == pytest.approx(72)
    assert (found.low, found.high) == (0, 0)


@pytest.mark.keeps("IFC", "geometry")
def test_all_bodies_of_a_product_are_kept(tmp_path: Path) -> None:
    model = Model()
    wall = model.put("IfcWall", (0, 0, 0), size=(4.0, 2.0, 3.0))
    shape = model.box((1.0, 1.0, 9.0))
    wall.Representation.Representations = [*wall.Representation.Representations, shape]
    unusual = model.put("IfcWall", (20, 0, 0))
    unusual.Representation.Representations[0].RepresentationIdentifier = "LOD 300"
    _, tables, codes = load(model.write(tmp_path))
    assert world(tables, wall.GlobalId)[:, 2].max() == pytest.approx(9)
    assert world(tables, wall.GlobalId)[:, 0].max() == pytest.approx(2)
    assert len(placements(tables, unusual.GlobalId)) == 1
    assert codes == ["georeference-missing"]


@pytest.mark.keeps("IFC", "exact", "z")
def test_axis_and_footprint_are_kept_beside_the_body(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    wall = model.put("IfcWall", (10, 0, 5))
    ends = [make("IfcCartesianPoint", [x, 0.0]) for x in (-2000.0, 2000.0)]
    axis = make(
        "IfcShapeRepresentation",
        model.context,
        "Axis",
        "Curve2D",
        [make("IfcPolyline", ends)],
    )
    wall.Representation.Representations = [axis, *wall.Representation.Representations]
    _, tables, _ = load(model.write(tmp_path))
    (found,) = tables["geometries"].to_pylist()
    assert (found["source_key"], found["lod"]) == (wall.GlobalId, "Axis")
    line = shapely.get_coordinates(shapely.from_wkb(found["wkb"]), include_z=True)
    assert line == pytest.approx(np.array([[8.0, 0.0, 5.0], [12.0, 0.0, 5.0]]))
    assert told(tables, wall.GlobalId)["representation"] == ["Axis/Curve2D", "Body/SweptSolid"]


def ring_of_placements(model: Model, one: Any, other: Any) -> None:
    one.ObjectPlacement.PlacementRelTo = other.ObjectPlacement
    other.ObjectPlacement.PlacementRelTo = one.ObjectPlacement


def ring_of_booleans(model: Model, one: Any, other: Any) -> None:
    result = model.file.create_entity("IfcBooleanResult", "DIFFERENCE")
    result.FirstOperand = result.SecondOperand = result
    for wall in (one, other):
        wall.Representation.Representations[0].Items = [result]


def no_placement(model: Model, one: Any, other: Any) -> None:
    one.ObjectPlacement = other.ObjectPlacement = None


def far_away(model: Model, one: Any, other: Any) -> None:
    for wall in (one, other):
        wall.ObjectPlacement.RelativePlacement.Location.Coordinates = (1e12, 1e12, 0.0)


def empty_shapes(model: Model, one: Any, other: Any) -> None:
    shell = model.file.create_entity("IfcClosedShell", [])
    for wall in (one, other):
        solid = model.file.create_entity("IfcFacetedBrep", shell)
        wall.Representation.Representations[0].Items = [solid]


@pytest.mark.keeps("IFC", "damage", "contradictions")
@pytest.mark.parametrize(
    ("damage", "code", "meshes"),
    [
        (ring_of_placements, "placement-cyclic", 1),
        (ring_of_booleans, "boolean-cyclic", 1),
        (no_placement, None, 3),
        (far_away, None, 3),
        (empty_shapes, "geometry-failed", 1),
    ],
)
def test_damaged_products_do_not_take_the_others_with_them(
    tmp_path: Path, damage: Callable[[Model, Any, Any], None], code: str | None, meshes: int
) -> None:
    model = Model()
    one, other = model.put("IfcWall", (0, 0, 0)), model.put("IfcWall", (9, 0, 0))
    model.put("IfcColumn", (0, 9, 0))
    damage(model, one, other)
    _, tables, codes = load(model.write(tmp_path))
    assert tables["objects"].num_rows == 6
    assert len(set(tables["placements"]["source_key"].to_pylist())) == meshes
    if code is not None:
        assert codes.count(code) == 1


@pytest.mark.keeps("IFC", "damage")
@pytest.mark.parametrize("number", ["nan", "1.E400", "-", "'text'", "$", ""])
def test_numbers_that_are_none(tmp_path: Path, number: str) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    model.put("IfcWall", (12.345, 0, 0))
    given = model.write(tmp_path)
    text = given.file.read_text()
    assert "12345." in text
    given.file.write_text(text.replace("12345.", number))
    _, tables, _ = load(given)
    kinds = tables["objects"]["source_class"].to_pylist()
    assert kinds.count("IfcWall") == 2
    positions = np.concatenate(tables["shapes"]["positions"].to_pylist())
    assert np.isfinite(positions).all()


@pytest.mark.keeps("IFC", "damage")
def test_half_of_a_file_gives_half_of_its_objects(tmp_path: Path) -> None:
    model = Model()
    for n in range(20):
        wall = model.put("IfcWall", (n * 5.0, 0, 0))
        model.pset("P", {"n": str(n)}, [wall])
    given = model.write(tmp_path)
    whole = given.file.read_bytes()
    file = tmp_path / "half.ifc"
    file.write_bytes(whole[: len(whole) // 2])
    _, tables, codes = load(source(file))
    assert "file-truncated" in codes
    found = [r for r in tables["objects"].to_pylist() if r["source_class"] == "IfcWall"]
    assert 4 < len(found) < 20
    assert json.loads(found[0]["properties"])["pset"] == {"P": {"n": "0"}}
    assert len(set(tables["placements"]["source_key"].to_pylist())) >= len(found) - 1
