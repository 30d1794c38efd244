"""Surfaces of simple features, in WKB with heights, as boundaries of bodies."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

import numpy as np

from cimkit.geometry.solids.bodies import Reals, Whole

__all__ = ["CODES_OF_SURFACES", "body_of_wkb"]

_POLYGON, _MULTI_POLYGON, _POLYHEDRAL, _TIN, _TRIANGLE = 3, 6, 15, 16, 17
_Z, _M, _SRID = 0x80000000, 0x40000000, 0x20000000
CODES_OF_SURFACES = tuple(
    kind + offset for kind in (_MULTI_POLYGON, _POLYHEDRAL, _TIN) for offset in (1000, 3000, _Z)
)
"""Types in WKB that may bound a body: ISO with Z or ZM, and the older bit for heights."""
_FEWEST = 4
_STEEP = 0.1
"""Height of a unit normal up to which a face counts as upright."""


def body_of_wkb(wkb: bytes, *, closed: bool = False) -> tuple[str, Reals, list[Any]] | None:
    """Return a body that a geometry of simple features is the boundary of.

    A polyhedral surface or a TIN is a solid if each of its edges has two faces, else a composite
    surface, which need not be closed (OGC 06-103r4, 6.1.12). Many polygons are a solid if they are
    closed likewise, and surfaces of a body if one of them is upright. Others are none: land use
    and footprints that follow the ground are no planes and need not be.

    Parameters
    ----------
    wkb : bytes
        ISO or extended WKB.
    closed : bool
        Take surfaces of bodies as solids, whether they are closed or not.

    Returns
    -------
    tuple
        Type and nesting of boundaries as in CityJSON, and (n, 3) points; None if it is no body.

    Raises
    ------
    ValueError
        If the bytes are not as WKB has them.
    """
    try:
        kind, count, at, _, size = _head(wkb, 0)
        if kind not in (_MULTI_POLYGON, _POLYHEDRAL, _TIN) or size < 3:
            return None
        if kind == _MULTI_POLYGON and count < _FEWEST:
            return None
        rings, per_face = _rings(wkb, at, count)
    except struct.error as cut:
        raise ValueError(f"the geometry is cut off: {cut}") from cut
    if not rings:
        return None
    points, corner = np.unique(np.concatenate(rings), axis=0, return_inverse=True)
    starts = np.cumsum([0, *map(len, rings)])
    named = [corner.ravel()[a:b] for a, b in pairwise(starts)]
    bounds = np.cumsum([0, *per_face]).tolist()
    faces = [[ring.tolist() for ring in named[a:b]] for a, b in pairwise(bounds)]
    upright = any(_upright(points[named[a]]) for a in bounds[:-1] if a < len(named))
    whole = len(faces) >= _FEWEST and bool(np.ptp(points[:, 2]) > 0) and _shut(named)
    if whole or (closed and (upright or kind != _MULTI_POLYGON)):
        return "Solid", points, [faces]
    if kind != _MULTI_POLYGON:
        return "CompositeSurface", points, faces
    return ("MultiSurface", points, faces) if upright else None


def _head(wkb: bytes, at: int) -> tuple[int, int, int, str, int]:
    """Return type, number of parts, where these begin, byte order, and numbers in a position."""
    order = "<" if wkb[at : at + 1] == b"\x01" else ">"
    (code,) = struct.unpack_from(order + "I", wkb, at + 1)
    at += 9 if code & _SRID else 5
    (count,) = struct.unpack_from(order + "I", wkb, at)
    plain = code & 0x0FFFFFFF
    size = 2 + {0: 0, 1: 1, 2: 1, 3: 2}.get(plain // 1000, 0)
    size += bool(code & _Z) + bool(code & _M)
    if plain // 1000 == 2 or (code & _M and not code & _Z):
        size = 2  # a measure is no height
    return plain % 1000, count, at + 4, order, size


def _rings(wkb: bytes, at: int, count: int) -> tuple[list[Reals], list[int]]:
    """Return the (n, 3) rings of all faces, their ends left out, and how many each face has."""
    rings: list[Reals] = []
    per_face = []
    for _ in range(count):
        kind, parts, at, order, size = _head(wkb, at)
        if kind not in (_POLYGON, _TRIANGLE) or size < 3:
            raise ValueError(f"type {kind} of WKB in a surface of polygons with heights")
        per_face.append(parts)
        for _ in range(parts):
            (length,) = struct.unpack_from(order + "I", wkb, at)
            at += 4
            end = at + 8 * size * length
            if end > len(wkb):
                raise ValueError("the geometry is cut off")
            ring = np.frombuffer(wkb, order + "f8", size * length, at).reshape(length, size)[:, :3]
            at = end
            if length > 1 and (ring[0] == ring[-1]).all():
                ring = ring[:-1]
            rings.append(ring.astype(np.float64))
    return rings, per_face


def _upright(ring: Reals) -> bool:
    arm = ring - ring[:1]
    area = np.cross(arm[:-1], arm[1:]).sum(axis=0) if len(ring) > 2 else np.zeros(3)
    size = float(np.linalg.norm(area))
    return size > 0 and abs(float(area[2])) < _STEEP * size


def _shut(rings: list[Whole]) -> bool:
    """Return whether each edge is there twice."""
    ends = np.concatenate([np.stack([r, np.roll(r, -1)], axis=1) for r in rings])
    _, times = np.unique(np.sort(ends, axis=1), axis=0, return_counts=True)
    return bool((times == 2).all())
