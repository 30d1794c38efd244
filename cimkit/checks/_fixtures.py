"""Fixtures of a package: a few rows or files that a rule must pass or fail, run as deliveries are.

Rows of all fixtures lie in one database in memory, one fixture at a time; each rule runs through
the very code that holds it against a delivery.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.checks._examine import run_rule, spec_of
from cimkit.checks._fixture import Fixture, FixtureResult, unreadable
from cimkit.checks._fixture_rows import COMPANIONS, Rows, read_rows
from cimkit.checks._spec import CheckContext
from cimkit.checks._views import delivery_views
from cimkit.errors import StandardError
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.package._files import open_package

if TYPE_CHECKING:
    import duckdb

    from cimkit.standard import Rule, Standard
    from cimkit.standard.package._files import PackageFiles

__all__ = ["find_fixtures", "run_fixtures"]

_TABLE = re.compile(rf"\.({'|'.join(COMPANIONS)})\.csv$")


def find_fixtures(
    files: PackageFiles, standard: Standard
) -> tuple[list[Fixture], list[LintFinding]]:
    """Return the fixtures of a package, and what in its folder ``tests`` is none."""
    by_name: dict[str, Rule] = {}
    for rule in standard.rules:
        if rule.name not in by_name or rule.id.startswith(f"{standard.id}/"):
            by_name[rule.name] = rule
    found: dict[str, Fixture] = {}
    wrong: dict[str, LintFinding] = {}
    for name in files.files:
        parts = name.split("/")
        if parts[0] != "tests" or len(parts) < 3 or name.endswith("/README.md"):
            continue
        folder, top = parts[1], "/".join(parts[:3])
        if folder not in by_name:
            wrong[folder] = LintFinding(
                "fixture-rule-unknown",
                "error",
                files.where(f"tests/{folder}"),
                f"there are fixtures for {folder!r}, and no such rule",
                "Name the folder after a rule of this package or its parents, or remove it.",
            )
            continue
        expected = parts[2].partition("-")[0]
        if expected not in ("pass", "fail"):
            wrong[top] = LintFinding(
                "fixture-name",
                "error",
                files.where(top),
                "a fixture is called pass-<anything> or fail-<anything>; this one does not run",
                "Rename it.",
            )
            continue
        if len(parts) == 3:
            top = _TABLE.sub(".csv", top)
        found[top] = Fixture(top, by_name[folder], "pass" if expected == "pass" else "fail")
    return sorted(found.values(), key=lambda f: f.name), list(wrong.values())


def run_fixtures(standard: Standard, package: str | Path) -> list[FixtureResult]:
    """Run all fixtures of one package.

    Parameters
    ----------
    standard
        What the package builds to, its parents included.
    package
        Its folder, zip or workbook.

    Returns
    -------
    list of FixtureResult
        One a fixture, in the order of their names, then those of ``tests/classes*.csv``,
        ``tests/codes.csv`` and ``tests/names.csv``.

    Raises
    ------
    StandardError
        If the package cannot be opened.
    """
    from cimkit.catalog._lake import open_database
    from cimkit.checks._fixture_files import run_files
    from cimkit.checks._fixture_tables import run_tables

    files = open_package(Path(package))
    fixtures, _ = find_fixtures(files, standard)
    con = open_database()
    con.execute("SET threads = 1")  # a few rows a query: threads cost more than they give
    try:
        results = [*_run_rows(con, standard, files, [f for f in fixtures if f.rows])]
        results += run_files(standard, files, [f for f in fixtures if not f.rows])
        results.sort(key=lambda r: r.fixture)
        return [*results, *run_tables(con, standard, files)]
    finally:
        con.close()


def _run_rows(
    con: duckdb.DuckDBPyConnection, standard: Standard, files: PackageFiles, given: list[Fixture]
) -> Iterator[FixtureResult]:
    from cimkit.checks._fixture_classes import classify
    from cimkit.checks._fixture_lake import one_at_a_time
    from cimkit.checks._fixture_sql import run_sql_rules
    from cimkit.checks._fixture_verdict import compare

    read: list[tuple[Fixture, Rows]] = []
    for number, fixture in enumerate(given):
        try:
            read.append((fixture, read_rows(files, fixture.name, standard, number)))
        except StandardError as error:
            yield FixtureResult(
                fixture.rule.id,
                fixture.name,
                fixture.expected,
                "",
                0,
                findings=(unreadable(error),),
            )
    classify(con, standard, [rows for _, rows in read])
    with (
        one_at_a_time(con, [rows for _, rows in read]) as show,
        delivery_views(con, standard, None),
    ):
        context = CheckContext(con, standard, "fixture")
        ran = run_sql_rules(context, [fixture for fixture, _ in read], show)
        for number, (fixture, rows) in enumerate(read):
            show(number)
            rule = fixture.rule
            found = run_rule(context, rule, spec_of(rule), ran.get(fixture.name)).to_pylist()
            yield compare(files, fixture, rows.lines, found, rows.decided_by())
