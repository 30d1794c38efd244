"""No survey file is delivered twice under two names."""

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
    name="source_twice",
    title="No survey file twice",
    counts="sources",
    reads="items",
    kinds=("imagery", "pointcloud", "raster"),
    words={
        "twice": phrase(
            "it has the same bytes as {first}",
            "与 {first} 内容完全相同",
            "{first} と内容がまったく同じです",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find photographs, clouds and rasters with the same bytes as another; the first stays."""
    parameters(SPEC, rule)
    here = scope(rule, SPEC, context.standard, items=True)
    known = f"status = 'ok' AND {here} AND coalesce(sha256, '') <> ''"
    bad = context.table(
        f"""SELECT path, (bbox.xmin + bbox.xmax) / 2 AS x, (bbox.ymin + bbox.ymax) / 2 AS y,
                   first_value(path) OVER w AS first, 'twice' AS reason,
                   format('{{:d}} B', size) AS measured, '' AS expected
            FROM items WHERE {known}
            QUALIFY row_number() OVER w > 1
            WINDOW w AS (PARTITION BY sha256, size ORDER BY path) ORDER BY path"""
    )
    return conclude(context, rule, bad, context.count(f"SELECT count(*) FROM items WHERE {known}"))
