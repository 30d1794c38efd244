"""What a dataset had before is still there, unless it has a reason to be gone."""

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
    name="city_former",
    title="Objects of the former delivery are there",
    kinds=("gis", "citymodel", "bim"),
    needs=("context",),
    parameters={"missing": True, "class": True, "size": 0.5},
    words={
        "former-missing": {
            "en": "the city has it, this delivery does not",
            "zh": "城市中已有，本次交付缺失",
            "ja": "都市にはありますが、この納品にはありません",
        },
        "former-missing-all": {
            "en": "the city has {count} objects of this layer, and none of them was delivered",
            "zh": "城市中该图层有 {count} 个对象，本次交付一个也没有",
            "ja": "都市にあるこのレイヤの {count} 件が一件も納品されていません",
        },
        "former-class": {
            "en": "the class was {was} in the city and is {now} now",
            "zh": "城市中的分类为 {was}，现为 {now}",
            "ja": "都市での分類は {was} でしたが、{now} になっています",
        },
        "former-moved": {
            "en": "it has moved by {distance} m",
            "zh": "位置移动了 {distance} 米",
            "ja": "位置が {distance} m 動いています",
        },
        "former-size": {
            "en": "its size was {was} and is {now} now",
            "zh": "其大小原为 {was}，现为 {now}",
            "ja": "大きさが {was} から {now} に変わっています",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find objects of replaced datasets that are missing, of another class, elsewhere or resized.

    Which those are says the context package: a dataset is known again by its name or by its keys.
    A dataset that the delivery sheet says it extends or patches need not have all. The rule's
    tolerance is in metres (default 5) between the centres of the boxes. One object is one finding.

    Parameters of the rule: ``missing`` and ``class`` (whether these are looked for), ``size``
    (share by which area or length may change; 0: not looked at).
    """
    said = parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard)
    far = 5.0 if rule.tolerance is None else rule.tolerance
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE former AS
        SELECT c.*, r.action, o.object_id AS mine, o.class_code AS now_class, o.path,
               o.x AS now_x, o.y AS now_y, o.spot, o.source_layer AS now_layer, o.z AS now_z,
               o.area_m2 AS now_area, o.length_m AS now_length, p.path AS dataset_path,
               111320 * sqrt(pow((o.x - c.x) * cos(radians(c.y)), 2) + pow(o.y - c.y, 2)) AS far
        FROM (SELECT * FROM city.objects WHERE {here}) c
        JOIN city.replaced r ON r.city_dataset_id = c.dataset_id
        LEFT JOIN city.same s ON s.city_object_id = c.object_id
        LEFT JOIN things o ON o.object_id = s.object_id
        LEFT JOIN (SELECT dataset_id, min(path) AS path FROM items GROUP BY ALL) p
            ON p.dataset_id = r.dataset_id
        WHERE r.action = 'replace' OR o.object_id IS NOT NULL"""
    )
    bad = context.table(
        f"""
        WITH judged AS (
            SELECT *, CASE
                WHEN mine IS NULL THEN CASE WHEN {said["missing"]}
                    AND lifecycle IS DISTINCT FROM 'demolished' THEN 'former-missing' END
                WHEN {said["class"]} AND now_class IS DISTINCT FROM class_code
                    THEN 'former-class'
                WHEN far > {far} THEN 'former-moved'
                WHEN {said["size"]} > 0 AND abs(coalesce(now_area, 0) - coalesce(area_m2, 0))
                    > {said["size"]} * area_m2 THEN 'former-size'
                WHEN {said["size"]} > 0 AND abs(coalesce(now_length, 0) - coalesce(length_m, 0))
                    > {said["size"]} * length_m AND coalesce(area_m2, 0) = 0 THEN 'former-size'
                END AS reason,
                count(*) OVER layers AS total, count(mine) OVER layers AS there
            FROM former
            WINDOW layers AS (PARTITION BY dataset_id, coalesce(source_layer, ''))
        )
        SELECT coalesce(path, dataset_path) AS path, coalesce(now_layer, source_layer) AS layer,
               coalesce(spot, source_key) AS place, coalesce(mine, object_id) AS object_id,
               coalesce(now_x, x) AS x, coalesce(now_y, y) AS y, coalesce(now_z, z_min) AS z,
               reason, CASE reason WHEN 'former-class' THEN coalesce(now_class, '-')
                   WHEN 'former-moved' THEN format('{{:,.1f}} m', far)
                   WHEN 'former-size' THEN {_size("now_area", "now_length")}
                   ELSE '-' END AS measured,
               CASE reason WHEN 'former-class' THEN coalesce(class_code, '-')
                   WHEN 'former-size' THEN {_size("area_m2", "length_m")}
                   WHEN 'former-missing' THEN source_key ELSE '' END AS expected,
               format('{{:,.1f}}', far) AS distance, 1 AS count
        FROM judged WHERE reason IS NOT NULL AND (reason <> 'former-missing' OR there > 0
            OR total = 1)
        UNION ALL BY NAME
        SELECT dataset_path AS path, source_layer AS layer, '' AS place,
               'former-missing-all' AS reason, '0' AS measured, count(*)::VARCHAR AS expected,
               avg(x) AS x, avg(y) AS y, count(*) AS count
        FROM judged WHERE reason = 'former-missing' AND there = 0 AND total > 1
        GROUP BY dataset_path, source_layer
        ORDER BY path, layer, place"""
    )
    bad = bad.append_column("was", bad["expected"]).append_column("now", bad["measured"])
    return conclude(context, rule, bad, context.count("SELECT count(*) FROM former"))


def _size(area: str, length: str) -> str:
    return (
        f"CASE WHEN coalesce(area_m2, 0) > 0 THEN format('{{:,.0f}} m²', coalesce({area}, 0))"
        f" ELSE format('{{:,.0f}} m', coalesce({length}, 0)) END"
    )
