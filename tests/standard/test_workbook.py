"""The workbook: a form of the package that gives back what it was given, and says which cell."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from cimkit.errors import StandardError, StandardNotFound
from cimkit.standard import available, lint, load
from cimkit.standard.draft import Draft, flatten, read_draft, write_draft
from cimkit.standard.package import _unpacking
from cimkit.standard.package._files import find_package, open_package
from cimkit.standard.workbook._layout import SHEETS
from cimkit.standard.workbook._write import workbook_bytes

SHIPPED = sorted({f"{name}@{edition}" for name, edition, _, _ in available()})
Change = Callable[[Any], None]

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
odd = st.sampled_from(
    ["true", "2026", "[]", "[x", '"x"', '"', "", " x ", "a; b", "a\r\nb", "_x0041_", "=1+1", "0101"]
)
said = st.one_of(texts, odd)
names = st.text("abcdeXYZ019_-路灯", min_size=1, max_size=8)
scalars = st.one_of(
    said,
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(said, inner, max_size=3),
    max_leaves=6,
)
lists = st.lists(said, max_size=3)
cells = said.map(str.strip).filter(bool)
titles = st.dictionaries(st.sampled_from(["zh", "ja", "en"]), said, min_size=1)
about = {
    **dict.fromkeys(("severity", "element", "check", "sql", "unit", "clause", "mender"), said),
    "applies_to": st.dictionaries(
        st.sampled_from(["kinds", "classes", "layers"]), lists, min_size=1
    ),
    "needs": lists,
    "parameters": st.dictionaries(said, values, max_size=3),
    "tolerance": st.floats(0, 1e6) | st.integers(0, 9),
    "weight": st.floats(0, 1e6),
    "mandatory": st.booleans(),
    "message": titles,
    "hint": titles,
}
rule = st.fixed_dictionaries({"id": said}, optional=about)
change = st.fixed_dictionaries({"id": said}, optional={**about, "enabled": st.just(False)})
part = st.fixed_dictionaries(
    {}, optional={"type": said, "pattern": said, "says": said, "values": lists, "steps": values}
)
segment = st.fixed_dictionaries(
    {"name": said, "length": st.integers(1, 20)},
    optional={
        **dict.fromkeys(("values", "scope"), lists),
        **dict.fromkeys(("text", "mesh", "check", "default"), said),
        **{"level": st.integers(1, 6), "size": values},
    },
)


def rows(*columns: str) -> st.SearchStrategy[list[dict[str, str]]]:
    row = st.fixed_dictionaries({columns[0]: cells}, optional=dict.fromkeys(columns[1:], cells))
    return st.lists(row, max_size=3)


def tables(*columns: str) -> st.SearchStrategy[Any]:
    return st.dictionaries(names, rows(*columns).filter(bool), max_size=2)


drafts = st.builds(
    Draft,
    head=st.fixed_dictionaries(
        {"id": said, "edition": said},
        optional={
            "titles": titles,
            "extends": lists,
            "note": said,
            "own": values,
            "scheme": st.lists(st.fixed_dictionaries({"id": said}), max_size=3),
            "路 灯": st.dictionaries(said, values, max_size=3),
            "code": st.fixed_dictionaries(
                {}, optional={"segments": st.lists(segment, max_size=3), "class": lists}
            ),
        },
    ),
    classes=rows("code", "parent", "name_zh", "change", "scheme"),
    attributes=rows("name", "class", "minimum", "maximum", "change"),
    mapping=tables("class", "value", "kind", "op", "confidence"),
    domains=st.dictionaries(names, rows("code", "name_zh"), max_size=2),
    levels=rows("code", "scheme", "same_as"),
    level_rules=rows("level", "kind", "lod"),
    models=rows("class", "model", "height"),
    crosswalk=tables("from_scheme", "from_code", "to_scheme", "to_code", "relation"),
    rules=st.dictionaries(
        names,
        st.fixed_dictionaries({"rule": st.lists(rule, min_size=1, max_size=2)})
        | st.fixed_dictionaries({"change": st.lists(change, min_size=1, max_size=2)}),
        max_size=2,
    ),
    naming=st.fixed_dictionaries(
        {},
        optional={
            "exempt": lists,
            "file": st.lists(st.fixed_dictionaries({"template": said, "name": said}), max_size=2),
            "part": st.dictionaries(said, part, max_size=2),
            "mesh": values,
        },
    ),
    files=st.dictionaries(
        st.sampled_from(["NOTES.md", "ids/a.ids", "tests/r/fail-1.csv"]),
        st.binary(max_size=40)
        | st.sampled_from([b"", b"# A\n\nb\n", b"\n", b"a\n\n", b"=1\n", b"a\rb\n", b" a \n"]),
        max_size=2,
    ),
)


def at(sheet: str, column: str, row: int) -> str:
    """Where a column of a sheet stands, e.g. ``classes!C3``."""
    return f"{sheet}!{get_column_letter(SHEETS[sheet].index(column) + 1)}{row}"


@settings(max_examples=25)
@given(drafts)
def test_the_workbook_gives_back_the_draft(tmp_path_factory: Any, draft: Draft) -> None:
    book = tmp_path_factory.mktemp("draft") / "x.xlsx"
    write_draft(draft, book)
    assert read_draft(book) == draft


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_packages_round_trip(name: str, tmp_path: Path) -> None:
    path = find_package(name)
    draft = read_draft(path)
    book = tmp_path / "book.xlsx"
    write_draft(draft, book)
    assert read_draft(book) == draft
    # What it extends is found as if the book lay beside the package.
    assert load(book).hash == load(path).hash


def test_the_same_draft_gives_the_same_bytes() -> None:
    draft = flatten(load("city.linjiang"))
    assert workbook_bytes(draft) == workbook_bytes(draft)


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    """Write the workbook of a small package, changed as a person would."""

    def write(change: Change | None = None) -> Path:
        draft = Draft(
            head={"id": "b", "edition": "1", "titles": {"en": "B"}, "class_fields": ["class"]},
            classes=[
                {"code": "01", "name_en": "Facilities"},
                {"code": "0101", "parent": "01", "name_en": "Cover"},
            ],
            attributes=[{"name": "h", "type": "number", "minimum": "0.5"}],
            mapping={"m": [{"layer": "cover", "op": "", "class": "0101"}]},
            rules={"r": {"rule": [{"id": "a", "check": "class_leaf", "message": {"en": "x"}}]}},
        )
        path = tmp_path / "book.xlsx"
        write_draft(draft, path, overwrite=True)
        workbook = openpyxl.load_workbook(path)
        if change is not None:
            change(workbook)
        workbook.save(path)
        return path

    return write


def test_it_loads_as_it_is(book: Callable[..., Path], tmp_path: Path) -> None:
    standard = load(book())
    assert standard.by_code["0101"].origin == "book.xlsx, classes!3"
    assert standard.by_code["0101"].origin.cell("parent") == "book.xlsx, classes!D3"
    assert (
        standard.attributes[0].origin.cell("minimum")
        == f"book.xlsx, {at('attributes', 'minimum', 2)}"
    )
    assert standard.mapping[0].rule == "b/mapping!2"
    assert standard.rules[0].origin == "book.xlsx, rules!2"
    keys = {c.value: c.row for c in openpyxl.load_workbook(tmp_path / "book.xlsx")["standard"]["A"]}
    assert {"effective_from", "jurisdiction.division"} < set(keys)


def test_it_is_found_by_id(
    book: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = book()
    (tmp_path / "~$book.xlsx").write_bytes(b"lock")
    (tmp_path / "broken.xlsx").write_bytes(b"no zip")
    other = openpyxl.Workbook()
    other.active.title = "standard"
    other.active["A1"] = "somebody's own table"
    other.save(tmp_path / "other.xlsx")
    monkeypatch.setenv("CIMKIT_STANDARDS", str(tmp_path))
    assert ("b", "1", "B", path) in available()
    assert load("b@1").key == "b@1"


@pytest.mark.parametrize(
    ("sheet", "column", "row", "value", "where", "reason"),
    [
        ("classes", "code", 3, 101, "code 3", "format the column as text"),
        ("classes", "parent", 3, 1, "parent 3", "turned this into a number"),
        ("mapping", "class", 2, 101.0, "class 2", "turned this into a number"),
        ("mapping", "value", 2, 3, "value 2", "turned this into a number"),
        ("standard", "value", 3, 2026.1, "value 3", "behind it may be lost"),
        ("classes", "name_zh", 3, datetime.datetime(2026, 1, 2), "name_zh 3", "date"),
        ("classes", "name_zh", 3, "#REF!", "name_zh 3", "error value"),
        ("classes", "name_zh", 3, "=1+1", "name_zh 3", "value was not saved"),
        ("classes", "Z", 3, "x", "", "outside the table"),
        ("classes", "parent", 1, "parents", "parent 1", "Did you mean 'parent'"),
        ("classes", "parent", 1, "code", "parent 1", "twice"),
        ("classes", "parent", 3, "09", "parent 3", "09"),
        ("attributes", "type", 2, "colour", "", "no such type"),
        ("mapping", "class", 2, "0999", "", "not there"),
        ("rules", "severity", 2, "fatal", "severity 2", "no such severity"),
        ("rules", "parameters", 2, "a b", "parameters 2", "parameters"),
        ("rules", "change", 2, "alter", "change 2", "no such change"),
        ("rules", "mandatory", 2, "perhaps", "mandatory 2", "yes or no"),
        ("standard", "key", 3, "scheme.2.id", "key 3", "1, 2, 3"),
        ("standard", "key", 3, "id", "key 3", "twice"),
        ("standard", "key", 3, "editoin", "", "no such key"),
        ("domains", "code", 2, "1", "list 2", "`list` is empty"),
        ("naming", "name", 2, "x", "what 2", "`what` is empty"),
        ("files", "text", 2, "x", "2", "name"),
    ],
)
def test_a_mistake_is_named_with_its_cell(
    book: Callable[..., Path],
    sheet: str,
    column: str,
    row: int,
    value: Any,
    where: str,
    reason: str,
) -> None:
    def change(workbook: Any) -> None:
        cell = f"Z{row}" if column == "Z" else at(sheet, column, row).partition("!")[2]
        workbook[sheet][cell] = value
        if value == "#REF!":
            workbook[sheet][cell].data_type = "e"

    with pytest.raises(StandardError, match="(?i)" + reason) as caught:
        load(book(change))
    name, _, number = where.partition(" ")
    place = at(sheet, name, int(number)) if number else f"{sheet}!{where}" if where else sheet
    assert str(caught.value.where).startswith(f"book.xlsx, {place}")


def test_numbers_that_are_certain_are_taken(book: Callable[..., Path]) -> None:
    def change(workbook: Any) -> None:
        def put(sheet: str, column: str, row: int, value: Any) -> Any:
            cell = workbook[sheet][at(sheet, column, row).partition("!")[2]]
            cell.value = value
            return cell

        put("classes", "code", 2, 1).number_format = "00"
        put("classes", "parent", 3, 1).number_format = "00"
        put("classes", "code", 3, 101).number_format = "0000"
        put("classes", "valid_from", 3, datetime.datetime(2026, 1, 2))
        put("standard", "value", 3, 2026)
        put("mapping", "field", 2, "measure.height")
        put("mapping", "op", 2, "gt")
        put("mapping", "value", 2, 2.5)

    standard = load(book(change))
    assert standard.edition == "2026"
    assert set(standard.by_code) == {"01", "0101"}
    assert standard.by_code["0101"].valid_from == "2026-01-02"
    assert standard.mapping[0].value == "2.5"


def test_all_doubtful_codes_are_counted(book: Callable[..., Path]) -> None:
    def change(workbook: Any) -> None:
        for number in range(2, 40):
            workbook["classes"][f"C{number}"] = number

    with pytest.raises(StandardError, match="37 more cells of the column `code`") as caught:
        load(book(change))
    assert caught.value.where == "book.xlsx, classes!C2"


def test_comments_and_own_sheets_are_left_alone(book: Callable[..., Path]) -> None:
    def change(workbook: Any) -> None:
        workbook["classes"].insert_rows(1)
        workbook["classes"]["A1"] = "# how to fill this in"
        workbook["classes"]["A5"] = "# 0102 comes next year"
        workbook["classes"]["C5"] = "0102"
        workbook.create_sheet("_scratch")["A1"] = 5
        workbook.create_sheet("#old")["A1"] = 5
        workbook.create_sheet("Sheet1")

    standard = load(book(change))
    assert set(standard.by_code) == {"01", "0101"}
    assert standard.by_code["01"].origin == "book.xlsx, classes!3"


def test_columns_of_ones_own_are_left_alone(book: Callable[..., Path]) -> None:
    def change(workbook: Any) -> None:
        sheet = workbook["classes"]
        sheet.cell(1, 30).value, sheet.cell(2, 30).value = "_备注", "=1+1"

    assert set(load(book(change)).by_code) == {"01", "0101"}
    with pytest.raises(StandardError, match="is called _备注"):
        load(book(lambda workbook: workbook["classes"].cell(1, 30, "备注")))


def test_merged_cells_are_refused(book: Callable[..., Path]) -> None:
    def change(workbook: Any) -> None:
        workbook["classes"].merge_cells("C2:C3")
        workbook["classes"].merge_cells("H2:H3")  # empty: nothing is lost
        workbook["notes"].merge_cells("A1:B1")

    with pytest.raises(StandardError, match="Unmerge them") as caught:
        load(book(change))
    assert caught.value.where == "book.xlsx, classes!C2:C3"


def test_an_identifier_code_is_written_in_its_sheet(book: Callable[..., Path]) -> None:
    rows: list[dict[str, Any]] = [
        *({"name": "division", "length": 6}, {"text": "-"}),
        *({"name": "major", "length": 2}, {"name": "minor", "length": 2}),
        {"name": "cell", "mesh": "jis-x-0410", "level": 3},
        {"name": "sequence", "length": 6, "scope": "division; class; cell"},
        {"name": "check", "check": "iso7064-mod11-2"},
    ]

    def change(workbook: Any, **more: Any) -> None:
        sheet = workbook["code"]
        for number, row in enumerate(rows, 2):
            for column, value in {**row, **(more if number == 6 else {})}.items():
                sheet[at("code", column, number).partition("!")[2]] = value

    grammar = load(book(change)).grammar
    assert grammar is not None
    assert [s.kind for s in grammar.segments][-3:] == ["cell", "sequence", "check"]
    assert grammar.segments[5].scope == ("division", "class", "cell")
    with pytest.raises(StandardError, match="jis-x-0410") as caught:
        load(book(lambda workbook: change(workbook, mesh="jis")))
    assert caught.value.where == "book.xlsx, code!6"


def test_lint_says_all_mistakes_at_once(book: Callable[..., Path]) -> None:
    def change(workbook: Any) -> None:
        for sheet, column, row, value in [
            *(("classes", "code", 3, 101), ("classes", "access", 2, "公开")),
            *(("attributes", "obligation", 2, "必填"), ("attributes", "type", 2, "数字")),
            *(("mapping", "op", 2, "equal"), ("mapping", "field", 2, "类型")),
            *(("mapping", "confidence", 2, "高"), ("rules", "mandatory", 2, "是")),
            ("standard", "key", 3, "id"),
        ]:
            workbook[sheet][at(sheet, column, row).partition("!")[2]] = value
        workbook["classes"].cell(1, 30).value = "备注"
        workbook["classes"].cell(2, 40).value = "?"
        workbook.create_sheet("旧版")["A1"] = "x"
        workbook["files"].append(["../../x", None, "x"])
        workbook["files"].append(["classes.csv", None, "x"])

    found = [f for f in lint(book(change)) if f.severity == "error"]
    places = {f.where.removeprefix("book.xlsx").removeprefix(", ") for f in found}
    assert {
        *(at("classes", "code", 3), at("classes", "access", 2), "classes!AD1", "classes!AN2"),
        *(at("attributes", "obligation", 2), at("attributes", "type", 2)),
        *(at("mapping", "op", 2), at("mapping", "confidence", 2)),
        *(at("rules", "mandatory", 2), at("standard", "key", 3), ""),
    } <= places
    assert sum(f.where.startswith("book.xlsx, files!A") for f in found) == 2
    assert not [f for f in found if not f.mend and "twice" not in f.message]


def test_an_unknown_sheet_is_named(book: Callable[..., Path]) -> None:
    def change(workbook: Any) -> None:
        workbook["classes"].title = "clases"

    with pytest.raises(StandardError, match=r"Did you mean 'classes'.*_clases"):
        load(book(change))


def test_a_saved_formula_counts(book: Callable[..., Path]) -> None:
    path = book(lambda workbook: workbook["classes"].__setitem__("E3", "=1+1"))
    # As Excel saves it: the formula with the text that it gave.
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    sheet = next(n for n in files if n.endswith("sheet2.xml"))
    old = files[sheet]
    files[sheet] = old.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
    files[sheet] = files[sheet].replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
    assert files[sheet] != old
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert load(path).by_code["0101"].name_zh == "2"


def test_an_officer_can_work_in_it(book: Callable[..., Path]) -> None:
    workbook = openpyxl.load_workbook(book())
    sheet = workbook["classes"]
    assert sheet.freeze_panes == "A2"
    assert sheet["C3"].number_format == "@"
    assert sheet.column_dimensions["C"].number_format == "@"
    assert sheet["D1"].comment.text.splitlines()[0] == "上级编码"
    assert all(len(workbook[s]["B1"].comment.text.splitlines()) == 3 for s in ("rules", "mapping"))
    offered = {
        str(v.sqref).partition(":")[0]: v.formula1 for v in sheet.data_validations.dataValidation
    }
    assert offered["D2"].startswith("classes!$C$2")
    verified = offered[at("classes", "verified", 2).partition("!")[2]]
    words = [c.value for c in workbook["_lists"][verified.split("$")[1]]]
    assert words[:3] == ["verified", "yes", "no"]
    assert workbook["_lists"].sheet_state == "hidden"


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    draft = Draft({"id": "a", "edition": "1"}, classes=[{"code": "1", "name_en": "=HYPERLINK(1)"}])
    write_draft(draft, tmp_path / "a.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx")["classes"]["G2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=HYPERLINK(1)", "s", True)


def test_what_no_cell_holds_is_refused(tmp_path: Path) -> None:
    draft = Draft({"id": "a"}, classes=[{"code": "1", "definition": "x" * 40_000}])
    with pytest.raises(StandardError, match="no cell of a workbook"):
        write_draft(draft, tmp_path / "a.xlsx")
    files = Draft({"id": "a"}, files={"area.geojson": b"x" * 100_000, "b.ids": b"\x01" * 40_000})
    write_draft(files, tmp_path / "a.xlsx")
    assert read_draft(tmp_path / "a.xlsx") == files


def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(StandardError, match="no workbook"):
        open_package(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
        archive.writestr("hello.txt", "x")
    with pytest.raises(StandardError, match="no workbook"):
        open_package(tmp_path / "b.xlsx")
    workbook = openpyxl.Workbook()
    workbook.save(tmp_path / "c.xlsx")
    with pytest.raises(StandardError, match="sheet `standard`"):
        open_package(tmp_path / "c.xlsx")
    with pytest.raises(StandardNotFound):
        load("c.xlsx/none")


def test_a_sheet_beyond_all_limits_is_refused(
    book: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = book()
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    sheet = next(n for n in files if n.endswith("sheet2.xml"))
    far = io.BytesIO()
    with zipfile.ZipFile(far, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if name == sheet:
                last = b'<row r="2000000"><c r="A2000000"><v>1</v></c></row></sheetData>'
                content = content.replace(b"</sheetData>", last)
            archive.writestr(name, content)
    (tmp_path / "far.xlsx").write_bytes(far.getvalue())
    with pytest.raises(StandardError, match="too large for a sheet"):
        open_package(tmp_path / "far.xlsx")
    monkeypatch.setattr(_unpacking, "LIMIT", 10_000)
    with pytest.raises(StandardError, match="too large for a standard package"):
        open_package(path)
