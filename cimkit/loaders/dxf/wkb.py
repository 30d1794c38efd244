"""Drawn shapes as ISO WKB: straight pieces and exact circular arcs, flat or with heights."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Shape", "collection", "line", "point", "polygon", "write"]

Point = tuple[float, float, float]
Move = Callable[[Point], Point]

_KINDS = {
    "point": 1,
    "line": 2,
    "polygon": 3,
    "multipoint": 4,
    "multiline": 5,
    "multipolygon": 6,
    "collection": 7,
    "arcs": 8,
    "compound": 9,
    "curvepolygon": 10,
    "surface": 15,
}

_SEVERAL = {"point": "multipoint", "line": "multiline", "polygon": "multipolygon"}


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry before it is written."""

    kind: str
    """point, line, arcs (CircularString), compound, polygon, curvepolygon, surface …"""
    points: tuple[Point, ...] = ()
    """Of a point, a line or arcs."""
    parts: tuple[Shape, ...] = ()
    """Of the others; of a polygon its rings, which are lines."""

    def solid(self) -> bool:
        """Whether a point of it has a height other than 0: else it is a flat drawing."""
        return any(p[2] != 0 for p in self.points) or any(part.solid() for part in self.parts)

    def curved(self) -> bool:
        """Whether a part of it is an arc."""
        return self.kind == "arcs" or any(part.curved() for part in self.parts)

    def moved(self, move: Callable[[Iterable[Any]], Iterable[Any]]) -> Shape:
        """Return it with all points moved; arcs stay arcs only if circles stay circles."""
        points = tuple((p.x, p.y, p.z) for p in move(self.points)) if self.points else ()
        return Shape(self.kind, points, tuple(part.moved(move) for part in self.parts))


def point(p: Iterable[float]) -> Shape:
    """Return a point."""
    return Shape("point", (_xyz(p),))


def line(points: Iterable[Iterable[float]], kind: str = "line") -> Shape:
    """Return a line, or arcs through each three points that share their ends."""
    return Shape(kind, tuple(_xyz(p) for p in points))


def polygon(rings: Sequence[Iterable[Iterable[float]]]) -> Shape:
    """Return a polygon of straight rings; a ring that is open is closed."""
    parts = []
    for ring in rings:
        given = [_xyz(p) for p in ring]
        if given and given[0] != given[-1]:
            given.append(given[0])
        parts.append(Shape("line", tuple(given)))
    return Shape("polygon", parts=tuple(parts))


def collection(shapes: Sequence[Shape]) -> Shape | None:
    """Return several shapes as one: of lines a multi-line, of polygons a multi-polygon."""
    if len(shapes) < 2:
        return shapes[0] if shapes else None
    kinds = {s.kind for s in shapes}
    same = _SEVERAL.get(min(kinds)) if len(kinds) == 1 else ""
    return Shape(same or "collection", parts=tuple(shapes))


def _xyz(p: Iterable[float]) -> Point:
    x, y, *z = p
    return float(x), float(y), float(z[0]) if z else 0.0


def write(shape: Shape, move: Move | None = None) -> bytes:
    """Return ISO WKB; with Z if a point has a height.

    Parameters
    ----------
    shape : Shape
        What was drawn.
    move : callable, optional
        Takes (x, y, z) of the drawing to where it lies; a similarity, so that arcs stay arcs.
    """
    return _write(shape, shape.solid(), move)


def _write(shape: Shape, z: bool, move: Move | None) -> bytes:
    head = struct.pack("<BI", 1, _KINDS[shape.kind] + (1000 if z else 0))
    points = shape.points if move is None else tuple(move(p) for p in shape.points)
    if shape.kind == "point":
        return head + _coordinates(points, z)
    if shape.kind in ("line", "arcs"):
        return head + struct.pack("<I", len(points)) + _coordinates(points, z)
    count = struct.pack("<I", len(shape.parts))
    if shape.kind == "polygon":
        rings = [r.points if move is None else tuple(map(move, r.points)) for r in shape.parts]
        return (
            head + count + b"".join(struct.pack("<I", len(r)) + _coordinates(r, z) for r in rings)
        )
    return head + count + b"".join(_write(part, z, move) for part in shape.parts)


def _coordinates(points: Sequence[Point], z: bool) -> bytes:
    size = 3 if z else 2
    return struct.pack(f"<{size * len(points)}d", *(v for p in points for v in p[:size]))
