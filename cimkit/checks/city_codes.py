"""Identifier codes of a delivery are not those of other objects of the city."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec
from cimkit.checks.code_grammar import stated_codes

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="city_codes",
    title="Identifier is not taken in the city",
    counts="codes",
    kinds=("gis", "citymodel"),
    needs=("context",),
    parameters={"fields": None},
    words={
        "code-taken": {
            "en": "the city has given it to another object (class {class_code}, {owner}, {key})",
            "zh": "城市已将其分配给另一对象（分类 {class_code}，{owner}，{key}）",
            "ja": "都市では別の対象に付与済みです（分類 {class_code}、{owner}、{key}）",
        },
        "code-retired": {
            "en": "the city gave it to an object that is no more; a code is never given twice",
            "zh": "该标识码曾分配给已注销的对象，标识码不得重复使用",
            "ja": "廃止された対象に付与された識別コードです。同じコードは二度使えません",
        },
        "codes-withheld": {
            "en": "{count} codes that the city does not show at this access level",
            "zh": "城市在此访问级别下未公开的 {count} 个标识码",
            "ja": "このアクセス区分では都市が公開しない識別コード {count} 件",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find codes that the context package has for another object than the one delivered.

    An object that is delivered again keeps its code: it is known by its dataset and key.

    Parameters of the rule: ``fields`` as of ``code_grammar``.
    """
    given = stated_codes(context, rule, SPEC)
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE coded AS
        SELECT path, source_layer, spot, object_id, x, y, z, rank, code FROM ({given})"""
    )
    bad = context.table(
        """
        SELECT c.path, c.source_layer AS layer, c.spot AS place, c.object_id, c.x, c.y, c.z,
               c.code AS measured, k.class_code, coalesce(d.name, '?') AS owner,
               coalesce(k.source_key, '?') AS key, c.rank,
               CASE WHEN k.object_id IS NULL THEN 'code-retired' ELSE 'code-taken' END AS reason
        FROM coded c JOIN city.codes k ON k.asset_code = c.code
            LEFT JOIN city.same s ON s.object_id = c.object_id
            LEFT JOIN city.datasets d ON d.dataset_id = k.dataset_id
        WHERE k.object_id IS DISTINCT FROM coalesce(s.city_object_id, c.object_id)
        QUALIFY row_number() OVER (PARTITION BY c.code ORDER BY c.rank) = 1
        ORDER BY c.rank"""
    )
    return conclude(
        context,
        rule,
        bad,
        context.count("SELECT count(*) FROM coded"),
        aside=_withheld(context, "codes"),
    )


def _withheld(context: CheckContext, table: str) -> list[dict[str, Any]]:
    levels = context.city.document["withheld"].get(table, {}) if context.city else {}
    count = sum(levels.values())
    return [{"path": "", "reason": "codes-withheld", "count": count}] if count else []
