"""Units of IFC projects."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from cimkit.loaders.ifc.units import (
    angle_unit,
    length_unit,
    si_factor,
    unit_facts,
    unit_problems,
)
from tests.loaders.ifc.building import Model, load, world


def assign(model: Model, *units: Any) -> None:
    model.project.UnitsInContext = model.file.create_entity("IfcUnitAssignment", units)


def foot(model: Model, factor: float, name: str = "FOOT") -> Any:
    make = model.file.create_entity
    metre = make("IfcSIUnit", None, "LENGTHUNIT", None, "METRE")
    measure = make("IfcMeasureWithUnit", make("IfcLengthMeasure", factor), metre)
    exponents = make("IfcDimensionalExponents", 1, 0, 0, 0, 0, 0, 0)
    return make("IfcConversionBasedUnit", exponents, "LENGTHUNIT", name, measure)


@pytest.mark.keeps("IFC", "geometry")
@pytest.mark.parametrize(("prefix", "metres"), [("KILO", 1e3), (None, 1.0), ("CENTI", 0.01)])
def test_prefixes(tmp_path: Path, prefix: str | None, metres: float) -> None:
    model = Model(millimetres=False)
    wall = model.put("IfcWall", (1.0, 2.0, 0.0))
    unit = model.file.create_entity("IfcSIUnit", None, "LENGTHUNIT", prefix, "METRE")
    assign(model, unit)
    assert length_unit(model.file) == pytest.approx(metres)
    _, tables, _ = load(model.write(tmp_path))
    corners = world(tables, wall.GlobalId)
    assert corners.mean(axis=0)[:2] == pytest.approx([1.0 * metres, 2.0 * metres], rel=1e-4)


def test_conversions_derived_units_and_angles() -> None:
    model = Model(millimetres=False)
    make = model.file.create_entity
    radian = make("IfcSIUnit", None, "PLANEANGLEUNIT", None, "RADIAN")
    degree = make(
        "IfcConversionBasedUnit",
        make("IfcDimensionalExponents", 0, 0, 0, 0, 0, 0, 0),
        "PLANEANGLEUNIT",
        "DEGREE",
        make("IfcMeasureWithUnit", make("IfcPlaneAngleMeasure", math.pi / 180), radian),
    )
    gram = make("IfcSIUnit", None, "MASSUNIT", "KILO", "GRAM")
    litre = make("IfcSIUnit", None, "VOLUMEUNIT", "DECI", "CUBIC_METRE")
    density = make(
        "IfcDerivedUnit",
        [make("IfcDerivedUnitElement", gram, 1), make("IfcDerivedUnitElement", litre, -1)],
        "MASSDENSITYUNIT",
    )
    assign(model, foot(model, 0.3048), degree)
    assert length_unit(model.file) == pytest.approx(0.3048)
    assert angle_unit(model.file) == pytest.approx(math.pi / 180)
    assert si_factor(gram) == pytest.approx(1.0)
    assert si_factor(litre) == pytest.approx(1e-3)
    assert si_factor(density) == pytest.approx(1000.0)
    assert unit_facts(model.file) == {"LENGTHUNIT": "foot", "PLANEANGLEUNIT": "degree"}
    assert unit_problems(model.file) == []


@pytest.mark.keeps("IFC", "contradictions")
def test_units_that_are_missing_or_lie_are_told() -> None:
    model = Model(millimetres=False)
    model.project.UnitsInContext = None
    assert [p.code for p in unit_problems(model.file)] == ["unit-missing"]
    assert length_unit(model.file) == 1.0
    assign(model, foot(model, 0.0254))
    [problem] = unit_problems(model.file)
    assert (problem.code, problem.got, problem.expected) == (
        "unit-contradiction",
        "0.0254",
        "0.3048",
    )
    metre = model.file.create_entity("IfcSIUnit", None, "LENGTHUNIT", None, "METRE")
    assign(model, metre, foot(model, 0.3048))
    assert [p.place for p in unit_problems(model.file)] == ["IfcUnitAssignment"]
    assert length_unit(model.file) == 1.0
