"""Where faces of two bodies lie on each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.geometry.solids.bodies import Bodies, Reals, Whole, spans
from cimkit.geometry.solids.planes import Planes

__all__ = ["Contact", "coplanar", "near_pairs"]


@dataclass(frozen=True, slots=True)
class Contact:
    """Pairs of faces that lie in one plane and share some of their area."""

    pair: Whole
    """(n,) number of the pair."""
    point: Reals
    """(n, 3) inside of what they share."""
    same_side: npt.NDArray[np.bool_]
    """(n,) whether both look the same way."""


def near_pairs(bodies: Bodies, one: Whole, two: Whole, slack: float) -> tuple[Whole, Whole]:
    """Return the pairs of a face of one set and a face of another whose boxes meet."""
    low_a, high_a = _boxes(bodies, one, slack)
    low_b, high_b = _boxes(bodies, two, slack)
    meet = np.ones((len(one), len(two)), bool)
    for axis in range(3):
        meet &= low_a[:, None, axis] <= high_b[None, :, axis]
        meet &= low_b[None, :, axis] <= high_a[:, None, axis]
    a, b = np.nonzero(meet)
    return one[a], two[b]


def _boxes(bodies: Bodies, faces: Whole, slack: float) -> tuple[Reals, Reals]:
    corners, which = spans(bodies.corner_start, faces)
    first = np.searchsorted(which, np.arange(len(faces)))
    at = bodies.at[corners]
    return np.minimum.reduceat(at, first) - slack, np.maximum.reduceat(at, first) + slack


def coplanar(
    bodies: Bodies, planes: Planes, flat: Reals, one: Whole, two: Whole, touch: float
) -> Contact:
    """Return the pairs of faces that lie in one plane and share more than a sliver of area."""
    import shapely

    corner, pair = spans(bodies.corner_start, one)
    height = np.abs(planes.height(two[pair], bodies.at[corner]))
    worst = np.zeros(len(one))
    np.maximum.at(worst, pair, height)
    hit = np.flatnonzero(worst <= 10 * touch)
    points, shared, ways = [], [], []
    for n in hit.tolist():
        base = _shape(bodies, flat, int(two[n]))
        laid = _laid(bodies, planes, int(one[n]), int(two[n]))
        inner = shapely.buffer(shapely.intersection(base, laid), -10 * touch)
        if inner.is_empty:
            continue
        spot = shapely.get_coordinates(inner.representative_point())
        points.append(planes.lifted(two[n : n + 1], spot))
        shared.append(n)
        ways.append(bool(planes.normal[one[n]] @ planes.normal[two[n]] > 0))
    return Contact(
        np.array(shared, np.int64),
        np.concatenate([np.empty((0, 3)), *points]),
        np.array(ways, bool),
    )


def _shape(bodies: Bodies, flat: Reals, face: int) -> Any:
    import shapely

    rings = [
        flat[bodies.ring_start[r] : bodies.ring_start[r + 1]]
        for r in range(bodies.face_start[face], bodies.face_start[face + 1])
    ]
    return shapely.Polygon(rings[0], rings[1:])


def _laid(bodies: Bodies, planes: Planes, face: int, base: int) -> Any:
    import shapely

    rings = []
    for ring in range(bodies.face_start[face], bodies.face_start[face + 1]):
        at = bodies.at[bodies.ring_start[ring] : bodies.ring_start[ring + 1]]
        rings.append(planes.flat(np.full(len(at), base, np.int64), at))
    return shapely.Polygon(rings[0], rings[1:])
