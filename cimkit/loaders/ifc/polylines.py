"""Corners of IFC curves that are made of straight pieces, as the file writes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.instances import get

__all__ = ["corners"]

Reals = npt.NDArray[np.float64]

_NEAR_M = 1e-5
"""Points nearer to each other are left to the engine, which has its own mind about them."""


def corners(curve: Any, unit: float) -> Reals | None:
    """Return the points of a polyline in metres, None for any other curve.

    Parameters
    ----------
    curve : ifcopenshell.entity_instance
        An IfcPolyline, an IfcIndexedPolyCurve without arcs, or an IfcCompositeCurve of these whose
        segments join up.
    unit : float
        Metres for each unit of the model.

    Returns
    -------
    (n, 3) array or None
        None, too, if there is anything odd about it: fewer than two points, points at the same
        place, coordinates that are no numbers.
    """
    kind = curve.is_a()
    if kind == "IfcPolyline":
        written = [get(p, 0) for p in get(curve, 0) or ()]
    elif kind == "IfcIndexedPolyCurve":
        written = _indexed(curve)
    elif kind == "IfcCompositeCurve":
        return _composed(curve, unit)
    else:
        return None
    sizes = {len(w) if isinstance(w, tuple) else 0 for w in written}
    if len(written) < 2 or len(sizes) > 1 or not sizes <= {2, 3}:
        return None
    try:
        given = np.array(written, dtype=np.float64) * unit
    except (TypeError, ValueError):
        return None
    points = np.zeros((len(given), 3))
    points[:, : given.shape[1]] = given
    steps = np.diff(points, axis=0)
    if not (np.einsum("ij,ij->i", steps, steps) > _NEAR_M**2).all():  # nan, too
        return None
    return points


def _composed(curve: Any, unit: float) -> Reals | None:
    joined: list[Reals] = []
    for segment in get(curve, 0) or ():
        if segment.is_a() != "IfcCompositeCurveSegment":
            return None
        parent = get(segment, 2)
        if parent is None or parent.is_a() not in ("IfcPolyline", "IfcIndexedPolyCurve"):
            return None
        points = corners(parent, unit)
        if points is None:
            return None
        if get(segment, 1) is False:
            points = points[::-1]
        if joined:
            gap = points[0] - joined[-1][-1]
            if not gap @ gap <= _NEAR_M**2:
                return None
            points = points[1:]
        joined.append(points)
    return np.concatenate(joined) if joined else None


def _indexed(curve: Any) -> list[Any]:
    """Return the points of an IfcIndexedPolyCurve in order; none if it is no chain of lines."""
    listed = get(get(curve, 0), 0)
    if not isinstance(listed, tuple):
        return []
    segments = get(curve, 1)
    if segments is None:
        return list(listed)
    order: list[int] = []
    for one in segments:
        indices = get(one, 0)
        if one.is_a() != "IfcLineIndex" or not isinstance(indices, tuple):
            return []
        if order and order[-1] != indices[0]:
            return []
        order += indices[1:] if order else indices
    known = range(1, len(listed) + 1)
    return [listed[i - 1] for i in order] if all(i in known for i in order) else []
