"""KML, GML, GeoJSON and OpenStreetMap: all they say, in whatever encoding."""

from __future__ import annotations

import gc
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import shapely

from cimkit.errors import SourceUnreadable
from cimkit.loaders import ReadOptions, vector

from .made import codes, frame, listing, properties, read, shapes, source, write

KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">
<Document><name>城市</name>
<Style id="s"><LineStyle><color>ff0000ff</color><width>3</width></LineStyle></Style>
<Schema id="S"><SimpleField type="int" name="h"/></Schema>
<Folder><name>路</name>
<Placemark id="p1"><name>建国路</name><description><![CDATA[<b>主干道</b>]]></description>
<styleUrl>#s</styleUrl><TimeSpan><begin>2020-01-01</begin><end>2021</end></TimeSpan>
<ExtendedData><SchemaData schemaUrl="#S"><SimpleData name="h">5</SimpleData></SchemaData>
<Data name="编号"><value>L1</value></Data></ExtendedData>
<LineString><altitudeMode>absolute</altitudeMode>
<coordinates>106,29,5 106.1,29.1,6</coordinates></LineString></Placemark>
<Placemark><name>塔</name><Model><altitudeMode>relativeToGround</altitudeMode>
<Location><longitude>106</longitude><latitude>29</latitude><altitude>3</altitude></Location>
<Orientation><heading>45</heading></Orientation><Link><href>m.dae</href></Link></Model></Placemark>
</Folder>
<Folder><name>轨迹</name><Placemark><gx:Track><when>2026-05-28T02:02:09Z</when>
<when>2026-05-28T02:02:35Z</when><gx:coord>106.2 37.3 156</gx:coord>
<gx:coord>106.3 37.4 152</gx:coord></gx:Track></Placemark></Folder>
<GroundOverlay><name>影像</name><Icon><href>a.png</href></Icon><LatLonBox><north>30</north>
<south>29</south><east>107</east><west>106</west></LatLonBox></GroundOverlay>
<NetworkLink><name>n</name><Link><href>http://example.com/y.kml</href></Link></NetworkLink>
<Placemark><name>区</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
0,0 4, 0 4,4 0,4</coordinates></LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing>
<coordinates>1,1 2,1 2,2 1,1</coordinates></LinearRing></innerBoundaryIs></Polygon></Placemark>
</Document></kml>"""


@pytest.mark.keeps(
    "KML",
    "geometry",
    "z",
    "attributes",
    "appearance",
    "time",
    "text",
    "vertical",
    "crs",
    "identity",
)
def test_kml_is_kept_with_all_it_says(tmp_path: Path) -> None:
    (tmp_path / "a.kml").write_text(KML, encoding="utf-8")
    asset, rows = read(tmp_path / "a.kml")
    said = {(p["Name"] or "track"): p for p in properties(rows)}
    by_key = {r["source_key"]: r for r in rows["geometries"]}
    road = said["建国路"]
    assert road["Folder"] == "城市/路"
    assert (road["h"], road["编号"], road["altitudeMode"]) == (5, "L1", "absolute")
    assert (road["begin"], road["end"]) == ("2020-01-01", "2021")
    assert road["style"]["LineStyle"] == {"color": "ff0000ff", "width": "3"}
    assert road["description"] == "<b>主干道</b>"
    assert said["塔"]["model"] == "m.dae"
    assert said["塔"]["orientation"] == {"heading": "45"}
    assert said["track"]["when"][1] == "2026-05-28T02:02:35Z"
    assert said["影像"]["image"] == "a.png"
    drawn = [s.wkt for s in shapes(rows)]
    assert drawn[0] == "LINESTRING Z (106 29 5, 106.1 29.1 6)"
    assert drawn[1] == "POINT Z (106 29 3)"
    assert drawn[2].startswith("LINESTRING Z (106.2 37.3 156")
    assert shapes(rows)[4].area == 15.5
    assert len(by_key) == 5
    assert {"link-not-followed", "altitude-relative"} <= codes(asset)
    assert asset.properties["network_links"] == ["http://example.com/y.kml"]
    assert asset.vertical_datum == "EPSG:5773"  # KML counts heights from EGM96
    assert {x.name for x in asset.layers} == {"路", "轨迹", "城市"}
    assert asset.properties["ground_overlays"] == [{"name": "影像", "image": "a.png"}]


@pytest.mark.keeps("KML", "text")
@pytest.mark.parametrize(("said", "real"), [("GB2312", "gbk"), ("UTF-8", "gbk"), ("GBK", "utf-8")])
def test_xml_in_the_encoding_it_says_and_not(tmp_path: Path, said: str, real: str) -> None:
    text = KML.replace('encoding="UTF-8"', f'encoding="{said}"')
    (tmp_path / "a.kml").write_bytes(text.encode(real))
    asset, rows = read(tmp_path / "a.kml")
    assert properties(rows)[0]["Name"] == "建国路"
    assert ("encoding-contradiction" in codes(asset)) == (said != "GB2312")


@pytest.mark.keeps("KML", "geometry", "z")
def test_kml_rows_beyond_memory_and_numbers_in_any_spelling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cimkit.loaders._layers.kept._IN_MEMORY", 1_000)
    monkeypatch.setattr("cimkit.loaders._layers.kept._BATCH", 2)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    spelt = {
        "106,29": "POINT (106 29)",
        " 106.0 , 29 , 5e0 ": "POINT Z (106 29 5)",
        "+106,29,": "POINT (106 29)",
        "106,29,x": "POINT (106 29)",
        "1_0,29 106,29": "POINT (106 29)",
        "nan,29": None,
        "106;29": None,
        "1,2 3,4": "POINT (1 2)",
        "1,2,3,4": "POINT Z (1 2 3)",
    }
    rows = "".join(
        f"<Placemark><name>{n:04}{'长' * 99}</name><Point><coordinates>{text}</coordinates></Point>"
        "</Placemark>"
        for n, text in enumerate(spelt)
    )
    (tmp_path / "a.kml").write_text(f"<kml><Document>{rows}</Document></kml>", encoding="utf-8")
    asset, read_rows = read(tmp_path / "a.kml")
    assert asset.counts["features"] == len(spelt)
    names = [r["name"][:4] for r in read_rows["objects"]]
    assert names == [f"{n:04}" for n in range(len(spelt))]
    drawn = {r["source_key"]: shapely.from_wkb(r["wkb"]).wkt for r in read_rows["geometries"]}
    assert [drawn.get(r["source_key"]) for r in read_rows["objects"]] == [*spelt.values()]
    gc.collect()
    assert not [f for f in (tmp_path / "scratch").iterdir() if f.suffix == ".arrow"]


def test_kml_of_mixed_parts_in_folders_of_folders(tmp_path: Path) -> None:
    parts = (
        "<Point><coordinates>1,2</coordinates></Point>"
        "<LineString><coordinates>1,2,3 4,5,6</coordinates></LineString>"
    )
    areas = "<Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 4,0 4,4</coordinates>"
    areas += "</LinearRing></outerBoundaryIs></Polygon>"
    (tmp_path / "a.kml").write_text(
        "<kml><Document><name>d</name><Folder><name>b</name><Folder><name>a</name></Folder>"
        f"<Folder/><Placemark><MultiGeometry>"
        f"{parts}</MultiGeometry></Placemark><Placemark><MultiGeometry>{areas * 2}"
        "</MultiGeometry></Placemark></Folder></Document></kml>"
    )
    _, rows = read(tmp_path / "a.kml")
    assert [p["Folder"] for p in properties(rows)] == ["d/b", "d/b"]
    assert [s.wkt for s in shapes(rows)] == [
        "GEOMETRYCOLLECTION Z (POINT Z (1 2 0), LINESTRING Z (1 2 3, 4 5 6))",
        "MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)), ((0 0, 4 0, 4 4, 0 0)))",
    ]


KML_ODD = """<kml xmlns="http://www.opengis.net/kml/2.2"
xmlns:gx="http://www.google.com/kml/ext/2.2">
<Document><Style id="n"><LineStyle><width>6</width></LineStyle></Style>
<StyleMap id="m"><Pair><key>highlight</key><styleUrl>#x</styleUrl></Pair>
<Pair><key>normal</key><styleUrl>#n</styleUrl></Pair></StyleMap>
<Schema id="A"><SimpleField type="int" name="v"/></Schema>
<Schema id="B"><SimpleField type="string" name="v"/></Schema>
<Placemark><name>t</name><styleUrl>#m</styleUrl><gx:MultiTrack><gx:Track>
<when>2026-01-01T00:00:00Z</when><when>2026-01-01T00:00:01Z</when><when>2026-01-01T00:00:02Z</when>
<gx:coord>106 29</gx:coord><gx:coord>106.1 29 5</gx:coord><gx:coord>106.2 29 6</gx:coord>
<ExtendedData><SchemaData schemaUrl="#A"><gx:SimpleArrayData name="cadence"><gx:value>86</gx:value>
<gx:value>103</gx:value></gx:SimpleArrayData></SchemaData></ExtendedData></gx:Track></gx:MultiTrack>
<Region><LatLonAltBox><north>30</north><south>29</south></LatLonAltBox><Lod>
<minLodPixels>128</minLodPixels></Lod></Region>
<ExtendedData><SchemaData schemaUrl="#A"><SimpleData name="v">007</SimpleData></SchemaData>
</ExtendedData></Placemark>
<Placemark><name>u</name><ExtendedData><SchemaData schemaUrl="#B"><SimpleData name="v">007
</SimpleData></SchemaData></ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>
0,0,1 4,0,1 4,4,1</coordinates></LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing>
<coordinates>2,1 3,1 3,2</coordinates></LinearRing></innerBoundaryIs></Polygon></Placemark>
<PhotoOverlay><name>p</name><Camera><heading>20</heading></Camera><Icon><href>a.jpg</href></Icon>
<Point><coordinates>106,29</coordinates></Point></PhotoOverlay></Document></kml>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_kml_tracks_schemas_views_and_style_maps(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.kml").write_text(KML_ODD, encoding=encoding)
    _, rows = read(tmp_path / "a.kml")
    said = {p["Name"]: p for p in properties(rows)}
    assert said["t"]["style"]["LineStyle"] == {"width": "6"}
    assert (said["t"]["v"], said["u"]["v"]) == (7, "007")
    assert said["t"]["cadence"] == ["86", "103"]
    assert said["t"]["Region"]["minLodPixels"] == "128"
    assert len(said["t"]["when"]) == 3
    assert said["p"]["Camera"] == {"heading": "20"}
    assert said["p"]["image"] == "a.jpg"
    drawn = [s.wkt for s in shapes(rows)]
    assert drawn[0] == "MULTILINESTRING Z ((106 29 0, 106.1 29 5, 106.2 29 6))"
    assert drawn[1].startswith("POLYGON Z ((0 0 1")
    assert drawn[2] == "POINT (106 29)"


def test_a_broken_kml_in_a_kmz_costs_that_one_alone(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.writestr("doc.kml", KML)
        archive.writestr("b.kml", "<kml><Document><name>")
        archive.writestr("../c.kml", KML_ODD)
    asset, rows = read(tmp_path / "a.kmz")
    assert len(properties(rows)) == 8
    assert "xml-broken" in codes(asset)
    assert not (tmp_path.parent / "c.kml").exists()


@pytest.mark.keeps("KMZ", "geometry", "attributes", "text", "damage")
def test_every_kml_of_a_kmz(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.writestr("doc.kml", KML)
        archive.writestr("files/b.kml", KML.replace("建国路", "人民路"))
        archive.writestr("files/a.png", b"x")
    asset, rows = read(tmp_path / "a.kmz")
    assert len(rows["objects"]) == 10
    assert {"建国路", "人民路"} <= {r["name"] for r in rows["objects"]}
    assert asset.properties["files"] == ["files/a.png"]
    data = (tmp_path / "a.kmz").read_bytes()
    (tmp_path / "a.kmz").write_bytes(data[:-200])
    with pytest.raises(SourceUnreadable):
        vector.probe(source(tmp_path / "a.kmz"), ReadOptions())


@pytest.mark.keeps("KML", "damage")
def test_kml_cut_short_or_full_of_entities(tmp_path: Path) -> None:
    data = KML.encode()
    for n in range(1, 10):
        (tmp_path / "a.kml").write_bytes(data[: len(data) * n // 10])
        try:
            asset, rows = read(tmp_path / "a.kml")
        except SourceUnreadable:
            continue
        assert "xml-broken" in codes(asset)
        assert len(rows["objects"]) == asset.counts["features"] > 0
    secret = tmp_path / "secret"
    secret.write_text("password")
    bomb = '<!DOCTYPE k [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    bomb += f'<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    text = KML.replace("<kml ", f"{bomb}<kml ").replace("<name>建国路", "<name>&j;&x;建国路")
    (tmp_path / "a.kml").write_text(text, encoding="utf-8")
    with pytest.raises(SourceUnreadable, match="no valid XML"):
        read(tmp_path / "a.kml")
    text = text.replace("&j;", "")
    (tmp_path / "a.kml").write_text(text, encoding="utf-8")
    _, rows = read(tmp_path / "a.kml")
    assert "password" not in json.dumps(rows["objects"], default=str)


def feature(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [106.5, 29.5]}
    return {"type": "Feature", "properties": properties, "geometry": point, **more}


@pytest.mark.keeps("GeoJSON", "attributes", "text", "geometry", "crs")
@pytest.mark.parametrize("form", ["collection", "sequence", "lines"])
def test_geojson_nested_and_in_sequences(tmp_path: Path, form: str) -> None:
    rows = [feature({"编号": "001", "a": {"b": [1, None, {"c": "深"}]}}), feature({"编号": "002"})]
    file = tmp_path / "a.geojson"
    if form == "collection":
        file.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    elif form == "sequence":
        file.write_text("".join(f"\x1e{json.dumps(r)}\n" for r in rows))
    else:
        file.write_text("".join(f"{json.dumps(r)}\n" for r in rows))
    asset, tables = read(file)
    said = properties(tables)
    assert said[0]["编号"] == "001"
    assert said[0]["a"] == {"b": [1, None, {"c": "深"}]}
    assert len(said) == 2
    assert asset.crs_origin == "assumed"


@pytest.mark.keeps("GeoJSON", "text", "crs")
def test_geojson_in_gbk_and_with_the_old_crs(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4544"}}
    rows = [feature({"名称": "建国路与人民大街"})]
    rows[0]["geometry"]["coordinates"] = [500_000, 3_270_000]
    text = json.dumps(
        {"type": "FeatureCollection", "crs": crs, "features": rows}, ensure_ascii=False
    )
    (tmp_path / "a.geojson").write_bytes(text.encode("gbk"))
    asset, tables = read(tmp_path / "a.geojson")
    assert (asset.crs, asset.crs_origin) == ("EPSG:4544", "declared")
    assert tables["objects"][0]["name"] == "建国路与人民大街"
    assert asset.encoding == "gb18030"


@pytest.mark.keeps("GML", "geometry", "attributes", "exact", "identity", "crs")
def test_gml_curves_and_axes(tmp_path: Path, shared_data: Path) -> None:
    _, rows = read(shared_data / "gis" / "Toblerity-Fiona" / "multicurve.gml")
    assert rows["geometries"][0]["geometry_type"] in (
        "MultiCurve",
        "CompoundCurve",
        "MultiLineString",
    )
    text = """<?xml version="1.0" encoding="UTF-8"?>
<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:u="urn:u" gml:id="c">
<gml:featureMember><u:Road gml:id="road.77"><u:name>建国路</u:name>
<u:owner><u:name>局</u:name></u:owner>
<u:line><gml:LineString gml:id="g" srsName="urn:ogc:def:crs:EPSG::4490" srsDimension="3">
<gml:posList>29 106 5 29.5 106.5 6</gml:posList></gml:LineString></u:line></u:Road>
</gml:featureMember></gml:FeatureCollection>"""
    (tmp_path / "a.gml").write_text(text, encoding="utf-8")
    before = listing(tmp_path)
    asset, rows = read(tmp_path / "a.gml")
    assert listing(tmp_path) == before
    assert asset.crs == "EPSG:4490"
    assert shapes(rows)[0].wkt == "LINESTRING Z (106 29 5, 106.5 29.5 6)"
    said = properties(rows)[0]
    assert said["gml_id"] == "road.77"
    assert "局" in said.values()


@pytest.mark.keeps("OSM PBF", "geometry", "attributes", "identity", "relations", "time", "crs")
def test_osm_with_all_tags_and_members(shared_data: Path) -> None:
    asset, rows = read(shared_data / "gis" / "geopandas-pyogrio" / "sample.osm.pbf")
    assert asset.counts["features"] == 57
    stop = next(r for r in rows["objects"] if r["source_key"] == "node/502550970")
    said = json.loads(stop["properties"])
    assert said["naptan:AtcoCode"] == "210021602510"
    assert said["highway"] == "bus_stop"
    assert said["osm_timestamp"].startswith("2009-09-19T22:02:42")
    assert stop["key_origin"] == "id"
    members = [r for r in rows["relations"] if r["source_key"] == "relation/31640"]
    assert {"relation": "member:forward", "other_key": "way/25896432"}.items() <= members[1].items()


@pytest.mark.keeps("OSM PBF", "damage")
def test_osm_that_is_cut_off_gives_what_came_before(shared_data: Path, tmp_path: Path) -> None:
    data = (shared_data / "gis" / "geopandas-pyogrio" / "sample.osm.pbf").read_bytes()
    (tmp_path / "a.osm.pbf").write_bytes(data[: len(data) * 9 // 10])
    asset, rows = read(tmp_path / "a.osm.pbf")
    assert "file-cut" in codes(asset)
    assert "node/502550970" in {r["source_key"] for r in rows["objects"]}
    (tmp_path / "a.osm.pbf").write_bytes(data[:100])
    with pytest.raises(SourceUnreadable, match="cut off"):
        read(tmp_path / "a.osm.pbf")


LAMP = "<node id='-1' lat='29.5' lon='106.5' %s><tag k='highway' v='street_lamp'/></node>"
GONE, HIDDEN = LAMP % "action='delete'", LAMP % "visible='false'"
OTHER = LAMP.replace("-1", "2") % "version='1'"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"<osm version='0.6'>{GONE}{OTHER}</osm>", "objects-deleted"),
        (f"<osm version='0.6'>{HIDDEN}{OTHER}</osm>", "objects-deleted"),
        (f"<osm version='0.6'>{OTHER}<node id='7' lat", "file-cut"),
        (
            f"<osmChange><delete>{GONE}</delete><create>{OTHER}</create></osmChange>",
            "change-file",
        ),
    ],
)
@pytest.mark.keeps("OSM", "damage", "time", "crs")
def test_osm_without_what_was_deleted(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a.osm").write_text(text)
    asset, rows = read(tmp_path / "a.osm")
    assert told in codes(asset)
    assert [r["source_key"] for r in rows["objects"]] == ["node/2"]
    assert asset.crs == "EPSG:4326"


def test_osm_with_entities_is_read_or_refused(tmp_path: Path) -> None:
    bomb = "<!DOCTYPE osm [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
        f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    lamp = OTHER.replace("street_lamp", "&%s;")
    text = f"{bomb}]><osm version='0.6'>{lamp}</osm>"
    (tmp_path / "a.osm").write_text(text % "b")
    _, rows = read(tmp_path / "a.osm")
    assert json.loads(rows["objects"][0]["properties"])["highway"] == "a" * 100
    (tmp_path / "a.osm").write_text(text % "j")
    with pytest.raises(SourceUnreadable, match="amplification"):
        read(tmp_path / "a.osm")


@pytest.mark.keeps("OSM", "geometry", "attributes", "relations", "identity")
def test_osm_xml(tmp_path: Path) -> None:
    text = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="29.5" lon="106.5" version="1">
<tag k="highway" v="street_lamp"/>
<tag k="height" v="8"/></node>
<node id="2" lat="29.6" lon="106.6" version="1"/>
<way id="5" version="1">
<nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/><tag k="name:zh" v="路"/></way>
<relation id="9" version="1">
<member type="way" ref="5" role="from"/><tag k="type" v="route"/></relation>
</osm>"""
    (tmp_path / "a.osm").write_text(text, encoding="utf-8")
    asset, rows = read(tmp_path / "a.osm")
    said = {r["source_key"]: r for r in rows["objects"]}
    assert json.loads(said["way/5"]["properties"])["name:zh"] == "路"
    assert said["node/1"]["height"] == 8
    assert rows["relations"][0]["other_key"] == "way/5"
    assert rows["relations"][0]["relation"] == "member:from"
    assert asset.layers[0].key_field == "@id"


@pytest.mark.keeps("MapInfo", "geometry", "attributes", "text", "crs")
@pytest.mark.parametrize("charset", ["WindowsSimpChinese", "Neutral"])
@pytest.mark.parametrize("suffix", ["tab", "mif"])
def test_mapinfo_by_its_charset_and_without(tmp_path: Path, charset: str, suffix: str) -> None:
    text = "建国路与人民大街"
    data = frame(名称=["QQQQQQQQQQQQQQQQ"], n=[5]).rename(columns={"名称": "name"})
    file = write(tmp_path / f"a.{suffix}", data.to_crs("EPSG:4326"), driver="MapInfo File")
    held = tmp_path / ("a.dat" if suffix == "tab" else "a.mid")
    held.write_bytes(held.read_bytes().replace(b"Q" * 16, text.encode("gbk")))
    head = re.sub(rb'(?i)(charset "?)[^"\s]*', rb"\1" + charset.encode(), file.read_bytes())
    file.write_bytes(head)
    asset, rows = read(file)
    assert properties(rows)[0]["name"] == text
    assert asset.encoding_origin == ("detected" if charset == "Neutral" else "declared")


@pytest.mark.keeps("GeoJSON", "identity", "contradictions", "semantics")
def test_identifiers_and_foreign_members(tmp_path: Path) -> None:
    rows = [feature({"a": i}, id=100 + i, style={"c": 1}) for i in range(3)]
    text = {"type": "FeatureCollection", "features": rows, "metadata": {"年": 2026}}
    (tmp_path / "a.geojson").write_text(json.dumps(text))
    asset, tables = read(tmp_path / "a.geojson")
    assert [r["source_key"] for r in tables["objects"]] == ["100", "101", "102"]
    assert properties(tables)[1] == {"id": 101, "a": 1}
    assert asset.properties["foreign_members"] == {"metadata": {"年": 2026}}
    assert "style (3)" in next(p for p in asset.problems if p.code == "members-left-out").got
    asset, tables = read(tmp_path / "a.geojson", key_field="a")
    assert [r["source_key"] for r in tables["objects"]] == ["0", "1", "2"]
