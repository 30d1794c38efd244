"""A source whose texts could be read in several ways says which one is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._problems import claimed
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="encoding_declared",
    title="Character encoding is declared",
    counts="sources",
    reads="items",
    kinds=("gis", "trajectory"),
    problems=("encoding-*",),
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources whose encoding had to be detected, or whose loader doubts it.

    Texts in ASCII alone read the same in every encoding, so nothing is missing there.
    """
    parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard, items=True)
    doubted = claimed(context, SPEC, rule, where="code <> 'encoding-detected'")
    context.con.register("doubted", doubted)
    speaks = f"""status = 'ok' AND {here} AND (encoding_origin IN ('declared', 'sheet', 'detected')
                 OR item_id IN (SELECT item_id FROM doubted))"""
    bad = context.table(
        f"""SELECT path, encoding AS measured, 'encoding-detected' AS reason FROM items
            WHERE {speaks} AND encoding_origin = 'detected' AND lower(encoding) NOT LIKE '%ascii'
              AND item_id NOT IN (SELECT item_id FROM doubted) ORDER BY path"""
    )
    applicable = context.count(f"SELECT count(*) FROM items WHERE {speaks}")
    context.con.unregister("doubted")
    both = pa.concat_tables([bad, doubted], promote_options="permissive")
    return conclude(context, rule, both, applicable)
