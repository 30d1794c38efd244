"""CityGML that is damaged, hostile, or in a CRS named in its own way."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import citygml
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Declaration, Place, Source

from .made import X, Y, building, corners, gml, link, load, model, multi, polygon, solid, square
from .made import surface as bounded

BODY = f"<bldg:lod1MultiSurface>{multi(polygon(square(1)))}</bldg:lod1MultiSurface>"


def houses(count: int = 6) -> str:
    return "".join(
        building(
            f"b{i}",
            f"<gml:name>n{i}</gml:name><bldg:lod2Solid>{solid(link(f'p{i}'))}</bldg:lod2Solid>"
            + bounded("RoofSurface", f"s{i}", multi(polygon(square(i), f"p{i}"))),
        )
        for i in range(count)
    )


@pytest.mark.parametrize("tenth", range(10))
@pytest.mark.keeps("CityGML", "damage")
def test_cut_off_at_each_tenth(tmp_path: Path, tenth: int) -> None:
    whole = model(houses())
    text = whole[: len(whole) * tenth // 10]
    file = tmp_path / "a.gml"
    file.write_text(text)
    complete = text.count("</core:cityObjectMember>")
    if not complete:
        with pytest.raises(SourceUnreadable):
            load(citygml, file)
        return
    loaded = load(citygml, file)
    assert len(loaded.objects) == loaded.asset.counts["top_level"] == complete
    assert loaded.problem("source-cut-off").severity == "error"


@pytest.mark.keeps("CityGML", "damage")
def test_error_in_the_middle_loses_little(tmp_path: Path) -> None:
    text = model(houses()).replace("<gml:name>n2</gml:name>", "<gml:name>a &nbsp; b</gml:name>")
    file = tmp_path / "a.gml"
    file.write_text(text)
    loaded = load(citygml, file)
    assert {"b0", "b1", "b3", "b4", "b5"} <= set(loaded.objects)
    assert loaded.problem("xml-broken").place.startswith("line")


@pytest.mark.keeps("CityGML", "damage")
def test_flipped_bits_never_crash(tmp_path: Path) -> None:
    whole = bytearray(model(houses(3)).encode())
    chance = random.Random(7)
    file = tmp_path / "a.gml"
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 3, 20))):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
        source = Source(path="a.gml", file=file)
        options = ReadOptions()
        try:
            asset = citygml.probe(source, options)
            list(citygml.read(source, asset, options))
        except SourceUnreadable:
            continue


@pytest.mark.keeps("CityGML", "damage")
def test_billion_laughs_and_foreign_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden")
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    doctype = (
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}<!ENTITY f SYSTEM "{secret.as_uri()}">'
        '<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd">]>'
    )
    text = model(houses(2)).replace("n0", "&l11;").replace("n1", "&f;")
    file = tmp_path / "a.gml"
    file.write_text(text.replace("<core:CityModel", doctype + "<core:CityModel", 1))
    try:
        loaded = load(citygml, file)
    except SourceUnreadable:
        return
    assert "hidden" not in str(loaded.objects)
    assert len(str(loaded.objects)) < 100_000


@pytest.mark.keeps("CityGML", "damage")
@pytest.mark.parametrize("tag", ["bldg:a", "bldg:consistsOfBuildingPart", "gml:surfaceMember"])
def test_nested_a_hundred_thousand_deep(tmp_path: Path, tag: str) -> None:
    deep = f"<{tag}>" * 100_000 + f"</{tag}>" * 100_000
    file = tmp_path / "a.gml"
    file.write_text(model(building("a", BODY) + building("b", deep)))
    try:
        loaded = load(citygml, file)
    except SourceUnreadable:
        return
    assert "a" in loaded.objects


def test_parts_of_parts_without_end(tmp_path: Path) -> None:
    start = '<bldg:consistsOfBuildingPart><bldg:BuildingPart gml:id="p{}">'
    end = "</bldg:BuildingPart></bldg:consistsOfBuildingPart>"
    inside = "".join(start.format(i) for i in range(400)) + BODY + end * 400
    loaded = gml(tmp_path, building("b", inside))
    assert loaded.objects["b"]["source_class"] == "Building"


@pytest.mark.parametrize("value", ["NaN", "INF", "1e999", "x", "9" * 400])
def test_positions_that_are_none(tmp_path: Path, value: str) -> None:
    bad = polygon(square(1)).replace(str(X + 10.0), value, 1)
    inside = f"<bldg:lod1MultiSurface>{multi(bad, polygon(square(2)))}</bldg:lod1MultiSurface>"
    loaded = gml(tmp_path, building("b", inside))
    assert corners(loaded.rows("b")[0]) == [[[list(p) for p in square(2)]]]
    assert loaded.problem("boundary-invalid").place.startswith("line")


@pytest.mark.parametrize("encoding", ["utf-16", "shift_jis", "gb18030"])
@pytest.mark.keeps("CityGML", "text")
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = model(building("b", "<gml:name>東京駅</gml:name>" + BODY))
    file = tmp_path / "a.gml"
    file.write_bytes(text.replace("UTF-8", encoding.upper()).encode(encoding))
    loaded = load(citygml, file)
    assert loaded.objects["b"]["name"] == "東京駅"


@pytest.mark.parametrize(
    ("srs", "crs", "datum"),
    [
        ("urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::5783", "EPSG:5555", "EPSG:5783"),
        ("urn:ogc:def:crs,crs:EPSG:6.12:25832,crs:EPSG:6.12:5783", "EPSG:5555", "EPSG:5783"),
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH", "EPSG:25832+7837", "EPSG:7837"),
        ("urn:adv:crs:ETRS89_UTM32", "EPSG:25832", None),
        ("urn:ogc:def:crs:EPSG::25832", "EPSG:25832", None),
        ("http://www.opengis.net/def/crs/EPSG/0/25832", "EPSG:25832", None),
        ("http://www.opengis.net/gml/srs/epsg.xml#25832", "EPSG:25832", None),
        ("EPSG:25832", "EPSG:25832", None),
    ],
)
@pytest.mark.keeps("CityGML", "crs", "vertical")
def test_names_of_the_crs(tmp_path: Path, srs: str, crs: str, datum: str | None) -> None:
    loaded = gml(tmp_path, building("b", BODY), srs)
    assert (loaded.asset.crs, loaded.asset.vertical_datum) == (crs, datum)
    assert loaded.asset.bbox_wgs84 is not None
    assert loaded.asset.bbox_wgs84[0] == pytest.approx(11.567, abs=0.01)


@pytest.mark.keeps("CityGML", "crs")
def test_crs_on_the_geometry_alone(tmp_path: Path) -> None:
    inside = BODY.replace("<gml:MultiSurface>", '<gml:MultiSurface srsName="EPSG:25832">')
    loaded = gml(tmp_path, building("b", inside), None)
    assert loaded.asset.crs == "EPSG:25832"
    assert loaded.rows("b")[0]["crs"] == "EPSG:25832"


@pytest.mark.keeps("CityGML", "crs")
def test_geometry_in_a_crs_of_its_own(tmp_path: Path) -> None:
    other = multi(polygon([(48.1, 11.5, 0.0), (48.1, 11.6, 0.0), (48.2, 11.6, 0.0)]))
    other = other.replace(
        "<gml:Multi", '<gml:MultiSurface srsName="urn:ogc:def:crs:EPSG::4979"><gml:Multi', 0
    )
    other = other.replace(
        "<gml:MultiSurface>", '<gml:MultiSurface srsName="urn:ogc:def:crs:EPSG::4979">'
    )
    inside = BODY + f"<bldg:lod2MultiSurface>{other}</bldg:lod2MultiSurface>"
    loaded = gml(tmp_path, building("b", inside))
    row = loaded.rows("b", "2")[0]
    assert row["crs"] == "urn:ogc:def:crs:EPSG::4979"
    assert corners(row)[0][0][0] == [11.5, 48.1, 0.0]  # x first
    assert loaded.objects["b"]["area_m2"] == pytest.approx(100, rel=1e-3)


def test_sheet_that_names_the_files_own_crs_keeps_its_axes(tmp_path: Path) -> None:
    ring = polygon([(35.0, 139.0, 1.0), (35.001, 139.0, 1.0), (35.0, 139.001, 1.0)])
    file = tmp_path / "a.gml"
    inside = f"<bldg:lod1MultiSurface>{multi(ring)}</bldg:lod1MultiSurface>"
    file.write_text(model(building("b", inside), "http://www.opengis.net/def/crs/EPSG/0/6697"))
    for crs in ("http://www.opengis.net/def/crs/EPSG/0/6697", "EPSG:6697"):
        loaded = load(citygml, file, declared=Declaration(crs=crs))
        assert loaded.asset.bbox_wgs84 is not None
        assert loaded.asset.bbox_wgs84[0] == pytest.approx(139.0, abs=0.01)


@pytest.mark.keeps("CityGML", "crs")
def test_local_crs_of_the_file_is_told_with_its_anchor(tmp_path: Path) -> None:
    local = (
        '<core:engineeringCRS><gml:EngineeringCRS gml:id="l"><gml:engineeringDatum>'
        '<gml:EngineeringDatum><gml:anchorDefinition codeSpace="EPSG:25832">691000 5334000 112'
        "</gml:anchorDefinition></gml:EngineeringDatum></gml:engineeringDatum>"
        "</gml:EngineeringCRS></core:engineeringCRS>"
    )
    inside = f"<bldg:lod1MultiSurface>{multi(polygon(square(1, x=0, y=0)))}</bldg:lod1MultiSurface>"
    loaded = gml(tmp_path, local + building("b", inside), "#l")
    assert loaded.asset.crs is None
    assert "691000" in loaded.problem("crs-local").message
    assert ("crs", "EPSG:25832") in loaded.problem("crs-local").proposal


def test_local_model_stands_where_the_sheet_says(tmp_path: Path) -> None:
    inside = f"<bldg:lod1MultiSurface>{multi(polygon(square(1, x=0, y=0)))}</bldg:lod1MultiSurface>"
    file = tmp_path / "a.gml"
    file.write_text(model(building("b", inside), None))
    declared = Declaration(crs="EPSG:25832", place=Place(X, Y, 100.0, 90.0))
    loaded = load(citygml, file, declared=declared)
    assert corners(loaded.rows("b")[0])[0][0][1] == pytest.approx([X, Y + 10, 101])
    assert loaded.asset.bbox == pytest.approx((X - 10, Y, 101, X, Y + 10, 101))
    assert loaded.objects["b"]["position_origin"] == "sheet"


def test_header_answers_without_the_objects(tmp_path: Path) -> None:
    text = model(houses()).replace("0 0 0<", f"{X} {Y} 1<").replace("1 1 1<", f"{X} {Y} 9<")
    file = tmp_path / "a.gml"
    file.write_text(text[: text.index("<bldg:Building")])  # there is nothing else
    asset = citygml.probe(Source(path="a.gml", file=file), ReadOptions(depth="header"))
    assert (asset.counts, asset.crs) == ({}, "EPSG:5555")
    assert asset.bbox == (X, Y, 1, X, Y, 9)


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    gml(tmp_path, houses())
    assert [p.name for p in tmp_path.iterdir()] == ["a.gml"]


def test_early_version_and_feature_members(tmp_path: Path) -> None:
    text = model(houses(2)).replace("cityObjectMember", "featureMember")
    text = text.replace("core:featureMember", "gml:featureMember").replace("/2.0", "/1.0")
    file = tmp_path / "a.gml"
    file.write_text(text)
    loaded = load(citygml, file)
    assert loaded.asset.format == "CityGML 1.0"
    assert loaded.asset.counts["top_level"] == 2
    assert loaded.surfaces(loaded.rows("b1")[0]) == ["RoofSurface"]
    assert Y == 5_334_000.0


@pytest.mark.keeps("CityGML", "damage")
def test_rings_that_cross_themselves_are_outlined_in_time(tmp_path: Path) -> None:
    chance = random.Random(1)
    slipped = [(X + chance.random(), Y + chance.random(), 0.0) for _ in range(2_000)]
    turn = [(X + math.cos(a / 20), Y + math.sin(a / 20), 0.0) for a in range(125)]
    turn[5], turn[6] = turn[6], turn[5]
    members = "".join(
        building(k, f"<bldg:lod1MultiSurface>{multi(polygon(p))}</bldg:lod1MultiSurface>")
        for k, p in (("slipped", slipped), ("turned", turn))
    )
    areas = {k: o["area_m2"] for k, o in gml(tmp_path, members).objects.items()}
    assert areas["slipped"] == pytest.approx(1.0, abs=0.05)  # the hull
    assert areas["turned"] == pytest.approx(math.pi, rel=0.01)
