"""Pairs of faces of a shell that may meet where they should not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cimkit.geometry.solids.bodies import Bodies, Reals, Whole, spans
from cimkit.geometry.solids.planes import Planes
from cimkit.geometry.solids.shells import Edges

__all__ = ["doubtful_pairs", "face_boxes"]

Truth = npt.NDArray[np.bool_]
Bits = npt.NDArray[np.uint64]
_SMALL = 64
_CELLS = 4_000_000


def face_boxes(bodies: Bodies, slack: float) -> tuple[Reals, Reals]:
    """Return the lowest and highest corner of each face, (f, 3) each, widened by `slack`."""
    start = bodies.corner_start[:-1]
    low = np.minimum.reduceat(bodies.at, start) - slack
    high = np.maximum.reduceat(bodies.at, start) + slack
    return low, high


def doubtful_pairs(
    bodies: Bodies, planes: Planes, edges: Edges, sound: Truth, touch: float
) -> tuple[Whole, Whole]:
    """Return the pairs of faces of sound shells that a look at their planes does not settle.

    Two faces are settled if their boxes are apart, or if all corners of one that the other has not
    lie on one side of the other's plane, and the corners they share are joined by shared edges.
    """
    low, high = face_boxes(bodies, touch)
    faces = np.diff(bodies.shell_start)
    vertices, vertex_of = _numbered(bodies)
    small = sound & (vertices <= _SMALL) & (faces > 1)
    ones, twos = [], []
    for width in (4, 6, 8, 12, 16, 24, 32, 64, 128):
        chosen = np.flatnonzero(small & (faces <= width))
        small[chosen] = False
        step = max(1, _CELLS // (width * width))
        for at in range(0, len(chosen), step):
            a, b = _settled(
                bodies, planes, edges, chosen[at : at + step], width, vertex_of, low, high, touch
            )
            ones.append(a)
            twos.append(b)
    large = (sound & (faces > 1)) & ~(vertices <= _SMALL) | small
    for shell in np.flatnonzero(large).tolist():
        a, b = _in_tree(
            int(bodies.shell_start[shell]), int(bodies.shell_start[shell + 1]), low, high
        )
        ones.append(a)
        twos.append(b)
    if not ones:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(ones), np.concatenate(twos)


def _numbered(bodies: Bodies) -> tuple[Whole, Whole]:
    """Return the number of vertices in each shell, and of each corner its vertex's number in it."""
    shell = bodies.face_shell[bodies.corner_face]
    order = np.lexsort((bodies.corner, shell))
    owner, vertex = shell[order], bodies.corner[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (owner[1:] != owner[:-1]) | (vertex[1:] != vertex[:-1])
    rank = np.cumsum(fresh) - 1
    count = np.bincount(owner[fresh], minlength=len(bodies.shell_solid))
    first = np.cumsum(count) - count
    number = np.empty(len(order), np.int64)
    number[order] = rank - first[owner]
    return count, number


def _settled(
    bodies: Bodies,
    planes: Planes,
    edges: Edges,
    shells: Whole,
    width: int,
    vertex_of: Whole,
    low: Reals,
    high: Reals,
    touch: float,
) -> tuple[Whole, Whole]:
    """Settle all pairs of shells with few faces at once: a bit for each vertex of a shell."""
    faces, row = spans(bodies.shell_start, shells)
    column = faces - bodies.shell_start[shells][row]
    corners, of = spans(bodies.corner_start, faces)
    bit = np.uint64(1) << vertex_of[corners].astype(np.uint64)
    has = np.zeros((len(shells), width), np.uint64)
    np.bitwise_or.at(has, (row[of], column[of]), bit)
    # Heights of all vertices of a shell above the planes of all its faces.
    points = np.zeros((len(shells), _SMALL, 3))
    points[row[of], vertex_of[corners]] = bodies.at[corners]
    most = int(vertex_of[corners].max()) + 1 if len(corners) else 1
    normal = np.zeros((len(shells), width, 3))
    normal[row, column] = planes.normal[faces]
    level = np.zeros((len(shells), width))
    level[row, column] = np.einsum("ij,ij->i", planes.normal[faces], planes.origin[faces])
    height = normal @ points[:, :most].transpose(0, 2, 1) - level[:, :, None]
    weight = np.uint64(1) << np.arange(most, dtype=np.uint64)
    above: Bits = np.where(height > touch, weight, np.uint64(0)).sum(axis=2, dtype=np.uint64)
    below: Bits = np.where(height < -touch, weight, np.uint64(0)).sum(axis=2, dtype=np.uint64)
    own = has[:, :, None] & ~has[:, None, :]
    clear = ((own & ~above[:, None, :]) == 0) | ((own & ~below[:, None, :]) == 0)
    joint = np.bitwise_count(has[:, :, None] & has[:, None, :]).astype(np.int8)
    joint[joint == 1] = 0
    joint[joint > 1] -= 1
    place = np.full(len(bodies.shell_solid), -1, np.int64)
    place[shells] = np.arange(len(shells))
    face_one, face_two = bodies.corner_face[edges.one], bodies.corner_face[edges.two]
    where = place[bodies.face_shell[face_one]]
    mine = where >= 0
    first = bodies.shell_start[shells][where[mine]]
    i, j = face_one[mine] - first, face_two[mine] - first
    np.subtract.at(joint, (where[mine], i, j), 1)
    np.subtract.at(joint, (where[mine], j, i), 1)
    clear = (clear | clear.transpose(0, 2, 1)) & (joint == 0)
    there = np.zeros((len(shells), width), bool)
    there[row, column] = True
    upper = np.triu(np.ones((width, width), bool), 1)
    doubt = ~clear & there[:, :, None] & there[:, None, :] & upper
    n, i, j = np.nonzero(doubt)
    first = bodies.shell_start[shells][n]
    a, b = first + i, first + j
    near = ((low[a] <= high[b]) & (low[b] <= high[a])).all(axis=1)
    return a[near], b[near]


def _in_tree(first: int, end: int, low: Reals, high: Reals) -> tuple[Whole, Whole]:
    """Return the pairs of faces of one large shell whose boxes meet."""
    import shapely

    a, b = low[first:end], high[first:end]
    boxes = shapely.box(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
    one, two = shapely.STRtree(boxes).query(boxes)
    keep = (one < two) & (a[one, 2] <= b[two, 2]) & (a[two, 2] <= b[one, 2])
    return one[keep].astype(np.int64) + first, two[keep].astype(np.int64) + first
