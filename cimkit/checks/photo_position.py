"""Photographs have a position, and one that fits their drive."""

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
    name="photo_position",
    title="Photograph has a position",
    counts="photographs",
    kinds=("imagery",),
    problems=("gps-*", "trajectory-row-*"),
    parameters={"jump": 200.0, "required": True, "least": 3},
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find photographs without a position, at 0°, 0°, or far from both neighbours in their drive.

    The order in a drive is that of time, then of name. At its ends the next two photographs
    decide, so that the one before an outlier is not blamed for it.

    Parameters of the rule: ``jump`` (metres), ``least`` (photographs that make a drive: a folder of
    fewer is a heap of pictures from anywhere), ``required`` (whether photographs without a position
    are failures; else they are named aside).
    """
    said = parameters(SPEC, rule)
    jump = float(said["jump"])
    here = scope(rule, SPEC, context.standard)
    bad = context.table(
        f"""
        WITH photos AS (
            SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z, rank, sequence,
                   observed, geometry IS NULL AND x IS NULL AS nowhere,
                   coalesce(abs(x) < 1e-6 AND abs(y) < 1e-6, FALSE) AS nullisland
            FROM things WHERE {here}),
        steps AS (
            SELECT object_id, sequence, row_number() OVER w AS n,
                   {_metres("lag(x) OVER w", "lag(y) OVER w")} AS before,
                   {_metres("lead(x) OVER w", "lead(y) OVER w")} AS after
            FROM photos WHERE NOT nowhere AND NOT nullisland AND sequence IS NOT NULL
            WINDOW w AS (PARTITION BY sequence ORDER BY observed NULLS LAST, path, rank)
            QUALIFY count(*) OVER (PARTITION BY sequence) >= {int(said["least"])}),
        lone AS (
            SELECT object_id, least(coalesce(before, after), coalesce(after, before)) AS metres,
                   coalesce(before > {jump}, lead(after) OVER v <= {jump})
                   AND coalesce(after > {jump}, lag(before) OVER v <= {jump}) AS jumps
            FROM steps WINDOW v AS (PARTITION BY sequence ORDER BY n))
        SELECT photos.* EXCLUDE (sequence), coalesce(sequence, '') AS sequence,
               CASE WHEN nowhere THEN 'photo-missing'
                    WHEN nullisland THEN 'photo-null-island'
                    WHEN jumps THEN 'photo-jump' END AS reason,
               CASE WHEN jumps THEN format('{{:.0f}} m', metres)
                    WHEN nullisland THEN '0°, 0°' ELSE coalesce(told, '') END AS measured,
               CASE WHEN jumps THEN '≤ {jump:g} m' ELSE '' END AS expected,
               format('{{:.0f}}', metres) AS distance
        FROM photos LEFT JOIN lone USING (object_id)
        LEFT JOIN (SELECT path, string_agg(message, ' ' ORDER BY message) AS told FROM flaws
                   WHERE code GLOB 'gps-*' OR code GLOB 'trajectory-row-*' GROUP BY path)
             USING (path) WHERE {"nowhere OR" if said["required"] else "NOT nowhere AND"}
                                (nullisland OR jumps)
        ORDER BY rank"""
    )
    every = context.count(f"SELECT count(*) FROM things WHERE {here}")
    lost = "x IS NULL AND geometry IS NULL"
    nowhere = context.count(f"SELECT count(*) FROM things WHERE {here} AND {lost}")
    if said["required"] or not nowhere:
        return conclude(context, rule, bad, every)
    aside = [{"reason": "photo-missing", "count": nowhere}]
    return conclude(context, rule, bad, every - nowhere, aside=aside)


def _metres(x: str, y: str) -> str:
    """Return SQL for the great-circle distance from (x, y) of the row, in metres."""
    # Haversine: the arc cosine of close points is lost in rounding.
    return (
        f"2 * 6371008.8 * asin(sqrt(sin(radians({y} - y) / 2) ** 2 + cos(radians(y))"
        f" * cos(radians({y})) * sin(radians({x} - x) / 2) ** 2))"
    )
