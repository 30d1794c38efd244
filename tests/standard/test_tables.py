"""Tables as offices keep them: each shape made up, small."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Alignment

from cimkit.errors import StandardError, UsageError
from cimkit.standard import load
from cimkit.standard.draft import Draft, Loss, write_draft
from cimkit.standard.formats import table

FLAT = "分类代码,名称,上级代码,说明\n01,公用设施,,\n0101,井盖,01,圆的\n0102,路灯,01,\n"


def rows(draft: Draft) -> list[tuple[str, str, str]]:
    names = ("name_zh", "name_ja", "name_en")
    return [
        (c["code"], next((c[n] for n in names if n in c), ""), c.get("parent", ""))
        for c in draft.classes
    ]


def read(file: Path, **more: Any) -> tuple[Draft, list[Loss]]:
    return table.read(file, id="t", edition="1", **more)


def sheet(file: Path, lines: list[list[Any]], merged: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for line in lines:
        page.append(line)
    for area in merged:
        page.merge_cells(area)
    book.save(file)
    return file


TREE = [("01", "公用设施", ""), ("0101", "井盖", "01"), ("0102", "路灯", "01")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_chinese_csv_in_any_encoding(tmp_path: Path, encoding: str, separator: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(FLAT.replace(",", separator), encoding=encoding)
    draft, losses = read(file)
    assert rows(draft) == TREE
    assert draft.classes[1]["definition"] == "圆的"
    assert draft.classes[1]["source"] == "a.csv:3"
    assert {c["verified"] for c in draft.classes} == {"no"}
    assert losses == []


def test_japanese_and_traditional_csv(tmp_path: Path) -> None:
    text = "コード,名称,上位コード,備考\n01,公共施設,,\n0101,マンホール蓋,01,丸い\n"
    (tmp_path / "j.csv").write_text(text, encoding="cp932")
    draft, losses = read(tmp_path / "j.csv")
    assert rows(draft) == [("01", "公共施設", ""), ("0101", "マンホール蓋", "01")]
    assert "name_ja" in draft.classes[0]
    assert [(loss.what, loss.which) for loss in losses] == [("columns", "備考")]
    text = "分類代碼,名稱,上級代碼\n01,公用設施,\n0101,路燈,01\n".replace("上級", "上層")
    (tmp_path / "b.csv").write_text(text, encoding="big5")
    assert rows(read(tmp_path / "b.csv")[0]) == [("01", "公用設施", ""), ("0101", "路燈", "01")]


def test_title_footnote_repeated_header_full_width(tmp_path: Path) -> None:
    head = ["代码", "名称", "备注"]
    lines = [
        ["附录A 城市部件分类与代码（规范性附录）"],
        [],
        head,
        ["０１", "公用设施", ""],
        ["０１０１", "井盖", "圆的"],
        head,
        ["01 02", "路灯", ""],
        ["注：代码由两部分组成。"],
    ]
    draft, losses = read(sheet(tmp_path / "a.xlsx", lines, ("A1:C1",)))
    assert rows(draft) == TREE
    said = {(loss.what, loss.which): loss.why for loss in losses}
    assert said["rows", "a.xlsx, Sheet!6"] == "The header again."
    assert "注：代码" in said["rows", "a.xlsx, Sheet!8"]
    assert ("columns", "备注") in said
    notes = draft.files["NOTES.md"].decode()
    assert "code = A '代码', name = B '名称'" in notes
    assert "by the beginning of the code" in notes


@pytest.mark.parametrize("whole", [True, False])
def test_levels_side_by_side_and_merged(tmp_path: Path, whole: bool) -> None:
    head = ["大类代码", "大类名称", "小类代码", "小类名称", "说明"]
    minor = ["0101", "0102"] if whole else ["01", "02"]
    lines = [
        head,
        ["01", "公用设施", minor[0], "井盖", "圆的"],
        [None, None, minor[1], "路灯", None],
        ["02", "道路", "0201" if whole else "01", "站牌", None],
    ]
    draft, losses = read(sheet(tmp_path / "a.xlsx", lines, ("A2:A3", "B2:B3")))
    assert rows(draft) == [*TREE, ("02", "道路", ""), ("0201", "站牌", "02")]
    assert draft.classes[1]["definition"] == "圆的"
    assert "definition" not in draft.classes[0]
    assert losses == []
    assert ("whole" in draft.files["NOTES.md"].decode()) is whole


def test_two_header_rows(tmp_path: Path) -> None:
    lines = [
        ["大类", None, "小类", None],
        ["代码", "名称", "代码", "名称"],
        ["01", "公用设施", "0101", "井盖"],
        [None, None, "0102", "路灯"],
    ]
    draft, _ = read(sheet(tmp_path / "a.xlsx", lines, ("A1:B1", "C1:D1")))
    assert rows(draft) == TREE


def test_names_of_a_level_without_codes_are_not_taken(tmp_path: Path) -> None:
    text = "大类,小类代码,小类名称\n公用设施,0101,井盖\n公用设施,0102,路灯\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    draft, losses = read(tmp_path / "a.csv")
    assert rows(draft) == [("0101", "井盖", ""), ("0102", "路灯", "")]
    assert ("columns", "大类") in {(loss.what, loss.which) for loss in losses}


def test_indented_names_trailing_zeros_and_a_level_column(tmp_path: Path) -> None:
    page = "编号,名称\nA,设施\nB,\u3000井盖\nC,\u3000\u3000圆井盖\nD,\u3000路灯\n"
    (tmp_path / "a.csv").write_text(page, encoding="utf-8")
    assert [r[2] for r in rows(read(tmp_path / "a.csv")[0])] == ["", "A", "B", "A"]
    zeros = "代码,名称\n210000,河流\n210100,常年河\n210101,地面河\n200000,水系\n"
    (tmp_path / "b.csv").write_text(zeros, encoding="utf-8")
    parents = {code: parent for code, _, parent in rows(read(tmp_path / "b.csv")[0])}
    assert parents == {"210000": "200000", "210100": "210000", "210101": "210100", "200000": ""}
    level = "级别,代码,名称\n1,X1,设施\n2,Y1,井盖\n2,Y2,路灯\n"
    (tmp_path / "c.csv").write_text(level, encoding="utf-8")
    assert [r[2] for r in rows(read(tmp_path / "c.csv")[0])] == ["", "X1", "X1"]
    book = openpyxl.Workbook()
    page_ = book.active
    assert page_ is not None
    for depth, line in enumerate((["编号", "名称"], ["A", "设施"], ["B", "井盖"], ["C", "圆井盖"])):
        page_.append(line)
        page_.cell(depth + 1, 2).alignment = Alignment(indent=max(0, depth - 1))
    book.save(tmp_path / "d.xlsx")
    assert [r[2] for r in rows(read(tmp_path / "d.xlsx")[0])] == ["", "A", "B"]


def test_groups_of_zeros_between_signs(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    codes = {"10.00.00": "建筑", "10.20.00": "墙", "10.20.03": "外墙", "20.00.00": "结构"}
    lines = [f"14-{code},{name}," for code, name in {**codes, "20.10.00": "梁"}.items()]
    path.write_text("\n".join(["分类编码,中文,英文", *lines, ""]), encoding="utf-8")
    draft, losses = read(path)
    assert [(r["code"], r.get("parent", ""), r["name_zh"]) for r in draft.classes] == [
        *(("14-10.00.00", "", "建筑"), ("14-10.20.00", "14-10.00.00", "墙")),
        *(("14-10.20.03", "14-10.20.00", "外墙"), ("14-20.00.00", "", "结构")),
        ("14-20.10.00", "14-20.00.00", "梁"),
    ]
    assert not losses
    assert draft.head["languages"] == ["zh"]


def test_names_of_han_signs_below_kana_are_japanese(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("コード,名称,上位コード\n1,建築物,\n11,住宅,1\n", encoding="cp932")
    draft, _ = read(path)
    assert [r["name_ja"] for r in draft.classes] == ["建築物", "住宅"]
    assert draft.head["languages"] == ["ja"]


def test_running_numbers_are_no_tree(tmp_path: Path) -> None:
    lines = "".join(f"{n},路灯{n}\n" for n in range(1, 30))
    (tmp_path / "a.csv").write_text(f"编号,名称\n{lines}", encoding="utf-8")
    draft, _ = read(tmp_path / "a.csv")
    assert {r[2] for r in rows(draft)} == {""}
    assert "running numbers" in draft.files["NOTES.md"].decode()


def test_numbers_twice_and_lost_parents_are_said(tmp_path: Path) -> None:
    lines = [
        ["代码", "名称", "上级代码"],
        [101, "井盖", "01"],
        ["0102", "路灯", ""],
        ["0102", "灯", ""],
    ]
    file = sheet(tmp_path / "a.xlsx", lines)
    book = openpyxl.load_workbook(file)
    draft, losses = read(file)
    assert rows(draft) == [("101", "井盖", ""), ("0102", "路灯", "")]
    whys = " ".join(f"{loss.what} {loss.which} {loss.why}" for loss in losses)
    assert "1 of 3" in whys
    assert "zeros in front may be lost" in whys
    assert "'路灯' (a.xlsx, Sheet!3) was taken, '灯' not" in whys
    assert "its parent 01 is not in the table" in whys
    book["Sheet"]["A2"].number_format = "0000"
    book.save(file)
    assert rows(read(file)[0])[0][0] == "0101"


def test_several_sheets(tmp_path: Path) -> None:
    file = sheet(tmp_path / "a.xlsx", [["代码", "名称"], ["01", "公用设施"]])
    book = openpyxl.load_workbook(file)
    for line in (["编码", "名称"], ["02", "道路"]):
        book.create_sheet("二") if "二" not in book.sheetnames else None
        book["二"].append(line)
    book.create_sheet("封面").append(["目录"])
    book.create_sheet("空")
    book.save(file)
    draft, losses = read(file)
    assert [r[0] for r in rows(draft)] == ["01", "02"]
    assert [(loss.what, loss.which) for loss in losses] == [("sheets", "a.xlsx, 封面")]


def test_columns_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y,z\n1,01,甲\n2,0101,乙\n", encoding="utf-8")
    with pytest.raises(StandardError, match="which columns they are"):
        read(tmp_path / "a.csv")
    for columns in ({"code": "B", "name": "C"}, {"code": "2", "name": "3"}):
        draft, losses = read(tmp_path / "a.csv", columns=columns)
        assert rows(draft) == [("01", "甲", ""), ("0101", "乙", "01")]
        assert [loss.which for loss in losses] == ["x"]
    with pytest.raises(UsageError, match="no such column"):
        read(tmp_path / "a.csv", columns={"code": "ABC"})
    with pytest.raises(UsageError, match="no such role"):
        read(tmp_path / "a.csv", columns={"colour": "A"})


def test_what_is_imported_loads(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(FLAT, encoding="gb18030")
    write_draft(read(tmp_path / "a.csv")[0], tmp_path / "t")
    standard = load(tmp_path / "t")
    assert standard.lineage("0101") == ["0101", "01"]
    assert not standard.by_code["0101"].verified


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xff\xfe\x00", b"a\x00b,c\n", b'"x,y\n'])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    for name in ("a.csv", "a.xlsx"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(StandardError):
            read(tmp_path / name)
