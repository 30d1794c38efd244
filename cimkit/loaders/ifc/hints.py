"""What an IFC model says of its place beside a coordinate operation: site, north and context."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.instances import key_of
from cimkit.loaders.ifc.reals import real
from cimkit.loaders.ifc.units import length_unit
from cimkit.model import Problem

__all__ = ["model_context", "site_hint", "true_north", "world"]

Matrix = npt.NDArray[np.float64]


def site_hint(model: Any, problems: list[Problem]) -> tuple[float, float, float] | None:
    """Return (longitude, latitude, elevation in metres) of the first site that has them.

    Parameters
    ----------
    model : ifcopenshell.file
    problems : list of Problem
        ``site-position-invalid`` is appended for angles that are none.
    """
    for site in model.by_type("IfcSite"):
        if not site.RefLatitude or not site.RefLongitude:
            continue
        lat, lon = _degrees(site.RefLatitude), _degrees(site.RefLongitude)
        if not lat and not lon:
            continue  # what programs write that know no place
        if abs(lat) <= 90 and abs(lon) <= 180:
            return lon, lat, real(site.RefElevation) * length_unit(model)
        problems.append(
            Problem(
                code="site-position-invalid",
                message="RefLatitude and RefLongitude are no position on the earth.",
                place=key_of(site, {}),
                got=f"{lat:g}, {lon:g} degrees",
                expected="latitude within 90, longitude within 180 degrees",
            )
        )
    return None


def _degrees(parts: tuple[int, ...]) -> float:
    """Return decimal degrees of an IfcCompoundPlaneAngleMeasure.

    All parts carry the sign; exporters that give it to the degrees alone are understood.
    """
    sign = -1.0 if any(part < 0 for part in parts) else 1.0
    sizes = (1.0, 60.0, 3600.0, 3.6e9)
    return sign * sum(abs(part) / size for part, size in zip(parts, sizes, strict=False))


def model_context(model: Any) -> Any:
    """Return the context of the model in three dimensions, else the first there is."""
    contexts = model.by_type("IfcGeometricRepresentationContext", include_subtypes=False)
    for context in contexts:
        if context.ContextType == "Model":
            return context
    return contexts[0] if contexts else None


def true_north(model: Any) -> float | None:
    """Return the angle from the model's y axis to true north, degrees clockwise, or None."""
    context = model_context(model)
    north = context.TrueNorth if context is not None else None
    if north is None or not north.DirectionRatios or len(north.DirectionRatios) < 2:
        return None
    x, y = (real(v) for v in north.DirectionRatios[:2])
    return math.degrees(math.atan2(x, y)) if x or y else None


def world(model: Any, unit: float, context: Any = None) -> Matrix:
    """Return the (4, 4) world coordinate system of a context, translation in metres.

    Parameters
    ----------
    model : ifcopenshell.file
    unit : float
        Metres in one length unit of the project.
    context : IfcGeometricRepresentationContext, optional
        That of the model in three dimensions if not given.
    """
    from ifcopenshell.util.placement import get_axis2placement

    context = context if context is not None else model_context(model)
    system = context.WorldCoordinateSystem if context is not None else None
    if system is None:
        return np.eye(4)
    try:
        matrix = np.asarray(get_axis2placement(system), dtype=np.float64)
    except (AssertionError, AttributeError, IndexError, TypeError, ValueError):
        return np.eye(4)  # a 2D or empty placement: nothing to undo
    matrix[:3, 3] *= unit
    return matrix if abs(np.linalg.det(matrix)) > 1e-9 else np.eye(4)
