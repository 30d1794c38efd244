from __future__ import annotations

import dataclasses

import shapely

from cimkit.standard import CodeGrammar, Mesh, Rule, Segment


def test_class_known_finds_the_code_that_does_not_exist(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg", properties={"class": "0117"})
    lake.object("a.gpkg", class_code=None, properties={"class": " 0999 "})
    found = run_check("class_known")
    assert [(f["measured"], f["place"], f["x"]) for f in found.failed] == [
        ("0999", "row 2 (K2)", 106.5)
    ]
    assert found.failed[0]["message"] == "0999: no such class in test.town@1"
    assert found.passed == 1


def test_class_known_groups_objects_without_class(lake, run_check):
    lake.item("a.gpkg")
    for _ in range(3):
        lake.object("a.gpkg", class_code=None, source_class="tank")
    lake.object("a.gpkg", class_code=None, source_class="opening")
    lake.object("a.gpkg")
    found = run_check("class_known", parameters={"ignore": ["open*"]})
    (group,) = found.failed
    assert (group["count"], group["measured"], group["severity"]) == (3, "tank", "warning")
    assert group["object_id"] is None
    assert found.passed == 1
    off = run_check("class_known", parameters={"unclassed": "off"})
    assert (off.failed, off.passed) == ([], 1)


def test_class_known_asks_no_class_of_what_is_no_asset(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg")
    for scheme, said in (("test.town", {}), ("elsewhere", {}), ("test.town", {"class": "0999"})):
        key = lake.object("a.gpkg", class_code=None, source_class=scheme, properties=said)
        lake.rows["classifications"].append(
            {"object_id": key, "scheme": scheme, "class_code": None, "rule": "x"}
        )
    found = run_check("class_known")
    assert [(f["measured"], f["count"]) for f in found.failed] == [("0999", 1), ("elsewhere", 1)]
    assert found.passed == 1


def test_a_check_speaks_only_of_its_kinds(lake, run_check):
    lake.item("a.ifc", "bim")
    lake.object("a.ifc", class_code=None)
    assert run_check("class_known").statuses == {"not applicable"}


def test_class_leaf(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg", class_code="01")
    lake.object("a.gpkg")
    found = run_check("class_leaf")
    assert [(f["measured"], f["expected"]) for f in found.failed] == [
        ("01 Utilities", "0117, 0118")
    ]
    assert found.passed == 1


def test_code_grammar_says_which_part_is_wrong(lake, run_check):
    lake.item("a.gpkg")
    codes = {
        "5099120117000001": None,
        "509912011700001": "it does not have the shape of an identifier (15 characters, not 16)",
        "50991201170000AB": "it does not have the shape of an identifier"
        " (sequence is '0000AB', not 6 digits)",
        "1199120117000001": "its division part 119912 is not 509912",
        "5099120999000001": "its class part 0999 is no class of test.town@1",
        "5099120118000001": "its class part 0118 is not the object's class 0117",
        "5099120117000000": "its sequence number is zero",
    }
    for code in codes:
        lake.object("a.gpkg", properties={"ObjID": code})
    lake.object("a.gpkg", properties={"ObjID": ""})
    found = run_check("code_grammar")
    wanted = {f"{code}: {reason}" for code, reason in codes.items() if reason}
    assert {f["message"] for f in found.failed} == wanted
    assert found.passed == 1
    short = next(f for f in found.failed if f["measured"] == "509912011700001")
    assert short["expected"] == "division 6 + major 2 + minor 2 + sequence 6"


def test_code_grammar_says_which_of_the_other_segments_is_wrong(lake, run_check, standard):
    grammar = CodeGrammar(
        (
            Segment("division", 6),
            Segment("", 1, text="-"),
            Segment("major", 2),
            Segment("minor", 2),
            Segment("cell", 8, cell=Mesh(3)),
            Segment("sequence", 4),
            Segment("check", 1, check="luhn"),
        ),
        field_names=("ObjID",),
    )
    meshed = dataclasses.replace(standard, grammar=grammar)
    here, east = Mesh(3).encode([106.5049, 106.52], [29.57, 29.57]).tolist()
    right = grammar.format("509912", "0117", 1, cell=here)
    digit = str((int(right[-1]) + 4) % 10)
    far = grammar.format("509912", "0117", 2, cell=east)
    lake.item("a.gpkg")
    codes = {
        right: ("", ""),
        right[:-1] + digit: (f"its check digit is {digit}, and should be {right[-1]}", right[-1]),
        far: (f"its cell part {east} does not hold the object, which lies in {here}", here),
        grammar.format("509912", "0118", 3, cell=here): (
            "its class part 0118 is not the object's class 0117",
            "0117",
        ),
        right.replace("-", "_"): (
            "it does not have the shape of an identifier (separator is '_', not '-')",
            "division 6 + - + major 2 + minor 2 + cell 8 + sequence 4 + check 1",
        ),
    }
    for code in codes:
        lake.object("a.gpkg", (106.5049, 29.57), properties={"ObjID": code})
    lake.object("a.gpkg", None, properties={"ObjID": far})
    lake.object("a.gpkg", shapely.box(106.5, 29.56, 106.53, 29.58), properties={"ObjID": far})
    found = run_check("code_grammar", std=meshed)
    assert {f["measured"]: (f["message"], f["expected"]) for f in found.failed} == {
        code: (f"{code}: {reason}", due) for code, (reason, due) in codes.items() if reason
    }
    assert found.passed == 3


def test_code_grammar_without_codes_is_not_applicable(lake, run_check, standard):
    lake.item("a.gpkg")
    lake.object("a.gpkg", properties={})
    assert run_check("code_grammar").statuses == {"not applicable"}
    none = dataclasses.replace(standard, grammar=None)
    lake.object("a.gpkg", properties={"ObjID": "x"})
    assert run_check("code_grammar", std=none).statuses == {"not applicable"}


def test_code_unique_names_the_first_use(lake, run_check):
    lake.item("a.gpkg")
    lake.item("b.gpkg")
    for path in ("b.gpkg", "a.gpkg", "a.gpkg"):
        lake.object(path, properties={"ObjID": "5099120117000001"})
    lake.object("a.gpkg", properties={"ObjID": "5099120117000002"})
    found = run_check("code_unique")
    assert [(f["path"], f["place"]) for f in found.failed] == [
        ("a.gpkg", "row 3 (K3)"),
        ("b.gpkg", "row 1 (K1)"),
    ]
    assert all("a.gpkg row 2 (K2)" in f["message"] for f in found.failed)
    assert found.passed == 2


def test_code_unique_leaves_copies_to_the_check_of_duplicates(lake, run_check, standard):
    lake.item("a.gpkg")
    for _ in range(2):
        lake.object(
            "a.gpkg", properties={"ObjID": "5099120117000001"}, content_hash="a" * 16 + "b" * 16
        )
    both = dataclasses.replace(
        standard, rules=(Rule(id="test.town/double", check="duplicate_object"),)
    )
    assert run_check("code_unique", std=both).failed == []
    assert len(run_check("code_unique").failed) == 1


def test_code_unique_knows_the_codes_of_the_catalogue(lake, run_check):
    lake.item("a.gpkg")
    own = lake.object("a.gpkg", properties={"ObjID": "5099120117000001"})
    lake.object("a.gpkg", properties={"ObjID": "5099120117000002"})
    lake.rows["codes"] += [
        {"asset_code": "5099120117000001", "object_id": own},
        {"asset_code": "5099120117000002", "object_id": "an object of last year"},
    ]
    found = run_check("code_unique")
    assert [f["measured"] for f in found.failed] == ["5099120117000002"]
    assert "catalogue" in found.failed[0]["message"]


def test_messages_come_in_the_language_asked_for(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg", properties={"class": "0999"})
    assert run_check("class_known", language="zh").failed[0]["message"] == (
        "0999：test.town@1 中没有该分类"
    )


def test_data_cannot_write_into_a_message(lake, run_check):
    lake.item("a.gpkg")
    lake.object("a.gpkg", properties={"class": "{path} [red]'; DROP TABLE objects; --"})
    (found,) = run_check("class_known").failed
    assert found["message"].startswith("{path} [red]'; DROP TABLE objects; --: ")
