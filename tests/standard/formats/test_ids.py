"""buildingSMART IDS: real files, the peer that checks them, and random standards there and back."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.errors import StandardError, StandardInvalid, UsageError
from cimkit.standard import Standard, load
from cimkit.standard.draft import flatten, write_draft
from cimkit.standard.formats.ids import read, write

from .rounds import INVENTED, unequal
from .strategies import ID, standards

FREE = (
    *INVENTED,
    *("files", "classes.name_zh", "classes.name_ja", "classes.name_en"),
    *("standard.titles.zh", "standard.titles.ja", "attributes.domain", "attributes.kinds"),
)
SPACE = "http://standards.buildingsmart.org/IDS"
BODY = """<specification name="Walls" ifcVersion="IFC4"><applicability minOccurs="0">
<entity><name><simpleValue>IFCWALL</simpleValue></name>
<predefinedType><simpleValue>SOLIDWALL</simpleValue></predefinedType></entity>
<property><propertySet><simpleValue>P</simpleValue></propertySet>
<baseName><simpleValue>Use</simpleValue></baseName>
<value><simpleValue>fire</simpleValue></value></property></applicability>
<requirements><classification><value><simpleValue>EF_25</simpleValue></value>
<system><simpleValue>Uniclass</simpleValue></system></classification>
<property dataType="IFCLENGTHMEASURE" cardinality="optional" instructions="How wide [unit: m]">
<propertySet><simpleValue>Pset_X</simpleValue></propertySet>
<baseName><simpleValue>Width</simpleValue></baseName><value>
<xs:restriction base="xs:double"><xs:minInclusive value="0.1"/><xs:maxExclusive value="2"/>
</xs:restriction></value></property>
<property><propertySet><simpleValue>Pset_X</simpleValue></propertySet>
<baseName><simpleValue>Rating</simpleValue></baseName><value>
<xs:restriction base="xs:string"><xs:enumeration value="A"/><xs:enumeration value="B"/>
</xs:restriction></value></property>
<attribute><name><simpleValue>Tag</simpleValue></name><value>
<xs:restriction base="xs:string"><xs:pattern value="[A-Z]{2}"/></xs:restriction></value></attribute>
<partOf><entity><name><simpleValue>IFCBUILDING</simpleValue></name></entity></partOf>
</requirements></specification>
<specification name="No lamps" ifcVersion="IFC4"><applicability minOccurs="0" maxOccurs="0">
<entity><name><simpleValue>IFCLAMP</simpleValue></name></entity></applicability></specification>"""


def _ids(folder: Path, body: str) -> Path:
    file = folder / "a.ids"
    file.write_text(
        f'<ids xmlns="{SPACE}" xmlns:xs="http://www.w3.org/2001/XMLSchema"><info><title>Walls'
        f"</title></info><specifications>{body}</specifications></ids>"
    )
    return file


@given(standards(models=True), st.sampled_from(["zh", "ja", "en"]))
def test_there_and_back(standard: Standard, language: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "out.ids"
        try:
            losses = write(standard, file, language=language)
        except UsageError:
            return  # no row that IDS can say: see the test of that refusal
        draft, more = read(file, id=ID, edition="2026")
    assert more == []
    assert unequal(flatten(standard), draft, losses, FREE) == []


def test_a_foreign_specification(tmp_path: Path) -> None:
    draft, losses = read(_ids(tmp_path, BODY), id="a.b", edition="1")
    assert draft.classes == [{"code": "EF_25", "name_en": "Walls", "source": "a.ids"}]
    assert draft.mapping["ids"] == [
        {
            "kind": "bim",
            "source_class": "IfcWall",
            "predefined_type": "SOLIDWALL",
            "field": "pset.P.Use",
            "op": "equals",
            "value": "fire",
            "class": "EF_25",
        }
    ]
    common = {"class": "EF_25", "kinds": "bim"}
    assert draft.attributes == [
        {
            **common,
            "name": "pset.Pset_X.Width",
            "title": "How wide",
            "type": "number",
            "unit": "m",
            "obligation": "O",
            "minimum": "0.1",
            "maximum": "2",
        },
        {**common, "name": "pset.Pset_X.Rating", "type": "text", "obligation": "M"}
        | {"domain": "Rating"},
        {**common, "name": "attributes.Tag", "type": "text", "obligation": "M"}
        | {"pattern": "[A-Z]{2}"},
    ]
    assert draft.domains == {"Rating": [{"code": "A"}, {"code": "B"}]}
    assert [x.which for x in losses] == ["Walls", "Walls", "No lamps"]
    assert draft.files["ids/a.ids"] == (tmp_path / "a.ids").read_bytes()
    write_draft(draft, tmp_path / "package")
    assert load(tmp_path / "package").by_code["EF_25"].name_en == "Walls"


def test_a_row_that_another_outranks_allows_both_codes(tmp_path: Path) -> None:
    folder = tmp_path / "a.b"
    (folder / "mapping").mkdir(parents=True)
    (folder / "standard.toml").write_text('id = "a.b"\nedition = "1"\n[titles]\nen = "A"\n')
    (folder / "classes.csv").write_text("code\n1\n2\n")
    (folder / "attributes.csv").write_text("class,name,obligation\n1,x,M\n")
    rows = "kind,source_class,predefined_type,class\nbim,IfcWall,,1\nbim,IfcWall,SOLIDWALL,2\n"
    (folder / "mapping/m.csv").write_text(rows)
    write(load(folder), tmp_path / "a.ids")
    from lxml import etree

    root = etree.parse(str(tmp_path / "a.ids")).getroot()
    said = [
        (
            [e.text or e.get("value") for e in s.iterfind(f".//{{{SPACE}}}requirements//*[@value]")]
            + [
                e.text
                for e in s.iterfind(
                    f".//{{{SPACE}}}requirements/{{{SPACE}}}classification/{{{SPACE}}}value/*"
                )
                if (e.text or "").strip()
            ],
            len(s.findall(f"{{{SPACE}}}requirements/{{{SPACE}}}property")),
        )
        for s in root.iter(f"{{{SPACE}}}specification")
    ]
    # Walls may be either; solid ones are 2; and what bears code 1 has the attribute.
    assert said == [(["1", "2"], 0), (["2"], 0), ([], 1)]
    draft, losses = read(tmp_path / "a.ids", id="a.b", edition="1")
    assert losses == []
    assert [(m["class"], m.get("predefined_type")) for m in draft.mapping["ids"]] == [
        ("1", None),
        ("2", "SOLIDWALL"),
    ]
    assert [(a["class"], a["name"]) for a in draft.attributes] == [("1", "x")]


def test_every_real_file_is_read(shared_data: Path, tmp_path: Path) -> None:
    found: Counter[str] = Counter()
    for file in sorted((shared_data / "ids").rglob("*.ids")):
        draft, losses = read(file, id="a.b", edition="1")
        write_draft(draft, tmp_path / f"p{found['files']}")
        if file.name.startswith("invalid-"):
            with pytest.raises(StandardInvalid):
                load(tmp_path / f"p{found['files']}")
        else:
            load(tmp_path / f"p{found['files']}")
        found["files"] += 1
        found["classes"] += bool(draft.classes)
        found["attributes"] += bool(draft.attributes)
        found["nothing and no reason"] += not draft.classes and not losses
    assert found == Counter(files=162, classes=159, attributes=93)


@pytest.mark.parametrize("id_", ["city.linjiang", "cn.components"])
def test_the_peer_reads_it(id_: str, tmp_path: Path) -> None:
    peer = pytest.importorskip("ifctester.ids", reason="ifctester, the peer, is not installed")
    write(load(id_), tmp_path / "a.ids", language="zh")
    found = peer.open(str(tmp_path / "a.ids"), validate=True)
    assert len(found.specifications) > 5


def test_a_standard_that_maps_no_models_is_no_ids(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no mapping row of kind bim"):
        write(load("int.citygml"), tmp_path / "a.ids")


@pytest.mark.parametrize(
    ("text", "said"),
    [("<ids/>", "no IDS"), ("<ids", "XML is broken"), ("<!DOCTYPE ids><ids/>", "<!DOCTYPE")],
)
def test_other_files_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.ids").write_text(text)
    with pytest.raises(StandardError, match=said):
        read(tmp_path / "a.ids", id="a.b", edition="1")
