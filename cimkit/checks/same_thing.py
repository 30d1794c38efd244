"""What several sources show is one thing, or it is not: no model may mean either of two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.catalog._representations import representations
from cimkit.catalog._same_as import compare, grammar_of
from cimkit.checks._findings import conclude
from cimkit.checks._planes import located
from cimkit.checks._space_words import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope
from cimkit.checks._views import things_of
from cimkit.geometry.same_things import CLEAR
from cimkit.geometry.standing import WHOLE

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="same_thing",
    title="It is clear which thing a model shows",
    counts="models",
    kinds=("gis", "bim", "citymodel"),
    words={
        "several": phrase(
            "it lies over {other} ({overlap}) and {rival} ({rival_overlap}) about equally",
            "与 {other}（{overlap}）和 {rival}（{rival_overlap}）重叠程度相近",
            "{other}（{overlap}）と {rival}（{rival_overlap}）にほぼ等しく重なっています",
        ),
        "claimed": phrase(
            "it shows the place that {rival} shows ({overlap}), at the same level",
            "与 {rival} 在同一级别表示同一位置（{overlap}）",
            "{rival} と同じ場所を同じ詳細度で示しています（{overlap}）",
        ),
        "code-place": phrase(
            "by its code it is {other} ({overlap}), by its place {rival} ({rival_overlap})",
            "按编码为 {other}（{overlap}），按位置为 {rival}（{rival_overlap}）",
            "コードでは {other}（{overlap}）、位置では {rival}（{rival_overlap}）です",
        ),
        "code-kind": phrase(
            "it has the code of {other}, which is something else ({expected})",
            "其编码属于 {other}，而后者是另一种对象（{expected}）",
            "そのコードは {other} のものですが、別の種類（{expected}）です",
        ),
        "retire": phrase(
            "Retire one of the two, or give both the code of the thing that they show.",
            "请停用其一，或为两者填写所表示对象的编码。",
            "一方を廃止するか、両方に示す地物のコードを与えてください。",
        ),
        "mend-code": phrase(
            "Mend the code, or the place where the model stands.",
            "请修正编码，或修正模型的位置。",
            "コードか、モデルの位置を直してください。",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find models of which it is not clear what they show, so that they are joined to nothing.

    What is in doubt is what the catalogue noted when it joined the sources; where nothing is
    noted, the sources are compared here, in the same way.
    """
    parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard)
    noted = context.count(
        "SELECT (SELECT count(*) FROM same_as) + (SELECT count(*) FROM same_as_doubts)"
    )
    if noted:
        context.con.execute(
            "CREATE OR REPLACE TEMP TABLE doubtful AS FROM same_as_doubts;"
            "CREATE OR REPLACE TEMP TABLE joined_up AS SELECT object_id FROM same_as"
        )
    else:
        _compare(context)
    mine = f"SELECT object_id FROM objects WHERE {here}"
    ends = "SELECT unnest([object_id, other_id, rival_id]) AS object_id FROM doubtful"
    bad = context.table(
        f"""
        WITH told AS (
            SELECT object_id, path || ' ' || spot AS said, coalesce(source_class, kind) AS sort,
                   rank
            FROM {things_of(f"({ends})")}
        ), turned AS (  -- of two that claim one place the later in the delivery is named
            SELECT d.* REPLACE (
                CASE WHEN later THEN rival_id ELSE d.object_id END AS object_id,
                CASE WHEN later THEN d.object_id ELSE rival_id END AS rival_id)
            FROM (SELECT d.*, reason = 'claimed' AND coalesce(t.rank < r.rank, FALSE) AS later
                  FROM doubtful d LEFT JOIN told t USING (object_id)
                  LEFT JOIN told r ON r.object_id = d.rival_id) d
        )
        SELECT d.object_id, d.reason, coalesce(o.said, d.other_id) AS other,
               coalesce(r.said, d.rival_id, '') AS rival,
               {_percent("overlap")} AS overlap, {_percent("rival_overlap")} AS rival_overlap,
               CASE reason WHEN 'code-kind' THEN ''
                    WHEN 'claimed' THEN 'IoU ' || {_percent("overlap")}
                    ELSE 'IoU ' || {_percent("overlap")} || ', ' || {_percent("rival_overlap")}
                    END AS measured,
               CASE reason WHEN 'several' THEN '≤ ' || {_percent(f"{CLEAR} * overlap")}
                    WHEN 'claimed' THEN 'IoU < ' || {_percent(str(WHOLE))}
                    WHEN 'code-kind' THEN coalesce(o.sort, '') ELSE '' END AS expected,
               CASE reason WHEN 'several' THEN NULL WHEN 'claimed' THEN 'retire'
                    ELSE 'mend-code' END AS hint,
               CASE WHEN row_number() OVER (PARTITION BY d.object_id ORDER BY d.reason, d.other_id)
                    = 1 THEN 1 ELSE 0 END AS things
        FROM turned d LEFT JOIN told o ON o.object_id = d.other_id
        LEFT JOIN told r ON r.object_id = d.rival_id
        WHERE d.object_id IN ({mine})"""
    )
    applicable = context.count(
        f"""SELECT count(*) FROM ({mine}) SEMI JOIN (
            FROM joined_up UNION ALL {ends}) USING (object_id)"""
    )
    return conclude(context, rule, located(context, bad) if len(bad) else bad, applicable)


def _compare(context: CheckContext) -> None:
    """Make the tables ``joined_up`` and ``doubtful`` of what the sources show."""
    representations(context.con, grammar=grammar_of(context.standard))
    _, pairs, doubts = compare(context.con)
    for name, table in (("joined_up", pairs.select(["object_id"])), ("doubtful", doubts)):
        context.con.register("compared_rows", table)
        context.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM compared_rows")
        context.con.unregister("compared_rows")


def _percent(share: str) -> str:
    return f"round(100 * {share})::INTEGER::VARCHAR || ' %'"
