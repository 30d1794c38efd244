"""What IFC objects have to do with each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely

from tests.loaders.ifc.building import Model, load, related, row, told


def connect(model: Model, kind: str, **ends: Any) -> None:
    model.file.create_entity(kind, model.guid(), **ends)


@pytest.mark.keeps("IFC", "relations")
@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
def test_structure_voids_fillings_and_connections(tmp_path: Path, schema: str) -> None:
    model = Model(schema)
    wall, other = model.put("IfcWall", (0, 0, 0)), model.put("IfcWall", (9, 0, 0))
    hole = model.put("IfcOpeningElement", (0, 0, 1), size=(1.0, 4.0, 1.0))
    door = model.put("IfcDoor", (0, 0, 1), size=(1.0, 0.1, 1.0))
    cover, space = model.put("IfcCovering", (0, 0, 0)), model.put("IfcSpace", (0, 9, 0))
    ports = [
        model.file.create_entity("IfcDistributionPort", model.guid(), Name=n) for n in ("in", "out")
    ]
    element = model.put("IfcFlowSegment", (0, 20, 0))
    connect(model, "IfcRelVoidsElement", RelatingBuildingElement=wall, RelatedOpeningElement=hole)
    connect(model, "IfcRelFillsElement", RelatingOpeningElement=hole, RelatedBuildingElement=door)
    connect(
        model,
        "IfcRelConnectsPathElements",
        RelatingElement=wall,
        RelatedElement=other,
        RelatingPriorities=[1],
        RelatedPriorities=[2],
        RelatedConnectionType="ATEND",
        RelatingConnectionType="ATSTART",
    )
    connect(
        model,
        "IfcRelCoversBldgElements",
        RelatingBuildingElement=wall,
        RelatedCoverings=[cover],
    )
    connect(
        model,
        "IfcRelSpaceBoundary" if schema == "IFC2X3" else "IfcRelSpaceBoundary2ndLevel",
        RelatingSpace=space,
        RelatedBuildingElement=wall,
    )
    connect(model, "IfcRelConnectsPorts", RelatingPort=ports[0], RelatedPort=ports[1])
    for port in ports:
        connect(model, "IfcRelConnectsPortToElement", RelatingPort=port, RelatedElement=element)
    connect(
        model,
        "IfcRelReferencedInSpatialStructure",
        RelatingStructure=model.building,
        RelatedElements=[wall],
    )
    _, tables, _ = load(model.write(tmp_path))
    found = related(tables)
    name = {
        x.GlobalId: k
        for k, x in {
            "wall": wall,
            "other": other,
            "hole": hole,
            "door": door,
            "cover": cover,
            "space": space,
            "in": ports[0],
            "out": ports[1],
            "pipe": element,
            "project": model.project,
            "site": model.site,
            "building": model.building,
            "storey": model.storey,
        }.items()
    }
    named = {(name[a], r, name[b]) for a, r, b in found}
    level = "" if schema == "IFC2X3" else "2ndLevel"
    assert named >= {
        ("project", "IfcRelAggregates", "site"),
        ("building", "IfcRelAggregates", "storey"),
        ("storey", "IfcRelContainedInSpatialStructure", "wall"),
        ("wall", "IfcRelVoidsElement", "hole"),
        ("hole", "IfcRelFillsElement", "door"),
        ("wall", "IfcRelConnectsPathElements", "other"),
        ("wall", "IfcRelCoversBldgElements", "cover"),
        ("space", f"IfcRelSpaceBoundary{level}", "wall"),
        ("in", "IfcRelConnectsPorts", "out"),
        ("in", "IfcRelConnectsPortToElement", "pipe"),
        ("building", "IfcRelReferencedInSpatialStructure", "wall"),
    }
    parents = {r["source_key"]: r["parent_key"] for r in tables["objects"].to_pylist()}
    assert name[parents[ports[0].GlobalId]] == "pipe"
    assert name[parents[model.storey.GlobalId]] == "building"


@pytest.mark.keeps("IFC", "relations", "attributes")
def test_systems_zones_and_groups_are_objects(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    pump, space = model.put("IfcPump", (0, 0, 0)), model.put("IfcSpace", (9, 0, 0))
    system = make(
        "IfcDistributionSystem",
        model.guid(),
        Name="给水",
        LongName="生活给水系统",
        PredefinedType="DOMESTICCOLDWATER",
    )
    part = make("IfcSystem", model.guid(), Name="分区")
    zone = make("IfcZone", model.guid(), Name="Z", LongName="防火分区")
    plan = make("IfcPerformanceHistory", model.guid(), Name="log")
    for group, members in ((system, [pump, part]), (zone, [space])):
        connect(model, "IfcRelAssignsToGroup", RelatedObjects=members, RelatingGroup=group)
    connect(model, "IfcRelAssignsToControl", RelatedObjects=[pump], RelatingControl=plan)
    connect(
        model,
        "IfcRelServicesBuildings",
        RelatingSystem=system,
        RelatedBuildings=[model.building],
    )
    kind = make("IfcPumpType", model.guid(), Name="P", PredefinedType="CIRCULATOR")
    connect(model, "IfcRelDefinesByType", RelatedObjects=[pump], RelatingType=kind)
    model.pset("Pset_DistributionSystemCommon", {"Reference": "S1"}, [system])
    model.convert()
    _, tables, _ = load(model.write(tmp_path))
    found = row(tables, "IfcDistributionSystem")
    assert found["kind"] == "bim"
    assert found["name"] == "给水"
    assert found["geometry"] is None
    assert found["position_origin"] == "none"
    assert '"DOMESTICCOLDWATER"' in found["properties"]
    assert '"Reference":"S1"' in found["properties"]
    assert row(tables, "IfcZone")["source_key"] == zone.GlobalId
    assert related(tables) >= {
        (pump.GlobalId, "IfcRelAssignsToGroup", system.GlobalId),
        (part.GlobalId, "IfcRelAssignsToGroup", system.GlobalId),
        (space.GlobalId, "IfcRelAssignsToGroup", zone.GlobalId),
        (pump.GlobalId, "IfcRelAssignsToControl", plan.GlobalId),
        (system.GlobalId, "IfcRelServicesBuildings", model.building.GlobalId),
        (pump.GlobalId, "IfcRelDefinesByType", kind.GlobalId),
    }


@pytest.mark.keeps("IFC", "relations")
def test_a_filling_belongs_to_the_storey_of_its_wall(tmp_path: Path) -> None:
    model = Model()
    wall = model.put("IfcWall", (0, 0, 0))
    hole = model.file.create_entity("IfcOpeningElement", model.guid())
    door = model.file.create_entity("IfcDoor", model.guid(), Name="D")
    connect(model, "IfcRelVoidsElement", RelatingBuildingElement=wall, RelatedOpeningElement=hole)
    connect(model, "IfcRelFillsElement", RelatingOpeningElement=hole, RelatedBuildingElement=door)
    found = row(load(model.write(tmp_path))[1], "IfcDoor")
    assert found["parent_key"] == hole.GlobalId
    assert '"storey":"1F"' in found["properties"]


@pytest.mark.keeps("IFC", "contradictions")
def test_rings_of_aggregation_are_cut_and_told(tmp_path: Path) -> None:
    model = Model()
    one, other = model.put("IfcWall", (0, 0, 0)), model.put("IfcWall", (9, 0, 0))
    model.relate("IfcRelAggregates", one, [other])
    model.relate("IfcRelAggregates", other, [one])
    for relation in model.file.by_type("IfcRelContainedInSpatialStructure"):
        model.file.remove(relation)
    _, tables, codes = load(model.write(tmp_path))
    assert codes.count("structure-cyclic") == 1
    parents = {r["source_key"]: r["parent_key"] for r in tables["objects"].to_pylist()}
    assert sorted([parents[one.GlobalId], parents[other.GlobalId]], key=str) in (
        [one.GlobalId, None],
        [other.GlobalId, None],
        [None, one.GlobalId],
        sorted([one.GlobalId, None], key=str),
        sorted([other.GlobalId, None], key=str),
    )
    assert len(related(tables)) >= 5


@pytest.mark.keeps("IFC", "relations", "geometry", "semantics")
@pytest.mark.parametrize("form", ["plane", "extrusion", "face", "sphere"])
def test_what_bounds_a_space_is_kept_with_its_outline(tmp_path: Path, form: str) -> None:
    model = Model()
    make = model.file.create_entity
    space, wall = model.put("IfcSpace", (9, 5, 0)), model.put("IfcWall", (0, 0, 0))

    def chain(points: list[list[float]]) -> Any:
        return make("IfcPolyline", [make("IfcCartesianPoint", p) for p in points])

    square = [[0.0, 0.0], [4000.0, 0.0], [4000.0, 3000.0], [0.0, 3000.0], [0.0, 0.0]]
    upright = make(  # its x along x, its y upward
        "IfcAxis2Placement3D",
        make("IfcCartesianPoint", [0.0, 500.0, 0.0]),
        make("IfcDirection", [0.0, -1.0, 0.0]),
        make("IfcDirection", [1.0, 0.0, 0.0]),
    )
    if form == "plane":
        surface = make("IfcCurveBoundedPlane", make("IfcPlane", upright), chain(square), [])
    elif form == "extrusion":
        profile = make("IfcArbitraryOpenProfileDef", "CURVE", None, chain(square[:2]))
        up = make("IfcDirection", [0.0, 0.0, 2.0])
        surface = make("IfcSurfaceOfLinearExtrusion", profile, model.axes(0, 500.0, 0), up, 3000.0)
    elif form == "face":
        points = [make("IfcCartesianPoint", [x, 500.0, z]) for x, z in square[:4]]
        face = make("IfcFace", [make("IfcFaceOuterBound", make("IfcPolyLoop", points), True)])
        surface = make("IfcFaceBasedSurfaceModel", [make("IfcConnectedFaceSet", [face])])
    else:
        surface = make("IfcSphericalSurface", upright, 1000.0)
    relation = model.guid()
    make(
        "IfcRelSpaceBoundary",
        relation,
        Name="2ndLevel",
        Description="2a",
        RelatingSpace=space,
        RelatedBuildingElement=wall,
        ConnectionGeometry=make("IfcConnectionSurfaceGeometry", surface),
        PhysicalOrVirtualBoundary="PHYSICAL",
        InternalOrExternalBoundary="EXTERNAL",
    )
    _, tables, codes = load(model.write(tmp_path))
    assert told(tables, space.GlobalId)["boundary"] == [
        {
            "id": relation,
            "class": "IfcRelSpaceBoundary",
            "name": "2ndLevel",
            "level": "2a",
            "element": wall.GlobalId,
            "physical": "PHYSICAL",
            "side": "EXTERNAL",
        }
    ]
    assert ("representation-not-kept" in codes) is (form == "sphere")
    if form != "sphere":
        (drawn,) = tables["geometries"].to_pylist()
        assert (drawn["source_key"], drawn["lod"]) == (space.GlobalId, f"SpaceBoundary {relation}")
        ring = shapely.get_coordinates(shapely.from_wkb(drawn["wkb"]), include_z=True)
        assert ring.min(axis=0) == pytest.approx([9.0, 5.5, 0.0])
        assert ring.max(axis=0) == pytest.approx([13.0, 5.5, 3.0])
        assert ring[0] == pytest.approx(ring[-1])
