"""A delivery has about as many objects of each class and district as what it replaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope
from cimkit.errors import StandardError

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_MEASURES = {"objects": "count(*)", "area": "sum(area_m2)", "length": "sum(length_m)"}
_GIVEN = {"objects": "sum(objects)", "area": "sum(area_m2)", "length": "sum(length_m)"}

SPEC = CheckSpec(
    name="city_counts",
    title="Counts agree with the city's",
    counts="classes",
    kinds=("gis", "citymodel"),
    needs=("context",),
    parameters={"against": "dataset", "measure": "objects", "least": 5},
    words={
        "count-fewer": {
            "en": "{share} less than the city has",
            "zh": "比城市现有数据少 {share}",
            "ja": "都市の現有データより {share} 少ない",
        },
        "count-more": {
            "en": "{share} more than the city has",
            "zh": "比城市现有数据多 {share}",
            "ja": "都市の現有データより {share} 多い",
        },
        "count-none": {
            "en": "nothing of what the city has was delivered",
            "zh": "城市现有的该类数据一个也没有交付",
            "ja": "都市にあるものが一件も納品されていません",
        },
        "count-new": {
            "en": "the city has nothing of the kind so far",
            "zh": "城市此前没有此类数据",
            "ja": "都市にはこれまで存在しない分類です",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find classes and districts whose number changes by more than the rule's tolerance.

    Tolerance is a share (default 0.1: a tenth). Districts are those of the context package, if it
    has any.

    Parameters of the rule: ``against`` (``dataset``: each dataset with the one it replaces;
    ``city``: all that is delivered with all the city has, a class that is absent being one that
    was not delivered), ``measure`` (``objects``, ``area``, ``length``), ``least`` (changes that
    are no larger, in objects, m² or m, are never reported).

    Raises
    ------
    StandardError
        If a parameter has no such value.
    """
    said = parameters(SPEC, rule)
    for name, known in (("against", ("dataset", "city")), ("measure", tuple(_MEASURES))):
        if said[name] not in known:
            raise StandardError(
                f"the parameter {name} of {SPEC.name} has no such value",
                where=rule.origin,
                got=said[name],
                expected=", ".join(known),
            )
    tolerance = 0.1 if rule.tolerance is None else rule.tolerance
    mine = scope(rule, SPEC, context.standard)
    _districts(context, mine)
    by_dataset = said["against"] == "dataset"
    whole = "NULL AS city_dataset_id" if not by_dataset else "r.city_dataset_id"
    join = "JOIN city.replaced r USING (dataset_id)" if by_dataset else ""
    only = "AND r.action = 'replace'" if by_dataset else ""
    theirs = (
        "dataset_id IN (SELECT city_dataset_id FROM city.replaced WHERE action = 'replace')"
        if by_dataset
        else "TRUE"
    )
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE compared AS
        WITH now AS (
            SELECT {whole}, coalesce(t.class_code, '') AS class_code,
                   coalesce(t.district, p.name, '') AS district,
                   coalesce({_MEASURES[said["measure"]]}, 0) AS n, min(t.path) AS path
            FROM things t {join} LEFT JOIN in_district p USING (object_id)
            WHERE {mine} {only} GROUP BY ALL
        ), former AS (
            SELECT {"dataset_id" if by_dataset else "NULL"} AS city_dataset_id,
                   coalesce(class_code, '') AS class_code, coalesce(district, '') AS district,
                   coalesce({_GIVEN[said["measure"]]}, 0) AS n
            FROM city.counts WHERE {theirs} AND {mine.replace("source_layer", "NULL")} GROUP BY ALL
        )
        SELECT coalesce(now.city_dataset_id, f.city_dataset_id) AS dataset,
               coalesce(now.class_code, f.class_code) AS class_code,
               coalesce(now.district, f.district) AS district, coalesce(now.n, 0) AS n,
               coalesce(f.n, 0) AS was, now.path
        FROM now FULL JOIN former f ON now.class_code = f.class_code
            AND now.district = f.district
            AND now.city_dataset_id IS NOT DISTINCT FROM f.city_dataset_id"""
    )
    unit = {"objects": "", "area": " m²", "length": " m"}[said["measure"]]
    bad = context.table(
        f"""
        WITH paths AS (
            SELECT r.city_dataset_id AS dataset, min(path) AS path
            FROM city.replaced r JOIN items USING (dataset_id) GROUP BY ALL)
        SELECT coalesce(c.path, p.path, '') AS path, class_code, district,
               concat_ws(' ', nullif(class_code, ''), k.name_{context.language},
                         nullif(district, '')) AS place,
               format('{{:,.0f}}{unit}', n::DOUBLE) AS measured,
               format('{{:,.0f}}{unit}', was::DOUBLE) AS expected,
               format('{{:.0f}} %', 100 * abs(n - was) / greatest(was, 1)) AS share,
               CASE WHEN n = 0 THEN 'count-none' WHEN was = 0 THEN 'count-new'
                    WHEN n < was THEN 'count-fewer' ELSE 'count-more' END AS reason
        FROM compared c LEFT JOIN paths p USING (dataset) LEFT JOIN known k ON k.code = class_code
        WHERE abs(n - was) > {float(said["least"])} AND abs(n - was) > {tolerance} * was
        ORDER BY class_code, district, path"""
    )
    return conclude(context, rule, bad, context.count("SELECT count(*) FROM compared"))


def _districts(context: CheckContext, here: str) -> None:
    """Make ``in_district`` (object_id, name) as the city assigns its own objects."""
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE in_district AS
        SELECT object_id, min(name) AS name
        FROM (SELECT object_id, ST_Point(x, y) AS point FROM things
              WHERE x IS NOT NULL AND {here}) JOIN city.districts d
            ON ST_Intersects(d.geometry, point)
        GROUP BY object_id"""
    )
