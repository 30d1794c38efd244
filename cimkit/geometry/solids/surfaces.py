"""Faults of polygons: 201 to 208."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cimkit.geometry.solids.bodies import Bodies, Reals, Whole, spans
from cimkit.geometry.solids.faults import Faults
from cimkit.geometry.solids.planes import Planes
from cimkit.geometry.solids.tolerances import Tolerances

__all__ = ["hole_faults", "not_planar", "turned_parts"]

Truth = npt.NDArray[np.bool_]


def not_planar(bodies: Bodies, planes: Planes, sound: Truth, tolerances: Tolerances) -> Faults:
    """Return the faces with a corner too far from the plane fitted to them (203)."""
    faces = np.flatnonzero(sound & (planes.distance > tolerances.planarity_distance))
    far = bodies.corner[planes.far[faces]]
    return Faults.of(203, bodies, face=faces, vertex=far, value=planes.distance[faces])


def hole_faults(bodies: Bodies, planes: Planes, flat: Reals, sound: Truth) -> list[Faults]:
    """Return what is wrong with the holes of faces: 201, 202, 205, 206, 207, 208."""
    import shapely

    faces = np.flatnonzero(sound & (np.diff(bodies.face_start) > 1))
    if not len(faces):
        return []
    rings, which = spans(bodies.face_start, faces)
    outer = rings == bodies.face_start[faces][which]
    corners, part = spans(bodies.ring_start, rings)
    shapes: npt.NDArray[np.object_] = np.asarray(
        shapely.polygons(shapely.linearrings(flat[corners], indices=part)), object
    )
    inner = np.flatnonzero(~outer)
    hull = np.flatnonzero(outer)[which[inner]]
    # Pairs of a hole with its outer ring, and of holes with each other.
    one, two = [hull], [inner]
    holes = np.diff(bodies.face_start)[faces] - 1
    for face in np.flatnonzero(holes > 1).tolist():
        own = inner[which[inner] == face] if len(faces) < 50 else _run(inner, which, face)
        a, b = np.triu_indices(len(own), 1)
        one.append(own[a])
        two.append(own[b])
    a, b = np.concatenate(one), np.concatenate(two)
    with_hull = np.arange(len(a)) < len(inner)
    relation = np.array(shapely.relate(shapes[a], shapes[b]), dtype="U9")
    inside, edges = _part(relation, 0), _part(relation, 4)
    a_only, b_only = _part(relation, 2), _part(relation, 6)
    same = (inside == "2") & (a_only == "F") & (b_only == "F")
    nested = ~same & (inside == "2") & ((a_only == "F") | (b_only == "F"))
    apart = inside == "F"
    along, touching = edges == "1", edges != "F"
    code = np.zeros(len(a), np.int64)
    code[(inside == "2") & ~same & (with_hull & (b_only == "2"))] = 201
    code[~with_hull & (inside == "2") & ~same & ~nested] = 201
    code[along & ~same & (code == 0)] = 201
    # Outside of its polygon, or in another hole, is what lies there with all of its points.
    code[with_hull & apart] = 206
    code[with_hull & (a_only == "F") & ~same] = 206
    code[~with_hull & nested] = 207
    code[~same & touching & np.isin(code, (206, 207))] = 201
    code[same] = 202
    found = []
    for number in (201, 202, 206, 207):
        hit = code == number
        ring = rings[b[hit]]
        start = bodies.corner[bodies.ring_start[ring]]
        found.append(Faults.of(number, bodies, ring=ring, other=rings[a[hit]], vertex=start))
    wrong = np.zeros(len(faces), bool)
    wrong[which[b[code > 0]]] = True
    found += _cut_apart(bodies, planes, faces, shapes, rings, which, wrong)
    turn = np.einsum("ij,ij->i", planes.ring_area[rings[inner]], planes.normal[faces[which[inner]]])
    same_way = rings[inner[(turn > 0) & ~wrong[which[inner]]]]
    start = bodies.corner[bodies.ring_start[same_way]]
    found.append(Faults.of(208, bodies, ring=same_way, vertex=start))
    return found


def _run(inner: Whole, which: Whole, face: int) -> Whole:
    low, high = np.searchsorted(which[inner], [face, face + 1])
    return inner[low:high]


def _part(relation: npt.NDArray[np.str_], index: int) -> npt.NDArray[np.str_]:
    return relation.astype("U9").view("U1").reshape(len(relation), 9)[:, index]


def _cut_apart(
    bodies: Bodies,
    planes: Planes,
    faces: Whole,
    shapes: npt.NDArray[np.object_],
    rings: Whole,
    which: Whole,
    wrong: Truth,
) -> list[Faults]:
    """Return the faces whose rings, each sound, cut their inside apart (205)."""
    import shapely

    asked = np.flatnonzero(~wrong)
    if not len(asked):
        return []
    lines = shapely.get_exterior_ring(shapes)
    bounds = np.searchsorted(which, np.arange(len(faces) + 1))
    whole = np.array(
        [
            shapely.Polygon(lines[bounds[f]], list(lines[bounds[f] + 1 : bounds[f + 1]]))
            for f in asked.tolist()
        ],
        dtype=object,
    )
    cut = faces[asked[~shapely.is_valid(whole)]]
    start = bodies.corner[bodies.corner_start[cut]]
    return [Faults.of(205, bodies, face=cut, vertex=start)]


def turned_parts(
    bodies: Bodies, planes: Planes, flat: Reals, sound: Truth, is_convex: Truth, limits: Tolerances
) -> Faults:
    """Return the faces with a triangle that is turned away from the face as a whole (204).

    Triangles are those of a triangulation in the plane of the face, and any on an edge that is too
    steep: seen from above, a step in the face has no area. What is less high than the snapping
    tolerance has no direction that could be told. Faces whose corners all lie within a tenth of
    that tolerance of the plane are taken as flat.
    """
    size = np.diff(bodies.corner_start)
    asked = sound & (size > 3) & (planes.distance > limits.touch)
    single = np.diff(bodies.face_start) == 1
    quads = np.flatnonzero(
        asked
        & single
        & (size == 4)
        & is_convex[np.minimum(bodies.face_start[:-1], len(is_convex) - 1)]
    )
    first = bodies.corner_start[quads]
    corners = np.concatenate(
        [
            np.stack([first, first + 1, first + 2], axis=1),
            np.stack([first, first + 2, first + 3], axis=1),
        ]
    )
    owner = np.concatenate([quads, quads])
    rest = asked.copy()
    rest[quads] = False
    more, whose = triangles(bodies, flat, np.flatnonzero(rest))
    corners, owner = np.concatenate([corners, more]), np.concatenate([owner, whose])
    at = bodies.at[corners]
    across = np.cross(at[:, 1] - at[:, 0], at[:, 2] - at[:, 0])
    area = np.linalg.norm(across, axis=1)
    sides = np.linalg.norm(at - at[:, [1, 2, 0]], axis=2).max(axis=1)
    cosine = np.einsum("ij,ij->i", across, planes.normal[owner]) / np.maximum(area, 1e-300)
    angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    bad = (angle > limits.planarity_normals) & (area > limits.snap * sides)
    steep, slope = _steep(bodies, planes, asked, limits)
    whose = np.concatenate([owner[bad], bodies.corner_face[steep]])
    worst = np.zeros(len(size))
    np.maximum.at(worst, whose, np.concatenate([angle[bad], slope]))
    spot = np.full(len(size), -1, np.int64)
    spot[whose] = bodies.corner[np.concatenate([corners[bad, 0], steep])]
    faces = np.flatnonzero(worst > 0)
    return Faults.of(204, bodies, face=faces, vertex=spot[faces], value=worst[faces])


def _steep(bodies: Bodies, planes: Planes, asked: Truth, limits: Tolerances) -> tuple[Whole, Reals]:
    """Return the corners at which an edge too steep for its face begins, and its angle."""
    corners = np.flatnonzero(asked[bodies.corner_face])
    edge = bodies.at[bodies.after[corners]] - bodies.at[corners]
    rise = np.abs(np.einsum("ij,ij->i", edge, planes.normal[bodies.corner_face[corners]]))
    length = np.maximum(np.linalg.norm(edge, axis=1), 1e-300)
    angle = np.degrees(np.arcsin(np.clip(rise / length, 0, 1)))
    bad = (rise > limits.snap) & (angle > limits.planarity_normals)
    return corners[bad], angle[bad]


def triangles(bodies: Bodies, flat: Reals, faces: Whole) -> tuple[Whole, Whole]:
    """Return (t, 3) corners of the triangles that faces are made of, and the face of each.

    The triangles are counter-clockwise where the outer ring of the face is.
    """
    import shapely

    if not len(faces):
        return np.empty((0, 3), np.int64), np.empty(0, np.int64)
    rings, which = spans(bodies.face_start, faces)
    corners, part = spans(bodies.ring_start, rings)
    lines: npt.NDArray[np.object_] = np.asarray(
        shapely.linearrings(flat[corners], indices=part), object
    )
    outer = rings == bodies.face_start[faces][which]
    polygons: npt.NDArray[np.object_] = np.asarray(shapely.polygons(lines[outer]), object)
    holed = np.flatnonzero(np.bincount(which, minlength=len(faces)) > 1)
    bounds = np.searchsorted(which, np.arange(len(faces) + 1))
    for n in holed.tolist():
        polygons[n] = shapely.Polygon(lines[bounds[n]], list(lines[bounds[n] + 1 : bounds[n + 1]]))
    made = shapely.constrained_delaunay_triangles(polygons)
    parts, owner = shapely.get_parts(made, return_index=True)
    if not len(parts):
        return np.empty((0, 3), np.int64), np.empty(0, np.int64)
    points = shapely.get_coordinates(parts).reshape(-1, 4, 2)[:, :3]
    known = np.concatenate([flat[corners], points.reshape(-1, 2)]) + 0.0
    face = np.concatenate([which[part], np.repeat(owner, 3)])
    order = np.lexsort((known[:, 1], known[:, 0], face))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (face[order][1:] != face[order][:-1]) | (known[order][1:] != known[order][:-1]).any(
        axis=1
    )
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(fresh) - 1
    home = np.full(int(group.max()) + 1, -1, np.int64)
    home[group[: len(corners)]] = corners
    found = home[group[len(corners) :]].reshape(-1, 3)
    good = (found >= 0).all(axis=1)
    found, points, owner = found[good], points[good], owner[good]
    one, two = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
    back = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0] < 0
    found[back] = found[back][:, ::-1]
    return found, faces[owner]
