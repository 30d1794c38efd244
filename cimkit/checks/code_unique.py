"""An identifier code stands for one object, in the delivery and in the whole catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec
from cimkit.checks._views import things_of
from cimkit.checks.code_grammar import stated_codes

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="code_unique",
    title="Identifier is unique",
    counts="codes",
    kinds=("gis", "citymodel"),
    parameters={"fields": None},
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find codes used again: each use after the first is one finding that names the first.

    Two rows with one code *and* one geometry are one object delivered twice; that is said by the
    check ``duplicate_object``, if the standard has it, and not again here.

    Parameters of the rule: ``fields`` as of ``code_grammar``.
    """
    elsewhere = any(r.check == "duplicate_object" for r in context.standard.rules)
    one_shape = "left(content_hash, 16)" if elsewhere else "rank"
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE coded AS
        SELECT object_id, code FROM ({stated_codes(context, rule, SPEC)});
        CREATE OR REPLACE TEMP TABLE taken AS
        SELECT DISTINCT asset_code AS code FROM codes
        WHERE object_id NOT IN (SELECT object_id FROM coded);
        CREATE OR REPLACE TEMP TABLE again AS
        SELECT * FROM coded
        WHERE code IN (SELECT code FROM coded GROUP BY code HAVING count(*) > 1
                       UNION ALL SELECT code FROM taken)"""
    )
    bad = context.table(
        f"""
        WITH placed AS (
            SELECT t.path, t.source_layer, t.spot, t.x, t.y, t.z, t.rank, t.content_hash,
                   a.*
            FROM again a JOIN {things_of("again")} t USING (object_id)),
        ranked AS (
            SELECT *, first_value(path || ' ' || spot) OVER w AS first, row_number() OVER w AS use,
                   row_number() OVER (PARTITION BY code, {one_shape} ORDER BY rank) AS copy
            FROM placed WINDOW w AS (PARTITION BY code ORDER BY rank))
        SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z, code AS measured,
               first, 'code-in-delivery' AS reason, rank
        FROM ranked WHERE use > 1 AND copy = 1
        UNION ALL BY NAME
        SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z, code AS measured,
               '' AS first, 'code-in-catalogue' AS reason, rank
        FROM (SELECT *, row_number() OVER (PARTITION BY code ORDER BY rank) AS use FROM placed
              WHERE code IN (SELECT code FROM taken)) WHERE use = 1
        ORDER BY rank"""
    )
    return conclude(context, rule, bad, context.count("SELECT count(*) FROM coded"))
