"""Coordinates of real cities in the wrong CRS, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyproj import Transformer

from cimkit.geometry.crs import parse_crs
from cimkit.loaders._placing import Placed, place
from cimkit.model import Source

Box = tuple[float, float, float, float]
SOURCE = Source("gis/roads.shp", Path("roads.shp"))
# (longitude, latitude), its CRS without a zone in front, with one (or the geographic one)
CITIES = {
    "Chongqing": (106.55, 29.56, "EPSG:4545", "EPSG:4524"),  # 3 degrees, zone 36
    "Guangzhou": (113.26, 23.13, "EPSG:4547", "EPSG:4526"),
    "Beijing": (116.40, 39.91, "EPSG:4548", "EPSG:4527"),
    "Shanghai": (121.47, 31.23, "EPSG:4549", "EPSG:4528"),  # on the edge of zone 40
    "Urumqi": (87.62, 43.82, "EPSG:4538", "EPSG:4517"),
}
JAPAN = {"Tokyo": (139.69, 35.69, "EPSG:6677"), "Osaka": (135.50, 34.69, "EPSG:6674")}
EVERYWHERE = {
    **{k: v[:3] for k, v in CITIES.items()},
    **JAPAN,
    "Delft": (4.36, 52.01, "EPSG:28992"),
}


def box(lon: float, lat: float, crs: str) -> Box:
    move = Transformer.from_crs("OGC:CRS84", parse_crs(crs), always_xy=True)
    x, y = move.transform([lon - 0.01, lon + 0.01], [lat - 0.01, lat + 0.01])
    return min(x), min(y), max(x), max(y)


def codes(placed: Placed) -> list[str]:
    return [p.code for p in placed.problems]


def lies_at(proposal: str, bounds: Box, lon: float, lat: float) -> None:
    """What is proposed, once declared, puts the city where it is."""
    again = place("", proposal, "sheet", bounds, SOURCE)
    assert again.box is not None, again.problems
    west, south, east, north = again.box
    assert west - 1e-3 < lon < east + 1e-3
    assert south - 1e-3 < lat < north + 1e-3


def proposal(placed: Placed, code: str) -> str:
    problem = next(p for p in placed.problems if p.code == code)
    assert problem.got
    assert problem.expected
    (column, value) = problem.proposal[0]
    assert column == "crs"
    assert value in problem.hint
    return value


@pytest.mark.parametrize("city", EVERYWHERE)
def test_what_is_right_is_placed_and_nothing_is_said(city: str) -> None:
    lon, lat, crs = EVERYWHERE[city]
    placed = place("", crs, "declared", box(lon, lat, crs), SOURCE)
    assert (codes(placed), placed.name) == ([], crs)
    lies_at(crs, box(lon, lat, crs), lon, lat)


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("missing", [True, False])
def test_the_number_of_the_zone(city: str, missing: bool) -> None:
    lon, lat, plain, prefixed = CITIES[city]
    real, said = (plain, prefixed) if missing else (prefixed, plain)
    bounds = box(lon, lat, real)
    placed = place("roads", said, "declared", bounds, SOURCE)
    assert (placed.crs, placed.box) == (None, None)  # not moved, and not placed where it is not
    assert proposal(placed, "coordinates-zone") == real
    lies_at(real, bounds, lon, lat)


@pytest.mark.parametrize(("old", "datum"), [("EPSG:2381", "Xian"), ("EPSG:2433", "Beijing")])
def test_the_number_of_the_zone_in_older_datums(old: str, datum: str) -> None:
    bounds = box(106.55, 29.56, old)
    moved = (bounds[0] + 36e6, bounds[1], bounds[2] + 36e6, bounds[3])
    wanted = proposal(place("", old, "declared", moved, SOURCE), "coordinates-zone")
    assert datum in parse_crs(wanted).name
    assert "zone 36" in parse_crs(wanted).name


def test_three_and_six_degrees() -> None:
    """Zone 18, six degrees wide, against a CRS three degrees wide, and the other way."""
    bounds = box(106.55, 29.56, "EPSG:4496")
    assert proposal(place("", "EPSG:4523", "declared", bounds, SOURCE), "coordinates-zone") == (
        "EPSG:4496"
    )
    bounds = box(106.55, 29.56, "EPSG:4524")
    placed = place("", "EPSG:4496", "declared", bounds, SOURCE)
    assert proposal(placed, "coordinates-zone") == "EPSG:4524"
    assert "3 degrees wide" in placed.problems[0].message


@pytest.mark.parametrize("city", [*CITIES, "Delft"])
def test_axes_in_the_other_order(city: str) -> None:
    lon, lat, crs = EVERYWHERE[city]
    x, y, right, top = box(lon, lat, crs)
    bounds = (y, x, top, right)
    placed = place("", crs, "declared", bounds, SOURCE)
    if city == "Delft":  # 84 km east, 447 km north: the Netherlands are small enough to tell
        assert placed.problems
        return
    assert proposal(placed, "coordinates-swapped") == f"{crs} | swap"
    lies_at(f"{crs} | swap", bounds, lon, lat)


@pytest.mark.parametrize("city", CITIES)
def test_axes_in_the_other_order_and_the_zone_in_front(city: str) -> None:
    """The way Chinese surveyors write: X north, Y east with the zone."""
    lon, lat, plain, prefixed = CITIES[city]
    x, y, right, top = box(lon, lat, prefixed)
    placed = place("", plain, "declared", (y, x, top, right), SOURCE)
    assert proposal(placed, "coordinates-zone") == f"{prefixed} | swap"
    lies_at(f"{prefixed} | swap", (y, x, top, right), lon, lat)


@pytest.mark.parametrize("city", [*CITIES, *JAPAN])
def test_latitude_before_longitude(city: str) -> None:
    lon, lat, _ = EVERYWHERE[city]
    bounds = (lat - 0.01, lon - 0.01, lat + 0.01, lon + 0.01)
    geographic = "EPSG:4490" if city in CITIES else "EPSG:6668"
    placed = place("", geographic, "declared", bounds, SOURCE)
    assert proposal(placed, "coordinates-swapped") == f"{geographic} | swap"
    lies_at(f"{geographic} | swap", bounds, lon, lat)


def test_latitude_before_longitude_where_both_are_possible_degrees() -> None:
    placed = place("", "EPSG:4258", "declared", (52.0, 4.35, 52.02, 4.37), SOURCE)
    assert proposal(placed, "coordinates-swapped") == "EPSG:4258 | swap"


@pytest.mark.parametrize("city", EVERYWHERE)
@pytest.mark.parametrize("swapped", [False, True])
def test_degrees_in_a_metric_crs(city: str, swapped: bool) -> None:
    lon, lat, crs = EVERYWHERE[city]
    bounds = (lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01)
    bounds = (bounds[1], bounds[0], bounds[3], bounds[2]) if swapped else bounds
    placed = place("", crs, "declared", bounds, SOURCE)
    assert "coordinates-contradict-crs" in codes(placed)
    if city != "Delft" or not swapped:
        assert placed.crs is None
        lies_at(proposal(placed, "coordinates-contradict-crs"), bounds, lon, lat)


@pytest.mark.parametrize("city", CITIES)
def test_metres_in_a_geographic_crs(city: str) -> None:
    lon, lat, plain, prefixed = CITIES[city]
    bounds = box(lon, lat, prefixed)
    placed = place("", "EPSG:4490", "declared", bounds, SOURCE)
    assert proposal(placed, "coordinates-contradict-crs") == prefixed
    # Without the zone in front nobody can know which meridian is meant.
    placed = place("", "EPSG:4490", "declared", box(lon, lat, plain), SOURCE)
    assert codes(placed) == ["coordinates-contradict-crs"]
    assert placed.problems[0].proposal == ()


@pytest.mark.parametrize(
    ("factor", "unit", "scale"),
    [(1000, "millimetres", "0.001"), (100, "centimetres", "0.01"), (0.001, "kilometres", "1000")],
)
@pytest.mark.parametrize("city", CITIES)
def test_other_units(city: str, factor: float, unit: str, scale: str) -> None:
    lon, lat, crs, _ = CITIES[city]
    x, y, right, top = box(lon, lat, crs)
    bounds = (x * factor, y * factor, right * factor, top * factor)
    placed = place("", crs, "declared", bounds, SOURCE)
    assert proposal(placed, "coordinates-unit") == f"{crs} | scale {scale}"
    assert unit in placed.problems[0].message
    lies_at(f"{crs} | scale {scale}", bounds, lon, lat)


def test_where_any_number_fits_nothing_is_supposed() -> None:
    """Albers for all of the United States is used about 0, 0: in centimetres it fits any number."""
    far = (6_753_220.0, 7_301_720.0, 6_758_130.0, 7_306_050.0)
    assert codes(place("", "EPSG:5070", "declared", far, SOURCE)) == ["outside-crs-area"]
    # UTM of zone 17 in the British grid: no prefix, no swap, no unit.
    far = (478_316.0, 4_762_880.0, 481_645.0, 4_765_610.0)
    assert codes(place("", "EPSG:27700", "declared", far, SOURCE)) == ["outside-crs-area"]
    # 365 km off the Netherlands; swapped it would still lie in the sea.
    far = (651_650.0, 196_848.0, 659_718.0, 205_391.0)
    assert codes(place("", "EPSG:28992", "declared", far, SOURCE)) == ["outside-crs-area"]


def test_the_zone_in_front_of_utm() -> None:
    x, y, right, top = box(106.55, 29.56, "EPSG:32648")
    bounds = (x + 48e6, y, right + 48e6, top)
    wanted = proposal(place("", "EPSG:32648", "declared", bounds, SOURCE), "coordinates-zone")
    assert wanted == "EPSG:32648 | shift -48000000 0"
    lies_at(wanted, bounds, 106.55, 29.56)
    x, y, right, top = box(9.0, 51.0, "EPSG:25832")
    bounds = (x + 32e6, y, right + 32e6, top)
    wanted = proposal(place("", "EPSG:25832", "declared", bounds, SOURCE), "coordinates-zone")
    assert wanted == "EPSG:4647"
    lies_at(wanted, bounds, 9.0, 51.0)


def test_survey_feet() -> None:
    feet = 1 / 0.3048006096012192
    x, y, right, top = box(-122.4, 37.78, "EPSG:26943")
    bounds = (x * feet, y * feet, right * feet, top * feet)
    placed = place("", "EPSG:26943", "declared", bounds, SOURCE)
    assert "feet" in placed.problems[0].message
    lies_at(proposal(placed, "coordinates-unit"), bounds, -122.4, 37.78)


def test_a_lost_sign() -> None:
    placed = place("", "EPSG:4674", "declared", (43.1, -22.9, 43.2, -22.8), SOURCE)
    assert proposal(placed, "coordinates-sign") == "EPSG:4674 | negate x"
    placed = place("", "EPSG:7844", "declared", (151.1, 33.8, 151.2, 33.9), SOURCE)
    assert proposal(placed, "coordinates-sign") == "EPSG:7844 | negate y"


def test_coordinates_without_their_first_digits() -> None:
    x, y, right, top = box(106.55, 29.56, "EPSG:4545")
    bounds = (x - 400_000, y - 3_200_000, right - 400_000, top - 3_200_000)
    placed = place("", "EPSG:4545", "declared", bounds, SOURCE)
    assert (codes(placed), placed.crs) == (["coordinates-reduced"], None)
    assert placed.problems[0].proposal == ()  # the constant is not in the numbers
    lies_at("EPSG:4545 | shift 400000 3200000", bounds, 106.55, 29.56)


def test_out_of_the_area_of_use_is_told_in_kilometres() -> None:
    bounds = box(119.9, 31.2, "EPSG:4547")  # four degrees and a half east of the zone's edge
    placed = place("", "EPSG:4547", "declared", bounds, SOURCE)
    assert codes(placed) == ["outside-crs-area"]
    assert "km" in placed.problems[0].message
    assert placed.crs is not None  # it is where it says
    # A city that reaches half a zone over the edge is nothing strange.
    assert codes(place("", "EPSG:4544", "declared", box(106.9, 29.5, "EPSG:4544"), SOURCE)) == []


@pytest.mark.parametrize(
    ("crs", "bounds"),
    [
        ("EPSG:4326", (0.0, 0.0, 106.5, 29.6)),
        ("EPSG:4545", (0.0, 0.0, 360_000.0, 3_271_000.0)),
        ("EPSG:4326", (0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_rows_at_zero(crs: str, bounds: Box) -> None:
    assert codes(place("", crs, "declared", bounds, SOURCE)) == ["null-island"]


def test_what_lies_at_the_origin_of_a_japanese_zone_is_no_lost_row() -> None:
    assert codes(place("", "EPSG:6677", "declared", (0.0, 0.0, 900.0, 900.0), SOURCE)) == []


@pytest.mark.parametrize(
    ("path", "clues", "system"),
    [
        ("poi_amap.csv", [], "GCJ-02"),
        ("poi.csv", ["name", "gcj02_lng"], "GCJ-02"),
        ("高德POI.xlsx", [], "GCJ-02"),
        ("poi.csv", ["bd09_lon"], "BD-09"),
        ("百度地图导出.csv", [], "BD-09"),
        ("tracks.kml", ["Ovi Map"], "GCJ-02"),
    ],
)
def test_a_displacing_map_is_suspected_by_names(path: str, clues: list[str], system: str) -> None:
    source = Source(path, Path(path))
    bounds = (106.5, 29.5, 106.6, 29.6)
    placed = place("", "EPSG:4326", "declared", bounds, source, clues)
    assert proposal(placed, "coordinates-maybe-displaced") == system
    assert placed.box == pytest.approx(bounds)  # nothing is moved unasked
    declared = place("", system, "sheet", bounds, source, clues)
    assert (codes(declared), declared.name) == ([], system)
    assert declared.box is not None
    assert 0.001 < bounds[0] - declared.box[0] < 0.02


def test_coordinates_alone_never_tell_of_a_displacing_map() -> None:
    bounds = (106.5, 29.5, 106.6, 29.6)
    assert codes(place("", "EPSG:4326", "declared", bounds, SOURCE, ["name", "lng", "lat"])) == []
    abroad = Source("baidu.csv", Path("baidu.csv"))
    assert codes(place("", "EPSG:4326", "declared", (4.3, 52.0, 4.4, 52.1), abroad)) == []


def test_a_name_that_is_only_probable_is_proposed() -> None:
    placed = place("", "平面直角座標系 9系", "declared", (-6000, -36000, -5000, -35000), SOURCE)
    assert proposal(placed, "crs-unknown") == "EPSG:6677"
    placed = place("", "UTM zone 48N", "declared", None, SOURCE)
    assert proposal(placed, "crs-unknown") == "EPSG:32648"


def test_a_missing_crs_is_guessed_aloud_only() -> None:
    placed = place("", None, "none", box(106.55, 29.56, "EPSG:4524"), SOURCE)
    assert (placed.crs, proposal(placed, "crs-missing")) == (None, "EPSG:4524")
    placed = place("", None, "none", (29.5, 106.5, 29.6, 106.6), SOURCE)
    assert proposal(placed, "crs-missing") == "EPSG:4326 | swap"
    placed = place("", None, "none", (400_000, 3_270_000, 401_000, 3_271_000), SOURCE)
    assert placed.problems[0].proposal == ()


@pytest.mark.parametrize(
    ("said", "bounds", "code", "wanted"),
    [
        # Degrees in London, where the longitude is about nothing.
        ("EPSG:27700", (-0.13, 51.49, -0.11, 51.51), "coordinates-contradict-crs", "EPSG:4277"),
        # Degrees beside the zone that is declared.
        ("EPSG:4544", (106.54, 29.55, 106.56, 29.57), "coordinates-contradict-crs", "EPSG:4490"),
        # New York without its minus: the area of NAD 83 begins behind 180 degrees.
        ("EPSG:4269", (73.96, 40.77, 73.98, 40.79), "coordinates-sign", "EPSG:4269 | negate x"),
        # Feet in China are no US survey feet; metres where the system has feet.
        (
            "EPSG:4544",
            (2_137_000.0, 10_725_000.0, 2_138_000.0, 10_726_000.0),
            "coordinates-unit",
            "EPSG:4544 | scale 0.3048",
        ),
    ],
)
def test_what_a_surveyor_sees(said: str, bounds: Box, code: str, wanted: str) -> None:
    placed = place("", said, "declared", bounds, SOURCE)
    assert proposal(placed, code) == wanted


@pytest.mark.parametrize(
    ("real", "said", "wanted"),
    [
        ("EPSG:28992", "EPSG:28992", "EPSG:28992 | swap"),
        ("EPSG:32118", "EPSG:2263", "EPSG:2263 | scale 3.28083333333"),
    ],
)
def test_what_lies_beside_its_area_is_placed_and_doubted(real: str, said: str, wanted: str) -> None:
    lon, lat = (4.9, 52.37) if real == "EPSG:28992" else (-73.97, 40.78)
    x, y, right, top = box(lon, lat, real)
    bounds = (y, x, top, right) if "swap" in wanted else (x, y, right, top)
    placed = place("", said, "declared", bounds, SOURCE)
    assert placed.crs is not None
    assert placed.problems[0].severity == "warning"
    assert proposal(placed, placed.problems[0].code) == wanted
    lies_at(wanted, bounds, lon, lat)


@pytest.mark.parametrize("cell", [0.5, 2.5, 30.0])
def test_the_cells_of_a_grid_of_the_world_reach_over_the_poles(cell: float) -> None:
    half = cell / 2
    placed = place("", "EPSG:4326", "declared", (-half, -90 - half, 360 - half, 90 + half), SOURCE)
    assert placed.crs is not None
    assert placed.box is not None
    assert placed.box[1] >= -90
    assert codes(placed) == []


def test_a_model_about_its_own_zero_is_not_proposed_as_degrees() -> None:
    placed = place("", None, "none", (-1.4, -1.0, 1.4, 1.1), SOURCE)
    assert placed.problems[0].proposal == ()
