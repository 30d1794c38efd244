"""gml:Dictionary: real PLATEAU code lists, and random standards there and back."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimkit.errors import StandardError, UsageError
from cimkit.standard import Standard, load
from cimkit.standard.draft import flatten, write_draft
from cimkit.standard.formats.gml_dictionary import read, write

from .rounds import unequal
from .strategies import ID, standards

HEAD = '<gml:Dictionary xmlns:gml="http://www.opengis.net/gml" gml:id="x"><gml:name>L</gml:name>'


def _file(folder: Path, inside: str, head: str = HEAD) -> Path:
    file = folder / "list.xml"
    file.write_text(f"{head}{inside}</gml:Dictionary>", encoding="utf-8")
    return file


def _entry(code: str, label: str) -> str:
    return (
        "<gml:dictionaryEntry><gml:Definition>"
        f"<gml:description>{label}</gml:description><gml:name>{code}</gml:name>"
        "</gml:Definition></gml:dictionaryEntry>"
    )


@given(standards(), st.sampled_from(["zh", "ja", "en"]))
def test_there_and_back(standard: Standard, language: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        losses = write(standard, Path(folder) / "out", language=language)
        draft, more = read(Path(folder) / "out", id=ID, edition="2026")
    assert more == []
    assert unequal(flatten(standard), draft, losses) == []


def test_a_foreign_list_is_a_list_of_values_unless_it_has_the_id(tmp_path: Path) -> None:
    file = _file(tmp_path, _entry("1", "業務施設") + _entry("2", ""))
    draft, losses = read(file, id="a.b", edition="1")
    assert draft.domains == {"L": [{"code": "1", "name_ja": "業務施設"}, {"code": "2"}]}
    assert [x.why for x in losses] == [
        "They do not say their language; by their characters it is Japanese."
    ]
    draft, _ = read(file, id="L", edition="1")
    assert {c["code"]: c.get("name_ja") for c in draft.classes} == {"1": "業務施設", "2": None}
    assert draft.domains == {}


def test_what_a_list_says_wrongly_is_named(tmp_path: Path) -> None:
    broken = "<gml:dictionaryEntry><gml:Definition/></gml:dictionaryEntry>"
    file = _file(tmp_path, _entry("1", "a") + _entry("1", "b") + broken)
    draft, losses = read(file, id="a.b", edition="1")
    assert draft.domains == {"L": [{"code": "1", "name_en": "a"}]}
    assert {x.which for x in losses} == {"L", "1", "list.xml:1"}


def test_gml_32_has_the_code_as_identifier(tmp_path: Path) -> None:
    head = HEAD.replace("opengis.net/gml", "opengis.net/gml/3.2")
    entry = (
        "<gml:dictionaryEntry><gml:Definition><gml:description>Where people live.</gml:description>"
        '<gml:identifier codeSpace="x">1000</gml:identifier><gml:name>residential</gml:name>'
        "</gml:Definition></gml:dictionaryEntry>"
    )
    draft, _ = read(_file(tmp_path, entry, head), id="a.b", edition="1")
    assert draft.domains["L"] == [{"code": "1000", "name_en": "residential"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<gml:Dictionary", "its XML is broken"),
        ("<other/>", "no gml:Dictionary"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "<!DOCTYPE"),
        ('<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', "<!DOCTYPE"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "a.xml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StandardError, match=said):
        read(file, id="a.b", edition="1")


def test_several_lists_are_a_folder_or_a_zip(tmp_path: Path) -> None:
    standard = load("cn.components")
    with pytest.raises(UsageError, match=r"Name it without \.xml"):
        write(standard, tmp_path / "all.xml")
    write(standard, tmp_path / "all.zip", language="zh")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["cn.components.xml", "state.xml"]
    draft, _ = read(tmp_path / "all.zip", id="cn.components", edition="2007")
    assert len(draft.classes) == len(standard.by_code)
    assert draft.domains["state"][0]["name_zh"]


def test_the_published_lists_of_a_city(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "citymodel/MIERUNE-plateau-gis-converter/kawasaki-shi/codelists"
    draft, losses = read(folder, id="jp.kawasaki", edition="2022")
    assert (len(draft.domains), sum(map(len, draft.domains.values()))) == (153, 4866)
    assert draft.domains["Building_usage"][0] == {"code": "401", "name_ja": "業務施設"}
    assert len(losses) == 1
    write_draft(draft, tmp_path / "package")
    standard = load(tmp_path / "package")
    assert write(standard, tmp_path / "again", language="ja") != []
    again, _ = read(tmp_path / "again", id="jp.kawasaki", edition="2022")
    assert again.domains == draft.domains
