"""Placements of IFC objects as matrices, resolved without stumbling over broken ones."""

from __future__ import annotations

import math
from typing import Any

import ifcopenshell
import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.instances import get

__all__ = ["axes_matrix", "frame"]

Matrix = npt.NDArray[np.float64]
_INSTANCE: Any = ifcopenshell.entity_instance


def frame(placement: Any, known: dict[int, Matrix | None]) -> Matrix | None:
    """Return the (4, 4) matrix of a placement in project units, None if there is none.

    Parameters
    ----------
    placement : IfcObjectPlacement or None
    known : dict
        What is known already, by instance number; the outcome is added.
    """
    if placement is None:
        return None
    chain = []
    if not isinstance(placement, _INSTANCE):
        return None  # in a damaged file a reference may be anything
    while placement is not None and placement.id() not in known:
        known[placement.id()] = None  # also ends a ring
        local = get(placement, 1) if placement.is_a() == "IfcLocalPlacement" else None
        plain = isinstance(local, _INSTANCE) and local.is_a() in (
            "IfcAxis2Placement3D",
            "IfcAxis2Placement2D",
        )
        chain.append((placement, local if plain else None))
        above = get(placement, 0) if plain else getattr(placement, "PlacementRelTo", None)
        placement = above if isinstance(above, _INSTANCE) else None
    matrix = known[placement.id()] if placement is not None else np.eye(4)
    for link, axes in reversed(chain):
        own = _frame(axes) if axes is not None else _own(link)
        matrix = matrix @ own if matrix is not None and own is not None else None
        known[link.id()] = matrix
    return matrix


def axes_matrix(axes: Any, unit: float) -> Matrix | None:
    """Return the (4, 4) matrix of an IfcAxis2Placement, translation in metres; None if broken."""
    matrix = _frame(axes) if isinstance(axes, _INSTANCE) else None
    if matrix is not None:
        matrix[:3, 3] *= unit
    return matrix


def _frame(axes: Any) -> Matrix | None:
    """Return the (4, 4) matrix of an IfcAxis2Placement, None if it is broken.

    As `ifcopenshell.util.placement.get_axis2placement` has it, at a tenth of its time: a model has
    as many placements as products.
    """
    try:
        if axes.is_a() == "IfcAxis2Placement3D":
            x, y, z = get(get(axes, 0), 0)
            axis, ahead = get(axes, 1), get(axes, 2)
            up = _unit(get(axis, 0), (0.0, 0.0, 1.0)) if axis is not None else (0.0, 0.0, 1.0)
        else:
            (x, y), z = get(get(axes, 0), 0)[:2], 0.0
            ahead, up = get(axes, 1), (0.0, 0.0, 1.0)
        if ahead is None and up == (0.0, 0.0, 1.0):
            matrix = np.eye(4)
            matrix[:3, 3] = x, y, z
            return matrix
        first = (*get(ahead, 0), 0.0)[:3] if ahead is not None else (1.0, 0.0, 0.0)
        turned = sum(a * b for a, b in zip(first, up, strict=True))
        first = _unit(
            tuple(a - turned * b for a, b in zip(first, up, strict=True)),
            (0.0, 0.0, 1.0) if abs(up[0]) > 0.9 else (1.0, 0.0, 0.0),
        )
    except (AttributeError, TypeError, ValueError):
        return None  # a placement without a location, or numbers that are none
    second = (
        up[1] * first[2] - up[2] * first[1],
        up[2] * first[0] - up[0] * first[2],
        up[0] * first[1] - up[1] * first[0],
    )
    return np.array(
        [
            [first[0], second[0], up[0], x],
            [first[1], second[1], up[1], y],
            [first[2], second[2], up[2], z],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


def _unit(vector: tuple[float, ...], default: tuple[float, ...]) -> tuple[float, ...]:
    length = math.sqrt(sum(v * v for v in vector))
    return tuple(v / length for v in vector) if length > 0 else default


def _own(link: Any) -> Matrix | None:
    from ifcopenshell.util.placement import get_axis2placement

    if link.is_a("IfcLinearPlacement"):
        return None  # one that could be worked out is known
    axes = getattr(link, "RelativePlacement", None)
    if axes is None or not axes.is_a("IfcPlacement"):
        return None
    try:
        return np.asarray(get_axis2placement(axes), dtype=np.float64)
    except (AssertionError, AttributeError, IndexError, RuntimeError, TypeError, ValueError):
        return None  # a placement without a location, or of 2 and 3 dimensions mixed
