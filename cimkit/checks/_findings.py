"""From bad rows to findings: words, counts, and what was not looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._telling import kept, tell
from cimkit.checks._words import WORDS
from cimkit.model import LAKE, Severity, Status

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext
    from cimkit.standard import Rule

__all__ = ["conclude", "not_checked"]

_BATCH = 20_000
_GIVEN = (
    *("path", "layer", "place", "object_id", "x", "y", "z", "geometry"),
    *("measured", "expected", "mistake"),
)
_COLUMNS = frozenset(LAKE["findings"].names)


def conclude(
    context: CheckContext,
    rule: Rule,
    bad: pa.Table,
    applicable: int,
    *,
    unchecked: Sequence[Mapping[str, Any]] = (),
    aside: Sequence[Mapping[str, Any]] = (),
) -> pa.Table:
    """Return the findings of one rule.

    Parameters
    ----------
    bad
        One row for each place that fails. Columns as in ``findings`` (path, layer, place,
        object_id, x, y, z, geometry, measured, expected, mistake; all may be missing), and

        ``reason``
            a word of the check's `CheckSpec.words` or of `WORDS`, or a text, filled into the
            message as ``{reason}``; a word becomes the finding's ``reason``, too;
        ``hint``
            likewise, where it is not that of the rule;
        ``severity``
            where it is not that of the rule;
        ``count``
            how many things this one place stands for (default 1);
        ``things``
            how many of `applicable` it takes from those that passed (default: ``count``; 0 for the
            second failure of one thing).

        Any other column can be named in the rule's message.
    applicable
        How many things the rule was held against, the failed ones included.
    unchecked
        What could not be looked at: ``path``, ``reason``, ``count``.
    aside
        What the rule does not speak of and yet should be seen: ``path``, ``reason``, ``count``.
    """
    if "path" in bad.column_names:
        bad = bad.sort_by("path")
    found: list[pa.Table] = []
    lost = 0
    # A rule that a whole city breaks has a million rows; as Python objects they come in batches.
    for batch in bad.to_batches(_BATCH):
        failed = [_fail(context, rule, row) for row in batch.to_pylist()]
        lost += sum(row["things"] for row in failed)
        found.append(pa.Table.from_pylist(failed, schema=LAKE["findings"]))
    passed = applicable - lost
    rows: list[dict[str, Any]] = []
    for given in unchecked:
        rows.append(_other(context, rule, Status.NOT_CHECKED, given))
    for given in aside:
        rows.append(_other(context, rule, Status.NOT_APPLICABLE, given))
    if applicable == 0 and not bad.num_rows and not unchecked:
        rows.append(_other(context, rule, Status.NOT_APPLICABLE, {"reason": "nothing", "count": 0}))
    elif passed > 0:
        rows.append(_other(context, rule, Status.PASS, {"reason": "passed", "count": passed}))
    return pa.concat_tables([*found, pa.Table.from_pylist(rows, schema=LAKE["findings"])])


def not_checked(
    context: CheckContext, rule: Rule, reason: str, *, mender: str | None = None, **values: Any
) -> pa.Table:
    """Return the one finding of a rule that could not be checked at all."""
    row = _other(context, rule, Status.NOT_CHECKED, {"count": 0, **values, "reason": reason})
    if mender:
        row["mender"] = mender
    return pa.Table.from_pylist([row], schema=LAKE["findings"])


def _common(context: CheckContext, rule: Rule) -> dict[str, Any]:
    tolerance = "" if rule.tolerance is None else f"{rule.tolerance:g} {rule.unit}".strip()
    return {
        "delivery_id": context.delivery_id,
        "rule": rule.id,
        "fingerprint": "",
        "severity": str(rule.severity),
        "waived": "",
        "compared": "",
        "reason": "",
        "mistake": "",
        "path": "",
        "layer": "",
        "place": "",
        "measured": "",
        "expected": "",
        "tolerance": tolerance,
        "message": "",
        "hint": "",
        "details": "",
        "mender": rule.mender,
        "clause": rule.clause,
        "element": rule.element,
        "count": 1,
    }


def _fail(context: CheckContext, rule: Rule, given: Mapping[str, Any]) -> dict[str, Any]:
    row = _common(context, rule)
    row["status"] = str(Status.FAIL)
    for name in _GIVEN:
        if given.get(name) is not None:
            row[name] = given[name]
    row["severity"] = str(Severity(given.get("severity") or rule.severity))
    row["count"] = int(given.get("count") or 1)
    things = given.get("things")
    row["things"] = row["count"] if things is None else int(things)
    given = {"standard": context.standard.key, **given}
    reason = str(given.get("reason") or "")
    phrases = context.words.get(reason) or WORDS.get(reason)
    own_hint = str(given.get("hint") or "")
    details = {} if phrases is not None or not reason else {"reason": reason}
    details |= {"hint": own_hint} if own_hint else {}
    row["reason"] = reason if phrases is not None else ""
    said = context.words.get(own_hint) or WORDS.get(own_hint) or {"": own_hint}
    texts = (rule.message, rule.hint, phrases or {"": reason}, said)
    details |= kept((text for by in texts for text in by.values()), given, _COLUMNS)
    row["details"] = json.dumps(details, ensure_ascii=False) if details else ""
    row["message"], row["hint"] = tell(
        (rule.message, rule.hint), row, context.language, context.words
    )
    return row


def _other(
    context: CheckContext, rule: Rule, status: Status, given: Mapping[str, Any]
) -> dict[str, Any]:
    row = _common(context, rule)
    row["status"] = str(status)
    row["path"] = given.get("path") or ""
    row["layer"] = given.get("layer") or ""
    row["count"] = int(given.get("count") or 0)
    given = {"standard": context.standard.key, **given}
    reason = str(given["reason"])
    phrases = context.words.get(reason) or WORDS.get(reason)
    row["reason"] = reason if phrases is not None else ""
    details = {} if phrases is not None else {"reason": reason}
    details |= kept((phrases or {"": reason}).values(), given, _COLUMNS)
    row["details"] = json.dumps(details, ensure_ascii=False) if details else ""
    row["message"], _ = tell(({}, {}), row, context.language, context.words)
    return row
