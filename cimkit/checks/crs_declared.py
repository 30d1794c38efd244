"""Each source says in which coordinate reference system it is, and it is one that is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._problems import claimed
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import any_of, scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="crs_declared",
    title="Coordinate system is declared",
    counts="sources",
    reads="items",
    kinds=("gis", "raster", "pointcloud", "citymodel", "mesh"),
    problems=("crs-*",),
    parameters={"allowed": None},
)

_PLACELESS = "list_contains(['document', 'requirements'], kind)"


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find sources without a CRS, with one the loader doubts, or one that is not allowed.

    A source without any geometry (a table) needs none. What the delivery sheet declares counts as
    declared; whether it may be a local grid is the standard's ``crs.local_by_sheet``.

    Parameters of the rule: ``allowed`` (``EPSG:n``; default those of the standard, empty: any).
    """
    rules = context.standard.crs_rules
    said = parameters(SPEC, rule)["allowed"]
    allowed = rules.allowed if said is None else tuple(said)
    here = scope(rule, SPEC, context.standard, items=True)
    doubted = claimed(context, SPEC, rule, where="code <> 'crs-missing'")
    context.con.register("doubted", doubted)
    speaks = f"""status = 'ok' AND {here} AND NOT {_PLACELESS} AND (kind <> 'gis'
        OR crs IS NOT NULL OR item_id IN (SELECT item_id FROM geometries)
        OR item_id IN (SELECT item_id FROM flaws WHERE code GLOB 'crs-*'))"""
    refused = "FALSE"
    if allowed:
        refused = f"crs IS NOT NULL AND NOT {any_of('crs', allowed)}"
        if rules.local_by_sheet:
            refused += (
                " AND NOT (crs_origin = 'sheet' AND crs NOT LIKE 'EPSG:%'"
                " AND crs NOT IN ('GCJ-02', 'BD-09'))"
            )
    bad = context.table(
        f"""SELECT path, reason, crs AS measured FROM (
                SELECT path, CASE WHEN crs IS NULL THEN 'crs-missing'
                                  WHEN {refused} THEN 'crs-not-allowed' END AS reason,
                       CASE WHEN length(crs) > 120 THEN left(crs, 117) || '...'
                            ELSE coalesce(crs, '') END AS crs
                FROM items WHERE {speaks} AND item_id NOT IN (SELECT item_id FROM doubted))
            WHERE reason IS NOT NULL ORDER BY path"""
    )
    bad = bad.append_column("expected", pa.array([", ".join(allowed)] * len(bad), pa.string()))
    applicable = context.count(f"SELECT count(*) FROM items WHERE {speaks}")
    context.con.unregister("doubted")
    both = pa.concat_tables([bad, doubted], promote_options="permissive")
    return conclude(context, rule, both, applicable)
