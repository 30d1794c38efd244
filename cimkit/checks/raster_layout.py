"""Rasters are laid out so that they can be looked at quickly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.checks._findings import conclude
from cimkit.checks._measured import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import any_of, scope

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="raster_layout",
    title="Rasters can be looked at quickly",
    counts="rasters",
    reads="items",
    kinds=("raster",),
    parameters={"cog": False, "large": 8_192, "types": None, "bands": 0, "of": None},
    words={
        "layout-overviews": phrase(
            "it has no overviews (pyramids)", "没有金字塔（概视图）", "ピラミッドがありません"
        ),
        "layout-cog": phrase(
            "it is no Cloud Optimized GeoTIFF: {why}",
            "不是云优化 GeoTIFF：{why}",
            "クラウド最適化 GeoTIFF ではありません：{why}",
        ),
        "layout-type": phrase("the type of its pixels", "像元类型", "画素の型"),
        "layout-bands": phrase("the number of its bands", "波段数", "バンド数"),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find large rasters without overviews, and other layouts than were asked for.

    Parameters of the rule: ``large`` (pixels of the longer side from which overviews are due),
    ``cog`` (whether all must be Cloud Optimized GeoTIFF), ``types`` (pixel types that are allowed,
    e.g. ``float32``), ``bands`` (how many; 0: not asked), ``of`` (classes that a raster may have).
    """
    said = parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard, items=True)
    if said["of"]:
        here += " AND " + any_of("json_extract_string(properties, '/class')", said["of"])
    known = f"status = 'ok' AND {here} AND json_extract_string(counts, '/width') IS NOT NULL"
    cog = "NOT coalesce(json_extract_string(properties, '/cog') = 'true', FALSE)"
    types = f"NOT {any_of('dtype', said['types'])}" if said["types"] else "FALSE"
    bands = f"bands <> {int(said['bands'])}" if said["bands"] else "FALSE"
    bad = context.table(
        f"""SELECT path, (bbox.xmin + bbox.xmax) / 2 AS x, (bbox.ymin + bbox.ymax) / 2 AS y,
                   reason, CASE reason
                     WHEN 'layout-type' THEN dtype WHEN 'layout-bands' THEN bands::VARCHAR
                     ELSE format('{{:d}} × {{:d}}', width, height) END AS measured,
                   CASE reason WHEN 'layout-type' THEN '{", ".join(said["types"] or ())}'
                     WHEN 'layout-bands' THEN '{int(said["bands"])}' ELSE '' END AS expected,
                   coalesce(why, '') AS why,
                   (row_number() OVER (PARTITION BY path ORDER BY reason) = 1)::INT AS things
            FROM (SELECT *, unnest(list_filter([
                    CASE WHEN greatest(width, height) >= {int(said["large"])} AND levels = 0
                         THEN 'layout-overviews' END,
                    CASE WHEN {str(bool(said["cog"])).upper()} AND {cog} THEN 'layout-cog' END,
                    CASE WHEN {types} THEN 'layout-type' END,
                    CASE WHEN {bands} THEN 'layout-bands' END], lambda r: r IS NOT NULL)) AS reason
                  FROM (SELECT path, bbox, properties,
                               json_extract_string(counts, '/width')::BIGINT AS width,
                               json_extract_string(counts, '/height')::BIGINT AS height,
                               json_extract_string(counts, '/bands')::BIGINT AS bands,
                               json_extract_string(properties, '/dtype') AS dtype,
                               coalesce(json_array_length(properties, '/overviews'), 0) AS levels,
                               array_to_string(from_json(json_extract(properties, '/not_cog'),
                                                         '["VARCHAR"]'), '; ') AS why
                        FROM items WHERE {known}))
            ORDER BY path, reason"""
    )
    return conclude(context, rule, bad, context.count(f"SELECT count(*) FROM items WHERE {known}"))
