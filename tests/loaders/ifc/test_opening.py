"""How IFC files are opened: names of schemas, headers, archives, texts."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from cimkit.errors import SourceUnreadable
from cimkit.loaders import ifc, probe
from cimkit.loaders._spec import Head, ReadOptions
from cimkit.loaders.ifc.open import open_model
from cimkit.model import Declaration, Problem
from tests.loaders.ifc.building import Model, load, row, source

HEADER = (
    "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION(('ViewDefinition [CoordinationView, QTO]'),'2;1');\n"
    "FILE_NAME('m.ifc','2020-02-03T04:05:06',('Ann','王'),('Bureau'),'pre','app','auth');\n"
    "FILE_SCHEMA({});\nENDSEC;\nDATA;\n"
)
FOOTER = "ENDSEC;\nEND-ISO-10303-21;\n"
WALL = "#1=IFCWALL('0000000000000000000001',$,'W',$,$,$,$,$);\n"


def write(folder: Path, body: str, schema: str = "('IFC4')", name: str = "m.ifc") -> Path:
    file = folder / name
    file.write_text(HEADER.format(schema) + body + FOOTER, encoding="utf-8")
    return file


def one(problems: list[Problem], code: str) -> Problem:
    found = [p for p in problems if p.code == code]
    assert len(found) == 1, [p.code for p in problems]
    return found[0]


@pytest.mark.keeps("IFC", "identity")
@pytest.mark.parametrize(
    ("named", "read_as"),
    [
        *((n, "IFC4") for n in ("IFC4", "IFC4RC4", "IFC4_ADD1", "IFC4_ADD2_TC1", "IFC4_FINAL")),
        *((n, "IFC2X3") for n in ("IFC2X3_FINAL", "IFC2X3_TC1", "IFC2X2_FINAL", "IFC2X_FINAL")),
        *((n, "IFC2X3") for n in ("IFC20_LONGFORM", "IFC151_LONGFORM", "IFC2X2")),
        *((f"IFC4X3_{n}", "IFC4X3_ADD2") for n in ("RC1", "RC4", "ADD1", "ADD2", "TC1")),
        *((n, "IFC4X3_ADD2") for n in ("IFC4X1", "IFC4X2", "IFC4X3")),
    ],
)
def test_every_name_of_a_schema_is_read_as_the_nearest(
    tmp_path: Path, named: str, read_as: str
) -> None:
    body = WALL.replace(",$);", ");") if read_as == "IFC2X3" else WALL
    model, schema, problems = open_model(write(tmp_path, body, f"('{named}')"))
    assert (schema, model.schema_identifier) == (named, read_as)
    assert [w.Name for w in model.by_type("IfcWall")] == ["W"]
    assert ("schema-substituted" in {p.code for p in problems}) is (named != read_as)


@pytest.mark.parametrize(
    "schema", ["('ifc4')", "(' IFC4 ')", "('IFC4','IFC2X3')", "(/* 'IFC9' */\n\n'IFC4')", "'IFC4'"]
)
@pytest.mark.parametrize("change", ["", "bom", "crlf", "utf-16", "utf-16-be", "late", "bare"])
def test_headers_in_every_form(tmp_path: Path, schema: str, change: str) -> None:
    text = HEADER.format(schema) + WALL.replace("'W'", "'墙'") + FOOTER
    content = text.encode("utf-16" if change == "utf-16" else "utf-8")
    if change == "utf-16-be":
        content = b"\xfe\xff" + text.encode("utf-16-be")
    content = b"\xef\xbb\xbf" + content if change == "bom" else content
    content = content.replace(b"\n", b"\r\n") if change == "crlf" else content
    content = b"\n /* c */ \n" + content if change == "late" else content
    content = content.removeprefix(b"ISO-10303-21;") if change == "bare" else content
    file = tmp_path / "m.ifc"
    file.write_bytes(content)
    assert ifc.sniff(Head(file, "m.ifc", content)) > 50
    model, schema, _ = open_model(file)
    assert schema == "IFC4"
    assert [w.Name for w in model.by_type("IfcWall")] == ["墙"]


@pytest.mark.parametrize("order", ["('IFC2X3','IFC4')", "('IFC4','IFC2X3')"])
def test_of_several_schemas_the_one_that_loses_least_is_read(tmp_path: Path, order: str) -> None:
    body = WALL + "#2=IFCMAPCONVERSION($,$,1.,2.,3.,$,$,$);\n"
    model, schema, problems = open_model(write(tmp_path, body, order))
    assert schema == model.schema_identifier == "IFC4"
    assert len(model.by_type("IfcMapConversion")) == 1
    assert "several schemas" in one(problems, "schema-substituted").message


@pytest.mark.keeps("IFC", "attributes", "text")
def test_what_the_header_says_is_kept_and_dates_no_survey(tmp_path: Path) -> None:
    asset = ifc.probe(source(write(tmp_path, WALL)), ReadOptions())
    said = asset.properties["header"]
    assert said["author"] == ["Ann", "王"]
    assert said["organization"] == ["Bureau"]
    assert said["views"] == ["CoordinationView", "QTO"]
    assert said["time_stamp"] == "2020-02-03T04:05:06"
    assert (said["originating_system"], said["preprocessor"]) == ("app", "pre")
    assert asset.observed_start is None
    light = ifc.probe(source(tmp_path / "m.ifc"), ReadOptions(depth="header"))
    assert light.properties["header"] == said


@pytest.mark.keeps("IFC", "attributes")
@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ("IFCALIGNMENT('g',$,'A',$,$,$,$,#9,.USERDEFINED.)", "IfcAlignment", {7: "USERDEFINED"}),
        ("IFCMAPCONVERSION(#9,#9,1.,2.,3.,1.,0.,2.,4.,8.)", "IfcMapConversionScaled", {9: 2.0}),
        ("IFCTRIANGULATEDFACESET(#9,.T.,$,((1,2,3)),$)", "IfcTriangulatedFaceSet", {2: True}),
        (
            "IFCFACILITYPART('g',$,$,$,$,$,$,$,$,IFCROADPARTTYPEENUM(.SIDEWALK.),.LATERAL.)",
            "IfcRoadPart",
            {9: "LATERAL", 10: "SIDEWALK"},
        ),
        ("IFCBEAMSTANDARDCASE('g',$,'a;(b',$,$,$,$,$,$)", "IfcBeam", {2: "a;(b"}),
        ("IFCPROXY('g',$,$,$,$,$,$,.PRODUCT.,'t')", "IfcBuildingElementProxy", {7: "t"}),
    ],
)
def test_attributes_of_drafts_find_their_place(
    tmp_path: Path, body: str, kind: str, expected: dict[int, object]
) -> None:
    text = f"#1={body};\n#9=IFCCARTESIANPOINT((0.,0.,0.));\n#2=IFCROAD('r',$,$,$,$,$,$,$,$,$);\n"
    model, _, problems = open_model(write(tmp_path, text, "('IFC4X3_RC2')"))
    found = model.by_id(1)
    assert found.is_a() == kind
    assert {i: found[i] for i in expected} == expected
    assert "attributes-surplus" not in {p.code for p in problems}


def test_what_a_schema_does_not_know_is_counted(tmp_path: Path) -> None:
    body = WALL + "#2=IFCALIGNMENTCURVE(#3,$,$);\n#3=IFCFOO();\n#4=IFCFOO();\n"
    _, _, problems = open_model(write(tmp_path, body, "('IFC4X1')"))
    assert one(problems, "entities-lost").got == "IFCALIGNMENTCURVE 1, IFCFOO 2"


@pytest.mark.keeps("IFC", "text")
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"\X2\58999762\X0\ a", "墙面 a"),
        (r"\X4\0001F600\X0\ ", "😀 "),
        (r"\X\E4\S\d it''s", "ää it's"),
        (r"C:\\dir", "C:\\dir"),
    ],
)
def test_escapes(tmp_path: Path, written: str, meant: str) -> None:
    model, _, _ = open_model(write(tmp_path, WALL.replace("'W'", f"'{written}'")))
    assert model.by_id(1).Name == meant


@pytest.mark.keeps("IFC", "text")
def test_a_declared_encoding_is_obeyed_and_a_detected_one_proposed(tmp_path: Path) -> None:
    file = tmp_path / "m.ifc"
    raw = (HEADER.format("('IFC4')") + WALL.replace("'W'", "'外墙 高度'") + FOOTER).encode("gbk")
    file.write_bytes(raw)
    _, _, guessed = open_model(file)
    assert one(guessed, "text-not-escaped").proposal == (("encoding", "gb18030"),)
    model, _, told = open_model(file, "gbk")
    assert one(told, "text-not-escaped").severity == "info"
    assert model.by_id(1).Name == "外墙 高度"


def packed(file: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


@pytest.mark.keeps("ifcZIP", "geometry", "attributes", "identity")
def test_ifczip_with_folders_and_company(tmp_path: Path) -> None:
    model = Model()
    wall = model.put("IfcWall", (0, 0, 0), Name="墙")
    inner = model.write(tmp_path).file.read_bytes()
    members = {"模型/": b"", "模型/a.ifc": inner, "__MACOSX/._a.ifc": b"x", "t.png": b"x"}
    file = packed(tmp_path / "m.ifczip", members)
    asset, tables, _ = load(source(file))
    assert asset.counts["products"] == 4
    assert row(tables, "IfcWall")["source_key"] == wall.GlobalId
    assert row(tables, "IfcWall")["name"] == "墙"
    assert tables["placements"].num_rows == 1


@pytest.mark.keeps("ifcZIP", "identity", "damage")
def test_several_models_in_an_ifczip_are_several_sources(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    one_, two = (HEADER.format("('IFC4')") + WALL + FOOTER).encode(), b"no model"
    packed(folder / "m.ifczip", {"a.ifc": one_, "b.ifc": one_.replace(b"'W'", b"'V'")})
    packed(folder / "none.ifczip", {"a.txt": two})
    found = {a.path: a for a in probe([folder], jobs=1)}
    assert {p for p, a in found.items() if a.kind == "bim" and a.status == "ok"} == {
        "m.ifczip/a.ifc",
        "m.ifczip/b.ifc",
    }


@pytest.mark.keeps("ifcZIP", "damage")
def test_ifczip_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "bomb.ifczip", {"a.ifc": b"\0" * (80 << 20)})
    with pytest.raises(SourceUnreadable, match="beyond all measure"):
        open_model(bomb)
    broken = packed(tmp_path / "x.ifczip", {"a.ifc": (HEADER.format("('IFC4')") + WALL).encode()})
    content = bytearray(broken.read_bytes())
    content[60] ^= 0xFF
    broken.write_bytes(content)
    with pytest.raises(SourceUnreadable, match="damaged"):
        open_model(broken)


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "ifcJSON", "version": "0.0.1", "data": []}',
        '{"header": {"id": "m", "ifcxVersion": "ifcx_alpha"}, "imports": [], "data": []}',
        '{"header": {"version": "ifcx_alpha", "author": "A"}, "schemas": {}, "data": []}',
    ],
)
def test_drafts_in_json_are_refused_with_the_way_out(tmp_path: Path, text: str) -> None:
    file = tmp_path / "m.json"
    file.write_text(text)
    assert ifc.sniff(Head(file, "m.json", file.read_bytes())) > 0
    with pytest.raises(SourceUnreadable, match=r"\.ifc"):
        ifc.probe(source(file), ReadOptions(Declaration()))
