"""Faults of shells that their edges tell: 301 to 305 and 307."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cimkit.geometry.solids.bodies import Bodies, Reals, Whole, spans
from cimkit.geometry.solids.components import components
from cimkit.geometry.solids.faults import Faults

__all__ = ["Edges", "edges_of", "shell_faults", "volumes"]

Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of shells, and which faces meet at each."""

    corner: Whole
    """(c,) corners at which an edge starts, sorted so that those of one edge follow each other."""
    start: Whole
    """(e + 1,) into `corner`."""
    shell: Whole
    """(e,) shell of each edge."""
    one: Whole
    """(m,) corner of the first use of each edge that is used twice."""
    two: Whole
    """(m,) corner of its second use."""
    same_way: Truth
    """(m,) whether both uses run in one direction."""


def edges_of(bodies: Bodies, sound: Truth) -> Edges:
    """Return the edges of sound shells (a mask over shells)."""
    shell = bodies.face_shell[bodies.corner_face]
    used = np.flatnonzero(sound[shell])
    tail, head = bodies.corner[used], bodies.corner[bodies.after[used]]
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    # Vertices are numbered body by body: a shell is needed to tell shells of one body apart.
    order = np.lexsort((high, low, shell[used]))
    used, low, high = used[order], low[order], high[order]
    owner = shell[used]
    fresh = np.ones(len(used), bool)
    fresh[1:] = (owner[1:] != owner[:-1]) | (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    start = np.append(np.flatnonzero(fresh), len(used)).astype(np.int64)
    twice = start[:-1][np.diff(start) == 2]
    one, two = used[twice], used[twice + 1]
    return Edges(used, start, owner[fresh], one, two, bodies.corner[one] == bodies.corner[two])


def shell_faults(bodies: Bodies, edges: Edges, sound: Truth, closed: Truth) -> list[Faults]:
    """Return the faults of shells.

    Parameters
    ----------
    sound : (s,) bool array
        Shells to look at.
    closed : (s,) bool array
        Shells that must be closed, and so of four faces at least.
    """
    found = []
    size = np.diff(bodies.shell_start)
    few = np.flatnonzero(sound & closed & (size < 4))
    found.append(Faults.of(301, bodies, shell=few, value=size[few]))
    count = np.diff(edges.start)
    first = edges.corner[edges.start[:-1]]
    ends = {"vertex": bodies.corner[first], "vertex_to": bodies.corner[bodies.after[first]]}
    face = bodies.corner_face[first]
    enough = ~(closed & (size < 4))[edges.shell]
    # Faces beside the shell are told as such (304, 305), not as gaps in it.
    part, main = _parts(bodies, edges, count == 2)
    own = part[face] == main[edges.shell]
    for code, hit in (
        (302, (count == 1) & closed[edges.shell] & enough & own),
        (304, (count > 2) & enough),
    ):
        found.append(
            Faults.of(
                code,
                bodies,
                face=face[hit],
                **{name: column[hit] for name, column in ends.items()},
                value=count[hit],
            )
        )
    tangled = np.zeros(len(size), bool)
    tangled[edges.shell[count > 2]] = True
    tangled[few] = True
    # About a gap the faces are no fan, either: the gap is what is wrong.
    gaping = tangled.copy()
    gaping[edges.shell[(count == 1) & closed[edges.shell]]] = True
    split = _split_vertices(bodies, edges, gaping)
    found.append(split)
    found.append(_turned(bodies, edges, tangled))
    tangled[split.shell] = True
    found.append(_apart(bodies, edges, sound & ~tangled))
    return found


def _split_vertices(bodies: Bodies, edges: Edges, tangled: Truth) -> Faults:
    """Return the vertices about which the faces are not one fan (303)."""
    after = bodies.after
    one, two, same = edges.one, edges.two, edges.same_way
    a = np.concatenate([one, after[one]])
    b = np.concatenate([np.where(same, two, after[two]), np.where(same, after[two], two)])
    # Where two rings of a face meet in a vertex, the face itself goes round between them.
    face, vertex = bodies.corner_face, bodies.corner
    order = np.lexsort((vertex, face))
    again = (face[order][1:] == face[order][:-1]) & (vertex[order][1:] == vertex[order][:-1])
    a = np.concatenate([a, order[:-1][again]])
    b = np.concatenate([b, order[1:][again]])
    fan = components(len(bodies.corner), a, b)
    corners = edges.corner
    shell = bodies.face_shell[bodies.corner_face[corners]]
    corners = corners[~tangled[shell]]
    shell = bodies.face_shell[bodies.corner_face[corners]]
    vertex = bodies.corner[corners]
    order = np.lexsort((fan[corners], vertex, shell))
    corners, shell, vertex = corners[order], shell[order], vertex[order]
    label = fan[corners]
    again = (shell[1:] == shell[:-1]) & (vertex[1:] == vertex[:-1]) & (label[1:] != label[:-1])
    hit = np.flatnonzero(again) + 1
    fresh = np.ones(len(hit), bool)
    fresh[1:] = (vertex[hit][1:] != vertex[hit][:-1]) | (shell[hit][1:] != shell[hit][:-1])
    hit = hit[fresh]
    return Faults.of(303, bodies, face=bodies.corner_face[corners[hit]], vertex=vertex[hit])


def _parts(bodies: Bodies, edges: Edges, joining: Truth) -> tuple[Whole, Whole]:
    """Return the part of its shell that each face is in, and the largest part of each shell.

    Parameters
    ----------
    joining : (e,) bool array
        Edges whose faces are joined, however many they are.
    """
    inner = np.repeat(joining, np.diff(edges.start))
    inner[edges.start[:-1]] = False
    b = np.flatnonzero(inner)
    label = components(
        len(bodies.face_shell),
        bodies.corner_face[edges.corner[b - 1]],
        bodies.corner_face[edges.corner[b]],
    )
    part, count = np.unique(label, return_counts=True)
    shell = bodies.face_shell[part]
    most = np.zeros(len(bodies.shell_solid), np.int64)
    np.maximum.at(most, shell, count)
    main = np.full(len(most), -1, np.int64)
    largest = (count == most[shell])[::-1]
    main[shell[::-1][largest]] = part[::-1][largest]
    return label, main


def _apart(bodies: Bodies, edges: Edges, sound: Truth) -> Faults:
    """Return the parts of shells that are not connected with the rest (305); the largest part is
    the shell itself."""
    faces, _ = spans(bodies.shell_start, np.flatnonzero(sound))
    label, main = _parts(bodies, edges, np.ones(len(edges.start) - 1, bool))
    part = np.unique(label[faces])
    shell = bodies.face_shell[part]
    parts = np.bincount(shell, minlength=len(sound))
    other = (parts[shell] > 1) & (part != main[shell])
    start = bodies.corner[bodies.corner_start[part[other]]]
    return Faults.of(305, bodies, face=part[other], vertex=start, value=parts[shell[other]])


def volumes(bodies: Bodies, area: Reals, origin: Reals) -> Reals:
    """Return the signed volume in each shell: positive if its faces look outward.

    Parameters
    ----------
    area : (f, 3) float64 array
        Area vectors of the faces.
    origin : (f, 3) float64 array
        A point in each face's plane.
    """
    reach = np.einsum("ij,ij->i", area, origin) / 3
    return np.bincount(bodies.face_shell, reach, len(bodies.shell_solid)).astype(np.float64)


def _turned(bodies: Bodies, edges: Edges, tangled: Truth) -> Faults:
    """Return the faces that are turned over in their shell (307).

    Two faces that meet at an edge must pass it in opposite directions. Where some do not, the
    faces are sorted into two sides; the wrong side is the one with fewer faces.
    """
    face_one, face_two = bodies.corner_face[edges.one], bodies.corner_face[edges.two]
    shell = bodies.face_shell[face_one]
    bad = edges.same_way & ~tangled[shell]
    wrong: list[int] = []
    near: list[int] = []
    ordered = np.argsort(shell, kind="stable")
    bounds_of = shell[ordered]
    for number in np.unique(shell[bad]).tolist():
        low, high = np.searchsorted(bounds_of, [number, number + 1])
        own = ordered[low:high]
        first = int(bodies.shell_start[number])
        count = int(bodies.shell_start[number + 1]) - first
        side = _sides(count, face_one[own] - first, face_two[own] - first, edges.same_way[own])
        fewer = 1 if 2 * int(side.sum()) <= count else 0
        for face in np.flatnonzero(side == fewer).tolist():
            wrong.append(first + face)
            near.append(int(bodies.corner[bodies.corner_start[first + face]]))
    return Faults.of(307, bodies, face=np.array(wrong, np.int64), vertex=np.array(near, np.int64))


def _sides(count: int, one: Whole, two: Whole, same: Truth) -> Whole:
    """Return 0 or 1 for each face, so that faces at a `same` edge differ as far as can be."""
    twice = components(
        2 * count,
        np.concatenate([one, one + count]),
        np.concatenate([np.where(same, two + count, two), np.where(same, two, two + count)]),
    )
    torn = twice[:count] == twice[count:]  # one-sided: no sorting fits
    if torn.any():
        turned = np.zeros(count, np.int64)
        turned[one[same]] = 1
        return turned
    side: Whole = (twice[:count] > twice[count:]).astype(np.int64)
    return side
