from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cimkit.errors import UsageError
from cimkit.standard import compare_table, corrections, load, write_draft

Make = Callable[..., Path]
OURS = """code,parent,name_zh,name_en,verified,geometry
01,,设施,Facilities,no,
0101,01,井盖,Manhole cover,no,Point
0102,01,路灯,Street lamp,no,Point
0103,01,邮筒,Letter box,no,
02,,道路,Roads,no,
0201,02,站牌,Bus stop,no,
"""
THEIRS = (
    "代码,名称,上级代码\n01,设施,\n0101,检查井盖,01\n0109,路灯,01\n0110,智慧杆,01\n0201,站牌,01\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "bought.csv"
    file.write_text(THEIRS, encoding="gb18030")
    return file


def test_each_difference_is_named(make: Make, table: Path) -> None:
    standard = load(make("base", {"classes.csv": OURS}))
    found = compare_table(standard, table)
    assert [
        (r["change"], r["code"], r["table_code"], r["table_name"]) for r in found.to_pylist()
    ] == [
        ("same", "01", "01", "设施"),
        ("name differs", "0101", "0101", "检查井盖"),
        ("only in the standard", "0103", "", ""),
        ("code differs", "0102", "0109", "路灯"),
        ("only in the table", "", "0110", "智慧杆"),
        ("only in the standard", "02", "", ""),
        ("same", "0201", "0201", "站牌"),
    ]
    assert found["place"][0].as_py() == "bought.csv:2"
    assert found["origin"][0].as_py() == "base/classes.csv:2"
    assert not found["verified"][0].as_py()
    with pytest.raises(UsageError, match="no such scheme"):
        compare_table(standard, table, scheme="other")


def test_the_corrections_make_the_standard_say_what_the_table_says(
    make: Make, table: Path, tmp_path: Path
) -> None:
    standard = load(make("base", {"classes.csv": OURS}))
    write_draft(corrections(standard, table, id="mended", edition="1"), tmp_path / "mended")
    mended = load(tmp_path / "mended")
    assert mended.parents == ("base@1",)
    said = {c.code: (c.name_zh, c.parent, c.verified) for c in mended.by_code.values()}
    assert said == {
        "01": ("设施", "", True),
        "0101": ("检查井盖", "01", True),
        "0109": ("路灯", "01", True),
        "0110": ("智慧杆", "01", True),
        "0201": ("站牌", "01", True),
    }
    assert mended.by_code["0109"].replaces == ("0102",)
    assert mended.by_code["0109"].geometry == ("Point",)
    assert {c.source for c in mended.by_code.values()} == {"bought.csv"}
    again = compare_table(mended, table)
    assert set(again["change"].to_pylist()) == {"same"}


def test_a_class_stays_while_one_of_the_table_is_below_it(make: Make, tmp_path: Path) -> None:
    standard = load(make("base", {"classes.csv": OURS}))
    (tmp_path / "b.csv").write_text("代码,名称\n0201,站牌\n", encoding="utf-8")
    draft = corrections(standard, tmp_path / "b.csv", id="mended", edition="1")
    assert {r["code"] for r in draft.classes if r.get("change") == "retire"} == {
        *("01", "0101", "0102", "0103")
    }
    write_draft(draft, tmp_path / "mended.xlsx")
    assert set(load(tmp_path / "mended.xlsx").by_code) == {"02", "0201"}
