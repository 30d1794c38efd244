"""Models as columns, held against what the parser reads."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import ifcopenshell
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ifcopenshell.util.element import get_psets, get_type

from cimkit.errors import SourceUnreadable
from cimkit.loaders.ifc.cells import items
from cimkit.loaders.ifc.columns import Columns, columns_of
from cimkit.loaders.ifc.statements import Statements
from tests.checks.ids.made import ifc

ODD = r"""
#1=IFCWALL('0000000000000000000001',$,'a;b',$,$,$,$,$,$);
 # 2 = ifcwall ( '0000000000000000000002' , $ , 'it''s #1=IFCWALL(' ,
   $,$,$,$,$,$ ) ;
#3=IFCWALL('0000000000000000000003',$,'\X2\5899\X0\ (x','',$,$,$,$,$);#4=IFCDOOR($);
/* #5=IFCWALL($); */
#3=IFCWALL('0000000000000000000009',$,'last',$,$,$,$,$,$);
"""


def columns(tmp_path: Path, lines: str, name: str = "m.ifc", **more: str) -> Columns:
    file = tmp_path / name
    file.write_text(ifc(lines, **more), encoding="utf-8")
    return columns_of(file)


def test_texts_that_look_like_statements_are_texts(tmp_path: Path) -> None:
    read = columns(tmp_path, ODD)
    assert read.read.numbers.tolist() == [1, 2, 3, 4]
    walls = read.read.rows("IFCWALL")
    assert read.text(walls, "Name") == ["a;b", "it's #1=IFCWALL(", "last"]
    assert read.read.damage == ()
    door = read.read.rows("IFCDOOR")
    assert read.text(door, "Tag") == [""]
    assert read.text(door, "Nonsense") == [""]


def test_an_apostrophe_behind_an_escape_ends_no_text(tmp_path: Path) -> None:
    read = columns(tmp_path, r"#1=IFCWALL('g',$,'\S\'x',$,$,$,$,$,$);#2=IFCDOOR($);")
    assert read.text(read.read.rows("IFCWALL"), "Name") == ["§x"]
    assert read.read.damage == ()


def test_zip_and_xml_are_read_alike(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.ifczip", "w") as packed:
        packed.writestr("m.ifc", ifc(ODD))
    assert len(columns_of(tmp_path / "m.ifczip")) == 4
    (tmp_path / "m.ifcxml").write_text(
        '<ifcXML xmlns="http://www.buildingsmart-tech.org/ifcXML/IFC4/final">'
        '<IfcWall id="i1" GlobalId="0000000000000000000001" Name="墙"/></ifcXML>',
        encoding="utf-8",
    )
    read = columns_of(tmp_path / "m.ifcxml")
    assert read.text(read.read.rows("IFCWALL"), "Name") == ["墙"]


def test_what_is_no_ifc_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.ifc").write_text(ifc(ODD, schema="AUTOMOTIVE_DESIGN"))
    with pytest.raises(SourceUnreadable, match="no such IFC schema"):
        columns_of(tmp_path / "m.ifc")


def test_a_file_that_is_cut_off_says_so(tmp_path: Path) -> None:
    whole = ifc(ODD)
    (tmp_path / "m.ifc").write_text(whole[: whole.index("#3=")])
    assert columns_of(tmp_path / "m.ifc").read.damage == ("cut-off",)


@given(st.lists(st.text("ab';(),#=\\ \n", max_size=8), min_size=1, max_size=6))
def test_any_text_comes_back(texts: list[str]) -> None:
    spelt = ["'" + t.replace("\\", "\\\\").replace("'", "''") + "'" for t in texts]
    data = "\n".join(f"#{n}=IFCLABELLED({t},({t},1.),$);" for n, t in enumerate(spelt, 1))
    read = Statements(data.encode(), "IFC4", "IFC4")
    assert len(read) == len(texts)
    assert read.tokens("IFCLABELLED", 0).to_pylist() == spelt
    assert [items(t) for t in read.tokens("IFCLABELLED", 1).to_pylist()] == [
        [s, "1."] for s in spelt
    ]


def test_real_models_hold_what_the_parser_says(shared_data: Path) -> None:
    files = [
        file
        for file in sorted((shared_data / "ifc").rglob("*.ifc"))
        if file.stat().st_size < 400_000 and file.read_bytes()[-60:].count(b"END-ISO")
    ]
    for file in files[:: max(1, len(files) // 25)]:
        try:
            model = ifcopenshell.open(str(file))
        except (ifcopenshell.Error, OSError, RuntimeError):
            continue
        read = columns_of(file)
        if read.schema != model.schema_identifier:
            continue
        mine = Counter(np.array(read.read.classes)[read.read.codes].tolist())
        theirs = Counter(model.by_id(i).is_a().upper() for i in model.entity_names())
        known = {n: mine[n] for n in theirs}
        assert known == dict(theirs), file.name
        _compare(read, model)


def _compare(read: Columns, model: ifcopenshell.file) -> None:
    for thing in model.by_type("IfcObject")[:40]:
        row = int(read.read.row_of(np.array([thing.id()]))[0])
        kind = get_type(thing)
        of = int(read.type_of[row])
        assert (int(read.read.numbers[of]) if of >= 0 else None) == (kind.id() if kind else None)
        mine = read.sets.owned[read.sets.owners == row]
        named = {read.sets.names[read.sets.set_names[s]] for s in mine.tolist()}
        assert named >= {name or "" for name in get_psets(thing)}, thing
