"""What loaders met, as findings: in the rule that speaks of it, or else under a rule of our own."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckSpec
from cimkit.checks._sql import any_of, quote, scope
from cimkit.checks._words import PROBLEM, WORDS
from cimkit.model import Severity, Status

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext
    from cimkit.standard import Rule

__all__ = ["PROBLEM_SPEC", "SOURCE_PROBLEM", "claimed", "problem_rule", "source_problems"]

SOURCE_PROBLEM = "cimkit/source-problem"
"""Id of the built-in rule for problems that no rule of the standard speaks of."""

_MESSAGE = {"en": "{code}: {reason}", "zh": "{code}：{reason}", "ja": "{code}：{reason}"}


_REASON = f"""CASE WHEN {any_of("code", sorted(WORDS))} THEN code
    WHEN {any_of(f"{quote(PROBLEM)} || code", sorted(WORDS))} THEN {quote(PROBLEM)} || code
    ELSE message END"""
"""SQL: the word for a problem, where there is one."""

PROBLEM_SPEC = CheckSpec(
    name="source_problem", title="Nothing else was met in reading", counts="problems"
)
"""Stands for the check of that rule."""


def problem_rule() -> Rule:
    """Return the built-in rule; each finding has the severity that the loader gave."""
    from cimkit.standard import Rule

    return Rule(
        id=SOURCE_PROBLEM,
        severity=Severity.WARNING,
        element="usability",
        check="source_problem",
        clause="cimkit",
        message=_MESSAGE,
        mandatory=False,
        origin="cimkit",
    )


def claimed(context: CheckContext, spec: CheckSpec, rule: Rule, *, where: str = "TRUE") -> pa.Table:
    """Return the problems a check reports as its own, as bad rows with their ``item_id``.

    The first problem of a source takes it from those that passed, further ones do not. Problems
    of severity *info* are no failures; `source_problems` shows those that no rule has failed.
    """
    here = scope(rule, spec, context.standard, items=True)
    globs = " OR ".join(f"code GLOB {quote(g)}" for g in spec.problems)
    return context.table(
        f"""SELECT item_id, path, place, got AS measured, expected, nullif(hint, '') AS hint,
                   {_REASON} AS reason, message AS detail, code,
                   (row_number() OVER (PARTITION BY item_id ORDER BY place, code) = 1)::INT
                       AS things
            FROM flaws WHERE status = 'ok' AND severity <> 'info' AND ({globs})
              AND item_id IN (SELECT item_id FROM items WHERE {here}) AND {where}
            ORDER BY path, place, code"""
    )


def source_problems(
    context: CheckContext,
    checked: Sequence[tuple[Rule, CheckSpec]],
    findings: pa.Table,
) -> pa.Table:
    """Return what loaders met and no rule has reported, so that nothing stays silent.

    A problem counts as reported if a rule that speaks of its code has a finding, not a pass, of
    that source. One finding has all problems of a code in a source.

    Parameters
    ----------
    checked
        The rules that ran, with their checks.
    findings
        What they found.
    """
    said: dict[str, set[str]] = {}
    for path, rule_id, status in zip(
        *(findings[c].to_pylist() for c in ("path", "rule", "status")), strict=True
    ):
        if path and status != Status.PASS:
            said.setdefault(path, set()).add(rule_id)
    globs = {rule.id: spec.problems for rule, spec in checked}
    readable = {rule.id for rule, spec in checked if spec.name == "source_readable"}

    def told(path: str, code: str, status: str, severity: str) -> bool:
        rules = said.get(path, set())
        if status != "ok" and rules & readable:
            return True
        if severity == "info" and code not in WORDS:
            return False
        return any(fnmatchcase(code, g) for r in rules for g in globs.get(r, ()))

    rows = context.table(
        """SELECT path, status, code, severity, first(message ORDER BY place) AS detail,
                  CASE WHEN count(*) = 1 THEN first(place) ELSE '' END AS place,
                  CASE WHEN count(*) = 1 THEN first(got) ELSE '' END AS measured,
                  CASE WHEN count(*) = 1 THEN first(expected) ELSE '' END AS expected,
                  nullif(first(hint ORDER BY place), '') AS hint, count(*) AS count
           FROM flaws GROUP BY path, status, code, severity ORDER BY path, code"""
    ).to_pylist()
    rows = [r for r in rows if not told(r["path"], r["code"], r["status"], r["severity"])]
    for row in rows:
        word = PROBLEM + row["code"]
        row["reason"] = word if word in WORDS else row["detail"]
    # A problem has no opposite that could be counted as passed.
    things = sum(r["count"] for r in rows)
    return conclude(context, problem_rule(), pa.Table.from_pylist(rows), things)
