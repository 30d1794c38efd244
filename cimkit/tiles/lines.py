"""Lines to something with a thickness: pipes to tubes and boxes, roads to ribbons.

A section is swept along the line; `bends` says how it stands at each vertex.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.geometry.frames import ecef, enu_axes
from cimkit.tiles.bends import SAME, joints, sides
from cimkit.tiles.mesh import Mesh, join

__all__ = ["culverts", "ribbons", "tubes"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_SIDES = ((1.5, 12), (0.5, 8), (0.0, 6))
"""Sides of a tube by the diameter (metres) from which it has them."""
_STEP = 0.01
"""Degrees: longer stretches are divided, so that a chord is at most 50 mm off the curved earth."""


@dataclass(frozen=True, slots=True)
class _Section:
    """What is swept: points in units of half the width and height, x to the left, y up."""

    points: Reals
    """Shape (p, 2)."""
    edges: Whole
    """Shape (e, 2): faces of the shell, from point to point, outside on the right."""
    caps: Whole
    """Shape (c, 3): triangles that close an end, as seen from ahead; none: it stays open."""
    round: bool = False
    """Whether it may turn about the line, as a circle can."""
    thin: bool = False
    """Whether its ends share the vertices of the shell, which saves a quarter of a pipe's bytes."""


def tubes(lines: npt.NDArray[Any], height: Reals, diameter: Reals) -> Mesh:
    """Round tubes with closed ends; wide ones have more sides.

    Parameters
    ----------
    lines : ndarray of shapely geometries, shape (n,)
        Lines in CRS84; where they have Z it is an offset in metres from ``height``.
    height : ndarray, shape (n,)
        Ellipsoidal height of z = 0, metres: of the tube's axis.
    diameter : ndarray, shape (n,)
        Outer diameter, metres.

    Returns
    -------
    Mesh
        Earth-centred; ``feature`` is the row of the line. Lines without length give nothing.
    """
    facets = np.full(len(lines), _SIDES[-1][1])
    for least, count in reversed(_SIDES):
        facets[diameter >= least] = count
    parts = []
    for count in np.unique(facets).tolist():
        rows = np.flatnonzero(facets == count)
        parts.append(_of(rows, lines, height, diameter, diameter, _circle(count)))
    return join(parts) if parts else _nothing()


def culverts(lines: npt.NDArray[Any], height: Reals, width: Reals, rise: Reals) -> Mesh:
    """Rectangular tubes with closed ends, upright; parameters as for `tubes`.

    ``width`` and ``rise`` are the outer width and height, metres, shape (n,).
    """
    rows = np.arange(len(lines))
    return _of(rows, lines, height, width, rise, _BOX) if len(rows) else _nothing()


def ribbons(lines: npt.NDArray[Any], height: Reals, width: Reals) -> Mesh:
    """Ribbons, level across; parameters as for `tubes`, ``width`` in metres."""
    rows = np.arange(len(lines))
    return _of(rows, lines, height, width, np.zeros(len(rows)), _FLAT) if len(rows) else _nothing()


def _nothing() -> Mesh:
    none = np.empty(0, np.int64)
    return Mesh(np.empty((0, 3)), none.reshape(0, 3), none)


def _circle(facets: int) -> _Section:
    angle = 2 * np.pi * (np.arange(facets) + 0.5) / facets
    k = np.arange(facets)
    fan = np.stack([np.zeros(facets - 2, np.int64), k[1:-1], k[2:]], axis=1)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    edges = np.stack([k, (k + 1) % facets], axis=1)
    return _Section(points, edges, fan, round=True, thin=facets == _SIDES[-1][1])


# Each corner twice, for the two faces that meet in it.
_BOX = _Section(
    np.array([[1, -1], [1, 1], [1, 1], [-1, 1], [-1, 1], [-1, -1], [-1, -1], [1, -1]], float),
    np.array([[0, 1], [2, 3], [4, 5], [6, 7]]),
    np.array([[0, 2, 4], [0, 4, 6]]),
)
_FLAT = _Section(
    np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([[0, 1]]), np.empty((0, 3), np.int64)
)


def _of(
    rows: Whole,
    lines: npt.NDArray[Any],
    height: Reals,
    width: Reals,
    rise: Reals,
    section: _Section,
) -> Mesh:
    """Sweep a section along the lines in ``rows``."""
    parts, row = shapely.get_parts(lines[rows], return_index=True)
    own = rows[row]
    xyz, part = _divided(*shapely.get_coordinates(parts, include_z=True, return_index=True))
    z = height[own[part]] + np.nan_to_num(xyz[:, 2], nan=0.0)
    at = ecef(xyz[:, 0], xyz[:, 1], z)
    keep = np.ones(len(at), bool)
    keep[1:] = (part[1:] != part[:-1]) | (np.linalg.norm(np.diff(at, axis=0), axis=1) > SAME)
    at, xyz, part = at[keep], xyz[keep], part[keep]
    long = np.bincount(part, minlength=len(parts))[part] > 1
    at, xyz, part = at[long], xyz[long], part[long].astype(np.int64)
    if not len(at):
        return _nothing()
    half = np.maximum(width[own], rise[own])[part] / 2
    rings = joints(at, enu_axes(xyz[:, 0], xyz[:, 1])[..., 2], part, half)
    side = sides(rings, section.round)
    over = np.cross(rings.ahead, side)
    x = section.points[:, 0] * (width[own] / 2)[rings.part][:, None]
    y = section.points[:, 1] * (rise[own] / 2)[rings.part][:, None]
    spoke = x[..., None] * side[:, None] + y[..., None] * over[:, None]
    reach = (spoke * rings.across[:, None]).sum(axis=-1) * (rings.stretch - 1)[:, None]
    spoke += reach[..., None] * rings.across[:, None]
    shell = rings.at[:, None] + spoke
    return _shell(shell, rings.part, own, section)


def _divided(xyz: Reals, part: Whole) -> tuple[Reals, Whole]:
    """Put vertices into long stretches (GEOS's own way drops the foot of a vertical one)."""
    far = np.abs(np.diff(xyz[:, :2], axis=0, append=xyz[-1:, :2])).max(axis=1)
    far[np.append(part[1:] != part[:-1], True)] = 0.0
    pieces = np.maximum(np.ceil(far / _STEP), 1).astype(np.int64)
    if not (pieces > 1).any():
        return xyz, part
    row = np.repeat(np.arange(len(xyz)), pieces)
    share = (np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[row]
    after = np.minimum(row + 1, len(xyz) - 1)
    return xyz[row] + share[:, None] * np.where(
        share[:, None] > 0, xyz[after] - xyz[row], 0.0
    ), part[row]


def _shell(shell: Reals, part: Whole, own: Whole, section: _Section) -> Mesh:
    """Join sections of one part to faces, and close both its ends."""
    count, each = shell.shape[:2]
    ring = np.flatnonzero(part[1:] == part[:-1])
    a, b = section.edges[:, 0], section.edges[:, 1]
    near, far = ring[:, None] * each, (ring[:, None] + 1) * each
    faces = [
        np.stack([near + a, far + b, near + b], axis=-1).reshape(-1, 3)[:, [0, 2, 1]],
        np.stack([near + a, far + a, far + b], axis=-1).reshape(-1, 3)[:, [0, 2, 1]],
    ]
    points, feature = [shell.reshape(-1, 3)], [np.repeat(own[part], each)]
    first = np.append(True, part[1:] != part[:-1])
    ends = ((first, [0, 2, 1]), (np.append(first[1:], True), [0, 1, 2]))
    at = count * each
    for place, seen in ends if len(section.caps) else ():
        end, lid = np.flatnonzero(place), section.caps[:, seen]
        start = end * each if section.thin else at + np.arange(len(end)) * each
        faces.append((start[:, None, None] + lid).reshape(-1, 3))
        if not section.thin:
            points.append(shell[end].reshape(-1, 3))
            feature.append(np.repeat(own[part[end]], each))
            at += len(end) * each
    return Mesh(
        np.concatenate(points),
        np.concatenate(faces).astype(np.int64),
        np.concatenate(feature).astype(np.int64),
    )
