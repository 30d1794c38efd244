"""IFC models say where on the earth they stand, and do not contradict themselves."""

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
    name="ifc_georeference",
    title="Model is georeferenced",
    counts="models",
    reads="items",
    kinds=("bim",),
    problems=("georeference-*", "crs-*", "map-scale-*", "site-position-*"),
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find models without a place, and those that name two; the loader tells what it met.

    A place given in the delivery sheet is a place. Models that all say nothing, or all the same
    wrong, are copies of one mistake.
    """
    parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard, items=True)
    met = claimed(context, SPEC, rule)
    context.con.register("met", met)
    silent = context.table(
        f"""SELECT path, 'georeference-missing' AS reason FROM items
            WHERE status = 'ok' AND {here} AND item_id NOT IN (SELECT item_id FROM met)
              AND NOT coalesce(try_cast(json_extract_string(properties, '/placed') AS BOOLEAN),
                               crs IS NOT NULL)
            ORDER BY path"""
    )
    context.con.unregister("met")
    models = context.count(f"SELECT count(*) FROM items WHERE status = 'ok' AND {here}")
    both = pa.concat_tables([met, silent], promote_options="permissive")
    said = zip(both["reason"].to_pylist(), both["measured"].to_pylist(), strict=True)
    keys = [f"{reason} {measured or ''}".strip() for reason, measured in said]
    both = both.append_column("mistake", pa.array(keys, pa.string()))
    return conclude(context, rule, both, models)
