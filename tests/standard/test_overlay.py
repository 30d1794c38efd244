from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cimkit.errors import StandardConflict, StandardError
from cimkit.standard import load

Make = Callable[..., Path]

CHANGE = "change,code,parent,name_zh,name_en,geometry,replaces\n"
RULES = """
[[rule]]
id = "one"
check = "class_leaf"
tolerance = 1
message = { en = "x" }
[[rule]]
id = "two"
check = "class_known"
message = { en = "x" }
"""


def test_add_rename_restrict_retire_replace(make: Make) -> None:
    make("base", {"mapping/m.csv": "layer,class\nlamp,0102\ncover,0101\n"})
    city = load(
        make(
            "city",
            {
                "classes.csv": CHANGE
                + ",50,,新,New,,\n"
                + ",5001,50,智慧杆,Smart pole,Point,0102\n"
                + "rename,0101,,检查井盖,Inspection cover,,\n"
                + "restrict,0101x,,,,,\n".replace("0101x", "01")
                + "retire,0102,,,,,\n"
            },
            extends=("base@1",),
        )
    )
    assert set(city.by_code) == {"01", "0101", "50", "5001"}
    assert city.by_code["0101"].name("zh") == "检查井盖"
    assert city.by_code["0101"].changes == ("rename",)
    assert city.by_code["0101"].package == "city@1"
    gone = next(c for c in city.class_rows if c.code == "0102")
    assert gone.retired
    assert "0102" not in city.classes["code"].to_pylist()
    # What the parent mapped to the retired class goes to its heir, all in the city's own scheme.
    assert {(r.layer, r.scheme, r.class_code) for r in city.mapping} == {
        ("lamp", "city", "5001"),
        ("cover", "city", "0101"),
    }
    assert city.by_code["0101"].leaf
    assert not city.by_code["50"].leaf


@pytest.mark.parametrize("change", ["rename", "restrict", ""])
def test_a_class_of_the_parent_may_be_the_heir(make: Make, change: str) -> None:
    make("base", {"mapping/m.csv": "layer,class\nlamp,0102\ncover,0101\n"})
    rows = CHANGE + f"{change},0101,,,,,0102\nretire,0102,,,,,\n"
    city = load(make("city", {"classes.csv": rows}, extends=("base@1",)))
    assert city.by_code["0101"].replaces == ("0102",)
    assert {(r.layer, r.class_code) for r in city.mapping} == {("lamp", "0101"), ("cover", "0101")}


def test_a_code_used_again_is_a_conflict(make: Make) -> None:
    make("base")
    city = make("city", {"classes.csv": CHANGE + ",0102,,射灯,Spotlight,,\n"}, extends=("base@1",))
    with pytest.raises(StandardConflict, match="two meanings") as caught:
        load(city)
    text = str(caught.value)
    assert "射灯 / Spotlight" in text
    assert "路灯 / Street lamp" in text
    assert caught.value.where == "city/classes.csv:2"
    assert "base@1" in text
    (city / "classes.csv").write_text(CHANGE + "replace,0102,,射灯,Spotlight,,\n", "utf-8")
    assert load(city).by_code["0102"].name("en") == "Spotlight"


def test_the_same_meaning_again_is_none(make: Make) -> None:
    make("base", {"classes.csv": "code,name_zh\n01,燃气调压站(箱)\n"})
    city = make("city", {"classes.csv": "code,name_zh\n01,燃气调压站（箱）\n"}, ("base@1",))
    assert load(city).by_code["01"].package == "base@1"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("rename,0109,,新,New,,", "no parent has code 0109"),
        ("improve,0102,,,,,", "no such change"),
        ("retire,01,,,,,", "classes below it are not"),
        ("restrict,0102,,,,Polygon,", "other geometry"),
        (",0102,,路灯,,Polygon,", "other geometry"),
        ("restrict,0102,0101,,,,", "elsewhere"),
        ("add,0102,,路灯,,,", "added a second time"),
    ],
)
def test_changes_that_cannot_be(make: Make, row: str, reason: str) -> None:
    make(
        "base", {"classes.csv": CHANGE + ",01,,设施,F,,\n,0101,01,盖,C,,\n,0102,01,路灯,L,Point,\n"}
    )
    with pytest.raises(StandardError, match=reason):
        load(make("city", {"classes.csv": CHANGE + row + "\n"}, ("base@1",)))


def test_several_deep_the_nearest_wins(make: Make) -> None:
    make("nation", {"rules/r.toml": RULES, "mapping/m.csv": "layer,class\na,0101\n"})
    make(
        "province",
        {"rules/r.toml": '[[change]]\nid = "nation/one"\nseverity = "info"\ntolerance = 2\n'},
        ("nation@1",),
    )
    city = load(
        make(
            "city",
            {
                "rules/r.toml": '[[change]]\nid = "nation/one"\ntolerance = 3\n'
                '[[change]]\nid = "nation/two"\nenabled = false\n',
                "mapping/m.csv": "layer,class\na,0102\n",
            },
            ("province@1",),
        )
    )
    (rule,) = city.rules
    assert (rule.id, rule.severity.value, rule.tolerance) == ("nation/one", "info", 3.0)
    assert city.parents == ("province@1", "nation@1")
    assert [(r.class_code, r.depth) for r in city.mapping] == [("0102", 0), ("0101", 2)]
    assert city.grammar is not None
    assert city.grammar.field_names == ("ObjID",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[[change]]\nid = "base/three"\nseverity = "info"', "no such rule"),
        ('[[change]]\nid = "base/one"\ncheck = "x"', "another test"),
        ('[[rule]]\nid = "base/one"\ncheck = "x"\nmessage = { en = "x" }', "another package"),
    ],
)
def test_rules_change_only_as_declared(make: Make, text: str, reason: str) -> None:
    make("base", {"rules/r.toml": RULES})
    with pytest.raises(StandardError, match=reason):
        load(make("city", {"rules/r.toml": text}, ("base@1",)))


def test_attributes_may_become_stricter_only(make: Make) -> None:
    head = "change,class,name,type,obligation,unit\n"
    make("base", {"attributes.csv": head + ",01,height,number,C,m\n,0102,height,number,O,m\n"})
    city = make("city", {"attributes.csv": head + "restrict,01,height,,M,\n"}, ("base@1",))
    standard = load(city)
    (of_cover,) = standard.attributes_of("0101")
    assert (of_cover.obligation, of_cover.type, of_cover.unit) == ("M", "number", "m")
    # What is restricted at a class is restricted at all below it, each row of its own.
    assert [(a.obligation, a.unit) for a in standard.attributes_of("0102")] == [("M", "m")]
    (city / "attributes.csv").write_text(head + ",01,height,number,O,m\n", "utf-8")
    with pytest.raises(StandardConflict, match="less strictly"):
        load(city)
    (city / "attributes.csv").write_text(head + "retire,01,height,,,\n", "utf-8")
    assert load(city).attributes_of("0101") == []


def test_lists_grow_but_keep_their_meaning(make: Make) -> None:
    make("base", {"domains/state.csv": "code,name_zh\n01,完好\n"})
    city = make("city", {"domains/state.csv": "code,name_zh\n02,破损\n"}, ("base@1",))
    assert load(city).domains["state"]["code"].to_pylist() == ["01", "02"]
    (city / "domains/state.csv").write_text("code,name_zh\n01,破损\n", "utf-8")
    with pytest.raises(StandardConflict, match="two meanings"):
        load(city)


def test_a_second_parent_keeps_its_scheme(make: Make) -> None:
    make("parts")
    make("tables", {"classes.csv": "code,name_en\n01,Elements\n"})
    city = load(
        make(
            "city",
            {"mapping/m.csv": "layer,scheme,class\na,,0101\na,tables,01\n"},
            ("parts@1", "tables@1"),
        )
    )
    assert {c.scheme for c in city.class_rows} == {"city", "tables"}
    assert {r.scheme for r in city.mapping} == {"city", "tables"}


def test_chains_that_do_not_build(make: Make) -> None:
    make("a", extends=("b@1",))
    make("b", extends=("a@1",))
    with pytest.raises(StandardError, match="extend each other"):
        load(make("c", extends=("a@1",)))
    with pytest.raises(StandardError, match="with its edition"):
        load(make("d", extends=("a",)))


def test_the_jurisdiction_limits_the_codes(make: Make) -> None:
    make("base")
    ring = '{"type":"Polygon","coordinates":[[[106,29],[107,29],[107,30],[106,29]]]}'
    said = '[jurisdiction]\ndivision = "500103"\npolygon = "j.geojson"\n'
    city = make("city", {"j.geojson": ring}, ("base@1",))
    with (city / "standard.toml").open("a") as file:
        file.write(said)
    standard = load(city)
    assert standard.grammar is not None
    assert standard.grammar.validate("5001040101000001") == ["division is '500104', not 500103"]
    assert standard.jurisdiction.polygon is not None
    for broken, reason in (("{", "GeoJSON"), (ring.replace("Polygon", "Line"), "GeoJSON")):
        (city / "j.geojson").write_text(broken)
        with pytest.raises(StandardError, match=reason):
            load(city)
