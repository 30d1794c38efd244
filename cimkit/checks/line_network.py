"""Lines of a network meet where they should, and do not cross themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.checks._findings import conclude
from cimkit.checks._planes import Plane, located, planes, unplaced
from cimkit.checks._space_words import UNPLACED, phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters
from cimkit.checks._sql import scope

if TYPE_CHECKING:
    from cimkit.geometry.networks import Joints
    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

Shapes = npt.NDArray[np.object_]
Whole = npt.NDArray[np.intp]

SPEC = CheckSpec(
    name="line_network",
    title="Lines of a network meet",
    kinds=("gis",),
    parameters={"height": 0.5, "pseudo_nodes": False, "island": 0.0},
    words={
        **UNPLACED,
        "undershoot": phrase(
            "its end stops short of {other}",
            "端点未到达 {other}（悬挂）",
            "端点が {other} に届いていません",
        ),
        "overshoot": phrase(
            "its end sticks out beyond {other}",
            "端点超出 {other}（过头）",
            "端点が {other} を越えて突き出ています",
        ),
        "self-crossing": phrase(
            "the line crosses itself", "线自相交", "線が自分自身と交差しています"
        ),
        "pseudo-node": phrase(
            "broken at a node where only {other} goes on",
            "在仅与 {other} 相接的节点处断开（伪节点）",
            "{other} が続くだけの節点で切れています",
        ),
        "island": phrase(
            "not joined to the rest of the network",
            "与网络其余部分不连通",
            "ネットワークの他の部分とつながっていません",
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find ends that miss the line they should meet, and lines that cross themselves.

    An end that has nothing near it is a dead end, and right. The rule's tolerance is how far in
    metres an end may lie from a line that it was meant to meet (default 0.3); what is nearer than
    1 cm meets.

    Parameters of the rule: ``height`` (m: lines farther above each other pass each other),
    ``pseudo_nodes`` (report nodes where a line of one class and name merely goes on) and ``island``
    (m: parts of the network that are shorter than this and joined to nothing; 0: none).
    """
    said = parameters(SPEC, rule)
    reach = 0.3 if rule.tolerance is None else float(rule.tolerance)
    here = scope(rule, SPEC, context.standard)
    found: list[pa.Table] = []
    count = 0
    for plane in planes(context, here, 1, more=("name",)):
        if plane.seam:
            continue
        count += len(plane.rows)
        for group in plane.groups():
            found.extend(_of(plane, group, said, reach))
    rows = _told(context, pa.concat_tables(found, promote_options="permissive")) if found else None
    table = pa.table({}) if rows is None else rows
    return conclude(context, rule, table, count, unchecked=unplaced(context, here, 1))


def _of(plane: Plane, group: Whole, said: dict[str, Any], reach: float) -> Iterator[pa.Table]:
    import shapely

    from cimkit.geometry.networks import joints, misses, pseudo_nodes, self_crossings

    lines, own = shapely.get_parts(plane.shapes[group], return_index=True)
    full = ~shapely.is_empty(lines) & (shapely.get_type_id(lines) == 1)
    lines, own = lines[full], group[own[full]]
    if not len(lines):
        return
    met = joints(lines, reach)
    missed = misses(lines, met, height=float(said["height"]))
    for over, reason in ((False, "undershoot"), (True, "overshoot")):
        some = missed.over == over
        gap = [f"{g:.3f} m" for g in missed.gap[some]]
        yield _rows(
            plane, own[missed.line[some]], missed.spot[some], reason, own[missed.other[some]], gap
        )
    bad, spots = self_crossings(lines)
    yield _rows(plane, own[bad], spots, "self-crossing")
    if said["pseudo_nodes"]:
        names = plane.column("name").astype(str)[own]
        line, other, spot = pseudo_nodes(met, names)
        yield _rows(plane, own[line], spot, "pseudo-node", own[other])
    if said["island"]:
        lost, spot, size = _islands(lines, met, float(said["island"]))
        yield _rows(plane, own[lost], spot, "island", None, [f"{s:.1f} m" for s in size])


def _islands(
    lines: Shapes, met: Joints, shortest: float
) -> tuple[Whole, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the first line of each short part that is joined to nothing, its place and length."""
    import shapely

    from cimkit.geometry.networks import parts

    length = np.zeros(len(lines))
    np.add.at(length, parts(met), shapely.length(lines))
    small = np.flatnonzero((length > 0) & (length < shortest) & (length < length.max()))
    return small, met.spot[small, :2], length[small]


def _rows(
    plane: Plane,
    line: Whole,
    spot: npt.NDArray[np.float64],
    reason: str,
    other: Whole | None = None,
    measured: list[str] | None = None,
) -> pa.Table:
    import shapely

    from cimkit.geometry.vector import write_wkb

    ids = plane.column("object_id")
    placed = plane.to_crs84(np.asarray(shapely.points(spot), object))
    xy = shapely.get_coordinates(placed)
    none = pa.nulls(len(line), pa.string())
    return pa.table(
        {
            "object_id": pa.array(ids[line], pa.string()),
            "other_id": none if other is None else pa.array(ids[other], pa.string()),
            "reason": pa.array([reason] * len(line), pa.string()),
            "x": xy[:, 0],
            "y": xy[:, 1],
            "geometry": write_wkb(placed),
            "measured": none if measured is None else pa.array(measured, pa.string()),
        }
    )


def _told(context: CheckContext, bad: pa.Table) -> pa.Table:
    """Name the other line; a line with several faults takes one from those that passed."""
    context.con.register("bad_ends", bad)
    try:
        rows = context.table(
            """SELECT b.* EXCLUDE (other_id), o.path || ' ' || o.spot AS other,
                      CASE WHEN row_number() OVER (PARTITION BY b.object_id
                                                   ORDER BY b.reason, b.x, b.y) = 1
                           THEN 1 ELSE 0 END AS things
               FROM bad_ends b LEFT JOIN things o ON o.object_id = b.other_id"""
        )
    finally:
        context.con.unregister("bad_ends")
    return located(context, rows)
