"""Aerial photographs overlap along their strip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.checks._drives import drives
from cimkit.checks._findings import conclude
from cimkit.checks._measured import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="photo_overlap",
    title="Aerial photographs overlap",
    counts="photographs",
    kinds=("imagery",),
    parameters={"minimum": 50.0, "least": 3},
    words={
        "overlap-unknown": phrase(
            "photographs of which it is not known what ground they see from above",
            "无法得知其所摄地面范围的照片",
            "上空から写した地面の範囲が分からない写真",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find photographs from above that overlap too little with both neighbours in their flight.

    The ground a photograph sees is that of its footprint, level and as far below as it says. The
    better of the two neighbours counts: at the end of a strip the next photograph is of another.

    Parameters of the rule: ``minimum`` (per cent of its area), ``least`` (photographs that make a
    flight). The tolerance is in per cent, too.
    """
    said = parameters(SPEC, rule)
    least = float(said["minimum"]) - (rule.tolerance or 0.0)
    drives(context, rule, SPEC)
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE lapped AS
        WITH seen AS (
            SELECT s.*, i.geometry AS shape FROM shots s JOIN items i USING (item_id)
            WHERE s.above IS NOT NULL AND i.geometry IS NOT NULL
            QUALIFY count(*) OVER (PARTITION BY drive) >= {int(said["least"])}),
        beside AS (
            SELECT *, lag(shape) OVER w AS before, lead(shape) OVER w AS after FROM seen
            WINDOW w AS (PARTITION BY drive ORDER BY n))
        SELECT *, 100 * greatest(coalesce(ST_Area(ST_Intersection(shape, before)), 0),
                                 coalesce(ST_Area(ST_Intersection(shape, after)), 0))
                  / nullif(ST_Area(shape), 0) AS overlap FROM beside"""
    )
    bad = context.table(
        f"""SELECT path, object_id, x, y, z, ST_AsWKB(shape) AS geometry,
                   format('{{:.0f}} %', overlap) AS measured,
                   '≥ {said["minimum"]:g} %' AS expected
            FROM lapped WHERE overlap < {least} ORDER BY path"""
    )
    judged = context.count("SELECT count(*) FROM lapped")
    rest = context.count("SELECT count(*) FROM shots") - judged
    aside = [{"reason": "overlap-unknown", "count": rest}] if rest else []
    return conclude(context, rule, bad, judged, aside=aside)
