"""Each delivered file can be read, or is none that holds geodata."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="source_readable", title="Source can be read", counts="sources", reads="items"
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find refused sources; those without geodata are named aside, with the reason."""
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
    aside = [
        {"path": r["path"], "reason": r["measured"] or "not-said", "count": 1}
        for r in rows
        if r["status"] == "ignored"
    ]
    usable = context.count(f"SELECT count(*) FROM items WHERE {here} AND status <> 'ignored'")
    return conclude(context, rule, pa.Table.from_pylist(refused), usable, aside=aside)
