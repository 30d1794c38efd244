"""Tiles of one set, and which of them lie beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckContext, CheckSpec
    from cimkit.standard import Rule

__all__ = ["SET", "tiles"]

_NAME = "regexp_replace(regexp_extract(path, '[^/]*$'), '[NSEW]?[0-9]+', '#', 'g')"
SET = f"""concat(kind, chr(1), coalesce(json_extract_string(properties, '/class'), ''), chr(1),
    regexp_replace(path, '[^/]*$', ''), chr(1),
    regexp_replace({_NAME}, '(^|[^A-Za-z])[A-Za-z]([^A-Za-z])', '\\1#\\2', 'g'))"""
"""SQL over items: what tiles of one set share: folder, kind, and a name alike but for its numbers
and single letters."""


def tiles(context: CheckContext, rule: Rule, spec: CheckSpec) -> None:
    """Make the temporary table ``tiles``: the tiles a rule speaks of, with their place.

    Columns: item_id, path, crs, set_of, west, south, east, north (CRS84), x, y (the middle), z,
    geometry, properties, counts, and of rasters with north up ``left``, ``top``, ``px``, ``py``,
    ``columns``, ``rows`` in units of the CRS.
    """
    here = scope(rule, spec, context.standard, items=True)
    steps = ", ".join(
        f"TRY_CAST(json_extract_string(properties, '/transform/{n}') AS DOUBLE) AS t{n}"
        for n in range(6)
    )
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE tiles AS
        SELECT *, CASE WHEN upright THEN t2 END AS left_at, CASE WHEN upright THEN t5 END AS top_at,
               CASE WHEN upright THEN t0 END AS px, CASE WHEN upright THEN -t4 END AS py
        FROM (SELECT *, coalesce(t1 = 0 AND t3 = 0 AND t0 > 0 AND t4 < 0, FALSE) AS upright
              FROM (SELECT item_id, path, crs, {SET} AS set_of, bbox.xmin AS west,
                           bbox.ymin AS south, bbox.xmax AS east, bbox.ymax AS north,
                           (bbox.xmin + bbox.xmax) / 2 AS x, (bbox.ymin + bbox.ymax) / 2 AS y,
                           z_min AS z, geometry, {steps},
                           TRY_CAST(json_extract_string(counts, '/width') AS BIGINT) AS columns,
                           TRY_CAST(json_extract_string(counts, '/height') AS BIGINT) AS rows
                    FROM items WHERE status = 'ok' AND {here}))"""
    )
