"""Geometries of markup as ISO WKB, straight from arrays of coordinates."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["COLLECTION", "LINE", "POINT", "POLYGON", "Points", "Shape", "several", "wkb_of"]

POINT, LINE, POLYGON, COLLECTION = 1, 2, 3, 7
_SEVERAL = {POINT: 4, LINE: 5, POLYGON: 6}
Points = npt.NDArray[np.float64]
"""Two or three columns."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry before it is written."""

    kind: int
    """As WKB numbers them, flat."""
    rings: tuple[Points, ...] = ()
    """Of a point or a line one; of a polygon all, the outer one first."""
    parts: tuple[Shape, ...] = ()
    """Of several geometries in one."""

    def solid(self) -> bool:
        """Whether a part of it has heights."""
        return any(r.shape[1] > 2 for r in self.rings) or any(p.solid() for p in self.parts)


def several(parts: Sequence[Shape], *, same: bool = True) -> Shape | None:
    """Return geometries as one: of points, lines or polygons alone a multi-geometry.

    Parameters
    ----------
    parts : sequence of Shape
    same : bool
        Geometries of one kind are no mere collection.
    """
    if not parts:
        return None
    kinds = {p.kind for p in parts}
    kind = _SEVERAL.get(min(kinds), COLLECTION) if same and len(kinds) == 1 else COLLECTION
    return Shape(kind, parts=tuple(parts))


def wkb_of(shape: Shape) -> bytes:
    """Return ISO WKB; where one part has heights, those that have none stand on 0."""
    return b"".join(_written(shape, shape.solid()))


def _written(shape: Shape, z: bool) -> list[bytes]:
    head = struct.pack("<BI", 1, shape.kind + 1000 * z)
    if shape.kind == POINT:
        return [head, _bytes(shape.rings[0], z)]
    if shape.kind == LINE:
        return [head, struct.pack("<I", len(shape.rings[0])), _bytes(shape.rings[0], z)]
    written = [head, struct.pack("<I", len(shape.rings) or len(shape.parts))]
    for ring in shape.rings:
        written += [struct.pack("<I", len(ring)), _bytes(ring, z)]
    for part in shape.parts:
        written += _written(part, z)
    return written


def _bytes(points: Points, z: bool) -> bytes:
    if z and points.shape[1] < 3:
        points = np.column_stack([points, np.zeros(len(points))])
    return points.astype("<f8", copy=False).tobytes()
