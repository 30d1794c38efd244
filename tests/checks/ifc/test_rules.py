"""Rules of IFC, each on the smallest change that breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cimkit.checks.ifc_valid.evaluate import evaluate, evaluate_all
from cimkit.checks.ifc_valid.model import model_of
from cimkit.checks.ifc_valid.paths import fits, walk
from cimkit.checks.ifc_valid.statements import arguments
from cimkit.checks.ifc_valid.table import rule_rows
from cimkit.checks.ifc_valid.telling import mistakes
from cimkit.checks.ifc_valid.words import HINTED, WORDS

from .house import house, model

_PSET = (
    "#50=IFCPROPERTYSET('0PzZ8rCkr5bxVw9QzD2rY1',$,'{}',$,(#51));\n#51={};\n"
    "#52=IFCRELDEFINESBYPROPERTIES('1PzZ8rCkr5bxVw9QzD2rY1',$,$,$,(#14),#50);"
)
_EXTERNAL = "IFCPROPERTYSINGLEVALUE('IsExternal',$,{},$)"
_CUBE = (
    "#60=IFCCARTESIANPOINTLIST3D(((0.,0.,0.),(1.,0.,0.),(0.,1.,0.),(0.,0.,1.)),$);\n"
    "#61=IFCTRIANGULATEDFACESET(#60,$,.T.,({}),$);"
)
_CHANGES = [
    ("PJS003", [("0JzZ8", "4JzZ8")], ""),
    ("PJS003", [("0JzZ8rCkr5bxVw9QzD2rY1", "0JzZ8rCkr5bxVw9QzD2rY")], ""),
    ("PJS101", [], "#70=IFCPROJECT('2PzZ8rCkr5bxVw9QzD2rY1',$,'Other',$,$,$,$,(#2),#5);"),
    ("SPS002", [("#12,(#13)", "#10,(#13)")], ""),
    ("SPS007", [("$,(#14),#13)", "$,(#40),#13)")], ""),
    (
        "SPS005",
        [],
        "#70=IFCRELCONTAINEDINSPATIALSTRUCTURE('2PzZ8rCkr5bxVw9QzD2rY1',$,$,$,(#14),#12);",
    ),
    ("SPS008", [("'Ground',$,$,#11,$", "'Ground',$,$,#11,#15")], ""),
    ("SPS008", [("'Site',$,$,#11,$", "'Site',$,$,#11,#15")], ""),
    ("PJS004", [], "#70=IFCPROPERTYSINGLEVALUE('U',$,IFCTHERMALTRANSMITTANCEMEASURE(0.3),$);"),
    ("PJS004", [], "#70=IFCPROPERTYBOUNDEDVALUE('T',$,IFCPRESSUREMEASURE(1.),$,$,$);"),
    ("PJS004", [], "#70=IFCPROPERTYLISTVALUE('A',$,(IFCAREAMEASURE(1.)),$);"),
    (
        "GRP001",
        [],
        "#70=IFCGROUP('2PzZ8rCkr5bxVw9QzD2rY1',$,$,$,$);\n"
        "#71=IFCRELASSIGNSTOGROUP('3PzZ8rCkr5bxVw9QzD2rY1',$,$,$,(#70),$,#70);",
    ),
    ("GEM003", [("$,(#16));", "$,(#16,#16));")], ""),
    ("GEM004", [("'SweptSolid'", "'Extrusion'")], ""),
    ("GEM051", [("'Model',3", "'Design',3")], ""),
    ("GEM052", [("('Body','Model'", "('Shape','Model'")], ""),
    ("GEM111", [("#19=IFCPOLYLINE((#20,#21,", "#19=IFCPOLYLINE((#20,#21,#21,")], ""),
    ("GEM001", [], _CUBE.format("(1,3,2),(1,2,4),(2,3,4)")),
    ("GEM001", [], _CUBE.format("(1,2,3),(1,2,4),(2,3,4),(1,4,3)")),
    ("SWE001", [("(#20,#21,#22,#23,#20)", "(#20,#22,#21,#23,#20)")], ""),
    (
        "GRF001",
        [("(#2),#5)", "(#2,#80),#5)")],
        "#80=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Plan',2,1.E-05,#3,$);",
    ),
    ("GRF004", [("EPSG:25832", "EPSG:99999")], ""),
    ("GRF005", [("1.,0.,1.);", "1.,0.,0.5);")], ""),
    ("GRF004", [("('EPSG:25832',$,$,$", "('EPSG:25832',$,$,'EPSG:99999'")], ""),
    ("GRF005", [(".LENGTHUNIT.,$", ".LENGTHUNIT.,.MILLI."), ("1.,0.,1.);", "1.,0.,1000.);")], ""),
    ("GRF006", [("EPSG:25832", "DHDN zone 3")], ""),
    ("GRF006", [("EPSG:25832", "DHDN zone 3")], "#70=IFCWELLKNOWNTEXT('PROJCRS[\"D\"]',#8);"),
    ("GRF006", [], "#70=IFCWELLKNOWNTEXT('PROJCRS[\"D\"]',#8);"),
    ("GRF007", [("('EPSG:25832',$,$,$", "('EPSG:25832',$,$,'EPSG:4326'")], ""),
    ("ALB002", [("$,$,$,#31,(#33,#35)", "$,$,$,#31,(#33,#35,#14)")], ""),
    ("ALB003", [("#30,(#31,#40)", "#30,(#31,#40,#14)")], ""),
    ("ALB004", [("#1,(#10,#30)", "#1,(#10)")], ""),
    ("ALB010", [("#30,(#31,#40)", "#30,(#31)")], ""),
    ("ALB015", [("#37,0.,0.,0.,0.,$", "#37,0.,0.,0.,9.,$")], ""),
    ("OJT001", [(".NOTDEFINED.);\n#15", ".USERDEFINED.);\n#15")], ""),
    ("PSE001", [], _PSET.format("Pset_WallCommon", _EXTERNAL.format("IFCLABEL('yes')"))),
    ("PSE001", [], _PSET.format("Pset_WallComon", _EXTERNAL.format("IFCBOOLEAN(.T.)"))),
    ("PSE001", [], _PSET.format("Pset_DoorCommon", _EXTERNAL.format("IFCBOOLEAN(.T.)"))),
    ("PSE002", [], _PSET.format("PSet_Own", _EXTERNAL.format("IFCBOOLEAN(.T.)"))),
    ("IFC101", [("IFC4X3_ADD2", "IFC4X3_RC1")], ""),
    ("IFC106", [], "#70=IFCCARTESIANPOINT((9.,9.,9.));"),
]


@pytest.mark.parametrize(("code", "changes", "more"), _CHANGES)
def test_a_change_breaks_the_rule(
    code: str, changes: list[tuple[str, str]], more: str, tmp_path: Path
) -> None:
    assert evaluate(model(tmp_path), rule_rows()[code]).verdict in ("pass", "na")
    found = evaluate(model(tmp_path, *changes, add=more), rule_rows()[code])
    assert found.verdict == "fail", found


def test_a_standard_set_as_its_template_has_it_passes(tmp_path: Path) -> None:
    sound = _PSET.format("Pset_WallCommon", _EXTERNAL.format("IFCBOOLEAN(.T.)"))
    assert evaluate(model(tmp_path, add=sound), rule_rows()["PSE001"]).verdict == "pass"


_BOUNDED = "#70=IFCPROPERTYBOUNDEDVALUE('T',$,IFCPRESSUREMEASURE(1.),$,{},$);\n"


@pytest.mark.parametrize(
    "value",
    [
        "#70=IFCPROPERTYSINGLEVALUE('#1',$,IFCPOSITIVELENGTHMEASURE(0.3),$);",
        "#70=IFCPROPERTYSINGLEVALUE('N',$,IFCCOUNTMEASURE(3.),$);",
        "#70=IFCPROPERTYSINGLEVALUE('N','IFCMASSMEASURE(',IFCLABEL('IFCMASSMEASURE('),$);",
        _BOUNDED.format("#71") + "#71=IFCSIUNIT(*,.PRESSUREUNIT.,$,.PASCAL.);",
    ],
)
def test_a_value_with_a_unit_or_without_need_of_one_passes(value: str, tmp_path: Path) -> None:
    found = evaluate(model(tmp_path, add=value), rule_rows()["PJS004"])
    assert found.verdict in ("pass", "na"), found


@pytest.mark.parametrize("made", ["IFCBUILDING('{}',", "IFCRAILWAY('{}',", "IFCALIGNMENT('{}',"])
def test_what_stands_on_the_earth_needs_a_reference_system(made: str, tmp_path: Path) -> None:
    guid = "2PzZ8rCkr5bxVw9QzD2rY1"
    rest = {"IFCB": "$,$,$,$,$,$,$,$,$,$,$);", "IFCR": "$,$,$,$,$,$,$,$,$);"}
    line = f"#70={made.format(guid)}{rest.get(made[:4], '$,$,$,$,$,$,$);')}"
    bare = (
        ("#8=IFCPROJECTEDCRS('EPSG:25832',$,$,$,$,$,#6);\n", ""),
        ("#9=IFCMAPCONVERSION(#2,#8,565000.,5933000.,12.,1.,0.,1.);\n", ""),
        ("#12=IFCBUILDING('2JzZ8rCkr5bxVw9QzD2rY1',$,'House',$,$,#11,$,$,.ELEMENT.,$,$,$);\n", ""),
        ("#30=IFCALIGNMENT('0MzZ8rCkr5bxVw9QzD2rY1',$,'Axis',$,$,#11,$,$);\n", ""),
    )
    assert evaluate(model(tmp_path, *bare), rule_rows()["GRF003"]).verdict == "na"
    assert evaluate(model(tmp_path, *bare, add=line), rule_rows()["GRF003"]).verdict == "fail"
    assert evaluate(model(tmp_path, add=line), rule_rows()["GRF003"]).verdict == "na"


_WKT = "#70=IFCWELLKNOWNTEXT('PROJCRS[\"D\"]',#8);"
_DERIVED = (
    "#70=IFCDERIVEDPROFILEDEF(.AREA.,$,#18,#71,$);\n"
    "#71=IFCCARTESIANTRANSFORMATIONOPERATOR2D({},$,#20,$);\n#72=IFCDIRECTION((-1.,0.));\n"
    "#73=IFCDIRECTION((0.,1.));"
)


@pytest.mark.parametrize(
    ("code", "changes", "more", "verdict"),
    [
        ("GRF006", [("EPSG:25832", "WKT")], _WKT, "pass"),
        (
            "GRF007",
            [("IFC4X3_ADD2", "IFC4"), ("$,$,$,$,$,#6)", "$,$,'EPSG:5783',$,$,#6)")],
            "",
            "pass",
        ),
        (
            "GRF007",
            [("IFC4X3_ADD2", "IFC4"), ("$,$,$,$,$,#6)", "$,$,'EPSG:4326',$,$,#6)")],
            "",
            "fail",
        ),
        ("GRF005", [("IFC4X3_ADD2", "IFC4"), ("1.,0.,1.);", "1.,0.,0.5);")], "", "fail"),
        # The scale of UTM there is 0.99965185; at 3,000 m the way to sea level makes it 0.99918.
        ("GRF005", [("1.,0.,1.);", "1.,0.,0.999652);")], "", "pass"),
        ("GRF005", [("12.,1.,0.,1.);", "3000.,1.,0.,0.999181);")], "", "pass"),
        ("GRF005", [("1.,0.,1.);", "1.,0.,0.9997);")], "", "fail"),
        (
            "GRF005",
            [
                (".LENGTHUNIT.,$", ".LENGTHUNIT.,.MILLI."),
                ("$,$,#6)", "$,$,$)"),
                ("0.,1.);", "0.,1000.);"),
            ],
            "",
            "pass",
        ),
        ("SWE002", [], _DERIVED.format("#72").replace(",$,#20", ",#73,#20"), "fail"),
        (
            "SWE002",
            [("IFC4X3_ADD2", "IFC2X3")],
            _DERIVED.format("#72").replace(",$,#20", ",#73,#20"),
            "na",
        ),
    ],
)
def test_a_rule_holds_where_its_version_of_ifc_has_what_it_speaks_of(
    code: str, changes: list[tuple[str, str]], more: str, verdict: str, tmp_path: Path
) -> None:
    assert evaluate(model(tmp_path, *changes, add=more), rule_rows()[code]).verdict == verdict


def test_the_house_breaks_nothing(tmp_path: Path) -> None:
    found = evaluate_all(model(tmp_path), rule_rows())
    assert {code: f.bad for code, f in found.items() if f.verdict == "fail"} == {}
    assert {code: f.unchecked for code, f in found.items() if f.unchecked} == {}
    assert found["LOP000"].verdict == "pass"
    assert found["MAT000"].verdict == "na"


def test_the_place_of_a_shape_is_the_object_it_belongs_to(tmp_path: Path) -> None:
    crossed = model(tmp_path, ("(#20,#21,#22,#23,#20)", "(#20,#22,#21,#23,#20)"))
    (place,) = evaluate(crossed, rule_rows()["SWE001"]).bad
    assert (place.number, place.guid, place.name) == (19, "0KzZ8rCkr5bxVw9QzD2rY1", "Wall")


def test_many_places_are_counted_and_the_first_are_kept(tmp_path: Path) -> None:
    more = "\n".join(f"#{n}=IFCCARTESIANPOINT(({n}.,0.,0.));" for n in range(1000, 1300))
    found = evaluate(model(tmp_path, add=more), rule_rows()["IFC106"])
    assert found.failed == 300
    assert sum(place.count for place in found.places()) == 300
    assert len(list(found.places())) == 201


def test_a_path_goes_through_inverses_and_conditions(tmp_path: Path) -> None:
    here = model(tmp_path)
    path = "IfcSite.IsDecomposedBy.RelatedObjects[=IfcBuilding][Name=House]"
    assert [b.Name for b in walk(here, path)] == ["House"]
    wall = here.of("IfcWall")[0]
    assert fits("[.ContainedInStructure.RelatingStructure[IfcBuildingStorey]]")(here, wall)
    assert not fits("[!Name]")(here, wall)
    assert fits("[Name~=^W]")(here, wall)
    assert list(walk(here, "IfcNoSuchClass.Name")) == []


def test_arguments_are_cut_where_they_end() -> None:
    assert arguments(b"'it''s, (a)',(#1,(2,3)),$") == [b"'it''s, (a)'", b"(#1,(2,3))", b"$"]
    assert arguments(b"1.,2.") == [b"1.", b"2."]


def test_one_opening_serves_all_rules(tmp_path: Path) -> None:
    source = house(tmp_path)
    assert model_of(source) is model_of(source)
    house(tmp_path, add="#70=IFCCARTESIANPOINT((9.,9.,9.));")
    assert len(model_of(source).of("IfcCartesianPoint")) == 7


def test_every_rule_speaks_three_languages() -> None:
    for code, row in rule_rows().items():
        said = WORDS[f"{code}-absent" if row.present else code]
        assert set(said) == {"en", "zh", "ja"}
        assert all(said.values())
        assert bool(row.present) != bool(row.checks or row.test), code


def test_every_hint_is_that_of_a_rule() -> None:
    assert set(rule_rows()) >= HINTED
    assert all(set(WORDS[f"{code}-hint"]) == {"en", "zh", "ja"} for code in HINTED)


def test_a_rule_broken_in_many_ways_is_one_mistake() -> None:
    assert mistakes(["A", "A", "B"], ["1", "2", "3"]) == ["1", "2", "3"]
    assert mistakes("AAAAB", "12343") == ["A"] * 4 + ["3"]
    assert mistakes("AABB", "1234") == ["1", "2", "3", "4"]
