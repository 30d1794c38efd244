"""Pipes that cross keep clear of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._pipes import DIAMETER_FIELDS, PIPE_WORDS, Pipes, pipes
from cimkit.checks._planes import located
from cimkit.checks._space_words import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="pipe_clearance",
    title="Pipes keep clear of each other",
    kinds=("gis", "bim"),
    parameters={"minimum": 0.1, "node": 1.0, "diameter": DIAMETER_FIELDS},
    words={
        **PIPE_WORDS,
        "clash": phrase("it runs through {other}", "与 {other} 碰撞", "{other} と干渉しています"),
        "close": phrase(
            "it passes {other} too near",
            "与 {other} 的净距不足",
            "{other} との離隔が足りません",
        ),
    },
)

_TEE = 0.05  # metres in plan: an end this near to an axis was joined to it


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find pipes whose walls are nearer to each other than asked, or go through each other.

    The distance is that of the axes in space less the radii. Pipes that meet at a node, and a
    branch that ends on another pipe, are joined and not near. Pipes of one BIM are for its own
    clash detection; heights of two vertical datums are never compared.

    Parameters of the rule: ``minimum`` (m between the walls; the rule's tolerance is taken off),
    ``node`` (m in plan within which ends belong to one node) and ``diameter`` (fields that hold it;
    from 5 upwards it is millimetres).
    """
    said = parameters(SPEC, rule)
    least = float(said["minimum"]) - (rule.tolerance or 0.0)
    here = scope(rule, SPEC, context.standard)
    all_of_them = pipes(context, here, said["diameter"])
    bad = _near(all_of_them, least, float(said["minimum"]), float(said["node"]))
    rows = _told(context, bad) if len(bad) else pa.table({})
    count = len(set(all_of_them.rows["object_id"].to_pylist()))
    blind = [
        {"path": "", "reason": reason, "count": lost}
        for reason, lost in (("no-heights", all_of_them.flat), ("no-axis", all_of_them.unclear))
        if lost
    ]
    return conclude(context, rule, rows, count, unchecked=blind)


def _near(known: Pipes, least: float, minimum: float, node: float) -> pa.Table:
    import shapely

    from cimkit.geometry.clearance import approach
    from cimkit.geometry.vector import write_wkb

    lines, radius = known.lines, known.radius
    reach = least + radius + (radius.max() if len(radius) else 0.0)
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=reach)
    text = {c: known.rows[c].to_numpy(zero_copy_only=False) for c in known.rows.column_names}
    keep = (one < other) & (text["datum"][one] == text["datum"][other])
    within = (text["kind"] == "bim")[one] & (text["item_id"][one] == text["item_id"][other])
    keep &= ~within & (text["object_id"][one] != text["object_id"][other])
    one, other = one[keep], other[keep]
    apart = ~_at_one_node(_ends(lines), one, other)
    one, other = one[apart], other[apart]
    found = approach(lines, one, other)
    gap = found.distance - radius[one] - radius[other]
    # One axis through another of its kind is a cross that nobody drew a node at.
    crossed = (text["sort"][one] == text["sort"][other]) & (found.distance < _TEE)
    keep = (gap < least - 1e-6) & ~crossed
    keep &= ~_joined(lines, one, other, found.first, found.second, radius, node)
    one, other, gap = one[keep], other[keep], gap[keep]
    first, second = found.first[keep], found.second[keep]
    spots = known.local.from_plane((first + second) / 2)
    placed = np.empty(len(spots), object)
    for n, ends in enumerate(np.stack([first, second], axis=1)):
        placed[n] = shapely.LineString(known.local.from_plane(ends))
    return pa.table(
        {
            "object_id": pa.array(text["object_id"][other], pa.string()),
            "other_id": pa.array(text["object_id"][one], pa.string()),
            "reason": pa.array(np.where(gap < 0, "clash", "close").tolist(), pa.string()),
            "x": spots[:, 0],
            "y": spots[:, 1],
            "z": spots[:, 2],
            "geometry": write_wkb(placed),
            "measured": pa.array([f"{g:.2f} m" for g in gap], pa.string()),
            "expected": pa.array([f"≥ {minimum:g} m"] * len(gap), pa.string()),
        }
    )


def _ends(lines: Any) -> npt.NDArray[np.float64]:
    """Return start and end of each line, (n, 2, 3)."""
    import shapely

    spots = [shapely.get_coordinates(shapely.get_point(lines, k), include_z=True) for k in (0, -1)]
    return np.stack(spots, axis=1)


def _at_one_node(
    ends: npt.NDArray[np.float64], one: npt.NDArray[np.intp], other: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """Return which pairs share an end: nothing of them can come nearer, and most pairs are such."""
    shared = np.zeros(len(one), dtype=bool)
    for mine in (0, 1):
        for theirs in (0, 1):
            away = ends[one, mine] - ends[other, theirs]
            shared |= (away * away).sum(1) < _TEE**2
    return shared


def _joined(
    lines: Any,
    one: npt.NDArray[np.intp],
    other: npt.NDArray[np.intp],
    first: npt.NDArray[np.float64],
    second: npt.NDArray[np.float64],
    radius: npt.NDArray[np.float64],
    node: float,
) -> npt.NDArray[np.bool_]:
    """Return which pairs come nearest where both end, or where one ends on the other."""
    ends = _ends(lines)

    def at_end(line: npt.NDArray[np.intp], spot: npt.NDArray[np.float64]) -> Any:
        apart = np.hypot(*(ends[line, :, :2] - spot[:, None, :2]).transpose(2, 0, 1))
        return apart.min(axis=1)

    from_one, from_other = at_end(one, first), at_end(other, second)
    plan = np.hypot(*(first - second)[:, :2].T)
    meets = (from_one < node) & (from_other < node) & (plan < node)
    on_axis = (plan < _TEE) & (np.minimum(from_one, from_other) < _TEE)
    return np.asarray(
        meets | (on_axis & (np.abs(first - second)[:, 2] <= radius[one] + radius[other] + _TEE))
    )


def _told(context: CheckContext, bad: pa.Table) -> pa.Table:
    """Name of each pair the one that comes later in the delivery, and the other as the other."""
    context.con.register("near_pipes", bad)
    try:
        rows = context.table(
            """SELECT b.* EXCLUDE (object_id, other_id),
                      CASE WHEN a.rank > o.rank THEN a.object_id ELSE o.object_id END AS object_id,
                      CASE WHEN a.rank > o.rank THEN o.path || ' ' || o.spot
                           ELSE a.path || ' ' || a.spot END AS other,
                      (row_number() OVER (PARTITION BY greatest(a.rank, o.rank)
                                          ORDER BY least(a.rank, o.rank)) = 1)::INT AS things
               FROM near_pipes b JOIN things a ON a.object_id = b.object_id
               JOIN things o ON o.object_id = b.other_id"""
        )
    finally:
        context.con.unregister("near_pipes")
    return located(context, rows)
