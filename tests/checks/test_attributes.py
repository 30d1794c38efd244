from __future__ import annotations


def test_obligatory_values_row_by_row(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg", properties={"ObjName": "pole 1", "ObjState": "01"})
    lake.object("a.gpkg", properties={"ObjName": "  ", "ObjState": "01"})
    lake.object("a.gpkg", class_code="0402", properties={"ObjState": None})
    found = run_check("attribute_obligatory")
    assert [(f["place"], f["measured"], f["count"]) for f in found.failed] == [
        ("row 2 (K2)", "ObjName", 1),
        ("row 3 (K3)", "ObjState", 1),
    ]
    assert found.passed == 3


def test_attributes_of_a_city_model_lie_one_step_deeper(lake, run_check):
    lake.item("a.gml", kind="citymodel")
    for state in ("01", "99"):
        lake.object("a.gml", properties={"attributes": {"ObjName": "n", "ObjState": state}})
    assert run_check("attribute_obligatory").passed == 4
    found = run_check("attribute_domain")
    assert [f["measured"] for f in found.failed] == ["99"]


def test_a_field_that_a_layer_lacks_is_one_finding(lake, run_check):
    lake.item("a.gpkg")
    lake.item("b.gpkg")
    for _ in range(4):
        lake.object("a.gpkg", properties={"ObjState": "01"})
        lake.object("b.gpkg", properties={"ObjState": "01", "ObjName": "x"})
    found = run_check("attribute_obligatory")
    (only,) = found.failed
    assert (only["path"], only["layer"], only["count"]) == ("a.gpkg", "pole", 4)
    assert only["message"] == "ObjName: the layer has no such field (4 rows)"
    assert found.passed == 12


def test_fields_with_any_name_are_found(lake, run_check, standard):
    import dataclasses

    from cimkit.standard import Attribute

    odd = '标识/码~"x'
    std = dataclasses.replace(standard, attributes=(Attribute((), odd, obligation="M"),))
    lake.item("a.gpkg")
    lake.object("a.gpkg", properties={odd: "1"})
    assert run_check("attribute_obligatory", std=std).passed == 1


def test_domain_type_and_range(lake, run_check):
    lake.item("a.gpkg")
    for state in ("01", "完好", "99"):
        lake.object("a.gpkg", properties={"ObjName": "n", "ObjState": state})
    trees = (
        {"dbh_cm": 30.5, "planted": 1999},
        {"dbh_cm": "thick", "planted": "2001.0"},
        {"dbh_cm": 0.2, "planted": 3.5},
        {"dbh_cm": 900},
    )
    for tree in trees:
        lake.object("a.gpkg", class_code="0402", properties=tree)
    found = run_check("attribute_domain")
    assert [(f["place"][:5], f["measured"], f["expected"]) for f in found.failed] == [
        ("row 2", "完好", "01 intact, 02 broken"),
        ("row 3", "99", "01 intact, 02 broken"),
        ("row 5", "thick", "number"),
        ("row 6", "0.2", "≥ 1 cm"),
        ("row 6", "3.5", "integer"),
        ("row 7", "900", "≤ 500 cm"),
    ]
    assert found.failed[0]["message"] == "完好: the code list state writes it 01"
    assert found.passed == 4  # one state, one diameter, two years


def test_nothing_asked_of_is_not_applicable(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg", class_code="5041")
    assert run_check("attribute_obligatory").statuses == {"not applicable"}
    assert run_check("attribute_domain").statuses == {"not applicable"}


def test_dates_as_files_write_them(lake, run_check, standard):
    import dataclasses

    from cimkit.standard import Attribute

    std = dataclasses.replace(standard, attributes=(Attribute((), "ORDate", type="date"),))
    lake.item("a.gpkg")
    for day in ("2026-09-01", "20260901", "2026/9/1", "2026-09-01T08:00:00", "soon", "20261301"):
        lake.object("a.gpkg", properties={"ORDate": day})
    found = run_check("attribute_domain", std=std)
    assert [f["measured"] for f in found.failed] == ["soon", "20261301"]
    assert found.passed == 4
