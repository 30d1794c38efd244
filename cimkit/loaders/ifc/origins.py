"""Origins of the placements of all products of an IFC model."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.claims import length_unit

__all__ = ["origins"]

Matrix = npt.NDArray[np.float64]


def origins(model: Any) -> dict[int, tuple[float, float, float]]:
    """Return where each product with a placement has its origin.

    Parameters
    ----------
    model : ifcopenshell.file

    Returns
    -------
    dict
        Instance number to (x, y, z) in metres of the model. A placement that cannot be resolved
        (a ring, a grid without an intersection, a broken axis) is left out.
    """
    unit = length_unit(model)
    known: dict[int, Matrix | None] = {}
    found: dict[int, tuple[float, float, float]] = {}
    for product in model.by_type("IfcProduct"):
        matrix = _matrix(product.ObjectPlacement, known)
        if matrix is not None and np.isfinite(matrix).all():
            x, y, z = (float(v) * unit for v in matrix[:3, 3])
            found[product.id()] = (x, y, z)
    return found


def _matrix(placement: Any, known: dict[int, Matrix | None]) -> Matrix | None:
    """Return the (4, 4) matrix of a placement in project units, None if there is none."""
    chain = []
    while placement is not None and placement.id() not in known:
        known[placement.id()] = None  # also ends a ring
        chain.append(placement)
        placement = getattr(placement, "PlacementRelTo", None)
    above = known[placement.id()] if placement is not None else np.eye(4)
    for link in reversed(chain):
        own = _own(link)
        above = above @ own if above is not None and own is not None else None
        known[link.id()] = above
    return above


def _own(link: Any) -> Matrix | None:
    from ifcopenshell.util.placement import get_axis2placement

    axes = getattr(link, "RelativePlacement", None)
    if link.is_a("IfcLinearPlacement"):
        axes = link.CartesianPosition  # the exporter's own solution of the distance along the line
    if axes is None or not axes.is_a("IfcPlacement"):
        return None
    try:
        return np.asarray(get_axis2placement(axes), dtype=np.float64)
    except (AttributeError, IndexError, TypeError, ValueError):
        return None  # a placement without a location, or of 2 and 3 dimensions mixed
