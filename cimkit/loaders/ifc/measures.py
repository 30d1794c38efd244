"""Units of a model by the type of its values: what makes a measure SI."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from cimkit.loaders.ifc.cells import items
from cimkit.loaders.ifc.statements import Statements
from cimkit.loaders.ifc.types import class_of
from cimkit.loaders.ifc.units import SI_POWERS, SI_PREFIXES

__all__ = ["Units", "unit_kind"]

Factor = tuple[float, float]
"""Factor and offset: SI = value * factor + offset."""
_ONE: Factor = (1.0, 0.0)
_ICE = 273.15
"""Kelvin at zero degrees Celsius."""


def unit_kind(measure: str) -> str:
    """Return the kind of unit that values of a type are in, as IfcUnitEnum names it.

    Examples
    --------
    >>> unit_kind("IFCPOSITIVELENGTHMEASURE"), unit_kind("IFCLABEL")
    ('LENGTHUNIT', '')
    """
    if not measure.startswith("IFC") or not measure.endswith("MEASURE"):
        return ""
    stem = measure[3:-7]
    for sign in ("POSITIVE", "NONNEGATIVE", "NORMALISED"):
        stem = stem.removeprefix(sign)
    return f"{stem}UNIT"


class Units:
    """The units that a model assigns.

    Parameters
    ----------
    read : Statements
    """

    def __init__(self, read: Statements) -> None:
        self._read = read
        self._factors: dict[int, Factor | None] = {}

    @cached_property
    def assigned(self) -> dict[str, int]:
        """Instance numbers of the units by their kind; the first of each, the project's first."""
        found: dict[str, int] = {}
        for name in ("IFCPROJECT", "IFCPROJECTLIBRARY"):
            of = class_of(self._read.schema, name)
            at = of.index("UnitsInContext") if of is not None else None
            if at is None:
                continue
            for token in self._read.tokens(name, at).to_pylist():
                for number in self._members(token):
                    kind = self._get(number, "UnitType").strip(".").upper()
                    found.setdefault(kind, number)
        return found

    def _members(self, token: str) -> list[int]:
        row = self._row(token)
        if row < 0:
            return []
        inner = items(self._read.attributes(row)[0] if self._read.attributes(row) else "")
        return [int(i[1:]) for i in inner if i.startswith("#") and i[1:].strip().isdigit()]

    def of_type(self, measure: str) -> Factor:
        """Return what makes values of a type SI, by the project's units."""
        number = self.assigned.get(unit_kind(measure))
        return self.of(number, measure) if number is not None else _ONE

    def of(self, number: int, measure: str) -> Factor:
        """Return what makes a value in a certain unit SI.

        The zero of a temperature counts for temperatures only, not for what is per kelvin.
        """
        if number not in self._factors:
            self._factors[number] = self._factor(number, 0)
        factor, offset = self._factors[number] or _ONE
        return factor, offset if measure == "IFCTHERMODYNAMICTEMPERATUREMEASURE" else 0.0

    def _factor(self, number: int, depth: int) -> Factor | None:
        read = {
            "IFCSIUNIT": self._si,
            "IFCCONVERSIONBASEDUNIT": self._conversion,
            "IFCCONVERSIONBASEDUNITWITHOFFSET": self._conversion,
            "IFCDERIVEDUNIT": self._derived,
        }.get(self._class(number))
        if read is None or depth > 8:
            return None
        how: Callable[[int, int], Factor | None] = read
        return how(number, depth)

    def _si(self, number: int, depth: int) -> Factor:
        del depth
        name = self._get(number, "Name").strip(".").upper()
        prefix = SI_PREFIXES.get(self._get(number, "Prefix").strip(".").upper(), 1.0)
        scale = prefix ** SI_POWERS.get(name, 1)
        if name == "DEGREE_CELSIUS":
            return scale, _ICE
        return (scale / 1000.0 if name == "GRAM" else scale), 0.0

    def _conversion(self, number: int, depth: int) -> Factor | None:
        row = self._row(self._get(number, "ConversionFactor"))
        if row < 0:
            return None
        value, unit = [*self._read.attributes(row), "", ""][:2]
        inner = self._row(unit)
        below = self._factor(int(self._read.numbers[inner]), depth + 1) if inner >= 0 else None
        size = _number(value)
        if below is None or size is None:
            return None
        factor = size * below[0]
        shift = _number(self._get(number, "ConversionOffset"))
        return factor, below[1] + (shift or 0.0) * factor

    def _derived(self, number: int, depth: int) -> Factor | None:
        product = 1.0
        for token in items(self._get(number, "Elements")):
            row = self._row(token)
            if row < 0:
                return None
            unit, exponent = [*self._read.attributes(row), "", ""][:2]
            inner = self._row(unit)
            below = self._factor(int(self._read.numbers[inner]), depth + 1) if inner >= 0 else None
            power = _number(exponent)
            if below is None or power is None:
                return None
            product *= below[0] ** power
        return product, 0.0

    def _row(self, token: str) -> int:
        import numpy as np

        digits = token.strip().removeprefix("#").strip()
        if not token.strip().startswith("#") or not digits.isdigit():
            return -1
        return int(self._read.row_of(np.array([int(digits)]))[0])

    def _class(self, number: int) -> str:
        row = self._row(f"#{number}")
        return self._read.classes[self._read.codes[row]] if row >= 0 else ""

    def _get(self, number: int, name: str) -> str:
        row = self._row(f"#{number}")
        of = class_of(self._read.schema, self._class(number)) if row >= 0 else None
        at = of.index(name) if of is not None else None
        values = self._read.attributes(row) if at is not None else []
        return values[at] if at is not None and at < len(values) else ""


def _number(token: str) -> float | None:
    inner = token.partition("(")[2].rstrip(") ") if "(" in token else token
    try:
        return float(inner)
    except ValueError:
        return None
