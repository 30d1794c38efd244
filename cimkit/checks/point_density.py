"""A point cloud is dense enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import quote, scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="point_density",
    title="Point density is reached",
    counts="clouds",
    reads="items",
    kinds=("pointcloud",),
    parameters={"minimum": 1.0, "measure": "point_density", "cell": "all"},
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find clouds with fewer points on a square metre than asked for.

    Parameters of the rule: ``minimum`` (points/m²), ``measure`` and ``cell`` (its name and cell
    in ``measures``; "all" is the mean over the ground covered, "median" that of its cells). The
    rule's tolerance is in points/m², or a share of the minimum if its unit is ``%``.
    """
    said = parameters(SPEC, rule)
    minimum = float(said["minimum"])
    allowed = rule.tolerance or 0.0
    least = minimum * (1 - allowed / 100) if rule.unit == "%" else minimum - allowed
    here = scope(rule, SPEC, context.standard, items=True)
    rows = context.table(
        f"""SELECT path, (bbox.xmin + bbox.xmax) / 2 AS x, (bbox.ymin + bbox.ymax) / 2 AS y,
                   z_min AS z, value FROM (SELECT * FROM items WHERE status = 'ok' AND {here})
            LEFT JOIN (SELECT item_id, value FROM measures WHERE name = {quote(said["measure"])}
                       AND cell = {quote(said["cell"])}) USING (item_id) ORDER BY path"""
    ).to_pylist()
    bad = [
        {
            **{k: r[k] for k in ("path", "x", "y", "z")},
            "measured": f"{r['value']:.3g} points/m²",
            "expected": f"≥ {minimum:g} points/m²",
        }
        for r in rows
        if r["value"] is not None and not r["value"] >= least
    ]
    blind = [
        {"path": r["path"], "reason": "no-density", "count": 1} for r in rows if r["value"] is None
    ]
    return conclude(
        context, rule, pa.Table.from_pylist(bad), len(rows) - len(blind), unchecked=blind
    )
