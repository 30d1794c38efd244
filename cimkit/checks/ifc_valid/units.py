"""Units of a project: those the schemas list, and those that the values of properties need."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cimkit.checks.ifc_valid.outcome import Found
from cimkit.checks.ifc_valid.statements import without_texts

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS"]

_BASE = {
    "LENGTHUNIT": ("METRE", 1),
    "AREAUNIT": ("SQUARE_METRE", 2),
    "VOLUMEUNIT": ("CUBIC_METRE", 3),
    "PLANEANGLEUNIT": ("RADIAN", 1),
}
"""SI unit that a unit is converted to, and its power of the prefix."""
_SAME = 1e-6
"""Relative difference of factors that are the same."""

# In SI base units. Where the schema's own table is rounded, the exact factor is right as well.
_LISTED: dict[str, tuple[float, ...]] = {
    "inch": (0.0254,),
    "foot": (0.3048,),
    "us survey foot": (1200 / 3937, 0.30480060960122),
    "yard": (0.9144, 0.914),
    "mile": (1609.344, 1609.0),
    "square inch": (0.00064516, 0.0006452),
    "square foot": (0.09290304, 0.0929),
    "square yard": (0.83612736,),
    "acre": (4046.8564224, 4046.86),
    "square mile": (2589988.110336, 2588881.0),
    "cubic inch": (0.000016387064, 0.00001639),
    "cubic foot": (0.028316846592, 0.02832),
    "cubic yard": (0.764554857984, 0.7636),
    "litre": (0.001,),
    "fluid ounce uk": (0.0000284130625,),
    "fluid ounce us": (0.0000295735295625, 0.00002957353),
    "pint uk": (0.00056826125, 0.000568),
    "pint us": (0.000473176473, 0.000473),
    "gallon uk": (0.00454609, 0.004546, 0.00454),
    "gallon us": (0.003785411784, 0.003785),
    "degree": (math.pi / 180, 0.0174532925, 0.017453),
    "ounce": (0.028349523125, 0.02835),
    "pound": (0.45359237, 0.454),
    "ton uk": (1016.0469088,),
    "ton us": (907.18474,),
    "lbf": (4.4482216153,),
    "kip": (4448.2216153,),
    "psi": (6894.7572932,),
    "ksi": (6894757.2932,),
    "minute": (60.0,),
    "hour": (3600.0,),
    "day": (86400.0,),
    "btu": (1055.056,),
}
_LATER = frozenset({"us survey foot"})
"""Names that came with IFC 4.3."""
_EARLY = frozenset(
    (
        *("inch", "foot", "yard", "mile", "acre", "litre", "ounce", "pound", "degree"),
        *("pint uk", "pint us", "gallon uk", "gallon us", "minute", "hour", "day"),
        *("square inch", "square foot", "square yard", "square mile"),
        *("cubic inch", "cubic foot", "cubic yard"),
    )
)
"""Names of IFC2X3."""
_PREFIX = {
    **{"EXA": 1e18, "PETA": 1e15, "TERA": 1e12, "GIGA": 1e9, "MEGA": 1e6, "KILO": 1e3},
    **{"HECTO": 1e2, "DECA": 1e1, "DECI": 1e-1, "CENTI": 1e-2, "MILLI": 1e-3, "MICRO": 1e-6},
    **{"NANO": 1e-9, "PICO": 1e-12, "FEMTO": 1e-15, "ATTO": 1e-18},
}


def _names(family: str) -> frozenset[str]:
    if family == "IFC2X3":
        return _EARLY
    return frozenset(_LISTED) - (_LATER if family == "IFC4" else frozenset())


def _conversions(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    names = _names(model.family)
    for project in model.of("IfcProject"):
        assigned = project.UnitsInContext
        for unit in assigned.Units if assigned is not None else ():
            if unit.is_a("IfcConversionBasedUnit"):
                _one(found, unit, names)


def _one(found: Found, unit: Any, names: frozenset[str]) -> None:
    name = (unit.Name or "").lower()
    base = _BASE.get(unit.UnitType)
    if base is None and name not in names:
        return
    found.look()
    if base is not None and name not in names:
        found.fail(unit, f"Name: {unit.Name}", ", ".join(sorted(names)))
    factor = unit.ConversionFactor
    component = factor.UnitComponent if factor is not None else None
    if component is None or not component.is_a("IfcSIUnit"):
        met = component.is_a() if component is not None else "-"
        found.fail(unit, f"{unit.Name}: {met}", "IfcSIUnit")
        return
    power = 1
    if base is not None:
        due, power = base
        if component.Name != due:
            found.fail(unit, f"{unit.Name}: {component.Name}", due)
            return
    if name not in names:
        return
    scale = _PREFIX.get(component.Prefix or "", 1.0) ** power
    if component.Name == "GRAM":
        scale /= 1000.0
    value = float(factor.ValueComponent.wrappedValue) * scale
    if not any(math.isclose(value, due, rel_tol=_SAME) for due in _LISTED[name]):
        found.fail(unit, f"{unit.Name}: {value:.10g}", f"{_LISTED[name][0]:.10g}")


_VALUES = ("IFCPROPERTYSINGLEVALUE", "IFCPROPERTYBOUNDEDVALUE", "IFCPROPERTYLISTVALUE")
_MEASURE = re.compile(rb"IFC(\w+)MEASURE\s*\(", re.IGNORECASE)
_BARE = frozenset(
    (
        *("COUNT", "RATIO", "POSITIVERATIO", "NORMALISEDRATIO", "NUMERIC", "DESCRIPTIVE"),
        *("CONTEXTDEPENDENT", "MONETARY", "PH", "COMPOUNDPLANEANGLE"),
    )
)
"""Measures that have no unit, or one that a project does not assign."""
_OTHERWISE = {
    "POSITIVELENGTH": "LENGTH",
    "NONNEGATIVELENGTH": "LENGTH",
    "POSITIVEPLANEANGLE": "PLANEANGLE",
    "THERMALCONDUCTIVITY": "THERMALCONDUCTANCE",
    "SECTIONALAREAINTEGRAL": "SECTIONAREAINTEGRAL",
}
"""Measures whose unit is not named after them."""


def _measures(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    """Values of one measure that lack a unit are one mistake, told with the first of them."""
    assigned = {
        str(getattr(unit, "UnitType", ""))
        for project in model.of("IfcProject")
        if project.UnitsInContext is not None
        for unit in project.UnitsInContext.Units
    }
    lacking: defaultdict[str, list[int]] = defaultdict(list)
    text = model.statements
    for name in _VALUES:
        for number, given in zip(text.numbers.get(name, ()), text.texts.get(name, ()), strict=True):
            bare = without_texts(given)
            kinds = {k.decode("ascii").upper() for k in _MEASURE.findall(bare)} - _BARE
            found.look(len(kinds))
            if not kinds or b"#" in bare:
                continue
            for kind in kinds:
                if f"{_OTHERWISE.get(kind, kind)}UNIT" not in assigned:
                    lacking[kind].append(number)
    for kind, numbers in sorted(lacking.items()):
        first = model.file.by_id(numbers[0])
        due = f"{_OTHERWISE.get(kind, kind)}UNIT"
        found.fail(first, _spelt(model, kind), due, count=len(numbers))


def _spelt(model: Model, kind: str) -> str:
    from cimkit.loaders.ifc.types import class_names

    name = f"Ifc{kind}Measure"
    return class_names(model.schema).get(name.lower(), name)


TESTS = {"conversion-units": _conversions, "measures-have-units": _measures}
