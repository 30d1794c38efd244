"""Vertical datums as they are named in files and sheets."""

from __future__ import annotations

import pytest

from cimkit.geometry.crs import crs_name, parse_crs
from cimkit.geometry.vertical import likely_vertical, read_vertical, vertical_part


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1985国家高程基准", "EPSG:5737"),
        ("國家85高程", "EPSG:5737"),
        ("85高程", "EPSG:5737"),
        ("1985 Yellow Sea Datum", "EPSG:5737"),
        ("Yellow Sea 1985 height", "EPSG:5737"),
        ("5737", "EPSG:5737"),
        ("urn:ogc:def:crs:EPSG::5737", "EPSG:5737"),
        ("黄海56", "EPSG:5736"),
        ("1956年黄海高程系", "EPSG:5736"),
        ("JGD2011 (vertical) height", "EPSG:6695"),
        ("EPSG:6697", "EPSG:6695"),
        ("測地成果2011", "EPSG:6695"),
        ("NAP", "EPSG:5709"),
        ("NAP hoogte", "EPSG:5709"),
        ("EPSG:7415", "EPSG:5709"),
        ("DHHN2016", "EPSG:7837"),
        ("DE_DHHN92_NH", "EPSG:5783"),
        ("EGM96 geoid", "EPSG:5773"),
        ("EGM2008", "EPSG:3855"),
        ("NAVD88 height (ftUS)", "EPSG:6360"),
        ("North American Vertical Datum of 1988", "EPSG:5703"),
        ("Ordnance Datum Newlyn", "EPSG:5701"),
        ("香港主水平基準", "EPSG:5738"),
        ("LN02", "EPSG:5728"),
        ("RH2000", "EPSG:5613"),
        ("Mean Sea Level", "EPSG:5714"),
        ("IGN69", "EPSG:5720"),
        ("TAW", "EPSG:5710"),
        ("PL-EVRF2007-NH", "EPSG:9651"),
    ],
)
def test_names_that_are_certain(text: str, code: str) -> None:
    found = read_vertical(text)
    assert found is not None
    assert (found.datum, found.kind, found.probable) == (code, "orthometric", ())
    assert parse_crs(code).is_vertical


@pytest.mark.parametrize(
    ("text", "crs", "code"),
    [
        ("椭球高", "EPSG:4544", "EPSG:4480"),
        ("大地高", "EPSG:4490", "EPSG:4480"),
        ("楕円体高", "EPSG:6677", "EPSG:6667"),
        ("Ellipsoidal height", "EPSG:32648", "EPSG:4979"),
        ("ellipsoidal", "EPSG:25832", "EPSG:4937"),
        ("WGS 84 ellipsoid", "EPSG:4544", "EPSG:4979"),
        ("EPSG:4979", "EPSG:4544", "EPSG:4979"),
    ],
)
def test_ellipsoidal_heights_carry_their_datum(text: str, crs: str, code: str) -> None:
    found = read_vertical(text, parse_crs(crs))
    assert found is not None
    assert (found.datum, found.kind) == (code, "ellipsoidal")
    assert len(parse_crs(code).axis_info) == 3


@pytest.mark.parametrize(
    "text",
    [
        *("吴淞高程", "珠江基面", "廢黃河零點", "大沽", "广州高程", "A.P.", "海拔"),
    ],
)
def test_level_surfaces_without_a_number_keep_their_name(text: str) -> None:
    found = read_vertical(text)
    assert found is not None
    assert (found.datum, found.kind) == (text, "orthometric")


@pytest.mark.parametrize(
    "text", ["local", "相对高程", "假定高程系", "±0.000", "relativeToGround", "AGL"]
)
def test_a_zero_of_its_own(text: str) -> None:
    found = read_vertical(text)
    assert found is not None
    assert (found.datum, found.kind) == (text, "local")


def test_names_that_fit_several() -> None:
    for text in ("黄海高程", "Yellow Sea", "国家高程基准"):
        found = read_vertical(text, parse_crs("EPSG:4544"))
        assert found is not None
        assert (found.datum, found.probable[0]) == (text, "EPSG:5737")
    tokyo = read_vertical("T.P.")
    assert tokyo is not None
    assert (tokyo.datum, tokyo.probable) == ("T.P.", ("EPSG:6695", "EPSG:6694"))
    beside = read_vertical("T.P.", parse_crs("EPSG:6677"))
    assert beside is not None
    assert beside.datum == "EPSG:6695"  # the plane beside it tells which realisation
    feet = read_vertical("NAVD88", parse_crs("EPSG:2263"))
    assert feet is not None
    assert (feet.datum, feet.probable[0]) == ("NAVD88", "EPSG:6360")  # a plane in feet


@pytest.mark.parametrize("text", ["", "unknown", "N/A", "未知", "不明", "EPSG:25832", "EPSG:4326"])
def test_what_says_nothing_about_heights(text: str) -> None:
    assert read_vertical(text) is None


def test_a_name_that_nobody_knows_is_kept() -> None:
    found = read_vertical("City datum 7")
    assert found is not None
    assert (found.datum, found.kind) == ("City datum 7", "unknown")


@pytest.mark.parametrize(
    ("crs", "datum", "kind", "unit"),
    [
        ("EPSG:4544+5737", "EPSG:5737", "orthometric", 1.0),
        ("EPSG:7415", "EPSG:5709", "orthometric", 1.0),
        ("EPSG:2263+6360", "EPSG:6360", "orthometric", 0.3048006096),
        ("EPSG:4979", "EPSG:4979", "ellipsoidal", 1.0),
        ("OGC:CRS84h", "EPSG:4979", "ellipsoidal", 1.0),
        ("EPSG:4978", "EPSG:4978", "ellipsoidal", 1.0),
    ],
)
def test_what_a_crs_says_of_heights(crs: str, datum: str, kind: str, unit: float) -> None:
    found = vertical_part(parse_crs(crs))
    assert found is not None
    assert (found.datum, found.kind) == (datum, kind)
    assert found.unit_m == pytest.approx(unit)


def test_depths_count_downwards() -> None:
    found = vertical_part(parse_crs("EPSG:5739"))
    assert found is not None
    assert found.down
    assert vertical_part(parse_crs("EPSG:4544")) is None


def test_esri_writes_the_vertical_system_behind_the_plane_one() -> None:
    wkt = parse_crs("EPSG:4544").to_wkt("WKT1_ESRI") + (
        ',VERTCS["Yellow_Sea_1985",VDATUM["Yellow_Sea_1985"],PARAMETER["Vertical_Shift",0.0],'
        'PARAMETER["Direction",1.0],UNIT["Meter",1.0]]'
    )
    assert crs_name(parse_crs(wkt)) == "EPSG:4544+5737"


def test_what_is_likely_is_a_vertical_system() -> None:
    for plane in ("EPSG:4545", "EPSG:2381", "EPSG:6677", "EPSG:28992", "EPSG:2326", "EPSG:27700"):
        likely = likely_vertical(parse_crs(plane))
        assert likely is not None
        assert parse_crs(likely).is_vertical
    assert likely_vertical(parse_crs("EPSG:32648")) is None
