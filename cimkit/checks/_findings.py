"""From bad rows to findings: words, counts, and what was not looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._words import WORDS
from cimkit.model import LAKE, Severity, Status

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext
    from cimkit.standard import Rule

__all__ = ["conclude", "not_checked", "say"]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_BATCH = 20_000
_GIVEN = ("path", "layer", "place", "object_id", "x", "y", "z", "measured", "expected")


def say(text: str, language: str, values: Mapping[str, Any] | None = None) -> str:
    """Return the phrase that a word of `WORDS` stands for, or the text itself, filled in.

    Names in braces that are not among the values stay as they are, and values are never filled in
    themselves, so data cannot write into a message.

    Examples
    --------
    >>> say("photo-missing", "en")
    'no position'
    >>> say("got {measured}", "en", {"measured": "{path}", "path": "a"})
    'got {path}'
    """
    phrase = WORDS.get(text)
    text = text if phrase is None else phrase.get(language) or phrase["en"]
    if not values:
        return text
    return _PLACEHOLDER.sub(lambda m: str(values.get(m[1], m[0])), text)


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
        object_id, x, y, z, measured, expected; all may be missing), and

        ``reason``
            a word of `WORDS` or a text, filled into the message as ``{reason}``;
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
        "severity": str(rule.severity),
        "path": "",
        "layer": "",
        "place": "",
        "measured": "",
        "expected": "",
        "tolerance": tolerance,
        "message": "",
        "hint": "",
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
    values = {"standard": context.standard.key, **given, **row}
    language = context.language
    values["reason"] = say(str(given.get("reason") or ""), language, values)
    row["message"] = say(_in(rule.message, language), language, values)
    row["hint"] = say(given.get("hint") or _in(rule.hint, language), language, values)
    return row


def _other(
    context: CheckContext, rule: Rule, status: Status, given: Mapping[str, Any]
) -> dict[str, Any]:
    row = _common(context, rule)
    row["status"] = str(status)
    row["path"] = given.get("path") or ""
    row["layer"] = given.get("layer") or ""
    row["count"] = int(given.get("count") or 0)
    row["message"] = say(str(given["reason"]), context.language, {**given, **row})
    return row


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or ""
