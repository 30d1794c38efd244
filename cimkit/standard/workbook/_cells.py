"""Open a workbook and read its sheets as rows of texts, each with the place of its cells."""

from __future__ import annotations

import difflib
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.package._place import Place
from cimkit.standard.package._unpacking import NO_ZIP, check_size
from cimkit.standard.workbook._layout import EXACT, OPEN, SHEETS
from cimkit.standard.workbook._texts import is_empty, kind_of, text_of, unescaped

ROWS = 1_048_576
"""Rows of a sheet: more than Excel has are no sheet."""
COLUMNS = 256
"""Columns looked at: beyond those nothing may stand."""


@dataclass(frozen=True)
class SheetRows:
    """One sheet below its header."""

    name: str
    columns: list[str]
    top: Place
    lines: list[tuple[Place, dict[str, str]]]


Report = Callable[[StandardError], None]
"""Takes what is wrong with a workbook; the part of it that is wrong is left out."""


def stop(error: StandardError) -> None:
    """Raise the error: the `Report` of who wants the workbook in order."""
    raise error


def read_sheets(path: Path, only: str = "", report: Report = stop) -> dict[str, SheetRows]:
    """Return the sheets of a standard's workbook, by name.

    Parameters
    ----------
    path : Path
        The workbook.
    only : str
        Name of the one sheet to read; "": all.
    report : callable
        Takes each mistake in a sheet.

    Raises
    ------
    StandardError
        If the file is no workbook or too large; and by `stop` if it has a sheet or column that is
        not described, or a cell that does not say for certain what was typed.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        check_size(path, path.stat().st_size)
        # In memory: an error on the way leaves no file open.
        content = io.BytesIO(path.read_bytes())
        formulas = _formulas(content, path)
        for error in _merged(content, path) if not only else ():
            report(error)
        book = openpyxl.load_workbook(content, read_only=True, data_only=True)
        try:
            found: dict[str, SheetRows] = {}
            for sheet in book.worksheets:
                if only and str(sheet.title).strip().casefold() != only:
                    continue
                name = _name(sheet, path, report)
                if only and not {"key", "value"} <= {*_header(_rows(sheet, path))[1].values()}:
                    continue  # somebody else's table
                if name:
                    rows = _read(sheet, name, path, formulas.get(sheet.title, set()), report)
                    found |= {name: rows} if rows is not None else {}
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


def _merged(content: io.BytesIO, path: Path) -> Iterator[StandardError]:
    """Yield the merged cells of sheets that are read: only the first of them has the value."""
    import openpyxl

    with zipfile.ZipFile(content) as archive:
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
        if not any(b"mergeCell " in archive.read(n) for n in sheets):
            return
    for sheet in openpyxl.load_workbook(content).worksheets:
        name = str(sheet.title).strip().casefold()
        for cells in sheet.merged_cells.ranges if name in SHEETS and name != "notes" else ():
            first = sheet.cell(cells.min_row, cells.min_col).value
            remark = str(sheet.cell(cells.min_row, 1).value).startswith("#")
            if first is not None and not remark:
                yield StandardError(
                    "merged cells: only the first of them has the value",
                    where=f"{path.name}, {sheet.title}!{cells.coord}",
                    got=first,
                    mend="Unmerge them, and write the value into every row that it is of.",
                )


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


def _name(sheet: Any, path: Path, report: Report) -> str:
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
    report(
        StandardError(
            "no such sheet",
            where=path.name,
            got=title,
            expected=", ".join(SHEETS),
            mend=(f"Did you mean {near[0]!r}? " if near else "")
            + f"A sheet of your own is called _{title}.",
        )
    )
    return ""


def _read(
    sheet: Any, name: str, path: Path, formulas: set[str], report: Report
) -> SheetRows | None:
    rows = _rows(sheet, path)
    where = f"{path.name}, {sheet.title}"
    top, columns = _header(rows)
    if not columns:
        return None
    own = {letter for letter, column in columns.items() if column.startswith(("_", "#"))}
    for error in _columns(columns, name, f"{where}!", top):
        report(error)
        own.add(error.where.rpartition("!")[2].rstrip("0123456789"))
    letters = {column: letter for letter, column in columns.items() if letter not in own}
    found = SheetRows(name, [*letters], Place(f"{where}!{top}"), [])
    doubtful: dict[str, list[StandardError]] = {}
    last = top
    for number, cells in rows:
        first = cells[0]
        if first.column == 1 and str(first.value).startswith("#") and name != "notes":
            continue
        row: dict[str, str] = {}
        sure = True
        for cell in cells:
            if cell.value is None and cell.coordinate not in formulas:
                continue
            if cell.column_letter in own:
                continue
            at = f"{where}!{cell.coordinate}"
            column = columns.get(cell.column_letter)
            if column is None:
                report(_outside(cell, at))
                continue
            try:
                if is_empty(cell, formulas, at):
                    continue
                text = text_of(cell, kind_of(name, column, cells, letters), at)
            except StandardError as error:
                doubtful.setdefault(column, []).append(error)
                sure = False
                continue
            row[column] = text if f"{name}.{column}" in EXACT else text.strip()
        row = {column: text for column, text in row.items() if text}
        if name == "notes":
            # Empty lines part paragraphs.
            found.lines.extend([(found.top, {})] * (number - last - 1))
        if (row or name == "notes") and sure:
            found.lines.append((_place(where, number, letters), row))
            last = number
    _tell(doubtful, report)
    return found


def _outside(cell: Any, at: str) -> StandardError:
    return StandardError(
        "a cell outside the table",
        where=at,
        got=cell.value,
        mend="Give the column a header (one of your own begins with _), or move the cell to a "
        "sheet named _notes.",
    )


def _header(rows: Iterator[tuple[int, list[Any]]]) -> tuple[int, dict[str, str]]:
    """Return the number of the first row that is no comment, and its columns by letter."""
    for number, cells in rows:
        said = {
            c.column_letter: unescaped(str(c.value).strip()) for c in cells if c.value is not None
        }
        if said and not said.get("A", "").startswith("#"):
            return number, said
    return 0, {}


def _columns(columns: dict[str, str], name: str, where: str, top: int) -> Iterator[StandardError]:
    """Yield what is wrong with a header; columns of the reader's own are none of ours."""
    met: dict[str, str] = {}
    for letter, column in columns.items():
        at = f"{where}{letter}{top}"
        if column.startswith(("_", "#")):
            continue
        if column not in SHEETS[name] and name not in OPEN:
            near = difflib.get_close_matches(column, SHEETS[name], 1)
            yield StandardError(
                "no such column",
                where=at,
                got=column,
                expected=", ".join(SHEETS[name]),
                mend=(f"Did you mean {near[0]!r}? " if near else "")
                + f"A column of your own, which is not read, is called _{column}.",
            )
        elif column in met:
            yield StandardError(
                "one column stands twice",
                where=at,
                got=column,
                mend=f"Take one of the two out ({met[column]}).",
            )
        met.setdefault(column, at)


def _place(where: str, number: int, letters: dict[str, str]) -> Place:
    return Place(f"{where}!{number}", lambda column: f"{where}!{letters.get(column, '')}{number}")


def _tell(doubtful: dict[str, list[StandardError]], report: Report) -> None:
    for column, errors in doubtful.items():
        more = len(errors) - 1
        if more:
            errors[0].mend += f" {more} more cells of the column `{column}` are so."
        report(errors[0])
