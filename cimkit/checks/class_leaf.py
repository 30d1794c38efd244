"""Each object has the finest class there is: one that no other class stands below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(name="class_leaf", title="Class is a leaf")


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find objects whose class has classes below it."""
    parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard)
    name = f"coalesce(nullif(k.name_{context.language}, ''), k.name_en)"
    bad = context.table(
        f"""SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z,
                   class_code || ' ' || {name} AS measured,
                   (SELECT string_agg(code, ', ' ORDER BY code) FROM
                    (SELECT code FROM known WHERE parent = k.code ORDER BY code LIMIT 5))
                   || CASE WHEN (SELECT count(*) FROM known WHERE parent = k.code) > 5
                      THEN ', …' ELSE '' END AS expected
            FROM (SELECT * FROM things WHERE {here}) t
            JOIN known k ON k.code = t.class_code AND NOT k.leaf ORDER BY rank"""
    )
    all_classed = f"SELECT count(*) FROM things WHERE class_code IS NOT NULL AND {here}"
    return conclude(context, rule, bad, context.count(all_classed))
