"""Photographs say which way they look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import any_of, scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="photo_heading",
    title="Photograph has a heading",
    counts="photographs",
    kinds=("imagery",),
    parameters={"origins": ["exif", "xmp", "trajectory", "sheet"], "required": True},
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find photographs without a heading, or with one outside 0° to 360°.

    Photographs without a position are named aside: a direction from nowhere is none, and that the
    position is missing is for the check ``photo_position`` to say.

    Parameters of the rule: ``origins`` (who must have said it; a heading ``derived`` from the
    track is cimkit's guess, not the delivery's statement), ``required`` (whether photographs
    without one are failures; else they are named aside).
    """
    said = parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard)
    bad = context.table(
        f"""
        SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z,
               CASE WHEN heading IS NULL THEN coalesce(text, '') ELSE heading::VARCHAR || '°' END
                   AS measured, '0° to 360°' AS expected,
               CASE WHEN text IS NULL THEN 'heading-missing' ELSE 'heading-range' END AS reason
        FROM (SELECT *, try_cast(text AS DOUBLE) AS heading FROM
              (SELECT *, CASE WHEN {any_of("coalesce(origin, 'exif')", said["origins"])}
                              THEN json_extract_string(properties, '/heading') END AS text
               FROM (SELECT *, json_extract_string(properties, '/heading_origin') AS origin
                     FROM things WHERE {here} AND bbox IS NOT NULL)))
        WHERE NOT coalesce(heading BETWEEN 0 AND 360, {"FALSE" if said["required"] else "TRUE"})
        ORDER BY rank"""
    )
    blind = context.table(
        f"""SELECT path, source_layer AS layer, 'heading-nowhere' AS reason, 1 AS count
            FROM things WHERE {here} AND bbox IS NULL ORDER BY rank"""
    ).to_pylist()
    placed = context.count(f"SELECT count(*) FROM things WHERE {here} AND bbox IS NOT NULL")
    if not said["required"]:
        unsaid = context.count(
            f"""SELECT count(*) FROM things WHERE {here} AND bbox IS NOT NULL AND TRY_CAST(
                json_extract_string(properties, '/heading') AS DOUBLE) IS NULL"""
        )
        blind += [{"reason": "heading-missing", "count": unsaid}] if unsaid else []
        placed -= unsaid
    return conclude(context, rule, bad, placed, aside=blind)
