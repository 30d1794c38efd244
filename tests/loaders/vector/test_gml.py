"""GML that GDAL reads in part: references, several geometries; Japan's fundamental data."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely

from cimkit.errors import SourceUnreadable

from .made import codes, listing, properties, read, shapes, sniff

FGD = """<?xml version="1.0" encoding="UTF-8"?>
<Dataset xmlns:gml="http://www.opengis.net/gml/3.2" gml:id="Dataset1"
 xmlns="http://fgd.gsi.go.jp/spec/2008/FGD_GMLSchema">
<gml:description>基盤地図情報</gml:description>
<BldA gml:id="K1"><fid>50500-1</fid><devDate gml:id="K1-2"><gml:timePosition>2016-10-31
</gml:timePosition></devDate><area><gml:Surface gml:id="K1-g" srsName="fguuid:jgd2011.bl">
<gml:patches><gml:PolygonPatch><gml:exterior><gml:Ring><gml:curveMember><gml:Curve gml:id="K1-c">
<gml:segments><gml:LineStringSegment><gml:posList>
35.1 139.1
35.1 139.2
35.2 139.2
35.1 139.1
</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve></gml:curveMember></gml:Ring>
</gml:exterior></gml:PolygonPatch></gml:patches></gml:Surface></area><type>普通建物</type></BldA>
<ElevPt gml:id="E1"><pos><gml:Point gml:id="E1-g" srsName="fguuid:jgd2011.bl"><gml:pos>35.5 139.5
</gml:pos></gml:Point></pos><alti>12.5</alti></ElevPt>
<RdEdg gml:id="R1"><vis>表示</vis><loc><gml:Curve gml:id="R1-g" srsName="fguuid:jgd2011.bl">
<gml:segments><gml:LineStringSegment><gml:posList>35 139 35.1 139.1</gml:posList>
</gml:LineStringSegment></gml:segments></gml:Curve></loc><type>真幅道路</type></RdEdg>
</Dataset>"""


@pytest.mark.keeps("FG-GML", "geometry", "attributes", "crs", "identity", "text", "time")
@pytest.mark.parametrize("encoding", ["UTF-8", "Shift_JIS"])
def test_fundamental_geospatial_data(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "FG-GML-533900-ALL-20260401-0001.xml"
    file.write_bytes(FGD.replace("UTF-8", encoding).encode(encoding))
    before = listing(tmp_path)
    asset, rows = read(file)
    assert asset.format == "FG-GML"
    assert [(x.name, x.features) for x in asset.layers] == [
        ("BldA", 1),
        ("ElevPt", 1),
        ("RdEdg", 1),
    ]
    assert asset.crs == "EPSG:6668"
    assert [r["source_key"] for r in rows["objects"]] == ["K1", "E1", "R1"]
    assert [s.wkt for s in shapes(rows)] == [
        "POLYGON ((139.1 35.1, 139.2 35.1, 139.2 35.2, 139.1 35.1))",
        "POINT (139.5 35.5)",
        "LINESTRING (139 35, 139.1 35.1)",
    ]
    first = properties(rows)[0]
    assert (first["type"], first["devDate"]) == ("普通建物", "2016-10-31")
    assert rows["objects"][0]["observed"] == datetime(2016, 10, 31, tzinfo=UTC)
    assert listing(tmp_path) == before


@pytest.mark.keeps("FG-GML", "damage")
def test_fundamental_data_cut_short(tmp_path: Path) -> None:
    data = FGD.encode()
    for n in range(2, 10):
        (tmp_path / "a.xml").write_bytes(data[: len(data) * n // 10])
        if not sniff(tmp_path / "a.xml"):
            continue
        try:
            asset, rows = read(tmp_path / "a.xml")
        except SourceUnreadable:
            continue
        assert "xml-broken" in codes(asset)
        assert len(rows["objects"]) == asset.counts["features"]
    (tmp_path / "dem.xml").write_bytes(FGD.replace("<BldA", "<DEM").encode())
    assert sniff(tmp_path / "dem.xml") == 0


@pytest.mark.keeps("GML", "relations", "attributes", "geometry")
def test_references_are_relations_and_all_geometries_are_kept(tmp_path: Path) -> None:
    text = """<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:u="urn:u"
 xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:xlink="http://www.w3.org/1999/xlink">
<wfs:member><u:House gml:id="h1"><u:name>屋</u:name><u:entrance>
<gml:Point gml:id="p" srsName="http://www.opengis.net/def/crs/EPSG/0/4490"><gml:pos>29.5 106.5
</gml:pos></gml:Point></u:entrance><u:extent><gml:Polygon gml:id="g"
 srsName="http://www.opengis.net/def/crs/EPSG/0/4490"><gml:exterior><gml:LinearRing><gml:posList>
29 106 29 107 30 107 29 106</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></u:extent>
<u:owner xlink:href="#o1"/><u:part><u:Part><u:floors>5</u:floors></u:Part></u:part>
<u:part><u:Part><u:floors>6</u:floors></u:Part></u:part></u:House></wfs:member>
<wfs:member><u:Owner gml:id="o1"><u:name>局</u:name></u:Owner></wfs:member>
</wfs:FeatureCollection>"""
    (tmp_path / "a.gml").write_text(text, encoding="utf-8")
    asset, rows = read(tmp_path / "a.gml")
    assert "geometries-left-out" not in codes(asset)
    drawn = [(r["semantics"], shapely.from_wkb(r["wkb"]).wkt) for r in rows["geometries"]]
    assert sorted(wkt for _, wkt in drawn) == [
        "POINT (106.5 29.5)",
        "POLYGON ((106 29, 107 29, 107 30, 106 29))",
    ]
    assert [json.loads(said)["column"] for said, _ in drawn if said] in (["entrance"], ["extent"])
    name = ' srsName="http://www.opengis.net/def/crs/EPSG/0/4490"'
    bare = text.replace(name, "").replace(
        "<wfs:member>", f"<gml:boundedBy><gml:Envelope{name}/></gml:boundedBy><wfs:member>", 1
    )
    (tmp_path / "c.gml").write_text(bare, encoding="utf-8")
    again = [shapely.from_wkb(r["wkb"]).wkt for r in read(tmp_path / "c.gml")[1]["geometries"]]
    assert sorted(again) == sorted(wkt for _, wkt in drawn)
    (tmp_path / "b.gml").write_text(text.replace(' gml:id="h1"', ""), encoding="utf-8")
    told = next(p for p in read(tmp_path / "b.gml")[0].problems if p.code == "geometries-left-out")
    assert told.place == "None (entrance, extent)"
    relation = rows["relations"][0]
    assert (relation["source_layer"], relation["source_key"]) == ("House", "h1")
    assert (relation["relation"], relation["other_key"]) == ("owner", "o1")
    assert properties(rows)[0]["floors"] == [5, 6]
    assert {r["source_key"] for r in rows["objects"]} == {"h1", "o1"}


COLLECTION = """<?xml version="1.0"?>{0}<f:FeatureCollection xmlns:f="http://ogr.maptools.org/"
 xmlns:gml="http://www.opengis.net/gml"><gml:boundedBy><gml:null>missing</gml:null></gml:boundedBy>
{1}</f:FeatureCollection>"""
MEMBER = """<gml:featureMember><f:r fid="1"><f:n>{}</f:n><f:g><gml:Point srsName="EPSG:4326">
<gml:coordinates>106,29</gml:coordinates></gml:Point></f:g></f:r></gml:featureMember>"""
LAUGHS = "<!DOCTYPE f [<!ENTITY a '{}'>{}]>".format(
    "ha" * 99, "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(8))
)


@pytest.mark.keeps("GML", "damage")
@pytest.mark.parametrize(
    ("top", "members", "said"),
    [
        ("", "", 0),
        ("", MEMBER.format("x"), 1),
        ("", MEMBER.format("<x>" * 5_000 + "</x>" * 5_000), "Excessive depth"),
        (LAUGHS, MEMBER.format("&i;"), "amplification"),
    ],
)
def test_a_collection_is_empty_or_it_is_told(
    tmp_path: Path, top: str, members: str, said: int | str
) -> None:
    (tmp_path / "a.gml").write_text(COLLECTION.format(top, members))
    if isinstance(said, str):
        with pytest.raises(SourceUnreadable, match=said):
            read(tmp_path / "a.gml")
        return
    asset, rows = read(tmp_path / "a.gml")
    assert asset.counts["features"] == len(rows.get("objects", [])) == said
    assert codes(asset) <= {"crs-missing"}


@pytest.mark.parametrize(
    ("said", "real", "origin", "told"),
    [
        ("GBK", "gbk", "declared", set()),
        ("UTF-16", "utf-16", "declared", set()),
        ("UTF-8", "gbk", "detected", {"encoding-contradiction"}),
        ("GBK", "utf-8", "detected", {"encoding-contradiction"}),
        ("Shift_JIS", "gbk", "detected", {"encoding-contradiction"}),
        ("nonsense", "utf-8", "detected", {"encoding-detected"}),
        ("nonsense", "gbk", "detected", {"encoding-detected"}),
    ],
)
@pytest.mark.keeps("GML", "text")
def test_gml_in_the_encoding_it_says_and_not(
    tmp_path: Path, said: str, real: str, origin: str, told: set[str]
) -> None:
    text = COLLECTION.format("", MEMBER.format("建国路与人民大街") * 3)
    text = text.replace("?>", f' encoding="{said}"?>', 1)
    (tmp_path / "a.gml").write_bytes(text.encode(real))
    asset, rows = read(tmp_path / "a.gml")
    assert (asset.encoding_origin, codes(asset)) == (origin, told)
    assert {p["n"] for p in properties(rows)} == {"建国路与人民大街"}


@pytest.mark.parametrize("depth", [1_000, 5_000])
def test_features_that_gdal_does_not_give_are_told(tmp_path: Path, depth: int) -> None:
    deep = MEMBER.format("<x>" * depth + "</x>" * depth)
    (tmp_path / "a.gml").write_text(COLLECTION.format("", MEMBER.format("x") * 2 + deep))
    asset, _ = read(tmp_path / "a.gml")
    assert "row-count-differs" in codes(asset)
    assert ("features-unread" in codes(asset)) == (depth < 2_000)  # as deep as lxml itself reads


@pytest.mark.keeps("Esri JSON", "geometry", "attributes", "crs")
def test_esri_json(tmp_path: Path) -> None:
    text = {
        "geometryType": "esriGeometryPoint",
        "spatialReference": {"wkid": 4490},
        "fields": [{"name": "名称", "type": "esriFieldTypeString"}],
        "features": [{"attributes": {"名称": "井"}, "geometry": {"x": 106.5, "y": 29.5}}],
    }
    (tmp_path / "a.json").write_text(json.dumps(text))
    asset, rows = read(tmp_path / "a.json")
    assert asset.crs == "EPSG:4490"
    assert shapes(rows)[0].wkt == "POINT (106.5 29.5)"
    assert properties(rows)[0]["名称"] == "井"


@pytest.mark.keeps("TopoJSON", "geometry", "attributes")
def test_topojson(tmp_path: Path) -> None:
    text = {
        "type": "Topology",
        "objects": {
            "路": {
                "type": "GeometryCollection",
                "geometries": [{"type": "LineString", "arcs": [0], "properties": {"a": "一"}}],
            }
        },
        "arcs": [[[106, 29], [106.5, 29.5]]],
    }
    (tmp_path / "a.json").write_text(json.dumps(text))
    asset, rows = read(tmp_path / "a.json")
    assert asset.format == "TopoJSON"
    assert shapes(rows)[0].wkt == "LINESTRING (106 29, 106.5 29.5)"
    assert properties(rows)[0]["a"] == "一"


@pytest.mark.keeps("JSON-FG", "geometry", "crs", "attributes")
def test_json_fg(tmp_path: Path) -> None:
    text = {
        "type": "FeatureCollection",
        "conformsTo": ["http://www.opengis.net/spec/json-fg-1/0.2/conf/core"],
        "coordRefSys": "http://www.opengis.net/def/crs/EPSG/0/4544",
        "features": [
            {
                "type": "Feature",
                "id": "f1",
                "featureType": "lamp",
                "geometry": None,
                "place": {"type": "Point", "coordinates": [3_270_000, 500_000]},
                "time": None,
                "properties": {"名称": "灯"},
            }
        ],
    }
    (tmp_path / "a.json").write_text(json.dumps(text))
    asset, rows = read(tmp_path / "a.json")
    assert asset.crs == "EPSG:4544"
    assert shapes(rows)[0].geom_type == "Point"
    assert properties(rows)[0]["名称"] == "灯"
