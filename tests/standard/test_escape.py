"""Whatever a package contains: it reads no file, asks no network, and comes to an end.

What might not come to an end runs in a worker that is killed after a minute, so that a fault is a
failure and no hanging test.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.errors import StandardError
from cimkit.runtime.workers import run
from cimkit.standard import FileGrammar, Naming, Part, load
from cimkit.standard._expressions import captures, fits, glob_pattern, groups, wrong_with
from cimkit.standard.classification._predicate import check_predicate

LONG = "a" * 20_000


def ends(function: Callable[[Any], Any], job: Any) -> Any:
    """Return what the function gives, which it must within a minute and a gigabyte."""
    ((_, found),) = run(function, [job], workers=1, timeout_s=60, memory_bytes=2**30)
    return found


def _explain(pattern: str) -> list[str]:
    part = Part("part", pattern)
    ext = Part("ext", "[a-z]+")
    return FileGrammar("file", "{part}.{ext}", {"part": part, "ext": ext}).explain(f"{LONG}!.gpkg")


@pytest.mark.parametrize("pattern", ["(?:a+)+", "(?:a|aa)+", "(?:a*)*b", "(?:.*a){20}b"])
def test_an_expression_that_explodes_in_python_does_not_here(pattern: str) -> None:
    assert ends(_explain, pattern)[0].startswith("part is ")


def _exempt(glob: str) -> bool:
    return Naming((), (glob,)).is_exempt("deep/" + LONG)


def test_a_glob_of_many_stars_comes_to_an_end() -> None:
    assert ends(_exempt, "*a" * 12 + "*b") is False


def _layers(glob: str) -> int:
    import duckdb

    from cimkit.checks._sql import fits_glob

    with duckdb.connect() as con:
        con.execute("CREATE TABLE t AS SELECT ? AS layer", [LONG])
        return len(con.execute(f"FROM t WHERE {fits_glob('layer', glob)}").fetchall())


def test_so_does_a_glob_over_layers() -> None:
    assert ends(_layers, "*a" * 12 + "*b") == 0
    assert ends(_layers, "*a" * 12 + "*") == 1


@given(st.text("ab*?[]!-.\\é\n", max_size=8), st.text("ab*?[]!-.\\é\n", max_size=8))
def test_a_glob_means_what_it_means_in_python(glob: str, text: str) -> None:
    from fnmatch import fnmatchcase

    said = fnmatchcase(text, glob)
    pattern = f"(?s:{glob_pattern(glob)})"
    if wrong_with(pattern):
        return  # a range like [b-a]: RE2 says so, Python's translation takes it for nothing
    assert fits(pattern, text) == said


def test_groups_and_captures() -> None:
    assert groups("(?P<a>x+)(?:-(?P<b>y))?", "xx") == {"a": "xx", "b": ""}
    assert groups("(?P<a>x+)", "xy") is None
    assert not fits("a", "a\n")
    assert captures("(a)")
    assert captures("(?P<n>a)")
    assert not captures("(?:a)[(]")
    assert wrong_with("(?=a)")
    assert wrong_with("(a{1000}){1000}")
    assert wrong_with("a" * 5_000)


REFUSED = [
    "read_text('/etc/passwd') <> ''",
    "(SELECT content FROM read_text('/etc/passwd')) <> ''",
    "getenv('HOME') <> ''",
    "current_setting('threads') = '1'",
    "name IN (SELECT name FROM objects)",
    "EXISTS (FROM 'x.csv')",
    "query('SELECT 1') = 1",
    "true) FROM t; COPY t TO 'x.csv'; SELECT (true",
    "true FROM t UNION SELECT true",
    "levenshtein(name, name) > 1",
    "length(replace(name, 'a', 'aaaaaaaaaa')) > 1",
    "length(repeat(name, 1000000000)) > 1",
    "name LIKE '%a%a%a%a%a%a%a%a%b'",
    "name ILIKE 'a%'",
    "name NOT LIKE 'a%'",
    "name GLOB '*a*'",
    "json_extract_string(properties, '$..*..*..*') IS NULL",
    "regexp_matches(name, name || '(a+)+$')",
    "regexp_matches(name, '(?=a)')",
    "properties->>name = 'a'",
    "list_contains(range(1000000000), 1)",
    "len(list_transform(range(10), x -> x)) = 1",
    "name::INET IS NULL",
    "CAST(name AS ENUM('a')) = 'a'",
    "nextval('s') = 1",
    "sleep_ms(100000)",
    "count(*) > 1",
    "row_number() OVER () = 1",
    "rowid_ = 1",
    "getvariable('x') = 1",
    "? = 1",
    "$1 = 1",
    "error('stop')",
    "COLUMNS('.*') = 'a'",
    "*",
    "name = 'a' COLLATE nocase",
    "(" * 1_200 + "true" + ")" * 1_200 + " AND " + "NOT " * 1_200 + "true",
    "CASE WHEN " * 600 + "true" + " THEN true END" * 600,
    "name = '" + "a" * 30_000 + "'",
]


@pytest.mark.parametrize("sql", REFUSED, ids=lambda s: s[:40])
def test_a_predicate_is_one_harmless_expression(sql: str) -> None:
    with pytest.raises(StandardError):
        check_predicate(sql, "here")


ALLOWED = [
    "kind = 'gis' AND TRY_CAST(pset['P']['prop'] AS DOUBLE) > 2",
    "contains(lower(name), 'lamp') OR starts_with(layer, 'fac') OR name IN ('a', 'b')",
    "list_contains(classification, '14-10.10') AND len(material) > 1",
    "properties->>'$.a' = 'x' AND height BETWEEN 1 AND 3 AND name IS NOT NULL",
    "regexp_matches(name, '^(?:a+)+$') AND CASE WHEN type = 'a' THEN true ELSE false END",
]


@pytest.mark.parametrize("sql", ALLOWED)
def test_and_may_say_what_a_mapping_needs(sql: str) -> None:
    check_predicate(sql, "here")


def _classify(package: str) -> Any:
    import duckdb

    from cimkit.model import STAGED
    from cimkit.standard import classify_sql

    names = STAGED["objects"].names
    row = {"kind": "gis", "name": LONG, "source_layer": LONG, "properties": f'{{"a": "{LONG}"}}'}
    rows = pa.Table.from_pylist([{n: row.get(n) for n in names}] * 200, STAGED["objects"])
    with duckdb.connect() as con:
        con.register("given", rows)
        con.execute("CREATE TABLE staged AS SELECT row_number() OVER () AS rowid_, * FROM given")
        return con.execute(
            f"SELECT count(*) FROM ({classify_sql(load(package), 'staged')})"
        ).fetchall()


def test_conditions_over_long_texts_come_to_an_end(make: Any) -> None:
    rows = ["kind,field,op,value,sql,class"]
    rows += [f"gis,name,matches,{p},,0101" for p in ("(a+)+$b", "(a|aa)+$b", "(.*a){30}b")]
    rows += ["gis,a,word,b b b b,,0101", "gis,layer,contains,ab,,0101"]
    rows += ["gis,,,,\"regexp_matches(name, '(?:.?a){50}$b')\",0102"]
    package = make("slow", {"mapping/a.csv": "\n".join(rows) + "\n"})
    found = ends(_classify, str(package))
    assert isinstance(found, list), found


EVIL = "x'); ATTACH 'x.db'; --\" {0.__class__} <script>alert(1)</script>"


def test_names_are_texts_everywhere(make: Any, tmp_path: Path) -> None:
    """A quote in a code, a field or a list ends no SQL and opens no tag."""
    import csv
    import io
    import json

    from cimkit.catalog import create, ingest, query
    from cimkit.checks import check_catalog

    def table(*rows: list[str]) -> str:
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        return out.getvalue()

    package = make(
        "evil",
        {
            "classes.csv": table(["code", "parent", "name_zh", "name_en"], [EVIL, "", EVIL, EVIL]),
            "attributes.csv": table(
                ["class", "name", "type", "unit", "domain", "obligation", "pattern"],
                ["", EVIL, "text", EVIL, "list", "M", ".*"],
            ),
            "domains/list.csv": table(["code", "name_zh", "name_en"], [EVIL, EVIL, EVIL]),
            "mapping/a.csv": table(
                ["kind", "field", "op", "value", "class"],
                ["gis", EVIL, "equals", EVIL, EVIL],
                ["gis", "pset." + EVIL + ".x", "contains", EVIL, EVIL],
            ),
            "levels.csv": table(["code", "name_en"], [EVIL, EVIL]),
            "rules/a.toml": "".join(
                f'[[rule]]\nid = "{name}"\ncheck = "{name}"\nclause = {json.dumps(EVIL)}\n'
                f"applies_to = {{ layers = [{json.dumps(EVIL + '*')}, '*'] }}\n"
                f"message.en = {json.dumps(EVIL + ' {measured} {measured:>999999999}')}\n"
                for name in ("attribute_obligatory", "attribute_domain", "class_known")
            ),
        },
    )
    thing = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [106.5, 29.5]}}
    features = [{**thing, "properties": {EVIL: value}} for value in (EVIL, "other", None)]
    delivery = tmp_path / "delivery"
    delivery.mkdir()
    (delivery / "a.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8"
    )
    catalog = create(tmp_path / "city", standard=str(package))
    ingest(catalog, [delivery], jobs=1)
    classed = query(catalog, "SELECT class_code FROM objects WHERE class_code IS NOT NULL")
    assert classed["class_code"].to_pylist() == [EVIL]
    verdict = check_catalog(catalog)
    failed = {r.name if hasattr(r, "name") else r.rule: r.status for r in verdict.rules}
    assert "not checked" not in failed.values(), [r.reasons for r in verdict.rules]
    assert not list(tmp_path.rglob("x.db"))


def test_a_rule_cannot_hand_a_check_anything_but_its_kind_of_value(make: Any) -> None:
    from cimkit.checks._spec import CheckSpec, parameters
    from cimkit.standard import Rule

    spec = CheckSpec("x", "X", parameters={"minimum": 1.0, "fields": None, "cell": "all"})
    for bad in ({"minimum": "0) OR (1=1"}, {"fields": "a"}, {"fields": [{}]}, {"cell": 1}):
        with pytest.raises(StandardError, match="wrong type"):
            parameters(spec, Rule("a/x", parameters=bad))
    assert parameters(spec, Rule("a/x", parameters={"minimum": 2, "fields": ["a"]}))["minimum"] == 2


def test_a_mapping_that_asks_too_much_is_stopped(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cimkit.catalog import _classes, create, ingest, suggest

    rows = ["kind,field,op,value,class"]
    rows += [f"gis,a,matches,(?:.?[a-{chr(98 + n % 20)}]){{60}}$b{n},0101" for n in range(300)]
    package = make("slow", {"mapping/a.csv": "\n".join(rows) + "\n"})
    table = "x,y,a\n" + f"106.5,29.5,{'abcdefghij' * 400}\n" * 3_000
    (tmp_path / "delivery.csv").write_text(table, encoding="utf-8")
    catalog = create(tmp_path / "city", standard=str(package))
    monkeypatch.setattr(_classes, "_SECONDS", 0.2)
    monkeypatch.setattr(_classes, "_SECONDS_AN_OBJECT", 0.0)
    with pytest.raises(StandardError, match="the mapping took more than"):
        ingest(catalog, [tmp_path / "delivery.csv"], jobs=1)
    assert catalog.version() == 1
    with pytest.raises(StandardError, match="the mapping took more than"):
        suggest(load(str(package)), [tmp_path / "delivery.csv"])


@pytest.mark.parametrize("text", ["a = " + "[" * 50_000, "a = " + "{a = " * 5_000])
@pytest.mark.parametrize("file", ["standard.toml", "rules/a.toml", "naming.toml"])
def test_a_text_nested_without_end_is_no_package(make: Any, file: str, text: str) -> None:
    with pytest.raises(StandardError, match="no valid TOML"):
        load(str(make("deep", {file: text})))
