"""Heights of surveys lie where ground can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.checks._findings import conclude
from cimkit.checks._measured import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="survey_heights",
    title="Heights are plausible",
    counts="sources",
    reads="items",
    kinds=("pointcloud", "raster"),
    parameters={"minimum": -500.0, "maximum": 9_000.0},
    words={
        "height-low": phrase(
            "its lowest height is too low", "最低高程过低", "最低の高さが低すぎます"
        ),
        "height-high": phrase(
            "its highest height is too high", "最高高程过高", "最高の高さが高すぎます"
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find clouds and elevation models with heights that no ground of the place can have.

    Parameters of the rule: ``minimum`` and ``maximum`` (metres, in the source's own height system).
    The tolerance is in metres. Rasters that are no elevation models, and clouds that lie nowhere on
    the map, are not spoken of.
    """
    said = parameters(SPEC, rule)
    slack = rule.tolerance or 0.0
    low, high = float(said["minimum"]), float(said["maximum"])
    here = scope(rule, SPEC, context.standard, items=True)
    known = f"status = 'ok' AND {here} AND bbox IS NOT NULL AND z_min IS NOT NULL"
    bad = context.table(
        f"""SELECT path, (bbox.xmin + bbox.xmax) / 2 AS x, (bbox.ymin + bbox.ymax) / 2 AS y,
                   reason, CASE reason WHEN 'height-low' THEN format('{{:.1f}} m', z_min)
                                       ELSE format('{{:.1f}} m', z_max) END AS measured,
                   CASE reason WHEN 'height-low' THEN z_min ELSE z_max END AS z,
                   '{low:g} m – {high:g} m' AS expected
            FROM (SELECT *, CASE WHEN z_min < {low - slack} THEN 'height-low'
                                 WHEN z_max > {high + slack} THEN 'height-high' END AS reason
                  FROM items WHERE {known})
            WHERE reason IS NOT NULL ORDER BY path"""
    )
    return conclude(context, rule, bad, context.count(f"SELECT count(*) FROM items WHERE {known}"))
