"""Areas of one kind do not lie on each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._planes import Plane, located, planes, unplaced
from cimkit.checks._space_words import UNPLACED, phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="footprint_overlap",
    title="Areas of one kind do not overlap",
    kinds=("gis",),
    parameters={"area": 0.5, "share": 0.0, "heights": True},
    words={
        **UNPLACED,
        "overlap": phrase("overlaps {other}", "与 {other} 重叠", "{other} と重なっています"),
        "inside": phrase("lies inside {other}", "位于 {other} 之内", "{other} の内側にあります"),
        "sliver": phrase(
            "overlaps {other} by a sliver",
            "与 {other} 之间有狭长重叠",
            "{other} と細長く重なっています",
        ),
    },
)

_INSIDE = 0.995
_SLIVER = 0.25  # metres: what is narrower was drawn over, not built


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find polygons of one class (else layer) that share a surface.

    Each pair is one finding, at the later of the two, with the surface they share. Two that are the
    same all over are for ``duplicate_object`` to say, and those that lie above each other are right
    if both have heights. The rule's tolerance is a width in metres (default 0.02): narrower strips
    do not count.

    Parameters of the rule: ``area`` (m²) and ``share`` (of the smaller one, 0 to 1) that are
    needed to count; ``heights`` (whether those one above the other are right).
    """
    said = parameters(SPEC, rule)
    width = 0.02 if rule.tolerance is None else float(rule.tolerance)
    here = scope(rule, SPEC, context.standard)
    found: list[pa.Table] = []
    count = 0
    for plane in planes(context, here, 2, more=("z_min", "z_max", "path")):
        count += 0 if plane.seam else len(plane.rows)
        found.extend(_of(plane, said, width))
    bad = pa.concat_tables(found) if found else None
    rows = pa.table({}) if bad is None else _told(context, bad)
    return conclude(context, rule, rows, count, unchecked=unplaced(context, here, 2))


def _of(plane: Plane, said: dict[str, Any], width: float) -> Iterator[pa.Table]:
    import shapely

    from cimkit.geometry.coverage import overlaps, sound
    from cimkit.geometry.vector import write_wkb

    shapes = sound(plane.shapes)
    systems = np.unique(plane.column("crs").astype(str), return_inverse=True)[1]
    low, high = plane.column("z_min").astype(float), plane.column("z_max").astype(float)
    ids = plane.column("object_id")
    for group in plane.groups():
        pairs = overlaps(
            shapes[group],
            area=float(said["area"]),
            width=width,
            apart=systems[group] if plane.seam else None,
        )
        first, second = group[pairs.first], group[pairs.second]
        keep = ~pairs.same & (pairs.share >= float(said["share"]))
        if said["heights"]:
            # Without both heights of both nothing is said of above and below.
            above = (low[second] >= high[first] - width) | (low[first] >= high[second] - width)
            keep &= ~above
        if not keep.any():
            continue
        shared = plane.to_crs84(pairs.shared[keep])
        spot = shapely.get_coordinates(shapely.point_on_surface(shared))
        share, thick = pairs.share[keep], pairs.width[keep]
        reason = np.where(
            share >= _INSIDE, "inside", np.where(thick < _SLIVER, "sliver", "overlap")
        )
        # The smaller one is at fault where one lies inside the other.
        size = shapely.area(shapes)
        swap = (reason == "inside") & (size[first[keep]] < size[second[keep]])
        mine = np.where(swap, first[keep], second[keep])
        other = np.where(swap, second[keep], first[keep])
        yield pa.table(
            {
                "object_id": pa.array(ids[mine], pa.string()),
                "other_id": pa.array(ids[other], pa.string()),
                "reason": pa.array(reason, pa.string()),
                "x": spot[:, 0],
                "y": spot[:, 1],
                "geometry": write_wkb(shared),
                "measured": [
                    f"{a:.2f} m² ({s:.1%})" for a, s in zip(pairs.area[keep], share, strict=True)
                ],
            }
        )


def _told(context: CheckContext, bad: pa.Table) -> pa.Table:
    """Name the other object; one that overlaps several takes one from those that passed.

    Of two that overlap in part the later in the delivery is the one named.
    """
    context.con.register("bad_pairs", bad)
    try:
        rows = context.table(
            """SELECT * EXCLUDE (rank),
                      (row_number() OVER (PARTITION BY object_id ORDER BY rank) = 1)::INT AS things
               FROM (SELECT b.* EXCLUDE (object_id, other_id),
                            CASE WHEN kept THEN a.object_id ELSE o.object_id END AS object_id,
                            CASE WHEN kept THEN o.path || ' ' || o.spot
                                 ELSE a.path || ' ' || a.spot END AS other,
                            CASE WHEN kept THEN o.rank ELSE a.rank END AS rank
                     FROM bad_pairs b JOIN things a ON a.object_id = b.object_id
                     JOIN things o ON o.object_id = b.other_id,
                     LATERAL (SELECT b.reason = 'inside' OR a.rank > o.rank AS kept))"""
        )
    finally:
        context.con.unregister("bad_pairs")
    return located(context, rows)
