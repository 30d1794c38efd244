"""Each line of the study's IFC table that names no condition is what the packages say."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from cimkit.model import STAGED
from cimkit.standard import classify_sql, load

TABLE = Path(__file__).parents[2].parent / "shared" / "facts" / "ifc_mapping.csv"


def lines() -> list[dict[str, str]]:
    if not TABLE.is_file():
        pytest.skip("the folder of facts (../shared/facts) is not on this machine")
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def classified(name: str, objects: list[dict[str, str]]) -> dict[int, tuple[str | None, str]]:
    """Return class and rule of the primary scheme, by place in the list."""
    standard = load(name)
    rows = [
        {
            "kind": o.get("kind", "bim"),
            "source_class": o["ifc_class"],
            "properties": json.dumps({"predefined_type": o.get("predefined_type", "")}),
        }
        for o in objects
    ]
    table = pa.Table.from_pylist(rows, schema=STAGED["objects"])
    table = table.append_column("rowid_", pa.array(range(len(rows)), pa.int64()))
    with duckdb.connect() as con:
        con.register("things", table)
        sql = f"SELECT rowid_, class_code, rule FROM ({classify_sql(standard, 'things')})"
        found = con.execute(f"{sql} WHERE scheme = '{standard.scheme}'").fetchall()
    return {row: (code, rule) for row, code, rule in found}


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("cn.gbt51269", "gbt51269"),
        ("cn.cim-data", "cjjt315"),
        ("cn.components", "gbt30428_2"),
    ],
)
def test_lines_without_a_condition(name: str, column: str) -> None:
    said = [
        r
        for r in lines()
        if not r["condition"] and r[column] and r["predefined_type"] != "USERDEFINED"
    ]
    known = {c.code for c in load(name).class_rows}
    # Tables 10 and 12 are schemes of their own; no model says whether its parking lot is public.
    said = [r for r in said if r[column] in known and len(r[column]) != 2]
    said = [r for r in said if (r["ifc_class"], r[column]) != ("IfcSpace", "0201")]
    got = classified(name, said)
    wrong = {
        f"{r['ifc_class']} {r['predefined_type']}": (r[column], got.get(n))
        for n, r in enumerate(said)
        if got.get(n, (None, ""))[0] != r[column]
    }
    assert len(said) > 8
    assert wrong == {}


def test_proxies_and_imagined_elements_get_no_class() -> None:
    none = [r for r in lines() if r["confidence"] == "none"]
    assert [r["ifc_class"] for r in none] == ["IfcBuildingElementProxy", "IfcVirtualElement"]
    for name in ("cn.gbt51269", "cn.cim-data", "cn.components", "city.linjiang"):
        for code, _ in classified(name, none).values():
            assert code is None


def test_each_ifc_class_of_the_table_is_one_of_int_ifc() -> None:
    said = [r for r in lines() if r["predefined_type"] != "USERDEFINED"]
    got = classified("int.ifc", said)
    for n, row in enumerate(said):
        kind = row["predefined_type"]
        assert got[n][0] == row["ifc_class"] + (f".{kind}" if kind else "")


def test_the_crosswalk_to_city_models_has_each_pair() -> None:
    said = {
        (f"{r['ifc_class']}.{r['predefined_type']}".rstrip("."), r["cityjson_type"])
        for r in lines()
        if r["cityjson_type"] and r["predefined_type"] != "USERDEFINED"
    }
    rows = [r for r in load("int.ifc").crosswalk if r.to_scheme == "int.citygml"]
    assert {(r.from_code, r.to_code) for r in rows} == said
    there = {c.code for c in load("int.citygml").class_rows}
    assert {r.to_code for r in rows} <= there
