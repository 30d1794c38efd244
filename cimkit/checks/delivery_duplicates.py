"""The same bytes are delivered once."""

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
    name="delivery_duplicates",
    title="No file twice",
    counts="sources",
    reads="items",
    problems=("source-twice",),
    parameters={"documents": False},
    words={
        "twice": {
            "en": "byte for byte the same as {first}",
            "zh": "与 {first} 逐字节相同",
            "ja": "{first} と内容が完全に同じです",
        }
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources with the very bytes of another one; each after the first is one finding.

    Parameters of the rule: ``documents`` (whether what is no geodata counts, too).
    """
    said = parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard, items=True)
    status = "TRUE" if said["documents"] else "status <> 'ignored'"
    wanted = f"{here} AND {status} AND coalesce(sha256, '') <> '' AND size > 0"
    bad = context.table(
        f"""SELECT path, first, size::VARCHAR AS measured, 'twice' AS reason
            FROM (SELECT path, size, first_value(path) OVER same AS first,
                         row_number() OVER same AS nth
                  FROM items WHERE {wanted} WINDOW same AS (PARTITION BY sha256 ORDER BY path))
            WHERE nth > 1 ORDER BY path"""
    )
    return conclude(context, rule, bad, context.count(f"SELECT count(*) FROM items WHERE {wanted}"))
