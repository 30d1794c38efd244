"""SKOS in its three notations, there and back; nothing is fetched."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.errors import StandardError, UsageError
from cimkit.standard import Standard, load
from cimkit.standard.draft import flatten
from cimkit.standard.formats.skos import read, write

from .rounds import unequal
from .strategies import ID, standards

INVENTED = ("standard.note",)
TURTLE = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix v: <http://example.org/v/> .
v: a skos:ConceptScheme ; skos:prefLabel "Roads"@en .
v:a a skos:Concept ; skos:inScheme v: ; skos:prefLabel "Road"@en, "道路"@zh-Hans, "Weg"@de ;
    skos:altLabel "Street"@en ; skos:exactMatch <http://other.org/x#1> .
v:b a skos:Concept ; skos:inScheme v: ; skos:broader v:a ; skos:notation "B" ;
    skos:prefLabel "国道" ; skos:definition "A road of the state."@en .
v:c a skos:Concept ; skos:inScheme v: ; skos:broader v:a ; owl:deprecated true .
v:d a skos:Concept ; skos:inScheme v: ; skos:broader v:e .
v:e a skos:Concept ; skos:inScheme v: ; skos:broader v:d .
"""


@given(standards(), st.sampled_from([".ttl", ".rdf", ".jsonld"]))
def test_there_and_back(standard: Standard, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"out{suffix}"
        losses = write(standard, file)
        draft, more = read(file, id=ID, edition="2026")
    assert more == []
    assert unequal(flatten(standard), draft, losses, INVENTED) == []


def test_a_foreign_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "roads.ttl").write_text(TURTLE, encoding="utf-8")
    draft, losses = read(tmp_path / "roads.ttl", id="a.roads", edition="1")
    assert draft.head["titles"] == {"en": "Roads"}
    assert draft.classes[:2] == [
        {
            "code": "B",
            "name_zh": "国道",
            "parent": "a",
            "definition": "A road of the state.",
        },
        {"code": "a", "name_zh": "道路", "name_en": "Road"},
    ]
    assert draft.crosswalk["skos"] == [
        {
            "from_scheme": "a.roads",
            "from_code": "a",
            "to_scheme": "http://other.org/x#",
            "to_code": "1",
            "relation": "exact",
        }
    ]
    said = {x.which: x.why for x in losses}
    assert said["c"] == "They are deprecated and were left out."
    assert {"d", "e"} & said.keys()
    assert {"skos:altLabel", "de"} <= said.keys()


def test_retired_classes_are_deprecated_concepts(tmp_path: Path) -> None:
    parent, child = tmp_path / "p", tmp_path / "c"
    for folder, head in ((parent, ""), (child, 'extends = ["p@1"]\n')):
        folder.mkdir()
        text = f'id = "{folder.name}"\nedition = "1"\n{head}[titles]\nen = "x"\n'
        (folder / "standard.toml").write_text(text)
    (parent / "classes.csv").write_text("code,name_en\n1,Lamp\n2,Pole\n")
    (child / "classes.csv").write_text("change,code\nretire,2\n")
    write(load(child), tmp_path / "out.ttl")
    assert "owl:deprecated true" in (tmp_path / "out.ttl").read_text()
    draft, losses = read(tmp_path / "out.ttl", id="c", edition="1")
    assert [c["code"] for c in draft.classes] == ["1"]
    assert [x.which for x in losses] == ["2"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonld", '{"@context": "https://example.org/c.jsonld"}', "which is not fetched"),
        ("a.json", '[{"x": {"@context": [{}, "http://example.org/"]}}]', "which is not fetched"),
        ("a.json", '{"@context": {"@import": "http://example.org/"}}', "which is not fetched"),
        ("a.jsonld", "{", "no valid JSON"),
        ("a.ttl", "<a> <b> .", "no valid turtle"),
        ("a.ttl", "[" * 5000, "no valid turtle"),
        ("a.rdf", "<a", "its XML is broken"),
        ("a.rdf", '<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', "in another file"),
        ("a.rdf", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "no short"),
        ("a.rdf", '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a>&c;</a>', "no short"),
        ("a.ttl", "", "no SKOS in it"),
        ("a.docx", "", "no form of RDF"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(StandardError, match=said):
        read(tmp_path / name, id="a.b", edition="1")


def test_a_namespace_entity_is_read(tmp_path: Path) -> None:
    text = (
        '<!DOCTYPE r [<!ENTITY s "http://www.w3.org/2004/02/skos/core#">]>'
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description r:about="x:1">'
        '<r:type r:resource="&s;Concept"/></r:Description></r:RDF>'
    )
    (tmp_path / "a.rdf").write_text(text)
    draft, _ = read(tmp_path / "a.rdf", id="a.b", edition="1")
    assert [c["code"] for c in draft.classes] == ["1"]


def test_the_suffix_says_the_notation(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no form of SKOS"):
        write(load("cn.components"), tmp_path / "a.txt")
