"""The packages that are shipped, held against the facts they were made from."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cimkit.errors import StandardConflict
from cimkit.standard import Standard, available, load

FACTS = Path(__file__).parents[2].parent / "shared" / "facts"


@pytest.fixture(scope="module")
def components() -> Standard:
    return load("cn.components@2007")


@pytest.fixture(scope="module")
def city() -> Standard:
    return load("city.linjiang@2026")


def test_six_majors_eighty_five_minors_and_the_extension(components: Standard) -> None:
    codes = sorted(components.by_code)
    majors = [c for c in codes if len(c) == 2]
    assert majors == ["01", "02", "03", "04", "05", "06", "99"]
    per_major = {m: sum(c.startswith(m) and len(c) == 4 for c in codes) for m in majors}
    assert per_major == {"01": 38, "02": 17, "03": 11, "04": 10, "05": 3, "06": 6, "99": 0}
    for code in codes:
        row = components.by_code[code]
        assert row.parent == code[:-2]
        assert row.verified
        assert row.source
        assert row.name_zh
        assert row.name_ja
        assert row.name_en


def test_codes_and_names_are_those_of_the_facts(components: Standard) -> None:
    table = FACTS / "gbt30428_2_components.csv"
    if not table.exists():
        pytest.skip(f"no facts at {table}")
    with table.open(encoding="utf-8", newline="") as file:
        facts = {r["code"]: (r["name_zh"], r["name_en"]) for r in csv.DictReader(file)}
    assert {c.code: (c.name_zh, c.name_en) for c in components.by_code.values()} == facts


def test_identifiers_have_sixteen_digits(components: Standard, city: Standard) -> None:
    assert components.grammar is not None
    assert city.grammar is not None
    assert components.grammar.length == 16
    assert components.grammar.class_of("3205080101000001") == "0101"
    assert components.grammar.field_names[0] == "ObjID"
    assert city.grammar.validate("3205080101000001") != []
    assert city.grammar.format("509912", "5001", 1) == "5099125001000001"


def test_the_city_is_fictional_and_says_so(city: Standard, components: Standard) -> None:
    assert city.jurisdiction.fictional
    assert "fictional" in city.titles["en"]
    own = set(city.by_code) - set(components.by_code)
    assert own == {c for c in city.by_code if c.startswith("50")}
    assert len(own) == 23
    for code in own:
        assert "fictional" in city.by_code[code].code_origin
        assert not city.by_code[code].verified


def test_the_city_adds_renames_and_restricts(city: Standard, components: Standard) -> None:
    assert components.by_code["0117"].name_zh == "立杆"
    assert city.by_code["0117"].name_zh == "综合杆"
    assert city.by_code["0402"].geometry == ("Point",)
    asked = {a.name: a.obligation for a in city.attributes_of("0402", "gis")}
    assert asked["species"] == asked["ObjID"] == "M"
    assert city.attributes_of("5001", "bim") == []
    changed = {c.code: c.changes for c in city.class_rows if c.changes}
    assert changed == {
        "0117": ("rename",),
        "0402": ("restrict",),
        **dict.fromkeys(("01", "02", "03", "04", "05", "06", "99"), ("restrict",)),
    }


def test_every_class_in_use_has_a_level_and_a_way_to_it(city: Standard) -> None:
    levels = {level.code for level in city.levels}
    mapped = {row.class_code for row in city.mapping}
    for code, row in city.by_code.items():
        if row.leaf and code != "99":
            assert row.level in levels
            assert code in mapped


def test_the_jurisdiction_is_where_the_city_lies(city: Standard) -> None:
    from shapely import from_wkb

    assert from_wkb(city.jurisdiction.polygon).bounds == (106.44, 29.52, 106.56, 29.62)


def test_a_city_that_uses_a_national_code_for_something_else(tmp_path: Path) -> None:
    # A real case: one city's list has 0309 for a de-icing salt tank.
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "standard.toml").write_text(
        'id = "x"\nedition = "1"\nextends = ["cn.components@2007"]\ntitles.en = "x"\n'
    )
    (folder / "classes.csv").write_text("code,parent,name_zh\n0309,03,融雪剂溶解池\n", "utf-8")
    with pytest.raises(StandardConflict, match="气象监测站"):
        load(folder)


def test_all_shipped_packages_build() -> None:
    found = {f"{i}@{e}" for i, e, _, _ in available()}
    assert {"cn.components@2007", "city.linjiang@2026"} <= found
    for key in found:
        assert load(key).key == key
