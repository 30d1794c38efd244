"""From what was found in each model to the rows of findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import pyarrow as pa

from cimkit.checks._spec import CheckContext, Inspected

__all__ = ["FOUND", "bad_rows", "mistakes", "no_rows"]

_WAYS = 3
"""Ways to break one rule that are told one by one."""
_LENGTH = 80
"""Characters of what was due that a message shows."""

FOUND = pa.schema(
    [
        ("code", pa.string()),
        ("applicable", pa.int64()),
        ("error", pa.string()),
        ("place", pa.string()),
        ("entity", pa.string()),
        ("guid", pa.string()),
        ("title", pa.string()),
        ("measured", pa.string()),
        ("expected", pa.string()),
        ("reason", pa.string()),
        ("count", pa.int64()),
    ]
)
"""What `inspect` returns: tallies (``count`` 0) and broken places (``applicable`` 0)."""


def no_rows(code: str) -> dict[str, Any]:
    """Return a row of `FOUND` that says nothing yet."""
    empty: dict[str, Any] = dict.fromkeys(FOUND.names, "")
    return empty | {"code": code, "applicable": 0, "count": 0}


def _met(bad: pa.Table) -> list[str]:
    """Return what was met and what was due, in brackets, as far as either is known."""
    found = []
    for measured, expected in zip(
        *(bad[c].to_pylist() for c in ("measured", "expected")), strict=True
    ):
        due = expected if len(expected) <= _LENGTH else f"{expected[:_LENGTH]} …"
        said = " → ".join(t for t in (measured, due) if t)
        found.append(f" ({said})" if said else "")
    return found


def mistakes(rules: Sequence[str], ways: Sequence[str]) -> list[str]:
    """Return what copies of one mistake share: how a rule is broken, or the rule if in many ways.

    Hundreds of entries of one rule hide the others; its places still say what was met at each.
    """
    known: defaultdict[str, set[str]] = defaultdict(set)
    for rule, way in zip(rules, ways, strict=True):
        known[rule].add(way)
    return [
        way if len(known[rule]) <= _WAYS else rule for rule, way in zip(rules, ways, strict=True)
    ]


def _rule(code: str, reason: str, entity: str, measured: str) -> str:
    """Return what is one rule to people: a number, a WHERE clause, one kind of fault of a class."""
    part = {"where": measured.partition(":")[0], "schema": entity}.get(code, "")
    return ": ".join(t for t in (code, reason, part) if t)


def bad_rows(
    context: CheckContext,
    inspected: Inspected,
    *,
    soft: Collection[str] = (),
    softer: str | None = None,
    hinted: Collection[str] = (),
) -> tuple[pa.Table, int, list[dict[str, Any]]]:
    """Return bad rows, what they were among, and what could not be looked at.

    Where it lies on the map is told by the object with the same GlobalId. Rows that break one rule
    in the same way are copies of one mistake; of a rule broken in many ways all are one.

    Parameters
    ----------
    soft
        Codes of which a break has the severity ``softer``.
    hinted
        Codes that have a hint of their own.
    """
    if not inspected.rows.num_rows:
        return pa.table({"path": pa.array([], pa.string())}), 0, []
    con = context.con
    con.register("found_here", inspected.rows)
    try:
        bad = context.table(
            """
            WITH here AS (
                SELECT item_id, source_key, min(object_id) AS object_id, min(x) AS x, min(y) AS y,
                       min(z) AS z
                FROM things WHERE item_id IN (SELECT DISTINCT item_id FROM found_here)
                GROUP BY ALL HAVING count(*) = 1)
            SELECT f.path, f.code,
                   concat_ws(' ', nullif(f.place, ''), nullif(f.entity, ''),
                             CASE WHEN f.guid <> '' THEN '(' || f.guid || ')' END) AS place,
                   h.object_id, h.x, h.y, h.z, f.measured, f.expected, f.title, f.entity,
                   CASE WHEN f.reason = '' THEN f.code ELSE f.reason END AS reason,
                   concat_ws(': ', f.code, nullif(f.entity, ''), f.measured) AS mistake,
                   f.count, (f.place = '')::INT AS last,
                   try_cast(substr(f.place, 2) AS BIGINT) AS number
            FROM found_here f LEFT JOIN here h ON h.item_id = f.item_id AND h.source_key = f.guid
            WHERE f.count > 0 ORDER BY f.path, f.code, last, number"""
        ).drop_columns(["last", "number"])
        applicable = context.count("SELECT sum(applicable) FROM found_here")
        lost = context.table(
            """SELECT path, code, error, 'not-followed' AS reason, 1 AS count FROM found_here
               WHERE error <> '' ORDER BY path, code"""
        ).to_pylist()
    finally:
        con.unregister("found_here")
    told = zip(*(bad[c].to_pylist() for c in ("code", "reason", "entity", "measured")), strict=True)
    keys = mistakes([_rule(*row) for row in told], bad["mistake"].to_pylist())
    at = bad.schema.get_field_index("mistake")
    bad = bad.set_column(at, "mistake", pa.array(keys, pa.string()))
    hints = [f"{code}-hint" if code in hinted else None for code in bad["code"].to_pylist()]
    bad = bad.append_column("hint", pa.array(hints, pa.string()))
    severity = [softer if code in soft else None for code in bad["code"].to_pylist()]
    bad = bad.append_column("severity", pa.array(severity, pa.string()))
    bad = bad.append_column("met", pa.array(_met(bad), pa.string()))
    # One thing may break a rule twice, and a rule may count other things than it names.
    things = int(sum(bad["count"].to_pylist()))
    return bad, max(applicable, things), lost
