"""Two editions held against each other, and what becomes of each code."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from cimkit.standard import Change, Difference, difference, load

from .conftest import Make


def head(id_: str, edition: str, more: str = "") -> str:
    return f'id = "{id_}"\nedition = "{edition}"\n{more}[titles]\nen = "{id_}"\n'


def edition(make: Make, year: int, files: dict[str, str], *, more: str = "", tail: str = "") -> Any:
    toml = head("city", str(year), more) + tail
    base = {"classes.csv": "code,name_en\nA,Lamp\n"}
    return load(make(f"city{year}", {"standard.toml": toml} | base | files))


@pytest.fixture
def compare(make: Make) -> Any:
    """Compare one file of two editions."""

    def diff(name: str, was: str, now: str, **others: str) -> Difference:
        both = {k.replace("__", "/"): v for k, v in others.items()}
        return difference(
            edition(make, 2025, {name: was} | both), edition(make, 2026, {name: now} | both)
        )

    return diff


def of(found: Difference, part: str) -> list[tuple[str, ...]]:
    return [(c.what, c.key, c.aspect, c.was, c.now) for c in found.changes if c.part == part]


def fates(found: Difference) -> dict[str, list[tuple[str, str, str]]]:
    out: dict[str, list[tuple[str, str, str]]] = {}
    for row in found.migration.to_pylist():
        out.setdefault(row["from_code"], []).append((row["kind"], row["to_code"], row["relation"]))
    return out


def test_nothing_changes_between_a_standard_and_itself() -> None:
    found = difference(load("city.linjiang"), load("city.linjiang"))
    assert found.changes == ()
    assert set(found.fates()) == {"same"}


def test_what_becomes_of_codes(compare: Any) -> None:
    found = compare(
        "classes.csv",
        "code,name_en,name_zh\nA,Lamp,灯\nB,Cover,盖\nC,Round cover,圆盖\nD,Bench,凳\nE,Tree,树\n"
        "F,Gone,无\nG,Sign,牌\nH,Kiosk,亭\n",
        "code,name_en,name_zh,replaces\nA,Lantern,灯,\nX,Any cover,总盖,B C\nD1,Wooden,木凳,D\n"
        "D2,Stone,石凳,D\nE,Post box,邮箱,\nG2,Board,告示牌,G\nK,Kiosk,亭,\nN,New,新,\n",
    )
    assert fates(found) == {
        "A": [("same", "A", "exact")],
        "B": [("merged", "X", "broad")],
        "C": [("merged", "X", "broad")],
        "D": [("split", "D1", "narrow"), ("split", "D2", "narrow")],
        "E": [("retired", "-", "")],
        "F": [("retired", "-", "")],
        "G": [("replaced", "G2", "exact")],
        "H": [("proposed", "K", "close")],
    }
    assert found.fates() == {
        "same": 1, "replaced": 1, "split": 1, "merged": 2, "proposed": 1, "retired": 2,
    }  # fmt: skip
    assert of(found, "classes") == [
        ("renamed", "A", "", "灯 / Lamp", "灯 / Lantern"),
        ("replaced", "B", "", "B", "X 总盖 / Any cover"),
        ("replaced", "C", "", "C", "X 总盖 / Any cover"),
        ("replaced", "D", "", "D", "D1 木凳 / Wooden, D2 石凳 / Stone"),
        ("reused", "E", "", "树 / Tree", "邮箱 / Post box"),
        ("removed", "F", "", "", ""),
        ("replaced", "G", "", "G", "G2 告示牌 / Board"),
        ("removed", "H", "", "", ""),
        ("added", "K", "", "", ""),
        ("added", "N", "", "", ""),
    ]
    (grave,) = found.grave
    assert (grave.what, grave.where_was, grave.where) == (
        "reused",
        "city2025/classes.csv:6",
        "city2026/classes.csv:6",
    )
    assert "the code means something else now" in next(
        r["source"] for r in found.migration.to_pylist() if r["from_code"] == "E"
    )


def test_another_name_for_the_same_code_is_a_rename_if_replaces_says_so(compare: Any) -> None:
    found = compare("classes.csv", "code,name_en\nA,Lamp\n", "code,name_en,replaces\nA,Light,A\n")
    assert not found.grave
    assert fates(found) == {"A": [("renamed", "A", "exact")]}


def test_the_migration_saved_in_the_package_is_heeded(make: Make) -> None:
    was = "code,name_en\nA,Lamp\nB,Cover\n"
    now = "code,name_en\nL,Street light\nM,Lid\n"
    old = edition(make, 2025, {"classes.csv": was})
    text = io.StringIO()
    found = difference(old, edition(make, 2026, {"classes.csv": now})).crosswalk_rows()
    rows = found.to_pylist()
    assert [r["to_code"] for r in rows] == ["-", "-"]
    # The officer knows what the lamp has become, and says so in the table.
    rows[0] |= {"to_code": "L", "relation": "exact"}
    writer = csv.DictWriter(text, found.column_names)
    writer.writeheader()
    writer.writerows(rows)
    files = {"classes.csv": now, "crosswalk/migration.csv": text.getvalue()}
    again = difference(old, edition(make, 2026, files))
    assert fates(again) == {"A": [("replaced", "L", "exact")], "B": [("retired", "-", "")]}
    assert "crosswalk/migration.csv:3" in again.migration.to_pylist()[1]["source"]


def test_a_class_that_moves_and_one_that_only_follows_its_parent(compare: Any) -> None:
    found = compare(
        "classes.csv",
        "code,parent,name_en\nP,,Posts\nQ,,Plants\nP1,P,Lamp\nQ1,Q,Tree\n",
        "code,parent,name_en,replaces\nP,,Posts,\nR,,Greenery,Q\nP1,R,Lamp,\nQ1,R,Tree,\n",
    )
    moved = [c for c in of(found, "classes") if c[0] == "moved"]
    assert moved == [("moved", "P1", "parent", "P", "R")]


def test_properties_of_a_class(compare: Any) -> None:
    found = compare(
        "classes.csv",
        "code,name_en,geometry,access,definition\nA,Lamp,Point Polygon,public,A lamp.\n"
        "B,Road,LineString,public,\n",
        "code,name_en,geometry,access,definition\nA,Lamp,Point,internal,A street lamp.\n"
        "B,Road,,public,\n",
    )
    assert of(found, "classes") == [
        ("stricter", "A", "geometry", "Point Polygon", "Point"),
        ("changed", "A", "definition", "A lamp.", "A street lamp."),
        ("changed", "A", "access", "public", "internal"),
        ("laxer", "B", "geometry", "LineString", ""),
    ]


def test_what_an_overlay_does(make: Make) -> None:
    make("p", {"classes.csv": "code,name_en\nA,Lamp\nB,Cover\nC,Tree\n"})
    changes = "change,code,name_en\nrename,A,Lantern\nreplace,B,Box\nretire,C,Tree\n"
    over = make("o", {"classes.csv": changes}, ("p@1",))
    found = difference(load(over.parent / "p"), load(over))
    assert [(c.what, c.key) for c in found.changes if c.part == "classes"] == [
        ("renamed", "A"),
        ("reused", "B"),
        ("retired", "C"),
    ]
    assert found.table["grave"].to_pylist().count(True) == 1


def test_a_bought_table_is_held_against_ours(make: Make) -> None:
    ours = make("ours", {"classes.csv": "code,name_zh,verified\n1,水系,no\n2,湖泊,no\n3,沟渠,no\n"})
    bought = make("bought", {"classes.csv": "code,name_zh,verified\n1,水系,yes\n2,沟渠,yes\n"})
    found = difference(load(ours), load(bought))
    assert of(found, "classes") == [
        ("changed", "1", "verified", "no", "yes"),
        ("reused", "2", "", "湖泊", "沟渠"),
        ("removed", "3", "", "", ""),
    ]


def test_codes_of_two_schemes_that_only_look_alike_are_not_compared(make: Make) -> None:
    lamps = make("lamps", {"classes.csv": "code,name_en\n1,Lamp\n2,Cover\n"})
    rocks = make("rocks", {"classes.csv": "code,name_en\n1,Granite\n2,Basalt\n"})
    found = difference(load(lamps), load(rocks))
    assert not found.grave
    assert of(found, "schemes") == [
        ("removed", "lamps", "", "", ""),
        ("added", "rocks", "", "", ""),
    ]
    assert [(c[0], c[1]) for c in of(found, "classes")] == [
        ("removed", "1"),
        ("removed", "2"),
        ("added", "1"),
        ("added", "2"),
    ]


ATTRIBUTES = "class,name,type,unit,domain,obligation,pattern,minimum,maximum\n"


def test_attributes_stricter_and_laxer(compare: Any) -> None:
    found = compare(
        "attributes.csv",
        ATTRIBUTES + "A,height,number,m,,O,,0,50\nA,owner,text,,,M,,,\nA,old,text,,,O,,,\n",
        ATTRIBUTES + "A,height,number,cm,,M,,1,60\nA,owner,text,,,C,[A-Z]+,,\nA,new,text,,,M,,,\n",
    )
    assert of(found, "attributes") == [
        ("stricter", "A.height", "obligation", "O", "M"),
        ("stricter", "A.height", "minimum", "0", "1"),
        ("laxer", "A.height", "maximum", "50", "60"),
        ("changed", "A.height", "unit", "m", "cm"),
        ("laxer", "A.owner", "obligation", "M", "C"),
        ("stricter", "A.owner", "pattern", "", "[A-Z]+"),
        ("dropped", "A.old", "", "", ""),
        ("added", "A.new", "", "", "obligatory"),
    ]
    assert [c.aspect for c in found.grave] == ["unit"]


@pytest.mark.parametrize(
    ("was", "now", "what"),
    [
        ("text", "integer", "stricter"),
        ("integer", "number", "laxer"),
        ("number", "integer", "stricter"),
        ("date", "text", "laxer"),
        ("date", "boolean", "changed"),
    ],
)
def test_types_of_attributes(compare: Any, was: str, now: str, what: str) -> None:
    found = compare(
        "attributes.csv", f"class,name,type\nA,x,{was}\n", f"class,name,type\nA,x,{now}\n"
    )
    assert of(found, "attributes") == [(what, "A.x", "type", was, now)]


def test_an_attribute_asked_of_one_class_more_strictly_than_of_those_above(compare: Any) -> None:
    found = compare(
        "attributes.csv",
        "class,name,obligation\nP,owner,O\n",
        "class,name,obligation\nP,owner,O\nP1,owner,M\n",
        **{"classes.csv": "code,parent,name_en\nP,,Posts\nP1,P,Lamp\n"},
    )
    assert of(found, "attributes") == [("stricter", "P1.owner", "obligation", "O", "M")]


def test_values_of_lists(compare: Any) -> None:
    found = compare(
        "domains/state.csv",
        "code,name_zh,name_en\n1,好,Good\n2,坏,Broken\n3,失,Lost\n",
        "code,name_zh,name_en\n1,好,Fine\n2,失,Lost\n4,新,New\n",
    )
    assert of(found, "domains") == [
        ("renamed", "state 1", "", "好 / Good", "好 / Fine"),
        ("reused", "state 2", "", "坏 / Broken", "失 / Lost"),
        ("removed", "state 3", "", "", ""),
        ("added", "state 4", "", "", ""),
    ]
    assert [c.key for c in found.grave] == ["state 2"]


def test_mapping_rows_by_what_they_decide(compare: Any) -> None:
    columns = "kind,source_class,class,confidence\n"
    found = compare(
        "mapping/m.csv",
        f"{columns}bim,IfcLamp,A,0.9\nbim,IfcLid,B,1\nbim,IfcTree,B,0.5\n",
        # Another order and spelling of the same conditions is no change.
        f"{columns}bim,IfcPost,A,1\nbim,IFCLAMP,B,0.9\nbim,IfcTree,B,0.6\n",
        **{"classes.csv": "code,name_en\nA,Lamp\nB,Cover\n"},
    )
    assert of(found, "mapping") == [
        ("changed", "bim ifclamp", "class", "A", "B"),
        ("removed", "bim ifclid", "", "B", ""),
        ("changed", "bim ifctree", "confidence", "0.5", "0.6"),
        ("added", "bim ifcpost", "", "", "A"),
    ]


RULE = """[[rule]]
id = "{id}"
severity = "{severity}"
check = "class_leaf"
tolerance = {tolerance}
unit = "m"
parameters = {{ limit = {limit} }}
message = {{ en = "Bad." }}
"""


def test_rules(compare: Any) -> None:
    def rules(*said: tuple[str, str, float, int]) -> str:
        keys = ("id", "severity", "tolerance", "limit")
        return "\n".join(RULE.format(**dict(zip(keys, r, strict=True))) for r in said)

    found = compare(
        "rules/r.toml",
        rules(("one", "warning", 0.5, 3), ("two", "error", 0.5, 3), ("old", "info", 1, 1)),
        rules(("one", "error", 0.1, 3), ("two", "info", 0.9, 4), ("new", "info", 1, 1)),
    )
    assert of(found, "rules") == [
        ("stricter", "city/one", "severity", "warning", "error"),
        ("stricter", "city/one", "tolerance", "0.5", "0.1"),
        ("laxer", "city/two", "severity", "error", "info"),
        ("changed", "city/two", "parameters.limit", "3", "4"),
        ("laxer", "city/two", "tolerance", "0.5", "0.9"),
        ("removed", "city/old", "", "", ""),
        ("added", "city/new", "", "", ""),
    ]


def test_names_codes_coordinates_levels_and_dates(make: Make) -> None:
    code = '[code]\nclass = ["class"]\nsegments = [{{ name = "class", length = 1, alphabet = '
    code += '"letters" }}, {{ name = "sequence", length = {0} }}]\n'
    tail = code + '[crs]\nallowed = ["EPSG:4490"{1}]\n[acceptance]\nmaximum = {2}\n'
    naming = '[[file]]\nname = "f"\ntemplate = "{{t}}.{{ext}}"\n[part.t]\nvalues = ["a"{0}]\n'
    naming += '[part.ext]\npattern = "[a-z]+"\n'
    levels = "code,name_en\nL1,{0}\n"
    rules = "kind,level\n{0},L1\n"
    old, new = (
        edition(
            make,
            year,
            {
                "naming.toml": naming.format(part),
                "levels.csv": levels.format(level),
                "level_rules.csv": rules.format(kind),
            },
            more=f'effective_from = "{year}-01-01"\n',
            tail=tail.format(length, crs, maximum),
        )
        for year, part, level, kind, length, crs, maximum in (
            (2025, "", "Low", "bim", 4, "", 0),
            (2026, ', "b"', "Lowest", "gis", 6, ', "EPSG:4544"', 2),
        )
    )
    found = difference(old, new)
    assert of(found, "head") == [("changed", "effective_from", "", "2025-01-01", "2026-01-01")]
    assert ("changed", "segments.sequence.length", "", "4", "6") in of(found, "grammar")
    assert of(found, "crs") == [("changed", "allowed", "", "EPSG:4490", "EPSG:4490, EPSG:4544")]
    assert of(found, "acceptance") == [("changed", "maximum", "", "0", "2")]
    assert of(found, "levels") == [("changed", "L1.name_en", "", "Low", "Lowest")]
    assert of(found, "level rules") == [
        ("removed", "bim", "", "L1", ""),
        ("added", "gis", "", "", "L1"),
    ]
    assert ("changed", "grammars.f.parts.t.values", "", "a", "a, b") in of(found, "naming")


def test_schemes_are_compared_each_with_its_own(make: Make) -> None:
    scheme = '[[scheme]]\nid = "{0}"\nprimary = {1}\n[scheme.titles]\nen = "{0}"\n'
    main = scheme.format("main", "true")
    old = edition(
        make,
        2025,
        {"classes.csv": "scheme,code,name_en\nmain,1,Lamp\nphase,1,Design\nlost,1,Gone\n"},
        tail=main + scheme.format("phase", "false") + scheme.format("lost", "false"),
    )
    new = edition(
        make,
        2026,
        {"classes.csv": "scheme,code,name_en\nmain,1,Lamp\nphase,1,Planning\nmore,1,New\n"},
        tail=main + scheme.format("phase", "false") + scheme.format("more", "false"),
    )
    found = difference(old, new)
    assert of(found, "schemes") == [("removed", "lost", "", "", ""), ("added", "more", "", "", "")]
    assert of(found, "classes") == [("reused", "1", "", "Design", "Planning")]
    rows = found.migration.to_pylist()
    assert [(r["from_scheme"], r["kind"]) for r in rows] == [
        ("main@2025", "same"),
        ("phase@2025", "retired"),
    ]


def test_beijing_gives_nineteen_national_codes_another_meaning() -> None:
    found = difference(load("cn.components"), load("cn.components.beijing"))
    assert len(found.grave) == 19
    assert all(isinstance(c, Change) and c.what == "reused" for c in found.grave)
    becomes = {r["from_code"]: r["to_code"] for r in found.migration.to_pylist()}
    assert becomes["0210"] == "0214"  # the traffic light has moved
