"""bSDD JSON: foreign dictionaries, and random standards there and back."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.errors import StandardError
from cimkit.standard import Standard, load
from cimkit.standard.draft import flatten, write_draft
from cimkit.standard.formats.bsdd import read, write

from .rounds import INVENTED, unequal
from .strategies import ID, standards

FRUIT: dict[str, Any] = {
    "ModelVersion": "2.0",
    "OrganizationCode": "o",
    "DictionaryCode": "f",
    "DictionaryName": "Obst",
    "DictionaryVersion": "1.0",
    "LanguageIsoCode": "de-DE",
    "License": "MIT",
    "Classes": [
        {"Code": "fruit", "Name": "Frucht", "Status": "Active"},
        {
            "Code": "apple",
            "Name": "Apfel",
            "ParentClassCode": "fruit",
            "Synonyms": ["Kernobst"],
            "ActivationDateUtc": "2022-09-26T00:00:00Z",
            "RelatedIfcEntityNamesList": ["IfcBeamHOLLOWCORE", "IfcWall"],
            "ClassProperties": [
                {
                    "PropertyCode": "height",
                    "PropertySet": "SizeSet",
                    "IsRequired": True,
                    "MinExclusive": 1,
                    "Unit": "cm",
                },
                {"PropertyCode": "color", "AllowedValues": [{"Code": "g", "Value": "Green"}]},
                {"PropertyUri": "https://example.org/prop/x"},
            ],
            "ClassRelations": [
                {"RelationType": "IsEqualTo", "RelatedClassUri": "https://e.org/class/A1"},
                {"RelationType": "HasPart", "RelatedClassUri": "https://e.org/class/A2"},
            ],
        },
        {"Code": "pear", "Name": "Birne", "RelatedIfcEntityNamesList": ["IfcWall"]},
        {"Code": "old", "Name": "Alt", "Status": "Inactive"},
    ],
    "Properties": [
        {"Code": "height", "Name": "Height", "DataType": "Real", "MaxInclusive": 100},
        {"Code": "color", "Name": "Color", "DataType": "Character"},
        {"Code": "idle", "Name": "Idle", "DataType": "Real"},
    ],
}


@given(standards(), st.sampled_from(["zh", "ja", "en"]))
def test_there_and_back(standard: Standard, language: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        losses = write(standard, Path(folder) / "out.json", language=language)
        draft, more = read(Path(folder) / "out.json", id=ID, edition="2026")
    assert [x for x in more if x.what != "mapping"] == []  # what relates to several classes
    invented = (*INVENTED, "attributes.domain", "crosswalk.from_scheme")
    assert unequal(flatten(standard), draft, losses, invented) == []


def test_a_foreign_dictionary(tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text(json.dumps(FRUIT))
    draft, losses = read(tmp_path / "f.json", id="a.fruit", edition="1")
    assert draft.head["titles"] == {"en": "Obst"}
    assert draft.classes[1] == {
        "code": "apple",
        "source": "f.json",
        "name_en": "Apfel",
        "parent": "fruit",
        "valid_from": "2022-09-26",
    }
    assert draft.attributes == [
        {
            "class": "apple",
            "name": "pset.SizeSet.Height",
            "type": "number",
            "unit": "cm",
            "obligation": "M",
            "minimum": "1",
            "maximum": "100",
        },
        {"class": "apple", "name": "Color", "type": "text", "obligation": "O", "domain": "Color"},
    ]
    assert draft.domains == {"Color": [{"code": "Green"}]}
    beam = {"kind": "bim", "source_class": "IfcBeam", "predefined_type": "HOLLOWCORE"}
    assert draft.mapping == {"bsdd": [{**beam, "class": "apple"}]}
    assert draft.crosswalk["bsdd"][0]["to_scheme"] == "https://e.org/class/"
    lost = {name.strip() for x in losses for name in x.which.split(",")}
    assert {"name_en", "old", "Synonyms", "IfcWall", "Idle", "apple HasPart", "Height"} <= lost
    write_draft(draft, tmp_path / "package")
    assert len(load(tmp_path / "package").by_code) == 3


def test_the_values_of_a_list_stand_at_its_property(tmp_path: Path) -> None:
    standard = load("city.linjiang")
    write(standard, tmp_path / "a.json", language="zh")
    document = json.loads((tmp_path / "a.json").read_text())
    building = next(c for c in document["Classes"] if c["Code"] == "5001")
    usage = next(p for p in building["ClassProperties"] if p["PropertyCode"] == "usage")
    assert usage["AllowedValues"][0] == {
        "Code": "residential",
        "Value": "residential",
        "SortNumber": 1,
        "Description": "居住",
    }
    draft, _ = read(tmp_path / "a.json", id="x.y", edition="1")
    row = next(a for a in draft.attributes if a["name"] == "usage")
    assert [r["code"] for r in draft.domains[row["domain"]]][:1] == ["residential"]


@pytest.mark.parametrize(
    ("text", "said"), [("{", "no valid JSON"), ("[]", "no bSDD"), ('{"Classes": 1}', "no bSDD")]
)
def test_other_files_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(StandardError, match=said):
        read(tmp_path / "a.json", id="a.b", edition="1")


def test_a_row_that_repeats_one_for_all_classes_is_told(tmp_path: Path) -> None:
    package = tmp_path / ID
    package.mkdir()
    (package / "standard.toml").write_text(
        f'id = "{ID}"\nedition = "2026"\n[titles]\nen = "Town"\n', encoding="utf-8"
    )
    (package / "classes.csv").write_text("code,parent,name_en\n1,,House\n2,,Road\n")
    (package / "attributes.csv").write_text(
        "class,name,type,pattern\n,width,text,(?:a|b)+\n2,width,text,(?:a|b)+\n"
    )
    standard = load(package)
    losses = write(standard, tmp_path / "out.json", language="en")
    assert any("says the same" in loss.why for loss in losses)
    draft, _ = read(tmp_path / "out.json", id=ID, edition="2026")
    assert unequal(flatten(standard), draft, losses, (*INVENTED, "crosswalk.from_scheme")) == []
