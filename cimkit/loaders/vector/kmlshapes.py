"""Geometries of KML: points, lines, areas, tracks, models, and the boxes of overlays."""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import shapely

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["NUMBER", "overlay_shape", "placemark_shape", "tag_of", "text_in"]

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
"""A decimal number."""


def tag_of(element: _Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def text_in(element: _Element | None) -> str | None:
    """Return the text of an element; None if there is none."""
    if element is None:
        return None
    return "".join(element.itertext()).strip() or None


def _child(element: _Element, name: str) -> _Element | None:
    return next((c for c in element.iter() if isinstance(c.tag, str) and tag_of(c) == name), None)


def overlay_shape(element: _Element, more: dict[str, Any]) -> Any:
    """Return the area of a ground overlay, and note its image and rotation."""
    icon = _child(element, "Icon")
    href = None if icon is None else text_in(_child(icon, "href"))
    more["image"] = href
    quad = _child(element, "LatLonQuad")
    if quad is not None:
        return _line(_child(quad, "coordinates"), "ring")
    sides = [text_in(_child(element, n)) for n in ("west", "south", "east", "north")]
    rotation = text_in(_child(element, "rotation"))
    if rotation:
        more["rotation"] = rotation
    if any(s is None or not NUMBER.fullmatch(s) for s in sides):
        return None
    west, south, east, north = (float(s) for s in sides if s is not None)
    return shapely.box(west, south, east, north)


def placemark_shape(element: _Element, more: dict[str, Any]) -> Any:
    """Return the geometry of a placemark; of a model its place."""
    shapes = []
    for part in element:
        if isinstance(part.tag, str):
            shape = _part(part, more)
            if shape is not None:
                shapes.append(shape)
    return shapes[0] if len(shapes) == 1 else shapely.GeometryCollection(shapes) if shapes else None


def _part(element: _Element, more: dict[str, Any]) -> Any:
    tag = tag_of(element)
    for name in ("altitudeMode", "extrude", "tessellate"):
        own = next((c for c in element if isinstance(c.tag, str) and tag_of(c) == name), None)
        if own is not None and tag in (
            "Point",
            "LineString",
            "LinearRing",
            "Polygon",
            "Model",
            "Track",
        ):
            more.setdefault(name, text_in(own))
    if tag in ("Point", "LineString", "LinearRing"):
        return _line(_child(element, "coordinates"), tag)
    if tag == "Polygon":
        rings = [
            _points(_child(c, "coordinates"))
            for c in element
            if isinstance(c.tag, str) and tag_of(c) in ("outerBoundaryIs", "innerBoundaryIs")
        ]
        rings = [_closed(r) for r in rings if len(r) > 2]
        ends = [0, *accumulate(map(len, rings))]
        points = _even([p for ring in rings for p in ring])
        rings = [points[a:b] for a, b in pairwise(ends)]
        return shapely.Polygon(rings[0], rings[1:]) if rings else None
    if tag == "MultiGeometry":
        return _multi(
            [p for c in element if isinstance(c.tag, str) and (p := _part(c, more)) is not None]
        )
    if tag == "Model":
        place = [text_in(_child(element, n)) for n in ("longitude", "latitude", "altitude")]
        more["model"] = text_in(_child(element, "href"))
        for name in ("Orientation", "Scale"):
            own = _child(element, name)
            if own is not None:
                more[name.lower()] = {tag_of(c): text_in(c) for c in own if isinstance(c.tag, str)}
        numbers = [float(p) for p in place if p and NUMBER.fullmatch(p)]
        return shapely.Point(numbers) if len(numbers) > 1 else None
    if tag == "Track":
        more["when"] = [
            *more.get("when", []),
            *(text_in(c) for c in element if tag_of(c) == "when"),
        ]
        spots = [NUMBER.findall(text_in(c) or "") for c in element if tag_of(c) == "coord"]
        points = _even([tuple(float(v) for v in s[:3]) for s in spots if len(s) > 1])
        return _drawn(points)
    if tag == "MultiTrack":
        tracks = [p for c in element if tag_of(c) == "Track" and (p := _part(c, more)) is not None]
        return _multi(tracks)
    return None


def _multi(parts: list[Any]) -> Any:
    kinds = {p.geom_type for p in parts}
    if not parts:
        return None
    if kinds == {"Polygon"}:
        return shapely.MultiPolygon(parts)
    if kinds == {"LineString"}:
        return shapely.MultiLineString(parts)
    return shapely.MultiPoint(parts) if kinds == {"Point"} else shapely.GeometryCollection(parts)


def _points(element: _Element | None) -> list[tuple[float, ...]]:
    """Read ``lon,lat[,height]`` triples; blanks after the commas are met too."""
    text = (element.text or "") if element is not None else ""
    points = []
    for item in re.sub(r"\s*,\s*", ",", text).split():
        values = [float(v) for v in item.split(",")[:3] if NUMBER.fullmatch(v)]
        if len(values) > 1:
            points.append(tuple(values))
    return _even(points)


def _even(points: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Give all points of one geometry a height, if one of them has one."""
    if len({len(p) for p in points}) > 1:
        return [(*p, 0.0)[:3] for p in points]
    return points


def _closed(ring: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    return ring if ring[0] == ring[-1] and len(ring) > 3 else [*ring, ring[0]]


def _line(element: _Element | None, tag: str) -> Any:
    points = _points(element)
    if tag == "Point":
        return shapely.Point(points[0]) if points else None
    if tag == "ring":
        return shapely.Polygon(points) if len(points) > 2 else None
    return _drawn(_closed(points) if tag == "LinearRing" and len(points) > 2 else points)


def _drawn(points: list[tuple[float, ...]]) -> Any:
    if len(points) > 1:
        return shapely.LineString(points)
    return shapely.Point(points[0]) if points else None
