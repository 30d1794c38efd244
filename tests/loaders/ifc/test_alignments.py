"""Lines of alignments: of IFC4X3 by design parameters, of the drafts before by their curves."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cimkit.loaders import ifc
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.ifc.courses import RAMPS, Grade, Piece, course
from cimkit.model import Declaration
from tests.loaders.ifc.building import Model, load, row, source
from tests.loaders.ifc.test_opening import write

QUARTER = 50.0 * math.pi


def chains(tables: dict[str, pa.Table]) -> dict[str, np.ndarray]:
    return {
        r["lod"]: shapely.get_coordinates(shapely.from_wkb(r["wkb"]), include_z=True)
        for r in tables["geometries"].to_pylist()
    }


def designed(
    model: Model, profile: str | None = "PARABOLICARC", cant: str = "", last: str | None = "LINE"
) -> Any:
    """Return 100 m straight on, then a quarter of a circle of 100 m to the left.

    Layouts end as those of exporters do: by a segment of no length.
    """
    make, u = model.file.create_entity, model.unit

    def nest(whole: Any, parts: list[Any]) -> None:
        make("IfcRelNests", model.guid(), RelatingObject=whole, RelatedObjects=parts)

    def flat(x: float, turn: float, radius: float, length: float, kind: str | None) -> Any:
        said = make(
            "IfcAlignmentHorizontalSegment",
            StartPoint=make("IfcCartesianPoint", [x * u, 0.0]),
            StartDirection=turn,
            StartRadiusOfCurvature=radius * u,
            EndRadiusOfCurvature=radius * u,
            SegmentLength=length * u,
            PredefinedType=kind,
        )
        return make("IfcAlignmentSegment", model.guid(), DesignParameters=said)

    plan = make("IfcAlignmentHorizontal", model.guid())
    nest(
        plan,
        [
            flat(0, 0, 0, 100, "LINE"),
            flat(100, 0, 100, QUARTER, "CIRCULARARC"),
            flat(0, 0, 0, 0, last),
        ],
    )
    parts = [plan]
    if profile:

        def steep(start: float, length: float, height: float, form: str) -> Any:
            said = make(
                "IfcAlignmentVerticalSegment",
                StartDistAlong=start * u,
                HorizontalLength=length * u,
                StartHeight=height * u,
                StartGradient=0.02,
                EndGradient=-0.02,
                PredefinedType=form,
            )
            return make("IfcAlignmentSegment", model.guid(), DesignParameters=said)

        parts.append(make("IfcAlignmentVertical", model.guid()))
        nest(parts[-1], [steep(0, 200, 10, profile), steep(0, 0, 0, "CONSTANTGRADIENT")])
    if cant:
        said = make(
            "IfcAlignmentCantSegment",
            StartDistAlong=0.0,
            HorizontalLength=200.0 * u,
            StartCantLeft=0.0,
            EndCantLeft=0.0,
            StartCantRight=0.0,
            EndCantRight=0.16 * u,
            PredefinedType=cant,
        )
        parts.append(make("IfcAlignmentCant", model.guid(), RailHeadDistance=1.5 * u))
        nest(parts[-1], [make("IfcAlignmentSegment", model.guid(), DesignParameters=said)])
    alignment = make("IfcAlignment", model.guid(), ObjectPlacement=model.placement(0, 0, 0))
    nest(alignment, parts)
    return alignment


@pytest.mark.keeps("IFC", "geometry", "exact", "z")
@pytest.mark.parametrize("profile", ["PARABOLICARC", "CIRCULARARC", None, "CLOTHOID"])
def test_an_alignment_of_parameters_alone_has_a_line(tmp_path: Path, profile: str | None) -> None:
    model = Model("IFC4X3_ADD2")
    designed(model, profile)
    _, tables, codes = load(model.write(tmp_path))
    if profile == "CLOTHOID":  # of profiles, which no exporter is known to write
        assert "curve-failed" in codes
        assert "geometries" not in tables
        return
    assert "curve-failed" not in codes
    found = chains(tables)
    plan = found["FootPrint" if profile else "Axis"]
    assert plan[-1] == pytest.approx([200.0, 100.0, 0.0], abs=1e-6)
    arc = plan[plan[:, 0] > 100.001]
    assert np.hypot(arc[:, 0] - 100, arc[:, 1] - 100) == pytest.approx(100.0, abs=1e-6)
    assert shapely.LineString(plan).length == pytest.approx(100 + QUARTER, abs=0.001)
    if profile:
        line = found["Axis"]
        assert line[0, 2] == pytest.approx(10.0)
        top = line[np.argmin(np.abs(line[:, 0] - 100.0))]  # half way along the profile
        assert top[2] == pytest.approx(11.0, abs=0.001)
        assert line[-1, 2] == pytest.approx(10.0, abs=1e-6)
        assert shapely.LineString(line[:, :2]).length == pytest.approx(200.0, abs=0.001)
    assert row(tables, "IfcAlignment")["geometry"] is None


@pytest.mark.parametrize("cant", [r for r in RAMPS if r != "CONSTANTCANT"])
def test_cant_lifts_the_middle_of_the_track(tmp_path: Path, cant: str) -> None:
    model = Model("IFC4X3_ADD2")
    designed(model, "CONSTANTGRADIENT", cant, last=None)
    _, tables, codes = load(model.write(tmp_path))
    assert "curve-failed" not in codes
    line = chains(tables)["Axis"]
    lift = line[:, 2] - 10.0
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line[:, :2], axis=0).T))])
    lift -= 0.02 * along
    assert lift[[0, -1]] == pytest.approx([0.0, 0.08], abs=1e-4)  # half of what the rail is lifted
    assert lift[np.argmin(np.abs(along - 100.0))] == pytest.approx(0.04, abs=0.001)
    assert np.diff(lift).min() > -1e-4


@pytest.mark.parametrize(
    ("shift", "unit", "says"),
    [(0.0, 1.0, ""), (5.0, 1.0, "5.00 m"), (0.0, math.pi / 180, "unit of angles")],
)
def test_a_curve_apart_from_its_design_is_told(
    tmp_path: Path, shift: float, unit: float, says: str
) -> None:
    model = Model("IFC4X3_ADD2")
    alignment = designed(model, None)
    make, u = model.file.create_entity, model.unit
    turns = np.linspace(0.0, math.pi / 2, 400)
    arc = [(100 + 100 * math.sin(t), 100 - 100 * math.cos(t)) for t in turns]
    if unit != 1.0:
        degree = make("IfcMeasureWithUnit", make("IfcPlaneAngleMeasure", unit))
        degree.UnitComponent = make("IfcSIUnit", None, "PLANEANGLEUNIT", None, "RADIAN")
        size = make("IfcDimensionalExponents", 0, 0, 0, 0, 0, 0, 0)
        held = make("IfcConversionBasedUnit", size, "PLANEANGLEUNIT", "DEGREE", degree)
        units = model.project.UnitsInContext
        units.Units = [*units.Units, held]
        # A line of 10 m at the end of the arc, by its direction in radians.
        plan = model.file.by_type("IfcAlignmentHorizontal")[0].IsNestedBy[0]
        said = make(
            "IfcAlignmentHorizontalSegment",
            StartPoint=make("IfcCartesianPoint", [200.0 * u, 100.0 * u]),
            StartDirection=math.pi / 2,
            StartRadiusOfCurvature=0.0,
            EndRadiusOfCurvature=0.0,
            SegmentLength=10.0 * u,
            PredefinedType="LINE",
        )
        last = make("IfcAlignmentSegment", model.guid(), DesignParameters=said)
        plan.RelatedObjects = [*plan.RelatedObjects, last]
        arc.append((200.0, 110.0))
    points = [(0.0, 0.0), *arc]
    line = make(
        "IfcPolyline", [make("IfcCartesianPoint", [x * u, (y + shift) * u]) for x, y in points]
    )
    shape = make("IfcShapeRepresentation", model.context, "Axis", "Curve2D", [line])
    alignment.Representation = make("IfcProductDefinitionShape", None, None, [shape])
    file = model.write(tmp_path)
    options = ReadOptions(Declaration())
    asset = ifc.probe(file, options)
    tables = {name for name, _ in ifc.read(file, asset, options)}
    assert "geometries" in tables
    found = [p for p in options.problems if p.code == "alignment-contradiction"]
    assert len(found) == (1 if says else 0)
    assert all(says in f"{p.message} {p.hint}" for p in found)


def turning(kind: str, before: float, after: float, length: float, sway: float) -> np.ndarray:
    """Return the curvature along a transition in 20,001 steps, by its own definition."""
    t = np.linspace(0.0, 1.0, 20_001)
    share = {
        "CLOTHOID": t,
        "BLOSSCURVE": 3 * t**2 - 2 * t**3,
        "COSINECURVE": 0.5 - np.cos(np.pi * t) / 2,
        "SINECURVE": t - np.sin(2 * np.pi * t) / (2 * np.pi),
        "HELMERTCURVE": np.where(t < 0.5, 2 * t**2, -1 + 4 * t - 2 * t**2),
        "VIENNESEBEND": 35 * t**4 - 84 * t**5 + 70 * t**6 - 20 * t**7,
    }[kind]
    bend = before + (after - before) * share
    return np.asarray(bend - sway / length**2 * np.gradient(np.gradient(share, t), t))


@given(
    st.sampled_from(["CLOTHOID", "BLOSSCURVE", "COSINECURVE", "SINECURVE", "HELMERTCURVE"]),
    st.floats(-0.01, 0.01),
    st.floats(-0.01, 0.01),
    st.floats(5.0, 150.0),
    st.floats(-7.0, 7.0),
)
@example("VIENNESEBEND", 0.0, 1 / 300, 80.0, 0.3)
@settings(max_examples=40, deadline=None)
def test_transitions_are_the_integral_of_their_curvature(
    kind: str, before: float, after: float, length: float, direction: float
) -> None:
    sway = 0.2 if kind == "VIENNESEBEND" else 0.0
    found = course([Piece((3.0, 4.0), direction, length, before, after, kind, sway)], [])
    assert found is not None
    bend = turning(kind, before, after, length, sway)
    step = length / (len(bend) - 1)
    heading = direction + np.concatenate([[0.0], np.cumsum((bend[1:] + bend[:-1]) / 2 * step)])
    middle = (heading[1:] + heading[:-1]) / 2
    x = 3.0 + np.concatenate([[0.0], np.cumsum(np.cos(middle) * step)])
    y = 4.0 + np.concatenate([[0.0], np.cumsum(np.sin(middle) * step)])
    along = np.linspace(0.0, length, len(bend))
    assert np.interp(found.along, along, x) == pytest.approx(found.plan[:, 0], abs=1e-4)
    assert np.interp(found.along, along, y) == pytest.approx(found.plan[:, 1], abs=1e-4)


@pytest.mark.parametrize("curvatures", [(0.0, 1 / 300), (-1 / 300, 0.0), (1 / 500, 1 / 200)])
def test_a_cubic_parabola_is_one(curvatures: tuple[float, float]) -> None:
    before, after = curvatures
    found = course([Piece((0.0, 0.0), 0.0, 80.0, before, after, "CUBIC")], [])
    assert found is not None
    rate = (after - before) / 80.0
    x = np.linspace(-200.0, 200.0, 400_001)
    y = rate * x**3 / 6
    far = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    far -= far[200_000]
    first = before / rate
    begin = np.array([np.interp(first, far, x), np.interp(first, far, y)])
    turn = math.atan(rate * begin[0] ** 2 / 2)
    at = found.along + first
    moved = np.column_stack([np.interp(at, far, x), np.interp(at, far, y)]) - begin
    c, s = math.cos(turn), math.sin(turn)
    assert found.plan[:, :2] == pytest.approx(moved @ np.array([[c, -s], [s, c]]), abs=1e-4)


def test_segments_that_do_not_join_are_no_line() -> None:
    one = Piece((0.0, 0.0), 0.0, 10.0, 0.0, 0.0, "LINE")
    assert course([one, Piece((10.0, 0.0), 0.0, 5.0, 0.0, 0.0, "LINE")], []) is not None
    assert course([one, Piece((30.0, 0.0), 0.0, 5.0, 0.0, 0.0, "LINE")], []) is None
    assert course([], [Grade(0.0, 10.0, 1.0, 0.0)]) is None


DRAFT = (
    "#1=IFCSIUNIT(*,.LENGTHUNIT.,{prefix},.METRE.);\n#2=IFCUNITASSIGNMENT((#1));\n"
    "#3=IFCPROJECT('0000000000000000000001',$,'P',$,$,$,$,(#6),#2);\n"
    "#4=IFCCARTESIANPOINT((0.,0.,0.));\n#5=IFCAXIS2PLACEMENT3D(#4,$,$);\n"
    "#6=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,$,#5,$);\n#7=IFCLOCALPLACEMENT($,#5);\n"
    "#10=IFCALIGNMENT('0000000000000000000002',$,'K',$,$,#7,$,#11,$);\n"
    "#11=IFCALIGNMENTCURVE(#12,#20,$);\n#12=IFCALIGNMENT2DHORIZONTAL({s}50.,(#13,#16));\n"
    "#13=IFCALIGNMENT2DHORIZONTALSEGMENT($,$,$,#14);\n#14=IFCLINESEGMENT2D(#15,0.,{s}100.);\n"
    "#15=IFCCARTESIANPOINT((0.,0.));\n#16=IFCALIGNMENT2DHORIZONTALSEGMENT($,$,$,#17);\n"
    "#17=IFCCIRCULARARCSEGMENT2D(#18,0.,{quarter},{s}100.,.T.);\n"
    "#18=IFCCARTESIANPOINT(({s}100.,0.));\n#20=IFCALIGNMENT2DVERTICAL((#21,#22));\n"
    "#21=IFCALIGNMENT2DVERSEGLINE($,$,$,{s}50.,{s}100.,{s}10.,0.02);\n"
    "#22=IFCALIGNMENT2DVERSEGPARABOLICARC($,$,$,{s}150.,{s}100.,{s}12.,0.02,{s}2500.,.T.);\n"
    "#30=IFCDISTANCEEXPRESSION({s}100.,{s}2.,{s}1.,$,.T.);\n"
    "#31=IFCLINEARPLACEMENT(#11,#30,$,$);\n"
    "#32=IFCSIGN('0000000000000000000003',$,'S',$,$,#31,$,$,$);\n"
)


@pytest.mark.keeps("IFC", "geometry", "exact", "z")
@pytest.mark.parametrize("unit", ["$", ".MILLI."])
def test_curves_of_the_drafts_are_read_as_lines(tmp_path: Path, unit: str) -> None:
    text = DRAFT.replace("{prefix}", unit).replace("{quarter}", f"{QUARTER:.12f}")
    text = text.replace("{s}", "")
    if unit != "$":
        text = DRAFT.replace("{prefix}", unit).replace("{quarter}", f"{QUARTER * 1000:.9f}")
        for value in ("50.", "100.", "10.", "12.", "2500.", "150.", "2.", "1."):
            text = text.replace("{s}" + value, f"{float(value) * 1000:.1f}")
    file = write(tmp_path, text, "('IFC4X1')")
    asset, tables, codes = load(source(file))
    assert set(codes) == {"schema-substituted", "georeference-missing", "text-not-escaped"}
    assert asset.properties["read_as"] == "IFC4X3_ADD2"
    found = chains(tables)
    assert found["FootPrint"][-1] == pytest.approx([200.0, 100.0, 0.0], abs=1e-5)
    line = found["Axis"]
    assert line[0] == pytest.approx([0.0, 0.0, 10.0], abs=1e-6)
    assert line[-1, 2] == pytest.approx(12.0 + 2.0 - 100.0**2 / 2 / 2500.0, abs=1e-6)
    from cimkit.loaders.ifc.open import open_model
    from cimkit.loaders.ifc.origins import origins

    model, _, _ = open_model(file)
    assert origins(model)[32] == pytest.approx((100.0, 2.0, 13.0), abs=0.03)


@pytest.mark.parametrize(
    ("kind", "end"),
    [("CLOTHOIDCURVE", (79.8578, -3.5510)), ("CUBICPARABOLA", (79.8594, -3.5368)), ("NONE", None)],
)
def test_transitions_of_the_drafts(
    tmp_path: Path, kind: str, end: tuple[float, float] | None
) -> None:
    """80 m from straight to a radius of 300 m, to the right."""
    arc = "CIRCULARARCSEGMENT2D(#18,0.,{quarter},{s}100.,.T.)"
    spiral = f"TRANSITIONCURVESEGMENT2D(#18,0.,80.,$,300.,.F.,.F.,.{kind}.)"
    text = DRAFT.replace(arc, spiral).replace("{prefix}", "$").replace("{s}", "")
    _, tables, _ = load(source(write(tmp_path, text, "('IFC4X1')")))
    if end is None:
        assert "geometries" not in tables
        return
    last = chains(tables)["FootPrint"][-1]
    assert last[:2] - [100.0, 0.0] == pytest.approx(end, abs=1e-3)
