"""From what was told of a source to the findings of a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import parameters
from cimkit.checks._tiles3d.issues import COLUMNS, SUBJECTS, Issues
from cimkit.errors import StandardError

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext, CheckSpec
    from cimkit.model import Source
    from cimkit.standard import Rule

__all__ = ["asked", "conclude_subject", "told"]

Look = Callable[["Source", Issues, Mapping[str, Any]], None]

_SEVERITIES = ("error", "warning", "info")
_held: dict[str, tuple[tuple[Any, ...], Issues]] = {}
"""The last source looked at in this worker: its rules ask one after the other."""


def told(
    source: Source, item: Mapping[str, Any], parameters: Mapping[str, Any], look: Look
) -> pa.Table:
    """Look at a source, unless the rule before this one has, and return one subject's rows.

    Columns are `COLUMNS`; rows with the reason ``looked`` count what was looked at, those with
    severity ``unseen`` name what could not be.
    """
    subject = str(parameters["subject"])
    if subject not in SUBJECTS:
        raise StandardError("there is no such subject", got=subject, expected=", ".join(SUBJECTS))
    key = (item["item_id"], item["sha256"], source.file, parameters.get("contents"))
    known = _held.get(look.__module__)
    if known is None or known[0] != key:
        issues = Issues()
        look(source, issues, parameters)
        _held[look.__module__] = known = (key, issues)
    issues = known[1]
    least = _SEVERITIES.index(str(parameters["least"]))
    rows = [
        r
        for r in issues.told.rows
        if r["subject"] == subject and _SEVERITIES.index(r["severity"]) <= least
    ]
    rows.append({"subject": subject, "reason": "looked", "count": issues.told.checked[subject]})
    rows += [
        {"subject": subject, "reason": reason, "severity": "unseen", "count": 1}
        for of, reason in issues.told.unseen
        if of == subject
    ]
    return pa.Table.from_pylist(rows, schema=COLUMNS)


def asked(start: bytes) -> bool:
    """Return whether a file begins as a tile or subtree does."""
    return start[:4] in (b"b3dm", b"i3dm", b"pnts", b"cmpt", b"geom", b"vctr", b"subt")


def conclude_subject(context: CheckContext, rule: Rule, spec: CheckSpec) -> pa.Table:
    """Return the findings of a rule that speaks of one subject."""
    parameters(spec, rule)
    found = context.inspected(rule)
    if not found.rows.num_rows:
        return conclude(context, rule, found.rows, 0, unchecked=found.unchecked)
    rows = found.rows.to_pylist()
    looked = sum(r["count"] for r in rows if r["reason"] == "looked")
    unseen = [
        {"path": r["path"], "reason": r["reason"], "count": r["count"]}
        for r in rows
        if r["severity"] == "unseen"
    ]
    bad = [r for r in rows if r["reason"] != "looked" and r["severity"] != "unseen"]
    for row in bad:
        row["severity"] = _capped(row["severity"], str(rule.severity))
    wrong = sum(r["count"] for r in bad)
    table = pa.Table.from_pylist(bad, schema=found.rows.schema) if bad else found.rows.slice(0, 0)
    return conclude(context, rule, table, max(looked, wrong), unchecked=[*found.unchecked, *unseen])


def _capped(own: str, rules: str) -> str:
    """Return what a finding weighs: never more than its rule says, and no more than it is."""
    return _SEVERITIES[max(_SEVERITIES.index(own), _SEVERITIES.index(rules))]
