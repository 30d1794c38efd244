"""Geometries of KML: points, lines, areas, tracks, models, and the boxes of overlays."""

from __future__ import annotations

import re
from functools import lru_cache
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import numpy as np

from cimkit.loaders.vector.kmlwkb import (
    LINE,
    POINT,
    POLYGON,
    Points,
    Shape,
    several,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["NUMBER", "overlay_shape", "placemark_shape", "tag_of", "text_in"]

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
"""A decimal number."""
_NUMERIC = re.compile(r"[\s\d.,eE+-]*")
_MODES = ("altitudeMode", "extrude", "tessellate")
_DRAWN = ("Point", "LineString", "LinearRing", "Polygon", "Model", "Track")
_NONE: Points = np.empty((0, 2))
_commas = methodcaller("count", ",")


def tag_of(element: _Element) -> str:
    """Return the name of an element without its namespace."""
    return _local(str(element.tag))


@lru_cache(maxsize=4096)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def text_in(element: _Element | None) -> str | None:
    """Return the text of an element; None if there is none."""
    if element is None:
        return None
    if not len(element):
        return (element.text or "").strip() or None
    return "".join(element.itertext()).strip() or None


def _child(element: _Element, name: str) -> _Element | None:
    return next(element.iter(f"{{*}}{name}"), None)


def overlay_shape(element: _Element, more: dict[str, Any]) -> Shape | None:
    """Return the area of a ground overlay, and note its image and rotation."""
    icon = _child(element, "Icon")
    href = None if icon is None else text_in(_child(icon, "href"))
    more["image"] = href
    quad = _child(element, "LatLonQuad")
    if quad is not None:
        points = _points(_child(quad, "coordinates"))
        return Shape(POLYGON, (_closed(points),)) if len(points) > 2 else None
    sides = [text_in(_child(element, n)) for n in ("west", "south", "east", "north")]
    rotation = text_in(_child(element, "rotation"))
    if rotation:
        more["rotation"] = rotation
    if any(s is None or not NUMBER.fullmatch(s) for s in sides):
        return None
    west, south, east, north = (float(s) for s in sides if s is not None)
    corners = [(east, south), (east, north), (west, north), (west, south), (east, south)]
    return Shape(POLYGON, (np.array(corners),))


def placemark_shape(element: _Element, more: dict[str, Any]) -> Shape | None:
    """Return the geometry of a placemark; of a model its place."""
    shapes = _parts(element, more)
    return shapes[0] if len(shapes) == 1 else several(shapes, same=False)


def _parts(element: _Element, more: dict[str, Any]) -> list[Shape]:
    drawn = (_part(c, more) for c in element if isinstance(c.tag, str))
    return [shape for shape in drawn if shape is not None]


def _part(element: _Element, more: dict[str, Any]) -> Shape | None:
    tag = tag_of(element)
    if tag in _DRAWN:
        for own in element:
            if isinstance(own.tag, str) and tag_of(own) in _MODES:
                more.setdefault(tag_of(own), text_in(own))
    if tag == "Point":
        points = _points(_child(element, "coordinates"))
        return Shape(POINT, (points[:1],)) if len(points) else None
    if tag == "LineString":
        return _drawn(_points(_child(element, "coordinates")))
    if tag == "LinearRing":
        points = _points(_child(element, "coordinates"))
        return _drawn(_closed(points) if len(points) > 2 else points)
    if tag == "Polygon":
        return _area(element)
    if tag == "MultiGeometry":
        return several(_parts(element, more))
    if tag == "Model":
        return _model(element, more)
    if tag == "Track":
        more["when"] = [
            *more.get("when", []),
            *(text_in(c) for c in element.iterchildren("{*}when")),
        ]
        spots = [NUMBER.findall(text_in(c) or "") for c in element.iterchildren("{*}coord")]
        return _drawn(_even([[float(v) for v in s[:3]] for s in spots if len(s) > 1]))
    if tag == "MultiTrack":
        tracks = [_part(c, more) for c in element.iterchildren("{*}Track")]
        return several([t for t in tracks if t is not None])
    return None


def _area(element: _Element) -> Shape | None:
    borders = element.iterchildren("{*}outerBoundaryIs", "{*}innerBoundaryIs")
    rings = [_points(_child(b, "coordinates")) for b in borders]
    rings = [_closed(r) for r in rings if len(r) > 2]
    return Shape(POLYGON, tuple(rings)) if rings else None


def _model(element: _Element, more: dict[str, Any]) -> Shape | None:
    place = [text_in(_child(element, n)) for n in ("longitude", "latitude", "altitude")]
    more["model"] = text_in(_child(element, "href"))
    for name in ("Orientation", "Scale"):
        own = _child(element, name)
        if own is not None:
            more[name.lower()] = {tag_of(c): text_in(c) for c in own if isinstance(c.tag, str)}
    numbers = [float(p) for p in place if p and NUMBER.fullmatch(p)]
    return Shape(POINT, (np.array([numbers]),)) if len(numbers) > 1 else None


def _points(element: _Element | None) -> Points:
    """Read ``lon,lat[,height]`` triples; blanks after the commas are met too."""
    text = (element.text or "") if element is not None else ""
    if _NUMERIC.fullmatch(text):
        items = text.split()
        commas = set(map(_commas, items))
        if len(commas) == 1 and (size := min(commas) + 1) in (2, 3):
            try:
                values = [*map(float, ",".join(items).split(","))]
            except ValueError:  # not the plain form that most are in
                pass
            else:
                return np.array(values).reshape(-1, size)
    points = []
    for item in re.sub(r"\s*,\s*", ",", text).split():
        found = [float(v) for v in item.split(",")[:3] if NUMBER.fullmatch(v)]
        if len(found) > 1:
            points.append(found)
    return _even(points)


def _even(points: list[list[float]]) -> Points:
    """Give all points of one geometry a height, if one of them has one."""
    if not points:
        return _NONE
    size = max(map(len, points))
    return np.array([[*p, 0.0][:size] for p in points])


def _closed(ring: Points) -> Points:
    if len(ring) > 3 and (ring[0] == ring[-1]).all():
        return ring
    return np.concatenate([ring, ring[:1]])


def _drawn(points: Points) -> Shape | None:
    if len(points) > 1:
        return Shape(LINE, (points,))
    return Shape(POINT, (points,)) if len(points) else None
