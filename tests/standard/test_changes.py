"""What overlays do to attributes, lists, mapping and rules of their parents."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cimkit.errors import StandardConflict, StandardError
from cimkit.standard import load

Make = Callable[..., Path]

ATTRIBUTES = (
    "change,class,without,name,replaces,title,kinds,type,unit,domain,obligation,"
    "minimum,maximum,access\n"
)
PARENT = (
    ATTRIBUTES
    + ",01,,height,,Height,,number,m,,C,0,100,\n"
    + ",,,owner,,Who owns it,,text,,,O,,,\n"
    + ",0101 0102,,state,,State,gis bim,text,,state,M,,,\n"
)
STATE = {
    "domains/state.csv": "code,name_zh,name_en\n01,完好,intact\n02,破损,broken\n03,丢失,lost\n"
}


@pytest.fixture
def base(make: Make) -> Path:
    return make("base", {"attributes.csv": PARENT, **STATE})


def names_of(standard, code: str, kind: str | None = None) -> set[str]:
    return {a.name for a in standard.attributes_of(code, kind)}


def one(standard, code: str, name: str):
    return next(a for a in standard.attributes_of(code) if a.name == name)


def change(make: Make, *rows: str):
    text = ATTRIBUTES + "".join(r + "\n" for r in rows)
    return load(make("city", {"attributes.csv": text}, ("base@1",)))


def test_an_attribute_is_restricted_where_it_is_said(make: Make, base: Path) -> None:
    city = change(make, "restrict,0101,,height,,,,integer,,,M,,50,internal")
    cover, lamp = one(city, "0101", "height"), one(city, "0102", "height")
    assert (cover.obligation, cover.type, cover.unit, cover.title) == (
        "M",
        "integer",
        "m",
        "Height",
    )
    assert (cover.minimum, cover.maximum, cover.access) == (0.0, 50.0, "internal")
    assert (cover.package, lamp.package) == ("city@1", "base@1")
    assert (lamp.obligation, lamp.maximum) == ("C", 100.0)
    assert lamp.without == ("0101",)
    # What was asked of all classes can be restricted for all.
    city = change(make, "restrict,,,owner,,,,,,,M,,,")
    assert [a.obligation for a in city.attributes if a.name == "owner"] == ["M"]


def test_an_attribute_is_retired_at_some_classes_or_at_all(make: Make, base: Path) -> None:
    city = change(make, "retire,0101,,owner,,,,,,,,,,", "retire,0102,,height,,,,,,,,,,")
    assert names_of(city, "0101") == {"height", "state"}
    assert names_of(city, "0102") == {"owner", "state"}
    assert names_of(city, "01") == {"height", "owner"}
    assert ("0101", "owner") not in {
        (r["class_code"], r["name"]) for r in city.attribute_rows.to_pylist()
    }
    assert {r["class_code"] for r in city.attribute_rows.to_pylist() if r["name"] == "owner"} == {
        "01",
        "0102",
    }
    assert names_of(change(make, "retire,,,owner,,,,,,,,,,"), "0102") == {"height", "state"}


def test_kinds_of_source_can_be_told_apart(make: Make, base: Path) -> None:
    city = change(make, "retire,,,state,,,gis,,,,,,,")
    assert "state" in names_of(city, "0101", "bim")
    assert "state" not in names_of(city, "0101", "gis")
    with pytest.raises(StandardError, match="every kind of source"):
        change(make, "retire,,,owner,,,gis,,,,,,,")
    with pytest.raises(StandardError, match="not both"):
        change(make, "retire,0101,,state,,,gis,,,,,,,")


def test_an_attribute_gets_another_name_or_title(make: Make, base: Path) -> None:
    city = change(
        make, "rename,,,高度,height,Height in metres,,,,,,,,", "rename,,,owner,,Owner,,,,,,,,"
    )
    height = one(city, "0101", "高度")
    assert (height.title, height.unit, height.maximum) == ("Height in metres", "m", 100.0)
    assert names_of(city, "0101") == {"高度", "owner", "state"}
    assert one(city, "0102", "owner").title == "Owner"
    with pytest.raises(StandardError, match="no parent has attribute depth to rename"):
        change(make, "rename,,,高度,depth,,,,,,,,,")
    with pytest.raises(StandardError, match="with the change rename"):
        change(make, ",,,高度,height,,,,,,,,,")


def test_an_attribute_is_replaced(make: Make, base: Path) -> None:
    city = change(make, "replace,01,,height,,Height class,,text,,,O,,,")
    assert (one(city, "0101", "height").type, one(city, "0101", "height").unit) == ("text", "")
    assert len([a for a in city.attributes if a.name == "height"]) == 1


def test_an_attribute_may_leave_classes_out_from_the_start(make: Make, base: Path) -> None:
    city = change(make, ",01,0102,depth,,,,number,m,,O,,,")
    assert "depth" in names_of(city, "0101")
    assert "depth" not in names_of(city, "0102")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("restrict,01,,height,,,,,,,O,,,", "less strictly"),
        ("restrict,01,,height,,,,,,,,-5,,", "wider: minimum"),
        ("restrict,01,,height,,,,,,,,,200,", "wider: maximum"),
        ("restrict,01,,height,,,,text,,,,,,", "wider: type"),
        ("restrict,0101,,state,,,,,,more,,,,", "wider: domain"),
        (",0101,,height,,,,number,cm,,M,,,", "another unit"),
    ],
)
def test_what_is_no_restriction_is_a_conflict(
    make: Make, base: Path, row: str, reason: str
) -> None:
    files = {
        "attributes.csv": ATTRIBUTES + row + "\n",
        "domains/more.csv": "code,name_zh\n01,完好\n09,新\n",
    }
    with pytest.raises(StandardConflict, match=reason):
        load(make("city", files, ("base@1",)))


LIST = "change,code,name_zh,name_ja,name_en\n"


@pytest.mark.parametrize(
    ("rows", "values"),
    [
        (",04,报废,,scrapped\n", {"01": "完好", "02": "破损", "03": "丢失", "04": "报废"}),
        ("rename,02,损坏,,\n", {"01": "完好", "02": "损坏", "03": "丢失"}),
        ("retire,03,,,\n", {"01": "完好", "02": "破损"}),
        ("replace,03,被盗,,stolen\n", {"01": "完好", "02": "破损", "03": "被盗"}),
        ("restrict,01,,,\n,02,破损,,\n", {"01": "完好", "02": "破损"}),
        ("restrict,01,,,\n,05,新,,\n", {"01": "完好", "05": "新"}),
    ],
)
def test_a_list_of_values_changes(
    make: Make, base: Path, rows: str, values: dict[str, str]
) -> None:
    city = load(make("city", {"domains/state.csv": LIST + rows}, ("base@1",)))
    table = city.domains["state"]
    assert dict(zip(table["code"].to_pylist(), table["name_zh"].to_pylist(), strict=True)) == values
    named = dict(zip(table["code"].to_pylist(), table["name_en"].to_pylist(), strict=True))
    assert named["01"] == "intact"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("rename,09,新,,\n", "no parent has value 09"),
        ("improve,01,,,\n", "no such change"),
        ("add,01,完好,,\n", "added a second time"),
        (",01,坏,,\n", "two meanings"),
    ],
)
def test_a_list_changes_only_as_declared(make: Make, base: Path, rows: str, reason: str) -> None:
    with pytest.raises(StandardError, match=reason):
        load(make("city", {"domains/state.csv": LIST + rows}, ("base@1",)))


MAPPING = "change,kind,layer,source_class,field,op,value,class,confidence\n"
MAPPED = (
    MAPPING
    + ",gis,lamp,,,,,0102,0.9\n"
    + ",gis,pole,,,,,0102,0.9\n"
    + ",bim,,IfcLamp,name,contains,street,0102,0.95\n"
    + ",gis,cover,,,,,0101,\n"
)


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ("retire,,lamp,,,,,,\n", {"pole": "0102", "": "0102", "cover": "0101"}),
        ("retire,gis,,,,,,0102,\n", {"": "0102", "cover": "0101"}),
        ("retire,,,,,,,0102,\n", {"cover": "0101"}),
        (
            "replace,GIS,Lamp,,,,,0101,0.5\n",
            {"Lamp": "0101", "pole": "0102", "": "0102", "cover": "0101"},
        ),
        (
            "retire,,pole,,,,,,\n,gis,mast,,,,,0102,\n",
            {"mast": "0102", "lamp": "0102", "": "0102", "cover": "0101"},
        ),
    ],
)
def test_mapping_of_parents_is_taken_back(make: Make, rows: str, left: dict[str, str]) -> None:
    make("base", {"mapping/m.csv": MAPPED})
    city = load(make("city", {"mapping/m.csv": MAPPING + rows}, ("base@1",)))
    assert {r.layer: r.class_code for r in city.mapping} == left


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("retire,,tree,,,,,,\n", "no mapping of a parent to retire"),
        ("replace,,lamp,,,,,0101,\n", "no mapping of a parent to replace"),
        ("retire,,,,,,,,0.5\n", "without a condition"),
        ("rename,,lamp,,,,,0101,\n", "no such change"),
        (",,lamp,,,,,,\n", "`class` is empty"),
    ],
)
def test_mapping_changes_only_as_declared(make: Make, rows: str, reason: str) -> None:
    make("base", {"mapping/m.csv": MAPPED})
    with pytest.raises(StandardError, match=reason) as caught:
        load(make("city", {"mapping/m.csv": MAPPING + rows}, ("base@1",)))
    assert caught.value.where.startswith("city/mapping/m.csv:2")


def test_a_code_with_another_meaning_loses_what_was_said_of_the_former(make: Make) -> None:
    make(
        "base",
        {
            "mapping/m.csv": "layer,class\nlamp,0102\ncover,0101\n",
            "attributes.csv": "class,name\n0102,watt\n01,height\n",
        },
    )
    rows = "change,code,name_zh,name_en,replaces\n"
    city = make("city", {"classes.csv": rows + "replace,0102,射灯,Spotlight,\n"}, ("base@1",))
    standard = load(city)
    assert {r.layer: r.class_code for r in standard.mapping} == {"cover": "0101"}
    assert names_of(standard, "0102") == {"height"}
    # Where another code takes over what it meant, it takes over the mapping.
    (city / "classes.csv").write_text(
        rows.replace(",name_zh", ",parent,name_zh")
        + "replace,0102,,射灯,Spotlight,\n,0103,01,路灯,Street lamp,0102\n",
        "utf-8",
    )
    assert {r.layer: r.class_code for r in load(city).mapping} == {"lamp": "0103", "cover": "0101"}
    # The same thing with other terms keeps its mapping.
    (city / "classes.csv").write_text(rows + "replace,0102,路灯,Street light,\n", "utf-8")
    assert {r.layer: r.class_code for r in load(city).mapping} == {"lamp": "0102", "cover": "0101"}


RULE = """
[[rule]]
id = "density"
check = "point_density"
tolerance = 1
parameters = { least = 10, cell = 1 }
message = { zh = "密度", en = "too thin" }
hint = { en = "fly lower" }
"""


def test_a_rule_changes_in_parts(make: Make) -> None:
    make("base", {"rules/r.toml": RULE})
    text = (
        '[[change]]\nid = "base/density"\nseverity = "warning"\ntolerance = 2\n'
        'parameters = { least = 25 }\nmessage = { zh = "点太少", ja = "点密度不足" }\n'
    )
    (rule,) = load(make("city", {"rules/r.toml": text}, ("base@1",))).rules
    assert (rule.severity.value, rule.tolerance) == ("warning", 2.0)
    assert rule.parameters == {"least": 25, "cell": 1}
    assert rule.message == {"zh": "点太少", "ja": "点密度不足", "en": "too thin"}
    assert rule.hint == {"en": "fly lower"}


def test_a_rule_that_was_taken_away_can_come_back(make: Make) -> None:
    make("base", {"rules/r.toml": RULE})
    off = '[[change]]\nid = "base/density"\nenabled = false\n'
    make("province", {"rules/r.toml": off}, ("base@1",))
    back = '[[change]]\nid = "base/density"\nseverity = "info"\n'
    city = make("city", {"rules/r.toml": back + "enabled = true\n"}, ("province@1",))
    assert [r.severity.value for r in load(city).rules] == ["info"]
    (city / "rules/r.toml").write_text(back)
    with pytest.raises(StandardError, match="was taken away"):
        load(city)
    (city / "rules/r.toml").unlink()
    assert load(city).rules == ()


def test_four_levels_each_with_its_say(make: Make, tmp_path: Path) -> None:
    """Nation, province, city and project, as zips beside each other."""
    nation = make(
        "nation",
        {
            "rules/r.toml": RULE,
            "attributes.csv": "class,name,obligation\n01,height,O\n",
            "levels.csv": "code\nCIM1\nCIM2\n",
            "level_rules.csv": "kind,level\nbim,CIM2\ngis,CIM1\n",
            "naming.toml": '[[file]]\ntemplate = "{a}.gml"\n[part.a]\n',
            **STATE,
        },
    )
    with (nation / "standard.toml").open("a") as file:
        file.write('[acceptance]\nmaximum = 3\n[crs]\nallowed = ["EPSG:4490"]\n')
    head = "change,code,parent,name_zh,name_en\n"
    make(
        "province",
        {
            "classes.csv": head + "rename,0101,,检查井,Inspection\n,0103,01,树,Tree\n",
            "attributes.csv": "change,class,name,obligation\nrestrict,01,height,C\n",
            "domains/state.csv": "change,code,name_zh\nretire,03,\n",
            "rules/r.toml": '[[change]]\nid = "nation/density"\ntolerance = 2\n',
        },
        ("nation@1",),
    )
    make(
        "city",
        {
            "classes.csv": head + "retire,0103,,,\n,0104,01,花,Flower\n",
            "attributes.csv": "change,class,name,obligation\nrestrict,0102,height,M\n",
            "domains/state.csv": "change,code,name_zh\nadd,04,报废\n",
            "levels.csv": "code\nL1\nL2\n",
            "naming.toml": '[[file]]\ntemplate = "{a}.ifc"\n[part.a]\n',
            "mapping/m.csv": "layer,class\nflower,0104\n",
        },
        ("province@1",),
    )
    project = make(
        "project",
        {
            "classes.csv": "change,code,name_zh,geometry\nrestrict,0104,,Point\n",
            "rules/r.toml": '[[change]]\nid = "nation/density"\nseverity = "info"\n',
            "level_rules.csv": "kind,level\nbim,L2\n",
            "mapping/m.csv": "change,layer,class\nretire,flower,\n",
            "naming.toml": "",
        },
        ("city@1",),
    )
    with (project / "standard.toml").open("a") as file:
        file.write('[acceptance]\nmaximum = 9\n[jurisdiction]\ndivision = "500103"\n')
    standard = load(project)
    assert standard.parents == ("city@1", "province@1", "nation@1")
    assert {c: r.name_zh for c, r in standard.by_code.items()} == {
        "01": "设施",
        "0101": "检查井",
        "0102": "路灯",
        "0104": "花",
    }
    assert standard.by_code["0104"].geometry == ("Point",)
    assert [one(standard, c, "height").obligation for c in ("0101", "0102")] == ["C", "M"]
    assert standard.domains["state"]["code"].to_pylist() == ["01", "02", "04"]
    (rule,) = standard.rules
    assert (rule.tolerance, rule.severity.value, rule.parameters["least"]) == (2.0, "info", 10)
    # Of what stands in one piece, the nearest piece counts.
    assert [level.code for level in standard.levels] == ["L1", "L2"]
    assert [(r.kind, r.level) for r in standard.level_rules] == [("bim", "L2")]
    assert standard.naming is not None
    assert standard.naming.grammars == ()
    assert standard.acceptance.maximum == 9
    assert standard.crs_rules.allowed == ("EPSG:4490",)
    assert standard.jurisdiction.division == "500103"
    assert standard.mapping == ()
    zips = tmp_path / "zips"
    zips.mkdir()
    for name in ("nation", "province", "city", "project"):
        with zipfile.ZipFile(zips / f"{name}.zip", "w") as archive:
            for file in sorted((tmp_path / name).rglob("*.*")):
                archive.write(file, file.relative_to(tmp_path))
    assert load(zips / "project.zip").hash == standard.hash


def test_a_level_that_is_not_in_the_list_of_the_overlay(make: Make) -> None:
    make("base", {"levels.csv": "code\nCIM1\n", "level_rules.csv": "kind,level\ngis,CIM1\n"})
    files = {"levels.csv": "code\nL1\n", "level_rules.csv": "kind,level\ngis,CIM1\n"}
    with pytest.raises(StandardError, match="no such level"):
        load(make("city", files, ("base@1",)))


def test_the_grammar_and_the_access_of_an_overlay(make: Make) -> None:
    make("base", {"classes.csv": "code,name_zh,access\n01,管线,internal\n0102,路灯,\n"})
    rows = "change,code,name_zh,access\nrestrict,01,,secret\nrestrict,0102,,internal\n"
    more = '[[code.segments]]\nname = "major"\nlength = 2\n'
    more += '[[code.segments]]\nname = "sequence"\nlength = 4\n[code]\nclass = ["major"]\n'
    city = make("city", {"classes.csv": rows}, ("base@1",))
    with (city / "standard.toml").open("a") as file:
        file.write(more)
    standard = load(city)
    assert [standard.by_code[c].access for c in ("01", "0102")] == ["secret", "internal"]
    assert standard.grammar is not None
    assert sum(s.length for s in standard.grammar.segments) == 6
    for row, kind, reason in (
        ("restrict,01,,public", StandardConflict, "other access"),
        (",01,管线,secret", StandardConflict, "other access"),
        (",01,管线,nobody", StandardError, "no such access"),
    ):
        (city / "classes.csv").write_text(f"change,code,name_zh,access\n{row}\n", "utf-8")
        with pytest.raises(kind, match=reason):
            load(city)
