"""Lines that should be joined: ends that miss, lines that cross themselves, parts cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["Joints", "Misses", "joints", "misses", "parts", "pseudo_nodes", "self_crossings"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]

_TOUCHING = 0.01
"""Units (metres): ends nearer than this are one node, whatever wrote them."""


@dataclass(frozen=True, slots=True)
class Joints:
    """The ends of lines and what they meet."""

    spot: Reals
    """(2 n, 3) x, y and z (NaN without) of the ends: first all starts, then all ends."""
    line: Whole
    """(2 n,) index of the line of each end."""
    joined: Flags
    """(2 n,) whether the end touches another line, or closes its own."""
    pairs: tuple[Whole, Whole]
    """Ends, and lines other than their own that are within reach."""
    away: Reals
    """Distance of each of the pairs."""


@dataclass(frozen=True, slots=True)
class Misses:
    """Ends of lines that stop just short of another, or stick out beyond it."""

    line: Whole
    """Index of the line."""
    other: Whole
    """Index of the line it misses."""
    spot: Reals
    """(n, 2) the end."""
    gap: Reals
    """How far it is from the other."""
    over: Flags
    """Whether it crosses the other and sticks out; else it stops short."""


def joints(lines: Shapes, reach: float) -> Joints:
    """Find what the ends of lines meet within reach.

    Parameters
    ----------
    lines : (n,) array of shapely LineString, not empty
        In one plane, with heights or without.
    reach : float
        In units of the plane.
    """
    count = len(lines)
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    line = np.tile(np.arange(count), 2)
    spot = shapely.get_coordinates(ends, include_z=True)
    end, other = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=reach)
    foreign = line[end] != other
    end, other = end[foreign], other[foreign]
    away = shapely.distance(ends[end], lines[other])
    joined = np.tile(shapely.is_closed(lines), 2)
    joined[end[away <= _TOUCHING]] = True
    return Joints(spot, line, joined, (end, other), away)


def misses(lines: Shapes, found: Joints, *, height: float) -> Misses:
    """Return the ends that meet nothing and have another line within reach, each once.

    Parameters
    ----------
    lines : (n,) array of shapely LineString
    found : Joints
        Of these lines.
    height : float
        Lines farther above or below are meant to pass each other.
    """
    end, other = found.pairs
    loose = ~found.joined[end]
    end, other, away = end[loose], other[loose], found.away[loose]
    at = shapely.points(found.spot[end, :2])
    foot = shapely.line_interpolate_point(lines[other], shapely.line_locate_point(lines[other], at))
    dz = np.abs(found.spot[end, 2] - shapely.get_z(foot))
    near = ~(dz > height)
    end, other, away = end[near], other[near], away[near]
    order = np.lexsort((other, away, end))
    end, other, away = end[order], other[order], away[order]
    first = np.unique(end, return_index=True)[1]
    end, other, away = end[first], other[first], away[first]
    line = found.line[end]
    # Of two ends that miss each other one is enough.
    low, high = np.minimum(line, other), np.maximum(line, other)
    once = np.sort(np.unique(np.stack([low, high]), axis=1, return_index=True)[1])
    end, line, other, away = end[once], line[once], other[once], away[once]
    over = shapely.intersects(lines[line], lines[other])
    return Misses(line, other, found.spot[end, :2], away, over)


def pseudo_nodes(found: Joints, sort: npt.NDArray[Any]) -> tuple[Whole, Whole, Reals]:
    """Return pairs of lines of one sort that meet end to end where nothing else does.

    Returns
    -------
    line, other : (m,) arrays of int
    spot : (m, 2) array
        Where.
    """
    keys = np.round(found.spot[:, :2] / _TOUCHING).astype(np.int64)
    _, node, count = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    node = node.ravel()
    # An end that lies on the middle of a line makes a node of three.
    met = np.bincount(found.pairs[0][found.away <= _TOUCHING], minlength=len(node))
    two = np.flatnonzero((count[node] == 2) & (met == 1))
    order = two[np.argsort(node[two], kind="stable")]
    same = np.flatnonzero(node[order][1:] == node[order][:-1])
    a, b = order[same], order[same + 1]
    line, mate = found.line[a], found.line[b]
    keep = (line != mate) & (sort[line] == sort[mate])
    line, mate = np.maximum(line, mate)[keep], np.minimum(line, mate)[keep]
    return line, mate, found.spot[a[keep], :2]


def parts(found: Joints) -> Whole:
    """Return for each line the lowest index of the lines it is joined to, directly or not."""
    end, other = found.pairs
    near = found.away <= _TOUCHING
    one, two = found.line[end[near]], other[near]
    label: Whole = np.arange(len(found.line) // 2)
    while True:
        least = np.minimum(label[one], label[two])
        before = label.copy()
        np.minimum.at(label, label[one], least)
        np.minimum.at(label, label[two], least)
        label = label[label]
        if (label == before).all():
            return label


def self_crossings(lines: Shapes) -> tuple[Whole, Reals]:
    """Return the lines that cross or retrace themselves, and a place (m, 2) where each does."""
    bad = np.flatnonzero(~shapely.is_simple(lines))
    spots = [_crossing(lines[i]) for i in bad]
    return bad, np.array(spots, dtype=np.float64).reshape(-1, 2)


def _crossing(line: Any) -> tuple[float, float]:
    """Return a node of the line that is neither its start nor its end, and met more than twice."""
    parts = shapely.get_parts(shapely.node(shapely.force_2d(line)))
    ends = shapely.get_coordinates(
        np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    )
    nodes, count = np.unique(ends.round(9), axis=0, return_counts=True)
    most = nodes[int(np.argmax(count))]
    return float(most[0]), float(most[1])
