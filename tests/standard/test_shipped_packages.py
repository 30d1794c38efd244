"""Every shipped package is clean by the linter, fixtures included, and says no more than known."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from pathlib import Path

import pytest

from cimkit.checks import prove
from cimkit.errors import StandardConflict
from cimkit.registry import data_folder
from cimkit.standard import Standard, available, load

FACTS = Path(__file__).parents[2].parent / "shared" / "facts"
SHIPPED = {
    "city.linjiang@2026",
    "cn.cim-data@2022",
    "cn.components@2007",
    "cn.components.beijing@undated",
    "cn.components.shenzhen@undated",
    "cn.gbt13923@2022",
    "cn.gbt51269@2017",
    "cn.gbt51269.szgws@undated",
    "int.citygml@3.0",
    "int.ifc@4.3.2",
    "int.quality@1.0",
    "jp.plateau@undated",
}


def facts(name: str) -> list[dict[str, str]]:
    if not (FACTS / name).is_file():
        pytest.skip("the folder of facts (../shared/facts) is not on this machine")
    with (FACTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(package: str, name: str = "classes.csv") -> list[dict[str, str]]:
    """Return the rows of a table as the package has them."""
    with (data_folder("standards") / package / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_these_packages_are_shipped() -> None:
    shipped = {f"{i}@{e}" for i, e, _, p in available() if p.parent == data_folder("standards")}
    assert shipped == SHIPPED


@pytest.mark.parametrize("key", [*sorted(SHIPPED), "_template.city"])
def test_lint_has_nothing_to_say(key: str) -> None:
    name = str(data_folder("standards") / key) if key.startswith("_") else key
    assert [f for f in prove(name) if f.severity != "info"] == []


@pytest.mark.parametrize("key", sorted(SHIPPED))
def test_each_row_says_who_gave_the_code_and_where_it_was_seen(key: str) -> None:
    standard = load(key)
    for row in standard.class_rows:
        assert row.code_origin, row.code
        assert row.source, row.code
        if not row.verified:
            told = ("recalled", "ours", "fictional", "inferred", "code: cimkit", "RECALLED")
            assert any(word in f"{row.source} {row.code_origin}" for word in told), row.code


def test_crosswalks_lead_from_classes_to_classes() -> None:
    there: dict[str, set[str]] = {}
    standards = [load(f"{key}+unverified") for key in sorted(SHIPPED)]
    for standard in standards:
        for row in standard.class_rows:
            there.setdefault(row.scheme, {"-"}).add(row.code)
    rows = {(standard.id, row) for standard in standards for row in standard.crosswalk}
    assert len(rows) > 500
    for _, row in rows:
        assert row.from_code in there[row.from_scheme], row
        assert row.to_code in there[row.to_scheme], row


def test_the_template_has_no_code_of_its_own() -> None:
    template = load(data_folder("standards") / "_template.city")
    assert {c.package for c in template.class_rows} == {"cn.components@2007"}
    assert all(row.depth for row in template.mapping)


def test_a_copy_of_the_template_takes_a_class(tmp_path: Path) -> None:
    folder = tmp_path / "city.new"
    shutil.copytree(data_folder("standards") / "_template.city", folder)
    with (folder / "classes.csv").open("a", encoding="utf-8") as file:
        file.write(",99x1,99,测试,テスト,Test,,,,,,,office,no,decided on 1 March\n")
    assert load(folder).by_code["99x1"].name("en") == "Test"


def seen(rows: list[dict[str, str]]) -> dict[str, str]:
    return {r["code"]: r["verified"] for r in rows}


def test_gbt13923_has_the_verified_rows_on_and_the_others_behind_the_flag() -> None:
    known = seen(facts("gbt13923_features.csv"))
    assert seen(written("cn.gbt13923")) == known
    on, every = load("cn.gbt13923"), load("cn.gbt13923+unverified")
    assert set(every.by_code) == set(known)
    assert {c for c, row in on.by_code.items() if row.verified} == {
        c for c, v in known.items() if v == "yes"
    }
    # 100000 is not verified, and stays because verified classes stand below it.
    assert set(on.by_code) - {c for c, v in known.items() if v == "yes"} == {"100000"}
    assert on.left_out["classes"] == 48


def test_gbt51269_is_fifteen_tables() -> None:
    known = facts("gbt51269_tables.csv")
    assert seen(written("cn.gbt51269")) == seen(known)
    on, every = load("cn.gbt51269"), load("cn.gbt51269+unverified")
    tables = {r["code"] for r in known if r["level"] == "0"}
    assert {s.id.rpartition(".")[2] for s in every.schemes} == tables
    assert on.scheme == "cn.gbt51269.14"
    assert Counter(c.verified for c in on.class_rows) == {True: 41, False: 7}
    assert len(every.class_rows) == 57


def test_szgws_adds_three_tables_and_renames_table_30() -> None:
    known = facts("shenzhen_gws_overlay.csv")
    assert seen(written("cn.gbt51269.szgws")) == seen(known)
    overlay = load("cn.gbt51269.szgws")
    by_code = {c.code: c for c in overlay.class_rows}
    assert by_code["30"].name_zh == "构件"
    assert by_code["30"].changes == ("rename",)
    new = {s.id for s in overlay.schemes} - {s.id for s in load("cn.gbt51269").schemes}
    assert new == {f"cn.gbt51269.szgws.{t}" for t in ("16", "43", "44")}


def test_no_code_of_cim_data_is_passed_off_as_seen() -> None:
    known = facts("cjjt315_cim_data.csv")
    rows = load("cn.cim-data").by_code
    assert set(rows) == {r["code"] for r in known}
    assert {(r.verified, r.code_origin) for r in rows.values()} == {(False, "cimkit")}
    names = {r["code"]: "name seen" for r in known if r["verified"] == "yes"}
    assert len(names) == 107
    for code, row in rows.items():
        assert row.source.startswith(names.get(code, "name not seen")), code


def test_plateau_has_each_prefix_and_each_code_of_the_lists() -> None:
    known = facts("plateau_codes.csv")
    standard = load("jp.plateau")
    prefixes = {r["code"][7:]: r["name_ja"] for r in known if r["code"].startswith("prefix:")}
    assert {c.code: c.name_ja for c in standard.by_code.values()} == prefixes
    lists: dict[str, dict[str, str]] = {}
    for row in known:
        if row["level"] == "2":
            name, _, code = row["code"].partition(":")
            lists.setdefault(name, {})[code] = row["name_ja"]
    got = {
        name: dict(zip(t["code"].to_pylist(), t["name_ja"].to_pylist(), strict=True))
        for name, t in standard.domains.items()
    }
    assert set(got) == set(lists)
    for name, codes in lists.items():
        assert codes.items() <= got[name].items()
    # The study has a part of two lists; the rest was read in the same published files.
    more = {n: len(got[n]) - len(codes) for n, codes in lists.items() if len(got[n]) > len(codes)}
    assert more == {"CityFurniture_function": 7, "Common_landUseType": 44}
    for name in ("Building_usage", "CityFurniture_function"):
        scheme = {c.code for c in standard.class_rows if c.scheme == f"jp.plateau.{name}"}
        assert scheme == set(got[name])


def test_plateau_requirements_are_rules_or_are_listed_as_not_checked() -> None:
    known = {r["id"]: r["verified"] for r in facts("plateau_quality_requirements.csv")}
    rules = {r.name for r in load("jp.plateau").rules} - {
        "delivery-set",
        "file-naming",
        "root-folder",
    }
    assert rules == {"C01", "C07", "L01", "L03", "L04", "L05", "L06"}
    assert all(known[name] == "yes" for name in rules)
    readme = (data_folder("standards") / "README.md").read_text("utf-8")
    for name in set(known) - rules:
        assert name in readme


@pytest.mark.parametrize(("city", "renamed", "replaced"), [("Beijing", 9, 19), ("Shenzhen", 1, 0)])
def test_local_lists_hold_what_was_seen(city: str, renamed: int, replaced: int) -> None:
    known = {r["code"]: r for r in facts("component_local_variants.csv") if city in r["city"]}
    standard = load(f"cn.components.{city.lower()}")
    relation = {"rename": "renames", "replace": "conflicts"}
    for code, row in known.items():
        mine = standard.by_code[code]
        assert mine.name_zh.replace("(", "（").replace(")", "）") == row["name_zh"]
        changed = relation.get(mine.changes[0]) if mine.changes else None
        assert changed or row["relation"] in ("extends", "same")
    count = Counter(c.changes[0] for c in standard.class_rows if c.changes)
    assert (count["rename"], count["replace"]) == (renamed, replaced)


@pytest.fixture
def undeclared(tmp_path: Path) -> Path:
    """The Beijing package, its 19 replacements no longer declared."""
    folder = tmp_path / "cn.components.beijing"
    shutil.copytree(data_folder("standards") / "cn.components.beijing", folder)
    table = folder / "classes.csv"
    text = table.read_text("utf-8")
    assert text.count("\nreplace,") == 19
    table.write_text(text.replace("\nreplace,", "\n,"), "utf-8")
    return folder


def test_nineteen_codes_with_two_meanings_do_not_build(undeclared: Path) -> None:
    with pytest.raises(StandardConflict) as caught:
        load(undeclared)
    found = {c.code: c for c in caught.value.conflicts}
    assert len(caught.value.conflicts) == 19
    national = load("cn.components").by_code
    declared = load("cn.components.beijing").by_code
    assert set(found) == {c for c, row in declared.items() if "replace" in row.changes}
    for code, conflict in found.items():
        assert declared[code].name_zh in conflict.got
        assert national[code].name_zh in conflict.expected
        assert f"cn.components.beijing/classes.csv:{_line(undeclared, code)}" in conflict.where
    assert "9 more" in str(caught.value)


def test_lint_lists_all_nineteen(undeclared: Path) -> None:
    found = [f for f in prove(str(undeclared)) if f.severity == "error"]
    assert len([f for f in found if "two meanings" in f.message]) == 19


def test_a_replaced_code_loses_what_the_national_list_maps_to_it() -> None:
    standard: Standard = load("cn.components.beijing")
    replaced = {c.code for c in standard.class_rows if "replace" in c.changes}
    assert not [r for r in standard.mapping if r.depth and r.class_code in replaced]


def _line(folder: Path, code: str) -> int:
    lines = (folder / "classes.csv").read_text("utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.startswith(f",{code},"))
