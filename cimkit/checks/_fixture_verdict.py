"""Whether a fixture came to what its name says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cimkit.checks._fixture import Fixture, FixtureResult
from cimkit.model import Status
from cimkit.standard.linting._finding import LintFinding

if TYPE_CHECKING:
    from cimkit.checks._fixture_rows import Line
    from cimkit.standard.package._files import PackageFiles

__all__ = ["compare"]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_ORDER = (Status.FAIL, Status.NOT_CHECKED, Status.PASS, Status.NOT_APPLICABLE)
Found = dict[str, Any]


def compare(
    files: PackageFiles,
    fixture: Fixture,
    lines: Sequence[Line],
    found: Sequence[Found],
    mapping: frozenset[str] = frozenset(),
) -> FixtureResult:
    """Return what a fixture came to, with all that is not as its name and its rows say.

    Parameters
    ----------
    lines
        Its rows; () for a file.
    found
        Findings of its rule, rows of the table ``findings``.
    mapping
        Rows of the mapping that decided in it.
    """
    met = {f["status"] for f in found}
    got = str(next((s for s in _ORDER if s in met), Status.NOT_APPLICABLE))
    bad = [f for f in found if f["status"] == Status.FAIL]
    wrong = [*_whole(files, fixture, got, found)]
    if fixture.expected == got:
        wrong += _rows(fixture, lines, bad)
    wrong += _unfilled(fixture, bad)
    count = len(lines) or sum(f["count"] for f in found)
    return FixtureResult(
        fixture.rule.id, fixture.name, fixture.expected, got, count, mapping, tuple(wrong)
    )


def _unfilled(fixture: Fixture, bad: Sequence[Found]) -> list[LintFinding]:
    """Return what the words of a rule name and its findings do not have."""
    # Data may hold braces, too: only what the rule's own words name counts.
    said = (*fixture.rule.message.values(), *fixture.rule.hint.values())
    names = sorted({n for f in bad for n in _PLACEHOLDER.findall(f["message"] + f["hint"])})
    return [
        LintFinding(
            "rule-placeholder",
            "warning",
            fixture.rule.origin,
            f"{fixture.rule.name} names {{{name}}} in its message or hint, and what it finds has "
            "no such column",
            "Name a column that the finding has, such as {measured} or {expected}.",
        )
        for name in names
        if any(f"{{{name}}}" in text for text in said)
    ]


def _whole(
    files: PackageFiles, fixture: Fixture, got: str, found: Sequence[Found]
) -> list[LintFinding]:
    where = files.where(fixture.name)
    name = fixture.rule.name
    if got == fixture.expected:
        return []
    if got == Status.FAIL:
        first = next(f for f in found if f["status"] == Status.FAIL)
        return [
            LintFinding(
                "fixture-fails",
                "error",
                where,
                f"must pass, but {name} fails: {_shown(first)}",
                "Mend the fixture or the rule; if it is meant to fail, call it fail-<anything>.",
            )
        ]
    if got == Status.PASS:
        return [
            LintFinding(
                "fixture-passes",
                "error",
                where,
                f"must fail, but {name} finds nothing wrong",
                "Mend the rule, or the fixture so that it breaks the rule.",
            )
        ]
    why = next((f["message"] for f in found if f["status"] == got), "it says nothing")
    if got == Status.NOT_CHECKED:
        return [
            LintFinding(
                "fixture-not-checked",
                "error",
                where,
                f"{name} was not checked: {why}",
                "Give the fixture what the rule needs, or mend the rule.",
            )
        ]
    return [
        LintFinding(
            "fixture-not-applicable",
            "error",
            where,
            f"{name} does not speak of these rows: {why}",
            "Give the rows the kind, class and layer that the rule applies to.",
        )
    ]


def _rows(fixture: Fixture, lines: Sequence[Line], bad: Sequence[Found]) -> list[LintFinding]:
    """Hold single rows against the column ``fails``."""
    name = fixture.rule.name
    wrong = []
    by_object = {f["object_id"] for f in bad if f["object_id"]}
    # A finding about a whole layer or source names no row: one row of it at least must fail.
    groups = [f for f in bad if not f["object_id"]]
    for line in lines:
        named = line.object_id in by_object
        told = named or any(_covers(f, line) for f in groups)
        if line.fails is True and not told:
            wrong.append(
                LintFinding(
                    "fixture-row-passes",
                    "error",
                    line.place.cell("fails"),
                    f"this row must fail, but {name} finds nothing wrong with it",
                    "Mend the row or the rule, or write no.",
                )
            )
        if line.fails is False and named:
            first = next(f for f in bad if f["object_id"] == line.object_id)
            wrong.append(
                LintFinding(
                    "fixture-row-fails",
                    "error",
                    line.place.cell("fails"),
                    f"this row must not fail, but {name} says: {_shown(first)}",
                    "Mend the row or the rule, or write yes.",
                )
            )
    for finding in groups:
        covered = [line for line in lines if _covers(finding, line)]
        if covered and all(line.fails is False for line in covered):
            wrong.append(
                LintFinding(
                    "fixture-row-fails",
                    "error",
                    covered[0].place.cell("fails"),
                    f"these rows must not fail, but {name} says: {_shown(finding)}",
                    "Mend the rows or the rule, or write yes.",
                )
            )
    return wrong


def _covers(finding: Found, line: Line) -> bool:
    if finding["path"] and finding["path"] != line.path:
        return False
    return not (finding["layer"] and line.object_id and finding["layer"] != line.layer)


def _shown(finding: Found) -> str:
    place = " ".join(filter(None, (finding["path"], finding["place"])))
    said = finding["message"] or finding["measured"]
    return f"{place}: {said}" if place else str(said)
