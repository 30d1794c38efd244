"""No height stands far below or above all around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._measured import UNMEASURED, measured_items, phrase, unmeasured
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import quote

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

_NAMES = ("extreme_point", "spike")

SPEC = CheckSpec(
    name="survey_outliers",
    title="No height stands alone",
    counts="sources",
    reads="items",
    kinds=("pointcloud", "raster"),
    measures=_NAMES,
    parameters={"below": 20.0, "above": 150.0, "most": 20},
    words={
        **UNMEASURED,
        "outlier-low": phrase(
            "lower than everything around it", "低于周围所有高程", "周囲のどこよりも低い"
        ),
        "outlier-high": phrase(
            "higher than everything around it", "高于周围所有高程", "周囲のどこよりも高い"
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find single heights far off those around them: low and high noise, spikes and pits.

    Of a cloud the lowest and highest points of cells of about 8 m are compared, noise that is
    classified as such left out; of an elevation model each pixel with its four neighbours.

    Parameters of the rule: ``below`` and ``above`` (metres), ``most`` (findings of one source; the
    rest is counted in the last). Less than 3 m below or 20 m above (clouds) and 5 m (rasters) is
    not measured. The tolerance is in metres.
    """
    said = parameters(SPEC, rule)
    slack = rule.tolerance or 0.0
    below, above = float(said["below"]) + slack, float(said["above"]) + slack
    found = {
        name: measured_items(context, rule, SPEC, {"count": (name, "count")}) for name in _NAMES
    }
    rows = found[_NAMES[0]]
    for row, spiked in zip(rows, found[_NAMES[1]], strict=True):
        if row["count_low"] is None:
            row["count_low"] = spiked["count_low"]
    missing = unmeasured(rows, "count_low")
    listed = ", ".join(quote(n) for n in _NAMES)
    paths = pa.table(
        {
            "item_id": pa.array([r["item_id"] for r in rows], pa.string()),
            "path": pa.array([r["path"] for r in rows], pa.string()),
        }
    )
    context.con.register("outlier_items", paths)
    try:
        bad = context.table(
            f"""WITH far AS (
                SELECT path, value, TRY_CAST(string_split(cell, ' ')[1] AS DOUBLE) AS x,
                       TRY_CAST(string_split(cell, ' ')[2] AS DOUBLE) AS y,
                       row_number() OVER w AS n, count(*) OVER (PARTITION BY item_id) AS many
                FROM measures JOIN outlier_items USING (item_id)
                WHERE name IN ({listed}) AND cell <> 'count'
                      AND (value < -{below} OR value > {above})
                WINDOW w AS (PARTITION BY item_id ORDER BY abs(value) DESC, cell))
            SELECT path, x, y, CASE WHEN value < 0 THEN 'outlier-low' ELSE 'outlier-high' END
                       AS reason, format('{{:+.1f}} m', value) AS measured,
                   '-{said["below"]:g} m – +{said["above"]:g} m' AS expected,
                   CASE WHEN n = {int(said["most"])} THEN many - n + 1 ELSE 1 END AS count,
                   (n = 1)::INT AS things
            FROM far WHERE n <= {int(said["most"])} ORDER BY path, n"""
        )
    finally:
        context.con.unregister("outlier_items")
    judged = len(rows) - sum(map(len, missing.values()))
    return conclude(context, rule, bad, judged, **missing)
