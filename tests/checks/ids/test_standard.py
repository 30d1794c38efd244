"""An IDS as a standard, alone and in a package."""

from __future__ import annotations

from pathlib import Path

import pytest

import cimkit
from cimkit.checks import prove
from cimkit.errors import StandardError, StandardInvalid
from cimkit.standard import flatten, load, write_draft
from tests.checks.ids.made import attribute, document, entity, ifc, prop, specified

WALLS = "#1=IFCWALL('0000000000000000000001',$,{},$,$,$,$,$,$);"


@pytest.fixture
def walls(tmp_path: Path) -> Path:
    """Two specifications, of which a model without a name fails the second."""
    one = specified(entity("IFCWALL"), prop("S", "P", cardinality="prohibited"))
    two = specified(entity("IFCWALL"), attribute("Name", "W"))
    two = two.replace('name="S"', 'name="墙 names" identifier="N/1" instructions="Name {them}."')
    file = tmp_path / "Walls.ids"
    file.write_bytes(document(one, two, info="<version>3 b</version>"))
    return file


def model(tmp_path: Path, lines: str, **more: str) -> Path:
    file = tmp_path / "given" / "model.ifc"
    file.parent.mkdir(exist_ok=True)
    file.write_text(ifc(lines, **more))
    return file


def test_a_bare_ids_is_a_standard_of_a_rule_each(walls: Path) -> None:
    standard = load(walls)
    assert (standard.key, standard.titles["en"]) == ("Walls@3-b", "T")
    assert [r.id for r in standard.rules] == ["Walls/S", "Walls/N-1"]
    assert standard.rules[1].clause == "T, N/1, 墙 names"


def test_a_folder_of_ids_is_a_standard_of_them_all(walls: Path, tmp_path: Path) -> None:
    folder = tmp_path / "our rules"
    folder.mkdir()
    (folder / "b.IDS").write_bytes(walls.read_bytes())
    (folder / "a.ids").write_bytes(document(specified(entity("IFCDOOR"), attribute("Name"))))
    (folder / "notes.txt").write_text("no IDS")
    standard = load(folder)
    assert (standard.key, standard.titles["en"]) == ("our-rules@3-b", "our rules")
    assert [r.name for r in standard.rules] == ["a.S", "b.S", "b.N-1"]
    assert standard.rules[1].origin == "our rules/b.ids:1"
    verdict = cimkit.check(model(tmp_path, WALLS.format("$")), standard=folder)
    assert [r.status for r in verdict.rules[:3]] == ["fail", "pass", "fail"]


def test_lint_asks_of_a_bare_ids_nothing_that_has_no_place_in_it(walls: Path) -> None:
    assert [f.code for f in prove(walls) if f.severity != "info"] == []
    in_capitals = walls.rename(walls.with_suffix(".IDS"))
    assert len(load(in_capitals).rules) == 2


def test_a_check_speaks_of_specifications(walls: Path, tmp_path: Path) -> None:
    verdict = cimkit.check(model(tmp_path, WALLS.format("'V'")), standard=walls, language="zh")
    assert verdict.verdict == "fail"
    assert [(r.title, r.status) for r in verdict.rules[:2]] == [("S", "pass"), ("墙 names", "fail")]
    (found,) = [f for f in verdict.findings.to_pylist() if f["status"] == "fail"]
    assert found["message"] == "属性 Name 为 V,应为 W"
    assert found["hint"] == "Name ｛them｝."
    assert found["place"] == "#1 (0000000000000000000001) V"
    assert (found["measured"], found["expected"], found["layer"]) == ("V", "W", "IFCWALL")


def test_hints_of_our_own_stand_where_the_ids_gives_none(tmp_path: Path) -> None:
    file = tmp_path / "a.ids"
    file.write_bytes(
        document(specified(entity("IFCWALL"), attribute("Name", "string: pattern=^W$")))
    )
    for name, hint in (("'W'", "^ and $ are signs"), ("$", "^ and $")):
        verdict = cimkit.check(model(tmp_path, WALLS.format(name)), standard=file)
        (found,) = [f for f in verdict.findings.to_pylist() if f["status"] == "fail"]
        assert hint in found["hint"]


def test_a_damaged_model_is_not_passed(walls: Path, tmp_path: Path) -> None:
    file = model(tmp_path, WALLS.format("'W'"))
    file.write_text(file.read_text().replace("ENDSEC;\nEND-ISO-10303-21;\n", "#2=IFCWALL('00"))
    verdict = cimkit.check(file, standard=walls)
    assert verdict.verdict == "not checked"
    assert "cut off" in verdict.rules[0].reasons[0]


def test_another_release_is_checked_all_the_same_and_said(walls: Path, tmp_path: Path) -> None:
    lines = "#1=IFCWALL('0000000000000000000001',$,$,$,$,$,$,$);"
    verdict = cimkit.check(model(tmp_path, lines, schema="IFC2X3"), standard=walls)
    assert verdict.verdict == "fail"
    said = [f["message"] for f in verdict.findings.to_pylist() if f["status"] == "not applicable"]
    assert "written for IFC4, the model is IFC2X3; it was checked all the same" in said


def test_an_ids_that_is_none_is_refused_with_place_and_mend(tmp_path: Path) -> None:
    file = tmp_path / "a.ids"
    file.write_bytes(document(specified(entity("IFCRABBIT"), attribute("Name"))))
    with pytest.raises(StandardInvalid, match=r"a\.ids:1: no class of IFC4: got 'IFCRABBIT'"):
        cimkit.check(model(tmp_path, WALLS.format("$")), standard=file)


HEAD = 'id = "a.b"\nedition = "1"\n[titles]\nen = "A"\n'
NAMED = """
[[rule]]
id = "named"
ids = "Walls.ids"
specification = "N/1"
severity = "warning"
clause = "7.2"
message = { en = "a wall is called W: {reason}" }
parameters = { versions = "named" }
"""


def package(tmp_path: Path, walls: Path, rules: str) -> Path:
    folder = tmp_path / "a.b"
    (folder / "ids").mkdir(parents=True)
    (folder / "rules").mkdir()
    (folder / "standard.toml").write_text(HEAD)
    (folder / "rules" / "a.toml").write_text(rules)
    (folder / "ids" / "Walls.ids").write_bytes(walls.read_bytes())
    return folder


def test_a_package_takes_its_ids_as_rules(walls: Path, tmp_path: Path) -> None:
    standard = load(package(tmp_path, walls, NAMED))
    said = {r.id: (str(r.severity), r.clause) for r in standard.rules}
    assert said == {
        "a.b/named": ("warning", "7.2"),
        "a.b/Walls.S": ("error", "T, S"),
    }
    verdict = cimkit.check(model(tmp_path, WALLS.format("'V'")), standard=standard)
    assert verdict.verdict == "pass"
    (found,) = [f for f in verdict.findings.to_pylist() if f["status"] == "fail"]
    assert found["message"] == "a wall is called W: the attribute Name is V, not W"


def test_a_rule_may_keep_to_the_releases_that_are_named(walls: Path, tmp_path: Path) -> None:
    standard = load(package(tmp_path, walls, NAMED))
    lines = "#1=IFCWALL('0000000000000000000001',$,$,$,$,$,$,$);"
    verdict = cimkit.check(model(tmp_path, lines, schema="IFC2X3"), standard=standard)
    assert {r.rule: r.status for r in verdict.rules}["a.b/named"] == "not applicable"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (NAMED.replace("Walls.ids", "Doors.ids"), "no such IDS"),
        (NAMED.replace("N/1", "N/2"), "no such specification"),
        (NAMED.replace('ids = "Walls.ids"\n', 'check = "class_leaf"\n'), "which one of an IDS"),
        (NAMED.replace("ids =", 'check = "x"\nids ='), "either `check` or `sql` or `ids`"),
    ],
)
def test_rules_that_name_what_is_not_there(
    walls: Path, tmp_path: Path, rules: str, said: str
) -> None:
    with pytest.raises(StandardError, match=said):
        load(package(tmp_path, walls, rules))


def test_a_flattened_standard_says_the_same(walls: Path, tmp_path: Path) -> None:
    standard = load(walls)
    write_draft(flatten(standard), tmp_path / "flat")
    again = load(tmp_path / "flat")
    assert [r.parameters for r in again.rules] == [r.parameters for r in standard.rules]


def test_what_is_no_model_is_left_alone(walls: Path, tmp_path: Path) -> None:
    file = model(tmp_path, WALLS.format("'W'"))
    (file.parent / "notes.txt").write_text("nothing")
    verdict = cimkit.check(file.parent, standard=walls)
    assert verdict.verdict == "pass"
    assert [r.passed for r in verdict.rules[:2]] == [1, 1]
