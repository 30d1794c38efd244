"""Lint says all that is wrong with a package, and nothing that is not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.errors import StandardNotFound
from cimkit.model import STAGED
from cimkit.standard import LintFinding, classify_sql, lint, load
from cimkit.standard.classification._conditions import Condition
from cimkit.standard.linting._implied import follows

Make = Callable[..., Path]

HEAD = 'status = "draft"\nissuer = "Town"\nlicence = "CC0"\nlanguages = ["en"]\n'
CLASSES = """code,parent,name_en,code_origin,verified
01,,Facilities,Town,yes
0101,01,Manhole cover,Town,yes
0102,01,Street lamp,Town,yes
"""
MAP = "kind,layer,source_class,field,op,value,class,confidence\n"


@pytest.fixture
def town(make: Make) -> Callable[..., list[LintFinding]]:
    """Lint a package that would be clean without the files given."""

    def look(
        files: dict[str, str] | None = None, head: str = "", name: str = "t"
    ) -> list[LintFinding]:
        return lint(make(name, {"classes.csv": CLASSES, **(files or {})}, more=HEAD + head))

    return look


Look = Callable[..., list[LintFinding]]


def said(findings: list[LintFinding]) -> dict[str, str]:
    """Code and place of what is no mere info."""
    return {f.code: f.where for f in findings if f.severity != "info"}


def test_a_package_in_order_is_clean(town: Look) -> None:
    assert town({"mapping/a.csv": MAP + "gis,lamps,,,,,0102,\n"}) == []


def test_what_is_not_there_raises(tmp_path: Path) -> None:
    with pytest.raises(StandardNotFound):
        lint("no.such.standard")


def test_no_package_at_all_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert [f.code for f in lint(tmp_path / "x")] == ["package-not-built"]


RULE = '[[rule]]\nid = "r"\ncheck = "class_leaf"\nmessage.en = "m"\n'
WORDS = 'clause = "1"\nhint.en = "h"\n'
NAMES = '[part.a]\nvalues = ["a"]\n[part.ext]\npattern = "[a-z]+"\n[[file]]\n'
LEVELS = {"levels.csv": "code,name_en,verified\nL1,One,yes\n"}


def classes(row: str, *columns: str) -> dict[str, str]:
    return {"classes.csv": CLASSES.replace("verified", ",".join(("verified", *columns))) + row}


def asked(columns: str, *rows: str) -> dict[str, str]:
    return {"attributes.csv": "\n".join((f"class,name,{columns}", *rows)) + "\n"}


def listed(*values: str) -> dict[str, str]:
    return {"domains/d.csv": "\n".join(("code,name_en", *values)) + "\n"}


CASES: list[tuple[dict[str, str], str, str]] = [
    (classes("0103,07,Bench,,yes"), "class-dangling-parent", "classes.csv:5|parent"),
    (classes("0101,01,Bench,,yes"), "class-twice", "classes.csv:5|code"),
    (classes("0103,01,,,yes"), "class-name-missing", "classes.csv:5|name_en"),
    (classes("0103,01,Street lamp,,yes"), "class-duplicate-name", "classes.csv:5|name_en"),
    (classes("01O2,01,Bench,,yes"), "class-code-lookalike", "classes.csv:5|code"),
    (classes("\uff10\uff11\uff10\uff13,01,A,,yes"), "class-code-lookalike", "classes.csv:5|code"),
    (classes("01\u200b03,01,Bench,,yes"), "class-code-lookalike", "classes.csv:5|code"),
    (
        classes("0103,01,Bench,,yes,Dot", "geometry"),
        "class-geometry-unknown",
        "classes.csv:5|geometry",
    ),
    (
        classes("0103,01,Bench,,yes,2026-01-01,2025-01-01", "valid_from", "valid_to"),
        "class-dates",
        "classes.csv:5|valid_to",
    ),
    (
        {"mapping/a.csv": MAP + "gis,x,,,,,0999,\n"},
        "mapping-class-unknown",
        "mapping/a.csv:2|class",
    ),
    ({"mapping/a.csv": MAP + "gsi,x,,,,,0101,\n"}, "kind-unknown", "mapping/a.csv:2|kind"),
    (asked("title", "0999,a,"), "attribute-class-unknown", "attributes.csv:2|class"),
    (asked("domain", "01,a,d"), "attribute-domain-unknown", "attributes.csv:2|domain"),
    (asked("minimum,maximum", "01,a,5,2"), "attribute-range", "attributes.csv:2|minimum"),
    (asked("type", "01,a,text", "01,a,number"), "attribute-twice", "attributes.csv:3|name"),
    (asked("kinds", "01,a,gsi"), "kind-unknown", "attributes.csv:2|kinds"),
    (
        asked("domain,type", "01,a,d,integer") | listed("A,a"),
        "attribute-domain-type",
        "attributes.csv:2|type",
    ),
    (
        asked("domain,pattern", "01,a,d,[0-9]+") | listed("A,a"),
        "attribute-domain-pattern",
        "attributes.csv:2|pattern",
    ),
    (
        asked("domain,type,maximum", "01,a,d,number,3") | listed("1,a", "7,b"),
        "attribute-domain-range",
        "attributes.csv:2|maximum",
    ),
    (asked("domain", "01,a,d") | listed(), "domain-empty", "domains/d.csv"),
    (asked("domain", "01,a,d") | listed("1,"), "domain-name-missing", "domains/d.csv"),
    (asked("domain", "01,a,d") | listed("1,x", "2,x"), "domain-duplicate-name", "domains/d.csv"),
    (
        {"mapping/a.csv": MAP + "gis,la\u200bmps,,,,,0102,\n"},
        "cell-unseen-character",
        "mapping/a.csv:2|layer",
    ),
    ({"class.csv": "code\n1\n"}, "file-unread", "class.csv"),
    ({"domain/d.csv": "code\n1\n"}, "file-unread", "domain/d.csv"),
    ({"mapping/a.txt": "?"}, "file-unread", "mapping/a.txt"),
    ({"tests/class.csv": "kind\ngis\n"}, "file-unread", "tests/class.csv"),
    ({"rules/r.toml": RULE + 'clause = "1"\n'}, "rule-without-hint", "rules/r.toml:1"),
    ({"rules/r.toml": RULE + 'hint.en = "h"\n'}, "rule-without-clause", "rules/r.toml:1"),
    (
        {"rules/r.toml": RULE + WORDS + 'applies_to = { classes = ["9"] }\n'},
        "rule-class-unknown",
        "rules/r.toml:1",
    ),
    (
        {"rules/r.toml": RULE + WORDS + 'message.zh = "{mesured}"\n'},
        "rule-placeholder",
        "rules/r.toml:1",
    ),
    (
        {"rules/r.toml": RULE + WORDS + 'applies_to = { kinds = ["gsi"] }\n'},
        "kind-unknown",
        "rules/r.toml:1",
    ),
    (
        LEVELS | {"level_rules.csv": "kind,level\n,L1\ngis,L1\n"},
        "level-rule-unreachable",
        "level_rules.csv:3",
    ),
    (LEVELS, "level-none", "classes.csv:3|level"),
    (
        {"naming.toml": NAMES + 'template = "{a}.{ext}"\nexample = "b_1.gpkg"\n'},
        "naming-example",
        "naming.toml:file 1",
    ),
    (
        {"naming.toml": NAMES + 'template = "{a}.gpkg"\nexample = "a.gpkg"\n'},
        "naming-part-unused",
        "naming.toml, [part.ext]",
    ),
]


@pytest.mark.parametrize(("files", "code", "where"), CASES, ids=[c[1] for c in CASES])
def test_one_mistake_is_one_finding_with_its_cell(
    town: Look, files: dict[str, str], code: str, where: str
) -> None:
    row, bar, column = where.partition("|")
    place = f"t/{row}, column {column}" if bar else f"t/{row}"
    assert said(town(files)) == {code: place}


HEADS = [
    ('effective_from = "2026"\n', "date-unread"),
    ('effective_from = "2026-01-01"\neffective_to = "2025-01-01"\n', "dates-order"),
]


@pytest.mark.parametrize(("head", "code"), HEADS)
def test_dates_of_the_head(town: Look, head: str, code: str) -> None:
    found = said(town({}, head))
    # The engine may refuse to build such a package; lint says it all the same.
    assert code in found or "package-not-built" in found


def test_outer_blanks_are_a_thing_to_know(town: Look) -> None:
    found = town({"mapping/a.csv": MAP + "gis, lamps ,,,,,0102,\ngis,poles,,,,,0102 ,\n"})
    assert [(f.code, f.severity, f.where) for f in found] == [
        ("cell-outer-blanks", "info", "t/mapping/a.csv:2, column layer")
    ]
    assert found[0].message.startswith("2 cells with a blank")


def test_all_rows_that_keep_a_package_from_building_are_said(town: Look) -> None:
    found = town(
        {
            "classes.csv": CLASSES + "0103,07,Bench,,yes\n0104,08,Bin,,yes\n",
            "mapping/a.csv": MAP + "gis,x,,,,,0999,\ngis,y,,,,,0998,\n",
        }
    )
    assert [f.code for f in found] == ["class-dangling-parent"] * 2 + ["mapping-class-unknown"] * 2
    assert all(f.severity == "error" and f.mend for f in found)


def test_every_cell_whose_value_is_none_there_is_is_said(town: Look) -> None:
    found = town(
        {
            "classes.csv": "code,parent,name_en,access,verified\n01,,A,公开,是\n0101,07,B,,no\n",
            "attributes.csv": "name,class,type,obligation,minimum\nh,01,数字,必填,2m\n",
            "mapping/a.csv": "kind,field,op,value,class,confidence\n"
            "gis,类型,equal,x,01,\ngis,高,gt,5m,01,95\ngis,高,,,01,\n",
        }
    )
    assert {f.where.removeprefix("t/") for f in found} == {
        *("classes.csv:2, column access", "classes.csv:2, column verified"),
        "classes.csv:3, column parent",
        *(f"attributes.csv:2, column {c}" for c in ("type", "obligation", "minimum")),
        *("mapping/a.csv:2, column op", "mapping/a.csv:3, column value"),
        *("mapping/a.csv:3, column confidence", "mapping/a.csv:4, column op"),
    }
    assert all(f.severity == "error" and f.mend for f in found)
    assert "Did you mean 'equals'?" in {f.mend for f in found}


def test_each_broken_file_is_said(town: Look) -> None:
    found = town({"attributes.csv": "nmae\n1\n", "levels.csv": "cood\n1\n", "rules/r.toml": "x="})
    places = {f.where.partition(":")[0] for f in found}
    assert {"t/attributes.csv", "t/levels.csv", "t/rules/r.toml"} <= places


def test_all_conflicts_of_an_overlay(make: Make) -> None:
    make("base", more=HEAD)
    rows = "code,parent,name_zh,name_en\n0101,01,树,Tree\n0102,01,草,Grass\n"
    found = lint(make("over", {"classes.csv": rows}, extends=("base@1",), more=HEAD))
    assert [f.code for f in found] == ["conflict", "conflict"]
    assert "树" in found[0].message
    assert "井盖" in found[0].message


def test_codes_that_do_not_fit_the_grammar(town: Look) -> None:
    classes = CLASSES + "02,,Other,Town,yes\n"
    found = town({"classes.csv": classes, "mapping/a.csv": MAP + "gis,x,,,,,02,\n"})
    assert said(found) == {"class-not-codable": "t/classes.csv:5, column code"}
    # A group that nothing maps to is a thing to know and no mistake.
    assert said(town({"classes.csv": classes}, name="u")) == {}


def test_unverified_codes_in_use(make: Make) -> None:
    classes = CLASSES.replace("Street lamp,Town,yes", "Street lamp,Office,no")
    files = {"classes.csv": classes, "mapping/a.csv": MAP + "gis,lamps,,,,,0102,\n"}

    def look(name: str, head: str, **more: str) -> dict[str, str]:
        return said(lint(make(name, files | more, more=head)))

    place = "classes.csv:4, column verified"
    assert look("a", HEAD) == {"class-unverified": f"a/{place}"}
    # A draft whose codes are its issuer's own says what it is.
    assert look("b", HEAD.replace("Town", "The Office")) == {}
    final = HEAD.replace("draft", "in force").replace("Town", "The Office")
    assert look("c", final) == {"class-unverified": f"c/{place}"}
    assert look("d", HEAD + 'unverified = "on"\n') == {}
    assert look("e", HEAD + 'unverified = "off"\n') == {}


def test_translations_are_asked_for_only_in_the_languages_said(town: Look) -> None:
    assert said(town()) == {}
    head = HEAD.replace('["en"]', '["en", "ja"]')
    found = town({"standard.toml": head + 'id="t"\nedition="1"\n[titles]\nen="T"\nja="T"\n'})
    assert {f.code for f in found if f.severity == "warning"} == {"class-name-missing"}
    assert sum(f.code == "class-name-missing" for f in found) == 3


def test_a_parent_with_a_later_edition(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("base", more=HEAD + 'effective_from = "2020-01-01"\n')
    newer = make("base2", more=HEAD + 'effective_from = "2025-01-01"\n')
    head = (newer / "standard.toml").read_text().replace('"base2"', '"base"', 1)
    (newer / "standard.toml").write_text(head.replace('edition = "1"', 'edition = "2"'))
    monkeypatch.setenv("CIMKIT_STANDARDS", str(tmp_path))
    over = make("over", extends=("base@1",), more=HEAD)
    assert said(lint(over)) == {"extends-superseded": "over/standard.toml"}


def test_a_warning_accepted_with_a_reason_is_an_info(town: Look) -> None:
    classes = {"classes.csv": CLASSES + "0103,01,Street lamp,,yes\n"}
    head = (
        'id="t"\nedition="1"\nclass_fields=["c"]\n[titles]\nen="T"\n[[lint.accept]]\n'
        'code="class-duplicate-name"\nabout="0103"\nwhy="so the source"\n'
    )
    found = town(classes | {"standard.toml": HEAD + head})
    assert [(f.code, f.severity) for f in found] == [("class-duplicate-name", "info")]
    assert found[0].message.endswith("(accepted: so the source)")
    bare = town(classes | {"standard.toml": HEAD + head.replace("so the source", "")}, name="u")
    assert {f.code for f in bare} == {"class-duplicate-name", "accept-without-why"}


def rows(*lines: str) -> dict[str, str]:
    return {"mapping/a.csv": MAP + "\n".join(lines) + "\n"}


@pytest.mark.parametrize(
    ("first", "then", "code"),
    [
        ("layer,contains,lamp,0102,0.9", "layer,contains,street lamp,0101,0.8", "unreachable"),
        ("layer,word,lamp,0102,0.9", "layer,equals,street_lamps,0101,0.8", "unreachable"),
        ("layer,matches,^lamp[0-9]+$,0102,0.9", "layer,equals,Lamp12,0101,0.8", "unreachable"),
        ("h,gt,3,0102,0.9", "h,gt,5,0101,0.8", "unreachable"),
        ("h,exists,,0102,0.9", "h,equals,x,0101,0.8", "unreachable"),
        ("h,in,a|b,0102,0.9", "h,in,b|a,0101,0.8", "unreachable"),
        ("H,equals,a,0102,0.9", "h,equals,A,0101,0.8", "unreachable"),
        ("h,equals,a,0102,0.9", "h,in,a|b,0101,0.8", ""),
        ("layer,contains,street lamp,0102,0.9", "layer,contains,lamp,0101,0.8", ""),
        ("layer,contains,lamp,0102,0.8", "layer,contains,street lamp,0101,0.9", ""),
        ("layer,matches,^lamp,0102,0.9", "layer,contains,lamp,0101,0.8", ""),
        ("h,equals,a,0102,0.9", "h,in,a|c,0102,0.9", ""),
        ("h,equals,a,0101,0.9", "h,in,a|b,0102,0.9", "tie"),
        ("h,equals,a,0101,0.9", "k,equals,a,0102,0.9", ""),
    ],
)
def test_rows_that_never_decide(town: Look, first: str, then: str, code: str) -> None:
    found = said(town(rows(f"gis,,,{first}", f"gis,,,{then}")))
    assert found == ({f"mapping-{code}": "t/mapping/a.csv:3"} if code else {})
    # Of another kind of source, a row shadows nothing.
    assert said(town(rows(f"bim,,,{first}", f"gis,,,{then}"), name="u")) == {}


def test_a_row_shadowed_by_several_together(town: Look) -> None:
    found = town(
        rows("gis,,,h,equals,a,0102,1", "gis,,,h,equals,b,0102,1", "gis,,,h,in,a|b,0101,0.5")
    )
    assert said(found) == {"mapping-unreachable": "t/mapping/a.csv:4"}
    assert "(and 1 more)" in found[0].message


VALUES = ("a", "b", "c")
Mapping = list[tuple[str, str, str, str, float]]
_rows = st.lists(
    st.tuples(
        st.sampled_from(["", "l", "m"]),
        st.sampled_from(["h", "k"]),
        st.sampled_from(["equals a", "equals b", "in a|b", "in a|c", "in a|b|c"]),
        st.sampled_from(["0101", "0102"]),
        st.sampled_from([0.5, 0.7, 1.0]),
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=60)
@given(mapping=_rows)
def test_of_equalities_lint_is_exact(
    tmp_path_factory: pytest.TempPathFactory, mapping: Mapping
) -> None:
    folder = tmp_path_factory.mktemp("p")
    (folder / "mapping").mkdir()
    (folder / "standard.toml").write_text(HEAD + 'id="p"\nedition="1"\n[titles]\nen="P"\n')
    (folder / "classes.csv").write_text(CLASSES)
    lines = [f"gis,{la},,{f},{o.replace(' ', ',')},{c},{n}" for la, f, o, c, n in mapping]
    (folder / "mapping/a.csv").write_text(MAP + "\n".join(lines) + "\n")
    dead = {
        f.where.rpartition(":")[2]
        for f in lint(folder)
        if f.code in ("mapping-unreachable", "mapping-redundant")
    }
    objects = [
        {"kind": "gis", "source_layer": la, "properties": f'{{"h":"{h}","k":"{k}"}}', "rowid_": n}
        for n, (la, h, k) in enumerate(product("lmx", "abcx", "abcx"))
    ]
    schema = STAGED["objects"].append(pa.field("rowid_", pa.int64()))
    with duckdb.connect() as con:
        con.register("staged", pa.Table.from_pylist(objects, schema=schema))
        decided = con.execute(f"SELECT DISTINCT rule FROM ({classify_sql(load(folder), 'staged')})")
        alive = {rule.rpartition(":")[2] for (rule,) in decided.fetchall()}
    assert dead == {str(n + 2) for n in range(len(mapping))} - alive


_texts = st.sampled_from(["equals", "contains", "prefix", "suffix", "word"])
_conditions = st.builds(
    Condition, st.just("x"), _texts, st.sampled_from(["1", "2", "12", "1 2", "2.5"])
) | st.builds(
    Condition,
    st.just("x"),
    st.sampled_from(["gt", "ge", "lt", "le"]),
    st.sampled_from(["1", "2", "12", "2.5"]),
)


@given(wanted=_conditions, given_=_conditions)
def test_what_follows_holds_for_every_text(wanted: Condition, given_: Condition) -> None:
    if not follows(wanted, given_):
        return
    texts = ["1", "2", "12", "1 2", "2.5", "21", "1_2", "2.51", "112", "a1 2", "3", "0", "-1", "x"]
    with duckdb.connect() as con:
        for text in texts:
            first, second = (
                con.execute(f"SELECT coalesce({c.sql(repr(text))}, false)").fetchone()[0]  # type: ignore[index]
                for c in (given_, wanted)
            )
            assert second or not first, text


def test_a_shipped_package_says_where_in_json() -> None:
    for found in lint("cn.components"):
        plain = found.to_json()
        assert set(plain) == {"code", "severity", "where", "message", "mend"}
        assert type(plain["where"]) is str


def test_in_a_workbook_the_place_is_sheet_and_cell(make: Make, tmp_path: Path) -> None:
    from cimkit.standard import read_draft, write_draft

    classes = {"classes.csv": CLASSES + "0103,07,Bench,,yes\n"}
    book = tmp_path / "town.xlsx"
    write_draft(read_draft(make("t", classes, more=HEAD)), book)
    (found,) = lint(book)
    assert found.code == "class-dangling-parent"
    assert found.where.startswith("town.xlsx, classes!")
    assert found.where.endswith("5")


def test_a_parent_in_full_width_digits_is_known_again(town: Look) -> None:
    found = town({"classes.csv": CLASSES + "0103,０１,Bench,,yes\n"})
    (dangling,) = [f for f in found if f.code == "class-dangling-parent"]
    assert dangling.mend == "It is written in full-width characters; there is a class 01."
