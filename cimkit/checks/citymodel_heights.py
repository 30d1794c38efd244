"""The height that a building is said to have is that of its geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import field_text, scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="citymodel_heights",
    title="Stated heights are those of the geometry",
    counts="buildings",
    kinds=("citymodel",),
    parameters={"fields": ["measuredHeight"], "share": 0.25, "unknown": -9000.0},
    words={
        "height-differs": {
            "en": "the height stated is not that of the geometry",
            "zh": "所述高度与几何高度不符",
            "ja": "記された高さが形状の高さと異なります",
        },
        "height-nonsense": {
            "en": "the height stated is none a building can have",
            "zh": "所述高度不可能为建筑高度",
            "ja": "記された高さは建物の高さではあり得ません",
        },
        "height-unknown": {
            "en": "the height is marked as unknown",
            "zh": "高度标为未知",
            "ja": "高さは不明とされています",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find buildings whose stated height is off their geometry's by more than both limits.

    The geometry's height is that from its lowest to its highest point over all levels of detail,
    parts included. Buildings that have only a footprint are passed over.

    Parameters of the rule: ``fields`` (attributes that may hold the height, in metres), ``share``
    (of the larger height that it may differ by), ``unknown`` (values up to this mean that it is not
    known). The rule's tolerance is in metres (default 2).
    """
    said = parameters(SPEC, rule)
    fields, share = [str(f) for f in said["fields"]], float(said["share"])
    unknown = float(said["unknown"])
    near = 2.0 if rule.tolerance is None else rule.tolerance
    here = scope(rule, SPEC, context.standard)
    inner = field_text(*fields).replace("properties,", "properties -> '/attributes',")
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE heights AS
        SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z, rank, height,
               TRY_CAST(coalesce({field_text(*fields)}, {inner}) AS DOUBLE) AS stated
        FROM things WHERE {here} AND height > 0.1"""
    )
    bad = context.table(
        f"""SELECT * EXCLUDE (height, stated, rank), printf('%.2f m', stated) AS measured,
                   printf('%.2f m', height) AS expected,
                   CASE WHEN stated <= 0 THEN 'height-nonsense' ELSE 'height-differs' END AS reason
            FROM heights WHERE stated > {unknown} AND (stated <= 0
                OR abs(stated - height) > greatest({near}, {share} * greatest(stated, height)))
            ORDER BY rank"""
    )
    aside = context.table(
        f"""SELECT path, layer, 'height-unknown' AS reason, count(*) AS count FROM heights
            WHERE stated <= {unknown} GROUP BY ALL ORDER BY path"""
    ).to_pylist()
    held = context.count(f"SELECT count(*) FROM heights WHERE stated > {unknown}")
    return conclude(context, rule, bad, held, aside=aside)
