"""Faults of rings: 101, 102 and 104."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from cimkit.geometry.solids.bodies import Bodies, Reals, Whole, spans
from cimkit.geometry.solids.faults import Faults
from cimkit.geometry.solids.planes import Planes

__all__ = ["convex", "ring_faults", "self_crossings"]

Truth = npt.NDArray[np.bool_]
_SPOT = re.compile(r"\[([^\s\]]+) ([^\s\]]+)")
_FLAT = 1e-7
"""Metres: a ring less wide than this is a line."""


def ring_faults(bodies: Bodies) -> list[Faults]:
    """Return the rings with fewer than three points (101), or with one twice in a row (102)."""
    size = np.diff(bodies.ring_start)
    few = np.flatnonzero(size < 3)
    same = (bodies.corner == bodies.corner[bodies.after]) & (size[bodies.corner_ring] > 2)
    twice = np.flatnonzero(same)
    ring, first = np.unique(bodies.corner_ring[twice], return_index=True)
    at = twice[first]
    count = np.bincount(bodies.corner_ring[twice], minlength=len(size))[ring]
    start = np.full(len(few), -1, np.int64)
    full = size[few] > 0
    start[full] = bodies.corner[bodies.ring_start[few[full]]]
    return [
        Faults.of(101, bodies, ring=few, vertex=start, value=size[few]),
        Faults.of(102, bodies, ring=ring, vertex=bodies.corner[at], value=count),
    ]


def convex(bodies: Bodies, flat: Reals, corners: Whole, ring: Whole) -> Truth:
    """Return for each ring whether it turns only one way and only once round.

    Parameters
    ----------
    bodies : Bodies
    flat : (c, 2) float64 array
        Corners in the plane of their face.
    corners : (n,) int64 array
        Corners of the rings asked for, ring by ring.
    ring : (n,) int64 array
        Number, from 0, of the ring among those asked for.
    """
    after = bodies.after
    here, second = corners, after[corners]
    one = flat[second] - flat[here]
    two = flat[after[second]] - flat[second]
    turn = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    scale = np.sqrt((one**2).sum(axis=1) * (two**2).sum(axis=1))
    count = int(ring[-1]) + 1 if len(ring) else 0
    left = np.bincount(ring, turn > 1e-9 * scale, count)
    right = np.bincount(ring, turn < -1e-9 * scale, count)
    size = np.bincount(ring, minlength=count)
    back = np.bincount(ring, (one[:, 0] >= 0) != (two[:, 0] >= 0), count)
    found: Truth = ((left == size) | (right == size)) & (back == 2)
    return found


def self_crossings(
    bodies: Bodies, planes: Planes, flat: Reals, sound: Truth, touch: float
) -> tuple[Faults, Truth]:
    """Return the rings that meet themselves in the plane of their face (104).

    Parameters
    ----------
    sound : (f,) bool array
        Faces to look at.
    touch : float
        Corners closer than this in the plane fall together there (metres).

    Returns
    -------
    Faults
    (r,) bool array
        Rings that are convex.
    """
    import shapely

    size = np.diff(bodies.ring_start)
    rings = np.flatnonzero(sound[bodies.ring_face])
    corners, which = spans(bodies.ring_start, rings)
    simple = np.zeros(len(size), bool)
    simple[rings] = convex(bodies, flat, corners, which)
    step = np.zeros(len(size), bool)
    step[_steps(bodies, planes, flat, sound, touch)] = True
    simple &= ~step
    asked = rings[~simple[rings]]
    corners, which = spans(bodies.ring_start, asked)
    width = np.zeros(len(asked))
    if len(asked):
        reach = np.zeros(len(asked))
        arm = flat[corners] - flat[bodies.ring_start[asked]][which]
        np.maximum.at(reach, which, np.sqrt((arm**2).sum(axis=1)))
        area = np.linalg.norm(planes.ring_area[asked], axis=1)
        width = 2 * area / np.maximum(reach, 1e-300)
    bad = width < _FLAT
    open_ = np.flatnonzero(~bad & (size[asked] > 3))
    corners, which = spans(bodies.ring_start, asked[open_])
    lines: npt.NDArray[np.object_] = np.empty(0, object)
    if len(open_):
        lines = np.asarray(shapely.linearrings(flat[corners], indices=which), dtype=np.object_)
    wrong = ~shapely.is_simple(lines)
    bad[open_[wrong]] = True
    bad |= step[asked]
    found = asked[bad]
    points = bodies.at[bodies.ring_start[found]].copy()
    if wrong.any():
        said = shapely.is_valid_reason(shapely.polygons(lines[wrong]))
        place = np.searchsorted(found, asked[open_[wrong]])
        for n, text in zip(place.tolist(), said, strict=True):
            met = _SPOT.search(text or "")
            if met:
                spot = np.array([[float(met[1]), float(met[2])]])
                points[n] = planes.lifted(bodies.ring_face[found[n : n + 1]], spot)[0]
    return Faults.of(104, bodies, ring=found, point=points), simple


def _steps(bodies: Bodies, planes: Planes, flat: Reals, sound: Truth, touch: float) -> Whole:
    """Return the rings of which two neighbours fall together in the plane of their face."""
    uneven = sound & (planes.distance > touch)
    corners = np.flatnonzero(uneven[bodies.corner_face])
    apart = ((flat[bodies.after[corners]] - flat[corners]) ** 2).sum(axis=1)
    found: Whole = np.unique(bodies.corner_ring[corners[apart <= touch * touch]])
    return found
