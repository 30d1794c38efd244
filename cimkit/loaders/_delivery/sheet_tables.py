"""The delivery sheet as a table of an office program: a workbook, or text with separators."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cimkit.errors import SheetError
from cimkit.loaders._delivery.encoding import detect
from cimkit.loaders._delivery.sheet_values import plain

__all__ = ["SheetCells", "read_text", "read_workbook"]

SheetCells = tuple[dict[str, str], dict[str, Any]]
"""Where each value of a row stands ("" for the row itself), and the values."""

_SEPARATORS = ",;\t|"
_LONGEST = 131_072  # characters of a cell, more than an office program writes


def read_workbook(file: Path) -> tuple[dict[str, Any], Iterator[SheetCells]]:
    """Return what a workbook says of the delivery, and the rows of its sheet *sources*.

    Raises
    ------
    SheetError
        If it is no workbook, or has no such sheet.
    """
    import zipfile

    import openpyxl

    try:
        book = openpyxl.load_workbook(file, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise SheetError("the sheet is no workbook", where=str(file), got=str(error)) from error
    if "sources" not in book.sheetnames:
        raise SheetError(
            "the workbook has no such sheet",
            where=str(file),
            got=", ".join(book.sheetnames),
            expected="sources",
        )
    delivery: dict[str, Any] = {}
    if "delivery" in book.sheetnames:
        for cells in book["delivery"].iter_rows(values_only=True):
            _said(cells, delivery)
    rows = book["sources"].iter_rows(values_only=True)
    return delivery, _rows(enumerate(rows, 1), f"{file}: sources!")


def read_text(file: Path, columns: Sequence[str]) -> tuple[dict[str, Any], Iterator[SheetCells]]:
    """Return what a text with separators says of the delivery, and the rows of sources.

    Names and values of the delivery may stand in the lines above the one that names the columns,
    which has ``glob``. Cells are told as office programs number them.

    Parameters
    ----------
    columns
        Those that a sheet may have: the separator is the one that parts most of them.

    Raises
    ------
    SheetError
        If no line names the columns, or a cell has no end.
    """
    data = file.read_bytes()
    lines = data.decode(detect(data), errors="replace").lstrip("\ufeff").splitlines(keepends=True)
    if lines and lines[0].lower().startswith("sep="):  # so some programs are told
        lines[0] = "\n"
    separator = max(
        _SEPARATORS,
        key=lambda mark: max((_named(line.split(mark), columns) for line in lines), default=0),
    )
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST))
    try:
        table = list(enumerate(csv.reader(lines, delimiter=separator, strict=True), 1))
    except csv.Error as error:
        raise SheetError(
            "the sheet is no table of text",
            where=str(file),
            got=str(error),
            mend="Save it as CSV again; a quotation mark within a cell is written twice.",
        ) from error
    first = next((n for n, (_, cells) in enumerate(table) if "glob" in map(_name, cells)), None)
    if first is None:
        raise SheetError(
            "no line names the columns",
            where=str(file),
            got=", ".join(table[0][1])[:80] if table else "nothing",
            expected="a line with glob and the names of other columns, like crs",
        )
    delivery: dict[str, Any] = {}
    for _, cells in table[:first]:
        _said(cells, delivery)
    return delivery, _rows(table[first:], f"{file}: ")


def _name(cell: object) -> str:
    return str(cell).strip().strip('"')


def _named(cells: Iterable[str], columns: Sequence[str]) -> int:
    return len({_name(cell) for cell in cells} & set(columns))


def _said(cells: Sequence[Any], delivery: dict[str, Any]) -> None:
    """Take one name and its value, if the row has both."""
    if len(cells) > 1 and cells[0] not in (None, "") and cells[1] not in (None, ""):
        delivery[_name(cells[0])] = plain(cells[1])


def _rows(table: Iterable[tuple[int, Sequence[Any]]], where: str) -> Iterator[SheetCells]:
    """Give rows with their values by the names that the first one has."""
    from openpyxl.utils import get_column_letter

    header: dict[int, str] = {}
    for number, cells in table:
        if not header:
            header = {i: _name(c) for i, c in enumerate(cells) if c not in (None, "")}
            continue
        values = {header[i]: plain(c) for i, c in enumerate(cells) if i in header}
        filled = {name: value for name, value in values.items() if value not in (None, "")}
        if not filled:
            continue
        letters = {name: get_column_letter(i + 1) for i, name in header.items()}
        places = {name: f"{where}{letters[name]}{number}" for name in filled}
        places[""] = f"{where}{number}:{number}"
        yield places, filled
