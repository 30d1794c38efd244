"""Photographs stand along a drive without gaps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cimkit.checks._drives import drives, metres
from cimkit.checks._findings import conclude
from cimkit.checks._measured import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="photo_track",
    title="Drives have no gaps",
    counts="photographs",
    kinds=("imagery",),
    parameters={
        "gap": 50.0,
        "times": 5.0,
        "spacing": math.inf,
        "usual": 25.0,
        "least": 20,
        "pause": 600.0,
        "stuck": 50,
    },
    words={
        "track-gap": phrase(
            "no photograph for {measured} before this one, in a drive that has one every {usual} m",
            "此照片之前有 {measured} 没有照片（该序列的惯常间距为 {usual} 米）",
            "この写真の手前 {measured} に写真がありません（通常の間隔は {usual} m）",
        ),
        "track-spacing": phrase(
            "the {count} photographs of the drive stand {measured} apart",
            "该序列的 {count} 张照片间距为 {measured}",
            "この走行の {count} 枚の写真は {measured} 間隔です",
        ),
        "track-stuck": phrase(
            "{count} photographs in a row have the very same position",
            "连续 {count} 张照片的位置完全相同",
            "連続する {count} 枚の写真の位置がまったく同じです",
        ),
        "track-none": phrase(
            "photographs that are no drive: too few, or too far apart",
            "不构成行车序列的照片（数量过少或间距过大）",
            "走行をなさない写真（枚数不足、または間隔が大きすぎます）",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find gaps in drives, drives with photographs too far apart, and positions that stand still.

    Parameters of the rule: ``gap`` (metres) and ``times`` (the usual distance of the drive) that
    a gap exceeds; ``spacing`` (metres, the greatest median distance in a drive); ``least``
    (photographs) and ``usual`` (metres, median distance) that make a drive; ``pause`` (seconds,
    after which it is another drive); ``stuck`` (photographs at one position, at different times;
    0: not asked). A gap has the line across it as its geometry.
    """
    said = parameters(SPEC, rule)
    drives(context, rule, SPEC)
    step = metres("x", "y", "px", "py")
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE stepped AS
        WITH before AS (
            SELECT *, lag(x) OVER w AS px, lag(y) OVER w AS py, t - lag(t) OVER w AS dt
            FROM shots WHERE x IS NOT NULL
            WINDOW w AS (PARTITION BY drive ORDER BY n)),
        runs AS (
            SELECT *, {step} AS apart,
                   sum((coalesce(dt, 0) > {float(said["pause"])})::INT)
                       OVER (PARTITION BY drive ORDER BY n) AS run FROM before)
        SELECT *, median(apart) FILTER (apart > 0.01) OVER d AS usual, count(*) OVER d AS many
        FROM (SELECT * REPLACE (CASE WHEN coalesce(dt, 0) > {float(said["pause"])} THEN NULL
                                     ELSE apart END AS apart) FROM runs)
        WINDOW d AS (PARTITION BY drive, run)"""
    )
    drive = f"many >= {int(said['least'])}"
    dense = f"{drive} AND usual <= {float(said['usual'])}"
    spacing = float(said["spacing"])
    wide = f"{drive} AND usual > {spacing}" if math.isfinite(spacing) else "FALSE"
    least = int(said["stuck"]) or 2**31 - 1
    bad = context.table(
        f"""SELECT path, object_id, (x + px) / 2 AS x, (y + py) / 2 AS y, z,
                   ST_AsWKB(ST_MakeLine(ST_Point(px, py), ST_Point(x, y))) AS geometry,
                   'track-gap' AS reason, format('{{:.0f}} m', apart) AS measured,
                   '≤ {said["gap"]:g} m' AS expected, format('{{:.1f}}', usual) AS usual,
                   1 AS count
            FROM stepped
            WHERE {dense} AND apart > greatest({float(said["gap"])}, {float(said["times"])} * usual)
            UNION ALL
            SELECT min(path), arg_min(object_id, path), arg_min(x, n), arg_min(y, n),
                   arg_min(z, n), NULL, 'track-spacing',
                   format('{{:.1f}} m', any_value(usual)), '≤ {spacing:g} m', '', count(*)
            FROM stepped WHERE {wide} GROUP BY drive, run
            UNION ALL
            SELECT arg_min(path, n), arg_min(object_id, n), any_value(x), any_value(y),
                   arg_min(z, n), ST_AsWKB(ST_Point(any_value(x), any_value(y))), 'track-stuck',
                   format('{{:.0f}} s', max(t) - min(t)), '', '', count(*)
            FROM (SELECT *, sum((apart IS NULL OR apart > 0.001)::INT)
                                OVER (PARTITION BY drive ORDER BY n) AS stand FROM stepped)
            GROUP BY drive, stand HAVING count(*) >= {least} AND count(DISTINCT t) = count(*)
            ORDER BY path"""
    )
    judged = context.count(f"SELECT count(*) FROM stepped WHERE {drive}")
    judged = max(judged, sum(bad["count"].to_pylist()))
    rest = context.count("SELECT count(*) FROM shots") - judged
    aside = [{"reason": "track-none", "count": rest}] if rest > 0 else []
    return conclude(context, rule, bad, judged, aside=aside)
