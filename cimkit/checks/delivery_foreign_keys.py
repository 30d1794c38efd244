"""What one layer names in another is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import field_text, fits_glob, scope
from cimkit.errors import StandardError

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="delivery_foreign_keys",
    title="Keys into other layers",
    counts="values",
    kinds=("gis", "citymodel"),
    parameters={"from": "", "to": "", "obligatory": False},
    words={
        "key-missing": {
            "en": "{from} is {measured}, and no row of {to} has that",
            "zh": "{from} 为 {measured}，而 {to} 中没有该值",
            "ja": "{from} の値 {measured} が {to} にありません",
        },
        "key-empty": {
            "en": "{from} is empty",
            "zh": "{from} 为空",
            "ja": "{from} が空です",
        },
        "layer-none": {
            "en": "the layer of {to} was not delivered",
            "zh": "{to} 所在图层未交付",
            "ja": "{to} のレイヤが納品されていません",
        },
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find values that should be a key of another layer and are not.

    Where the other layer was not delivered the rule is not checked.

    Parameters of the rule: ``from`` and ``to`` (layer and field with a dot between them, the layer
    a glob: ``manhole*.pipe_id``), ``obligatory`` (whether the value may be empty).

    Raises
    ------
    StandardError
        If one of them is no layer and field.
    """
    said = parameters(SPEC, rule)
    sides = {}
    for side in ("from", "to"):
        layer, dot, field = said[side].rpartition(".")
        if not dot or not layer or not field:
            raise StandardError(
                f"`{side}` is a layer and a field",
                where=rule.origin,
                got=said[side],
                expected="e.g. manhole.pipe_id",
            )
        sides[side] = (fits_glob("coalesce(source_layer, '')", layer), field_text(field))
    here = scope(rule, SPEC, context.standard)
    (mine, value), (theirs, key) = sides["from"], sides["to"]
    there = context.count(f"SELECT count(*) FROM things WHERE {theirs}")
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE naming AS
        SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z, rank,
               {value} AS measured
        FROM things WHERE {here} AND {mine}"""
    )
    named = context.count("SELECT count(measured) FROM naming")
    if named and not there:
        blind = context.table(
            "SELECT path, 'layer-none' AS reason, count(measured) AS count, $to AS to FROM naming"
            " GROUP BY path ORDER BY path",
            {"to": said["to"]},
        ).to_pylist()
        empty = pa.table({"path": pa.array([], pa.string())})
        return conclude(context, rule, empty, 0, unchecked=blind)
    wanted = "TRUE" if said["obligatory"] else "measured IS NOT NULL"
    bad = context.table(
        f"""SELECT path, layer, place, object_id, x, y, z, coalesce(measured, '') AS measured,
                   $from AS "from", $to AS to,
                   CASE WHEN measured IS NULL THEN 'key-empty' ELSE 'key-missing' END AS reason
            FROM naming WHERE {wanted} AND (measured IS NULL OR measured NOT IN (
                SELECT {key} FROM things WHERE {theirs} AND {key} IS NOT NULL))
            ORDER BY rank""",
        {"from": said["from"], "to": said["to"]},
    )
    count = context.count(f"SELECT count(*) FROM naming WHERE {wanted}")
    return conclude(context, rule, bad, count)
