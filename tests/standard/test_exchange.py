from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from cimkit.errors import StandardError, UsageError
from cimkit.standard import export_standard, import_standard, load, new, read_draft

Make = Callable[..., Path]


@pytest.mark.parametrize("name", ["a", "a.zip", "a.xlsx"])
def test_a_new_package_loads_at_once(name: str, tmp_path: Path) -> None:
    out = new("city.mytown", tmp_path / name, titles={"zh": "某市"}, division="500112")
    made = load(out)
    assert made.key == "city.mytown@draft"
    assert made.titles == {"en": "某市", "zh": "某市"}
    assert made.jurisdiction.division == "500112"
    assert "what to fill in" in read_draft(out).files["NOTES.md"].decode()


def test_a_new_package_builds_on_another(tmp_path: Path) -> None:
    made = load(new("city.mytown", tmp_path / "a", extends="cn.components", edition="2027"))
    assert made.parents == ("cn.components@2007",)
    assert "0118" in made.by_code
    assert "cn.components@2007" in (tmp_path / "a" / "NOTES.md").read_text(encoding="utf-8")


def test_a_new_package_from_the_template(tmp_path: Path) -> None:
    made = load(new("city.mytown", tmp_path / "a", template="city", division="500112"))
    assert made.id == "city.mytown"
    notes = (tmp_path / "a" / "NOTES.md").read_text(encoding="utf-8")
    assert "## standard.toml" in notes
    assert "city.template" not in notes
    with pytest.raises(UsageError, match=r"no such template.*city"):
        new("x", tmp_path / "b", template="village")
    with pytest.raises(UsageError, match="no such template"):
        new("x", tmp_path / "b", template="../city.linjiang")


def test_what_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StandardError):
        new("x", tmp_path / "a", extends="nobody.knows@1")
    with pytest.raises(UsageError, match="no id"):
        new("../x", tmp_path / "a")
    with pytest.raises(UsageError, match="language"):
        new("x", tmp_path / "a", titles={"fr": "x"})
    assert list(tmp_path.iterdir()) == []
    new("x", tmp_path / "a")
    with pytest.raises(UsageError, match="already"):
        new("x", tmp_path / "a")


def test_our_own_forms_carry_all(make: Make, tmp_path: Path) -> None:
    make("base")
    child = make("child", {"classes.csv": "code,name_en\n50,New\n"}, extends=("base@1",))
    for name, form in (("a.xlsx", None), ("a.zip", None), ("a", "folder")):
        out = tmp_path / name
        assert export_standard(child, out, format=form) == []
        assert load(out).hash == load(child).hash
    assert export_standard(child, tmp_path / "flat.xlsx", flat=True) == []
    flat = load(tmp_path / "flat.xlsx")
    assert flat.parents == ()
    assert set(flat.by_code) == set(load(child).by_code)
    out = tmp_path / "again"
    form = {"format": "xlsx"}
    assert import_standard(tmp_path / "a.xlsx", out, id="z", edition="2", **form) == []
    assert load(out).key == "z@2"


def test_the_format_is_guessed_where_one_fits(make: Make, tmp_path: Path) -> None:
    base = make("base")
    assert export_standard(base, tmp_path / "a.ttl")
    assert (tmp_path / "a.ttl").is_file()
    with pytest.raises(UsageError, match="already"):
        export_standard(base, tmp_path / "a.ttl")
    import_standard(tmp_path / "a.ttl", tmp_path / "b", id="b", edition="1")
    assert "0101" in load(tmp_path / "b").by_code
    export_standard(base, tmp_path / "a.xlsx")
    import_standard(tmp_path / "a.xlsx", tmp_path / "c", id="c", edition="1")
    assert load(tmp_path / "c").grammar is not None
    book = openpyxl.Workbook()
    for line in (["代码", "名称"], ["01", "设施"]):
        book[book.sheetnames[0]].append(line)
    book.save(tmp_path / "office.xlsx")
    import_standard(tmp_path / "office.xlsx", tmp_path / "d", id="d", edition="1")
    assert load(tmp_path / "d").by_code["01"].name_zh == "设施"
    with pytest.raises(UsageError, match=r"must be named.*several"):
        export_standard(base, tmp_path / "a.json")
    with pytest.raises(UsageError, match="none has this suffix"):
        export_standard(base, tmp_path / "a.doc")
    with pytest.raises(UsageError, match=r"no format that can be exported.*'table'"):
        export_standard(base, tmp_path / "a.csv", format="table")
    with pytest.raises(UsageError, match="only tables"):
        import_standard(tmp_path / "a.ttl", tmp_path / "c", id="c", edition="1", columns={"a": "B"})
    with pytest.raises(UsageError, match="not called so"):
        export_standard(base, tmp_path / "a.zip", format="xlsx")
