"""SQL of a package that wants out, or wants never to end: it is not checked, and says why."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from cimkit.checks import _sqlrule, check_tables
from cimkit.standard import Rule, Standard

OUT = [
    "SELECT content AS path FROM read_text('/etc/passwd')",
    "SELECT path FROM read_blob('/etc/passwd') JOIN items ON true",
    "SELECT path FROM glob('/etc/*') JOIN items ON true",
    "SELECT path FROM read_ndjson('/etc/passwd')",
    "SELECT path FROM '/etc/passwd'",
    "SELECT path FROM sniff_csv('/etc/passwd')",
    "COPY items TO 'stolen.csv'",
    "ATTACH 'stolen.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT path FROM sqlite_scan('lake.sqlite', 'objects')",
    "SELECT path FROM query('SELECT 1 AS path')",
    "SELECT path FROM query_table('items')",
    "SELECT path FROM ducklake_cleanup_old_files('lake', cleanup_all => true)",
    "CALL ducklake_expire_snapshots('lake')",
    "SELECT getenv('HOME') AS path",
    "SELECT current_setting('memory_limit') AS path",
    "SET memory_limit = '1TB'",
    "PRAGMA version",
    "SELECT path FROM duckdb_secrets() JOIN items ON true",
    "SELECT path FROM ST_Read('/etc/passwd')",
    "SELECT path FROM ST_Drivers() JOIN items ON true",
    "SELECT path FROM items; DELETE FROM items",
    "INSERT INTO items SELECT * FROM items RETURNING path",
    "SELECT path FROM information_schema.tables JOIN items ON true",
]


@pytest.fixture
def asked(lake: Any, standard: Standard) -> Any:
    def ask(sql: str) -> Any:
        lake.item("a.gpkg")
        lake.object("a.gpkg")
        rule = Rule(id="test.town/evil", sql=sql, message={"en": "{measured}"})
        with lake.open() as con:
            verdict = check_tables(con, dataclasses.replace(standard, rules=(rule,)))
        return verdict.rules[0]

    return ask


@pytest.mark.parametrize("sql", OUT)
def test_sql_cannot_get_out(
    asked: Any, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = asked(sql)
    assert found.status == "not checked"
    assert found.reasons
    assert not list(tmp_path.iterdir())


ENDLESS = {
    "recursion": "WITH RECURSIVE t AS (SELECT 1 n UNION ALL SELECT n FROM t) "
    "SELECT path FROM items JOIN t ON n < 0",
    "levenshtein": "SELECT path FROM items WHERE levenshtein(repeat('a', 3000000), "
    "repeat('b', 3000000)) = 1",
    "like": "SELECT path FROM items WHERE repeat('a', 200) LIKE repeat('%a_', 12) || '%b'",
    "product": "SELECT path FROM items, range(1000000) a(i), range(1000000) b(i), "
    "range(1000000) c(i) WHERE (a.i * b.i + c.i) % 1000003 = -1",
}


@pytest.mark.parametrize("sql", ENDLESS.values(), ids=ENDLESS)
def test_sql_that_never_ends_is_stopped(
    asked: Any, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sqlrule, "_SECONDS", 4.0)
    found = asked(sql)
    assert found.status == "not checked"
    assert "4 s" in found.reasons[0]


def test_sql_that_takes_all_memory_is_stopped(asked: Any) -> None:
    found = asked(
        "SELECT path FROM items WHERE length((SELECT string_agg(repeat('x', 100000), '') "
        "FROM range(1000000))) > 0"
    )
    assert found.status == "not checked"
    assert "memory" in found.reasons[0].lower()
