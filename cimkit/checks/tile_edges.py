"""Heights of neighbouring tiles meet where the tiles do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.checks._findings import conclude
from cimkit.checks._measured import UNMEASURED, phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._tiles import tiles

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="tile_edges",
    title="Heights of neighbouring tiles meet",
    counts="borders",
    reads="items",
    kinds=("raster", "pointcloud"),
    measures=("edge_height",),
    parameters={"least": 8, "part": 20.0},
    words={
        **UNMEASURED,
        "edge-step": phrase(
            "a step along the whole border with {other}",
            "与 {other} 的整条接边存在高差",
            "{other} との境界全体に段差があります",
        ),
        "edge-part": phrase(
            "a step along {share} of the border with {other}",
            "与 {other} 的接边有 {share} 存在高差",
            "{other} との境界の {share} に段差があります",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find borders between tiles of one set at which heights make a step.

    Heights of both sides are carried straight on to the middle between the two edges; where tiles
    overlap by more than a few pixels the heights of pixels that both have are compared. A step is
    the median of the differences beyond the rule's tolerance (metres, default 0.5), and beyond what
    their own scatter explains. One finding a border, at its middle.

    Parameters of the rule: ``least`` (heights that make a border), ``part`` (per cent of a border
    that must be off for a step along a part of it).
    """
    said = parameters(SPEC, rule)
    limit = 0.5 if rule.tolerance is None else rule.tolerance
    tiles(context, rule, SPEC)
    context.con.execute(
        """CREATE OR REPLACE TEMP TABLE edges AS
        SELECT item_id, crs, set_of, part[1] AS side, part[2]::DOUBLE AS pos,
               round(part[3]::DOUBLE, 6) AS length, part[4]::BIGINT AS number,
               part[5]::DOUBLE AS reach, height, coalesce(slope, 0) AS slope
        FROM (SELECT item_id, string_split(cell, ' ') AS part,
                     max(value) FILTER (name = 'edge_height') AS height,
                     max(value) FILTER (name = 'edge_slope') AS slope
              FROM measures WHERE name IN ('edge_height', 'edge_slope')
                   AND item_id IN (SELECT item_id FROM tiles) GROUP BY item_id, cell)
        JOIN tiles USING (item_id) WHERE crs IS NOT NULL AND height IS NOT NULL"""
    )
    context.con.execute(
        """CREATE OR REPLACE TEMP TABLE picked AS
        SELECT item_id, set_of, crs, px, string_split(cell, ' ')[1]::BIGINT AS c,
               string_split(cell, ' ')[2]::BIGINT AS r, value
        FROM measures JOIN tiles USING (item_id) WHERE name = 'height_sample' AND px IS NOT NULL"""
    )
    context.con.execute(
        """CREATE OR REPLACE TEMP TABLE met AS
        WITH faced AS (
            SELECT a.item_id AS one, b.item_id AS other,
                   (b.height + b.slope * (b.pos - a.pos) / 2)
                   - (a.height + a.slope * (b.pos - a.pos) / 2) AS apart
            FROM edges a JOIN edges b ON a.set_of = b.set_of AND a.crs = b.crs
                 AND a.number = b.number AND a.length = b.length
                 AND ((a.side = 'E' AND b.side = 'W') OR (a.side = 'N' AND b.side = 'S'))
            WHERE a.item_id <> b.item_id AND abs(a.pos - b.pos) <= least(a.reach, b.reach)),
        shared AS (
            SELECT a.item_id AS one, b.item_id AS other, b.value - a.value AS apart
            FROM picked a JOIN picked b USING (set_of, crs, c, r)
            WHERE a.item_id < b.item_id AND abs(a.px / b.px - 1) < 1e-6)
        SELECT *, median(apart) OVER (PARTITION BY one, other) AS usual
        FROM (FROM faced UNION ALL FROM shared)"""
    )
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE borders AS
        WITH scattered AS (
            SELECT *, 1.4826 * median(abs(apart - usual)) OVER (PARTITION BY one, other) AS scatter
            FROM met)
        SELECT one, other, any_value(usual) AS step, any_value(scatter) AS scatter, count(*) AS n,
               avg((abs(apart - usual) > greatest(2 * {limit}, 8 * scatter))::INT) AS part,
               median(apart) FILTER
                   (abs(apart - usual) > greatest(2 * {limit}, 8 * scatter)) AS part_step
        FROM scattered GROUP BY one, other HAVING count(*) >= {int(said["least"])}"""
    )
    bad = context.table(
        f"""SELECT a.path, b.path AS other, a.z, reason,
                   (greatest(a.west, b.west) + least(a.east, b.east)) / 2 AS x,
                   (greatest(a.south, b.south) + least(a.north, b.north)) / 2 AS y,
                   ST_AsWKB(ST_MakeLine(
                       ST_Point(greatest(a.west, b.west), greatest(a.south, b.south)),
                       ST_Point(least(a.east, b.east), least(a.north, b.north)))) AS geometry,
                   format('{{:+.2f}} m', CASE reason WHEN 'edge-step' THEN step ELSE part_step END)
                       AS measured,
                   '± {limit:g} m' AS expected, format('{{:.0f}} %', 100 * part) AS share
            FROM (SELECT *, CASE
                    WHEN abs(step) > {limit} + 4 * scatter / sqrt(n) THEN 'edge-step'
                    WHEN part >= {float(said["part"]) / 100} THEN 'edge-part' END AS reason
                  FROM borders)
            JOIN tiles a ON a.item_id = one JOIN tiles b ON b.item_id = other
            WHERE reason IS NOT NULL ORDER BY a.path, b.path"""
    )
    blind = context.table(
        """SELECT path, 'unmeasured' AS reason, 1 AS count FROM tiles WHERE item_id NOT IN
           (SELECT item_id FROM measures) ORDER BY path"""
    ).to_pylist()
    judged = context.count("SELECT count(*) FROM borders")
    return conclude(context, rule, bad, judged, unchecked=blind)
