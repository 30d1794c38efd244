"""GlobalIds that objects of several models share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cimkit.checks._sql import any_of
from cimkit.checks.ifc_federated.groups import Group
from cimkit.model import Severity

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext

__all__ = ["copies"]


def copies(context: CheckContext, group: Group, shared: Sequence[str]) -> list[dict[str, Any]]:
    """Return each pair of models with objects of the same GlobalIds.

    The same object in two models is a warning (it is counted twice), different ones under one
    GlobalId are as bad as the rule says.

    Parameters
    ----------
    shared
        Classes that all models of a project rightly have in common.
    """
    found = context.table(
        f"""
        WITH own AS (
            SELECT item_id, source_key, any_value(content_hash) AS content,
                   any_value(source_class) AS source_class, any_value(name) AS name
            FROM objects WHERE {group.where} AND source_key IS NOT NULL AND source_key <> ''
              AND NOT coalesce({any_of("source_class", shared)}, FALSE)
            GROUP BY item_id, source_key HAVING count(*) = 1),
        pairs AS (
            SELECT a.item_id AS first_id, b.item_id AS item_id, b.source_key, b.source_class,
                   coalesce(b.name, '') AS name,
                   a.content IS NOT DISTINCT FROM b.content
                   OR (a.source_class = b.source_class
                       AND a.name IS NOT DISTINCT FROM b.name) AS same
            FROM own a JOIN own b ON a.source_key = b.source_key
            JOIN items ia ON ia.item_id = a.item_id JOIN items ib ON ib.item_id = b.item_id
            WHERE ia.path < ib.path)
        SELECT i.path, f.path AS other, same, count(*) AS count, min(source_key) AS place,
               string_agg(DISTINCT source_class, ', ' ORDER BY source_class) AS classes
        FROM pairs JOIN items i USING (item_id) JOIN items f ON f.item_id = first_id
        GROUP BY ALL ORDER BY i.path, f.path, same"""
    ).to_pylist()
    return [
        {
            "path": row["path"],
            "place": row["place"],
            "reason": "guid-copied" if row["same"] else "guid-clash",
            "severity": str(Severity.WARNING) if row["same"] else None,
            "measured": f"{row['count']} ({row['classes'][:120]})",
            "expected": "0",
            "other": row["other"],
            "group": group.name,
            "mistake": f"{group.name} {row['path']} {row['other']} {row['same']}",
            "count": 1,
        }
        for row in found
    ]
