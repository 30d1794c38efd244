"""Coordinate systems as they are spelt in the wild."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import shapely

from cimkit.errors import UsageError
from cimkit.geometry.crs import crs_name, from_crs84, metres_per_unit, parse_crs, to_crs84
from cimkit.geometry.crs_text import certain, suppositions
from cimkit.geometry.gauss_kruger import Zone, zone_of
from cimkit.geometry.vector import measures

WILD = """
EPSG:4326
    EPSG:6.9:4326 ; urn:ogc:def:crs:EPSG:6.9:4326 ; urn:ogc:def:crs:EPSG:v9.9.1:4326
    urn:x-ogc:def:crs:EPSG:4326 ; urn:opengis:def:crs:EPSG::4326 ; urn:ogc:def:crs/EPSG/6.12/4326
    URN:OGC:DEF:CRS:EPSG::4326 ; https://www.opengis.net/gml/srs/epsg.xml#4326 ; EPSG.4326
    http://spatialreference.org/ref/epsg/4326/ ; https://apps.epsg.org/api/v1/CoordRefSystem/4326
    EPSG:4326 (WGS 84) ; WGS 84 (EPSG:4326) ; {'init': 'epsg:4326'} ; [EPSG:4326] ; EPSG:04326
    ＥＰＳＧ：４３２６ ; EPSG code 4326 ; EPSG:4326.0 ; World Geodetic System 1984 ; LL84
    SDO:8307 ; Longitude / Latitude (WGS 84) ; WGS84经纬度 ; WGS84 大地坐标系
OGC:CRS84
    urn:ogc:def:crs:OGC:2:84 ; http://www.opengis.net/gml/srs/crs.xml#84 ; CRS84
OGC:CRS83
    CRS:83 ; urn:ogc:def:crs:OGC:1.3:CRS83
OGC:CRS84h
    https://www.opengis.net/def/crs/OGC/0/CRS84h ; OGC:CRS84h
EPSG:4490
    epsg 4490 ; CGCS_2000 ; 2000大地坐标系 ; 中国2000 ; 国家2000/CGCS2000 ; 国家大地2000坐标系
EPSG:4523
    CGCS2000_3_degree_Gauss-Kruger_zone_35 ; CGCS2000三度带35带 ; 国家2000 3°分带 第35带
EPSG:4544
    EPSG:4544 - CGCS2000 / 3-degree Gauss-Kruger CM 105E ; CGCS2000三度分带中央经线105度
    2000国家大地坐标系，高斯克吕格3度带投影，中央子午线为105°
    CGCS2000 3度带 105 ; 国家2000 3度带 105°
    https://epsg.org/crs_4544/CGCS2000-3-degree-Gauss-Kruger-CM-105E.html
EPSG:4555
    New Beijing
EPSG:4301
    Tokyo ; Tokyo Datum ; 旧日本測地系 ; 日本測地系 ; GCS_Tokyo
EPSG:4612
    JGD2000 ; 日本測地系2000 ; 世界測地系(2000)
EPSG:6668
    JGD2011 ; 日本測地系2011 ; 測地成果2011
EPSG:6677
    JGD2011 / 平面直角座標系 IX ; JGD_2011_Japan_Zone_9
EPSG:30169
    Tokyo_Japan_Zone_9 ; Tokyo / Japan Plane Rectangular CS IX
EPSG:25832
    ETRS89.UTM-32N ; ETRS_1989_UTM_Zone_32N ; ETRS89 UTM Zone 32 ; ETRS89/UTM32
EPSG:25832+7837
    urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016
EPSG:5555
    EPSG:25832+5783 ; urn:ogc:def:crs,crs:EPSG:6.12:25832,crs:EPSG:6.12:5783
EPSG:6697
    urn:ogc:def:crs,crs:EPSG::6697 ; http://www.opengis.net/def/crs/epsg/0/6697
EPSG:7415
    EPSG:28992,5709 ; urn:ogc:def:compoundcrs:EPSG::7415
EPSG:32648
    UTM84-48N ; WGS84_UTM_48N ; +proj=utm +zone=48 +datum=WGS84 +units=m +no_defs
EPSG:32733
    UTM84-33S ; WGS 84 / UTM zone 33S
EPSG:26910
    UTM83-10 ; NAD_1983_UTM_Zone_10N
EPSG:27700
    BritishNatGrid ; British_National_Grid ; OSGB36 / British National Grid
EPSG:2154
    RGF93_Lambert_93 ; LAMB93 ; RGF_1993_Lambert_93
EPSG:3857
    WGS_1984_Web_Mercator ; Popular Visualisation CRS / Mercator ; 3857 ; 900913
"""
"""Spellings found in files, URLs and forms, below what they certainly mean."""


def _wild() -> Iterator[tuple[str, str]]:
    name = ""
    for line in WILD.splitlines():
        if line.startswith(" "):
            yield from ((text.strip(), name) for text in line.split(" ; "))
        else:
            name = line


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("urn:ogc:def:crs:EPSG:4544", "EPSG:4544"),
        ("urn:ogc:def:crs:EPSG::4544,EPSG::5737", "EPSG:4544+5737"),
        ("urn:ogc:def:crs,crs:EPSG::4544,crs:EPSG::5737", "EPSG:4544+5737"),
        ("urn:x-ogc:def:crs:EPSG:6.9:4326", "EPSG:4326"),
        ("urn:EPSG:geographicCRS:4326", "EPSG:4326"),
        ("EPSG_4326", "EPSG:4326"),
        ("epsg 4326", "EPSG:4326"),
        ("EPSG：4544", "EPSG:4544"),
        ("EPSG4544", "EPSG:4544"),
        ("crs:EPSG::25832", "EPSG:25832"),
        ("SRID=4544", "EPSG:4544"),
        ("4544.0", "EPSG:4544"),
        ("+init=epsg:4544", "EPSG:4544"),
        ("https://epsg.io/4544", "EPSG:4544"),
        ("EPSG:4544+5737", "EPSG:4544+5737"),
        ("EPSG:4544+EPSG:5737", "EPSG:4544+5737"),
        ("EPSG:4544;5737", "EPSG:4544+5737"),
        ("http://www.opengis.net/gml/srs/epsg.xml#4544", "EPSG:4544"),
        (
            "http://www.opengis.net/def/crs-compound?1=http://www.opengis.net/def/crs/EPSG/0/4544"
            "&2=http://www.opengis.net/def/crs/EPSG/0/5737",
            "EPSG:4544+5737",
        ),
        ("EPSG:900913", "EPSG:3857"),
        ("EPSG:3785", "EPSG:3857"),
        ("ESRI:102100", "EPSG:3857"),
        ("102113", "EPSG:3857"),
        ("CRS:84", "OGC:CRS84"),
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "OGC:CRS84"),
        ("urn:ogc:def:crs:OGC::CRS84h", "OGC:CRS84h"),
        ("urn:adv:crs:ETRS89_UTM32", "EPSG:25832"),
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH", "EPSG:25832+7837"),
        ("urn:adv:crs:DE_DHDN_3GK4*DE_DHHN92_NH", "EPSG:31468+5783"),
        ("CGCS2000_3_Degree_GK_CM_105E", "EPSG:4544"),
        ("CGCS_2000_3_Degree_GK_Zone_35", "EPSG:4523"),
        ("CGCS2000_GK_CM_105E", "EPSG:4507"),
        ("GCS_China_Geodetic_Coordinate_System_2000", "EPSG:4490"),
        ("国家2000", "EPSG:4490"),
        ("2000國家大地坐標系", "EPSG:4490"),
        ("CGCS2000 3度带 35带", "EPSG:4523"),
        ("国家2000坐标系 3度带 带号35 中央经线105", "EPSG:4523"),
        ("CGCS2000 3度带 35带 无带号", "EPSG:4544"),
        ("2000国家大地坐标系_3度带_105E", "EPSG:4544"),
        ("CGCS2000 6度带 18带", "EPSG:4496"),
        ("CGCS2000 35带", "EPSG:4523"),
        ("西安80", "EPSG:4610"),
        ("1980西安坐标系", "EPSG:4610"),
        ("西安80坐标系 3度带 中央经线 108°", "EPSG:2381"),
        ("1954年北京坐标系", "EPSG:4214"),
        ("北京54 6度带 18带", "EPSG:21418"),
        ("JGD2011 平面直角座標系9系", "EPSG:6677"),
        ("JGD2011 平面直角座標系 第IX系", "EPSG:6677"),
        ("JGD2000 平面直角座標系 第Ⅸ系", "EPSG:2451"),
        ("旧日本測地系 平面直角座標系 9系", "EPSG:30169"),
        ("JGD_2011_Japan_Zone_9", "EPSG:6677"),
        ("WGS84 UTM48N", "EPSG:32648"),
        ("ETRS89 UTM32", "EPSG:25832"),
        ("RD_New", "EPSG:28992"),
        ("Hong_Kong_1980_Grid", "EPSG:2326"),
        ("WGS_1984", "EPSG:4326"),
        *_wild(),
    ],
)
def test_spellings_that_are_certain(text: str, name: str) -> None:
    assert crs_name(parse_crs(text)) == name


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        ("UTM zone 48N", ("EPSG:32648",)),
        ("平面直角座標系 9系", ("EPSG:6677", "EPSG:2451")),
        ("平面直角座標系第9系(世界測地系)", ("EPSG:6677", "EPSG:2451")),
        ("Chongqing, after EPSG:4490", ("EPSG:4490",)),
        ('PROJCS["CGCS2000_3_Degree_GK_CM_105E", broken', ("EPSG:4544",)),
        ("重庆独立坐标系", ()),
        ("CGCS2000 / 3", ()),
        ("Beijing", ()),
        ("CGCS2000 3度带 18带", ()),
        ("CGCS2000 3度带 106", ()),
        ("CGCS2000 105", ()),
        ("DHDN_GK_3", ("EPSG:31467",)),
        ("DHDN / Gauß-Krüger Zone 4", ("EPSG:31468",)),
        ("CGCS2000 3度带 35带 中央经线108", ()),
        ("新1954年北京坐标系", ()),
        ("unknown", ()),
        ("", ()),
        ("EPGS:4544", ("EPSG:4544",)),
        ("ESPG:4544", ("EPSG:4544",)),
        ("ETRS89 UTM 33 with heights", ("EPSG:25833",)),
        ("NAD83 UTM10 of ours", ("EPSG:26910",)),
        ("世界測地系", ("EPSG:6668", "EPSG:4612")),
        ("EPSG:4544 CGCS2000 / 3-degree Gauss-Kruger CM 108E", ("EPSG:4544",)),
        ("WGS 84 (EPSG:4490)", ("EPSG:4490",)),
        ("EPSG:25832 + DHHN2016", ("EPSG:25832",)),
        ("AUTO:42001", ()),
        ("EPSG:0", ()),
        ("-1", ()),
    ],
)
def test_what_is_only_probable_is_not_taken(text: str, likely: tuple[str, ...]) -> None:
    assert suppositions(text) == likely
    with pytest.raises(UsageError) as caught:
        parse_crs(text)
    assert all(code in str(caught.value.mend) for code in likely)


ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII")


@pytest.mark.parametrize("number", range(1, 14))
def test_every_japanese_system(number: int) -> None:
    letters = ROMAN[number - 1]
    for datum in ("JGD2011", "JGD2000"):
        wanted = parse_crs(f"{datum} / Japan Plane Rectangular CS {letters}").to_epsg()
        for text in (f"{datum} 平面直角座標系 {number}系", f"{datum} 平面直角座標系 第{letters}系"):
            assert parse_crs(text).to_epsg() == wanted


@pytest.mark.parametrize("datum", ["CGCS2000", "Xian 1980", "Beijing 1954"])
def test_the_arithmetic_of_zones_is_that_of_the_register(datum: str) -> None:
    for width in (3, 6):
        for meridian in range(75, 136, width):
            for prefixed in (True, False):
                zone = Zone(datum, width, meridian, prefixed)
                crs = parse_crs(str(zone.code))
                degree = "3-degree " if width == 3 else ""
                end = f"zone {zone.number}" if prefixed else f"CM {meridian}E"
                kind = "Gauss-Kruger"
                assert crs.name in (
                    f"{datum} / {degree}{kind} {end}",
                    f"{datum} / {kind} {end}",
                )
                assert zone_of(int(str(zone.code)[5:])) == zone
                word = {"CGCS2000": "国家2000", "Xian 1980": "西安80", "Beijing 1954": "北京54"}
                said = f"{zone.number}带" if prefixed else f"中央经线{meridian}"
                assert certain(f"{word[datum]} {width}度带 {said}") == zone.code


@pytest.mark.parametrize("code", [*range(4491, 4555), *range(2349, 2391), *range(2401, 2443)])
def test_every_chinese_prj_file_of_esri(code: int) -> None:
    wkt = parse_crs(f"EPSG:{code}").to_wkt("WKT1_ESRI")
    assert crs_name(parse_crs(wkt)) == f"EPSG:{code}"


def test_a_shift_of_zeros_is_none() -> None:
    plain = parse_crs("EPSG:4544").to_wkt("WKT1_GDAL")
    none = plain.replace('AUTHORITY["EPSG","1043"]]', "TOWGS84[0,0,0,0,0,0,0]]")
    assert "TOWGS84" in none
    assert crs_name(parse_crs(none)) == "EPSG:4544"
    real = parse_crs(none.replace("[0,0,0,", "[12,3,4,"))
    assert real.is_bound
    spot = np.array([[500_000.0, 3_270_000.0]])
    kept, plain_spot = to_crs84(spot, parse_crs(crs_name(real))), to_crs84(spot, parse_crs(none))
    assert to_crs84(spot, real) == pytest.approx(kept, abs=1e-12)
    assert np.abs(kept - plain_spot).max() > 1e-5  # the parameters are obeyed


def test_a_shift_of_zeros_is_none_in_a_compound_either() -> None:
    text = parse_crs("EPSG:4326+5773").to_wkt("WKT1_GDAL")
    crs = parse_crs(text.replace('AUTHORITY["EPSG","6326"]]', "TOWGS84[0,0,0,0,0,0,0]]", 1))
    assert not crs.sub_crs_list[0].is_bound
    assert crs_name(crs) == "EPSG:9707"


@pytest.mark.parametrize(
    ("text", "x", "y"),
    [
        ("EPSG:4544 | swap", 3_270_000.0, 500_000.0),
        ("EPSG:4544 | scale 0.001", 500e6, 3270e6),
        ("EPSG:4544 | swap | scale 0.001", 3270e6, 500e6),
        ("EPSG:4544 | shift 500000 3270000", 0.0, 0.0),
        ("EPSG:4544|negate  xy", -500_000.0, -3_270_000.0),
    ],
)
def test_coordinates_that_were_written_otherwise(text: str, x: float, y: float) -> None:
    crs = parse_crs(text)
    there = to_crs84(np.array([[500_000.0, 3_270_000.0]]), parse_crs("EPSG:4544"))
    assert to_crs84(np.array([[x, y]]), crs) == pytest.approx(there)
    assert from_crs84(there, crs) == pytest.approx(np.array([[x, y]]), abs=1e-4 / 0.001)
    assert parse_crs(crs_name(crs)) == crs
    unit = metres_per_unit(crs)
    assert unit == pytest.approx(0.001 if "scale" in text else 1.0)
    square = np.array([shapely.box(x, y, x + 10 / unit, y + 10 / unit)], dtype=object)
    assert measures(square, crs)[0] == pytest.approx([100.0], rel=1e-6)


@pytest.mark.parametrize(
    "text", ["EPSG:4544 | scale 0", "EPSG:4544 | swap twice", "EPSG:5737 | swap", "GCJ-02 | swap"]
)
def test_changes_that_are_none(text: str) -> None:
    with pytest.raises(UsageError):
        parse_crs(text)
