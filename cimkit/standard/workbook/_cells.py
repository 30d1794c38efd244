"""Open a workbook and read its sheets as rows of texts, each with the place of its cells."""

from __future__ import annotations

import datetime
import difflib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.package._place import Place
from cimkit.standard.package._unpacking import NO_ZIP, check_size
from cimkit.standard.workbook._layout import COMPARED, EXACT, KIND, OPEN, SHEETS, TEXT_KEYS
from cimkit.standard.workbook._values import kind_of_key

ROWS = 1_048_576
"""Rows of a sheet: more than Excel has are no sheet."""
COLUMNS = 256
"""Columns looked at: beyond those nothing may stand."""
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class SheetRows:
    """One sheet below its header."""

    name: str
    columns: list[str]
    top: Place
    lines: list[tuple[Place, dict[str, str]]]


def read_sheets(path: Path, only: str = "") -> dict[str, SheetRows]:
    """Return the sheets of a standard's workbook, by name.

    Raises
    ------
    StandardError
        If the file is no workbook, is too large, has a sheet or column that is not described, or
        a cell that does not say for certain what was typed.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        check_size(path, path.stat().st_size)
        # In memory: an error on the way leaves no file open.
        content = io.BytesIO(path.read_bytes())
        formulas = _formulas(content, path)
        book = openpyxl.load_workbook(content, read_only=True, data_only=True)
        try:
            found = {}
            for sheet in book.worksheets:
                if only and str(sheet.title).strip().casefold() != only:
                    continue
                name = _name(sheet, path)
                if only and not {"key", "value"} <= {*_header(_rows(sheet, path))[1].values()}:
                    continue  # somebody else's table
                rows = _read(sheet, name, path, formulas.get(sheet.title, set())) if name else None
                if rows is not None:
                    found[name] = rows
            return found
        finally:
            book.close()
    except StandardError:
        raise
    except (*NO_ZIP, InvalidFileException, KeyError, TypeError, SyntaxError) as error:
        # SyntaxError: what XML parsers raise.
        raise StandardError(f"no workbook: {error}", where=str(path), expected=".xlsx") from error


def _formulas(content: io.BytesIO, path: Path) -> dict[str, set[str]]:
    """Return the cells with formulas, by sheet; checks the size on the way."""
    import openpyxl

    with zipfile.ZipFile(content) as archive:
        check_size(path, sum(m.file_size for m in archive.infolist()))
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
        if not any(re.search(rb"<(\w+:)?f[ />]", archive.read(n)) for n in sheets):
            return {}
    book = openpyxl.load_workbook(content, read_only=True)
    try:
        found: dict[str, set[str]] = {}
        for sheet in book.worksheets:
            cells = (c for _, row in _rows(sheet, path) for c in row if c.data_type == "f")
            found[sheet.title] = {c.coordinate for c in cells}
        return found
    finally:
        book.close()


def _rows(sheet: Any, path: Path) -> Iterator[tuple[int, list[Any]]]:
    # What a file says of its size may be wrong.
    from openpyxl.cell.read_only import ReadOnlyCell

    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = [c for c in row if isinstance(c, ReadOnlyCell)]
        if number > ROWS or any(c.value is not None for c in cells[COLUMNS:]):
            raise StandardError(
                "too large for a sheet of a standard",
                where=f"{path.name}, {sheet.title}",
                expected=f"at most {ROWS} rows and {COLUMNS} columns",
                mend="Delete what stands far below or beside the table.",
            )
        if cells:
            yield number, cells


def _name(sheet: Any, path: Path) -> str:
    """Return the name of a sheet of ours, "" for one that is nothing to us."""
    title = str(sheet.title).strip()
    if title.startswith(("_", "#")):
        return ""
    name = title.casefold()
    if name in SHEETS:
        return name
    if not any(c.value is not None for _, row in _rows(sheet, path) for c in row):
        return ""
    near = difflib.get_close_matches(name, SHEETS, 1)
    raise StandardError(
        "no such sheet",
        where=path.name,
        got=title,
        expected=", ".join(SHEETS),
        mend=(f"Did you mean {near[0]!r}? " if near else "")
        + f"A sheet of your own is called _{title}.",
    )


def _read(sheet: Any, name: str, path: Path, formulas: set[str]) -> SheetRows | None:
    rows = _rows(sheet, path)
    where = f"{path.name}, {sheet.title}"
    top, columns = _header(rows)
    if not columns:
        return None
    _check_columns(columns, name, f"{where}!", top)
    letters = {column: letter for letter, column in columns.items()}
    found = SheetRows(name, [*letters], Place(f"{where}!{top}"), [])
    doubtful: dict[str, list[StandardError]] = {}
    last = top
    for number, cells in rows:
        first = cells[0]
        if first.column == 1 and str(first.value).startswith("#") and name != "notes":
            continue
        row: dict[str, str] = {}
        for cell in cells:
            at = f"{where}!{cell.coordinate}"
            if _is_empty(cell, formulas, at):
                continue
            column = columns.get(cell.column_letter)
            if column is None:
                raise StandardError(
                    "a cell outside the table",
                    where=at,
                    got=cell.value,
                    mend="Give the column a header, or move the cell to a sheet named _notes.",
                )
            try:
                text = text_of(cell, _kind(name, column, cells, letters), at)
            except StandardError as error:
                doubtful.setdefault(column, []).append(error)
                continue
            row[column] = text if f"{name}.{column}" in EXACT else text.strip()
        row = {column: text for column, text in row.items() if text}
        if name == "notes":
            # Empty lines part paragraphs.
            found.lines.extend([(found.top, {})] * (number - last - 1))
        if row or name == "notes":
            found.lines.append((_place(where, number, letters), row))
            last = number
    _refuse(doubtful)
    return found


def _header(rows: Iterator[tuple[int, list[Any]]]) -> tuple[int, dict[str, str]]:
    """Return the number of the first row that is no comment, and its columns by letter."""
    for number, cells in rows:
        said = {c.column_letter: _said(str(c.value).strip()) for c in cells if c.value is not None}
        if said and not said.get("A", "").startswith("#"):
            return number, said
    return 0, {}


def _said(text: str) -> str:
    """Return what a text of a workbook stands for: XML cannot say every character."""
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)


def _check_columns(columns: dict[str, str], name: str, where: str, top: int) -> None:
    for letter, column in columns.items():
        if column not in SHEETS[name] and name not in OPEN:
            near = difflib.get_close_matches(column, SHEETS[name], 1)
            raise StandardError(
                "no such column",
                where=f"{where}{letter}{top}",
                got=column,
                expected=", ".join(SHEETS[name]),
                mend=f"Did you mean {near[0]!r}?" if near else "",
            )
        if list(columns.values()).count(column) > 1:
            raise StandardError(
                "one column stands twice", where=f"{where}{letter}{top}", got=column
            )


def _place(where: str, number: int, letters: dict[str, str]) -> Place:
    return Place(f"{where}!{number}", lambda column: f"{where}!{letters.get(column, '')}{number}")


def _is_empty(cell: Any, formulas: set[str], where: str) -> bool:
    # A formula may give an empty text; then the cell has the type of a text.
    if cell.value is None and cell.coordinate in formulas and cell.data_type != "str":
        raise StandardError(
            "a formula whose value was not saved",
            where=where,
            mend="Open the file in Excel, WPS or LibreOffice and save it again.",
        )
    return cell.value is None


def _kind(name: str, column: str, cells: list[Any], letters: dict[str, str]) -> str:
    if column == "value" and name == "mapping":
        ops = [str(c.value).strip() for c in cells if c.column_letter == letters.get("op")]
        return "number" if ops and ops[0] in COMPARED else "code"
    if column == "value" and name == "standard":
        keys = [str(c.value).strip() for c in cells if c.column_letter == letters.get("key")]
        if keys == ["jurisdiction.division"]:
            return "code"
        return "whole" if keys and kind_of_key(keys[0]) in TEXT_KEYS else "any"
    return KIND.get(f"{name}.{column}", "text")


def _refuse(doubtful: dict[str, list[StandardError]]) -> None:
    for column, errors in doubtful.items():
        more = len(errors) - 1
        if more:
            errors[0].mend += f" {more} more cells of the column `{column}` are so."
        raise errors[0]


def text_of(cell: Any, kind: str, where: str) -> str:
    """Return the text of a cell.

    Parameters
    ----------
    cell : openpyxl cell
        With a value.
    kind : str
        What stands in its column: text, code, number, date, any, or whole: a text that may look
        like a whole number.
    where : str
        Its place.

    Raises
    ------
    StandardError
        If the program made something else of what was typed and it cannot be known what.
    """
    value = cell.value
    if isinstance(value, str):
        if cell.data_type == "e":
            raise StandardError("an error value", where=where, got=value, mend="Mend the formula.")
        return _said(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    dated = isinstance(value, datetime.datetime) and value.time() == datetime.time()
    if dated and kind in ("date", "any", "whole"):
        return str(value.date().isoformat())
    if kind == "code" and isinstance(value, int):
        zeros = str(cell.number_format)
        if re.fullmatch("0{2,}", zeros) and value >= 0:
            return f"{value:0{len(zeros)}d}"
    if isinstance(value, float if kind == "whole" else (int, float)) and kind in ("code", "whole"):
        raise StandardError(
            "the program turned this into a number: zeros before or behind it may be lost",
            where=where,
            got=value,
            expected="text",
            mend="Format the column as text and type it again, or give codes the number format "
            "0000 with as many zeros as they have digits.",
        )
    if isinstance(value, (int, float)):
        return repr(value)
    raise StandardError(
        "the program turned this into a date or a time",
        where=where,
        got=str(value),
        mend="Format the column as text and type it again.",
    )
