"""Each object has a class, and a class that a delivery states is one of the standard's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import any_of, field_text, fits_glob, quote, scope
from cimkit.checks._views import things_of

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="class_known",
    title="Class exists in the standard",
    kinds=("gis", "citymodel"),
    parameters={"unclassed": "warning", "ignore": []},
)

_STATING = ("gis", "citymodel")  # the attributes of other kinds are not the deliverer's


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find stated classes that do not exist, and groups of objects that have no class at all.

    Objects to which no class is due, as the standard says (an opening, a grid), lack none.

    Parameters of the rule: ``unclassed`` (severity of objects without a class; "off": they are
    not reported), ``ignore`` (globs over source classes that need none).
    """
    said = parameters(SPEC, rule)
    ignored = [fits_glob("coalesce(source_class, '')", g) for g in said["ignore"]]
    here = scope(rule, SPEC, context.standard)
    if ignored:
        here = f"{here} AND NOT ({' OR '.join(ignored)})"
    given = field_text(*context.standard.class_fields)
    context.con.execute(
        f"""CREATE OR REPLACE TEMP VIEW stated AS
        SELECT *, given IS NOT NULL AND given NOT IN (SELECT code FROM known) AS wrong
        FROM (SELECT item_id, source_layer, object_id, class_code, source_class,
                     CASE WHEN {any_of("kind", _STATING)} THEN {given} END AS given
              FROM things WHERE {here})
        WHERE wrong OR class_code IS NOT NULL OR object_id NOT IN (
            SELECT object_id FROM classifications
            WHERE scheme = {quote(context.standard.scheme)} AND class_code IS NULL)"""
    )
    context.con.execute(
        """CREATE OR REPLACE TEMP TABLE groups AS
        SELECT item_id, source_layer, wrong, class_code IS NULL AND NOT wrong AS unclassed,
               CASE WHEN class_code IS NULL THEN coalesce(source_class, '') END AS source_class,
               count(*) AS n,
               list({'object_id': object_id, 'given': given}) FILTER (wrong) AS strange
        FROM stated GROUP BY ALL;
        CREATE OR REPLACE TEMP TABLE strange AS
        SELECT unnest(strange, recursive := true) FROM groups WHERE wrong"""
    )
    bad = context.table(
        f"""SELECT t.path, t.source_layer AS layer, t.spot AS place, t.object_id, t.x, t.y, t.z,
                   s.given AS measured, 'class-unknown' AS reason
            FROM strange s JOIN {things_of("strange")} t USING (object_id) ORDER BY t.rank"""
    )
    applicable = context.count("SELECT sum(n) FROM groups")
    if said["unclassed"] != "off":
        groups = context.table(
            f"""SELECT i.path, g.source_layer AS layer, g.source_class AS measured,
                       sum(n)::BIGINT AS count, 'unclassed' AS reason,
                       {quote(said["unclassed"])} AS severity
                FROM groups g JOIN items i USING (item_id) WHERE unclassed
                GROUP BY ALL ORDER BY path, layer, measured"""
        )
        bad = pa.concat_tables([bad, groups], promote_options="permissive")
    else:
        applicable -= context.count("SELECT sum(n) FROM groups WHERE unclassed")
    return conclude(context, rule, bad, applicable)
