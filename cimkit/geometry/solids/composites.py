"""Faults between solids: 501, 502, 503 of composites, 601 of the parts of a building."""

from __future__ import annotations

import numpy as np

from cimkit.geometry.solids.bodies import Bodies, Reals, Whole, spans
from cimkit.geometry.solids.components import components
from cimkit.geometry.solids.contacts import coplanar, near_pairs
from cimkit.geometry.solids.crossings import PIERCED, meetings, within
from cimkit.geometry.solids.faults import Faults
from cimkit.geometry.solids.planes import Planes, planes_of
from cimkit.geometry.solids.solids import alike
from cimkit.geometry.solids.surfaces import triangles
from cimkit.geometry.solids.tolerances import Tolerances
from cimkit.geometry.solids.windings import windings

__all__ = ["composite_faults", "faces_of", "overlaps"]


def faces_of(bodies: Bodies, solid: int) -> Whole:
    """Return the faces of a solid, those of its cavities included."""
    first = bodies.shell_start[bodies.solid_start[solid]]
    end = bodies.shell_start[bodies.solid_start[solid + 1]]
    return np.arange(first, end, dtype=np.int64)


def composite_faults(
    bodies: Bodies, planes: Planes, flat: Reals, composites: Whole, limits: Tolerances
) -> list[Faults]:
    """Return what is wrong between the solids of composites: 501, 502, 503."""
    found: dict[int, list[tuple[int, int]]] = {501: [], 502: [], 503: []}
    points: list[Reals] = []
    for body in composites.tolist():
        solids = range(int(bodies.body_start[body]), int(bodies.body_start[body + 1]))
        joined: list[tuple[int, int]] = []
        for n, a in enumerate(solids):
            for b in solids[n + 1 :]:
                one, two = faces_of(bodies, a), faces_of(bodies, b)
                if not _boxes_meet(bodies, one, two, -limits.snap):
                    continue
                left, right = near_pairs(bodies, one, two, limits.snap)
                if alike(bodies, one, two):
                    found[502].append((b, a))
                    continue
                spot = _overlap(bodies, planes, flat, one, two, left, right, limits)
                if spot is not None:
                    found[501].append((b, a))
                    points.append(spot)
                elif len(coplanar(bodies, planes, flat, left, right, limits.touch).pair):
                    joined.append((n, b - solids.start))
        if any(s in solids for code in (501, 502) for s, _ in found[code]):
            continue
        ends = np.array(joined, np.int64).reshape(-1, 2)
        label = components(len(solids), ends[:, 0], ends[:, 1])
        found[503] += [
            (solids[n], solids.start) for n in np.flatnonzero(label).tolist() if label[n] == n
        ]
    return [
        Faults.of(
            code,
            bodies,
            solid=np.array([s for s, _ in listed], np.int64),
            other=np.array([o for _, o in listed], np.int64),
            **({"point": np.array(points).reshape(-1, 3)} if code == 501 else {}),
        )
        for code, listed in found.items()
    ]


def overlaps(bodies: Bodies, one: Whole, two: Whole, limits: Tolerances) -> Faults:
    """Return the pairs of sound solids that share more of their inside than allowed (601).

    Parameters
    ----------
    one, two : (n,) int64 arrays
        Numbers of solids.
    """
    planes = planes_of(bodies, 0.3 * limits.planarity_distance)
    flat = planes.flat(bodies.corner_face, bodies.at)
    found: list[tuple[int, int]] = []
    points: list[Reals] = []
    for a, b in zip(one.tolist(), two.tolist(), strict=True):
        own, others = faces_of(bodies, a), faces_of(bodies, b)
        left, right = near_pairs(bodies, own, others, limits.snap)
        spot = _overlap(bodies, planes, flat, own, others, left, right, limits)
        if spot is not None:
            found.append((b, a))
            points.append(spot)
    return Faults.of(
        601,
        bodies,
        solid=np.array([s for s, _ in found], np.int64),
        other=np.array([o for _, o in found], np.int64),
        point=np.array(points).reshape(-1, 3),
    )


def _overlap(
    bodies: Bodies,
    planes: Planes,
    flat: Reals,
    one: Whole,
    two: Whole,
    left: Whole,
    right: Whole,
    limits: Tolerances,
) -> Reals | None:
    """Return a point deep inside of both of two solids, None if there is none.

    Asked is of the points of either's surface, moved inward by the tolerance: corners of its
    triangles' middles, the middles of its edges and of what other faces cut off from these, and
    of the area that faces in one plane share.
    """
    if not _boxes_meet(bodies, one, two, limits.overlap):
        return None
    for own, other, mine, theirs in ((one, two, left, right), (two, one, right, left)):
        points, faces = _samples(bodies, planes, flat, own, mine, theirs, limits)
        moved = points - planes.normal[faces] * (limits.overlap / 2 + limits.touch)
        box = bodies.at[spans(bodies.corner_start, other)[0]]
        held = ((moved > box.min(axis=0)) & (moved < box.max(axis=0))).all(axis=1)
        moved = moved[held]
        if not len(moved):
            continue
        deep = np.abs(windings(bodies, flat, other, moved)) > 0.75
        # A point moved off a face may have left a body that is thinner than the tolerance.
        deep[deep] &= np.abs(windings(bodies, flat, own, moved[deep])) > 0.75
        for spot in moved[deep]:
            both = np.concatenate([own, other])
            if not _close(bodies, planes, flat, both, spot, limits.overlap / 2 - limits.touch):
                return np.asarray(spot, np.float64)
    return None


def _close(
    bodies: Bodies, planes: Planes, flat: Reals, faces: Whole, point: Reals, reach: float
) -> bool:
    """Return whether a point is closer than `reach` to any of the faces."""
    points = np.broadcast_to(point, (len(faces), 3))
    near = np.abs(planes.height(faces, points)) < reach
    found = within(bodies, planes, flat, faces[near], points[near], reach / 2)
    return bool(found.any())


def _boxes_meet(bodies: Bodies, one: Whole, two: Whole, depth: float) -> bool:
    a = bodies.at[spans(bodies.corner_start, one)[0]]
    b = bodies.at[spans(bodies.corner_start, two)[0]]
    low = np.maximum(a.min(axis=0), b.min(axis=0))
    return bool((np.minimum(a.max(axis=0), b.max(axis=0)) - low > depth).all())


def _samples(
    bodies: Bodies,
    planes: Planes,
    flat: Reals,
    own: Whole,
    mine: Whole,
    theirs: Whole,
    limits: Tolerances,
) -> tuple[Reals, Whole]:
    """Return points on the surface of a body, and the face that each lies on."""
    corners, owner = triangles(bodies, flat, own)
    middles = bodies.at[corners].mean(axis=1)
    edge, which = spans(bodies.corner_start, own)
    tail, head = bodies.at[edge], bodies.at[bodies.after[edge]]
    contact = coplanar(bodies, planes, flat, mine, theirs, limits.touch)
    alike = contact.same_side
    met = meetings(bodies, planes, flat, mine, theirs, limits.touch)
    cut = met.way == PIERCED
    pierced = met.point[cut]
    # Between two places at which edges go through the other's faces there is a piece inside.
    bound = mine[met.pair[cut]]
    pieces = (pierced[:, None] + pierced[None, :]) / 2
    same = bound[:, None] == bound[None, :]
    inner = same & ~np.eye(len(bound), dtype=bool)
    near = np.concatenate(
        [(tail + _nearest(tail, pierced)) / 2, (head + _nearest(head, pierced)) / 2]
    )
    points = [middles, (tail + head) / 2, contact.point[alike], pieces[inner], near]
    faces = [
        owner,
        own[which],
        mine[contact.pair[alike]],
        np.broadcast_to(bound[:, None], inner.shape)[inner],
        np.concatenate([own[which], own[which]]),
    ]
    return np.concatenate(points), np.concatenate(faces)


def _nearest(ends: Reals, pierced: Reals) -> Reals:
    """Return for each end of an edge the nearest place that is pierced; itself if there is none."""
    if not len(pierced):
        return ends
    apart = ((ends[:, None] - pierced[None]) ** 2).sum(axis=2)
    nearest: Reals = pierced[np.argmin(apart, axis=1)]
    return nearest
