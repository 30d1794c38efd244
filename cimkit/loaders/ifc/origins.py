"""Origins of the placements of all products of an IFC model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.along import linear_frames
from cimkit.loaders.ifc.frames import frame
from cimkit.loaders.ifc.grids import grid_frames
from cimkit.loaders.ifc.instances import get, position
from cimkit.loaders.ifc.units import length_unit

__all__ = ["known_frames", "origins"]

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
    known = known_frames(model)
    found: dict[int, tuple[float, float, float]] = {}
    schema = model.schema_identifier
    for product in model.by_type("IfcProduct"):
        index = position(schema, product.is_a(), "ObjectPlacement")
        matrix = frame(get(product, index) if index is not None else None, known)
        if matrix is not None:
            x, y, z = matrix[:3, 3].tolist()
            if math.isfinite(x + y + z):
                found[product.id()] = (x * unit, y * unit, z * unit)
    return found


def known_frames(model: Any) -> dict[int, Matrix | None]:
    """Return the placements that `frame` cannot work out itself: those along a line or on a grid.

    Parameters
    ----------
    model : ifcopenshell.file

    Returns
    -------
    dict
        Instance number of the placement to its (4, 4) matrix in project units.
    """
    unit = length_unit(model)
    known: dict[int, Matrix | None] = {}
    for number, matrix in linear_frames(model).items():
        matrix[:3, 3] /= unit
        known[number] = matrix
    for number, (above, matrix) in grid_frames(model).items():
        known.pop(number, None)
        whole = frame(above, known) if above is not None else np.eye(4)
        known[number] = whole @ matrix if whole is not None else None
    return known
