"""Faults of solids: 401 to 405."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cimkit.geometry.solids.bodies import Bodies, Reals, Whole, spans
from cimkit.geometry.solids.components import components
from cimkit.geometry.solids.contacts import coplanar, near_pairs
from cimkit.geometry.solids.crossings import PIERCED, meetings, within
from cimkit.geometry.solids.faults import Faults
from cimkit.geometry.solids.planes import Planes
from cimkit.geometry.solids.windings import windings

__all__ = ["alike", "cavity_faults", "inside_out"]

Truth = npt.NDArray[np.bool_]
_CLEAR = 0.25
"""How far a winding number may be from 0 or 1 to be one of these."""


def inside_out(bodies: Bodies, volume: Reals, sound: Truth) -> Faults:
    """Return the shells whose faces look the wrong way (405)."""
    outer = np.zeros(len(sound), bool)
    outer[bodies.solid_start[:-1][np.diff(bodies.solid_start) > 0]] = True
    wrong = np.flatnonzero(sound & np.where(outer, volume < 0, volume > 0))
    return Faults.of(405, bodies, shell=wrong, value=volume[wrong])


def alike(bodies: Bodies, one: Whole, two: Whole) -> bool:
    """Return whether two sets of faces have the same corners and the same faces."""

    def key(faces: Whole) -> list[tuple[int, ...]]:
        corners, which = spans(bodies.corner_start, faces)
        bounds = np.searchsorted(which, np.arange(len(faces) + 1)).tolist()
        named = bodies.corner[corners].tolist()
        return sorted(tuple(sorted(set(named[a:b]))) for a, b in pairwise(bounds))

    return len(one) == len(two) and key(one) == key(two)


def cavity_faults(
    bodies: Bodies, planes: Planes, flat: Reals, solids: Whole, touch: float
) -> list[Faults]:
    """Return what is wrong between the shells of solids that have cavities: 401 to 404."""
    found: dict[int, list[tuple[int, int]]] = {401: [], 402: [], 403: [], 404: []}
    for solid in solids.tolist():
        seams: list[Reals] = []
        before = sum(map(len, found.values()))
        shells = range(int(bodies.solid_start[solid]), int(bodies.solid_start[solid + 1]))
        for n, a in enumerate(shells):
            for b in shells[n + 1 :]:
                code = _between(bodies, planes, flat, a, b, n == 0, touch, seams)
                if code:
                    found[code].append((b, a))
        if before == sum(map(len, found.values())) and _cycle(seams, touch):
            found[404].append((shells[1], shells[0]))
    return [
        Faults.of(
            code,
            bodies,
            shell=np.array([s for s, _ in listed], np.int64),
            other=np.array([o for _, o in listed], np.int64),
        )
        for code, listed in found.items()
    ]


def _between(
    bodies: Bodies,
    planes: Planes,
    flat: Reals,
    a: int,
    b: int,
    hull: bool,
    touch: float,
    seams: list[Reals],
) -> int:
    one = np.arange(bodies.shell_start[a], bodies.shell_start[a + 1])
    two = np.arange(bodies.shell_start[b], bodies.shell_start[b + 1])
    if alike(bodies, one, two):
        return 402
    left, right = near_pairs(bodies, one, two, touch)
    met = meetings(bodies, planes, flat, left, right, touch)
    if (met.way == PIERCED).any() or len(coplanar(bodies, planes, flat, left, right, touch).pair):
        return 401
    seams.append(_seams(bodies, planes, flat, left, right, touch))
    seams.append(_seams(bodies, planes, flat, right, left, touch))
    in_hull = _where(bodies, flat, one, two)
    if hull:
        if (in_hull == 0).any():
            return 401 if (in_hull == 1).any() else 403
        return 0
    if (in_hull == 1).any() or (_where(bodies, flat, two, one) == 1).any():
        return 401
    return 0


def _where(bodies: Bodies, flat: Reals, hull: Whole, faces: Whole) -> Whole:
    """Return 0 for each corner that is outside of a hull, 1 for one inside, -1 for others."""
    corners, _ = spans(bodies.corner_start, faces)
    points = bodies.xyz[np.unique(bodies.corner[corners])]
    turns = np.abs(windings(bodies, flat, hull, points))
    return np.where(turns < _CLEAR, 0, np.where(turns > 1 - _CLEAR, 1, -1)).astype(np.int64)


def _seams(
    bodies: Bodies, planes: Planes, flat: Reals, edged: Whole, faced: Whole, touch: float
) -> Reals:
    """Return the (n, 2, 3) edges of faces that lie on other faces."""
    corner, pair = spans(bodies.corner_start, edged)
    tail, head = bodies.at[corner], bodies.at[bodies.after[corner]]
    face = faced[pair]
    on = np.ones(len(corner), bool)
    for points in (tail, (tail + head) / 2, head):
        on &= np.abs(planes.height(face, points)) <= touch
        on[on] = within(bodies, planes, flat, face[on], points[on], touch)
    return np.stack([tail[on], head[on]], axis=1)


def _cycle(seams: list[Reals], touch: float) -> bool:
    """Return whether the seams along which shells touch close a ring: it cuts the inside apart."""
    ends = np.concatenate([np.empty((0, 2, 3)), *seams])
    if len(ends) < 3:
        return False
    key = np.round(ends.reshape(-1, 3) / (10 * touch)).astype(np.int64)
    _, node = np.unique(key, axis=0, return_inverse=True)
    lines = np.unique(np.sort(node.reshape(-1, 2), axis=1), axis=0)
    nodes = int(node.max()) + 1
    label = components(nodes, lines[:, 0], lines[:, 1])
    return len(lines) > nodes - len(np.unique(label))
