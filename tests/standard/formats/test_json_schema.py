"""JSON Schema and STAC fields: valid, and true of the objects they describe."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cimkit.standard import Standard, load
from cimkit.standard.formats import json_schema, stac

from .strategies import standards

HEAD = 'id = "a.b"\nedition = "1"\n[titles]\nen = "A"\n'
CLASSES = "code,parent,name_en\n1,,Thing\n1/2,1,Lamp\n13,1,Pole\n"
ATTRIBUTES = (
    "class,name,type,unit,domain,obligation,pattern,minimum\n"
    r",code,text,,,M,\d{3},"
    "\n1,height,number,m,,M,,0\n13,height,number,m,,O,,\n13,state,text,,state,C,,\n"
)


@pytest.fixture
def small(tmp_path: Path) -> Standard:
    """Three classes with attributes, one of them asked for less strictly below."""
    folder = tmp_path / "a.b"
    (folder / "domains").mkdir(parents=True)
    (folder / "standard.toml").write_text(HEAD)
    (folder / "classes.csv").write_text(CLASSES)
    (folder / "attributes.csv").write_text(ATTRIBUTES)
    (folder / "domains/state.csv").write_text("code,name_en\ngood,Good\n")
    return load(folder)


def _schema(standard: Standard, folder: Path) -> dict[str, Any]:
    json_schema.write(standard, folder / "a.json")
    document: dict[str, Any] = json.loads((folder / "a.json").read_text())
    Draft202012Validator.check_schema(document)
    return document


@pytest.mark.parametrize(
    ("thing", "fits"),
    [
        ({"class_code": "1/2", "code": "123", "height": 2}, True),
        ({"class_code": "1/2", "code": "123"}, False),
        ({"class_code": "1/2", "code": "x123", "height": 2}, False),
        ({"class_code": "1/2", "code": "123", "height": -1}, False),
        ({"class_code": "13", "code": "123"}, True),
        ({"class_code": "13", "code": "123", "state": "good"}, True),
        ({"class_code": "13", "code": "123", "state": "bad"}, False),
        ({"class_code": "99", "code": "123"}, False),
        ({"code": "123"}, False),
    ],
)
def test_objects_are_judged_by_their_class(
    small: Standard, tmp_path: Path, thing: dict[str, Any], fits: bool
) -> None:
    assert Draft202012Validator(_schema(small, tmp_path)).is_valid(thing) is fits


def test_what_a_schema_cannot_say(small: Standard, tmp_path: Path) -> None:
    losses = json_schema.write(small, tmp_path / "a.json", language="zh")
    said = {(x.what, x.which) for x in losses}
    assert ("attributes", "obligation of state") in said
    assert ("classes", "parent of 13") in said
    assert ("classes", "name_zh of 1, 1/2, 13") in said


@pytest.mark.filterwarnings("ignore::FutureWarning")  # the validator compiles with Python's re
@given(standards(), st.sampled_from(["zh", "ja", "en"]))
def test_any_standard_gives_valid_documents(standard: Standard, language: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        json_schema.write(standard, folder / "a.json", language=language)
        document = json.loads((folder / "a.json").read_text())
        Draft202012Validator.check_schema(document)
        for code in standard.by_code:
            # Every reference resolves: asking for a class is answered, not an error.
            Draft202012Validator(document).is_valid({"class_code": code})
        stac.write(standard, folder / "b.json", language=language)
        fields = json.loads((folder / "b.json").read_text())
    listed = fields.get("summaries", {}).get("cim:class_code", {"oneOf": []})["oneOf"]
    assert [c["const"] for c in listed] == [
        c.code for c in standard.class_rows if not c.scheme or c.scheme == standard.scheme
    ]
    columns = [c["name"] for c in fields.get("table:columns", [])]
    assert set(columns) == {a.name for a in standard.attributes}
    assert len(columns) == len(set(columns))


def test_the_fields_fit_into_a_collection(tmp_path: Path) -> None:
    import pystac

    stac.write(load("city.linjiang"), tmp_path / "fields.json", language="zh")
    fields = json.loads((tmp_path / "fields.json").read_text())
    extent = {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [[None, None]]}}
    base = {"type": "Collection", "stac_version": "1.1.0", "id": "x", "description": "x"}
    collection = pystac.Collection.from_dict({**base, "extent": extent, "links": [], **fields})
    summary = collection.summaries.get_schema("cim:class_code")
    assert summary is not None
    assert {"const": "0118", "title": "路灯"} in summary["oneOf"]
    assert collection.extra_fields["table:columns"][0]["type"] == "string"
    assert collection.item_assets["data"].properties["table:columns"]
