from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.errors import StandardError
from cimkit.model import STAGED
from cimkit.standard import Standard, classify_sql, load

Make = Callable[..., Path]
Got = dict[int, tuple[Any, ...]]

HEAD = "kind,layer,source_class,predefined_type,field,op,value,sql,class,confidence,level\n"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def city() -> Standard:
    return load("city.linjiang")


def thing(
    kind: str = "gis",
    layer: str = "x",
    source_class: str = "x",
    name: str | None = None,
    **said: Any,
) -> dict[str, Any]:
    """An object as staged; what is said goes to its properties."""
    return {
        "kind": kind,
        "source_layer": layer,
        "source_class": source_class,
        "name": name,
        "height": said.pop("height_", None),
        "source_key": said.pop("key_", None),
        "properties": json.dumps(said, ensure_ascii=False),
    }


def classify(
    con: duckdb.DuckDBPyConnection, standard: Standard, things: list[dict[str, Any]]
) -> Got:
    """Return (class, rule's file, decided_by, level) by place in the list."""
    table = pa.Table.from_pylist(things, schema=STAGED["objects"])
    table = table.append_column("rowid_", pa.array(range(len(things)), pa.int64()))
    con.register("things", table)
    rows = con.execute(classify_sql(standard, "things")).fetchall()
    con.unregister("things")
    assert len({(r[0], r[1]) for r in rows}) == len(rows)
    # Without those of which only the level is known.
    return {r[0]: (r[3], r[4], r[6], r[7]) for r in rows if r[1] == standard.scheme and r[4]}


CASES = [
    (thing(**{"class": "5001"}), "5001", "class-field"),
    (
        thing(layer="street_lamp", ObjID="5099120136000001", **{"class": "0118"}),
        "0118",
        "class-field",
    ),
    (thing(layer="street_lamp", OBJID="5099120136000001"), "0136", "identifier"),
    (thing(分类代码=" 0402 "), "0402", "class-field"),
    (thing(layer="509912_fac_streetlamp_20260901_02"), "0118", "layers.csv"),
    (thing(layer="StreetLamps"), "0118", "layers.csv"),
    (thing(layer="路灯_2026", **{"class": "0199"}), "0118", "layers.csv"),
    (thing(layer="路灯井盖"), "0106", "layers.csv"),
    (thing(layer="临江市综合杆"), "0117", "names.csv"),
    (thing(highway="street_lamp"), "0118", "osm.csv"),
    (thing(name="路灯"), "0118", "names.csv"),
    (thing(種類="街路灯"), "0118", "names.csv"),
    (thing(管线类型="给水"), "5022", "fields.csv"),
    (thing("bim", source_class="IfcWallStandardCase"), "5011", "bim.csv"),
    (thing("bim", source_class="IfcSlab", predefined_type="ROOF"), "5017", "bim.csv"),
    (thing("bim", source_class="IfcSlab", predefined_type="FLOOR"), "5012", "bim.csv"),
    (
        thing(
            "bim",
            source_class="IfcDistributionChamberElement",
            predefined_type="MANHOLE",
            system=["x", "Storm water north"],
        ),
        "0103",
        "ifc.csv",
    ),
    (
        thing(
            "bim",
            source_class="IfcFurniture",
            predefined_type="USERDEFINED",
            attributes={"ObjectType": "Litter bin 60 l"},
        ),
        "0305",
        "ifc.csv",
    ),
    # An indoor lamp is no street lamp.
    (thing("bim", source_class="IfcLightFixture"), "5019", "bim_other.csv"),
    (thing("pointcloud", source_class="pointcloud"), "5031", "surveys.csv"),
    (thing("raster", source_class="dem"), "5032", "surveys.csv"),
    (thing("imagery", source_class="panorama"), "5042", "surveys.csv"),
    (thing("citymodel", source_class="Building"), "5001", "citymodel.csv"),
]


def test_the_fictional_city(con: duckdb.DuckDBPyConnection, city: Standard) -> None:
    got = classify(con, city, [c[0] for c in CASES])
    wrong = [
        (case[0], got.get(n))
        for n, case in enumerate(CASES)
        if n not in got or got[n][0] != case[1] or case[2] not in got[n][1]
    ]
    assert not wrong
    assert [got[n][2] for n in (0, 2, 4)] == ["source", "source", "rule"]
    assert (got[0][3], got[13][3], got[4][3]) == ("CIM2", "CIM6", "CIM3")


def test_what_is_no_asset_is_decided_without_a_class(
    con: duckdb.DuckDBPyConnection, city: Standard
) -> None:
    things = [
        thing("bim", source_class="IfcOpeningElement"),
        thing("bim", source_class="IfcStructuralPointAction"),
        thing("bim", source_class="IfcOpeningElement", **{"class": "5019"}),  # stated: it has one
        thing("bim", source_class="IfcAlignment"),
        thing("gis", source_class="IfcOpeningElement"),
    ]
    assert classify(con, city, things) == {
        0: (None, "cn.components/mapping/ifc_no_assets.csv:2", "rule", "CIM6"),
        1: (None, "city.linjiang/mapping/bim_no_assets.csv:9", "rule", "CIM6"),
        2: ("5019", "city.linjiang/class-field", "source", "CIM6"),
    }


def test_a_stated_code_of_a_former_edition_goes_to_its_one_heir(
    make: Make, con: duckdb.DuckDBPyConnection
) -> None:
    head = 'id = "p"\nedition = "2"\nclass_fields = ["class"]\n[titles]\nen = "t"\n'
    classes = (
        "code,name_en,replaces\n0101,Cover,0101 0100\n0103,Lamp,0102\n"
        "0104,Side road,0109\n0105,Main road,0109\n"
    )
    standard = load(make("p", {"standard.toml": head, "classes.csv": classes}))
    stated = ["0102", "0109", "0100", "0101", "0108"]
    got = classify(con, standard, [thing(**{"class": code}) for code in stated])
    # 0109 has two heirs, and nobody ever spoke of 0108.
    assert {n: row[:3] for n, row in got.items()} == {
        0: ("0103", "p/class-field", "source"),
        2: ("0101", "p/class-field", "source"),
        3: ("0101", "p/class-field", "source"),
    }


def test_an_overlay_may_give_a_class_to_what_its_parent_exempts(
    make: Make, con: duckdb.DuckDBPyConnection
) -> None:
    make("parent", {"mapping/m.csv": HEAD + ",a,,,,,,,-,0.9,\n,b,,,,,,,-,0.9,\n"})
    heir = make("heir", {"mapping/m.csv": HEAD + ",b,,,,,,,0101,0.9,\n"}, ("parent@1",))
    got = classify(con, load(heir), [thing(layer="a"), thing(layer="b")])
    assert {n: row[0] for n, row in got.items()} == {0: None, 1: "0101"}


def test_no_class_is_due_in_a_scheme_that_exists(make: Make) -> None:
    rows = HEAD.strip() + ",scheme\n,a,,,,,,,-,0.9,,elsewhere\n"
    with pytest.raises(StandardError, match="no such scheme: got 'elsewhere'"):
        load(make("p", {"mapping/m.csv": rows}))


def test_what_nothing_matches_is_left_out(con: duckdb.DuckDBPyConnection, city: Standard) -> None:
    things = [
        thing(layer="zzz"),
        thing("bim", source_class="IfcBuildingElementProxy"),
        thing("citymodel", source_class="SolitaryVegetationObject"),
        # A railway signal is no traffic light.
        thing("bim", source_class="IfcSignal", predefined_type="VISUAL"),
        thing(layer="relations", type="site"),
        thing(**{"class": "9901"}),
        thing("citymodel", layer="路灯"),
        {"kind": None, "source_layer": None, "source_class": None, "properties": None},
        {**thing(), "properties": "{broken"},
    ]
    assert classify(con, city, things) == {}


BIM_A, BIM_B = (thing("bim", "", "IfcX", "N", predefined_type=t) for t in "AB")
CODED = thing(classification=[{"code": "a"}])
ROWS = [
    ("gis,lamps,,,,,,,0102,0.5,CIM1", thing(layer=" LAMPS "), "0102"),
    (",,,,a,equals,Ab c,,0102,,", thing(a="ab C"), "0102"),
    (",,,,a|b,equals,x,,0102,,", thing(b="X"), "0102"),
    (",,,,a,in,x|y,,0102,,", thing(A="Y"), "0102"),
    (",,,,a,contains,it's,,0102,,", thing(a="Now IT'S dark"), "0102"),
    (",,,,a,prefix,ab,,0102,,", thing(a="ABC"), "0102"),
    (",,,,a,prefix,ab,,0102,,", thing(a="cab"), None),
    (",,,,a,suffix,bc,,0102,,", thing(a="ABC"), "0102"),
    (",,,,layer,word,lamp,,0102,,", thing(layer="fac_lamps2026"), "0102"),
    (",,,,layer,word,lamp,,0102,,", thing(layer="clamp"), None),
    (",,,,a,matches,^l.mp$,,0102,,", thing(a="LAMP"), "0102"),
    (",,,,a,exists,,,0102,,", thing(a=0), "0102"),
    (",,,,a,exists,,,0102,,", thing(a=" "), None),
    (",,,,a,absent,,,0102,,", thing(b=1), "0102"),
    (",,,,a,gt,2.5,,0102,,", thing(a=2.6), "0102"),
    (",,,,a,gt,2.5,,0102,,", thing(a="many"), None),
    (",,,,a,le,2.5,,0102,,", thing(a="2.5"), "0102"),
    (",,,,measure.height,ge,10,,0102,,", thing(height_=10.0), "0102"),
    (",,,,source_key,prefix,bldg_,,0102,,", thing(key_="bldg_787d"), "0102"),
    (",,,,pset.P q.r/s,equals,TRUE,,0102,,", thing(pset={"P q": {"r/s": True}}), "0102"),
    (",,,,quantities.Q.len,lt,3,,0102,,", thing(quantities={"Q": {"len": 2}}), "0102"),
    (",,,,classification,prefix,14-,,0102,,", thing(classification=[{"code": "14-10"}]), "0102"),
    (",,,,classification.system,equals,u,,0102,,", thing(classification=[{"system": "U"}]), "0102"),
    (",,,,material,contains,steel,,0102,,", thing(material=["Paint", "Steel S235"]), "0102"),
    (",,,,material,contains,steel,,0102,,", thing(material="Steel"), "0102"),
    (",,,,material,absent,,,0102,,", thing(), "0102"),
    (",,,,type,equals,t,,0102,,", thing(type="T"), "0102"),
    ("bim,,IfcX,A,name,equals,n,,0102,,", BIM_A, "0102"),
    ("bim,,IfcX,A,name,equals,n,,0102,,", BIM_B, None),
    (",,,,,,,pset['P']['w']::DOUBLE > 2,0102,,", thing(pset={"P": {"w": "3"}}), "0102"),
    (",,,,,,,pset['P']['w']::DOUBLE > 2,0102,,", thing(pset={"P": {"w": "wide"}}), None),
    ("gis,,,,,,,\"list_contains(classification, 'a')\",0102,,", CODED, "0102"),
    (",,,,,,,\"starts_with(lower(layer), 'lam')\",0102,,", thing(layer="LAMPS"), "0102"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "given", "expected"), ROWS)
def test_each_way_to_say_it(
    make: Make,
    con: duckdb.DuckDBPyConnection,
    row: str,
    given: dict[str, Any],
    expected: str | None,
) -> None:
    standard = load(make("p", {"mapping/m.csv": HEAD + row + "\n"}))
    got = classify(con, standard, [given])
    assert (got[0][0] if got else None) == expected
    if got:
        assert got[0][1] == "p/mapping/m.csv:2"


def test_which_row_wins(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        ",,,,layer,contains,lamp,,0101,0.8,",
        ",,,,layer,contains,lamp post,,0102,0.8,",  # longer value
        ",,,,a,equals,1,,0101,0.8,",
        ",,,,b,equals,1,,0102,0.9,",  # greater confidence
        "gis,,,,c,equals,1,,0102,0.8,",  # more conditions
        ",,,,c,equals,1,,0101,0.8,",
        ",,,,d,equals,1,,0102,0.8,",  # first
        ",,,,d,in,1|2,,0101,0.8,",
    ]
    standard = load(make("p", {"mapping/m.csv": HEAD + "\n".join(rows) + "\n"}))
    things = [thing(layer="lamp post"), thing(a=1, b=1), thing(c=1), thing(d=1)]
    assert {n: g[0] for n, g in classify(con, standard, things).items()} == dict.fromkeys(
        range(4), "0102"
    )


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "layer": st.sampled_from(["lamp", "cover", "l'amp", ""]),
                "a": st.sampled_from(["1", "2", "3", None]),
                "b": st.sampled_from(["1", "x", None]),
            }
        ),
        max_size=12,
    ),
    st.permutations(range(6)),
)
def test_sql_decides_as_a_loop_would(
    tmp_path_factory: pytest.TempPathFactory,
    con: duckdb.DuckDBPyConnection,
    things: list[dict[str, Any]],
    order: list[int],
) -> None:
    tests: list[tuple[str, Callable[[dict[str, Any]], bool], str, float]] = [
        (",lamp,,,,,,,0101,", lambda t: t["layer"] == "lamp", "0101", 0.3),
        (",,,,a,equals,1,,0102,", lambda t: t["a"] == "1", "0102", 0.5),
        (",,,,a,in,2|3,,0101,", lambda t: t["a"] in ("2", "3"), "0101", 0.4),
        (
            ",cover,,,b,exists,,,0102,",
            lambda t: t["layer"] == "cover" and bool(t["b"]),
            "0102",
            0.9,
        ),
        (",,,,layer,contains,',,0102,", lambda t: "'" in t["layer"], "0102", 0.2),
        (",,,,b,gt,0,,0101,", lambda t: t["b"] == "1", "0101", 0.6),
    ]
    folder = tmp_path_factory.mktemp("p")
    (folder / "standard.toml").write_text('id = "p"\nedition = "1"\ntitles.en = "p"\n')
    (folder / "classes.csv").write_text("code\n0101\n0102\n")
    (folder / "mapping").mkdir()
    lines = [f"{tests[n][0]}{tests[n][3]}," for n in order]
    (folder / "mapping/m.csv").write_text(HEAD + "\n".join(lines) + "\n")
    given_ = [thing(layer=t["layer"], a=t["a"], b=t["b"]) for t in things]
    got = {n: g[0] for n, g in classify(con, load(folder), given_).items()}
    best = sorted(tests, key=lambda x: -x[3])
    expected = {n: [code for _, test, code, _ in best if test(t)] for n, t in enumerate(things)}
    assert got == {n: codes[0] for n, codes in expected.items() if codes}


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("(SELECT 1) = 1", "subquery"),
        ("read_text('/etc/passwd') IS NOT NULL", "may not call read_text"),
        ("getenv('HOME') = 'x'", "may not call getenv"),
        ("levenshtein(name, name) > 1", "may not call levenshtein"),
        ("true) FROM t; DROP TABLE things; SELECT (true", "one expression|no valid SQL"),
        ("1) FROM read_csv('x') AS t --", "one expression|no valid SQL"),
        ("row_number() OVER () = 1", "window"),
        ("geometry IS NULL", "no such column"),
        ("count(*) > 1", "may not call"),
        ("true) FROM t WHERE (true", "one expression|no valid SQL"),
    ],
)
def test_predicates_reach_nothing_else(make: Make, sql: str, reason: str) -> None:
    folder = make("p", {"mapping/m.csv": f'sql,class\n"{sql}",0101\n'})
    with pytest.raises(StandardError, match=reason) as caught:
        load(folder)
    assert caught.value.where == "p/mapping/m.csv:2, column sql"


def test_a_hundred_thousand_objects(con: duckdb.DuckDBPyConnection, city: Standard) -> None:
    things = [c[0] for c in CASES]
    table = pa.Table.from_pylist(things, schema=STAGED["objects"])
    con.register("few", table)
    copies = 100_000 // len(things)
    con.execute(
        "CREATE OR REPLACE TABLE many AS SELECT few.*, row_number() OVER () AS rowid_ "
        f"FROM few, range({copies})"
    )
    con.unregister("few")
    rows = con.execute(
        f"SELECT class_code, count(*) FROM ({classify_sql(city, 'many')}) GROUP BY ALL"
    ).fetchall()
    expected: dict[str, int] = {}
    for _, code, _ in CASES:
        expected[code] = expected.get(code, 0) + copies
    assert dict(rows) == expected


def test_one_row_for_each_scheme(make: Make, con: duckdb.DuckDBPyConnection) -> None:
    make("parts")
    make("tables", {"classes.csv": "code,name_en\n14,Elements\n"})
    rows = "kind,scheme,class\ngis,,0101\ngis,tables,14\nbim,tables,14\n"
    city = load(make("city", {"mapping/m.csv": rows}, ("parts@1", "tables@1")))
    things = "(SELECT k AS kind, '' AS source_layer, '' AS source_class, '{}' AS properties, "
    things += "row_number() OVER () AS rowid_ FROM (VALUES ('gis'), ('bim'), ('raster')) AS v(k))"
    got = con.execute(classify_sql(city, things) + " ORDER BY ALL").fetchall()
    assert [(r[0], r[1], r[2], r[3]) for r in got] == [
        (1, "city", "1", "0101"),
        (1, "tables", "1", "14"),
        (2, "tables", "1", "14"),
    ]
