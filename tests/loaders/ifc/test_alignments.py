"""Lines of alignments: of IFC4X3 by design parameters, of the drafts before by their curves."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely

from cimkit.loaders.ifc.courses import BLENDS, Grade, Piece, course
from tests.loaders.ifc.building import Model, load, row, source
from tests.loaders.ifc.test_opening import write

QUARTER = 50.0 * math.pi


def chains(tables: dict[str, pa.Table]) -> dict[str, np.ndarray]:
    return {
        r["lod"]: shapely.get_coordinates(shapely.from_wkb(r["wkb"]), include_z=True)
        for r in tables["geometries"].to_pylist()
    }


def designed(model: Model, profile: str | None = "PARABOLICARC") -> Any:
    """Return 100 m straight on, then a quarter of a circle of 100 m to the left."""
    make, u = model.file.create_entity, model.unit

    def nest(whole: Any, parts: list[Any]) -> None:
        make("IfcRelNests", model.guid(), RelatingObject=whole, RelatedObjects=parts)

    def flat(x: float, turn: float, radius: float, length: float, kind: str) -> Any:
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
    nest(plan, [flat(0, 0, 0, 100, "LINE"), flat(100, 0, 100, QUARTER, "CIRCULARARC")])
    parts = [plan]
    if profile:
        said = make(
            "IfcAlignmentVerticalSegment",
            StartDistAlong=0.0,
            HorizontalLength=200.0 * u,
            StartHeight=10.0 * u,
            StartGradient=0.02,
            EndGradient=-0.02,
            PredefinedType=profile,
        )
        parts.append(make("IfcAlignmentVertical", model.guid()))
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


@pytest.mark.parametrize("blend", [b for b in BLENDS if b not in ("LINE", "CIRCULARARC")])
def test_a_transition_turns_by_half_its_curvature(blend: str) -> None:
    found = course([Piece((0.0, 0.0), 0.0, 80.0, 0.0, 0.005, blend)], [])
    assert found is not None
    ahead = np.diff(found.plan[-2:, :2], axis=0)[0]
    assert math.atan2(ahead[1], ahead[0]) == pytest.approx(0.2, abs=0.005)
    assert shapely.LineString(found.plan).length == pytest.approx(80.0, abs=0.001)


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
