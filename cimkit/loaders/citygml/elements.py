"""Names of the geometry elements of GML, by what they are."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cimkit.loaders.citygml.names import is_gml, split

__all__ = [
    "AGGREGATES",
    "BENT",
    "CURVES",
    "GEOMETRIES",
    "MIXED",
    "OUTER",
    "POINTS",
    "POLYGONS",
    "SIDES",
    "SOLIDS",
    "STRAIGHT",
    "is_geometry",
]

POLYGONS = {"Polygon", "Triangle", "Rectangle", "PolygonPatch"}
AGGREGATES = {
    *("MultiSurface", "CompositeSurface", "Surface", "PolyhedralSurface", "TriangulatedSurface"),
    *("Tin", "OrientableSurface", "TexturedSurface", "_TexturedSurface", "MultiPolygon", "Shell"),
}
SOLIDS = {"Solid", "CompositeSolid", "MultiSolid"}
CURVES = {"LineString", "Curve", "MultiCurve", "CompositeCurve", "OrientableCurve"}
CURVES |= {"MultiLineString", "LinearRing", "Ring"}
POINTS = {"Point", "MultiPoint"}
MIXED = {"MultiGeometry", "GeometricComplex"}
GEOMETRIES = POLYGONS | AGGREGATES | SOLIDS | CURVES | POINTS | MIXED
"""Names of the geometry elements that are read."""

STRAIGHT = {"LineString", "LineStringSegment", "LinearRing", "GeodesicString", "Geodesic"}
BENT = {"Arc", "ArcString", "ArcByCenterPoint", "Circle", "CircleByCenterPoint", "ArcByBulge"}
BENT |= {"ArcStringByBulge", "CubicSpline", "BSpline", "Bezier", "Clothoid", "OffsetCurve"}
SIDES = {"exterior", "interior", "outerBoundaryIs", "innerBoundaryIs"}
OUTER = {"exterior", "outerBoundaryIs"}


def is_geometry(element: Any) -> bool:
    """Return whether an element is a geometry of GML (or a textured surface of CityGML 1)."""
    return _is_geometry(element.tag)


@lru_cache(maxsize=4_096)
def _is_geometry(tag: str) -> bool:
    space, name = split(tag)
    return name in GEOMETRIES and (is_gml(space) or "Textured" in name)
