"""Boundaries of many bodies as arrays of offsets, one level in the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Bodies", "Kind", "Reals", "Whole", "bodies_of", "spans"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Truth = npt.NDArray[np.bool_]


class Kind(IntEnum):
    """What a body is said to be, and with it how far it is judged."""

    MULTI_SURFACE = 0
    COMPOSITE_SURFACE = 1
    SOLID = 2
    MULTI_SOLID = 3
    COMPOSITE_SOLID = 4


_NESTED = {
    "MultiSurface": (Kind.MULTI_SURFACE, 2),
    "CompositeSurface": (Kind.COMPOSITE_SURFACE, 2),
    "Solid": (Kind.SOLID, 1),
    "MultiSolid": (Kind.MULTI_SOLID, 0),
    "CompositeSolid": (Kind.COMPOSITE_SOLID, 0),
}
"""By type of CityJSON: the kind, and how many levels its boundaries lack to a list of solids."""


@dataclass(frozen=True)
class Bodies:
    """A batch of bodies: body > solid > shell > face > ring > corner > vertex.

    A body of surfaces has one solid of one shell, which holds them all. Offsets are as in Arrow's
    lists: those of part i are ``start[i]:start[i + 1]`` of the level below.
    """

    xyz: Reals
    """(v, 3) positions in metres, about an origin of each body's own."""
    corner: Whole
    """(c,) vertex of each corner."""
    ring_start: Whole
    """(r + 1,) into corners."""
    face_start: Whole
    """(f + 1,) into rings; the first ring of a face is the outer one."""
    shell_start: Whole
    """(s + 1,) into faces; the first shell of a solid is the outer one."""
    solid_start: Whole
    """(n + 1,) into shells."""
    body_start: Whole
    """(b + 1,) into solids."""
    kind: Whole
    """(b,) `Kind` of each body."""

    @cached_property
    def ring_face(self) -> Whole:
        """(r,) face of each ring."""
        return _owner(self.face_start)

    @cached_property
    def corner_ring(self) -> Whole:
        """(c,) ring of each corner."""
        return _owner(self.ring_start)

    @cached_property
    def corner_face(self) -> Whole:
        """(c,) face of each corner."""
        return self.ring_face[self.corner_ring]

    @cached_property
    def face_shell(self) -> Whole:
        """(f,) shell of each face."""
        return _owner(self.shell_start)

    @cached_property
    def shell_solid(self) -> Whole:
        """(s,) solid of each shell."""
        return _owner(self.solid_start)

    @cached_property
    def solid_body(self) -> Whole:
        """(n,) body of each solid."""
        return _owner(self.body_start)

    @cached_property
    def shell_body(self) -> Whole:
        """(s,) body of each shell."""
        return self.solid_body[self.shell_solid]

    @cached_property
    def face_body(self) -> Whole:
        """(f,) body of each face."""
        return self.shell_body[self.face_shell]

    @cached_property
    def corner_start(self) -> Whole:
        """(f + 1,) into corners, by face."""
        return self.ring_start[self.face_start]

    @cached_property
    def after(self) -> Whole:
        """(c,) the corner that follows each corner in its ring."""
        following = np.arange(1, len(self.corner) + 1, dtype=np.int64)
        full = self.ring_start[1:] > self.ring_start[:-1]
        following[self.ring_start[1:][full] - 1] = self.ring_start[:-1][full]
        return following

    @cached_property
    def at(self) -> Reals:
        """(c, 3) position of each corner."""
        return self.xyz[self.corner]


def _owner(start: Whole) -> Whole:
    return np.repeat(np.arange(len(start) - 1, dtype=np.int64), np.diff(start))


def spans(start: Whole, chosen: Whole) -> tuple[Whole, Whole]:
    """Return the parts of chosen wholes, and which of the chosen each is part of.

    Examples
    --------
    >>> parts, which = spans(np.array([0, 2, 5]), np.array([1, 0]))
    >>> parts.tolist(), which.tolist()
    ([2, 3, 4, 0, 1], [0, 0, 0, 1, 1])
    """
    count = start[chosen + 1] - start[chosen]
    which = np.repeat(np.arange(len(chosen), dtype=np.int64), count)
    skip = start[chosen] - (np.cumsum(count) - count)
    return skip[which] + np.arange(int(count.sum()), dtype=np.int64), which


def bodies_of(
    types: Sequence[str],
    boundaries: Iterable[list[Any]],
    vertices: Sequence[Reals],
    snap: float = 0.001,
) -> Bodies:
    """Return bodies from nested lists of indices, with points that are closer than `snap` made one.

    Parameters
    ----------
    types : sequence of str
        MultiSurface, CompositeSurface, Solid, MultiSolid, CompositeSolid.
    boundaries : iterable of list
        As CityJSON nests them.
    vertices : sequence of (v, 3) float64 arrays
        Metres, what the indices of each body point at; near the origin, where they are large.
    snap : float
        Metres.
    """
    kinds = [_NESTED[name] for name in types]
    level: list[Any] = []
    for (_, wraps), nested in zip(kinds, boundaries, strict=True):
        for _ in range(wraps):
            nested = [nested]
        level.append(nested)
    starts = []
    for _ in range(5):
        starts.append(_starts(level))
        level = list(chain.from_iterable(level))
    body, solid, shell, face, ring = starts
    counts = np.array([len(v) for v in vertices], np.int64)
    base = np.cumsum(counts) - counts
    flat = np.concatenate([np.empty((0, 3)), *vertices])
    # A corner's body is the owner of the owner ... of its ring.
    body_rings = face[shell[solid[body]]]
    body_corners = np.diff(ring[body_rings])
    corner = np.array(level, np.int64) + np.repeat(base, body_corners)
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    corner = _snapped(flat, owner, snap)[corner]
    kind = np.array([int(k) for k, _ in kinds], np.int64)
    return Bodies(flat, corner, ring, face, shell, solid, body, kind)


def _starts(lists: list[Any]) -> Whole:
    sizes = np.fromiter(map(len, lists), np.int64, len(lists))
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


_DIRECTION = np.array([0.6325112, 0.5138453, 0.5796871])
_LOOK = 4


def _snapped(points: Reals, owner: Whole, snap: float) -> Whole:
    """Return for each point the lowest one of the same body that it is one with.

    Points are sorted along a skew direction: those closer than `snap` come close after each other.
    """
    from cimkit.geometry.solids.components import components

    along = points @ _DIRECTION
    order = np.lexsort((along, owner))
    near: list[tuple[Whole, Whole]] = []
    for step in range(1, _LOOK + 1):
        one, two = order[:-step], order[step:]
        close = (along[two] - along[one] <= snap) & (owner[one] == owner[two])
        if not close.any():
            break
        one, two = one[close], two[close]
        met = ((points[one] - points[two]) ** 2).sum(axis=1) <= snap * snap
        near.append((one[met], two[met]))
    if not any(len(a) for a, _ in near):
        return np.arange(len(points), dtype=np.int64)
    return components(
        len(points), np.concatenate([a for a, _ in near]), np.concatenate([b for _, b in near])
    )
