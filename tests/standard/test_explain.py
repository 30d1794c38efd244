from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from cimkit.model import STAGED
from cimkit.standard import Candidate, Standard, candidates, classify_sql, load, matches_sql

Make = Callable[..., Path]
HEAD = "kind,layer,source_class,predefined_type,field,op,value,sql,class,confidence,level,source\n"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def thing(kind: str, layer: str, source_class: str = "", **said: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "source_layer": layer,
        "source_class": source_class or layer,
        "name": said.pop("name_", None),
        "properties": json.dumps(said, ensure_ascii=False),
    }


def put(con: duckdb.DuckDBPyConnection, things: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(things, schema=STAGED["objects"])
    con.register("things", table.append_column("rowid_", pa.array(range(len(things)), pa.int64())))


def explained(
    con: duckdb.DuckDBPyConnection, standard: Standard, one: dict[str, Any], near: int = 5
) -> list[Candidate]:
    put(con, [one])
    return candidates(con, standard, "things", near=near)


THINGS = [
    thing("gis", "street_lamp", **{"class": "5001", "ObjID": "5099120118000001"}),
    thing("gis", "street_lamp", ObjID="5099120118000001"),
    thing("gis", "路灯井盖"),
    thing("gis", "x", highway="street_lamp"),
    thing("gis", "x", name_="路灯", 管线类型="给水"),
    thing("bim", "", "IfcSlab", predefined_type="ROOF"),
    thing("bim", "", "IfcOpeningElement"),
    thing("bim", "", "IfcFurniture", attributes={"ObjectType": "Litter bin 60 l"}),
    thing("pointcloud", "", "pointcloud"),
    thing("gis", "zzz"),
]


def test_the_best_that_fits_is_what_decides(con: duckdb.DuckDBPyConnection) -> None:
    city = load("city.linjiang")
    put(con, THINGS)
    columns = "rowid_, scheme, class_code, rule, confidence, decided_by"
    decided = con.execute(
        f"SELECT {columns} FROM ({classify_sql(city, 'things')}) WHERE rule IS NOT NULL"
    )
    expected = sorted(decided.fetchall())
    assert len(expected) == len(THINGS) - 1
    best = con.execute(
        f"SELECT {columns} FROM ({matches_sql(city, 'things')}) "
        "QUALIFY row_number() OVER (PARTITION BY rowid_, scheme ORDER BY rank) = 1 ORDER BY ALL"
    )
    assert best.fetchall() == expected
    more = con.execute(f"SELECT count(*) FROM ({matches_sql(city, 'things')})").fetchone()
    assert more is not None
    assert more[0] > len(expected)


ROWS = {
    2: ",,,,a,equals,1,,0101,0.9,,told by the bureau",
    3: ",,,,a,equals,1,,0102,0.8,,",
    4: "gis,,,,a,equals,1,,0102,0.9,,",
    5: ",,,,layer,contains,la,,0102,0.9,,",
    6: ",,,,layer,contains,l,,0102,0.9,,",
    7: ",,,,a,in,1|2,,0101,0.9,,",
    8: "gis,,,,,,,\"layer = 'other'\",0101,0.9,,",
    9: "bim,,,,a,equals,1,,0101,0.9,,",
    10: "bim,,,,a,equals,7,,0101,0.9,,",
    11: "gis,,,,a,equals,7,,0101,0.9,,",
}


def test_who_lost_and_why(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    standard = load(make("p", {"mapping/m.csv": HEAD + "\n".join(ROWS.values()) + "\n"}))
    found = explained(con, standard, thing("gis", "lamp", a="1"))
    said = {int(c.rule.rsplit(":", 1)[1]): c for c in found}
    assert list(said) == [4, 5, 2, 6, 7, 3, 9]  # best first, then what was missed
    assert said[4].why == ""
    assert [(c.field, c.op, c.value, c.met, c.holds) for c in said[4].comparisons] == [
        ("kind", "equals", "gis", "gis", True),
        ("a", "equals", "1", "1", True),
    ]
    assert said[7].why == "it asks less: 1 conditions, not 2"
    assert said[3].why == "confidence 0.8 is less than 0.9"
    assert said[2].source == "told by the bureau"
    assert said[9].why == "one of its conditions is not met"
    assert [(c.value, c.met, c.holds) for c in said[9].comparisons] == [
        ("bim", "gis", False),
        ("1", "1", True),
    ]
    assert 9 not in {
        int(c.rule.rsplit(":", 1)[1])
        for c in explained(con, standard, thing("gis", "lamp", a="1"), near=0)
    }


def test_shorter_values_and_later_rows_lose(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    make("p", {"mapping/m.csv": HEAD + ",,,,layer,contains,lamp,,0101,0.9,,\n"})
    rows = ",,,,layer,contains,lamp,,0102,0.9,,\n,,,,layer,contains,lam,,0102,0.9,,\n"
    rows += ",,,,layer,contains,amp,,0102,0.9,,\n,,,,layer,suffix,lamp,,0102,0.9,,\n"
    heir = load(make("heir", {"mapping/m.csv": HEAD + rows}, ("p@1",)))
    found = explained(con, heir, thing("gis", "lamp"))
    assert [(c.rule, c.why) for c in found] == [
        ("heir/mapping/m.csv:2", ""),
        ("heir/mapping/m.csv:5", "it stands further down"),
        ("p/mapping/m.csv:2", "it stands in a package further up"),
        ("heir/mapping/m.csv:3", "its value is shorter: 3 characters, not 4"),
        ("heir/mapping/m.csv:4", "its value is shorter: 3 characters, not 4"),
    ]


def test_a_stated_class_stands_before_all_rows(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    rows = ",,,,layer,contains,lamp,,0102,1,,\n,lamp,,,,,,,-,0.9,,no asset\n"
    standard = load(make("p", {"mapping/m.csv": HEAD + rows}))
    found = explained(con, standard, thing("gis", "lamp", **{"class": "0101"}))
    assert [(c.class_code, c.decided_by, c.why) for c in found] == [
        ("0101", "source", ""),
        ("0102", "rule", "the delivery itself states a class"),
        (None, "rule", "the delivery itself states a class"),
    ]
    assert found[0].comparisons[0].met == "0101"


def test_predicates_and_lists_show_what_they_saw(
    make: Make, con: duckdb.DuckDBPyConnection
) -> None:
    rows = ",,,,material,contains,steel,,0101,0.9,,\n,,,,,,,\"contains(layer, 'x')\",0102,0.8,,\n"
    standard = load(make("p", {"mapping/m.csv": HEAD + rows}))
    first, second = explained(con, standard, thing("bim", "x", material=["Paint", "Steel"]))
    assert first.comparisons[0].met == ["paint", "steel"]
    assert (second.comparisons[0].op, second.comparisons[0].holds) == ("sql", True)


def test_nothing_fits_and_nothing_is_mapped(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    assert explained(con, load(make("p")), thing("gis", "lamp")) == []
    empty = make("q", {"standard.toml": 'id = "q"\nedition = "1"\n[titles]\nen = "q"\n'})
    assert explained(con, load(empty), thing("gis", "lamp")) == []


def test_each_scheme_has_its_own_winner(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    make("parts")
    make("tables", {"classes.csv": "code,name_en\n14,Elements\n"})
    make("third", {"classes.csv": "code,name_en\nA,Alpha\nB,Beta\n"})
    rows = "kind,scheme,class,confidence\ngis,,0101,1\ngis,tables,14,1\ngis,third,B,0.5\n"
    rows += "gis,third,A,0.7\n"
    city = load(make("city", {"mapping/m.csv": rows}, ("parts@1", "tables@1", "third@1")))
    one = thing("gis", "x")
    found = explained(con, city, one)
    assert [(c.scheme, c.class_code, bool(c.why)) for c in found] == [
        ("city", "0101", False),
        ("tables", "14", False),
        ("third", "A", False),
        ("third", "B", True),
    ]
    put(con, [one])
    rows_ = con.execute(classify_sql(city, "things") + " ORDER BY scheme").fetchall()
    assert [(r[1], r[3]) for r in rows_] == [("city", "0101"), ("tables", "14"), ("third", "A")]
