"""Circular arcs in WKB, drawn as straight pieces: GEOS reads no curves."""

from __future__ import annotations

import struct
from math import atan2, ceil, cos, hypot, pi, sin
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["linearize"]

_CIRCULAR, _COMPOUND, _CURVE_POLYGON, _MULTI_CURVE, _MULTI_SURFACE = 8, 9, 10, 11, 12
_Point = tuple[float, ...]
_Points = list[_Point]


class _Reader:
    def __init__(self, wkb: bytes, step: float) -> None:
        self.wkb, self.at, self.step = wkb, 0, step

    def number(self, order: str) -> int:
        (value,) = struct.unpack_from(f"{order}I", self.wkb, self.at)
        self.at += 4
        return int(value)

    def points(self, order: str, size: int, kept: int) -> _Points:
        count = self.number(order)
        flat = struct.unpack_from(f"{order}{count * size}d", self.wkb, self.at)
        self.at += 8 * count * size
        return [flat[i : i + kept] for i in range(0, len(flat), size)]

    def geometry(self) -> BaseGeometry:
        order = "<" if self.wkb[self.at] else ">"
        self.at += 1
        word = self.number(order)
        size = kept = 2
        if word & 0x80000000 or word % 0x10000000 // 1000 in (1, 3):
            size = kept = 3
        if word & 0x40000000 or word % 0x10000000 // 1000 in (2, 3):
            size += 1
        if word & 0x20000000:
            self.at += 4  # EWKB's SRID
        kind = (word & 0x0FFFFFFF) % 1000
        if kind == 1:
            flat = struct.unpack_from(f"{order}{size}d", self.wkb, self.at)
            self.at += 8 * size
            return shapely.Point(flat[:kept])
        if kind == 2:
            return shapely.LineString(self.points(order, size, kept))
        if kind == _CIRCULAR:
            return shapely.LineString(_arcs(self.points(order, size, kept), self.step))
        count = self.number(order)
        if kind in (3, 17):
            rings = []
            for _ in range(count):
                rings.append(self.points(order, size, kept))
            return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()
        parts = [self.geometry() for _ in range(count)]
        return _assemble(kind, parts)


def _assemble(kind: int, parts: list[Any]) -> BaseGeometry:
    if kind == _COMPOUND:
        joined: _Points = []
        for part in parts:
            piece = list(part.coords)
            joined += piece[1:] if joined and joined[-1] == piece[0] else piece
        return shapely.LineString(joined)
    if kind == _CURVE_POLYGON:
        rings = [list(part.coords) for part in parts]
        return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()
    if kind in (5, _MULTI_CURVE):
        return shapely.MultiLineString(parts)
    if kind in (6, _MULTI_SURFACE, 15, 16):
        return shapely.MultiPolygon(parts)
    if kind == 4:
        return shapely.MultiPoint(parts)
    return shapely.GeometryCollection(parts)


def _arcs(points: _Points, step: float) -> _Points:
    """Draw the arcs through each three points that share their ends."""
    drawn = points[:1]
    for i in range(0, len(points) - 2, 2):
        drawn += _arc(points[i], points[i + 1], points[i + 2], step)
    return drawn


def _arc(a: _Point, b: _Point, c: _Point, step: float) -> _Points:
    if a == c and a != b:  # a full circle: the middle point is opposite
        x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
        turn = 2 * pi
    else:
        twice = 2 * ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
        if abs(twice) < 1e-300:
            return [b, c]  # on one line
        u = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
        v = (c[0] - a[0]) ** 2 + (c[1] - a[1]) ** 2
        x = a[0] + ((c[1] - a[1]) * u - (b[1] - a[1]) * v) / twice
        y = a[1] + ((b[0] - a[0]) * v - (c[0] - a[0]) * u) / twice
        turn = (atan2(c[1] - y, c[0] - x) - atan2(a[1] - y, a[0] - x)) % (2 * pi)
        if twice < 0:
            turn -= 2 * pi  # clockwise
    radius, begin = hypot(a[0] - x, a[1] - y), atan2(a[1] - y, a[0] - x)
    pieces = max(2, ceil(abs(turn) / step))
    drawn: _Points = []
    for i in range(1, pieces):
        angle = begin + turn * i / pieces
        rise = [z + (top - z) * i / pieces for z, top in zip(a[2:], c[2:], strict=True)]
        drawn.append((x + radius * cos(angle), y + radius * sin(angle), *rise))
    return [*drawn, c]


def linearize(wkb: bytes, step: float = pi / 90) -> BaseGeometry:
    """Return the geometry of WKB that holds circular arcs, triangles or faces; M is left out.

    Parameters
    ----------
    wkb : bytes
        ISO WKB or EWKB, with or without Z and M.
    step : float
        Largest angle of one straight piece, in radians; 2° by default, which is off by less than
        0.02 % of the radius.

    Raises
    ------
    ValueError
        If the WKB is cut short or of an unknown type.

    Examples
    --------
    >>> half = bytes.fromhex("0108000000") + struct.pack("<I6d", 3, -1, 0, 0, 1, 1, 0)
    >>> round(linearize(half).length, 3)
    3.141
    """
    try:
        return _Reader(wkb, step).geometry()
    except (struct.error, IndexError) as error:
        raise ValueError(f"the WKB of a curve is cut short: {error}") from error
