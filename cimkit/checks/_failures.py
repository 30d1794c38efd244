"""Bad rows as findings, column by column: a rule that a whole city breaks has a million of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.checks._telling import Phrases, pieces, placeholders
from cimkit.checks._words import WORDS
from cimkit.model import LAKE, Severity, Status

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext
    from cimkit.standard import Rule

__all__ = ["common", "failures"]

_GIVEN = (
    *("path", "layer", "place", "object_id", "x", "y", "z", "geometry"),
    *("measured", "expected", "mistake"),
)
_SCHEMA = LAKE["findings"]


def common(context: CheckContext, rule: Rule) -> dict[str, Any]:
    """Return what all findings of a rule share; texts that are not known are empty."""
    tolerance = "" if rule.tolerance is None else f"{rule.tolerance:g} {rule.unit}".strip()
    texts = {f.name: "" for f in _SCHEMA if pa.types.is_string(f.type) and f.name != "object_id"}
    return {
        **texts,
        "delivery_id": context.delivery_id,
        "rule": rule.id,
        "severity": str(rule.severity),
        "tolerance": tolerance,
        "mender": rule.mender,
        "clause": rule.clause,
        "element": rule.element,
        "count": 1,
    }


def failures(context: CheckContext, rule: Rule, bad: pa.Table) -> tuple[pa.Table, int]:
    """Return a finding for each bad row, in their order, and how many things they take.

    Parameters
    ----------
    bad
        As `cimkit.checks.conclude` takes it.
    """
    size = bad.num_rows
    given = {name: _chunk(bad[name]) for name in bad.column_names}
    shared = common(context, rule) | {"status": str(Status.FAIL)}
    columns: dict[str, pa.Array] = {}
    for field in _SCHEMA:
        value = pa.scalar(shared.get(field.name), field.type)
        columns[field.name] = pa.repeat(value, size)
        if field.name in _GIVEN and field.name in given:
            told = given[field.name]
            told = _texts(told) if pa.types.is_string(field.type) else told.cast(field.type)
            columns[field.name] = pc.coalesce(told, value) if value.is_valid else told
    columns["object_id"] = (
        _texts(given["object_id"], None) if "object_id" in given else columns["object_id"]
    )
    if "severity" in given:
        said = pc.fill_null(pc.cast(given["severity"], pa.string()), str(rule.severity))
        for level in pc.unique(said).to_pylist():
            Severity(level)
        columns["severity"] = said
    count = pa.repeat(pa.scalar(1, pa.int64()), size)
    if "count" in given:
        told = pc.fill_null(given["count"].cast(pa.int64()), 1)
        count = pc.if_else(pc.equal(told, 0), 1, told)
    columns["count"] = count
    things = count
    if "things" in given:
        things = pc.coalesce(given["things"].cast(pa.int64()), count)
    _tell(context, rule, given, columns, size)
    table = pa.table([columns[f.name].cast(f.type) for f in _SCHEMA], schema=_SCHEMA)
    return table, int(pc.sum(things).as_py() or 0)


def _tell(
    context: CheckContext,
    rule: Rule,
    given: Mapping[str, pa.Array],
    columns: dict[str, pa.Array],
    size: int,
) -> None:
    """Fill in reason, message, hint and details, in one go for all rows that say the same."""
    reason = _texts(given["reason"]) if "reason" in given else pa.repeat("", size)
    hint = _texts(given["hint"]) if "hint" in given else pa.repeat("", size)
    values = {
        **given,
        **{name: columns[name] for name in _SCHEMA.names},
        "standard": pa.repeat(context.standard.key, size),
    }
    parts: list[pa.Table] = []
    for rows, why, how in _alike(context.words, reason, hint, size):
        parts.append(_told(context, rule, values, reason, why, hint, how, rows))
    if not parts:
        return
    told = parts[0] if len(parts) == 1 else pa.concat_tables(parts).sort_by("row")
    for name in ("reason", "message", "hint", "details"):
        columns[name] = _chunk(told[name])


def _alike(
    words: Phrases, reason: pa.Array, hint: pa.Array, size: int
) -> Iterator[tuple[pa.Array, str | None, str | None]]:
    """Yield row numbers by the words of reason and hint; None: texts of their own."""
    if not size:
        return
    known = pa.array([*WORDS, *words])
    keys = [
        pc.if_else(pc.is_in(texts, value_set=known), texts, pa.scalar(None, pa.string()))
        for texts in (reason, hint)
    ]
    table = pa.table({"reason": keys[0], "hint": keys[1], "row": pa.array(np.arange(size))})
    groups = table.group_by(["reason", "hint"]).aggregate([("row", "list")])
    for why, how, rows in zip(*(groups[n] for n in ("reason", "hint", "row_list")), strict=True):
        yield rows.values, why.as_py(), how.as_py()


def _told(
    context: CheckContext,
    rule: Rule,
    values: Mapping[str, pa.Array],
    reason: pa.Array,
    why: str | None,
    hint: pa.Array,
    how: str | None,
    rows: pa.Array,
) -> pa.Table:
    def phrase(by: Mapping[str, str]) -> str:
        return by.get(context.language) or by.get("en") or ""

    def words(word: str) -> Mapping[str, str]:
        return context.words.get(word) or WORDS[word]

    def own_of(array: pa.Array) -> pa.Array:
        return array if len(rows) == len(array) else array.take(rows)

    size = len(rows)
    texts = [*rule.message.values(), *rule.hint.values()]
    for word in (why, how):
        texts += words(word).values() if word is not None else []
    named = {n for t in texts for n in placeholders(t)}
    own = {name: own_of(values[name]) for name in named if name in values}
    reason, hint = own_of(reason), own_of(hint)
    filled = reason if why is None else _fill(phrase(words(why)), own, size)
    message = _fill(phrase(rule.message), {**own, "reason": filled}, size)
    usual = _fill(phrase(rule.hint), {**own, "reason": filled}, size)
    if how is not None:
        spoken = _fill(phrase(words(how)), {**own, "reason": filled}, size)
    else:
        spoken = pc.if_else(pc.equal(hint, ""), usual, hint)
    kept = sorted(named - set(_SCHEMA.names) - {"reason"})
    details = {name: _texts(own[name]) for name in kept if name in own}
    if why is None:
        details["reason"] = reason
    details["hint"] = hint if how is None else pa.repeat(how, size)
    return pa.table(
        {
            "row": rows,
            "reason": pa.repeat(why or "", size),
            "message": message,
            "hint": spoken,
            "details": _documents(details, size),
        }
    )


def _fill(template: str, own: Mapping[str, pa.Array], size: int) -> pa.Array:
    """Return the template filled in for each row; names that no column has stay as they are."""
    said: list[Any] = []
    for literal, name in pieces(template):
        said.append(literal)
        if name is not None:
            said.append(_texts(own[name]) if name in own else f"{{{name}}}")
    if all(isinstance(part, str) for part in said):
        return pa.repeat("".join(said), size)
    return pc.binary_join_element_wise(*said, "", null_handling="replace", null_replacement="")


def _documents(details: Mapping[str, pa.Array], size: int) -> pa.Array:
    """Return a JSON object for each row, of what is not empty; "" where nothing is left."""
    details = {n: a for n, a in details.items() if pc.any(pc.not_equal(a, "")).as_py()}
    if not details:
        return pa.repeat("", size)
    rows = zip(*(array.to_pylist() for array in details.values()), strict=True)
    made = (
        {name: text for name, text in zip(details, row, strict=True) if text not in (None, "")}
        for row in rows
    )
    return pa.array(
        [json.dumps(said, ensure_ascii=False) if said else "" for said in made], pa.string()
    )


def _chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _texts(array: pa.Array, missing: str | None = "") -> pa.Array:
    """Return values as a reader sees them."""
    if pa.types.is_floating(array.type) or pa.types.is_nested(array.type):
        plain = [None if v is None else str(v) for v in array.to_pylist()]
        array = pa.array(plain, pa.string())
    elif not pa.types.is_string(array.type):
        array = array.cast(pa.string())
    return array if missing is None else pc.fill_null(array, missing)
