"""Surveys have no holes in the ground they cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.checks._findings import conclude
from cimkit.checks._measured import UNMEASURED, measured_items, phrase, unmeasured
from cimkit.checks._spec import CheckContext, CheckSpec, parameters

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="survey_voids",
    title="Surveys have no holes",
    counts="sources",
    reads="items",
    kinds=("pointcloud", "raster"),
    measures=("void_area",),
    parameters={"area": 10_000.0, "covered": 60.0, "of": None},
    words={
        **UNMEASURED,
        "corridor": phrase(
            "it covers {share} of the ground between its points: a corridor or a single object,"
            " whose openings are no holes",
            "仅覆盖其点间范围的 {share}：为带状或单体数据，其空缺不视为漏洞",
            "点に囲まれた範囲の {share} しか覆わない帯状・単体のデータで、隙間は欠落とみなしません",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find holes in clouds and rasters: ground without data that has some on both sides.

    Each hole is one finding, with its polygon as geometry. Water gives no points, too: a city that
    knows its waters sets ``area`` by them.

    Parameters of the rule: ``area`` (m², holes that are not larger do not count; the tolerance is
    added), ``covered`` (per cent of the enclosed ground that must have data for the source to be
    one of an area and not a corridor), ``of`` (classes that a raster may have).
    """
    said = parameters(SPEC, rule)
    limit = float(said["area"]) + (rule.tolerance or 0.0)
    rows = measured_items(
        context, rule, SPEC, {"share": ("covered_share", "between")}, of=said["of"] or ()
    )
    missing = unmeasured(rows, "share_low")
    narrow = [r for r in rows if r["share_low"] is not None]
    narrow = [r for r in narrow if 100 * r["share_low"] < float(said["covered"])]
    missing["aside"] += [
        {
            "path": r["path"],
            "reason": "corridor",
            "count": 1,
            "share": f"{100 * r['share_low']:.0f} %",
        }
        for r in narrow
    ]
    skipped = {r["item_id"] for r in narrow}
    judged = [r for r in rows if r["share_low"] is not None and r["item_id"] not in skipped]
    context.con.execute("CREATE OR REPLACE TEMP TABLE judged (item_id VARCHAR, path VARCHAR)")
    if judged:
        context.con.executemany(
            "INSERT INTO judged VALUES (?, ?)", [(r["item_id"], r["path"]) for r in judged]
        )
    bad = context.table(
        f"""SELECT path, ST_X(spot) AS x, ST_Y(spot) AS y, ST_AsWKB(shape) AS geometry,
                   format('{{:,.0f}} m²', value) AS measured, '≤ {said["area"]:g} m²' AS expected,
                   (row_number() OVER (PARTITION BY item_id ORDER BY value DESC) = 1)::INT AS things
            FROM (SELECT *, ST_PointOnSurface(shape) AS spot FROM
                  (SELECT item_id, path, value,
                          TRY(ST_GeomFromText(nullif(cell, ''))) AS shape
                   FROM measures JOIN judged USING (item_id)
                   WHERE name = 'void_area' AND cell <> 'count' AND value > {limit}))
            ORDER BY path, value DESC"""
    )
    return conclude(context, rule, bad, len(judged), **missing)
