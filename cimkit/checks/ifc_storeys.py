"""Buildings of IFC models have storeys with a name and an elevation each."""

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
    name="ifc_storeys",
    title="Storeys are named and ordered",
    counts="storeys",
    kinds=("bim",),
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find buildings without storeys, and storeys that lack, share or contradict name and height.

    The order is held against the numbers in the names, and only where all storeys of a building
    are named alike but for the number ("Level 1", "Level 2"); a leading B or 地下 counts down.
    Elevations closer than the rule's tolerance (in the model's unit; default 0.001) are the same;
    IFC 4.3 has given up the attribute, so there a storey may do without.
    """
    parameters(SPEC, rule)
    near = 0.001 if rule.tolerance is None else rule.tolerance
    here = scope(rule, SPEC, context.standard)
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE levels AS
        SELECT *, regexp_extract(title, '[0-9]+') AS digits,
               regexp_replace(regexp_replace(title, '^(B|地下)', ''), '[0-9]+', '#') AS alike,
               CASE WHEN regexp_matches(title, '^(B[0-9]|地下|.*-[0-9])') THEN -1 ELSE 1 END
                   * try_cast(regexp_extract(title, '[0-9]+') AS INT) AS floor
        FROM (SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z, rank, item_id,
                     item_id IN (SELECT item_id FROM items WHERE
                         json_extract_string(properties, '/read_as') LIKE 'IFC4X3%') AS placed,
                     coalesce(parent_id, item_id) AS house, nullif(trim(name), '') AS title,
                     try_cast(coalesce(json_extract_string(properties, '/attributes/Elevation'),
                                       json_extract_string(properties, '/elevation'))
                              AS DOUBLE) AS elevation
              FROM things WHERE source_class = 'IfcBuildingStorey' AND {here})"""
    )
    bare = context.table(
        f"""SELECT path, source_layer AS layer, spot AS place, object_id, x, y, z,
                   coalesce(nullif(trim(name), ''), spot) AS measured,
                   'storeys-none' AS reason, 0 AS things, rank
            FROM things b WHERE source_class = 'IfcBuilding' AND {here} AND item_id NOT IN
                 (SELECT item_id FROM levels) ORDER BY rank"""
    )
    bad = context.table(
        f"""
        WITH next AS (
            SELECT *, lag(title) OVER h AS lower_title, lag(elevation) OVER h AS lower_elevation,
                   row_number() OVER (PARTITION BY house, title ORDER BY elevation, rank) AS use,
                   lag(title) OVER n AS below_title, lag(elevation) OVER n AS below_elevation,
                   lag(floor) OVER n AS below_floor,
                   count(DISTINCT alike) OVER (PARTITION BY house) = 1
                   AND count(floor) OVER (PARTITION BY house)
                       = count(*) OVER (PARTITION BY house) AS numbered
            FROM levels WINDOW h AS (PARTITION BY house ORDER BY elevation, rank),
                               n AS (PARTITION BY house ORDER BY floor, elevation, rank)),
        faults AS (
            SELECT *, unnest(list_filter([
                CASE WHEN title IS NULL THEN 'storey-name-missing' END,
                CASE WHEN title IS NOT NULL AND use > 1 THEN 'storey-name-double' END,
                CASE WHEN elevation IS NULL AND NOT placed THEN 'storey-elevation-missing' END,
                CASE WHEN elevation - lower_elevation <= {near} THEN 'storey-elevation-double' END,
                CASE WHEN numbered AND floor > below_floor AND elevation < below_elevation - {near}
                     THEN 'storey-order' END], lambda r: r IS NOT NULL)) AS reason
            FROM next)
        SELECT path, layer, place, object_id, x, y, z, rank, reason, coalesce(title, '') AS title,
               concat_ws(' ', title, elevation) AS measured,
               CASE reason WHEN 'storey-order' THEN '> ' || below_elevation ELSE '' END AS expected,
               coalesce(CASE reason WHEN 'storey-order' THEN below_title ELSE lower_title END, '')
                   AS first,
               (row_number() OVER (PARTITION BY object_id ORDER BY reason) = 1)::INT AS things
        FROM faults ORDER BY rank, reason"""
    )
    storeys = context.count("SELECT count(*) FROM levels")
    both = pa.concat_tables([bare, bad], promote_options="permissive")
    return conclude(context, rule, both, storeys)
