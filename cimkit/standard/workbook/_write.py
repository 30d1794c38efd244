"""Write a draft as a workbook that an officer can work in: drop-downs, texts that stay texts."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from cimkit.errors import StandardError
from cimkit.registry import names
from cimkit.standard.appearance import MODELS
from cimkit.standard.codes._check_digit import CHECKS
from cimkit.standard.draft import Draft, Row
from cimkit.standard.package._writing import zip_bytes
from cimkit.standard.workbook._draft import CELL, escaped, to_sheets
from cimkit.standard.workbook._layout import EXACT, KIND, OPEN, SHEETS
from cimkit.standard.workbook._words import KEYS, words

_CHOICES: dict[str, tuple[str, ...]] = {
    "classes.change": ("add", "rename", "restrict", "retire", "replace"),
    "attributes.change": ("add", "restrict", "retire", "replace"),
    "rules.change": ("change", "retire"),
    "access": ("public", "internal", "secret"),
    "verified": ("yes", "no"),
    "mandatory": ("yes", "no"),
    "attributes.type": ("text", "integer", "number", "date", "boolean"),
    "obligation": ("M", "C", "O"),
    "kind": ("gis", "bim", "pointcloud", "imagery", "raster", "citymodel", "trajectory"),
    "op": (
        *("equals", "in", "contains", "prefix", "suffix", "word", "matches", "exists", "absent"),
        *("gt", "ge", "lt", "le"),
    ),
    "relation": ("exact", "close", "broad", "narrow", "related"),
    "severity": ("error", "warning", "info"),
    "mender": ("vendor", "office", "tool"),
    "defect_class": ("A", "B", "C", "D"),
    "what": ("file", "part", "exempt"),
    "naming.type": ("date",),
    "alphabet": ("digits", "letters", "lowercase", "alphanumeric"),
    "code.date": ("yy", "yyyy", "yyyymm", "yyyymmdd"),
    "mesh": ("jis-x-0410",),
    "code.check": tuple(CHECKS),
    "form": ("base64",),
    "model": MODELS,
}
"""Drop-downs by ``sheet.column`` or column. They propose; other words may be typed."""
_REFERENCES = {
    "classes.parent": "classes.code",
    "mapping.class": "classes.code",
    "level_rules.class": "classes.code",
    "models.class": "classes.code",
    "classes.level": "levels.code",
    "attributes.level": "levels.code",
    "mapping.level": "levels.code",
    "level_rules.level": "levels.code",
}
"""Drop-downs that show a column of another sheet."""
_WIDTHS = {
    **dict.fromkeys(("code", "parent", "class", "change", "level", "kind", "op", "verified"), 12),
    **dict.fromkeys(("definition", "sql", "text", "source", "parameters"), 44),
    **dict.fromkeys(("name_zh", "name_ja", "name_en", "title", "key", "id", "value"), 26),
    **dict.fromkeys(
        (f"{k}_{la}" for k in ("title", "message", "hint") for la in ("zh", "ja", "en")), 40
    ),
}
_LISTS = "_lists"
_TAIL = 2000
"""Rows below the last one that have drop-downs, too."""


def workbook_bytes(draft: Draft) -> bytes:
    """Return the workbook of a draft; the same draft gives the same bytes.

    Raises
    ------
    StandardError
        If the draft has what a workbook cannot hold.
    """
    import openpyxl

    sheets = to_sheets(draft)
    book = openpyxl.Workbook()
    del book[book.sheetnames[0]]
    lists = _lists(draft, sheets)
    for name, columns in SHEETS.items():
        rows = sheets.get(name, [])
        used = {c for row in rows for c, text in row.items() if text}
        more = sorted(used - set(columns))
        if more and name not in OPEN:
            raise StandardError(
                "no such column", where=name, got=more[0], expected=", ".join(columns)
            )
        if name != "notes":
            columns = _first([*columns, *more], rows)
        _fill(book.create_sheet(name), name, columns, rows)
        _offer(book[name], name, columns, len(rows), lists)
    _write_lists(book.create_sheet(_LISTS), lists)
    file = io.BytesIO()
    book.save(file)
    return _timeless(file.getvalue())


def _first(columns: list[str], rows: list[Row]) -> list[str]:
    """Put another column first where rows would look like comments."""
    first = next(c for c in columns if not any(row.get(c, "").startswith("#") for row in rows))
    return [first, *(c for c in columns if c != first)]


def _fill(sheet: Any, name: str, columns: list[str], rows: list[Row]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for number, column in enumerate(columns, 1):
        cell = sheet.cell(1, number)
        _put(cell, column)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1F4E79")
        comment = words().get(f"{name}.{column}", words().get(column, ""))
        if comment:
            cell.comment = Comment(comment, "cimkit", height=90, width=340)
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width = _WIDTHS.get(column, 16)
        if KIND.get(f"{name}.{column}", "text") != "number":
            dimension.number_format = "@"
    if name == "standard":
        # What is not said yet stands there to be filled in; an empty value says nothing.
        said = {row["key"] for row in rows}
        rows = [*rows, *({"key": key} for key in KEYS if key not in said)]
        rows = [{**row, "note": KEYS.get(row["key"], "")} for row in rows]
    for at, row in enumerate(rows, 2):
        for number, column in enumerate(columns, 1):
            text = row.get(column, "")
            if not text:
                continue
            cell = sheet.cell(at, number)
            value = _number(text) if KIND.get(f"{name}.{column}") == "number" else None
            if value is None:
                _put(cell, text)
                cell.number_format = "@"
            else:
                cell.value = value
            if "\n" in text and f"{name}.{column}" not in EXACT:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    if rows and name not in ("notes", "standard"):
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"


def _put(cell: Any, text: str) -> None:
    """Set a text that stays one, even if it begins with =."""
    written = escaped(text)
    if len(written) > CELL:
        raise StandardError(
            "a text that no cell of a workbook can hold",
            where=f"{cell.parent.title}!{cell.coordinate}",
            got=f"{text[:40]}...",
            expected=f"at most {CELL} characters",
            mend="Write the package as a folder or a zip.",
        )
    cell.value = written
    if cell.data_type != "s":
        cell.data_type = "s"
        cell.quotePrefix = True


def _number(text: str) -> int | float | None:
    """Return the number that is written exactly so, if any."""
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        # Excel keeps 15 digits.
        if repr(value) == text and len(text) <= 15 and "e" not in text and "n" not in text:
            return value
    return None


def _lists(draft: Draft, sheets: dict[str, list[Row]]) -> dict[str, list[str]]:
    """Return the words of the drop-downs, by ``sheet.column`` or column."""
    lists = {key: list(words_) for key, words_ in _CHOICES.items()}
    lists["rules.check"] = [n for n in names("cimkit.checks") if n.isidentifier()]
    lists["attributes.domain"] = sorted(draft.domains)
    return {key: found for key, found in lists.items() if found}


def _write_lists(sheet: Any, lists: dict[str, list[str]]) -> None:
    for number, (key, found) in enumerate(lists.items(), 1):
        for at, text in enumerate([key, *found], 1):
            _put(sheet.cell(at, number), text)
    sheet.sheet_state = "hidden"


def _offer(
    sheet: Any, name: str, columns: list[str], rows: int, lists: dict[str, list[str]]
) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for column, formula in _formulas(name, columns, lists):
        letter = get_column_letter(columns.index(column) + 1)
        validation = DataValidation(type="list", formula1=formula, allow_blank=True)
        # Words of a newer cimkit, and codes of a parent, may be typed.
        validation.showErrorMessage = False
        validation.add(f"{letter}2:{letter}{rows + 1 + _TAIL}")
        sheet.add_data_validation(validation)


def _formulas(
    name: str, columns: list[str], lists: dict[str, list[str]]
) -> Iterator[tuple[str, str]]:
    from openpyxl.utils import get_column_letter

    keys = list(lists)
    for column in columns:
        key = f"{name}.{column}" if f"{name}.{column}" in lists else column
        if f"{name}.{column}" in _REFERENCES:
            sheet, _, other = _REFERENCES[f"{name}.{column}"].partition(".")
            letter = get_column_letter(SHEETS[sheet].index(other) + 1)
            yield column, f"{sheet}!${letter}$2:${letter}${1 + _TAIL * 5}"
        elif key in lists:
            letter = get_column_letter(keys.index(key) + 1)
            yield column, f"{_LISTS}!${letter}$2:${letter}${len(lists[key]) + 1}"


def _timeless(content: bytes) -> bytes:
    """Return a workbook without the time at which it was written."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    core = "docProps/core.xml"
    files[core] = re.sub(rb">[0-9-]+T[0-9:]+Z<", b">1980-01-01T00:00:00Z<", files[core])
    return zip_bytes(files)
