"""What a check of a delivery comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.model import Severity, Status

if TYPE_CHECKING:
    from cimkit.checks._baseline import Comparison
    from cimkit.checks._overrides import Override
    from cimkit.checks._score import Score
    from cimkit.checks._spec import CheckSpec
    from cimkit.checks._waivers import WaiverUse
    from cimkit.standard import Acceptance, Rule

__all__ = ["RuleResult", "Verdict", "judge"]


_INTERNAL = frozenset({"delivery_id", "details", "geometry"})
"""Columns of findings that a report of texts does not show."""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule in figures. The four statuses count things and are never added up."""

    rule: str
    """Full id."""
    title: str
    """What it asks for, in English: its own, else that of its check."""
    titles: Mapping[str, str]
    """The same in each language that the rule says it in."""
    severity: str
    """Of the rule; single findings may differ."""
    worst: str
    """Severity of its worst failure, "" if nothing failed."""
    element: str
    """ISO 19157 data quality element."""
    clause: str
    """Clause of the standard."""
    mandatory: bool
    """Whether the verdict needs it."""
    defect_class: str
    """A, B, C, D in a score; "" where it takes no points."""
    mender: str
    """Who can mend what fails: vendor, office or tool."""
    counts: str
    """What its counts count."""
    status: str
    """fail if anything failed that is not waived, else not checked if anything was not, else pass
    (also where all failures are waived), else not applicable."""
    failed: int
    """Things that failed and are not waived."""
    places: int
    """Findings that say so."""
    waived: int
    """Places that failed and are waived."""
    passed: int
    """Things that passed."""
    not_applicable: int
    """Things named, that it does not speak of."""
    not_checked: int
    """Things it could not look at; 0 if it could not even count them."""
    reasons: tuple[str, ...]
    """Why it did not check what it did not check."""
    texts: tuple[Mapping[str, str], Mapping[str, str]]
    """Message and hint by language, and ..."""
    words: Mapping[str, Mapping[str, str]]
    """... the phrases of its check: `cimkit.checks.tell` makes a finding's words of them."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        del values["texts"], values["words"]
        return {**values, "titles": dict(self.titles), "reasons": list(self.reasons)}


@dataclass(frozen=True)
class Verdict:
    """The verdict on one delivery."""

    accepted: bool
    """All mandatory rules were checked, and the standard's acceptance is met."""
    complete: bool
    """All mandatory rules were checked."""
    exit_code: int
    """0 accepted, 1 rejected by the standard's acceptance, 3 incomplete."""
    findings: pa.Table
    """Rows of `cimkit.model.LAKE` ``findings``: the one truth that all reports are made from."""
    rules: tuple[RuleResult, ...]
    """One for each rule, in the order of the standard."""
    counts: dict[str, Any]
    """``findings``: rows by status; ``failures``: places that failed, by severity."""
    receipt: dict[str, Any]
    """standard, standard_hash, governed_by (standard, date, reason by language, alternatives,
    warning: it is not in force on that date; None: not asked), tool, context_hash, sheet_hash,
    checked, seconds, language, files (path, sha256, size, status)."""
    score: Score | None = None
    """Points and grade, where the standard's acceptance is a score."""
    comparison: Comparison | None = None
    """What became of the failures of the last delivery, where a baseline was given."""
    waivers: tuple[WaiverUse, ...] = ()
    """What each waiver did."""
    overrides: tuple[Override, ...] = ()
    """Rules that were not checked as the standard has them."""

    @property
    def word(self) -> str:
        """``accepted``, ``rejected`` or ``incomplete``."""
        return {0: "accepted", 1: "rejected", 3: "incomplete"}[self.exit_code]

    @property
    def verdict(self) -> str:
        """Of all rules together, as of one: ``pass``, ``fail`` or ``not checked``."""
        return {0: "pass", 1: "fail", 3: "not checked"}[self.exit_code]

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values, as `cimkit/reporters/report.schema.json` describes it."""
        return {
            "report": 1,
            "verdict": self.word,
            "accepted": self.accepted,
            "complete": self.complete,
            "exit_code": self.exit_code,
            "counts": self.counts,
            "overrides": [asdict(override) for override in self.overrides],
            "waivers": [waiver.to_json() for waiver in self.waivers],
            "baseline": self.comparison.to_json() if self.comparison else None,
            "score": self.score.to_json() if self.score else None,
            "rules": [rule.to_json() for rule in self.rules],
            "findings": [
                {k: v for k, v in row.items() if v not in (None, "") and k not in _INTERNAL}
                for row in self.findings.to_pylist()
            ],
            "receipt": self.receipt,
        }


def judge(
    findings: pa.Table,
    checked: Sequence[tuple[Rule, CheckSpec]],
    acceptance: Acceptance,
    receipt: dict[str, Any],
    *,
    score: Score | None = None,
    comparison: Comparison | None = None,
    waivers: tuple[WaiverUse, ...] = (),
    overrides: tuple[Override, ...] = (),
) -> Verdict:
    """Return the verdict that findings come to.

    Rejected weighs more than incomplete: what was not looked at cannot undo a failure.
    """
    rows = _grouped(findings)
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_rule.setdefault(row["rule"], []).append(row)
    results = tuple(_result(rule, spec, by_rule.get(rule.id, [])) for rule, spec in checked)
    failed = [r for r in rows if r["status"] == Status.FAIL and not r["waived"]]
    failures = {str(s): sum(r["places"] for r in failed if r["severity"] == s) for s in Severity}
    complete = not any(
        row["status"] == Status.NOT_CHECKED
        for rule, _ in checked
        if rule.mandatory
        for row in by_rule.get(rule.id, [])
    )
    over = failures[Severity.ERROR] > acceptance.maximum
    rejected = over if score is None else not score.passed
    return Verdict(
        accepted=complete and not rejected,
        complete=complete,
        exit_code=1 if rejected else 0 if complete else 3,
        findings=findings,
        rules=results,
        counts={
            "findings": {
                str(s): sum(r["places"] for r in rows if r["status"] == s) for s in Status
            },
            "failures": failures,
            "waived": sum(r["places"] for r in rows if r["waived"]),
        },
        receipt=receipt,
        score=score,
        comparison=comparison,
        waivers=waivers,
        overrides=overrides,
    )


def _grouped(findings: pa.Table) -> list[dict[str, Any]]:
    """Return findings by rule, status, severity and whether they are waived.

    ``places`` are their rows, ``count`` the things they stand for, ``messages`` why something was
    not checked, in the order of the findings.
    """
    import pyarrow.compute as pc

    keys = ["rule", "status", "severity", "waived"]
    told = pa.table(
        {
            **{name: findings[name] for name in keys[:3]},
            "waived": pc.not_equal(pc.fill_null(findings["waived"], ""), ""),
            "count": findings["count"],
        }
    )
    sums = told.group_by(keys, use_threads=False).aggregate([("count", "sum"), ([], "count_all")])
    rows = [
        {
            **{name: row[name] for name in keys},
            "count": row["count_sum"] or 0,
            "places": row["count_all"],
            "messages": [],
        }
        for row in sums.to_pylist()
    ]
    unseen = findings.filter(pc.equal(findings["status"], str(Status.NOT_CHECKED)))
    for row in rows:
        if row["status"] == Status.NOT_CHECKED:
            own = pc.and_(
                pc.equal(unseen["rule"], row["rule"]), pc.equal(unseen["severity"], row["severity"])
            )
            row["messages"] = unseen["message"].filter(own).to_pylist()
    return rows


def _result(rule: Rule, spec: CheckSpec, rows: list[dict[str, Any]]) -> RuleResult:
    def things(status: Status) -> int:
        return sum(row["count"] for row in rows if row["status"] == status and not row["waived"])

    waived = sum(row["places"] for row in rows if row["waived"])
    failed = [row for row in rows if row["status"] == Status.FAIL and not row["waived"]]
    met = {row["status"] for row in rows if not row["waived"]}
    met |= {str(Status.PASS)} if waived else set()
    severities = {row["severity"] for row in failed}
    order = (Status.FAIL, Status.NOT_CHECKED, Status.PASS, Status.NOT_APPLICABLE)
    unseen = (m for row in rows for m in row["messages"])
    return RuleResult(
        rule=rule.id,
        title=rule.title.get("en") or spec.title,
        titles={"en": spec.title, **rule.title},
        severity=str(rule.severity),
        worst=next((str(s) for s in Severity if s in severities), ""),
        element=rule.element,
        clause=rule.clause,
        mandatory=rule.mandatory,
        defect_class=rule.defect_class,
        mender=rule.mender,
        counts=spec.counts,
        status=str(next(s for s in order if s in met)),
        failed=things(Status.FAIL),
        places=sum(row["places"] for row in failed),
        waived=waived,
        passed=things(Status.PASS),
        not_applicable=things(Status.NOT_APPLICABLE),
        not_checked=things(Status.NOT_CHECKED),
        reasons=tuple(dict.fromkeys(unseen)),
        texts=(rule.message, rule.hint),
        words=spec.words,
    )
