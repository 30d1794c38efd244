"""No layer is delivered twice, the second time in another place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.checks._findings import conclude
from cimkit.checks._space_words import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="shifted_copy",
    title="No layer twice, shifted",
    kinds=("gis",),
    parameters={"share": 0.8, "least": 10.0, "farthest": 100_000.0},
    words={
        "shifted-copy": phrase(
            "{count} of its objects are those of {other}, shifted by {east} m east and {north} m"
            " north",
            "其中 {count} 个对象与 {other} 相同，但整体偏移：东 {east} 米、北 {north} 米",
            "{count} 個の地物が {other} と同じで、東へ {east} m、北へ {north} m ずれています",
        ),
    },
)

_DEGREE = 111_320.0
_SURE = 0.05  # metres by which the shifts of the objects of one copy differ


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find layers whose objects are those of another layer, all shifted alike.

    Objects are known by their attributes and size, or by their shape alone; only what occurs once
    in its layer counts. A copy without a shift is for ``duplicate_object`` to say. The rule's
    tolerance is the smallest shift in metres (default 0.01).

    Parameters of the rule: ``share`` (of the smaller layer that must be shifted alike, 0 to 1),
    ``least`` (objects) and ``farthest`` (m).
    """
    said = parameters(SPEC, rule)
    least = 0.01 if rule.tolerance is None else float(rule.tolerance)
    here = scope(rule, SPEC, context.standard)
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE signed AS
        WITH o AS (
            SELECT object_id, item_id, coalesce(source_layer, '') AS layer, x, y,
                   round((bbox.xmax - bbox.xmin) * {_DEGREE} * cos(radians(y)), 2) AS w,
                   round((bbox.ymax - bbox.ymin) * {_DEGREE}, 2) AS h,
                   substr(content_hash, 17) AS told, round(coalesce(area_m2, length_m), 2) AS size
            FROM things WHERE bbox IS NOT NULL AND ({here})),
        s AS (
            SELECT object_id, item_id, layer, x, y, hash(told, w, h) AS mark FROM o
            WHERE told IS NOT NULL
            UNION ALL
            SELECT object_id, item_id, layer, x, y, hash(w, h, size) FROM o
            WHERE size > 0 AND w > 0 AND h > 0)
        SELECT * FROM s QUALIFY count(*) OVER (PARTITION BY item_id, layer, mark) = 1"""
    )
    bad = context.table(
        f"""WITH layers AS (
            SELECT item_id, layer, count(DISTINCT object_id) AS rows FROM signed
            GROUP BY ALL HAVING rows >= {float(said["least"])}),
        pairs AS (
            SELECT a.item_id AS one, a.layer AS one_layer, b.item_id AS two, b.layer AS two_layer,
                   b.object_id, (b.x - a.x) * {_DEGREE} * cos(radians(a.y)) AS east,
                   (b.y - a.y) * {_DEGREE} AS north
            FROM signed a JOIN signed b ON a.mark = b.mark
                 AND (a.item_id, a.layer) < (b.item_id, b.layer)),
        middle AS (
            SELECT one, one_layer, two, two_layer, median(east) AS east, median(north) AS north
            FROM pairs GROUP BY ALL),
        alike AS (
            SELECT m.*, count(DISTINCT p.object_id) AS count, min(p.object_id) AS object_id
            FROM middle m JOIN pairs p USING (one, one_layer, two, two_layer)
            WHERE abs(p.east - m.east) < {_SURE} AND abs(p.north - m.north) < {_SURE}
            GROUP BY ALL)
        SELECT t.path, a.two_layer AS layer, '' AS place, t.x, t.y, t.z, a.count,
               'shifted-copy' AS reason, i.path || ' ' || a.one_layer AS other,
               printf('%+.2f', a.east) AS east, printf('%+.2f', a.north) AS north,
               printf('%.2f m', sqrt(a.east ** 2 + a.north ** 2)) AS measured
        FROM alike a JOIN layers l ON l.item_id = a.one AND l.layer = a.one_layer
             JOIN layers k ON k.item_id = a.two AND k.layer = a.two_layer
             JOIN items i ON i.item_id = a.one JOIN things t USING (object_id)
        WHERE a.count >= {float(said["share"])} * least(l.rows, k.rows)
          AND sqrt(a.east ** 2 + a.north ** 2) BETWEEN {least} AND {float(said["farthest"])}
        ORDER BY t.path, layer, other"""
    )
    applicable = context.count("SELECT count(DISTINCT object_id) FROM signed")
    return conclude(context, rule, bad, applicable)
