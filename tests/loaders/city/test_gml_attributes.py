"""What CityGML says of objects beside their geometry."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from .made import X, Y, building, corners, gml, member, multi, polygon, square, surface

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<gml:Dictionary xmlns:gml="http://www.opengis.net/gml" gml:id="l"><gml:name>usage</gml:name>
<gml:dictionaryEntry><gml:Definition gml:id="i1"><gml:description>業務施設</gml:description>
<gml:name>401</gml:name></gml:Definition></gml:dictionaryEntry></gml:Dictionary>"""
BODY = f"<bldg:lod1MultiSurface>{multi(polygon(square(1)))}</bldg:lod1MultiSurface>"


@pytest.mark.keeps("CityGML", "attributes", "text", "statistics")
def test_codes_units_and_generic_attributes(tmp_path: Path) -> None:
    lists = tmp_path / "codelists"
    lists.mkdir()
    (lists / "Building_usage.xml").write_text(LIST, encoding="utf-8")
    space = "../../codelists/Building_usage.xml"
    inside = (
        "<gml:name>東棟</gml:name>"
        '<gen:stringAttribute name="所有者"><gen:value>市</gen:value></gen:stringAttribute>'
        '<gen:intAttribute name="階数"><gen:value>3</gen:value></gen:intAttribute>'
        '<gen:measureAttribute name="area"><gen:value uom="m2">42.5</gen:value>'
        "</gen:measureAttribute>"
        '<gen:genericAttributeSet name="set"><gen:doubleAttribute name="d"><gen:value>0.1'
        "</gen:value></gen:doubleAttribute></gen:genericAttributeSet>"
        '<gen:stringAttribute name="class"><gen:value>own</gen:value></gen:stringAttribute>'
        "<bldg:class>3001</bldg:class>"
        f'<bldg:usage codeSpace="{space}">401</bldg:usage>'
        f'<bldg:usage codeSpace="{space}">999</bldg:usage>'
        '<bldg:measuredHeight uom="m">6.5</bldg:measuredHeight>'
        "<bldg:storeysAboveGround>2</bldg:storeysAboveGround>"
        '<bldg:storeyHeightsAboveGround uom="m">3.0 2.5</bldg:storeyHeightsAboveGround>'
    )
    loaded = gml(tmp_path, building("b", inside + BODY), name="udx/bldg/a.gml")
    assert loaded.objects["b"]["name"] == "東棟"
    assert loaded.attributes("b") == {
        "所有者": "市",
        "階数": 3,
        "area": 42.5,
        "area_uom": "m2",
        "set.d": 0.1,
        "class": "3001",
        "gen:class": "own",
        "usage": ["401", "999"],
        "usage_meaning": ["業務施設", None],
        "usage_codeSpace": space,
        "measuredHeight": 6.5,
        "measuredHeight_uom": "m",
        "storeysAboveGround": 2,
        "storeyHeightsAboveGround": [3.0, 2.5],
        "storeyHeightsAboveGround_uom": "m",
    }
    assert loaded.problem("code-not-listed").got == "999 (Building_usage.xml)"


def test_code_list_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    inside = '<bldg:usage codeSpace="../../../../etc/usage.xml">401</bldg:usage>' + BODY
    loaded = gml(tmp_path, building("a", inside) + building("b", inside))
    assert loaded.attributes("b")["usage"] == "401"
    assert loaded.problem("codelist-missing").severity == "info"


@pytest.mark.keeps("CityGML", "attributes")
def test_nested_data_of_extensions_stay_together(tmp_path: Path) -> None:
    def risk(kind: str, rank: str, more: str = "") -> str:
        return (
            f"<uro:buildingDisasterRiskAttribute><uro:{kind}><uro:rank>{rank}</uro:rank>{more}"
            f"</uro:{kind}></uro:buildingDisasterRiskAttribute>"
        )

    inside = (
        risk("RiverFloodingRisk", "1", '<uro:depth uom="m">0.5</uro:depth>')
        + risk("TsunamiRisk", "2")
        + "<uro:buildingDetailAttribute><uro:BuildingDetailAttribute>"
        "<uro:surveyYear>2016</uro:surveyYear></uro:BuildingDetailAttribute>"
        "</uro:buildingDetailAttribute>"
        "<ade:owner>Smith</ade:owner>"
    )
    loaded = gml(tmp_path, building("b", BODY + inside))
    assert loaded.attributes("b") == {
        "buildingDisasterRiskAttribute": [
            {"_type": "RiverFloodingRisk", "rank": "1", "depth": 0.5, "depth_uom": "m"},
            {"_type": "TsunamiRisk", "rank": "2"},
        ],
        "buildingDetailAttribute.surveyYear": "2016",
        "owner": "Smith",
    }
    assert loaded.asset.properties["extensions"]["http://example.org/ade/1.0"] == 1


@pytest.mark.keeps("CityGML", "attributes", "geometry")
def test_object_of_an_extension_with_geometry_is_an_object(tmp_path: Path) -> None:
    inside = (
        '<ade:under><ade:Cellar gml:id="c"><ade:lod1MultiSurface>'
        f"{multi(polygon(square(-3)))}</ade:lod1MultiSurface><ade:depth uom='m'>3</ade:depth>"
        "</ade:Cellar></ade:under>"
    )
    loaded = gml(tmp_path, building("b", BODY + inside))
    assert loaded.objects["c"]["parent_key"] == "b"
    assert loaded.objects["c"]["source_class"] == "Cellar"
    assert loaded.attributes("c") == {"depth": 3.0, "depth_uom": "m"}
    assert loaded.asset.counts["objects"] == 2


@pytest.mark.keeps("CityGML", "time")
def test_times(tmp_path: Path) -> None:
    said = (
        "<core:creationDate>2014-10-08</core:creationDate>"
        "<core:terminationDate>2020-01-01T10:00:00+09:00</core:terminationDate>"
    )
    row = gml(tmp_path, building("b", said + BODY)).objects["b"]
    assert row["valid_from"] == datetime(2014, 10, 8, tzinfo=UTC)
    assert row["valid_to"] == datetime(2020, 1, 1, 1, tzinfo=UTC)


@pytest.mark.keeps("CityGML", "identity", "contradictions")
def test_missing_and_doubled_ids_are_told(tmp_path: Path) -> None:
    bare = member(f"<bldg:Building>{BODY}</bldg:Building>")
    loaded = gml(tmp_path, building("b", BODY) + building("b", BODY) + bare)
    assert set(loaded.objects) == {"b", "b#1", "Building-2"}
    assert loaded.problem("key-duplicate").got == "b"
    assert loaded.problem("id-missing").got == "Building"


@pytest.mark.keeps("CityGML", "attributes")
def test_names_in_languages_addresses_and_references(tmp_path: Path) -> None:
    inside = (
        '<gml:name xml:lang="zh">楼</gml:name><gml:name xml:lang="en">House</gml:name>'
        "<gml:description>old</gml:description>"
        "<core:externalReference><core:informationSystem>http://x</core:informationSystem>"
        "<core:externalObject><core:name>o1</core:name></core:externalObject>"
        "</core:externalReference>"
        "<bldg:address><core:Address><core:xalAddress><xAL:AddressDetails><xAL:Country>"
        "<xAL:CountryName>Germany</xAL:CountryName><xAL:Locality Type='Town'>"
        "<xAL:LocalityName>Bonn</xAL:LocalityName></xAL:Locality></xAL:Country>"
        "</xAL:AddressDetails></core:xalAddress><core:multiPoint><gml:MultiPoint>"
        f"<gml:pointMember><gml:Point><gml:pos>{X + 90} {Y} 77</gml:pos></gml:Point>"
        "</gml:pointMember></gml:MultiPoint></core:multiPoint></core:Address></bldg:address>"
    )
    loaded = gml(tmp_path, building("b", inside + BODY))
    said = loaded.attributes("b")
    assert (said["name"], said["name_lang"]) == (["楼", "House"], ["zh", "en"])
    assert said["externalReference.externalObject.name"] == "o1"
    details = "address.xalAddress.Country."
    assert said[details + "CountryName"] == "Germany"
    assert said[details + "Locality.LocalityName"] == "Bonn"
    assert said[details + "Locality._Type"] == "Town"
    door = next(r for r in loaded.rows("b") if r["geometry_type"] == "MultiPoint")
    assert corners(door) == [[X + 90, Y, 77.0]]
    assert loaded.objects["b"]["z_max"] == 1.0  # the door is not the building


@pytest.mark.keeps("CityGML", "relations")
def test_groups_parts_and_other_relations(tmp_path: Path) -> None:
    group = member(
        '<grp:CityObjectGroup gml:id="g"><grp:groupMember xlink:href="#a"/>'
        '<grp:groupMember role="gate" xlink:href="#b"/></grp:CityObjectGroup>'
    )
    general = '<core:generalizesTo xlink:href="#b"/>'
    loaded = gml(tmp_path, group + building("a", general + BODY) + building("b", BODY))
    assert set(loaded.relations) == {
        ("g", "groupMember", "a"),
        ("g", "groupMember:gate", "b"),
        ("a", "generalizesTo", "b"),
    }


@pytest.mark.keeps("CityGML", "semantics", "attributes")
def test_surfaces_keep_their_own_attributes_and_openings(tmp_path: Path) -> None:
    window = (
        '<bldg:opening><bldg:Window gml:id="w"><bldg:lod2MultiSurface>'
        f"{multi(polygon(square(3, 1.0)))}</bldg:lod2MultiSurface></bldg:Window></bldg:opening>"
    )
    slope = '<gen:doubleAttribute name="slope"><gen:value>30.5</gen:value></gen:doubleAttribute>'
    roof = surface("RoofSurface", "r", multi(polygon(square(2))), slope)
    roof = roof.replace("</bldg:RoofSurface>", window + "</bldg:RoofSurface>")
    loaded = gml(tmp_path, building("b", roof))
    (row,) = loaded.rows("b")
    said = json.loads(row["semantics"])
    assert said["surfaces"] == [
        {"type": "RoofSurface", "id": "r", "slope": 30.5, "children": [1]},
        {"type": "Window", "id": "w", "parent": 0},
    ]
    assert said["values"] == [0, 1]


V3 = """<?xml version="1.0" encoding="UTF-8"?>
<CityModel xmlns="http://www.opengis.net/citygml/3.0" xmlns:gml="http://www.opengis.net/gml/3.2"
 xmlns:bldg="http://www.opengis.net/citygml/building/3.0"
 xmlns:con="http://www.opengis.net/citygml/construction/3.0"
 xmlns:dyn="http://www.opengis.net/citygml/dynamizer/3.0"
 xmlns:gen="http://www.opengis.net/citygml/generics/3.0"
 xmlns:vers="http://www.opengis.net/citygml/versioning/3.0"
 xmlns:xlink="http://www.w3.org/1999/xlink" gml:id="m"><gml:boundedBy>
 <gml:Envelope srsName="EPSG:25832+5783" srsDimension="3"><gml:lowerCorner>0 0 0</gml:lowerCorner>
 <gml:upperCorner>1 1 1</gml:upperCorner></gml:Envelope></gml:boundedBy>
 <versionMember><vers:Version gml:id="v1"><vers:tag>1.0</vers:tag>
 <vers:versionMember xlink:href="#b"/></vers:Version></versionMember>
 <cityObjectMember><bldg:Building gml:id="b"><genericAttribute><gen:MeasureAttribute>
 <gen:name>heat</gen:name><gen:value uom="kWh">7.5</gen:value></gen:MeasureAttribute>
 </genericAttribute><boundary><con:WallSurface gml:id="w"><lod2MultiSurface>
 <gml:MultiSurface><gml:surfaceMember>{wall}</gml:surfaceMember></gml:MultiSurface>
 </lod2MultiSurface><relatedTo><CityObjectRelation><relationType>equal</relationType>
 <relatedTo xlink:href="#x"/></CityObjectRelation></relatedTo></con:WallSurface></boundary>
 <con:conditionOfConstruction>demolished</con:conditionOfConstruction>
 <con:height><con:Height><con:highReference>highestRoofEdge</con:highReference>
 <con:value uom="m">5.0</con:value></con:Height></con:height>
 <bldg:buildingSubdivision><bldg:Storey gml:id="s"><bldg:buildingUnit xlink:href="#u"/>
 </bldg:Storey></bldg:buildingSubdivision><dynamizer><dyn:Dynamizer gml:id="d">
 <dyn:attributeRef>//heat</dyn:attributeRef><dyn:startTime>2019-01-01</dyn:startTime>
 </dyn:Dynamizer></dynamizer></bldg:Building></cityObjectMember></CityModel>"""


@pytest.mark.keeps("CityGML", "attributes", "relations", "semantics", "time")
def test_version_3(tmp_path: Path) -> None:
    from cimkit.loaders import citygml

    from .made import load

    file = tmp_path / "a.gml"
    file.write_text(V3.format(wall=polygon(square(2))), encoding="utf-8")
    loaded = load(citygml, file)
    assert loaded.asset.format == "CityGML 3.0"
    assert loaded.asset.counts == {"top_level": 1, "objects": 4}
    assert set(loaded.objects) == {"v1", "b", "s", "d"}
    assert loaded.attributes("b") == {
        "heat": 7.5,
        "heat_uom": "kWh",
        "conditionOfConstruction": "demolished",
        "height.highReference": "highestRoofEdge",
        "height.value": 5.0,
        "height.value_uom": "m",
    }
    assert loaded.objects["b"]["lifecycle"] == "demolished"
    assert set(loaded.relations) == {
        ("v1", "versionMember", "b"),
        ("b", "equal", "x"),
        ("s", "buildingUnit", "u"),
    }
    assert loaded.attributes("d")["startTime"] == "2019-01-01"
    assert loaded.surfaces(loaded.rows("b")[0]) == ["WallSurface"]
