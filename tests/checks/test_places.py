from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import shapely

from cimkit.standard import CrsRules, Jurisdiction

LON, LAT = 106.5, 29.57
METRE = 1 / 111_320.0


def test_inside_jurisdiction_measures_the_distance(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg")
    lake.object("a.gpkg", (106.57, LAT))
    found = run_check("inside_jurisdiction")
    (out,) = found.failed
    # 0.01 degrees of longitude at this latitude, on GRS80
    assert float(out["measured"].split()[0]) == pytest.approx(968.7, abs=1)
    assert out["message"].endswith("it lies 969 m outside")
    assert found.passed == 1


def test_reaching_over_the_border(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg")
    over = shapely.LineString([(106.5599, LAT), (106.5601, LAT)])
    lake.object("a.gpkg", over)
    (out,) = run_check("inside_jurisdiction").failed
    assert out["measured"] == "9.69 m"
    assert "beyond the border" in out["message"]
    assert run_check("inside_jurisdiction", tolerance=20.0, unit="m").failed == []
    assert run_check("inside_jurisdiction", parameters={"whole": False}).failed == []


def test_a_layer_in_the_wrong_place_is_one_finding(lake, run_check):
    lake.item("a.gpkg")
    lake.item("b.gpkg")
    for n in range(3):
        lake.object("a.gpkg", (0.1 * n, 0.0))
        lake.object("b.gpkg")
    found = run_check("inside_jurisdiction")
    (out,) = found.failed
    assert (out["path"], out["count"], out["place"], out["object_id"]) == ("a.gpkg", 3, "", None)
    assert found.passed == 3


def test_what_has_no_place_is_not_checked_and_not_passed(lake, run_check, standard):
    lake.item("a.gpkg")
    lake.object("a.gpkg", None)
    found = run_check("inside_jurisdiction")
    assert found.statuses == {"not checked"}
    assert found.unchecked[0]["count"] == 1
    nowhere = dataclasses.replace(standard, jurisdiction=Jurisdiction())
    lake.object("a.gpkg")
    found = run_check("inside_jurisdiction", std=nowhere)
    assert found.statuses == {"not checked"}
    assert found.unchecked[0]["mender"] == "office"


def test_crs_declared(lake, run_check):
    lake.item("ok.gpkg")
    lake.item("none.shp", crs=None, crs_origin="none")
    lake.object("none.shp", source_geometry=shapely.Point(5, 5))
    lake.item("other.gpkg", crs="EPSG:3857")
    lake.item("local.shp", crs='PROJCRS["local"]', crs_origin="sheet")
    lake.item("table.csv", crs=None, crs_origin="none")
    lake.item("model.ifc", "bim", crs=None)
    doubt = {"code": "crs-contradiction", "message": "two CRS", "severity": "error", "got": "x"}
    known = {"code": "crs-missing", "message": "none", "severity": "warning"}
    lake.item("two.tif", "raster", problems=[doubt])
    lake.item("bare.las", "pointcloud", crs=None, problems=[known])
    found = run_check("crs_declared")
    assert [(f["path"], f["measured"]) for f in found.failed] == [
        ("bare.las", ""),
        ("none.shp", ""),
        ("other.gpkg", "EPSG:3857"),
        ("two.tif", "x"),
    ]
    assert "does not allow EPSG:3857" in found.failed[2]["message"]
    assert found.passed == 2


def test_crs_rules_of_the_standard(lake, run_check, standard):
    lake.item("local.shp", crs='PROJCRS["local"]', crs_origin="sheet")
    strict = dataclasses.replace(standard, crs_rules=CrsRules(("EPSG:4544",), (), False))
    assert len(run_check("crs_declared", std=strict).failed) == 1
    free = dataclasses.replace(standard, crs_rules=CrsRules())
    assert run_check("crs_declared", std=free).passed == 1
    assert len(run_check("crs_declared", parameters={"allowed": ["EPSG:4490"]}).failed) == 0


def test_geometry_valid_gives_reason_and_place(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg", shapely.box(106.5, 29.5, 106.6, 29.6))
    bow = shapely.Polygon(
        [(600000, 3270000), (600010, 3270010), (600010, 3270000), (600000, 3270010)]
    )
    lake.object("a.gpkg", shapely.box(106.5, 29.5, 106.6, 29.6), source_geometry=bow)
    lake.object("a.gpkg", None)
    lake.object("a.gpkg", shapely.Point(), source_geometry=shapely.Polygon())
    found = run_check("geometry_valid")
    crossed, gone, empty = found.failed
    assert crossed["message"] == "600005.000, 3270005.000: it crosses itself"
    # EPSG:4545: central meridian 108° E, false easting 500 km
    assert crossed["x"] == pytest.approx(109.03, abs=0.02)
    assert crossed["y"] == pytest.approx(29.55, abs=0.02)
    assert "no geometry" in gone["message"]
    assert "empty" in empty["message"]
    assert found.passed == 1


def test_geometry_type_of_the_class(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg", class_code="0402")
    lake.object("a.gpkg", shapely.MultiPoint([(LON, LAT)]), class_code="0402")
    lake.object("a.gpkg", shapely.box(LON, LAT, LON + 1e-4, LAT + 1e-4), class_code="0402")
    found = run_check("geometry_valid")
    assert [(f["measured"], f["expected"]) for f in found.failed] == [("Polygon", "Point")]
    assert run_check("geometry_valid", parameters={"types": False}).failed == []


def test_curves_are_not_checked(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg")
    lake.object("a.gpkg")
    # CIRCULARSTRING (0 0, 1 1, 2 0) in WKB
    points = np.array([0, 0, 1, 1, 2, 0], dtype="<f8").tobytes()
    curve = b"\x01" + (8).to_bytes(4, "little") + (3).to_bytes(4, "little") + points
    lake.rows["geometries"][-1]["wkb"] = curve
    found = run_check("geometry_valid")
    assert found.unchecked[0]["count"] == 1
    assert found.passed == 1


def test_lost_geometries_are_failures(lake, run_check):
    lost = {"code": "geometry-failed", "message": "bad WKB", "severity": "error", "place": "row 9"}
    lake.item("a.gpkg", problems=[lost])
    lake.object("a.gpkg")
    found = run_check("geometry_valid")
    assert [(f["place"], f["message"]) for f in found.failed] == [("row 9", ": bad WKB")]
    assert found.passed == 1


@pytest.mark.parametrize("offset", [0.0, 0.004, 0.4])
def test_duplicates_within_the_tolerance(lake, run_check, offset):
    lake.item("a.gpkg")
    lake.item("b.gpkg")
    lake.object("a.gpkg")
    lake.object("b.gpkg", (LON + offset * METRE, LAT - offset * METRE))
    lake.object("b.gpkg", class_code="0118")
    found = run_check("duplicate_object", tolerance=0.01, unit="m")
    assert [f["place"] for f in found.failed] == ([] if offset > 0.01 else ["row 2 (K2)"])
    assert found.passed == 3 - len(found.failed)


def test_duplicates_across_a_cell_border(lake, run_check):
    """Wherever the grid of the search lies, neighbours find each other."""
    lake.item("a.gpkg")
    lons = LON + np.arange(40) * 0.3 * METRE
    for lon in lons:
        lake.object("a.gpkg", (float(lon), LAT))
        lake.object("a.gpkg", (float(lon) + 0.009 * METRE, LAT))
    assert len(run_check("duplicate_object", tolerance=0.01).failed) == 40


def test_equal_boxes_are_not_yet_duplicates(lake, run_check):
    lake.item("a.gpkg")
    up = shapely.LineString([(LON, LAT), (LON + 1e-3, LAT + 1e-3)])
    down = shapely.LineString([(LON, LAT + 1e-3), (LON + 1e-3, LAT)])
    lake.object("a.gpkg", up)
    lake.object("a.gpkg", down)
    assert run_check("duplicate_object").failed == []
    lake.object("a.gpkg", up.reverse())
    (twice,) = run_check("duplicate_object").failed
    assert twice["message"].endswith("it is the same as a.gpkg row 1 (K1)")


def test_a_layer_all_in_one_place_is_not_compared_pair_by_pair(lake, run_check):
    lake.item("a.gpkg")
    first = lake.object("a.gpkg", shapely.Point(0, 0))
    for _ in range(299):
        lake.object("a.gpkg", shapely.Point(0, 0))
    near = lake.object("a.gpkg", shapely.Point(5e-9, 0))
    found = run_check("duplicate_object", tolerance=0.01)
    assert len(found.failed) == 300
    assert first not in {row["object_id"] for row in found.failed}
    assert near in {row["object_id"] for row in found.failed}
    assert len({row["message"] for row in found.failed}) == 1


def test_same_place_at_another_height_is_no_duplicate(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg", z_min=0.0)
    lake.object("a.gpkg", z_min=3.0)
    assert run_check("duplicate_object").passed == 2


def test_three_copies_are_two_findings(lake, run_check):
    lake.item("a.gpkg")
    for _ in range(3):
        lake.object("a.gpkg")
    found = run_check("duplicate_object")
    assert [f["place"] for f in found.failed] == ["row 2 (K2)", "row 3 (K3)"]
    assert found.passed == 1


def test_a_key_that_two_rows_share(lake, run_check):
    lake.item("a.gpkg")
    code = "5099120117000001"
    lake.object("a.gpkg", (LON, LAT), source_key="B1")
    lake.object("a.gpkg", (LON + 1e-3, LAT), source_key="B1#2")
    lake.object("a.gpkg", (LON + 2e-3, LAT), source_key="B2#2")  # no B2: that is its name
    lake.object("a.gpkg", (LON + 3e-3, LAT), source_key=code, properties={"ObjID": code})
    lake.object("a.gpkg", (LON + 4e-3, LAT), source_key=f"{code}#2", properties={"ObjID": code})
    found = run_check("duplicate_object")
    (twin,) = found.failed
    assert twin["message"] == "B1: its key is also that of a.gpkg row 1 (B1)"
