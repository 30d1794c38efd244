"""What an IFC model says about its own place, read without believing it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from cimkit.loaders.ifc.hints import model_context
from cimkit.loaders.ifc.instances import get
from cimkit.loaders.ifc.reals import read_real, real
from cimkit.loaders.ifc.units import si_factor
from cimkit.model import Place, Problem

__all__ = ["Claim", "claims"]

_MAP_UNITS = {
    **dict.fromkeys(("metre", "meter", "m", "metres", "meters"), 1.0),
    **dict.fromkeys(("millimetre", "millimeter", "mm", "millimetres"), 0.001),
    **dict.fromkeys(("centimetre", "centimeter", "cm"), 0.01),
    **dict.fromkeys(("kilometre", "kilometer", "km"), 1000.0),
    **dict.fromkeys(("foot", "feet", "ft"), 0.3048),
    **dict.fromkeys(("us survey foot", "us-ft", "usft", "survey foot"), 1200 / 3937),
}
_SETS = re.compile(r"\s*e?pset_(mapconversion|projectedcrs)\s*", re.IGNORECASE)


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
        main = model_context(model)
        for operation in model.by_type("IfcCoordinateOperation"):
            claim = _from_operation(operation, wkts)
            if claim:
                found.append(claim)
                axis = [getattr(operation, f"XAxis{n}", None) for n in ("Abscissa", "Ordinate")]
                if axis.count(None) < 2 and not any(real(v) for v in axis):
                    problems.append(_no_rotation(claim))
            else:
                problems.append(_refused(operation))
        found.sort(key=lambda c: c.context is not None and c.context != main)
    return found + _from_psets(model, problems)


def _refused(operation: Any) -> Problem:
    target = operation.TargetCRS
    if target is not None and operation.is_a("IfcMapConversion") and not _is_whole(operation):
        said = [n for n in ("Eastings", "Northings") if getattr(operation, n) is None]
        return _incomplete(f"{operation.is_a()} #{operation.id()}", f"no {' and '.join(said)}")
    ends = [getattr(operation, n, None) for n in ("FirstCoordinate", "SecondCoordinate")]
    at = ", ".join(f"{real(v):.8g}" for v in ends if v is not None)
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


def _no_rotation(claim: Claim) -> Problem:
    return Problem(
        "georeference-rotation",
        "The x axis of a map conversion has no direction; the model was not turned.",
        place=claim.entity,
        got="XAxisAbscissa and XAxisOrdinate are both 0",
        expected="cosine and sine of the rotation; 1 and 0 for none",
        hint="Export the model again, or in the delivery sheet: place = {easting, northing, "
        "height, rotation}.",
    )


def _incomplete(entity: str, got: str) -> Problem:
    return Problem(
        "georeference-unsupported",
        "A coordinate operation does not say where the model stands; it was not obeyed.",
        place=entity,
        got=got,
        expected="Eastings and Northings as numbers",
        hint='In the delivery sheet: crs = "EPSG:…" and place = {easting, northing, height, '
        "rotation}.",
    )


def _rotation(abscissa: Any, ordinate: Any) -> float:
    x, y = real(abscissa), real(ordinate)
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
    if operation.is_a("IfcMapConversion") and _is_whole(operation):
        place = Place(
            real(operation.Eastings),
            real(operation.Northings),
            real(operation.OrthogonalHeight),
            _rotation(operation.XAxisAbscissa, operation.XAxisOrdinate),
            real(operation.Scale, 1.0) or 1.0,
        )
    elif operation.is_a("IfcRigidOperation") and not _is_angle(operation):
        place = Place(
            real(operation.FirstCoordinate),
            real(operation.SecondCoordinate),
            real(operation.Height),
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
            real(operation.FactorX, 1.0),
            real(operation.FactorY, 1.0),
            real(operation.FactorZ, 1.0),
        )
        if scaled
        else (1.0, 1.0, 1.0),
        f"{operation.is_a()} #{operation.id()}",
        operation.SourceCRS if hasattr(operation.SourceCRS, "WorldCoordinateSystem") else None,
        _words(target),
    )


def _is_whole(operation: Any) -> bool:
    return operation.Eastings is not None and operation.Northings is not None


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


def _from_psets(model: Any, problems: list[Problem]) -> list[Claim]:
    """Read the convention for IFC2X3 (User Guide for Geo-referencing in IFC)."""
    sets: dict[str, tuple[Any, dict[str, Any]]] = {}
    for pset in model.by_type("IfcPropertySet"):
        named = _SETS.fullmatch(str(get(pset, 2) or ""))
        if named is not None and named[1].lower() not in sets:
            sets[named[1].lower()] = (
                pset,
                {
                    str(p.Name).strip().lower(): p.NominalValue.wrappedValue
                    for p in pset.HasProperties or ()
                    if p.is_a("IfcPropertySingleValue") and p.NominalValue is not None
                },
            )
    if "mapconversion" not in sets:
        return []
    pset, values = sets["mapconversion"]
    target = sets.get("projectedcrs", (None, {}))[1]
    for name in ("easting", "northing"):
        values.setdefault(f"{name}s", values.get(name))
        if read_real(values[f"{name}s"]) is None:
            said = values[f"{name}s"]
            got = f"{name}s {said!r}" if said is not None else f"no {name}s"
            problems.append(_incomplete(f"ePSet_MapConversion #{pset.id()}", got))
            return []
    place = Place(
        real(values.get("eastings")),
        real(values.get("northings")),
        real(values.get("orthogonalheight")),
        _rotation(values.get("xaxisabscissa"), values.get("xaxisordinate")),
        real(values.get("scale"), 1.0) or 1.0,
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
