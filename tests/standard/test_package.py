from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cimkit.errors import StandardError, StandardNotFound
from cimkit.model import LAKE
from cimkit.standard import available, load

Make = Callable[..., Path]

RULE = '[[rule]]\nid = "a"\ncheck = "class_leaf"\nmessage = { en = "no leaf" }\n'


def test_a_zip_says_what_its_folder_says(make: Make, tmp_path: Path) -> None:
    folder = make(
        "p",
        {
            "domains/state.csv": "code,name_en\n01,good\n",
            "mapping/a.csv": "field,op,value,class\nname,equals,lamp,0102\n",
            "rules/a.toml": RULE,
        },
    )
    for name, root in (("flat.zip", folder), ("nested.zip", tmp_path)):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for file in sorted(folder.rglob("*.*")):
                archive.write(file, file.relative_to(root))
        assert load(tmp_path / name).hash == load(folder).hash
    (folder / "domains/state.csv").write_text("code,name_en\n01,fine\n")
    assert load(tmp_path / "flat.zip").hash != load(folder).hash


def test_the_hash_covers_the_parents(make: Make) -> None:
    base = make("base")
    city = make("city", extends=("base@1",))
    before = load(city)
    assert before.parents == ("base@1",)
    table = base / "classes.csv"
    table.write_text(table.read_text("utf-8").replace("Street lamp", "Lamp"), encoding="utf-8")
    assert load(city).hash != before.hash
    assert load(city).key == before.key == "city@1"


def test_packages_are_found_by_id(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make("my.own")
    later = make("later", {"standard.toml": 'id = "my.own"\nedition = "2"\ntitles.en = "Two"'})
    monkeypatch.setenv("CIMKIT_STANDARDS", str(tmp_path))
    assert load("my.own").edition == "2"
    assert load("my.own@1").edition == "1"
    assert ("my.own", "2", "Two", later) in available()
    assert {"cn.components", "city.linjiang"} <= {a[0] for a in available()}
    with pytest.raises(StandardNotFound, match=r"cn\.components@2007"):
        load("my.own@3")
    with pytest.raises(StandardNotFound):
        load("nobody")


def test_a_missing_folder_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CIMKIT_STANDARDS", str(tmp_path / "none"))
    with pytest.raises(StandardNotFound, match="CIMKIT_STANDARDS"):
        load("cn.components")


@pytest.mark.parametrize(
    ("file", "text", "where", "reason"),
    [
        ("standard.toml", "id = ", "p/standard.toml", "TOML"),
        ("standard.toml", 'id = "p"\ntitles.en = "x"', "p/standard.toml", "`edition`"),
        ("classes.csv", "code,nmae_zh\n01,a\n", "p/classes.csv:1", "Did you mean 'name_zh'"),
        ("classes.csv", "", "p/classes.csv", "empty table"),
        ("classes.csv", "name_zh\na\n", "p/classes.csv:1", "column is missing"),
        ("classes.csv", "code,name_zh\n01,a,b\n", "p/classes.csv:2", "more cells"),
        ("classes.csv", "code,name_zh\n01,a\n,b\n", "p/classes.csv:3", "`code` is empty"),
        ("classes.csv", "code\n01\n02\n01\n", "p/classes.csv:4", "stands twice"),
        ("classes.csv", "code,parent\n0101,01\n", "p/classes.csv:2", "does not exist"),
        ("classes.csv", "code,parent\n01,02\n02,01\n", "p/classes.csv", "below each other"),
        ("classes.csv", "code,verified\n01,perhaps\n", "p/classes.csv:2", "yes or no"),
        ("attributes.csv", "class,name\n09,a\n", "p/attributes.csv:2", "class that is not there"),
        ("attributes.csv", "name,domain\na,x\n", "p/attributes.csv:2", "no such domain"),
        ("attributes.csv", "name,obligation\na,X\n", "p/attributes.csv:2", "no such obligation"),
        ("attributes.csv", "name,type\na,colour\n", "p/attributes.csv:2", "no such type"),
        ("attributes.csv", "name,minimum\na,low\n", "p/attributes.csv:2", "is a number"),
        ("domains/d.csv", "code\n1\n1\n", "p/domains/d.csv:3", "stands twice"),
        ("mapping/m.csv", "layer,class\nx,0999\n", "p/mapping/m.csv:2", "not there"),
        ("mapping/m.csv", "class\n0101\n", "p/mapping/m.csv:2", "without a condition"),
        ("mapping/m.csv", "field,op,value,class\na,is,1,0101\n", "p/mapping/m.csv:2", "such op"),
        ("mapping/m.csv", "field,op,value,class\na,gt,x,0101\n", "p/mapping/m.csv:2", "number"),
        ("mapping/m.csv", "field,op,value,class\na,matches,(,0101\n", "p/mapping/m.csv:2", "valid"),
        (
            "mapping/m.csv",
            "field,op,value,class\na,matches,(?=x),0101\n",
            "p/mapping/m.csv:2",
            "RE2",
        ),
        ("attributes.csv", "name,pattern\na,(\n", "p/attributes.csv:2", "valid"),
        ("mapping/m.csv", "layer,confidence,class\nx,2,0101\n", "p/mapping/m.csv:2", "at most 1"),
        ("mapping/m.csv", "sql,class\n1 +,0101\n", "p/mapping/m.csv:2", "no valid SQL"),
        ("rules/r.toml", RULE.replace("check", "chekc"), "p/rules/r.toml:1", "no such key"),
        ("rules/r.toml", RULE + 'severity = "fatal"', "p/rules/r.toml:1", "no such severity"),
        ("rules/r.toml", RULE + 'sql = "SELECT 1"', "p/rules/r.toml:1", "either"),
        ("rules/r.toml", RULE + RULE, "p/rules/r.toml:2", "stands twice"),
        ("rules/r.toml", '[[rule]]\nid = "a"\ncheck = "b"', "p/rules/r.toml:1", "message.en"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    make: Make, file: str, text: str, where: str, reason: str
) -> None:
    folder = make("p", {file: text})
    with pytest.raises(StandardError, match=reason) as caught:
        load(folder)
    assert caught.value.where.startswith(where)


def test_text_must_be_utf8(make: Make) -> None:
    folder = make("p")
    (folder / "classes.csv").write_bytes("code,name_zh\n01,设施\n02,路灯\n".encode("gbk"))
    with pytest.raises(StandardError, match="UTF-8") as caught:
        load(folder)
    assert caught.value.where == "p/classes.csv:2"


def test_a_rule_is_read_whole(make: Make) -> None:
    text = (
        RULE + 'severity = "warning"\ntolerance = 0.01\nunit = "m"\nneeds = ["measures"]\n'
        'applies_to = { kinds = ["gis"], classes = ["01"] }\nparameters = { most = 3 }\n'
        "mandatory = false\n"
    )
    (rule,) = load(make("p", {"rules/r.toml": text})).rules
    assert (rule.id, rule.name, rule.check) == ("p/a", "a", "class_leaf")
    assert (rule.severity.value, rule.tolerance, rule.unit) == ("warning", 0.01, "m")
    assert rule.needs == ("measures",)
    assert rule.applies_to.kinds == ("gis",)
    assert rule.parameters == {"most": 3}
    assert not rule.mandatory


def test_tables_have_the_schemas_of_the_lake(make: Make) -> None:
    standard = load(make("p", {"attributes.csv": "class,name\n01 0101,a\n,b\n"}))
    assert standard.classes.schema == LAKE["classes"]
    assert standard.classes["leaf"].to_pylist() == [False, True, True]
    assert standard.attribute_rows.schema == LAKE["attributes"]
    assert standard.attribute_rows["class_code"].to_pylist() == ["01", "0101", ""]
    assert standard.under(("01",)) == {"01", "0101", "0102"}


def test_other_files_beside_a_package_do_not_matter(make: Make, tmp_path: Path) -> None:
    make("base")
    (tmp_path / "notes.zip").write_bytes(b"no zip at all")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    assert load(make("city", extends=("base@1",))).parents == ("base@1",)


def test_a_broken_package_among_others_is_named(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make("p", {"standard.toml": "id = "})
    monkeypatch.setenv("CIMKIT_STANDARDS", str(tmp_path))
    with pytest.raises(StandardError, match="TOML") as caught:
        available()
    assert caught.value.where == "p/standard.toml"


def test_a_quote_that_is_not_closed_swallows_nothing(make: Make) -> None:
    path = make("a", {"classes.csv": 'code,name_en\n"01,Lamp\n02,Bench\n'})
    with pytest.raises(StandardError, match="no valid CSV"):
        load(path)


@pytest.mark.parametrize("said", ["../../x", "a b", "a\\\\b", "a\\u001b"])
def test_an_id_is_no_path(make: Make, tmp_path: Path, said: str) -> None:
    path = make("a")
    head = (path / "standard.toml").read_text(encoding="utf-8")
    text = head.replace('id = "a"', f'id = "{said}"')
    (path / "standard.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StandardError, match="names of files"):
        load(path)


def test_semicolons_between_columns_are_named(make: Make) -> None:
    with pytest.raises(StandardError, match="commas between the columns"):
        load(make("a", {"classes.csv": "code;name_en\n01;Lamp\n"}))


def test_a_broken_neighbour_stands_in_nobodys_way(make, monkeypatch):
    parent = make("near.parent")
    child = make("near.child", extends=("near.parent@1",))
    (make("near.broken") / "standard.toml").write_text("id = ", encoding="utf-8")
    (parent.parent / "book.xlsx").write_bytes(b"no workbook")
    monkeypatch.setenv("CIMKIT_STANDARDS", str(parent.parent))
    assert load(str(child)).parents == ("near.parent@1",)
    assert load("near.child").key == "near.child@1"
    broken: list[StandardError] = []
    assert "near.child" in {found[0] for found in available(broken)}
    assert ["near.broken" in error.where for error in broken] == [True]
    with pytest.raises(StandardNotFound, match=r"Could not be read: near\.broken/standard\.toml"):
        load("near.broken")
