"""Property sets, quantities, materials and classifications of IFC objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.loaders.ifc.building import Model, load, told


def define(model: Model, definition: Any, objects: list[Any]) -> None:
    model.file.create_entity(
        "IfcRelDefinesByProperties",
        model.guid(),
        RelatedObjects=objects,
        RelatingPropertyDefinition=definition,
    )


def type_of(model: Model, kind: Any, objects: list[Any]) -> None:
    model.file.create_entity(
        "IfcRelDefinesByType", model.guid(), RelatedObjects=objects, RelatingType=kind
    )


def held(model: Model, items: list[Any], name: str = "P") -> Any:
    return model.file.create_entity("IfcPropertySet", model.guid(), Name=name, HasProperties=items)


@pytest.mark.keeps("IFC", "attributes")
@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
def test_each_kind_of_property_keeps_its_value(tmp_path: Path, schema: str) -> None:
    model = Model(schema)
    make = model.file.create_entity
    foot = make(
        "IfcConversionBasedUnit",
        make("IfcDimensionalExponents", 1, 0, 0, 0, 0, 0, 0),
        "LENGTHUNIT",
        "FOOT",
        make(
            "IfcMeasureWithUnit",
            make("IfcLengthMeasure", 0.3048),
            make("IfcSIUnit", None, "LENGTHUNIT", None, "METRE"),
        ),
    )

    def number(value: float) -> Any:
        return make("IfcReal", value)

    def label(value: str) -> Any:
        return make("IfcLabel", value)

    table = {
        "Name": "table",
        "DefiningValues": [label("a"), label("b")],
        "DefinedValues": [number(1.0), number(2.0)],
        "DefinedUnit": foot,
    }
    person = make("IfcPerson", FamilyName="张")
    items = [
        make("IfcPropertySingleValue", "single", "说明", make("IfcLengthMeasure", 2.5), foot),
        make("IfcPropertySingleValue", "true", None, make("IfcBoolean", True)),
        make("IfcPropertySingleValue", "unknown", None, make("IfcLogical", "UNKNOWN")),
        make("IfcPropertySingleValue", "unset"),
        make("IfcPropertyEnumeratedValue", "enumerated", None, [label("新"), label("旧")]),
        make("IfcPropertyBoundedValue", "bounded", None, number(9.0), number(1.0)),
        make("IfcPropertyListValue", "list", None, [number(1.0), number(2.0)]),
        make("IfcPropertyTableValue", **table),
        make("IfcPropertyReferenceValue", "reference", None, None, person),
        make(
            "IfcComplexProperty",
            "complex",
            None,
            "usage",
            [make("IfcPropertySingleValue", "inner", None, label("值"))],
        ),
    ]
    wall = model.put("IfcWall", (0, 0, 0))
    define(model, held(model, items, "特性"), [wall])
    found = told(load(model.write(tmp_path))[1], wall.GlobalId)
    assert found["pset"]["特性"] == {
        "single": 2.5,
        "true": True,
        "unknown": "UNKNOWN",
        "unset": None,
        "enumerated": ["新", "旧"],
        "bounded": {"lower": 1.0, "upper": 9.0},
        "list": [1.0, 2.0],
        "table": {"defining": ["a", "b"], "defined": [1.0, 2.0]},
        "reference": {"FamilyName": "张"},
        "complex": {"inner": "值"},
    }
    datatypes = found["datatype"]["特性"]
    assert datatypes["single"] == "IfcLengthMeasure"
    assert datatypes["table"] == {"defining": "IfcLabel", "defined": "IfcReal"}
    assert datatypes["complex"] == {"inner": "IfcLabel"}
    assert found["unit"]["特性"] == {"single": "FOOT", "table": {"defined": "FOOT"}}
    assert found["note"]["特性"] == {"single": "说明"}


@pytest.mark.keeps("IFC", "attributes")
def test_quantities_of_all_kinds(tmp_path: Path) -> None:
    model = Model("IFC4X3_ADD2")
    make = model.file.create_entity
    kinds = ("Length", "Area", "Volume", "Weight", "Time", "Number")
    items = [make(f"IfcQuantity{k}", k, None, None, float(n)) for n, k in enumerate(kinds)]
    items.append(make("IfcQuantityCount", "Count", None, None, 3))
    layer = make("IfcQuantityLength", "Width", None, None, 0.24)
    items.append(make("IfcPhysicalComplexQuantity", "Layer", None, [layer], "layer"))
    wall = model.put("IfcWall", (0, 0, 0))
    quantities = make("IfcElementQuantity", model.guid(), Name="Qto", Quantities=items)
    define(model, quantities, [wall])
    found = told(load(model.write(tmp_path))[1], wall.GlobalId)
    expected: dict[str, Any] = {k: float(n) for n, k in enumerate(kinds)}
    assert found["quantities"]["Qto"] == {**expected, "Count": 3, "Layer": {"Width": 0.24}}
    assert found["datatype"]["Qto"]["Area"] == "IfcQuantityArea"


@pytest.mark.keeps("IFC", "attributes", "semantics")
def test_predefined_sets_are_inherited_and_what_is_inherited_is_named(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    door = model.put("IfcDoor", (0, 0, 0), OverallHeight=2100.0)
    lining = make("IfcDoorLiningProperties", model.guid(), Name="lining", LiningDepth=80.0)
    common = held(
        model,
        [make("IfcPropertySingleValue", k, None, make("IfcLabel", "type")) for k in ("a", "b")],
        "Pset_DoorCommon",
    )
    kind = make(
        "IfcDoorType",
        model.guid(),
        Name="D1",
        Tag="T",
        HasPropertySets=[lining, common],
        PredefinedType="DOOR",
        OperationType="SINGLE_SWING_LEFT",
    )
    type_of(model, kind, [door])
    model.pset("Pset_DoorCommon", {"b": "own", "c": "own"}, [door])
    assert "type-unused" not in load(model.write(tmp_path))[2]
    make("IfcDoorType", model.guid(), Name="D2", PredefinedType="DOOR")
    _, tables, codes = load(model.write(tmp_path))
    assert codes.count("type-unused") == 1
    found = told(tables, door.GlobalId)
    assert found["attributes"]["OverallHeight"] == 2100.0
    assert found["pset"]["lining"] == {"LiningDepth": 80.0}
    assert found["pset"]["Pset_DoorCommon"] == {"a": "type", "b": "own", "c": "own"}
    assert found["inherited"] == {"lining": ["LiningDepth"], "Pset_DoorCommon": ["a"]}
    assert found["type_attributes"] == {
        "class": "IfcDoorType",
        "GlobalId": kind.GlobalId,
        "Name": "D1",
        "Tag": "T",
        "PredefinedType": "DOOR",
        "OperationType": "SINGLE_SWING_LEFT",
    }
    assert found["predefined_type"] == "DOOR"


@pytest.mark.keeps("IFC", "attributes")
def test_attributes_of_site_and_building(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    model.site.RefLatitude, model.site.RefLongitude = (29, 33, 45, 120000), (106, 34, 12)
    model.site.LandTitleNumber = "渝-1"
    model.building.ElevationOfRefHeight = 251.5
    model.building.BuildingAddress = make("IfcPostalAddress", AddressLines=["一路 1"], Town="重庆")
    _, tables, _ = load(model.write(tmp_path))
    site = told(tables, model.site.GlobalId)["attributes"]
    assert site["RefLatitude"] == [29, 33, 45, 120000]
    assert site["LandTitleNumber"] == "渝-1"
    building = told(tables, model.building.GlobalId)["attributes"]
    assert building["ElevationOfRefHeight"] == 251.5
    assert building["BuildingAddress"] == {"AddressLines": ["一路 1"], "Town": "重庆"}


@pytest.mark.keeps("IFC", "attributes")
def test_layers_profiles_and_constituents_of_materials(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    brick, wool = make("IfcMaterial", "砖", None, "masonry"), make("IfcMaterial", "岩棉")
    make(
        "IfcMaterialProperties",
        Name="Pset_MaterialCommon",
        Properties=[make("IfcPropertySingleValue", "MassDensity", None, make("IfcReal", 1800.0))],
        Material=brick,
    )
    layers = [
        make("IfcMaterialLayer", brick, 200.0),
        make("IfcMaterialLayer", wool, 80.0, True, "insulation"),
    ]
    usage = make(
        "IfcMaterialLayerSetUsage",
        make("IfcMaterialLayerSet", layers, "W280"),
        "AXIS2",
        "POSITIVE",
        -140.0,
    )
    profile = make("IfcIShapeProfileDef", "AREA", "HEA200", None, 200.0, 190.0, 6.5, 10.0)
    steel = make("IfcMaterial", "S355")
    profiles = make(
        "IfcMaterialProfileSet",
        "P",
        None,
        [make("IfcMaterialProfile", "flange", None, steel, profile)],
    )
    glass = make("IfcMaterialConstituent", "pane", None, make("IfcMaterial", "玻璃"), 0.7)
    constituents = make("IfcMaterialConstituentSet", "window", None, [glass])
    wanted = {"IfcWall": usage, "IfcBeam": profiles, "IfcWindow": constituents}
    made = {}
    for at, (kind, material) in enumerate(wanted.items()):
        made[kind] = model.put(kind, (at * 9.0, 0, 0))
        make(
            "IfcRelAssociatesMaterial",
            model.guid(),
            RelatedObjects=[made[kind]],
            RelatingMaterial=material,
        )
    _, tables, _ = load(model.write(tmp_path))
    wall = told(tables, made["IfcWall"].GlobalId)
    assert wall["material"] == ["砖", "岩棉"]
    (composition,) = wall["composition"]
    assert composition["layerSetName"] == "W280"
    assert composition["usage"]["offsetFromReferenceLine"] == -140.0
    first, second = composition["parts"]
    assert (first["material"], first["layerThickness"], first["category"]) == (
        "砖",
        200.0,
        "masonry",
    )
    assert first["pset"] == {"Pset_MaterialCommon": {"MassDensity": 1800.0}}
    assert (second["material"], second["isVentilated"], second["name"]) == (
        "岩棉",
        True,
        "insulation",
    )
    beam = told(tables, made["IfcBeam"].GlobalId)
    assert beam["material"] == ["S355"]
    assert beam["composition"][0]["parts"][0]["profile"]["ProfileName"] == "HEA200"
    assert beam["composition"][0]["parts"][0]["profile"]["OverallDepth"] == 190.0
    window = told(tables, made["IfcWindow"].GlobalId)
    assert window["composition"][0]["parts"][0]["fraction"] == 0.7
    assert window["material"] == ["玻璃"]


@pytest.mark.keeps("IFC", "semantics")
def test_classifications_keep_edition_source_and_path(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    system = make("IfcClassification", "住建部", "2018", None, "GB/T 51269")
    above = make("IfcClassificationReference", None, "14-10", "墙", system)
    code = make("IfcClassificationReference", "https://x.cn/1", "14-10.20", "外墙", above)
    other = make("IfcClassification", Name="Uniclass")
    wall = model.put("IfcWall", (0, 0, 0))
    kind = make("IfcWallType", model.guid(), Name="W", PredefinedType="SOLIDWALL")
    type_of(model, kind, [wall])
    for target, item in ((wall, code), (kind, above), (kind, other)):
        make(
            "IfcRelAssociatesClassification",
            model.guid(),
            RelatedObjects=[target],
            RelatingClassification=item,
        )
    found = told(load(model.write(tmp_path))[1], wall.GlobalId)
    assert found["classification"] == [
        {
            "system": "GB/T 51269",
            "code": "14-10.20",
            "name": "外墙",
            "edition": "2018",
            "source": "住建部",
            "location": "https://x.cn/1",
            "path": ["14-10"],
        },
        {"system": "Uniclass", "code": None, "name": None},
    ]


@pytest.mark.keeps("IFC", "semantics")
def test_documents_and_approvals(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    wall = model.put("IfcWall", (0, 0, 0))
    whole = make("IfcDocumentInformation", "D-1", "图纸", Revision="C")
    reference = make("IfcDocumentReference", "a.pdf", "p. 3", None, None, whole)
    make(
        "IfcRelAssociatesDocument",
        model.guid(),
        RelatedObjects=[wall],
        RelatingDocument=reference,
    )
    make(
        "IfcRelAssociatesApproval",
        model.guid(),
        RelatedObjects=[wall],
        RelatingApproval=make("IfcApproval", "A-1", "批准", Status="approved"),
    )
    found = told(load(model.write(tmp_path))[1], wall.GlobalId)
    assert found["document"][0]["Location"] == "a.pdf"
    assert found["document"][0]["ReferencedDocument"]["Revision"] == "C"
    assert found["approval"][0]["Status"] == "approved"


@pytest.mark.keeps("IFC", "contradictions")
def test_two_properties_of_one_name_are_both_kept(tmp_path: Path) -> None:
    model = Model()
    make = model.file.create_entity
    items = [make("IfcPropertySingleValue", "a", None, make("IfcLabel", v)) for v in "xy"]
    wall = model.put("IfcWall", (0, 0, 0))
    define(model, held(model, items), [wall])
    _, tables, codes = load(model.write(tmp_path))
    assert told(tables, wall.GlobalId)["pset"]["P"] == {"a": "x", "a (2)": "y"}
    assert "property-duplicate" in codes


@pytest.mark.keeps("IFC", "damage")
def test_values_of_wrong_types_are_kept_as_they_are(tmp_path: Path) -> None:
    model = Model()
    wall = model.put("IfcWall", (0, 0, 0))
    model.pset("P", {"a": "x"}, [wall])
    given = model.write(tmp_path)
    text = given.file.read_text()
    text = text.replace("IFCPROPERTYSINGLEVALUE('a',$,IFCLABEL('x'),$)", "@")
    text = text.replace("@", "IFCPROPERTYSINGLEVALUE(12,$,'bare',#99999)")
    extra = (
        "#9001=IFCCOMPLEXPROPERTY('ring',$,'u',(#9001));\n"
        "#9002=IFCPROPERTYSET('1000000000000000000001',$,$,$,(#9001,#88888));\n"
        f"#9003=IFCRELDEFINESBYPROPERTIES('1000000000000000000002',$,$,$,#{wall.id()},#9002);\n"
        f"#9004=IFCRELDEFINESBYPROPERTIES('1000000000000000000003',$,$,$,(#77777),#{wall.id()});\n"
    )
    given.file.write_text(text.replace("ENDSEC;\nEND-ISO", f"{extra}ENDSEC;\nEND-ISO"))
    found = told(load(given)[1], wall.GlobalId)
    assert found["pset"]["P"] == {"12": "bare"}
    assert "ring" in found["pset"]["IfcPropertySet"]


@pytest.mark.keeps("IFC", "attributes", "contradictions")
def test_two_sets_of_one_name_that_differ_are_both_kept(tmp_path: Path) -> None:
    model = Model()
    wall, other = model.put("IfcWall", (0, 0, 0)), model.put("IfcWall", (9, 0, 0))
    model.pset("P", {"a": "1", "b": "2"}, [wall, other])
    model.pset("P", {"a": "3"}, [wall])
    model.pset("P", {"a": "1", "c": "4"}, [other])
    asset, tables, codes = load(model.write(tmp_path))
    assert told(tables, wall.GlobalId)["pset"] == {"P": {"a": "1", "b": "2"}, "P (2)": {"a": "3"}}
    assert told(tables, other.GlobalId)["pset"] == {"P": {"a": "1", "b": "2", "c": "4"}}
    assert codes.count("property-duplicate") == 1
    assert asset.counts["psets"] == 3
