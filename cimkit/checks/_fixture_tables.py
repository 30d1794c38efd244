"""What a package expects of its mapping, its code grammar and its file names, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cimkit.checks._fixture import FixtureResult, unreadable
from cimkit.checks._fixture_classes import classify
from cimkit.checks._fixture_rows import read_rows, table_rows
from cimkit.errors import StandardError
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.rows import NO_CLASS

if TYPE_CHECKING:
    import duckdb

    from cimkit.standard import Place, Standard
    from cimkit.standard.package._files import PackageFiles

__all__ = ["run_tables"]


def run_tables(
    con: duckdb.DuckDBPyConnection, standard: Standard, files: PackageFiles
) -> Iterator[FixtureResult]:
    """Yield what ``tests/classes*.csv``, ``tests/codes.csv`` and ``tests/names.csv`` come to."""
    for name in files.under("tests", ".csv"):
        base = name.removeprefix("tests/")
        if "/" in base:
            continue
        try:
            if base.startswith("classes"):
                yield _classes(con, standard, files, name)
            elif base in ("codes.csv", "names.csv"):
                rows, wrong = _texts(standard, files, name, base.removesuffix(".csv"))
                yield FixtureResult(
                    base.removesuffix(".csv"), name, "", "", rows, findings=tuple(wrong)
                )
        except StandardError as error:
            yield FixtureResult(
                base.removesuffix(".csv"), name, "", "", 0, findings=(unreadable(error),)
            )


def _classes(
    con: duckdb.DuckDBPyConnection, standard: Standard, files: PackageFiles, name: str
) -> FixtureResult:
    rows = read_rows(files, name, standard, 0)
    classify(con, standard, [rows])
    objects = {o["object_id"]: o for o in rows.tables["objects"]}
    rules = {
        c["object_id"]: c for c in rows.tables["classifications"] if c["scheme"] == standard.scheme
    }
    wrong, proven = [], set()
    for line in rows.lines:
        if not line.object_id:
            continue
        decided = rules.get(line.object_id)
        got = (decided["class_code"] or NO_CLASS) if decided else ""
        by = f" ({decided['rule']})" if decided else ""
        wanted = line.cells.get("expect", "")
        if got != wanted:
            wrong.append(
                LintFinding(
                    "fixture-class",
                    "error",
                    line.place.cell("expect"),
                    f"is classed {_shown(standard, got)}{by}, not {_shown(standard, wanted)}",
                    "Mend the mapping, or what is expected of it.",
                )
            )
        elif decided:
            proven.add(decided["rule"])
        level = objects[line.object_id].get("level") or ""
        wanted = line.cells.get("expect_level", "")
        if wanted and level != wanted:
            wrong.append(
                LintFinding(
                    "fixture-level",
                    "error",
                    line.place.cell("expect_level"),
                    f"gets the level {level or 'none'}{by}, not {wanted}",
                    "Mend the mapping, the class's level or level_rules.csv.",
                )
            )
    return FixtureResult("classes", name, "", "", len(objects), frozenset(proven), tuple(wrong))


def _shown(standard: Standard, code: str) -> str:
    if not code:
        return "nothing"
    row = standard.by_code.get(code)
    if code == NO_CLASS:
        return "- (no class due)"
    return f"{code} {row.name('en')}" if row else f"{code} (no class of {standard.id})"


def _texts(
    standard: Standard, files: PackageFiles, name: str, what: str
) -> tuple[int, list[LintFinding]]:
    """Hold codes against the grammar, or file names against ``naming.toml``."""
    column = what.removesuffix("s")
    count, wrong = 0, []
    for place, cells in table_rows(files, name):
        _known(place, cells, column)
        text, wanted = cells[column], cells["expect"]
        count += 1
        reasons = _code(standard, text) if what == "codes" else _name(standard, text)
        if (wanted == "valid") == bool(reasons):
            said = f"not valid: {'; '.join(reasons)}" if reasons else "valid"
            where = "the code grammar" if what == "codes" else "naming.toml"
            wrong.append(
                LintFinding(
                    f"fixture-{column}",
                    "error",
                    place.cell("expect"),
                    f"{text!r} is {said}",
                    f"Mend {where}, or what is expected of it.",
                )
            )
    return count, wrong


def _known(place: Place, cells: dict[str, str], column: str) -> None:
    for name in (column, "expect"):
        if not cells.get(name):
            raise StandardError(f"`{name}` is empty", where=place.cell(name))
    if cells["expect"] not in ("valid", "invalid"):
        raise StandardError(
            "`expect` says valid or invalid", where=place.cell("expect"), got=cells["expect"]
        )


def _code(standard: Standard, code: str) -> list[str]:
    grammar = standard.grammar
    if grammar is None:
        return ["the standard has no code grammar"]
    reasons = grammar.validate(code)
    if reasons:
        return reasons
    of = grammar.class_of(code)
    row = standard.by_code.get(of or "")
    if row is None:
        return [f"there is no class {of}"]
    return [] if row.leaf else [f"class {of} is a group"]


def _name(standard: Standard, name: str) -> list[str]:
    if standard.naming is None:
        return []
    return standard.naming.explain(name)
