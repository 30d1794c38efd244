"""Origins of the placements of all products of an IFC model."""

from __future__ import annotations

import math
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.along import linear_frames
from cimkit.loaders.ifc.contradictions import FAR_M
from cimkit.loaders.ifc.frames import frame
from cimkit.loaders.ifc.grids import grid_frames
from cimkit.loaders.ifc.instances import each, get, position
from cimkit.loaders.ifc.units import length_unit

__all__ = ["far_points", "known_frames", "origins"]

Matrix = npt.NDArray[np.float64]
_SEEN = 10_000
"""Instances that are looked at."""


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


def far_points(model: Any) -> Matrix:
    """Return points of the geometry that are farther from the origin than any model is large.

    Where every placement is the origin, the geometry itself may be in map coordinates: terrain and
    alignments often are.

    Parameters
    ----------
    model : ifcopenshell.file

    Returns
    -------
    (n, 3) array
        Metres of the model, of some points in the file.
    """
    unit = length_unit(model)
    numbers = model.entity_names()  # of a model of millions a list of all points takes seconds
    seen = map(model.by_id, numbers[:: max(1, len(numbers) // _SEEN)])
    rows = [get(p, 0) for p in seen if p.is_a() == "IfcCartesianPoint"]
    for listed in islice(each(model, "IfcCartesianPointList"), _SEEN):
        held = get(listed, 0)
        rows += held[:_SEEN] if isinstance(held, tuple) else ()
    known = [(*r, 0.0)[:3] for r in rows if isinstance(r, tuple) and len(r) > 1 and None not in r]
    points = np.array(known, dtype=np.float64).reshape(-1, 3) * unit
    return points[np.hypot(points[:, 0], points[:, 1]) > FAR_M]


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
