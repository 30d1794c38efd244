"""Backslashes in texts that begin no escape: they cost a warning and not the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from cimkit.loaders.ifc.escapes import mended_escapes
from cimkit.loaders.ifc.open import open_model

TEXT = (
    "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\n"
    "FILE_NAME('C:\\Users\\me\\m.ifc','',(''),(''),'','','');\nFILE_SCHEMA(('IFC4'));\nENDSEC;\n"
    "DATA;\n#7=IFCPERSON($,$,'{}',$,$,$,$,$);\n#8=IFCORGANIZATION($,'after',$,$,$);\n"
    "ENDSEC;\nEND-ISO-10303-21;\n"
)


@pytest.mark.keeps("IFC", "text", "damage")
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"C:\Users\me\Xyz", r"C:\Users\me\Xyz"),
        (r"\\server\share", r"\server\share"),
        (r"A\\X2\58995899\X0\.XLSX", r"A\墙墙.XLSX"),
        (r"\X2\58995899\X0\ in D:\b", r"墙墙 in D:\b"),
        (r"a\X2\\X0\b", "ab"),
        (r"a\X2\5899 cut", r"a\X2\5899 cut"),
        (r"\X\ZZ", r"\X\ZZ"),
        ("end\\", None),
    ],
)
def test_backslashes_that_begin_no_escape_are_read_as_such(
    tmp_path: Path, written: str, meant: str | None
) -> None:
    file = tmp_path / "m.ifc"
    file.write_text(TEXT.format(written))
    model, _, problems = open_model(file)
    assert model.by_type("IfcOrganization")[0].Name == "after"
    if meant is None:
        return
    assert model.by_type("IfcPerson")[0].GivenName == meant
    (told,) = (p for p in problems if p.code == "text-escapes-invalid")
    assert (told.place, told.severity) == ("#7", "warning")


@pytest.mark.parametrize(
    "sound", [r"\\srv\\d", r"\X2\5899\X0\\\a", r"\S\d\X\E4", r"\PB\\S\a", r"\X4\0001F600\X0\\\b"]
)
def test_sound_escapes_stay(tmp_path: Path, sound: str) -> None:
    assert mended_escapes(f"#1=A('{sound}');".encode()) == (f"#1=A('{sound}');".encode(), [])
    file = tmp_path / "m.ifc"
    file.write_text(TEXT.format(sound))
    model, _, problems = open_model(file)  # the header's path is no text of the model
    assert len(model.entity_names()) == 2
    assert "text-escapes-invalid" not in {p.code for p in problems}


def test_a_line_feed_of_the_first_edition_is_one(tmp_path: Path) -> None:
    file = tmp_path / "m.ifc"
    file.write_text(TEXT.format(r"a\N\b"))
    model, _, _ = open_model(file)
    assert model.by_type("IfcPerson")[0].GivenName == "a\nb"
