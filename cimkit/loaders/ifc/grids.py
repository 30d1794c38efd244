"""Placements on a grid (IfcGridPlacement): at the intersection of two of its axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.curves import CurveReader
from cimkit.loaders.ifc.instances import each, get, members
from cimkit.loaders.ifc.quiet import silence
from cimkit.loaders.ifc.units import length_unit

__all__ = ["grid_frames", "settle"]

Reals = npt.NDArray[np.float64]
_TOLERANCE_M = 0.001
_SLACK = 1e-6
"""Of the length of a segment: how far beyond its end an intersection may be."""


def grid_frames(model: Any) -> dict[int, tuple[Any, Reals]]:
    """Return where each grid placement stands.

    Parameters
    ----------
    model : ifcopenshell.file

    Returns
    -------
    dict
        Instance number of the placement to the placement of its grid and the (4, 4) matrix in that,
        in project units. One whose axes do not meet is left out.

    Notes
    -----
    IFC 4.3, 8.8.3.8: x is the tangent of the first axis unless a direction or a second intersection
    is given; offsets lie to the left of the axes.
    """
    placements = each(model, "IfcGridPlacement")
    if not placements:
        return {}
    axes: dict[int, Any] = {}
    for grid in each(model, "IfcGrid"):
        for held in (grid.UAxes, grid.VAxes, grid.WAxes):
            axes |= {axis.id(): grid for axis in members(held)}
    read = _Axes(CurveReader(model, _TOLERANCE_M), length_unit(model))
    found: dict[int, tuple[Any, Reals]] = {}
    for placement in placements:
        crossing = members(getattr(placement.PlacementLocation, "IntersectingAxes", ()))
        grid = next((axes[axis.id()] for axis in crossing if axis.id() in axes), None)
        with silence():
            matrix = _matrix(placement, read)
        if matrix is not None:
            above = getattr(placement, "PlacementRelTo", None)
            found[placement.id()] = (grid.ObjectPlacement if grid is not None else above, matrix)
    return found


def settle(model: Any) -> None:
    """Give products on a grid placements that the geometry kernels know.

    Parameters
    ----------
    model : ifcopenshell.file
        Is changed.
    """
    make = model.create_entity
    for number, (above, matrix) in grid_frames(model).items():
        place = make(
            "IfcAxis2Placement3D",
            make("IfcCartesianPoint", matrix[:3, 3].tolist()),
            make("IfcDirection", [0.0, 0.0, 1.0]),
            make("IfcDirection", matrix[:3, 0].tolist()),
        )
        settled = make("IfcLocalPlacement", above, place)
        placement = model.by_id(number)
        for user in model.get_inverse(placement):
            for name in ("ObjectPlacement", "PlacementRelTo"):
                if getattr(user, name, None) == placement:
                    setattr(user, name, settled)


class _Axes:
    """Chains of points of the axes of grids, in project units."""

    def __init__(self, reader: CurveReader, unit: float) -> None:
        self._reader, self._unit = reader, unit
        self._known: dict[int, Reals | None] = {}

    def of(self, axis: Any) -> Reals | None:
        if axis.id() not in self._known:
            chains = self._reader.chains(axis.AxisCurve) if axis.AxisCurve is not None else []
            chain = chains[0][:, :2] / self._unit if chains else None
            if chain is not None and axis.SameSense is False:
                chain = chain[::-1]
            self._known[axis.id()] = chain
        return self._known[axis.id()]


def _matrix(placement: Any, axes: _Axes) -> Reals | None:
    met = _meeting(placement.PlacementLocation, axes)
    if met is None:
        return None
    point, ahead = met
    towards = placement.PlacementRefDirection
    if towards is not None and towards.is_a("IfcDirection"):
        ahead = np.array((*get(towards, 0), 0.0)[:2], dtype=np.float64)
    elif towards is not None:
        other = _meeting(towards, axes)
        ahead = other[0][:2] - point[:2] if other is not None else ahead
    length = float(np.hypot(*ahead))
    if not length > 0:
        return None
    x, y = ahead / length
    matrix = np.eye(4)
    matrix[:2, :2] = [[x, -y], [y, x]]
    matrix[:3, 3] = point
    return matrix


def _meeting(intersection: Any, axes: _Axes) -> tuple[Reals, Reals] | None:
    """Return point (x, y, z) and direction of the first axis where two axes, offset, meet."""
    if intersection is None or not intersection.is_a("IfcVirtualGridIntersection"):
        return None
    held = [axes.of(axis) for axis in members(intersection.IntersectingAxes)]
    two = [chain for chain in held if chain is not None]
    if len(held) != 2 or len(two) != 2:
        return None
    offsets = (*(float(v) for v in intersection.OffsetDistances or ()), 0.0, 0.0, 0.0)[:3]
    a, b = (_sides(chain, off) for chain, off in zip(two, offsets[:2], strict=True))
    for p, d, first, last in a:
        for q, e, begin, end in b:
            cross = d[0] * e[1] - d[1] * e[0]
            if abs(cross) <= 1e-9 * np.hypot(*d) * np.hypot(*e):
                continue
            away = q - p
            s = (away[0] * e[1] - away[1] * e[0]) / cross
            t = (away[0] * d[1] - away[1] * d[0]) / cross
            within_a = (first or s >= -_SLACK) and (last or s <= 1 + _SLACK)
            within_b = (begin or t >= -_SLACK) and (end or t <= 1 + _SLACK)
            if within_a and within_b:
                return np.append(p + s * d, offsets[2]), d
    return None


def _sides(chain: Reals, offset: float) -> list[tuple[Reals, Reals, bool, bool]]:
    """Return start, vector, and whether it is the first and the last, of each side, moved left.

    The first and the last go on beyond their ends: axes are drawn as far as they are seen.
    """
    vectors = np.diff(chain, axis=0)
    left = np.stack([-vectors[:, 1], vectors[:, 0]], axis=1)
    left /= np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-300)
    starts = chain[:-1] + left * offset
    last = len(vectors) - 1
    return [(starts[n], vectors[n], n == 0, n == last) for n in range(last + 1)]
