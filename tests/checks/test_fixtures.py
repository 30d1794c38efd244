"""Fixtures say whether a rule does what it is meant to, and where it does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cimkit.checks import FixtureResult, prove, run_fixtures
from cimkit.checks._fixture_cells import value
from cimkit.standard import load

HEAD = """
id = "t"
edition = "1"
status = "draft"
issuer = "Town"
licence = "CC0"
class_fields = ["class"]
[titles]
en = "T"
[code]
segments = [{ name = "division", length = 6 }, { name = "major", length = 2 },
            { name = "minor", length = 2 }, { name = "sequence", length = 6 }]
fields = ["ObjID"]
"""
CLASSES = """code,parent,name_en,level,verified
01,,Facilities,,yes
0101,01,Manhole cover,,yes
0102,01,Street lamp,L2,yes
"""
MAPPING = """kind,source_class,field,op,value,class,level
gis,,usage,equals,lamp,0102,
bim,,pset.Pset_X.Use,equals,cover,0101,L1
bim,IfcGrid,,,,-,
"""
LEVELS = "code,name_en,verified\nL1,One,yes\nL2,Two,yes\nL3,Three,yes\n"
LEVEL_RULES = "kind,lod,level\ngis,3,L3\n"
RULE = """[[rule]]
id = "{id}"
{test}
clause = "1"
element = "x"
message.en = "{{measured}}"
hint.en = "h"
"""
LEAF = RULE.format(id="leaf", test='check = "class_leaf"')
TALL = RULE.format(
    id="tall", test='sql = "SELECT object_id, height AS measured FROM objects WHERE height > 10"'
)

Run = Callable[..., dict[str, FixtureResult]]


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., Path]:
    def write(files: dict[str, str], rules: str = LEAF) -> Path:
        said = {
            "standard.toml": HEAD,
            "classes.csv": CLASSES,
            "mapping/a.csv": MAPPING,
            "levels.csv": LEVELS,
            "level_rules.csv": LEVEL_RULES,
            "rules/r.toml": rules,
        }
        for name, text in (said | files).items():
            file = tmp_path / "t" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path / "t"

    return write


@pytest.fixture
def results(package: Callable[..., Path]) -> Run:
    def run(files: dict[str, str], rules: str = LEAF) -> dict[str, FixtureResult]:
        folder = package({f"tests/{name}": text for name, text in files.items()}, rules)
        found = run_fixtures(load(folder), folder)
        return {r.fixture.removeprefix("tests/"): r for r in found}

    return run


def codes(result: FixtureResult) -> dict[str, str]:
    return {f.code: f.where for f in result.findings}


def test_rows_that_come_out_as_they_say(results: Run) -> None:
    found = results(
        {
            "leaf/fail-group.csv": "class,fails\n01,yes\n0102,no\n",
            "leaf/pass-leaf.csv": "class\n0102\n",
        }
    )
    assert [(r.got, r.ok, r.rows) for r in found.values()] == [("fail", True, 2), ("pass", True, 1)]


def test_a_fixture_that_comes_out_otherwise(results: Run) -> None:
    found = results(
        {
            "leaf/fail-none.csv": "class\n0102\n",
            "leaf/pass-group.csv": "class\n01\n",
            "leaf/pass-nothing.csv": "kind\ntrajectory\n",
        },
        LEAF + 'applies_to = { kinds = ["gis"] }\n',
    )
    assert {n: codes(r) for n, r in found.items()} == {
        "leaf/fail-none.csv": {"fixture-passes": "t/tests/leaf/fail-none.csv"},
        "leaf/pass-group.csv": {"fixture-fails": "t/tests/leaf/pass-group.csv"},
        "leaf/pass-nothing.csv": {"fixture-not-applicable": "t/tests/leaf/pass-nothing.csv"},
    }
    assert "row 1" in found["leaf/pass-group.csv"].findings[0].message


def test_single_rows_are_held_against_fails(results: Run) -> None:
    found = results({"leaf/fail-a.csv": "class,fails\n01,no\n0102,yes\n01,yes\n"})
    assert codes(found["leaf/fail-a.csv"]) == {
        "fixture-row-fails": "t/tests/leaf/fail-a.csv:2, column fails",
        "fixture-row-passes": "t/tests/leaf/fail-a.csv:3, column fails",
    }


def test_a_finding_on_a_whole_source_names_no_row(results: Run) -> None:
    rule = RULE.format(id="known", test='check = "class_known"')
    found = results(
        {
            "known/fail-a.csv": "path,layer,fails\na,x,yes\na,y,no\n",
            "known/fail-b.csv": "path,layer,class,fails\na,x,0102,no\na,y,,yes\n",
        },
        rule,
    )
    assert codes(found["known/fail-a.csv"]) == {
        "fixture-row-fails": "t/tests/known/fail-a.csv:3, column fails"
    }
    assert found["known/fail-b.csv"].ok


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("geometry\nPOINT (1\n", "t/tests/leaf/pass-a.csv:2, column geometry"),
        ("fails\nperhaps\n", "t/tests/leaf/pass-a.csv:2, column fails"),
        ("height\ntall\n", "t/tests/leaf/pass-a.csv:2, column height"),
        ("observed\nyesterday\n", "t/tests/leaf/pass-a.csv:2, column observed"),
        ("pset.Only\n1\n", "t/tests/leaf/pass-a.csv:2, column pset.Only"),
    ],
)
def test_a_cell_that_cannot_be_read(results: Run, text: str, place: str) -> None:
    assert codes(results({"leaf/pass-a.csv": text})["leaf/pass-a.csv"]) == {
        "fixture-unreadable": place
    }


def test_unknown_columns_of_items_and_measures(results: Run) -> None:
    found = results(
        {"leaf/pass-a.csv": "class\n0102\n", "leaf/pass-a.items.csv": "path,knid\na,gis\n"}
    )
    place = "t/tests/leaf/pass-a.items.csv:2, column knid"
    assert codes(found["leaf/pass-a.csv"]) == {"fixture-unreadable": place}


def test_items_and_measures_beside_the_objects(results: Run) -> None:
    rule = RULE.format(id="dense", test='check = "point_density"\nparameters = { minimum = 4.0 }')
    found = results(
        {
            "dense/fail-thin.items.csv": "path,kind,fails\n"
            "a.laz,pointcloud,yes\nb.laz,pointcloud,no\n",
            "dense/fail-thin.measures.csv": "path,name,cell,value\n"
            "a.laz,point_density,all,1\nb.laz,point_density,all,9\n",
            "dense/pass-none.items.csv": "path,kind\na.laz,pointcloud\n",
        },
        rule,
    )
    assert found["dense/fail-thin.csv"].ok
    assert "fixture-not-checked" in codes(found["dense/pass-none.csv"])


def test_problems_of_items_are_json(results: Run) -> None:
    rule = RULE.format(id="read", test='check = "source_readable"')
    problem = '"[{""code"": ""broken"", ""message"": ""torn"", ""severity"": ""error""}]"'
    found = results(
        {
            "read/fail-a.items.csv": f"path,kind,status,problems\na,gis,refused,{problem}\n",
            "read/fail-b.items.csv": "path,kind,problems\na,gis,torn\n",
            "read/pass-a.items.csv": "path,kind\na,gis\n",
        },
        rule,
    )
    assert {n: r.ok for n, r in found.items()} == {
        "read/fail-a.csv": True,
        "read/fail-b.csv": False,
        "read/pass-a.csv": True,
    }


def test_rules_that_are_sql_run_in_their_sandbox(results: Run) -> None:
    evil = RULE.format(id="evil", test="sql = \"SELECT * FROM read_text('/etc/hostname')\"")
    wrong = RULE.format(id="wrong", test='sql = "SELECT object_id FROM objects WHERE no_such > 1"')
    found = results(
        {
            "tall/fail-a.csv": "height,fails\n12,yes\n3,no\n",
            "tall/fail-b.csv": "height\n3\n",
            "tall/pass-a.csv": "geometry\nPOINT (106.5 29.5)\n",
            "evil/fail-a.csv": "height\n12\n",
            "wrong/fail-a.csv": "height\n12\n",
        },
        TALL + evil + wrong,
    )
    assert {n: list(codes(r)) for n, r in found.items()} == {
        "tall/fail-a.csv": [],
        "tall/fail-b.csv": ["fixture-passes"],
        "tall/pass-a.csv": [],
        "evil/fail-a.csv": ["fixture-not-checked"],
        "wrong/fail-a.csv": ["fixture-not-checked"],
    }
    assert "read_text" in found["evil/fail-a.csv"].findings[0].message


def test_words_that_no_finding_fills_in(results: Run) -> None:
    rule = LEAF.replace("{measured}", "{measured} of {nobody}")
    found = results({"leaf/fail-a.csv": "class\n01\n"}, rule)["leaf/fail-a.csv"]
    assert codes(found) == {"rule-placeholder": "t/rules/r.toml:1"}
    assert "{nobody}" in found.findings[0].message


def test_measures_of_a_geometry_are_those_of_the_loaders(results: Run) -> None:
    sql = "SELECT object_id FROM objects WHERE abs(area_m2 - 107.8) > 0.5 OR height <> 2"
    ring = "106.5 29.5 5, 106.5001 29.5 7, 106.5001 29.5001 7, 106.5 29.5001 5, 106.5 29.5 5"
    shape = f"POLYGON Z (({ring}))"
    found = results(
        {"size/pass-a.csv": f'geometry\n"{shape}"\n'}, RULE.format(id="size", test=f'sql = "{sql}"')
    )
    assert found["size/pass-a.csv"].ok


def test_files_go_through_the_loaders(results: Run) -> None:
    feature = (
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": '
        '{"class": "%s"}, "geometry": {"type": "Point", "coordinates": [106.5, 29.5]}}]}'
    )
    found = results(
        {
            "leaf/fail-group.geojson": feature % "01",
            "leaf/pass-folder/lamps.geojson": feature % "0102",
            "leaf/fail-wrong.geojson": feature % "0102",
        }
    )
    assert {n: list(codes(r)) for n, r in found.items()} == {
        "leaf/fail-group.geojson": [],
        "leaf/pass-folder": [],
        "leaf/fail-wrong.geojson": ["fixture-passes"],
    }


def test_what_the_mapping_is_expected_to_do(results: Run) -> None:
    table = (
        "kind,source_class,usage,pset.Pset_X.Use,class_code,lod,geometry,expect,expect_level\n"
        "gis,,lamp,,,,,0102,L2\n"
        "gis,,lamp,,,3,POINT (106 29),0102,L3\n"
        "gis,,,,,,,,\n"
        "bim,,,cover,,,,0101,L1\n"
        "bim,IfcGrid,,,,,,-,\n"
        "gis,,lamp,,,,,0101,L1\n"
    )
    found = results({"classes-a.csv": table})["classes-a.csv"]
    assert [f.where for f in found.findings] == [
        "t/tests/classes-a.csv:7, column expect",
        "t/tests/classes-a.csv:7, column expect_level",
    ]
    assert found.mapping == {"t/mapping/a.csv:2", "t/mapping/a.csv:3", "t/mapping/a.csv:4"}


def test_codes_and_names(package: Callable[..., Path]) -> None:
    folder = package(
        {
            "naming.toml": '[[file]]\ntemplate = "{a}.{ext}"\n[part.a]\nvalues = ["x", "y"]\n'
            '[part.ext]\npattern = "[a-z]+"\n',
            "tests/codes.csv": "code,expect\n5099120102000001,valid\n5099129902000001,valid\n"
            "50991201020001,invalid\n",
            "tests/names.csv": "name,expect\nx.gpkg,valid\nz.gpkg,valid\nz.shp,invalid\n",
        }
    )
    found = {r.rule: r for r in run_fixtures(load(folder), folder)}
    assert [f.where for f in found["codes"].findings] == ["t/tests/codes.csv:3, column expect"]
    assert [f.where for f in found["names"].findings] == ["t/tests/names.csv:3, column expect"]


def test_proof_asks_for_a_pass_and_a_fail_of_each_rule(package: Callable[..., Path]) -> None:
    rules = LEAF + TALL + RULE.format(id="far", test='check = "class_leaf"\nneeds = ["context"]')
    rules += RULE.format(id="odd", test='check = "no_such_check"')
    rules += RULE.format(id="par", test='check = "class_leaf"\nparameters = { no = 1 }')
    folder = package(
        {
            "tests/leaf/fail-a.csv": "class\n01\n",
            "tests/gone/fail-a.csv": "class\n01\n",
            "tests/leaf/perhaps.csv": "class\n01\n",
        },
        rules,
    )
    found = {(f.code, f.message.split()[0]) for f in prove(folder)}
    assert {
        ("rule-without-pass", "leaf"),
        ("rule-without-pass", "tall"),
        ("rule-without-fail", "tall"),
        ("rule-not-provable", "far"),
        ("rule-check-unknown", "odd"),
        ("rule-parameter-unknown", "par:"),
        ("fixture-rule-unknown", "there"),
        ("fixture-name", "a"),
    } <= found
    assert ("rule-without-fail", "leaf") not in found


def test_columns_that_are_probably_misspelt(package: Callable[..., Path]) -> None:
    header = "class,Geometry,wkt,source_clas,usage,height_m,pset.P.kinds\n01,,,,,,\n"
    folder = package({"tests/leaf/fail-a.csv": header, "tests/leaf/pass-a.csv": "class\n0102\n"})
    found = {f.where: f.mend for f in prove(folder) if f.code == "fixture-column"}
    place = "t/tests/leaf/fail-a.csv:1, column "
    assert {w.removeprefix(place): m.split("'")[1] for w, m in found.items()} == {
        "Geometry": "geometry",
        "wkt": "geometry",
        "source_clas": "source_class",
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("3", 3), ("2.5", 2.5), ("0118", "0118"), ("1e3", "1e3"), ("9" * 20, "9" * 20), ("[1]", [1])],
)
def test_values_are_read_as_a_loader_would(text: str, wanted: object) -> None:
    assert value(text) == wanted


def test_a_workbook_carries_its_fixtures(package: Callable[..., Path], tmp_path: Path) -> None:
    from cimkit.standard import read_draft, write_draft

    folder = package(
        {"tests/leaf/fail-a.csv": "class\n01\n", "tests/leaf/pass-a.csv": "class\n01\n"}
    )
    book = tmp_path / "t.xlsx"
    write_draft(read_draft(folder), book)
    assert [r.ok for r in run_fixtures(load(book), book)] == [True, False]
