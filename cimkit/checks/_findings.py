"""From bad rows to findings: words, counts, and what was not looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from cimkit.checks._failures import common, failures
from cimkit.checks._telling import kept, tell
from cimkit.checks._words import WORDS
from cimkit.model import LAKE, Status

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext
    from cimkit.standard import Rule

__all__ = ["conclude", "not_checked"]

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
            a word of the check's `CheckSpec.words` or of `WORDS`, filled into the message as
            ``{reason}`` and kept as the finding's ``reason``; or a text, taken as it is;
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
    if "path" in bad.column_names and not _in_order(bad["path"]):
        bad = bad.sort_by("path")
    failed, lost = failures(context, rule, bad)
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
    return pa.concat_tables([failed, pa.Table.from_pylist(rows, schema=LAKE["findings"])])


def _in_order(paths: pa.ChunkedArray) -> bool:
    """Return whether paths ascend already, as most checks have them: a million rows stay put."""
    if len(paths) < 2 or paths.null_count:
        return len(paths) < 2
    return bool(pc.all(pc.less_equal(paths.slice(0, len(paths) - 1), paths.slice(1))).as_py())


def not_checked(
    context: CheckContext, rule: Rule, reason: str, *, mender: str | None = None, **values: Any
) -> pa.Table:
    """Return the one finding of a rule that could not be checked at all."""
    row = _other(context, rule, Status.NOT_CHECKED, {"count": 0, **values, "reason": reason})
    if mender:
        row["mender"] = mender
    return pa.Table.from_pylist([row], schema=LAKE["findings"])


def _other(
    context: CheckContext, rule: Rule, status: Status, given: Mapping[str, Any]
) -> dict[str, Any]:
    row = common(context, rule)
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
