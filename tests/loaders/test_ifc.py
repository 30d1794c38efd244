"""The IFC loader, on models made here."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import ifcopenshell
import numpy as np
import pytest
import shapely

from cimkit.errors import SourceUnreadable
from cimkit.geometry.crs import parse_crs, to_crs84
from cimkit.loaders import ifc
from cimkit.loaders._spec import Head, ReadOptions
from cimkit.loaders.ifc.open import scan
from cimkit.loaders.ifc.representations import has_body
from cimkit.model import Declaration, Place
from tests.loaders.ifc.building import E0, GUIDS, N0, Model, load, row, source, world


def test_counts_structure_and_place(tmp_path: Path) -> None:
    model = Model()
    wall = model.put("IfcWall", (10, 20, 0), Name="外墙")
    model.convert()
    asset, tables, codes = load(model.write(tmp_path))
    assert asset.format == "IFC4"
    assert asset.counts["products"] == 4
    assert asset.counts["storeys"] == 1
    assert asset.crs == "EPSG:4544"
    assert asset.crs_origin == "declared"
    assert codes == []
    found = row(tables, "IfcWall")
    assert found["source_key"] == wall.GlobalId
    assert found["name"] == "外墙"
    assert found["parent_key"] == model.storey.GlobalId
    assert json.loads(found["properties"])["storey"] == "1F"
    assert found["position_origin"] == "map-conversion"
    assert (found["z_min"], found["z_max"]) == pytest.approx((200, 203))
    expected = to_crs84(np.array([[E0 + 8, N0 + 19], [E0 + 12, N0 + 21]]), parse_crs("EPSG:4544"))
    assert shapely.bounds(shapely.from_wkb(found["geometry"])) == pytest.approx(
        expected.ravel(), abs=1e-7
    )
    corners = world(tables, wall.GlobalId)
    assert corners.min(axis=0) == pytest.approx([E0 + 8, N0 + 19, 200], abs=1e-3)
    assert corners.max(axis=0) == pytest.approx([E0 + 12, N0 + 21, 203], abs=1e-3)
    # the storey has no body: it extends as far as its parts
    assert row(tables, "IfcBuildingStorey")["height"] == pytest.approx(3)


def test_rotation_is_counter_clockwise_from_easting(tmp_path: Path) -> None:
    model = Model()
    wall = model.put("IfcWall", (10, 0, 0))
    model.convert(degrees=90)
    _, tables, _ = load(model.write(tmp_path))
    middle = world(tables, wall.GlobalId).mean(axis=0)
    assert middle[:2] == pytest.approx([E0, N0 + 10], abs=1e-6)


@pytest.mark.parametrize(("scale", "said"), [(0.001, False), (1.0, True), (None, True)])
def test_building_never_shrinks_by_a_wrong_scale(
    tmp_path: Path, scale: float | None, said: bool
) -> None:
    model = Model(millimetres=True)
    wall = model.put("IfcWall", (0, 0, 0))
    model.convert(scale=scale)
    _, tables, codes = load(model.write(tmp_path))
    corners = world(tables, wall.GlobalId)
    assert np.ptp(corners, axis=0) == pytest.approx([4, 2, 3], abs=1e-4)
    assert ("map-scale-inconsistent" in codes) is said


def test_crs_in_feet_is_given_in_metres(tmp_path: Path) -> None:
    model = Model(millimetres=False)
    model.put("IfcWall", (0, 0, 0))
    austin = (3_115_000.0, 10_070_000.0)
    model.convert(epsg="EPSG:2277", scale=3937 / 1200, at=austin)
    asset, _, codes = load(model.write(tmp_path))
    assert asset.crs is not None
    crs = parse_crs(asset.crs)
    assert crs.axis_info[0].unit_conversion_factor == 1
    foot = 1200 / 3937
    ours = to_crs84(np.array([austin]) * foot, crs)
    theirs = to_crs84(np.array([austin]), parse_crs("EPSG:2277"))
    assert ours == pytest.approx(theirs, abs=1e-9)
    assert "map-scale-inconsistent" not in codes


def test_without_place_local_mesh_is_kept(tmp_path: Path) -> None:
    model = Model()
    wall = model.put("IfcWall", (10, 20, 0))
    asset, tables, codes = load(model.write(tmp_path))
    assert codes == ["georeference-missing"]
    assert asset.crs is None
    assert asset.properties["placed"] is False
    found = row(tables, "IfcWall")
    assert found["geometry"] is None
    assert found["position_origin"] == "none"
    assert world(tables, wall.GlobalId).mean(axis=0)[:2] == pytest.approx([10, 20], abs=1e-6)


def test_sheet_outranks_the_file(tmp_path: Path) -> None:
    model = Model()
    wall = model.put("IfcWall", (10, 0, 0))
    model.convert()
    place = Place(easting=510_000.0, northing=3_280_000.0, height=5.0, rotation=180.0)
    asset, tables, _ = load(model.write(tmp_path), Declaration(crs="EPSG:4545", place=place))
    assert (asset.crs, asset.crs_origin) == ("EPSG:4545", "sheet")
    assert row(tables, "IfcWall")["position_origin"] == "sheet"
    middle = world(tables, wall.GlobalId).mean(axis=0)
    assert middle == pytest.approx([509_990, 3_280_000, 6.5], abs=1e-6)


def test_site_far_from_map_conversion_is_a_contradiction(tmp_path: Path) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    model.convert()
    model.site.RefLatitude, model.site.RefLongitude = (41, 52, 28, 0), (-87, -38, -17, 0)
    asset, tables, codes = load(model.write(tmp_path))
    assert codes == ["georeference-contradiction"]
    assert "41.87" in asset.problems[0].got
    assert "distance" in asset.problems[0].got
    assert row(tables, "IfcWall")["geometry"] is not None


def test_unknown_crs_places_nothing(tmp_path: Path) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    model.convert(epsg="n7rJmd")
    asset, _, codes = load(model.write(tmp_path))
    assert codes == ["crs-unknown", "georeference-missing"]
    assert asset.crs is None


def test_epset_places_an_ifc2x3_model(tmp_path: Path) -> None:
    model = Model("IFC2X3", millimetres=False)
    for entity in (model.site, model.building, model.storey):
        entity.CompositionType = "ELEMENT"
    model.put("IfcWall", (0, 0, 0))
    model.pset("ePSet_MapConversion", {"Eastings": str(E0), "Northings": str(N0)}, [model.site])
    model.pset("ePSet_ProjectedCRS", {"Name": "EPSG:4544"}, [model.site])
    asset, tables, _ = load(model.write(tmp_path))
    assert asset.format == "IFC2X3"
    assert asset.crs == "EPSG:4544"
    assert row(tables, "IfcWall")["position_origin"] == "epset"


def test_equal_shapes_are_shared(tmp_path: Path) -> None:
    model = Model()
    shape = model.box((0.4, 0.4, 3.0))
    for i in range(5):
        model.put("IfcColumn", (i * 6.0, 0, 0), shape=shape)
    model.put("IfcColumn", (0, 9, 0), size=(0.4, 0.4, 3.0))  # equal, but drawn again
    _, tables, _ = load(model.write(tmp_path))
    assert tables["shapes"].num_rows == 1
    assert tables["placements"].num_rows == 6
    positions = np.array(tables["shapes"]["positions"][0].as_py()).reshape(-1, 3)
    assert positions.min(axis=0) == pytest.approx(-positions.max(axis=0))


def test_spaces_and_openings_have_no_mesh(tmp_path: Path) -> None:
    model = Model()
    wall = model.put("IfcWall", (0, 0, 0))
    model.put("IfcSpace", (0, 10, 0))
    hole = model.put("IfcOpeningElement", (0, 0, 1), size=(1.0, 4.0, 1.0))
    model.file.create_entity(
        "IfcRelVoidsElement",
        model.guid(),
        RelatingBuildingElement=wall,
        RelatedOpeningElement=hole,
    )
    _, tables, _ = load(model.write(tmp_path))
    assert set(tables["placements"]["source_key"].to_pylist()) == {wall.GlobalId}
    assert row(tables, "IfcSpace")["height"] == pytest.approx(3)
    assert row(tables, "IfcOpeningElement")["height"] is None
    assert len(world(tables, wall.GlobalId)) > 8  # the hole is cut


def test_properties_are_inherited_and_overridden(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    wall = model.put("IfcWall", (0, 0, 0), Tag="W1", PredefinedType="NOTDEFINED")
    value = {k: make("IfcPropertySingleValue", k, None, make("IfcLabel", k)) for k in "ab"}
    inherited = make(
        "IfcPropertySet", model.guid(), Name="Pset_X", HasProperties=list(value.values())
    )
    kind = make(
        "IfcWallType",
        model.guid(),
        Name="W200",
        HasPropertySets=[inherited],
        PredefinedType="SOLIDWALL",
    )
    make("IfcRelDefinesByType", model.guid(), RelatedObjects=[wall], RelatingType=kind)
    model.pset("Pset_X", {"b": "own"}, [wall])
    quantity = make("IfcQuantityLength", "Length", None, None, 4000.0)
    area = make("IfcQuantityArea", "NetSideArea", None, None, 12.0)
    quantities = make(
        "IfcElementQuantity",
        model.guid(),
        Name="Qto_WallBaseQuantities",
        Quantities=[quantity, area],
    )
    make(
        "IfcRelDefinesByProperties",
        model.guid(),
        RelatedObjects=[wall],
        RelatingPropertyDefinition=quantities,
    )
    concrete = make("IfcMaterial", "混凝土")
    make(
        "IfcRelAssociatesMaterial",
        model.guid(),
        RelatedObjects=[kind],
        RelatingMaterial=concrete,
    )
    system = make("IfcClassification", Name="Uniclass")
    reference = make(
        "IfcClassificationReference", Identification="EF_25", Name="Walls", ReferencedSource=system
    )
    make(
        "IfcRelAssociatesClassification",
        model.guid(),
        RelatedObjects=[wall],
        RelatingClassification=reference,
    )
    group = make("IfcSystem", model.guid(), Name="HVAC")
    make("IfcRelAssignsToGroup", model.guid(), RelatedObjects=[wall], RelatingGroup=group)
    make(
        "IfcPresentationLayerAssignment",
        Name="A-WALL",
        AssignedItems=list(wall.Representation.Representations),
    )
    _, tables, _ = load(model.write(tmp_path))
    found = row(tables, "IfcWall")
    held = json.loads(found["properties"])
    assert held["pset"] == {"Pset_X": {"a": "a", "b": "own"}}
    assert held["quantities"]["Qto_WallBaseQuantities"]["Length"] == 4000.0
    assert held["type"] == "W200"
    assert held["predefined_type"] == "SOLIDWALL"
    assert held["material"] == ["混凝土"]
    assert held["classification"] == [{"system": "Uniclass", "code": "EF_25", "name": "Walls"}]
    assert held["system"] == ["HVAC"]
    assert held["layer"] == ["A-WALL"]
    assert held["attributes"]["Tag"] == "W1"
    assert found["length_m"] == pytest.approx(4.0)
    assert found["area_m2"] == pytest.approx(12.0)


def test_hash_ignores_instance_numbers_and_sees_changes(tmp_path: Path) -> None:
    def hashes(extra: bool, size: float) -> str:
        model = Model()
        if extra:
            model.file.create_entity("IfcCartesianPoint", [1.0, 2.0, 3.0])
        model.put("IfcWall", (0, 0, 0), size=(size, 2.0, 3.0))
        return str(row(load(model.write(tmp_path))[1], "IfcWall")["content_hash"])

    assert hashes(False, 4.0) == hashes(True, 4.0)
    assert hashes(False, 4.0)[:16] != hashes(False, 5.0)[:16]
    assert hashes(False, 4.0)[16:] == hashes(False, 5.0)[16:]


def test_duplicate_globalids_keep_both_products(tmp_path: Path) -> None:
    model = Model()
    first = model.put("IfcWall", (0, 0, 0))
    second = model.put("IfcWall", (9, 0, 0))
    second.GlobalId = first.GlobalId
    _, tables, codes = load(model.write(tmp_path))
    keys = tables["objects"]["source_key"].to_pylist()
    assert len(set(keys)) == len(keys) == 5
    assert "globalid-duplicate" in codes


@pytest.mark.parametrize(
    ("named", "read_as"),
    [("IFC4X3", "IFC4X3_ADD2"), ("IFC4X3_RC2", "IFC4X3_ADD2"), ("IFC4RC4", "IFC4")],
)
def test_unpublished_schema_is_substituted_aloud(tmp_path: Path, named: str, read_as: str) -> None:
    model = Model(read_as)
    model.put("IfcWall", (0, 0, 0))
    given = model.write(tmp_path)
    text = given.file.read_text().replace(
        f"FILE_SCHEMA(('{read_as}'))", f"FILE_SCHEMA(('{named}'))"
    )
    given.file.write_text(text)
    asset, tables, codes = load(given)
    assert asset.format == named
    assert asset.properties["read_as"] == read_as
    assert "schema-substituted" in codes
    assert tables["objects"].num_rows == 4


def test_lost_entities_are_named(tmp_path: Path) -> None:
    given = Model("IFC4X3_ADD2").write(tmp_path)
    text = given.file.read_text().replace("IFC4X3_ADD2", "IFC4X1")
    given.file.write_text(text.replace("DATA;\n", "DATA;\n#9001=IFCALIGNMENT2DHORIZONTAL($,());\n"))
    _, _, codes = load(given)
    assert "entities-lost" in codes


@pytest.mark.parametrize("schema", ["IFC4", "IFC4X1"])
@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "外墙-砖200"),
        ("utf-8-sig", "𠮷田の壁"),
        ("gb18030", "外墙 路灯 高度"),
        ("cp932", "住宅の外壁"),
        ("latin-1", "Außenwand"),
    ],
)
def test_raw_texts_keep_their_characters(
    tmp_path: Path, schema: str, encoding: str, name: str
) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0)).Name = "NAME"
    given = model.write(tmp_path)
    text = (
        given.file.read_text().replace("'NAME'", f"'{name}'").replace("('IFC4')", f"('{schema}')")
    )
    given.file.write_bytes(text.encode(encoding))
    _, tables, codes = load(given)
    assert name in tables["objects"]["name"].to_pylist()
    assert "text-not-escaped" in codes


@pytest.mark.parametrize("suffix", [".xml", ".zip", ".json", ""])
def test_suffix_does_not_matter(tmp_path: Path, suffix: str) -> None:
    given = Model().write(tmp_path)
    moved = given.file.rename(tmp_path / f"model{suffix}")
    asset, _, _ = load(source(moved))
    assert asset.counts["products"] == 3


def test_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    given = Model().write(tmp_path)
    given.file.write_bytes(b"\xef\xbb\xbf" + given.file.read_bytes())
    asset, _, codes = load(given)
    assert asset.counts["products"] == 3
    assert "text-not-escaped" not in codes


def test_ifczip_is_read_without_unpacking(tmp_path: Path) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    inner = model.write(tmp_path)
    packed = tmp_path / "model.ifczip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(inner.file, "sub/model.ifc")
    head = Head(packed, packed.name, packed.read_bytes()[:65_536])
    assert ifc.sniff(head) > 0
    asset, tables, _ = load(source(packed))
    assert asset.counts["products"] == 4
    assert "placements" in tables


def test_model_without_project_loads(tmp_path: Path) -> None:
    file = ifcopenshell.file(schema="IFC4")
    file.create_entity("IfcWall", GUIDS[0])
    file.write(str(tmp_path / "bare.ifc"))
    asset, tables, _ = load(source(tmp_path / "bare.ifc"))
    assert asset.counts == {
        "entities": 1,
        "products": 1,
        "psets": 0,
        "sites": 0,
        "buildings": 0,
        "storeys": 0,
    }
    assert "placements" not in tables


def test_header_depth_counts_by_scanning(tmp_path: Path) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    given = model.write(tmp_path)
    asset = ifc.probe(given, ReadOptions(depth="header"))
    full = ifc.probe(given, ReadOptions())
    assert asset.counts["entities"] == full.counts["entities"]
    assert asset.format == full.format
    assert scan(given.file)[1]["IFCWALL"] == 1


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.ifcxml").write_text('<ifcXML xmlns="http://www.buildingsmart-tech.org/ifcXML"/>')
    with pytest.raises(SourceUnreadable, match="ifcXML"):
        ifc.probe(source(tmp_path / "x.ifcxml"), ReadOptions())
    (tmp_path / "y.ifc").write_text("ISO-10303-21;\nHEADER;\nFILE_SCHEMA(('IFC9'));\nENDSEC;\n")
    with pytest.raises(SourceUnreadable, match="IFC9"):
        ifc.probe(source(tmp_path / "y.ifc"), ReadOptions())


def test_sniff_goes_by_content(tmp_path: Path) -> None:
    def sure(start: bytes) -> int:
        return ifc.sniff(Head(tmp_path / "x", "x.dat", start))

    assert sure(b"ISO-10303-21;\nHEADER;FILE_SCHEMA(('IFC2X3'));") > 50
    assert sure(b"ISO-10303-21;\nHEADER;FILE_SCHEMA(('AUTOMOTIVE_DESIGN'));") == 0
    assert sure(b"{}") == 0


def test_geometry_that_cannot_be_built_is_told_by_element(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    faces = make("IfcClosedShell", [])
    brep = make("IfcFacetedBrep", faces)
    shape = make("IfcShapeRepresentation", model.context, "Body", "Brep", [brep])
    wall = model.put("IfcWall", (0, 0, 0), shape=shape)
    assert has_body(wall)
    given = model.write(tmp_path)
    options = ReadOptions()
    asset = ifc.probe(given, options)
    list(ifc.read(given, asset, options))
    assert [(p.code, p.place) for p in options.problems] == [("geometry-failed", wall.GlobalId)]


def test_real_models_are_read_whole(shared_data: Path) -> None:
    file = shared_data / "ifc" / "stijngoedertier-georeference-ifc"
    given = source(file / "Duplex_A_20110907_georeferenced.ifc")
    asset, tables, codes = load(given)
    assert asset.crs == "EPSG:9897"
    assert codes == ["georeference-contradiction"]
    assert tables["objects"].num_rows == 295
    assert len(set(tables["placements"]["source_key"].to_pylist())) > 200
