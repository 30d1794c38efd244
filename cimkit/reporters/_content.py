"""What every report is made of: the findings in batches and in groups, and their words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.checks import tell
from cimkit.model import Severity, Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cimkit.checks import RuleResult, Verdict

__all__ = [
    "LANGUAGES",
    "Group",
    "batches",
    "class_of",
    "failing",
    "groups",
    "head",
    "ordered",
    "pick",
    "results",
    "said",
    "standing",
    "where",
]

LANGUAGES = ("en", "zh", "ja")
BATCH = 20_000
"""Findings that are Python objects at one time."""
_SAME = ("rule", "severity", "reason", "mistake")


@dataclass(frozen=True, slots=True)
class Group:
    """Failures that are one entry of a report: copies of one mistake, or single ones alike."""

    rule: str
    severity: str
    reason: str
    """Word of the rule's check; "" if it has none."""
    mistake: str
    """What copies of one mistake share; "" for those that stand alone."""
    rows: NDArray[np.int64]
    """Rows of the findings, in their order; of copies that were measured otherwise one of each
    kind first, the most frequent kind before the others."""
    things: int
    """How many things they speak of."""


def groups(verdict: Verdict) -> list[Group]:
    """Return the failures that nobody waived, by rule, severity, reason and mistake.

    In the order of `ordered`; within a rule the worst first, then that with the most places.
    """
    findings = verdict.findings
    failed = np.flatnonzero(np.asarray(failing(findings)))
    if not len(failed):
        return []
    keys = np.zeros(len(failed), dtype=np.int64)
    for name in _SAME:
        # Numbers in the place of texts before anything is copied: texts are what is big.
        coded = findings[name].fill_null("").dictionary_encode().combine_chunks()
        code = np.asarray(coded.indices)[failed].astype(np.int64)
        keys = keys * (int(code.max()) + 1) + code
        _, keys = np.unique(keys, return_inverse=True)  # so that products stay small
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    counts = np.asarray(findings["count"].fill_null(0))[failed][order]
    things = np.add.reduceat(counts, starts)
    parts = np.split(failed[order], starts[1:])
    named = findings.select(_SAME).take(pa.array([part[0] for part in parts])).to_pylist()
    measured = findings["measured"].fill_null("").dictionary_encode().combine_chunks()
    kinds = np.asarray(measured.indices)
    found = [
        Group(
            **{k: v or "" for k, v in row.items()},
            rows=_varied(part, kinds[part]) if row["mistake"] else part,
            things=int(n),
        )
        for row, part, n in zip(named, parts, things, strict=True)
    ]
    place = {result.rule: n for n, result in enumerate(ordered(verdict))}
    worst = {str(severity): n for n, severity in enumerate(Severity)}
    found.sort(key=lambda g: (place[g.rule], worst[g.severity], -len(g.rows), g.rows.min()))
    return found


def _varied(rows: NDArray[np.int64], kinds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return rows with the first of each kind ahead, the most frequent kind before the others."""
    _, first, counts = np.unique(kinds, return_index=True, return_counts=True)
    ahead = first[np.lexsort((first, -counts))]
    rest = np.ones(len(rows), dtype=bool)
    rest[ahead] = False
    return np.concatenate([rows[ahead], rows[rest]])


def pick(verdict: Verdict, rows: Sequence[int] | NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return findings by their place in the table, as dicts."""
    found: list[dict[str, Any]] = verdict.findings.take(pa.array(rows, pa.int64())).to_pylist()
    return found


def batches(
    verdict: Verdict, *status: Status, columns: Sequence[str] | None = None
) -> Iterator[list[dict[str, Any]]]:
    """Yield the findings of some statuses (none: of all), as dicts, a batch at a time."""
    table = verdict.findings if columns is None else verdict.findings.select(columns)
    wanted = pa.array([str(s) for s in status or Status])
    statuses = verdict.findings["status"].combine_chunks()
    begin = 0
    for whole in table.to_batches(BATCH):
        here = statuses.slice(begin, whole.num_rows)
        begin += whole.num_rows
        batch = whole.filter(pc.is_in(here, wanted))
        if not batch.num_rows:
            continue
        lists = [column.to_pylist() for column in batch.columns]
        names = batch.schema.names
        yield [dict(zip(names, values, strict=True)) for values in zip(*lists, strict=True)]


def head(verdict: Verdict) -> dict[str, Any]:
    """Return the report as JSON values without its findings."""
    report = replace(verdict, findings=verdict.findings.slice(0, 0)).to_json()
    del report["findings"]
    return report


def results(verdict: Verdict) -> dict[str, RuleResult]:
    """Return the rules' figures by id."""
    return {result.rule: result for result in verdict.rules}


def ordered(verdict: Verdict) -> list[RuleResult]:
    """Return the rules as tables list them: failed, not checked, passed, not applicable.

    Of those that failed errors come before warnings, and warnings before notes.
    """
    order = (Status.FAIL, Status.NOT_CHECKED, Status.PASS, Status.NOT_APPLICABLE)
    place = {str(status): n for n, status in enumerate(order)}
    soft = {"warning": 1, "info": 2}
    return sorted(
        verdict.rules,
        key=lambda r: (place[r.status], soft.get(r.worst, 0) if r.status == Status.FAIL else 0),
    )


def standing(result: RuleResult) -> str:
    """Return the status of a rule as people are told it: a warning is no failure."""
    return result.worst if result.worst in ("warning", "info") else result.status


def said(
    verdict: Verdict, result: RuleResult, finding: Mapping[str, Any], language: str
) -> tuple[str, str]:
    """Return the message and the hint of a finding in a language."""
    if verdict.receipt.get("language") == language:
        return finding["message"] or "", finding["hint"] or ""
    return tell(result.texts, finding, language, result.words)


def where(finding: Mapping[str, Any]) -> str:
    """Return where in its source a finding is: layer and place."""
    return "  ".join(part for part in (finding["layer"], finding["place"]) if part)


def class_of(findings: pa.Table) -> pa.ChunkedArray:
    """Return the class of each finding's object, else the layer it is in."""
    known = findings["object_class"].fill_null("")
    return pc.if_else(pc.equal(known, ""), findings["layer"].fill_null(""), known)


def failing(findings: pa.Table) -> pa.ChunkedArray:
    """Return which findings are failures that nobody waived: those that counts are of."""
    failed = pc.equal(findings["status"], str(Status.FAIL))
    return pc.and_(failed, pc.equal(findings["waived"].fill_null(""), "")).fill_null(False)
