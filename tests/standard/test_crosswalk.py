"""Crosswalks: what tables say, what lineage and mappings show, and what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.standard import Crosswalk, crosswalk, load
from cimkit.standard.comparison._relations import RELATIONS, compose, inverse, strength

from .conftest import Make

COLUMNS = "from_scheme,from_code,to_scheme,to_code,relation,source\n"
CLASSES = """code,parent,name_zh,name_en,replaces
10,,设施,Furniture,
1001,10,灯,Lamp,
1002,10,井盖,Cover,
"""
MAPPING = "kind,source_class,predefined_type,field,op,value,class,confidence\n"


def head(id_: str, edition: str) -> str:
    return f'id = "{id_}"\nedition = "{edition}"\n[titles]\nen = "{id_}"\n'


def links(found: Crosswalk) -> dict[tuple[str, str], dict[str, Any]]:
    return {(r["from_code"], r["to_code"]): r for r in found.table.to_pylist()}


def relations(found: Crosswalk) -> dict[tuple[str, str], str]:
    return {pair: row["relation"] for pair, row in links(found).items()}


def missing(found: Crosswalk, side: str) -> list[str]:
    return [r["code"] for r in found.untranslated.to_pylist() if r["side"] == side]


some = st.sampled_from(RELATIONS)


@given(some)
def test_inverse_of_the_inverse_is_the_relation(relation: str) -> None:
    assert inverse(inverse(relation)) == relation


@given(some, some)
def test_what_follows_is_never_stronger_than_what_it_follows_from(first: str, second: str) -> None:
    assert strength(compose(first, second)) <= min(strength(first), strength(second))


@given(some, some)
def test_what_follows_is_the_same_from_both_ends(first: str, second: str) -> None:
    assert inverse(compose(first, second)) == compose(inverse(second), inverse(first))


@given(some)
def test_exact_changes_nothing(relation: str) -> None:
    assert compose("exact", relation) == relation == compose(relation, "exact")


def test_two_within_a_third_need_not_meet_and_two_around_one_do() -> None:
    assert compose("broad", "narrow") == ""
    assert compose("narrow", "broad") == "related"
    assert compose("broad", "broad") == "broad"
    assert compose("related", "related") == ""


@pytest.mark.parametrize("declares", ["a", "b"])
def test_a_declared_table_of_either_package_in_both_directions(make: Make, declares: str) -> None:
    table = f"{COLUMNS}a,0102,b,1001,broad,the office\nb,1002,a,0101,exact,\n"
    files = {"a": {}, "b": {"classes.csv": CLASSES}}
    files[declares]["crosswalk/x.csv"] = table
    a, b = (load(make(name, files[name])) for name in "ab")
    there, back = crosswalk(a, b), crosswalk(b, a)
    assert relations(there)[("0102", "1001")] == "broad"
    assert relations(back)[("1001", "0102")] == "narrow"
    assert relations(there)[("0101", "1002")] == "exact"
    row = links(there)[("0102", "1001")]
    assert row["via"] == "declared"
    assert row["confidence"] == 1.0
    assert row["source"] == f"{declares}/crosswalk/x.csv:2 (the office)"
    assert (row["from_name_en"], row["to_name_zh"]) == ("Street lamp", "灯")


def test_tables_that_meet_in_a_third_scheme(make: Make) -> None:
    a = make("a", {"crosswalk/x.csv": f"{COLUMNS}a,0102,t,Lamp,broad,\na,0101,t,Lid,exact,\n"})
    said = f"{COLUMNS}t,Lamp,b,1001,close,\nb,1002,t,Lid,narrow,\n"
    b = make("b", {"classes.csv": CLASSES, "crosswalk/x.csv": said})
    found = crosswalk(load(a), load(b))
    row = links(found)[("0102", "1001")]
    assert (row["relation"], row["via"]) == ("broad", "declared through t")
    assert row["path"] == "broad t Lamp close"
    assert "a/crosswalk/x.csv:2" in row["source"]
    assert "b/crosswalk/x.csv:2" in row["source"]
    assert row["confidence"] < 1
    # b's 1002 is wider than Lid ("narrow": Lid is the narrower one), so the lid of a is within it.
    assert relations(found)[("0101", "1002")] == "broad"


def test_nothing_follows_for_two_things_within_a_third(make: Make) -> None:
    a = make("a", {"crosswalk/x.csv": f"{COLUMNS}a,0102,t,Thing,broad,\n"})
    b = make(
        "b",
        {"classes.csv": CLASSES, "crosswalk/x.csv": f"{COLUMNS}b,1002,t,Thing,broad,\n"},
    )
    found = crosswalk(load(a), load(b))
    assert not found.linked
    assert missing(found, "a") == ["01", "0101", "0102"]
    assert missing(found, "b") == ["10", "1001", "1002"]


def test_declared_to_have_none_stays_without_also_by_its_parent(make: Make) -> None:
    table = f"{COLUMNS}a,01,b,10,exact,\na,0101,b,-,,the office\n"
    a = load(make("a", {"crosswalk/x.csv": table}))
    found = crosswalk(a, load(make("b", {"classes.csv": CLASSES})))
    assert [r["reason"] for r in found.untranslated.to_pylist() if r["code"] == "0101"] == [
        "declared to have none: a/crosswalk/x.csv:3 (the office)"
    ]
    assert relations(found)[("0102", "10")] == "broad"


def test_a_class_known_only_for_its_parent_is_broad_through_it(make: Make) -> None:
    a = load(make("a", {"crosswalk/x.csv": f"{COLUMNS}a,01,b,10,close,\n"}))
    found = crosswalk(a, load(make("b", {"classes.csv": CLASSES})))
    row = links(found)[("0102", "10")]
    assert (row["relation"], row["via"]) == ("broad", "parent 01")
    # And the other way round: what is below 10 is within 01.
    assert relations(found)[("01", "1001")] == "narrow"
    assert not found.untranslated.num_rows


def test_what_a_parent_overlaps_says_nothing_of_its_children(make: Make) -> None:
    a = load(make("a", {"crosswalk/x.csv": f"{COLUMNS}a,01,b,10,related,\n"}))
    found = crosswalk(a, load(make("b", {"classes.csv": CLASSES})))
    assert list(links(found)) == [("01", "10")]


OVERLAY = "change,code,parent,name_zh,name_en,replaces\n"


def test_codes_of_one_ancestor_keep_or_lose_their_meaning(make: Make) -> None:
    make("p")
    one = make(
        "one", {"classes.csv": f"{OVERLAY}rename,0101,,盖,Lid,\nadd,0103,01,树,Tree,\n"}, ("p@1",)
    )
    two = make("two", {"classes.csv": f"{OVERLAY}replace,0102,,箱,Box,\n"}, ("p@1",))
    found = crosswalk(load(one), load(two))
    assert relations(found)[("0101", "0101")] == "exact"
    assert links(found)[("0101", "0101")]["via"] == "lineage"
    # The lamp has become a box: what is left is that both stand below 01.
    assert ("0102", "0102") not in links(found)
    assert links(found)[("0102", "01")]["via"] == "parent 01"
    assert relations(found)[("0103", "01")] == "broad"


def test_the_crosswalk_of_a_parent_holds_for_the_overlay_but_not_for_replaced_codes(
    make: Make,
) -> None:
    make("p", {"crosswalk/x.csv": f"{COLUMNS}p,0101,b,1002,exact,\np,0102,b,1001,exact,\n"})
    two = make("two", {"classes.csv": f"{OVERLAY}replace,0102,,箱,Box,\n"}, ("p@1",))
    found = crosswalk(load(two), load(make("b", {"classes.csv": CLASSES})))
    assert list(links(found)) == [("0101", "1002")]
    assert missing(found, "b") == ["10", "1001"]


def edition(make: Make, year: int, classes: str, **files: str) -> Any:
    folder = f"city{year}"
    said = {"standard.toml": head("city", str(year)), "classes.csv": classes}
    return load(make(folder, said | {k.replace("__", "/") + ".csv": v for k, v in files.items()}))


def test_two_editions_heed_replaces(make: Make) -> None:
    old = edition(
        make,
        2025,
        "code,name_en\nA,Lamp\nB,Cover\nC,Round cover\nD,Bench\nE,Tree\nF,Gone\n",
    )
    new = edition(
        make,
        2026,
        "code,name_en,replaces\nA,Lamp,\nX,Any cover,B C\nD1,Wooden bench,D\nD2,Stone bench,D\n"
        "E,Post box,\nE2,Tree or bush,E\n",
    )
    found = crosswalk(old, new)
    assert relations(found) == {
        ("A", "A"): "exact",
        ("B", "X"): "broad",
        ("C", "X"): "broad",
        ("D", "D1"): "narrow",
        ("D", "D2"): "narrow",
        ("E", "E2"): "exact",
    }
    assert relations(crosswalk(new, old))[("X", "B")] == "narrow"
    assert set(found.table["from_scheme"].to_pylist()) == {"city@2025"}
    assert missing(found, "a") == ["F"]
    assert missing(found, "b") == ["E"]


def test_a_code_that_lives_on_beside_its_heir_is_split(make: Make) -> None:
    old = edition(make, 2025, "code,name_en\nA,Lamp\n")
    new = edition(make, 2026, "code,name_en,replaces\nA,Lamp,\nA1,Floor lamp,A\n")
    assert relations(crosswalk(old, new)) == {("A", "A"): "exact", ("A", "A1"): "narrow"}


def test_a_migration_table_between_editions_names_them(make: Make) -> None:
    old = edition(make, 2025, "code,name_en\nA,Lamp\n")
    new = edition(
        make,
        2026,
        "code,name_en\nL,Light\n",
        crosswalk__m=f"{COLUMNS}city@2025,A,city@2026,L,exact,\n",
    )
    assert relations(crosswalk(old, new)) == {("A", "L"): "exact"}


def mapped(make: Make, name: str, rows: str, classes: str = CLASSES) -> Any:
    return load(make(name, {"classes.csv": classes, "mapping/m.csv": MAPPING + rows}))


def test_classes_that_map_the_same_source_classes(make: Make) -> None:
    a = mapped(make, "a", "bim,IfcLamp,,,,,1001,0.9\nbim,IfcLid,,,,,1002,1\n")
    b = mapped(
        make, "b", "bim,IFCLAMP,,,,,1001,0.8\nbim,IfcLid,,,,,1002,1\nbim,IfcCap,,,,,1002,1\n"
    )
    found = crosswalk(a, b)
    assert relations(found)[("1001", "1001")] == "close"
    assert links(found)[("1001", "1001")]["confidence"] == 0.8
    assert links(found)[("1001", "1001")]["path"] == "IfcLamp"
    assert links(found)[("1001", "1001")]["source"] == "a/mapping/m.csv:2; b/mapping/m.csv:2"
    assert relations(found)[("1002", "1002")] == "broad"


def test_a_row_for_one_type_takes_it_from_the_row_for_all(make: Make) -> None:
    a = mapped(make, "a", "bim,IfcLamp,,,,,1001,1\nbim,IfcLamp,FLOOR,,,,1002,1\n")
    b = mapped(make, "b", "bim,IfcLamp,FLOOR,,,,1002,1\nbim,IfcLamp,,,,,1001,1\n")
    assert relations(crosswalk(a, b)) == {
        ("10", "10"): "close",
        ("1001", "1001"): "close",
        ("1002", "1002"): "close",
    }


def test_conditions_make_classes_related_and_no_more(make: Make) -> None:
    a = mapped(make, "a", "bim,IfcLamp,,name,contains,street,1001,1\n")
    b = mapped(make, "b", "bim,IfcLamp,,,,,1001,0.5\n")
    found = crosswalk(a, b)
    assert relations(found) == {("1001", "1001"): "related"}
    assert links(found)[("1001", "1001")]["path"] == "some of IfcLamp"
    assert relations(crosswalk(b, a)) == {("1001", "1001"): "related"}
    same = mapped(make, "c", "bim,IfcLamp,,name,contains,street,1002,1\n")
    assert relations(crosswalk(a, same)) == {("1001", "1002"): "related"}


def test_a_standard_that_knows_no_models_says_nothing_of_them(make: Make) -> None:
    a = mapped(make, "a", "bim,IfcRoad,,,,,1001,1\ncitymodel,Road,,,,,1001,1\n")
    b = mapped(make, "b", "citymodel,Road,,,,,1002,1\n")
    assert relations(crosswalk(a, b))[("1001", "1002")] == "close"


def test_a_class_whose_children_are_not_all_mapped_is_within_nothing(make: Make) -> None:
    a = mapped(make, "a", "bim,IfcLamp,,,,,1001,1\n")
    b = mapped(make, "b", "bim,IfcLamp,,,,,1001,1\nbim,IfcLid,,,,,1002,1\n")
    # Whatever covers are in the source, they are furniture of a, too: a's furniture is not within
    # b's lamps.
    assert relations(crosswalk(a, b)) == {("1001", "1001"): "close"}


def test_a_table_of_one_meets_the_mapping_of_the_other(make: Make) -> None:
    said = f"{COLUMNS}a,0102,int.citygml,CityFurniture,broad,\n"
    a = load(make("a", {"crosswalk/x.csv": said}))
    b = mapped(make, "b", "citymodel,CityFurniture,,,,,1001,0.9\n")
    row = links(crosswalk(a, b))[("0102", "1001")]
    assert (row["relation"], row["via"]) == ("broad", "declared through int.citygml")
    back = links(crosswalk(b, a))[("1001", "0102")]
    assert back["relation"] == "narrow"


def test_where_a_table_says_exact_mappings_are_not_asked(make: Make) -> None:
    rows = "bim,IfcLamp,,,,,1001,1\n"
    a = load(
        make(
            "a",
            {
                "classes.csv": CLASSES,
                "mapping/m.csv": MAPPING + rows,
                "crosswalk/x.csv": f"{COLUMNS}a,1001,b,1002,exact,\n",
            },
        )
    )
    assert relations(crosswalk(a, mapped(make, "b", rows))) == {("1001", "1002"): "exact"}


def test_all_schemes_take_part(make: Make) -> None:
    classes = "scheme,code,name_en\n,A,Lamp\na.two,A,Phase\n"
    toml = head("a", "1") + '[[scheme]]\nid = "a"\nprimary = true\n[scheme.titles]\nen = "x"\n'
    toml += '[[scheme]]\nid = "a.two"\n[scheme.titles]\nen = "y"\n'
    said = f"{COLUMNS}a.two,A,b,1002,exact,\na,A,b,1001,exact,\n"
    a = load(make("a", {"standard.toml": toml, "classes.csv": classes, "crosswalk/x.csv": said}))
    rows = crosswalk(a, load(make("b", {"classes.csv": CLASSES}))).table.to_pylist()
    assert {(r["from_scheme"], r["to_code"]) for r in rows} == {("a", "1001"), ("a.two", "1002")}


def test_shipped_components_and_plateau_meet_in_citygml() -> None:
    found = crosswalk(load("cn.components"), load("jp.plateau"))
    assert found.linked
    assert set(found.table["via"].to_pylist()) >= {"declared through int.citygml"}
    assert "exact" not in found.counts()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("cn.components", "cn.components.beijing"),
        ("city.linjiang", "int.ifc"),
        ("jp.plateau", "cn.cim-data"),
    ],
)
def test_the_crosswalk_back_is_the_inverse(a: str, b: str) -> None:
    one, two = load(a), load(b)
    there, back = crosswalk(one, two), crosswalk(two, one)
    assert {(pair, relation) for pair, relation in relations(there).items()} == {
        ((x, y), inverse(relation)) for (y, x), relation in relations(back).items()
    }
    assert missing(there, "a") == missing(back, "b")
