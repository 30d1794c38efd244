"""What is worst stands on top, and of copies of one mistake one of each kind first."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from cimkit.checks import Verdict
from cimkit.reporters._content import groups, ordered, pick


def test_errors_stand_before_warnings_and_warnings_before_notes(verdict: Verdict) -> None:
    soft = {"t/ring": "info", "t/origin": "warning"}
    rules = [
        replace(r, worst=soft.get(r.rule, r.worst)) for r in verdict.rules if r.status == "fail"
    ]
    there = [r.worst for r in ordered(replace(verdict, rules=tuple(rules)))]
    assert there == sorted(there, key=("error", "warning", "info").index)
    assert len(set(there)) == 3


def test_of_copies_measured_otherwise_one_of_each_kind_is_first(verdict: Verdict) -> None:
    findings = verdict.findings
    copies = [n for n, rule in enumerate(findings["rule"].to_pylist()) if rule == "t/origin"]
    measured = findings["measured"].to_pylist()
    for n in copies:
        measured[n] = "rare" if n == copies[5] else "other" if n in copies[10:15] else "usual"
    at = findings.schema.get_field_index("measured")
    varied = findings.set_column(at, "measured", pa.array(measured, pa.string()))
    (group,) = (g for g in groups(replace(verdict, findings=varied)) if g.rule == "t/origin")
    kinds = [row["measured"] for row in pick(replace(verdict, findings=varied), group.rows)]
    assert kinds[:4] == ["usual", "other", "rare", "usual"]
    assert sorted(group.rows) == copies
