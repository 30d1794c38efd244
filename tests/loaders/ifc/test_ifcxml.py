"""ifcXML of both kinds, value by value."""

from __future__ import annotations

from pathlib import Path

import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import ifc
from cimkit.loaders._spec import Head, ReadOptions
from cimkit.loaders.ifc.open import header_of, open_model, scan
from tests.loaders.ifc.building import load, source, told

IFC4 = """<?xml version="1.0" encoding="utf-8"?>
<ifcXML xmlns="http://www.buildingsmart-tech.org/ifcXML/IFC4/Add2"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="uos_1">
 <header><name>P</name><time_stamp>2018-08-24T14:43:07</time_stamp>
 <author>A &amp; B</author></header>
 <IfcProject id="i1" GlobalId="3f_r5UXkT3dREUZb1zKqdQ" Name="墙">
  <UnitsInContext id="i8"><Units>
   <IfcSIUnit id="i7" UnitType="lengthunit" Prefix="milli" Name="metre"/></Units></UnitsInContext>
  <IsDecomposedBy><IfcRelAggregates GlobalId="1ZaVs8Uif73Q1b59GbNjy_"><RelatedObjects>
   <IfcSite id="i30" GlobalId="2rFbRbDjb3gBJ5ZSikBDwZ" RefLatitude="24 28 0">
    <ContainsElements><IfcRelContainedInSpatialStructure GlobalId="0rFbRbDjb3gBJ5ZSikBDwZ">
     <RelatedElements>
      <IfcWall id="i32" GlobalId="1rFbRbDjb3gBJ5ZSikBDwZ" Name="W" PredefinedType="solidwall">
       <ObjectPlacement xsi:type="IfcLocalPlacement"><RelativePlacement><IfcAxis2Placement3D>
        <Location Coordinates="1 2e0 3.5"/></IfcAxis2Placement3D></RelativePlacement>
       </ObjectPlacement>
       <IsDefinedBy><IfcRelDefinesByProperties id="i40" GlobalId="0Rv_84fPb6rASmo0QvPhQv">
        <RelatingPropertyDefinition>
         <IfcPropertySet id="i15" GlobalId="3Q7dfGnNz0IhtX$bXXYU0p" Name="dim"><HasProperties>
          <IfcPropertySingleValue Name="Length"><NominalValue>
           <IfcLengthMeasure-wrapper>300</IfcLengthMeasure-wrapper></NominalValue>
          </IfcPropertySingleValue></HasProperties></IfcPropertySet>
        </RelatingPropertyDefinition></IfcRelDefinesByProperties></IsDefinedBy>
      </IfcWall>
      <IfcWall id="i33" GlobalId="4rFbRbDjb3gBJ5ZSikBDwZ">
       <IsDefinedBy><IfcRelDefinesByProperties ref="i40" xsi:nil="true"/></IsDefinedBy></IfcWall>
     </RelatedElements></IfcRelContainedInSpatialStructure></ContainsElements>
   </IfcSite></RelatedObjects></IfcRelAggregates></IsDecomposedBy>
 </IfcProject>
 <IfcTriangulatedFaceSet id="i50" Closed="true" CoordIndex="1 2 3 1 3 4">
  <Coordinates CoordList="0 0 0 1 0 0 1 1 0 0 1 0"/></IfcTriangulatedFaceSet>
 <IfcIndexedPolyCurve id="i51"><Points xsi:type="IfcCartesianPointList2D" CoordList="0 0 1 0"/>
  <Segments><IfcLineIndex-wrapper>1 2</IfcLineIndex-wrapper>
  <IfcArcIndex-wrapper>1 2 3</IfcArcIndex-wrapper></Segments></IfcIndexedPolyCurve>
 <IfcIndexedPolygonalFaceWithVoids id="i52" CoordIndex="1 2 3"><InnerCoordIndices>
  <Seq-IfcPositiveInteger-wrapper>4 5 6</Seq-IfcPositiveInteger-wrapper>
  <Seq-IfcPositiveInteger-wrapper>7 8 9</Seq-IfcPositiveInteger-wrapper></InnerCoordIndices>
 </IfcIndexedPolygonalFaceWithVoids>
</ifcXML>
"""
IFC2X3 = """<?xml version="1.0" encoding="gbk"?>
<ex:iso_10303_28 xmlns:ex="urn:iso.org:standard:10303:part(28):version(2):xmlschema:common"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <ex:iso_10303_28_header><ex:name>N</ex:name><ex:author>X</ex:author></ex:iso_10303_28_header>
 <uos id="uos_1" configuration="i_ifc2x3" xmlns="http://www.iai-tech.org/ifcXML/IFC2x3/FINAL">
  <IfcPerson id="i9"><Id>p</Id><FamilyName>王</FamilyName></IfcPerson>
  <IfcCartesianPoint id="i2"><Coordinates ex:cType="list">
   <ex:double-wrapper pos="1">2.</ex:double-wrapper>
   <ex:double-wrapper pos="0">1.5E0</ex:double-wrapper></Coordinates></IfcCartesianPoint>
  <IfcDirection id="i3"><DirectionRatios ex:cType="list">0. 1 NaN</DirectionRatios></IfcDirection>
  <IfcAxis2Placement2D id="i4"><Location><IfcCartesianPoint ref="i2" xsi:nil="true"/></Location>
   <RefDirection><IfcDirection ref="i3" xsi:nil="true"/></RefDirection></IfcAxis2Placement2D>
  <IfcPropertySingleValue id="i5"><Name>a</Name><NominalValue><IfcBoolean>false</IfcBoolean>
   </NominalValue></IfcPropertySingleValue>
  <IfcSIUnit id="i6"><Dimensions><IfcDimensionalExponents id="i7"/></Dimensions>
   <UnitType>lengthunit</UnitType><Prefix>milli</Prefix><Name>metre</Name></IfcSIUnit>
  <IfcFoo id="i8"/><IfcWall id="i10"><GlobalId>g</GlobalId><Colour>red</Colour></IfcWall>
 </uos>
</ex:iso_10303_28>
"""


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "m.ifcxml"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.keeps("ifcXML", "attributes", "relations", "identity", "exact", "text")
def test_ifc4_with_its_inverse_attributes(tmp_path: Path) -> None:
    file = write(tmp_path, IFC4)
    assert ifc.sniff(Head(file, "m.xml", file.read_bytes())) > 50
    model, schema, problems = open_model(file)
    assert schema == "IFC4"
    assert problems == []
    assert model.by_type("IfcProject")[0].Name == "墙"
    wall = model.by_guid("1rFbRbDjb3gBJ5ZSikBDwZ")
    assert (wall.id(), wall.PredefinedType) == (32, "SOLIDWALL")
    place = wall.ObjectPlacement.RelativePlacement.Location.Coordinates
    assert place == (1.0, 2.0, 3.5)
    relation = model.by_type("IfcRelDefinesByProperties")[0]
    assert [w.id() for w in relation.RelatedObjects] == [32, 33]
    contained = model.by_type("IfcRelContainedInSpatialStructure")[0]
    assert contained.RelatingStructure.RefLatitude == (24, 28, 0)
    assert model.by_type("IfcRelAggregates")[0].RelatingObject.is_a("IfcProject")
    value = model.by_type("IfcPropertySingleValue")[0].NominalValue
    assert (value.is_a(), value.wrappedValue) == ("IfcLengthMeasure", 300.0)
    faces = model.by_id(50)
    assert faces.CoordIndex == ((1, 2, 3), (1, 3, 4))
    assert faces.Coordinates.CoordList[2] == (1.0, 1.0, 0.0)
    assert [s.is_a() for s in model.by_id(51).Segments] == ["IfcLineIndex", "IfcArcIndex"]
    assert model.by_id(52).InnerCoordIndices == ((4, 5, 6), (7, 8, 9))
    assert scan(file)[1]["IFCWALL"] == 2
    said = header_of(file).facts()
    assert said["author"] == ["A & B"]


@pytest.mark.keeps("ifcXML", "attributes", "relations", "identity")
def test_through_the_loader(tmp_path: Path) -> None:
    asset, tables, _ = load(source(write(tmp_path, IFC4)))
    assert asset.counts["products"] == 3
    assert (asset.format, asset.media_type) == ("IFC4", "application/xml")
    held = told(tables, "1rFbRbDjb3gBJ5ZSikBDwZ")
    assert "300" in str(held["pset"]["dim"])


@pytest.mark.keeps("ifcXML", "text", "attributes", "damage")
def test_ifc2x3_with_wrappers(tmp_path: Path) -> None:
    model, schema, problems = open_model(write(tmp_path, IFC2X3, "gbk"))
    assert schema == "IFC2X3"
    assert (model.by_id(9).Id, model.by_id(9).FamilyName) == ("p", "王")
    assert model.by_id(2).Coordinates == (1.5, 2.0)
    assert model.by_id(4).Location.id() == 2
    assert model.by_id(5).NominalValue.wrappedValue is False
    assert (model.by_id(6).Prefix, model.by_id(6).Name) == ("MILLI", "METRE")
    codes = {p.code: p for p in problems}
    assert codes["value-invalid"].place == "#3 DirectionRatios"
    assert codes["value-invalid"].got == "#3 DirectionRatios: 0. 1 NaN"
    assert codes["attributes-unknown"].got == "IFCWALL.Colour 1"
    assert codes["entities-lost"].got == "IFCFOO 1"


@pytest.mark.keeps("ifcXML", "damage")
def test_cut_off_and_hostile(tmp_path: Path) -> None:
    whole = IFC2X3.encode("gbk")
    for tenth in range(4, 10):
        file = tmp_path / "m.ifcxml"
        file.write_bytes(whole[: len(whole) * tenth // 10])
        try:
            _, _, problems = open_model(file)
        except SourceUnreadable:
            continue
        assert "xml-broken" in {p.code for p in problems}
    lines = IFC2X3.replace("gbk", "utf-8").split("\n", 1)
    secret = tmp_path / "secret"
    secret.write_text("secret")
    dtd = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{secret.as_uri()}">]>'
    file = write(tmp_path, f"{lines[0]}{dtd}{lines[1]}".replace("王", "&a;"))
    with pytest.raises(SourceUnreadable, match="entities"):
        open_model(file)
    with pytest.raises(SourceUnreadable):
        ifc.probe(source(write(tmp_path, "<ifcXML><a>" * 100_000)), ReadOptions())


@pytest.mark.keeps("ifcXML", "geometry")
def test_the_same_model_in_both_encodings(shared_data: Path) -> None:
    folder = shared_data / "ifc" / "xBimTeam-XbimEssentials"
    step, tables, _ = load(source(folder / "4walls1floorSite.ifc"))
    xml, others, _ = load(source(folder / "4walls1floorSite.ifcxml"))
    assert xml.counts == step.counts
    assert others["shapes"].num_rows == tables["shapes"].num_rows
    assert sorted(others["shapes"]["shape_id"].to_pylist()) == sorted(
        tables["shapes"]["shape_id"].to_pylist()
    )
