"""Polygons that lie on each other, and what is left open between those that should tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.geometry.validity import made_valid

__all__ = ["Overlaps", "gaps", "outlined", "overlaps", "sound"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]
Shapes = npt.NDArray[np.object_]

_PAIRS = 100_000  # pairs cut at a time: what they share is held until it is judged


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Pairs of polygons that share a surface; every array has one row a pair."""

    first: Whole
    """Index of the one that comes first."""
    second: Whole
    """Index of the other."""
    shared: Shapes
    """What both cover, as polygons."""
    area: Reals
    """Of what is shared, in square units."""
    width: Reals
    """Of what is shared: twice its area to its perimeter, which is half its width for a strip."""
    share: Reals
    """Of the smaller one's area, 0 to 1."""
    same: npt.NDArray[np.bool_]
    """Whether the two are one and the same but for the width asked for."""


def sound(shapes: Shapes) -> Shapes:
    """Return the polygons of shapes, those that are invalid mended, in two dimensions."""
    flat: Shapes = shapely.force_2d(shapes)
    bad = np.flatnonzero(~shapely.is_valid(flat) & ~shapely.is_missing(flat))
    if len(bad):
        flat = flat.copy()
        flat[bad] = [_areas(g) for g in made_valid(flat[bad])]
    return flat


def outlined(shapes: Shapes) -> Shapes:
    """Return outlines that a projection has left invalid as the polygons, or points, they are.

    What is a thousandth of a millimetre wide in metres may be nothing in degrees.
    """
    mended = sound(shapes)
    gone = np.flatnonzero(shapely.is_empty(mended) & ~shapely.is_empty(shapes))
    mended[gone] = shapely.centroid(shapes[gone])
    return mended


def overlaps(
    shapes: Shapes, *, area: float = 0.0, width: float = 0.0, apart: Whole | None = None
) -> Overlaps:
    """Find all pairs of polygons that share a surface.

    Parameters
    ----------
    shapes : (n,) array of shapely polygons
        Valid (`sound`), in one plane.
    area : float
        Smallest area that counts.
    width : float
        Narrower strips do not count.
    apart : (n,) array of int, optional
        Only pairs that differ in it are compared.
    """
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="intersects")
    before = one < other
    if apart is not None:
        before &= apart[one] != apart[other]
    one, other = one[before], other[before]
    order = np.lexsort((other, one))
    one, other = one[order], other[order]
    sizes = shapely.area(shapes)
    found = []
    for start in range(0, len(one), _PAIRS):
        a, b = one[start : start + _PAIRS], other[start : start + _PAIRS]
        # Neighbours that share an edge are most of them, and quickly told.
        real = ~shapely.touches(shapes[a], shapes[b])
        a, b = a[real], b[real]
        shared = shapely.intersection(shapes[a], shapes[b])
        size, edge = shapely.area(shared), shapely.length(shared)
        thick = 2 * size / np.maximum(edge, 1e-12)
        keep = (size > max(area, 1e-9)) & (thick > width / 2)
        a, b, shared = a[keep], b[keep], shared[keep]
        mixed = ~np.isin(shapely.get_type_id(shared), (3, 6))
        shared[mixed] = [_areas(g) for g in shared[mixed]]
        size, thick = size[keep], thick[keep]
        # Two of one outline differ by a seam that is nowhere wider than the tolerance.
        rest = sizes[a] + sizes[b] - 2 * size
        seam = np.maximum(shapely.length(shapes[a]), shapely.length(shapes[b])) * width
        found.append((a, b, shared, size, thick, rest <= np.maximum(seam, 1e-9 * sizes[a])))
    columns = [np.concatenate(c) for c in zip(*found, strict=True)] if found else None
    if columns is None:
        none = np.empty(0)
        nobody = np.empty(0, np.intp)
        return Overlaps(nobody, nobody, np.empty(0, object), none, none, none, none.astype(bool))
    a, b, shared, size, thick, same = columns
    share = size / np.maximum(np.minimum(sizes[a], sizes[b]), 1e-12)
    return Overlaps(a, b, shared, size, thick, np.minimum(share, 1.0), same)


def gaps(shapes: Shapes, *, widest: float, area: float = 0.0) -> tuple[Shapes, Whole]:
    """Find what polygons that should tile leave open between them.

    Parameters
    ----------
    shapes : (n,) array of shapely polygons
        Valid (`sound`), in one plane.
    widest : float
        Wider openings are meant, as streets between blocks are.
    area : float
        Smallest area that counts.

    Returns
    -------
    open : (m,) array of shapely polygons
        The gaps.
    beside : (m,) array of int
        Index of a polygon beside each.
    """
    edges = shapely.coverage_invalid_edges(shapes, gap_width=widest)
    bad = np.flatnonzero(~shapely.is_empty(edges))
    if not len(bad):
        return np.empty(0, object), np.empty(0, np.intp)
    # Only around those edges is anything joined: a city's parcels are a great many.
    tree = shapely.STRtree(shapes)
    zones = shapely.union_all(shapely.buffer(edges[bad], 2 * widest, cap_style="square"))
    parts = shapely.get_parts(zones)
    near_zone, near = tree.query(parts, predicate="intersects")
    found, beside = [], []
    for zone in range(len(parts)):
        members = near[near_zone == zone]
        joined = shapely.union_all(shapes[members])
        closed = shapely.buffer(
            shapely.buffer(joined, widest / 2, join_style="mitre"), -widest / 2, join_style="mitre"
        )
        holes = shapely.get_parts(shapely.difference(closed, joined))
        holes = holes[
            (shapely.area(holes) > max(area, 1e-9)) & shapely.intersects(holes, parts[zone])
        ]
        # A notch in one outline is closed, too; a gap lies between two.
        touched, who = shapely.STRtree(shapes[members]).query(
            holes, predicate="dwithin", distance=widest * 1e-3
        )
        for hole in range(len(holes)):
            beside_it = members[who[touched == hole]]
            if len(beside_it) > 1:
                found.append(holes[hole])
                beside.append(int(beside_it.min()))
    out: Shapes = np.empty(len(found), object)
    out[:] = found
    return out, np.array(beside, np.intp)


def _areas(shape: Any) -> Any:
    """Return the polygons of a geometry of several kinds."""
    parts = shapely.get_parts(shape)
    nested = [shapely.get_parts(p) for p in parts]
    flat = np.concatenate(nested) if nested else np.empty(0, object)
    return shapely.union_all(flat[shapely.get_dimensions(flat) == 2])
