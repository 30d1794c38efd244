"""The headings of photographs turn with the drive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.checks._drives import angle_between, drives
from cimkit.checks._findings import conclude
from cimkit.checks._measured import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="photo_course",
    title="Headings turn with the drive",
    counts="photographs",
    kinds=("imagery",),
    parameters={"least": 10, "step": 2.0, "fixed": 0.8},
    words={
        "heading-off": phrase(
            "it looks {off}° off the direction in which the camera looks otherwise, {usual}° from"
            " that of the drive",
            "其朝向偏离该相机的惯常方向 {off}°（惯常方向与行车方向成 {usual}°）",
            "このカメラの通常の向き（走行方向から {usual}°）から {off}° ずれています",
        ),
        "heading-constant": phrase(
            "all {count} photographs of the drive have one heading, though the drive turns",
            "行车方向有变化，但该序列的 {count} 张照片朝向全部相同",
            "走行は曲がっているのに、{count} 枚の写真の方位がすべて同じです",
        ),
        "course-unknown": phrase(
            "the camera was not fixed to a vehicle, or did not move",
            "相机未固定在行进的载体上，或未移动",
            "カメラが車両に固定されていないか、移動していません",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find photographs that look elsewhere than the camera of their drive does.

    The camera's own angle is the mean of heading less direction of motion over the drive, so that
    cameras that look aside or back are no mistake. Where these angles do not agree among themselves
    (their mean resultant length, Mardia and Jupp, Directional statistics, 2.3, is below ``fixed``)
    the camera was not fixed to a vehicle, and nothing is said; one heading all through a drive that
    turns is told once.

    Parameters of the rule: ``least`` (photographs that make a drive), ``step`` (metres that the
    camera must have moved), ``fixed``. The tolerance is in degrees (default 60). Headings that
    were derived from the track are passed over.
    """
    said = parameters(SPEC, rule)
    limit = 60.0 if rule.tolerance is None else rule.tolerance
    drives(context, rule, SPEC)
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE turned AS
        WITH steps AS (
            SELECT *, coalesce(lead(x) OVER w, x) - coalesce(lag(x) OVER w, x) AS dx,
                   coalesce(lead(y) OVER w, y) - coalesce(lag(y) OVER w, y) AS dy
            FROM shots WHERE x IS NOT NULL AND heading IS NOT NULL
                 AND coalesce(heading_origin, '') <> 'derived' AND coalesce(pitch, 0) > -60
            WINDOW w AS (PARTITION BY drive ORDER BY n)),
        moved AS (
            SELECT *, degrees(atan2(dx * cos(radians(y)), dy)) AS course FROM steps
            WHERE sqrt((dx * cos(radians(y))) ** 2 + dy ** 2) * 111320 >= {float(said["step"])}),
        angles AS (
            SELECT *, {angle_between("heading", "course")} AS angle,
                   count(*) OVER d AS many,
                   avg(sin(radians(heading - course))) OVER d AS s,
                   avg(cos(radians(heading - course))) OVER d AS c,
                   sqrt(avg(sin(radians(heading))) OVER d ** 2
                        + avg(cos(radians(heading))) OVER d ** 2) AS same_heading,
                   sqrt(avg(sin(radians(course))) OVER d ** 2
                        + avg(cos(radians(course))) OVER d ** 2) AS same_course
            FROM moved WINDOW d AS (PARTITION BY drive))
        SELECT *, sqrt(s ** 2 + c ** 2) AS fixed, degrees(atan2(s, c)) AS usual,
               same_heading > 0.99999 AND same_course < 0.9 AS constant
        FROM angles WHERE many >= {int(said["least"])}"""
    )
    bad = context.table(
        f"""SELECT path, object_id, x, y, z, 'heading-off' AS reason,
                   format('{{:.0f}}°', heading) AS measured,
                   format('{{:.0f}}°', (course + usual + 720) % 360) AS expected,
                   format('{{:.0f}}', abs({angle_between("angle", "usual")})) AS off,
                   format('{{:.0f}}', usual) AS usual, 1 AS count
            FROM turned WHERE fixed >= {float(said["fixed"])} AND NOT constant
                 AND abs({angle_between("angle", "usual")}) > {limit}
            UNION ALL
            SELECT min(path), arg_min(object_id, path), arg_min(x, path), arg_min(y, path),
                   arg_min(z, path), 'heading-constant', format('{{:.0f}}°', any_value(heading)),
                   '', '', '', count(*)
            FROM turned WHERE constant GROUP BY drive ORDER BY path"""
    )
    judged = context.count(
        f"SELECT count(*) FROM turned WHERE constant OR fixed >= {float(said['fixed'])}"
    )
    rest = context.count(
        """SELECT count(*) FROM shots WHERE heading IS NOT NULL AND object_id NOT IN
           (SELECT object_id FROM turned WHERE constant OR fixed >= """
        + f"{float(said['fixed'])})"
    )
    aside = [{"reason": "course-unknown", "count": rest}] if rest else []
    return conclude(context, rule, bad, judged, aside=aside)
