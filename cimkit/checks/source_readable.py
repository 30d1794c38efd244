"""Each delivered file can be read to its end, or is none that holds geodata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._problems import claimed
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="source_readable",
    title="Source can be read",
    counts="sources",
    reads="items",
    problems=(
        *("*-truncated", "source-cut-off", "read-stopped", "statements-lost"),
        *("blocks-missing", "laz-chunk-table-missing"),
    ),
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources that are refused or break off; those without geodata are named aside."""
    parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard, items=True)
    rows = context.table(
        f"""SELECT i.path, i.status, first(f.message) AS measured, first(f.place) AS place,
                   first(f.hint) AS hint, first(f.expected) AS expected
            FROM (SELECT * FROM items WHERE {here} AND status <> 'ok') i
            LEFT JOIN (SELECT * FROM flaws WHERE status <> 'ok' ORDER BY
                       CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END) f
                 USING (item_id)
            GROUP BY i.path, i.status ORDER BY i.path"""
    ).to_pylist()
    refused = [r for r in rows if r["status"] == "refused"]
    for row in refused:
        # An error's own sentence ends with its mend, which stands in the finding for itself.
        row["measured"] = (row["measured"] or "").removesuffix(row["hint"] or "").strip(" .")
        row["hint"] = row["hint"] or None
    cut: dict[str, dict[str, Any]] = {}
    for row in claimed(context, SPEC, rule).to_pylist():
        first = cut.setdefault(row["path"], row | {"measured": "", "things": 1, "reason": None})
        said = [part for part in (first["measured"], row["detail"].rstrip(" .")) if part]
        first["measured"] = ". ".join(dict.fromkeys(said))
    aside = [
        {"path": r["path"], "reason": r["measured"] or "not-said", "count": 1}
        for r in rows
        if r["status"] == "ignored"
    ]
    usable = context.count(f"SELECT count(*) FROM items WHERE {here} AND status <> 'ignored'")
    bad = pa.Table.from_pylist([*refused, *cut.values()])
    return conclude(context, rule, bad, usable, aside=aside)
