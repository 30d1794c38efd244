from __future__ import annotations

import dataclasses
import json

import pytest

from cimkit.standard import AppliesTo

LON, LAT = 106.5, 29.57
STEP = 10 / 96_870.0  # ten metres of longitude at this latitude


def test_source_readable_names_what_was_refused_and_what_was_ignored(lake, run_check):
    lake.item("a.gpkg")
    broken = {"code": "las-truncated", "message": "ends too soon", "severity": "error", "hint": "h"}
    lake.item("b.las", "pointcloud", status="refused", problems=[broken])
    no_data = {"code": "not-geodata", "message": "a licence text", "severity": "info"}
    lake.item("c.txt", "document", status="ignored", problems=[no_data])
    found = run_check("source_readable")
    assert [(f["path"], f["measured"], f["hint"]) for f in found.failed] == [
        ("b.las", "ends too soon", "h")
    ]
    assert found.passed == 1
    aside = [f for f in found if f["status"] == "not applicable"]
    assert [(f["path"], f["message"]) for f in aside] == [("c.txt", "a licence text")]


def test_file_naming_says_which_part(lake, run_check, standard):
    for path in (
        "x/509912_fac_20260901.gpkg",
        "509912_car_20260901.gpkg",
        "509912_bld_20261301.gpkg",
        "lamps.shp",
        "trajectory_1.csv",
    ):
        lake.item(path)
    lake.item("README.md", "document", status="ignored")
    found = run_check("file_naming")
    reasons = {f["path"]: f["message"] for f in found.failed}
    assert set(reasons) == {"509912_car_20260901.gpkg", "509912_bld_20261301.gpkg", "lamps.shp"}
    assert "theme is 'car', expected fac | bld" in reasons["509912_car_20260901.gpkg"]
    assert "date is '20261301'" in reasons["509912_bld_20261301.gpkg"]
    assert "1 parts between _" in reasons["lamps.shp"]
    assert found.passed == 1
    free = dataclasses.replace(standard, naming=None)
    assert run_check("file_naming", std=free).statuses == {"not checked"}


@pytest.mark.parametrize(
    ("value", "rule", "fails"),
    [
        (30.0, {}, False),
        (24.9, {}, True),
        (24.9, {"tolerance": 0.5, "unit": "points/m²"}, False),
        (24.0, {"tolerance": 5.0, "unit": "%"}, False),
        (23.0, {"tolerance": 5.0, "unit": "%"}, True),
        (float("nan"), {}, True),
    ],
)
def test_point_density(lake, run_check, value, rule, fails):
    item = lake.item("a.laz", "pointcloud")
    lake.rows["measures"] += [
        {"item_id": item, "name": "point_density", "cell": "all", "value": value},
        {"item_id": item, "name": "point_density", "cell": "1,1", "value": 0.1},
    ]
    found = run_check("point_density", parameters={"minimum": 25}, **rule)
    assert len(found.failed) == fails
    assert found.passed == (not fails)


def test_density_that_was_not_measured_is_not_checked(lake, run_check):
    lake.item("a.laz", "pointcloud")
    assert run_check("point_density").statuses == {"not checked"}


def test_photo_position(lake, run_check):
    for n in range(8):
        lake.photo(n, (LON + n * STEP, LAT))
    lake.photo(8, None)
    lake.photo(9, (0.0, 0.0))
    lake.photo(10, (LON + 0.01, LAT))
    lake.photo(11, (LON + 9 * STEP, LAT))
    lake.photo(12, (LON + 10 * STEP, LAT))
    found = run_check("photo_position", parameters={"jump": 100.0})
    reasons = {f["path"]: f["message"] for f in found.failed}
    assert set(reasons) == {"img/008.jpg", "img/009.jpg", "img/010.jpg"}
    assert "no position" in reasons["img/008.jpg"]
    assert "0°, 0°" in reasons["img/009.jpg"]
    assert "away from its neighbours in the drive drive" in reasons["img/010.jpg"]
    assert found.passed == 10


@pytest.mark.parametrize("lone", [0, 1, 5])
def test_the_outlier_is_blamed_and_not_its_neighbour(lake, run_check, lone):
    for n in range(6):
        lake.photo(n, (LON + (0.05 if n == lone else n * STEP), LAT))
    assert [f["path"] for f in run_check("photo_position").failed] == [f"img/{lone:03}.jpg"]


def test_a_real_gap_in_a_drive_is_no_outlier(lake, run_check):
    for n in range(6):
        lake.photo(n, (LON + (n + 200 * (n > 2)) * STEP, LAT))
    assert run_check("photo_position").failed == []


def test_photo_heading(lake, run_check):
    lake.photo(1, (LON, LAT), heading=0.0, heading_origin="exif")
    lake.photo(2, (LON, LAT), heading=359.9)
    lake.photo(3, (LON, LAT), heading=-12, heading_origin="trajectory")
    lake.photo(4, (LON, LAT), heading="north", heading_origin="xmp")
    lake.photo(5, (LON, LAT), heading=90, heading_origin="derived")
    lake.photo(6, (LON, LAT))
    found = run_check("photo_heading")
    assert [(f["path"], f["measured"]) for f in found.failed] == [
        ("img/003.jpg", "-12.0°"),
        ("img/004.jpg", "north"),
        ("img/005.jpg", ""),
        ("img/006.jpg", ""),
    ]
    assert found.passed == 2
    lenient = run_check("photo_heading", parameters={"origins": ["exif", "derived"]})
    assert "img/005.jpg" not in {f["path"] for f in lenient.failed}


def _storeys(lake, path, *levels, house="house"):
    for name, elevation in levels:
        said = {} if elevation is None else {"attributes": {"Elevation": elevation}}
        lake.object(
            path,
            None,
            class_code="5002",
            name=name,
            properties=said,
            parent_id=house,
            source_class="IfcBuildingStorey",
        )


def test_storeys_in_order_pass(lake, run_check):
    lake.item("a.ifc", "bim")
    _storeys(lake, "a.ifc", ("B1", -3.6), ("1F", 0.0), ("2F", 3.6), ("屋面", 7.2))
    found = run_check("ifc_storeys")
    assert (found.failed, found.passed) == ([], 4)


def test_what_is_wrong_with_storeys(lake, run_check):
    lake.item("a.ifc", "bim")
    _storeys(lake, "a.ifc", ("Level 1", 0.0), ("Level 2", 3.0), ("Level 3", 2.0), ("Level 3", 9.0))
    _storeys(lake, "a.ifc", ("x", 0.0), (None, 3.0), ("y", 3.0), ("z", None), house="other")
    found = run_check("ifc_storeys")
    assert sorted((f["place"][:5], f["message"].partition(": ")[2]) for f in found.failed) == [
        ("row 3", "lower than Level 2, which its number says is below it"),
        ("row 4", "two storeys of one name"),
        ("row 6", "a storey without a name"),
        ("row 7", "two storeys at one elevation, the other is "),
        ("row 8", "a storey without an elevation"),
    ]
    assert found.passed == 3


def test_a_building_without_storeys(lake, run_check):
    lake.item("a.ifc", "bim")
    lake.object("a.ifc", None, source_class="IfcBuilding", name="Tower")
    lake.item("b.ifc", "bim")
    lake.object("b.ifc", None, source_class="IfcBridge")
    found = run_check("ifc_storeys")
    assert [(f["path"], f["measured"]) for f in found.failed] == [("a.ifc", "Tower")]


def test_georeference(lake, run_check):
    lake.item("ok.ifc", "bim", properties={"placed": True})
    lake.item("silent.ifc", "bim", crs=None, properties={"placed": False})
    missing = {"code": "georeference-missing", "message": "no place", "severity": "warning"}
    lake.item("told.ifc", "bim", crs=None, properties={"placed": False}, problems=[missing])
    twice = {
        "code": "georeference-contradiction",
        "message": "two places 812 m apart",
        "severity": "error",
        "got": "106.5, 29.57",
        "expected": "106.51, 29.57",
    }
    lake.item("two.ifc", "bim", properties={"placed": True}, problems=[twice])
    found = run_check("ifc_georeference")
    assert [(f["path"], f["message"]) for f in found.failed] == [
        ("silent.ifc", ": the model does not say where it stands"),
        ("told.ifc", ": the model does not say where it stands"),
        ("two.ifc", "106.5, 29.57: two places 812 m apart"),
    ]
    assert found.passed == 1


def test_encoding(lake, run_check):
    lake.item("a.gpkg")
    lake.item("b.shp", encoding="GB18030", encoding_origin="declared")
    lake.item("c.shp", encoding="GB18030", encoding_origin="detected")
    lost = {"code": "encoding-lossy", "message": "3 values", "severity": "warning", "got": "�"}
    lake.item("d.shp", encoding="UTF-8", encoding_origin="declared", problems=[lost])
    lake.item("e.shp", encoding="ascii", encoding_origin="detected")
    found = run_check("encoding_declared")
    assert sorted(f["path"] for f in found.failed) == ["c.shp", "d.shp"]
    assert found.passed == 2


def test_a_raster_does_not_state_its_class(lake, run_check):
    lake.item("a.tif", "raster")
    lake.object("a.tif", properties={"class": "dem"}, class_code="5041")
    found = run_check("class_known", applies_to=AppliesTo(kinds=("raster",)))
    assert (found.failed, found.passed) == ([], 1)


def test_a_missing_position_says_what_the_loader_met(lake, run_check):
    lake.photo(1, None)
    met = {"code": "gps-invalid", "message": "Latitude 93 is none.", "severity": "warning"}
    lake.rows["items"][-1]["problems"] = json.dumps([met])
    (bad,) = run_check("photo_position").failed
    assert bad["measured"] == "Latitude 93 is none."


def test_a_photograph_from_nowhere_needs_no_heading(lake, run_check):
    lake.photo(1, None)
    lake.photo(2, (LON, LAT), heading=10)
    found = run_check("photo_heading")
    assert (found.failed, found.passed) == ([], 1)
    assert "not applicable" in found.statuses
