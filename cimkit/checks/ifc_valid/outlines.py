"""Curves as points: as they stand where they are made of points, else drawn by the parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["curve_points", "indexed_points", "outline"]

Float = npt.NDArray[np.float64]


def _three(points: Any) -> Float:
    given = np.asarray(points, dtype=np.float64)
    if not given.size:
        return np.zeros((0, 3))
    return given if given.shape[1] == 3 else np.column_stack([given, np.zeros(len(given))])


def curve_points(curve: Any) -> Float:
    """Return the points an indexed polycurve chooses from, shape (n, 3)."""
    return _three(curve.Points.CoordList)


def indexed_points(curve: Any) -> Float:
    """Return the points along an indexed polycurve, those in the middle of arcs included."""
    points = curve_points(curve)
    if not curve.Segments:
        return points
    along: list[int] = []
    for segment in curve.Segments:
        chosen = list(segment.wrappedValue)
        along += chosen[1:] if along and along[-1] == chosen[0] else chosen
    at = np.asarray(along, dtype=np.int64) - 1
    return points[at[(at >= 0) & (at < len(points))]]


def outline(model: Model, curve: Any) -> Float | None:
    """Return a curve as points in units of the model, None if it cannot be drawn."""
    if curve.is_a("IfcPolyline"):
        return _three([p.Coordinates for p in curve.Points])
    if curve.is_a("IfcIndexedPolyCurve") and all(
        s.is_a() == "IfcLineIndex" for s in curve.Segments or ()
    ):
        return indexed_points(curve)
    return _drawn(model, curve)


def _drawn(model: Model, curve: Any) -> Float | None:
    from ifcopenshell import geom

    drawer: Any = geom
    settings = drawer.settings()
    deflection = min(model.precision(curve) * 10, 0.01)
    settings.set("mesher-linear-deflection", deflection)
    try:
        drawn = drawer.create_shape(settings, curve)
    except RuntimeError:
        return None
    points = np.asarray(drawn.verts, dtype=np.float64).reshape(-1, 3) / model.length_unit
    edges = np.asarray(drawn.edges, dtype=np.int64).reshape(-1, 2)
    if not len(edges):
        return None
    return np.asarray(points[np.append(edges[:, 0], edges[-1, 1])])
