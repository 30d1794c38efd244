"""What an IFC model says about its own place, read without believing it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.instances import key_of
from cimkit.loaders.ifc.units import length_unit, si_factor
from cimkit.model import Place, Problem

__all__ = ["Claim", "claims", "site_hint", "true_north", "world"]

Matrix = npt.NDArray[np.float64]
_MAP_UNITS = {
    **dict.fromkeys(("metre", "meter", "m", "metres", "meters"), 1.0),
    **dict.fromkeys(("millimetre", "millimeter", "mm", "millimetres"), 0.001),
    **dict.fromkeys(("centimetre", "centimeter", "cm"), 0.01),
    **dict.fromkeys(("kilometre", "kilometer", "km"), 1000.0),
    **dict.fromkeys(("foot", "feet", "ft"), 0.3048),
    **dict.fromkeys(("us survey foot", "us-ft", "usft", "survey foot"), 1200 / 3937),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of a model about its place, in the units of the file."""

    origin: Literal["map-conversion", "epset"]
    """The kind of statement."""
    place: Place
    """Eastings, Northings and OrthogonalHeight in map units; Scale as written."""
    crs: str
    """Name of the target CRS as written."""
    wkt: str = ""
    """Well-known text of the target CRS, if the file carries one."""
    map_unit: float | None = None
    """Metres in one map unit, None if the file does not say."""
    vertical_datum: str | None = None
    """As written."""
    factors: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """FactorX, FactorY, FactorZ of an IfcMapConversionScaled."""
    entity: str = ""
    """Class and number of the instance."""
    context: Any = None
    """The IfcGeometricRepresentationContext it starts from, None if it names none."""
    words: tuple[str, ...] = ()
    """What else is said of the target CRS: description, datum, projection, zone."""


def claims(model: Any, problems: list[Problem]) -> list[Claim]:
    """Return the map conversions, then the ePSet_MapConversions of a model.

    Those of the context of the model in three dimensions come first.

    Parameters
    ----------
    model : ifcopenshell.file
    problems : list of Problem
        ``georeference-unsupported`` is appended for operations that place nothing.
    """
    found: list[Claim] = []
    if model.schema != "IFC2X3":
        wkts = _well_known_texts(model)
        main = _model_context(model)
        for operation in model.by_type("IfcCoordinateOperation"):
            claim = _from_operation(operation, wkts)
            if claim:
                found.append(claim)
            else:
                problems.append(_unsupported(operation))
        found.sort(key=lambda c: c.context is not None and c.context != main)
    return found + _from_psets(model)


def _unsupported(operation: Any) -> Problem:
    target = operation.TargetCRS
    ends = [getattr(operation, n, None) for n in ("FirstCoordinate", "SecondCoordinate")]
    at = ", ".join(f"{_number(v):.8g}" for v in ends if v is not None)
    return Problem(
        "georeference-unsupported",
        "A coordinate operation does not lead to a plane CRS; it was not obeyed.",
        place=f"{operation.is_a()} #{operation.id()}",
        got=f"{target.is_a()} {getattr(target, 'Name', '')}{f': {at}' if at else ''}"
        if target is not None
        else "no target",
        expected="IfcMapConversion or IfcRigidOperation in lengths, to an IfcProjectedCRS",
        hint='In the delivery sheet: crs = "EPSG:…" and place = {easting, northing, height, '
        "rotation}.",
    )


def _number(value: Any, default: float = 0.0) -> float:
    value = getattr(value, "wrappedValue", value)
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return default
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return default


def _rotation(abscissa: Any, ordinate: Any) -> float:
    x, y = _number(abscissa), _number(ordinate)
    return math.degrees(math.atan2(y, x)) if x or y else 0.0


def _well_known_texts(model: Any) -> dict[int, str]:
    try:
        texts = model.by_type("IfcWellKnownText")
    except RuntimeError:
        return {}  # the class came with IFC 4.3
    return {
        t.CoordinateReferenceSystem.id(): t.WellKnownText
        for t in texts
        if t.CoordinateReferenceSystem
    }


def _from_operation(operation: Any, wkts: dict[int, str]) -> Claim | None:
    target = operation.TargetCRS
    if target is None or not hasattr(target, "Name"):
        return None
    if operation.is_a("IfcMapConversion"):
        place = Place(
            _number(operation.Eastings),
            _number(operation.Northings),
            _number(operation.OrthogonalHeight),
            _rotation(operation.XAxisAbscissa, operation.XAxisOrdinate),
            _number(operation.Scale, 1.0) or 1.0,
        )
    elif operation.is_a("IfcRigidOperation") and not _is_angle(operation):
        place = Place(
            _number(operation.FirstCoordinate),
            _number(operation.SecondCoordinate),
            _number(operation.Height),
        )
    else:
        return None
    scaled = operation.is_a("IfcMapConversionScaled")
    return Claim(
        "map-conversion",
        place,
        target.Name or "",
        wkts.get(target.id(), ""),
        _unit(getattr(target, "MapUnit", None)),
        getattr(target, "VerticalDatum", None) or None,
        (
            _number(operation.FactorX, 1.0),
            _number(operation.FactorY, 1.0),
            _number(operation.FactorZ, 1.0),
        )
        if scaled
        else (1.0, 1.0, 1.0),
        f"{operation.is_a()} #{operation.id()}",
        operation.SourceCRS if hasattr(operation.SourceCRS, "WorldCoordinateSystem") else None,
        _words(target),
    )


def _is_angle(operation: Any) -> bool:
    first = operation.FirstCoordinate
    return hasattr(first, "is_a") and "Angle" in first.is_a()


def _words(target: Any) -> tuple[str, ...]:
    names = ("GeodeticDatum", "MapProjection", "MapZone", "Description")
    return tuple(str(v) for n in names if (v := getattr(target, n, None)))


def _unit(unit: Any) -> float | None:
    """Return the metres in a named unit, None if there is none that is a length."""
    if unit is None or getattr(unit, "UnitType", None) != "LENGTHUNIT":
        return None
    return si_factor(unit)


def _from_psets(model: Any) -> list[Claim]:
    """Read the convention for IFC2X3 (User Guide for Geo-referencing in IFC)."""
    sets: dict[str, tuple[Any, dict[str, Any]]] = {}
    for pset in model.by_type("IfcPropertySet"):
        name = (pset.Name or "").lower()
        if name in ("epset_mapconversion", "epset_projectedcrs") and name not in sets:
            sets[name] = (
                pset,
                {
                    p.Name.lower(): p.NominalValue.wrappedValue
                    for p in pset.HasProperties or ()
                    if p.is_a("IfcPropertySingleValue") and p.NominalValue is not None
                },
            )
    if "epset_mapconversion" not in sets:
        return []
    pset, values = sets["epset_mapconversion"]
    target = sets.get("epset_projectedcrs", (None, {}))[1]
    place = Place(
        _number(values.get("eastings")),
        _number(values.get("northings")),
        _number(values.get("orthogonalheight")),
        _rotation(values.get("xaxisabscissa"), values.get("xaxisordinate")),
        _number(values.get("scale"), 1.0) or 1.0,
    )
    return [
        Claim(
            "epset",
            place,
            str(target.get("name") or values.get("targetcrs") or ""),
            map_unit=_MAP_UNITS.get(str(target.get("mapunit", "")).strip().lower()),
            vertical_datum=str(target["verticaldatum"]) if target.get("verticaldatum") else None,
            entity=f"ePSet_MapConversion #{pset.id()}",
        )
    ]


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
            return lon, lat, _number(site.RefElevation) * length_unit(model)
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


def _model_context(model: Any) -> Any:
    contexts = model.by_type("IfcGeometricRepresentationContext", include_subtypes=False)
    for context in contexts:
        if context.ContextType == "Model":
            return context
    return contexts[0] if contexts else None


def true_north(model: Any) -> float | None:
    """Return the angle from the model's y axis to true north, degrees clockwise, or None."""
    context = _model_context(model)
    north = context.TrueNorth if context is not None else None
    if north is None or not north.DirectionRatios or len(north.DirectionRatios) < 2:
        return None
    x, y = (_number(v) for v in north.DirectionRatios[:2])
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

    context = context if context is not None else _model_context(model)
    system = context.WorldCoordinateSystem if context is not None else None
    if system is None:
        return np.eye(4)
    try:
        matrix = np.asarray(get_axis2placement(system), dtype=np.float64)
    except (AssertionError, AttributeError, IndexError, TypeError, ValueError):
        return np.eye(4)  # a 2D or empty placement: nothing to undo
    matrix[:3, 3] *= unit
    return matrix if abs(np.linalg.det(matrix)) > 1e-9 else np.eye(4)
