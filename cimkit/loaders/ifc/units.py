"""Units of an IFC project: what one of each is in SI, and what they are called."""

from __future__ import annotations

import math
from typing import Any

from cimkit.model import Problem

__all__ = [
    "SI_POWERS",
    "SI_PREFIXES",
    "angle_unit",
    "length_unit",
    "si_factor",
    "unit_facts",
    "unit_problems",
]

SI_PREFIXES = {
    "EXA": 1e18,
    "PETA": 1e15,
    "TERA": 1e12,
    "GIGA": 1e9,
    "MEGA": 1e6,
    "KILO": 1e3,
    "HECTO": 1e2,
    "DECA": 1e1,
    "DECI": 1e-1,
    "CENTI": 1e-2,
    "MILLI": 1e-3,
    "MICRO": 1e-6,
    "NANO": 1e-9,
    "PICO": 1e-12,
    "FEMTO": 1e-15,
    "ATTO": 1e-18,
}
SI_POWERS = {"SQUARE_METRE": 2, "CUBIC_METRE": 3}
# Factors that a conversion-based unit of such a name has (IFC 4.3, 8.11.3.4).
_NAMED = {
    "INCH": 0.0254,
    "FOOT": 0.3048,
    "YARD": 0.9144,
    "MILE": 1609.344,
    "US SURVEY FOOT": 1200 / 3937,
    "DEGREE": math.pi / 180,
    "GON": math.pi / 200,
    "GRAD": math.pi / 200,
}
_SHOWN = {
    *("LENGTHUNIT", "AREAUNIT", "VOLUMEUNIT", "PLANEANGLEUNIT", "MASSUNIT", "TIMEUNIT"),
    *("THERMODYNAMICTEMPERATUREUNIT", "POWERUNIT", "PRESSUREUNIT", "ELECTRICVOLTAGEUNIT"),
}


def si_factor(unit: Any) -> float | None:
    """Return how many of the SI unit one of a unit is; None if the file does not make it known.

    Parameters
    ----------
    unit : IfcNamedUnit or IfcDerivedUnit
        Of temperatures the size is meant, not the zero.
    """
    factor = _factor(unit, 0)
    return factor if factor is not None and math.isfinite(factor) and factor > 0 else None


def _factor(unit: Any, depth: int) -> float | None:
    if unit is None or depth > 8:
        return None
    if unit.is_a("IfcSIUnit"):
        prefix = SI_PREFIXES.get(unit.Prefix, 1.0) if unit.Prefix else 1.0
        scale = prefix ** SI_POWERS.get(unit.Name or "", 1)
        return float(scale / 1000.0 if unit.Name == "GRAM" else scale)
    if unit.is_a("IfcConversionBasedUnit"):
        measure = unit.ConversionFactor
        inner = _factor(measure.UnitComponent, depth + 1) if measure is not None else None
        value = _value(measure.ValueComponent) if measure is not None else None
        return inner * value if inner is not None and value is not None else None
    if unit.is_a("IfcDerivedUnit"):
        product = 1.0
        for element in unit.Elements or ():
            inner = _factor(element.Unit, depth + 1)
            if inner is None:
                return None
            product *= inner ** (element.Exponent or 0)
        return product
    return None


def _value(value: Any) -> float | None:
    value = getattr(value, "wrappedValue", value)
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


def _assigned(model: Any) -> list[Any]:
    """Return the units of the project, else of another context that assigns some."""
    contexts = list(model.by_type("IfcProject"))
    if model.schema != "IFC2X3":
        contexts += model.by_type("IfcContext")
    for context in contexts:
        held = context.UnitsInContext
        if held is not None and held.Units:
            return list(held.Units)
    return []


def _unit(model: Any, kind: str) -> Any:
    return next((u for u in _assigned(model) if getattr(u, "UnitType", None) == kind), None)


def length_unit(model: Any) -> float:
    """Return the metres in one length unit of the project; 1 if it says nothing usable."""
    return si_factor(_unit(model, "LENGTHUNIT")) or 1.0


def angle_unit(model: Any) -> float:
    """Return the radians in one angle unit of the project; 1 if it says nothing usable."""
    return si_factor(_unit(model, "PLANEANGLEUNIT")) or 1.0


def unit_facts(model: Any) -> dict[str, str]:
    """Return the names of the project's units by kind, for `Asset.properties`."""
    found = {}
    for unit in _assigned(model):
        kind = getattr(unit, "UnitType", None)
        if kind in _SHOWN and kind not in found:
            found[kind] = _name(unit)
    return found


def _name(unit: Any) -> str:
    if unit.is_a("IfcDerivedUnit"):
        return str(getattr(unit, "Name", None) or unit.UserDefinedType or unit.UnitType)
    prefix = (getattr(unit, "Prefix", None) or "") if unit.is_a("IfcSIUnit") else ""
    return f"{prefix}{unit.Name or '?'}".lower()


def unit_problems(model: Any) -> list[Problem]:
    """Tell of units that are missing, unusable, or whose factor is not that of their name.

    Parameters
    ----------
    model : ifcopenshell.file
    """
    if not model.by_type("IfcProduct"):
        return []
    found = []
    length = _unit(model, "LENGTHUNIT")
    if length is None or si_factor(length) is None:
        found.append(
            Problem(
                "unit-missing",
                "The project does not say in which unit its lengths are; they were read as metres.",
                "warning",
                place=f"#{length.id()}" if length is not None else "IfcProject.UnitsInContext",
                got="a unit without a factor" if length is not None else "no LENGTHUNIT",
                expected="an IfcUnitAssignment with a length unit",
                hint="Look whether the sizes are right: a wall 3000 m high is one in millimetres.",
            )
        )
    lengths = [u for u in _assigned(model) if getattr(u, "UnitType", None) == "LENGTHUNIT"]
    if len({si_factor(u) for u in lengths}) > 1:
        found.append(
            Problem(
                "unit-contradiction",
                "The project assigns several length units; the first was used.",
                place="IfcUnitAssignment",
                got=", ".join(_name(u) for u in lengths),
                expected="one unit of each kind",
            )
        )
    return found + _misnamed(model)


def _misnamed(model: Any) -> list[Problem]:
    found = []
    for unit in _assigned(model):
        if not unit.is_a("IfcConversionBasedUnit"):
            continue
        due = _NAMED.get((unit.Name or "").strip().strip("'").upper())
        factor = si_factor(unit)
        if due and factor and abs(factor / due - 1.0) > 1e-3:
            found.append(
                Problem(
                    "unit-contradiction",
                    f"A unit is named {unit.Name}, but its factor is that of another; the factor "
                    "was used.",
                    place=f"#{unit.id()}",
                    got=f"{factor:.9g}",
                    expected=f"{due:.9g}",
                    hint="Correct the ConversionFactor in the authoring tool.",
                )
            )
    return found
