"""Several classifications in one standard, each a tree with codes of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from cimkit.errors import StandardError
from cimkit.model import STAGED
from cimkit.standard import Scheme, classify_sql, load
from cimkit.standard.draft import flatten, write_draft

Make = Callable[..., Path]

TABLES = """
[[scheme]]
id = "t.30"
titles = { zh = "产品", en = "Products" }
[[scheme]]
id = "t.14"
titles = { zh = "元素", ja = "要素", en = "Elements" }
primary = true
note = "elements of a building"
"""
ROWS = """scheme,code,parent,name_en
t.14,01,,Structure
t.14,0101,01,Column
t.14,0102,01,Wall
t.30,01,,Concrete
t.30,0101,01,Ready-mixed concrete
"""


def head(id_: str, extends: str = "", more: str = "") -> str:
    return f'id = "{id_}"\nedition = "1"\nextends = [{extends}]\ntitles.en = "{id_}"\n{more}'


@pytest.fixture
def tables(make: Make) -> Path:
    return make(
        "tables",
        {
            "standard.toml": head("tables", more=TABLES),
            "classes.csv": ROWS,
            "mapping/m.csv": "scheme,source_class,class,confidence\n"
            ",IfcColumn,0101,0.8\nt.30,IfcColumn,0101,0.5\n",
        },
    )


def test_codes_may_repeat_in_different_schemes(tables: Path) -> None:
    standard = load(tables)
    assert standard.scheme == "t.14"
    assert [s.id for s in standard.schemes] == ["t.14", "t.30"]
    assert standard.schemes[0] == Scheme(
        "t.14",
        {"zh": "元素", "ja": "要素", "en": "Elements"},
        True,
        "elements of a building",
        "tables@1",
    )
    assert standard.by_code["0101"].name_en == "Column"
    assert standard.by_scheme["t.30"]["0101"].name_en == "Ready-mixed concrete"
    assert standard.lineage("0101", "t.30") == ["0101", "01"]
    assert standard.under(("01",)) == {"01", "0101", "0102"}
    assert standard.under(("01",), "t.30") == {"01", "0101"}
    assert {r.scheme for r in standard.mapping} == {"t.14", "t.30"}


def test_an_object_has_a_class_in_each(tables: Path) -> None:
    import duckdb

    row = dict.fromkeys(STAGED["objects"].names) | {
        "kind": "bim",
        "source_class": "IfcColumn",
        "properties": "{}",
    }
    objects = pa.Table.from_pylist([row], schema=STAGED["objects"])
    objects = objects.append_column("rowid_", pa.array([7], pa.int64()))
    with duckdb.connect() as con:
        con.register("objects", objects)
        found = con.execute(classify_sql(load(tables), "objects")).to_arrow_table().to_pylist()
    assert {(r["scheme"], r["class_code"], r["confidence"]) for r in found} == {
        ("t.14", "0101", 0.8),
        ("t.30", "0101", 0.5),
    }


def test_an_overlay_puts_classes_into_any_scheme_of_its_parents(make: Make, tables: Path) -> None:
    city = load(
        make(
            "city",
            {
                "standard.toml": head("city", '"tables@1"', '[[scheme]]\nid = "city.own"\n'),
                "classes.csv": "change,scheme,code,parent,name_en\n"
                ",,0103,01,Beam\n"
                ",t.30,0102,01,Precast concrete\n"
                "rename,t.30,0101,,Mixed concrete\n"
                ",city.own,A,,Districts\n"
                ",tables,0104,01,Slab\n",
            },
        )
    )
    assert city.scheme == "t.14"
    assert {"0103", "0104"} <= city.by_code.keys()
    assert city.by_scheme["t.30"]["0101"].name_en == "Mixed concrete"
    assert city.by_code["0101"].name_en == "Column"
    assert [s.id for s in city.schemes] == ["t.14", "city.own", "t.30"]
    assert city.schemes[0].titles["en"] == "Elements"


def test_an_overlay_may_have_a_primary_scheme_of_its_own(make: Make) -> None:
    make("base", {"attributes.csv": "class,name,obligation\n0101,height,M\n,state,O\n"})
    more = '[[scheme]]\nid = "own"\nprimary = true\n'
    files = {
        "standard.toml": head("city", '"base@1"', more),
        "classes.csv": "scheme,code,name_en\n,Z,All\nbase,0199,Other\n",
        "attributes.csv": "class,name\nZ,colour\n",
    }
    city = load(make("city", files))
    assert city.scheme == "own"
    assert set(city.by_code) == {"Z"}
    assert set(city.by_scheme["base"]) == {"01", "0101", "0102", "0199"}
    # Attributes belong to the scheme of the package that says them.
    assert [a.name for a in city.attributes_of("Z")] == ["colour"]
    assert [a.name for a in city.attributes_of("0101", scheme="base")] == ["height", "state"]
    assert city.attribute_rows["class_code"].to_pylist() == ["Z"]


def test_overlays_of_a_second_parent_stay_in_its_tree(make: Make) -> None:
    make("parts")
    make("tables", {"classes.csv": "code,name_en\n14,Elements\n"})
    make(
        "more", {"classes.csv": "change,code,name_en\nrename,14,Parts\n,15,Spaces\n"}, ("tables@1",)
    )
    city = load(make("city", {}, ("parts@1", "more@1")))
    assert city.scheme == "city"
    assert {c: r.name_en for c, r in city.by_scheme["more"].items()} == {
        "14": "Parts",
        "15": "Spaces",
    }
    assert city.scheme_of == {"parts": "city", "tables": "more", "more": "more", "city": "city"}


@pytest.mark.parametrize(
    ("more", "rows", "where", "reason"),
    [
        ("", "scheme,code\nother,01\n", "p/classes.csv:2, column scheme", "no such scheme"),
        (TABLES.replace("primary = true\n", ""), ROWS, "p/standard.toml", "primary = true"),
        (TABLES + '[[scheme]]\nid = "x"\nprimary = true\n', ROWS, "p/standard.toml", "two schemes"),
        (TABLES + '[[scheme]]\nid = "t.14"\n', ROWS, "p/standard.toml, ", "id of its own"),
        (
            TABLES + '[[scheme]]\ntitles = { en = "x" }\n',
            ROWS,
            "p/standard.toml, ",
            "id of its own",
        ),
        (TABLES + "colour = 3\n", ROWS, "p/standard.toml, [[scheme]] 2", "no such key"),
        (TABLES, ROWS.replace("t.30,0101,01", "t.30,0101,02"), "p/classes.csv:6", "does not exist"),
    ],
)
def test_schemes_that_cannot_be(make: Make, more: str, rows: str, where: str, reason: str) -> None:
    folder = make("p", {"standard.toml": head("p", more=more), "classes.csv": rows})
    with pytest.raises(StandardError, match=reason) as caught:
        load(folder)
    assert caught.value.where.startswith(where)


def test_a_flat_copy_keeps_the_schemes(make: Make, tables: Path, tmp_path: Path) -> None:
    files = {
        "standard.toml": head("city", '"tables@1"', '[[scheme]]\nid = "city.own"\n'),
        "classes.csv": "scheme,code,name_en\ncity.own,A,Districts\n",
        "attributes.csv": "scheme,class,without,name\n,01,0102,load\nt.30,01,,strength\n",
    }
    city = load(make("city", files))
    write_draft(flatten(city), tmp_path / "flat")
    flat = load(tmp_path / "flat")
    assert flat.parents == ()
    assert [(s.id, s.titles) for s in flat.schemes] == [(s.id, s.titles) for s in city.schemes]
    assert flat.by_scheme.keys() == city.by_scheme.keys()
    for scheme, rows in city.by_scheme.items():
        assert {c: r.name_en for c, r in flat.by_scheme[scheme].items()} == {
            c: r.name_en for c, r in rows.items()
        }
    assert [(a.scheme, a.classes, a.without) for a in flat.attributes] == [
        ("t.14", ("01",), ("0102",)),
        ("t.30", ("01",), ()),
    ]
