"""IFC files that are cut off, garbled or lie: read as far as they go, and told."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import ifc
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.ifc.open import open_model
from tests.loaders.ifc.building import Model, load, source
from tests.loaders.ifc.test_opening import WALL, one, write


@pytest.mark.keeps("IFC", "damage")
def test_a_file_cut_at_every_tenth_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    model = Model()
    for i in range(20):
        model.put("IfcWall", (i, 0, 0))
    whole = model.write(tmp_path).file.read_bytes()
    for tenth in range(1, 10):
        file = tmp_path / f"{tenth}.ifc"
        file.write_bytes(whole[: len(whole) * tenth // 10])
        found, _, problems = open_model(file)
        assert one(problems, "file-truncated").severity == "error"
        assert len(found.entity_names()) >= len(model.file.entity_names()) * (tenth - 2) // 10
        ifc.probe(source(file), ReadOptions())


@pytest.mark.keeps("IFC", "damage")
def test_flipped_bits_end_in_a_model_or_in_a_refusal(tmp_path: Path) -> None:
    model = Model()
    model.put("IfcWall", (0, 0, 0))
    model.convert()
    whole = model.write(tmp_path).file.read_bytes()
    dice = random.Random(4)
    read = 0
    for number in range(40):
        content = bytearray(whole)
        for _ in range(dice.choice((1, 5, 30))):
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        file = tmp_path / f"{number}.ifc"
        file.write_bytes(content)
        try:
            ifc.probe(source(file), ReadOptions())
            read += 1
        except SourceUnreadable:
            pass
    assert read > 30


@pytest.mark.keeps("IFC", "damage")
@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("#2=IFCLOCALPLACEMENT(#99,$);", "reference-dangling"),
        ("#1=IFCWALL('0000000000000000000002',$,'V',$,$,$,$,$,$);", "instance-duplicate"),
        ("#2=IFCSIUNIT(*,.LENGTHUNIT.,.FOO.,.METRE.);", "value-invalid"),
        ("#2=IFCCARTESIANPOINT((0.,0.),5);", "attributes-surplus"),
        ("#2=IFCWALL('g',$);", "attributes-missing"),
        ("#2=IFCCARTESIANPOINT((1E400,0.));", "statements-lost"),
        ("#2=IFCCARTESIANPOINT((NAN,0.));", "type-unknown"),
        ("#2=IFCWALL('g',$,'open,$,$,$,$,$);", "statements-lost"),
        ("#2=IFCCARTESIANPOINT((0.,0.);", "statements-lost"),
        ("#2=IFCCARTESIANPOINT((0.,\x01@));", "statements-lost"),
        ("#3000000000=IFCCARTESIANPOINT((0.,0.));", "instance-numbers-changed"),
        ("#2=IFCMEASUREWITHUNIT(IFCNOSUCH(1.),$);", "type-unknown"),
        ("/* never closed", "comment-not-closed"),
    ],
)
def test_each_damage_costs_its_statement_alone_and_is_told(
    tmp_path: Path, bad: str, code: str
) -> None:
    last = "#7=IFCCARTESIANPOINT((7.,7.));\n"
    model, _, problems = open_model(write(tmp_path, f"{WALL}{bad}\n{last}"))
    assert code in {p.code for p in problems}
    assert model.by_id(7).Coordinates == (7.0, 7.0)
    assert len(model.by_type("IfcWall")) >= 1


def test_comments_are_no_instances(tmp_path: Path) -> None:
    body = f"{WALL}/* #2=IFCWALL('g',$,$,$,$,$,$,$,$); */\n#3=IFCWALL('h',$,'/*',$,$,$,$,$,$);\n"
    model, _, problems = open_model(write(tmp_path, body))
    assert sorted(w.id() for w in model.by_type("IfcWall")) == [1, 3]
    assert {p.code for p in problems} == {"attributes-missing", "text-not-escaped"}


def test_a_reference_to_the_wrong_thing_is_unset(tmp_path: Path) -> None:
    body = "#1=IFCWALL('g',$,$,$,$,#2,#2,$,$);\n#2=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);\n"
    body += "#3=IFCCARTESIANPOINT((1E400));\n"
    model, _, problems = open_model(write(tmp_path, body))
    assert one(problems, "reference-mistyped").place == "#1.ObjectPlacement, #1.Representation"
    assert model.by_id(1).ObjectPlacement is None


def test_a_globalid_that_is_none_ends_nothing(tmp_path: Path) -> None:
    body = WALL + "#2=IFCWALL((0.,1.),$,'W',$,$,#4,#5,$,$);\n#3=IFCCARTESIANPOINT((1E400));\n"
    body += "#4=IFCLOCALPLACEMENT($,$);\n#5=IFCPRODUCTDEFINITIONSHAPE($,$,(#6));\n"
    body += "#6=IFCSHAPEREPRESENTATION($,'Body','SweptSolid',(#7));\n"
    body += "#7=IFCEXTRUDEDAREASOLID($,$,$,1.);\n"
    _, tables, codes = load(source(write(tmp_path, body)))
    assert {"reference-mistyped", "statements-lost", "placement-failed"} <= set(codes)
    assert "#2" in tables["objects"]["source_key"].to_pylist()


@pytest.mark.parametrize("axes", ["$", "#10"])
def test_a_broken_placement_below_a_linear_one_is_told(tmp_path: Path, axes: str) -> None:
    body = "#1=IFCSIGN('0000000000000000000001',$,'S',$,$,#6,$,$,$);\n"
    body += f"#5=IFCLOCALPLACEMENT($,{axes});\n#6=IFCLINEARPLACEMENT(#5,#7,#12);\n"
    body += "#7=IFCAXIS2PLACEMENTLINEAR(#8,$,$);\n#9=IFCPOLYLINE((#10,#11));\n"
    body += "#8=IFCPOINTBYDISTANCEEXPRESSION(IFCLENGTHMEASURE(1.),$,$,$,#9);\n"
    body += "#10=IFCCARTESIANPOINT((0.,0.,0.));\n#11=IFCCARTESIANPOINT((5.,0.,0.));\n"
    body += "#12=IFCAXIS2PLACEMENT3D(#10,#13,$);\n#13=IFCDIRECTION(($,$,$));\n"
    _, tables, codes = load(source(write(tmp_path, body, "('IFC4X3_ADD2')")))
    assert "placement-failed" in codes
    assert tables["objects"]["source_key"].to_pylist() == ["0000000000000000000001"]


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, WALL + "#2=IFCFOO(", "('IFC4X1')")
    before = file.read_bytes()
    file.chmod(0o444)
    open_model(file)
    assert [p.name for p in tmp_path.iterdir()] == ["m.ifc"]
    assert file.read_bytes() == before
