"""Each object has a class, and a class that a delivery states is one of the standard's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import any_of, field_text, fits_glob, quote, scope

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
        f"""CREATE OR REPLACE TEMP TABLE stated AS
        SELECT * EXCLUDE (given), given, given IS NOT NULL AND given NOT IN
               (SELECT code FROM known) AS wrong
        FROM (SELECT path, source_layer, spot, object_id, x, y, z, rank, class_code, source_class,
                     CASE WHEN {any_of("kind", _STATING)} THEN {given} END AS given
              FROM things WHERE {here})
        WHERE wrong OR class_code IS NOT NULL OR object_id NOT IN (
            SELECT object_id FROM classifications
            WHERE scheme = {quote(context.standard.scheme)} AND class_code IS NULL)"""
    )
    bad = context.table(
        """SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z,
                   given AS measured, 'class-unknown' AS reason
            FROM stated WHERE wrong ORDER BY rank"""
    )
    applicable = context.count("SELECT count(*) FROM stated")
    if said["unclassed"] != "off":
        groups = context.table(
            f"""SELECT path, source_layer AS layer, coalesce(source_class, '') AS measured,
                       count(*) AS count, 'unclassed' AS reason,
                       {quote(said["unclassed"])} AS severity
                FROM stated WHERE class_code IS NULL AND NOT wrong
                GROUP BY ALL ORDER BY path, layer, measured"""
        )
        bad = pa.concat_tables([bad, groups], promote_options="permissive")
    else:
        applicable -= context.count(
            "SELECT count(*) FROM stated WHERE class_code IS NULL AND NOT wrong"
        )
    return conclude(context, rule, bad, applicable)
