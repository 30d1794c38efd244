"""Placements along a line (IfcLinearPlacement), computed, and held against what the file gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.curves import CurveReader
from cimkit.loaders.ifc.frames import frame
from cimkit.loaders.ifc.quiet import silence
from cimkit.loaders.ifc.units import length_unit
from cimkit.model import Problem

__all__ = ["CONTRADICTION_M", "linear_frames", "linear_problems"]

Matrix = npt.NDArray[np.float64]

CONTRADICTION_M = 0.01
"""Computed position and CartesianPosition may differ by this much."""
_TOLERANCE_M = 0.001


def linear_frames(model: Any) -> dict[int, Matrix]:
    """Return where each linear placement stands, by its instance number.

    Parameters
    ----------
    model : ifcopenshell.file

    Returns
    -------
    dict
        (4, 4) matrices in metres of the model. Computed from the distance along the line; where
        that cannot be done, the ``CartesianPosition``; a placement with neither is left out.
    """
    if model.schema != "IFC4X3":
        return {}
    reader: CurveReader | None = None
    found: dict[int, Matrix] = {}
    unit = 1.0
    with silence():
        for placement in model.by_type("IfcLinearPlacement"):
            if reader is None:
                reader, unit = CurveReader(model, _TOLERANCE_M), length_unit(model)
            matrix = _computed(placement, reader, unit)
            if matrix is None:
                matrix = _given(placement, unit)
            if matrix is not None:
                found[placement.id()] = matrix
    return found


def linear_problems(model: Any) -> list[Problem]:
    """Tell of placements whose CartesianPosition is elsewhere than the distance along the line.

    Parameters
    ----------
    model : ifcopenshell.file
    """
    if model.schema != "IFC4X3":
        return []
    frames, unit = linear_frames(model), length_unit(model)
    off: list[tuple[float, int, Matrix, Matrix]] = []
    nowhere: list[int] = []
    for placement in model.by_type("IfcLinearPlacement"):
        number = placement.id()
        given = _given(placement, unit)
        if number not in frames:
            nowhere.append(number)
        elif given is not None:
            distance = float(np.linalg.norm(frames[number][:3, 3] - given[:3, 3]))
            if distance > CONTRADICTION_M:
                off.append((distance, number, frames[number], given))
    problems = []
    if off:
        distance, number, computed, given = max(off, key=lambda o: o[0])
        problems.append(
            Problem(
                "placement-contradiction",
                f"{len(off)} linear placements name two places, up to {distance:,.2f} m apart; the "
                "distance along the line was obeyed.",
                place=", ".join(f"#{n}" for _, n, _, _ in off[:5]),
                got=f"#{number} CartesianPosition {_shown(given)} (distance {distance:.3f} m)",
                expected=f"along the line {_shown(computed)}",
                hint="Let the authoring tool compute CartesianPosition anew, or leave it out.",
            )
        )
    if nowhere:
        problems.append(
            Problem(
                "placement-failed",
                f"{len(nowhere)} linear placements cannot be computed and have no "
                "CartesianPosition; their objects have no place.",
                "error",
                ", ".join(f"#{n}" for n in nowhere[:5]),
                got="a distance along a curve that cannot be evaluated",
                expected="an alignment with a geometric representation",
            )
        )
    return problems


def _shown(matrix: Matrix) -> str:
    return ", ".join(f"{v:.3f}" for v in matrix[:3, 3])


def _computed(placement: Any, reader: CurveReader, unit: float) -> Matrix | None:
    relative = placement.RelativePlacement
    at = relative.Location if relative is not None else None
    if at is None or not at.is_a("IfcPointByDistanceExpression") or at.BasisCurve is None:
        return None
    matrix = reader.matrix(placement)
    if matrix is not None:
        return matrix
    matrix = _on_chain(relative, reader, unit)  # of a polyline, which the engine gives no function
    above = _above(placement, unit)
    return above @ matrix if matrix is not None and above is not None else None


def _on_chain(relative: Any, reader: CurveReader, unit: float) -> Matrix | None:
    """Return the frame at a distance along a chain of points: x ahead, y left, z up."""
    at = relative.Location
    chains = reader.chains(at.BasisCurve)
    distance = getattr(at.DistanceAlong, "wrappedValue", at.DistanceAlong)
    if not chains or not isinstance(distance, int | float):
        return None
    points = chains[0]
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    along = float(np.clip(distance * unit, 0.0, sums[-1]))
    index = int(np.clip(np.searchsorted(sums, along, side="right") - 1, 0, len(steps) - 1))
    ahead = (points[index + 1] - points[index]) / steps[index]
    up = np.array([0.0, 0.0, 1.0])
    left = np.cross(up, ahead)
    if not np.linalg.norm(left) > 0:
        return None  # straight up: it has no left
    left /= np.linalg.norm(left)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = ahead, left, np.cross(ahead, left)
    offsets = (at.OffsetLongitudinal, at.OffsetLateral, at.OffsetVertical)
    shift = np.array([float(v or 0.0) for v in offsets]) * unit
    place = points[index] + ahead * (along - sums[index])
    matrix[:3, 3] = place + matrix[:3, :3] @ shift
    return matrix


def _above(placement: Any, unit: float) -> Matrix | None:
    """Return the (4, 4) matrix of what a placement is relative to, in metres; None if broken."""
    above = placement.PlacementRelTo
    if above is None or not above.is_a("IfcLocalPlacement"):
        return np.eye(4)
    found = frame(above, {})
    if found is None:
        return None
    matrix = found.copy()
    matrix[:3, 3] *= unit
    return matrix


def _given(placement: Any, unit: float) -> Matrix | None:
    from ifcopenshell.util.placement import get_axis2placement

    axes = placement.CartesianPosition
    if axes is None:
        return None
    try:
        matrix = np.array(get_axis2placement(axes), dtype=np.float64)
    except (AssertionError, AttributeError, IndexError, RuntimeError, TypeError, ValueError):
        return None  # without a location, or of 2 and 3 dimensions mixed
    matrix[:3, 3] *= unit
    above = _above(placement, unit)
    return above @ matrix if above is not None and np.isfinite(matrix).all() else None
