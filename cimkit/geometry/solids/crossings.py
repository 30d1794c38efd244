"""Whether faces meet elsewhere than at the corners and edges they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cimkit.geometry.solids.bodies import Bodies, Reals, Whole, spans
from cimkit.geometry.solids.planes import Planes

__all__ = ["PIERCED", "Meeting", "meetings", "within"]

Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Meeting:
    """Pairs of faces that meet, each pair once for each way in which it does."""

    pair: Whole
    """(n,) number of the pair."""
    point: Reals
    """(n, 3) where."""
    way: Whole
    """(n,) `PIERCED`, `TOUCHED` or `COVERED`."""


PIERCED, TOUCHED, COVERED = 0, 1, 2
"""An edge of one goes through the other, a corner or edge of one meets the other at a point, or an
edge of one lies in the other."""


def meetings(
    bodies: Bodies, planes: Planes, flat: Reals, one: Whole, two: Whole, touch: float
) -> Meeting:
    """Return where pairs of faces meet, apart from the corners and edges that they share.

    Parameters
    ----------
    bodies, planes
        The faces; each is taken as lying in its plane.
    flat : (c, 2) float64 array
        Corners in the plane of their face.
    one, two : (n,) int64 arrays
        The pairs.
    touch : float
        Metres within which a point is on a plane or a line.
    """
    parts = [
        _against(bodies, planes, flat, one, two, touch),
        _against(bodies, planes, flat, two, one, touch),
    ]
    return Meeting(
        np.concatenate([p.pair for p in parts]),
        np.concatenate([p.point for p in parts]),
        np.concatenate([p.way for p in parts]),
    )


def _against(
    bodies: Bodies, planes: Planes, flat: Reals, edged: Whole, faced: Whole, touch: float
) -> Meeting:
    """Return where the edges of faces meet other faces."""
    corner, pair = spans(bodies.corner_start, edged)
    face = faced[pair]
    after = bodies.after[corner]
    tail, head = bodies.at[corner], bodies.at[after]
    shared = _shared(bodies, bodies.corner[corner], pair, faced)
    shared_head = _shared(bodies, bodies.corner[after], pair, faced)
    low = planes.height(face, tail)
    high = planes.height(face, head)
    low[shared], high[shared_head] = 0.0, 0.0
    on_low, on_high = np.abs(low) <= touch, np.abs(high) <= touch
    found: list[tuple[Whole, Reals, int]] = []

    through = np.flatnonzero((low * high < 0) & ~on_low & ~on_high)
    share = (low[through] / (low[through] - high[through]))[:, None]
    spot = tail[through] + share * (head[through] - tail[through])
    near, rim = _places(bodies, planes, flat, face[through], spot, touch)
    found.append((pair[through[near & ~rim]], spot[near & ~rim], PIERCED))
    found.append((pair[through[near & rim]], spot[near & rim], TOUCHED))

    resting = np.flatnonzero(on_low & ~shared)
    near = within(bodies, planes, flat, face[resting], tail[resting], touch)
    found.append((pair[resting[near]], tail[resting[near]], TOUCHED))

    lying = np.flatnonzero(on_low & on_high)
    lying, spot = _inside(bodies, planes, flat, lying, face, tail, head, touch)
    found.append((pair[lying], spot, COVERED))
    return Meeting(
        np.concatenate([p for p, _, _ in found]),
        np.concatenate([s for _, s, _ in found]),
        np.concatenate([np.full(len(p), way, np.int64) for p, _, way in found]),
    )


def _shared(bodies: Bodies, vertex: Whole, pair: Whole, faced: Whole) -> Truth:
    """Return whether a vertex is a corner of the face that its pair is held against."""
    corners, which = spans(bodies.corner_start, faced)
    count = len(bodies.xyz) + 1
    known = np.unique(which * count + bodies.corner[corners])
    asked = pair * count + vertex
    at = np.searchsorted(known, asked)
    at[at == len(known)] = 0
    if not len(known):
        return np.zeros(len(vertex), bool)
    found: Truth = known[at] == asked
    return found


def _polygons(bodies: Bodies, flat: Reals, faces: Whole) -> tuple[npt.NDArray[np.object_], Whole]:
    """Return the polygons of the faces asked for, and which one each is."""
    import shapely

    known, which = np.unique(faces, return_inverse=True)
    rings, owner = spans(bodies.face_start, known)
    corners, part = spans(bodies.ring_start, rings)
    lines: npt.NDArray[np.object_] = np.asarray(
        shapely.linearrings(flat[corners], indices=part), object
    )
    outer = rings == bodies.face_start[known][owner]
    shapes: npt.NDArray[np.object_] = np.asarray(shapely.polygons(lines[outer]), object)
    bounds = np.searchsorted(owner, np.arange(len(known) + 1))
    for n in np.flatnonzero(np.diff(bounds) > 1).tolist():
        shapes[n] = shapely.Polygon(lines[bounds[n]], list(lines[bounds[n] + 1 : bounds[n + 1]]))
    return shapes, which


def within(
    bodies: Bodies, planes: Planes, flat: Reals, faces: Whole, points: Reals, touch: float
) -> Truth:
    """Return whether points in the planes of faces lie in these faces or on their edges."""
    return _places(bodies, planes, flat, faces, points, touch)[0]


def _places(
    bodies: Bodies, planes: Planes, flat: Reals, faces: Whole, points: Reals, touch: float
) -> tuple[Truth, Truth]:
    """Return whether points lie in faces, edges included, and whether they lie on the edges."""
    import shapely

    if not len(faces):
        return np.zeros(0, bool), np.zeros(0, bool)
    shapes, which = _polygons(bodies, flat, faces)
    spots = shapely.points(planes.flat(faces, points))
    on: Truth = shapely.dwithin(shapely.boundary(shapes)[which], spots, touch)
    inside: Truth = shapely.dwithin(shapes[which], spots, touch)
    return inside, on


def _inside(
    bodies: Bodies,
    planes: Planes,
    flat: Reals,
    lying: Whole,
    face: Whole,
    tail: Reals,
    head: Reals,
    touch: float,
) -> tuple[Whole, Reals]:
    """Return the edges in the plane of a face that pass through its inside, and a point there."""
    import shapely

    if not len(lying):
        return lying, np.empty((0, 3))
    faces = face[lying]
    shapes, which = _polygons(bodies, flat, faces)
    ends = np.stack([planes.flat(faces, tail[lying]), planes.flat(faces, head[lying])], axis=1)
    lines: npt.NDArray[np.object_] = np.asarray(shapely.linestrings(ends), object)
    crossed = shapely.intersects(shapes[which], lines)
    lying, faces, which, lines = lying[crossed], faces[crossed], which[crossed], lines[crossed]
    shrunk = shapely.buffer(shapes, -5 * touch, join_style="mitre")
    inner = shapely.intersection(shrunk[which], lines)
    through = shapely.length(inner) > 5 * touch
    spots = shapely.get_coordinates(
        shapely.line_interpolate_point(
            shapely.get_geometry(inner[through], 0), 0.5, normalized=True
        )
    )
    return lying[through], planes.lifted(faces[through], spots)
