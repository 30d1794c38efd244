"""Open tables as offices keep them: CSV in old encodings, workbooks with merged cells."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.package._unpacking import NO_ZIP, check_size

ENCODINGS = ("utf-8-sig", "gb18030", "cp932", "big5")
"""Tried in this order; a table's header says which one is right."""
ROWS, COLUMNS = 200_000, 200
"""More is no table of a standard."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as read."""

    text: str = ""
    """With the blanks at its ends, which may say how deep a name stands."""
    indent: int = 0
    """Indentation by format."""
    number: bool = False
    """Whether it is a number whose zeros in front may be lost."""


@dataclass
class Grid:
    """One table as read: what is not there is an empty cell."""

    name: str
    """File, and sheet if there are several."""
    rows: list[list[Cell]] = field(default_factory=list)
    workbook: bool = False

    def place(self, row: int, column: int | None = None) -> str:
        """Return how messages name a row, or a cell; both counted from 0."""
        if not self.workbook:
            return f"{self.name}:{row + 1}"
        return f"{self.name}!{letter(column) if column is not None else ''}{row + 1}"

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell."""
        cells = self.rows[row]
        return cells[column] if column < len(cells) else Cell()


def letter(column: int) -> str:
    """Return the letters of a column counted from 0."""
    text = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        text = chr(65 + rest) + text
        column -= 1
    return text


def text_grids(path: Path) -> Iterator[Grid]:
    """Yield every way in which a text file can be read as a table.

    Raises
    ------
    StandardError
        If it is too large.
    """
    check_size(path, path.stat().st_size)
    content = path.read_bytes()
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        for separator in (",", "\t", ";"):
            if separator not in text:
                continue
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
            try:
                rows = [
                    [Cell(t) for t in row[:COLUMNS]]
                    for row, _ in zip(reader, range(ROWS), strict=False)
                ]
            except csv.Error:
                continue
            yield Grid(path.name, rows)


def workbook_grids(path: Path) -> list[Grid]:
    """Return the sheets of a workbook that are not empty; merged cells all say what the first does.

    Raises
    ------
    StandardError
        If it is no workbook, or too large.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        check_size(path, path.stat().st_size)
        content = io.BytesIO(path.read_bytes())
        with zipfile.ZipFile(content) as archive:
            # A sheet held whole takes fifty times its bytes.
            check_size(path, 2 * sum(m.file_size for m in archive.infolist()))
        book = openpyxl.load_workbook(content, data_only=True)
    except StandardError:
        raise
    except (*NO_ZIP, InvalidFileException, KeyError, TypeError, SyntaxError) as error:
        raise StandardError(f"no workbook: {error}", where=str(path), expected=".xlsx") from error
    found = []
    for sheet in book.worksheets:
        if sheet.max_row > ROWS or sheet.max_column > COLUMNS:
            raise StandardError(
                "too large for a table of a standard",
                where=f"{path.name}, {sheet.title}",
                expected=f"at most {ROWS} rows and {COLUMNS} columns",
            )
        rows = [[_cell(c) for c in row] for row in sheet.iter_rows()]
        for area in sheet.merged_cells.ranges:
            first = rows[area.min_row - 1][area.min_col - 1]
            for row in rows[area.min_row - 1 : area.max_row]:
                for column in range(area.min_col - 1, area.max_col):
                    row[column] = first
        if any(c.text.strip() for row in rows for c in row):
            found.append(Grid(f"{path.name}, {sheet.title}", rows, workbook=True))
    return found


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None or cell.data_type == "e":
        return Cell()
    indent = int(cell.alignment.indent) if cell.alignment and cell.alignment.indent else 0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return Cell(str(value), indent)
    zeros = str(cell.number_format)
    if isinstance(value, int) and re.fullmatch("0{2,}", zeros):
        return Cell(f"{value:0{len(zeros)}d}", indent)
    return Cell(repr(value).removesuffix(".0"), indent, number=True)
