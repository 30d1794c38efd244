"""Models against their schema: each kind of fault is found, and named for what it is."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cimkit.checks.ifc_header.form import faults
from cimkit.checks.ifc_schema import inspect
from cimkit.checks.ifc_schema.express import hold_rules
from cimkit.checks.ifc_schema.scan import hold_schema
from cimkit.checks.ifc_valid.model import Model
from cimkit.checks.ifc_valid.outcome import Found
from cimkit.model import Source

from .house import house, model

_APPLICATIONS = (
    "#70=IFCORGANIZATION($,'Maker',$,$,$);\n#71=IFCAPPLICATION(#70,'1.0','Tool','A');\n"
    "#72=IFCAPPLICATION(#70,'{}','Tool {}','{}');"
)
_FAULTS = [
    ("attribute-unset", [("#16=IFCSHAPEREPRESENTATION(#7,", "#16=IFCSHAPEREPRESENTATION($,")], ""),
    ("attributes-few", [(".ELEMENT.,$);\n#14", ".ELEMENT.);\n#14")], ""),
    ("attributes-many", [(".ELEMENT.,$);\n#14", ".ELEMENT.,$,$);\n#14")], ""),
    ("word-unknown", [(".METRE.", ".METER.")], ""),
    ("type-other", [(".ELEMENT.,$);\n#14", ".ELEMENT.,'0');\n#14")], ""),
    ("type-other", [("#24,2.5)", "#24,25)")], ""),
    ("list-size", [("#6=IFCSIUNIT", "#66=IFCSIUNIT"), ("((#6))", "(())"), ("$,#6)", "$,#66)")], ""),
    ("derived-given", [("IFCSIUNIT(*", "IFCSIUNIT($")], ""),
    ("derived-not", [(".LENGTHUNIT.,$", ".LENGTHUNIT.,*")], ""),
    ("reference-open", [("$,(#14),#13)", "$,(#999),#13)")], ""),
    ("reference-other", [("$,(#14),#13)", "$,(#14),#14)")], ""),
    ("class-unknown-here", [], "#70=IFCBUILDINGELEMENT($);"),
    ("class-abstract", [], "#70=IFCELEMENT('2PzZ8rCkr5bxVw9QzD2rY1',$,$,$,$,$,$,$);"),
    ("number-double", [], "#24=IFCDIRECTION((0.,0.,1.));"),
    ("guid-shared", [("3JzZ8", "2JzZ8")], ""),
    ("no-statement", [], "what is this;"),
    ("date-form", [], "#70=IFCPROPERTYSINGLEVALUE('D',$,IFCDATETIME('27.12.2026'),$);"),
    ("date-form", [], "#70=IFCPROPERTYLISTVALUE('D',$,(IFCDATE('2026-13-01')),$);"),
    ("date-form", [], "#70=IFCTASKTIME($,$,$,$,'2 days',$,$,$,$,$,$,$,$,$,$,$,$,$,$,$);"),
    ("value-shared", [], _APPLICATIONS.format("1.0", "a", "A")),
    ("value-shared", [], _APPLICATIONS.format("2.0", "b", "A")),
    (
        "value-shared",
        [],
        "#70=IFCPROPERTYENUMERATION('C',(IFCLABEL('red')),$);\n"
        "#71=IFCPROPERTYENUMERATION('C',(IFCLABEL('blue')),$);",
    ),
]


@pytest.mark.parametrize(("reason", "changes", "more"), _FAULTS)
def test_a_fault_is_named(
    reason: str, changes: list[tuple[str, str]], more: str, tmp_path: Path
) -> None:
    found = Found()
    hold_schema(model(tmp_path, *changes, add=more), found)
    assert reason in {place.reason for place in found.bad}, found.bad


@pytest.mark.parametrize(
    "more",
    [
        "#70=IFCPROPERTYSINGLEVALUE('D',$,IFCDATETIME('2026-12-27T15:00:04.25+08:00'),$);",
        "#70=IFCPROPERTYSINGLEVALUE('D',$,IFCDATE('-0480-08-03'),$);",
        "#70=IFCPROPERTYSINGLEVALUE('D',$,IFCTIME('24:00:00Z'),$);",
        "#70=IFCPROPERTYSINGLEVALUE('D',$,IFCDURATION('P2DT6H30M'),$);",
        "#70=IFCPROPERTYSINGLEVALUE('D',$,IFCDATE(''),$);",
        _APPLICATIONS.format("2.0", "b", "B"),
        "#70=IFCPERSON('a',$,$,$,$,$,$,$);\n#71=IFCPERSON('a',$,$,$,$,$,$,$);",
    ],
)
def test_dates_in_form_and_values_of_ones_own_are_no_fault(more: str, tmp_path: Path) -> None:
    found = Found()
    hold_schema(model(tmp_path, add=more), found)
    assert found.bad == []


def test_a_sound_model_has_no_fault(tmp_path: Path) -> None:
    sound = model(
        tmp_path,
        ("#24=IFC", "/* up; 'quoted' */\n#24 = Ifc"),
        add="#71=IFCDIRECTION( (1.,0.) ) ;",
    )
    found, rules = Found(), Found()
    hold_schema(sound, found)
    hold_rules(sound, rules, 60.0)
    assert found.bad == []
    assert rules.bad == []
    assert found.applicable == len(sound.file.entity_names())
    assert rules.applicable > 50


def test_rules_stop_when_their_time_is_over(tmp_path: Path) -> None:
    found = Found()
    hold_rules(model(tmp_path), found, 0.0)
    assert found.unchecked.startswith("0 s: ")


def test_versions_that_were_never_published_are_not_checked(tmp_path: Path) -> None:
    source = house(tmp_path, ("IFC4X3_ADD2", "IFC4X3_RC4"))
    rows = inspect(source, {}, {"parts": ["schema", "where"], "seconds": 9.0}).to_pylist()
    assert {row["error"] for row in rows} == {"IFC4X3_RC4"}
    assert {row["applicable"] for row in rows} == {0}


def test_the_cases_of_ifcopenshell_agree(shared_data: Path) -> None:
    """Each failing case has a fault of the schema, a WHERE rule or the header; others no WHERE."""
    seen = {"pass": 0, "fail": 0}
    with (shared_data / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            path = shared_data / row["path"]
            if "IfcOpenShell-IfcOpenShell/validate/" not in row["path"]:
                continue
            expected = path.name.partition("-")[0]
            here = Model(Source(row["path"], path))
            found, rules = Found(), Found()
            hold_schema(here, found)
            hold_rules(here, rules, 60.0)
            broken = [*found.bad, *rules.bad, *faults(path, (), ())]
            seen[expected] += 1
            if expected == "fail":
                assert broken, path.name
    assert seen["fail"] > 20
    assert seen["pass"] > 20


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("time-form", ("2026-03-01T09:30:00", "yesterday")),
        ("level-form", ("'2;1'", "'seven'")),
        ("argument-form", ("('cimkit'),('cimkit')", "'cimkit',('cimkit')")),
        ("argument-empty", ("('cimkit'),('cimkit')", "$,('cimkit')")),
        ("argument-count", ("'by hand','none'", "'by hand'")),
        ("magic-missing", ("ISO-10303-21;\nHEADER", "HEADER")),
    ],
)
def test_a_header_out_of_form_is_named(
    reason: str, change: tuple[str, str], tmp_path: Path
) -> None:
    assert list(faults(house(tmp_path).file, (), ())) == []
    assert reason in {f.reason for f in faults(house(tmp_path, change).file, (), ())}


def test_a_header_is_asked_for_what_a_city_wants(tmp_path: Path) -> None:
    file = house(tmp_path, ("('cimkit'),('cimkit')", "(''),('')")).file
    said = {
        (f.reason, f.place) for f in faults(file, ["author", "view"], ["CoordinationView_V2.0"])
    }
    assert said == {("header-silent", "author"), ("view-other", "ViewDefinition")}
