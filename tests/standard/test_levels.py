from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from cimkit.standard import Standard, classify_sql, levels_sql, load

Make = Callable[..., Path]
LEVELS = "code,name_en\nCIM1,a\nCIM2,b\nCIM3,c\nCIM6,f\n"
CLASSES = """code,parent,name_zh,name_en,level
01,,设施,Facilities,
0101,01,井盖,Manhole cover,
0102,01,路灯,Street lamp,CIM3
"""
HEAD = "kind,source_class,predefined_type,class,lod,level\n"
MAPPING = """kind,layer,class,level
gis,lamp,0102,
gis,cover,0101,
gis,special,0102,CIM1
gis,frame,-,
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def thing(layer: str, kind: str = "gis", lod: str | None = None, **said: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "source_layer": layer,
        "source_class": said.pop("source_class", layer),
        "lod": lod,
        "properties": json.dumps(said),
    }


def levels(
    con: duckdb.DuckDBPyConnection, standard: Standard, things: list[dict[str, Any]]
) -> dict[int, tuple[Any, ...]]:
    """Return (class, rule is known, level) by place in the list."""
    table = pa.Table.from_pylist(things)
    con.register("things", table.append_column("rowid_", pa.array(range(len(things)), pa.int64())))
    found = con.execute(classify_sql(standard, "things")).fetchall()
    assert {r[1] for r in found} <= {standard.scheme}
    assert len({r[0] for r in found}) == len(found)
    return {r[0]: (r[3], r[4] is not None, r[7]) for r in found}


def city(make: Make, rules: str) -> Standard:
    files = {"levels.csv": LEVELS, "classes.csv": CLASSES, "mapping/m.csv": MAPPING}
    return load(make("p", {**files, "level_rules.csv": HEAD + rules}))


def test_row_before_rule_before_class(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    things = [thing("lamp"), thing("cover"), thing("special")]
    assert levels(con, city(make, "bim,,,,,CIM2\n"), things) == {
        0: ("0102", True, "CIM3"),
        1: ("0101", True, None),
        2: ("0102", True, "CIM1"),
    }
    assert levels(con, city(make, "gis,,,,,CIM2\n"), things) == {
        0: ("0102", True, "CIM2"),
        1: ("0101", True, "CIM2"),
        2: ("0102", True, "CIM1"),
    }


def test_what_has_no_class_gets_a_level_too(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    standard = city(make, "gis,,,,,CIM2\n")
    things = [thing("elsewhere"), thing("frame"), thing("elsewhere", "bim")]
    assert levels(con, standard, things) == {
        0: (None, False, "CIM2"),  # no rule: it lacks a class
        1: (None, True, "CIM2"),  # a rule: no class is due
    }


@pytest.mark.parametrize(
    ("lod", "level"),
    [("2", "CIM2"), ("2.2", "CIM2"), ("LoD2", "CIM2"), ("1", None), ("20", None), (None, None)],
)
def test_the_level_of_detail_of_the_geometry(
    make: Make, con: duckdb.DuckDBPyConnection, lod: str | None, level: str | None
) -> None:
    got = levels(con, city(make, ",,,,2,CIM2\n"), [thing("cover", lod=lod)])
    assert got == {0: ("0101", True, level)}


def test_a_relation_without_levels_of_detail(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    flat = {k: v for k, v in thing("cover").items() if k != "lod"}
    standard = city(make, ",,,,2,CIM2\n,,,,,CIM1\n")
    assert levels(con, standard, [flat]) == {0: ("0101", True, "CIM1")}


def test_the_first_rule_that_fits_in_all_it_says(
    make: Make, con: duckdb.DuckDBPyConnection
) -> None:
    rules = "bim,IfcSlab,ROOF,,,CIM1\nbim,ifcslab,,,,CIM2\n,,,01,,CIM6\n,,,0102,,CIM3\n"
    slab = {"kind": "bim", "source_class": "IfcSlab"}
    things = [
        thing("x", **slab, predefined_type="roof"),
        thing("x", **slab),
        thing("lamp"),
        thing("x"),
    ]
    assert levels(con, city(make, rules), things) == {
        0: (None, False, "CIM1"),
        1: (None, False, "CIM2"),
        2: ("0102", True, "CIM6"),
    }


def test_the_nearest_package_is_asked_first(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    city(make, "gis,,,,,CIM1\n")
    heir = load(make("heir", {"level_rules.csv": HEAD + "gis,,,0101,,CIM6\n"}, ("p@1",)))
    assert levels(con, heir, [thing("cover"), thing("lamp")]) == {
        0: ("0101", True, "CIM6"),
        1: ("0102", True, "CIM1"),
    }


def test_only_the_primary_scheme_has_rules_of_level(
    make: Make, con: duckdb.DuckDBPyConnection
) -> None:
    make("parts")
    make("tables", {"classes.csv": "code,name_en,level\n14,Elements,\n"})
    files = {
        "levels.csv": LEVELS,
        "level_rules.csv": HEAD + "gis,,,,,CIM2\n",
        "mapping/m.csv": "kind,scheme,class\ngis,tables,14\n",
    }
    standard = load(make("city", files, ("parts@1", "tables@1")))
    con.register("things", pa.Table.from_pylist([{"rowid_": 1, **thing("x")}]))
    rows = con.execute(classify_sql(standard, "things") + " ORDER BY scheme").fetchall()
    assert [(r[1], r[3], r[7]) for r in rows] == [("city", None, "CIM2"), ("tables", "14", None)]


def test_levels_of_classes_that_are_settled(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    standard = city(make, ",,,0101,,CIM6\n")
    given = [{**thing("x"), "rowid_": n, "class_code": c} for n, c in enumerate(["0101", "0102"])]
    given.append({**thing("x"), "rowid_": 2, "class_code": None})
    con.register("given", pa.Table.from_pylist(given))
    rows = con.execute(levels_sql(standard, "given") + " ORDER BY 1").fetchall()
    assert rows == [(0, "CIM6", "p/level_rules.csv:2"), (1, "CIM3", None)]


def test_a_standard_without_levels(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    standard = load(make("p"))
    con.register("given", pa.Table.from_pylist([{**thing("x"), "rowid_": 1, "class_code": "0101"}]))
    assert con.execute(levels_sql(standard, "given")).fetchall() == []
