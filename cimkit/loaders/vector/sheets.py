"""Sheets of workbooks as rows of plain values, whatever program wrote them."""

from __future__ import annotations

import datetime
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

from cimkit.errors import SourceUnreadable

__all__ = ["Row", "is_workbook", "sheets_of"]

Row = list[Any]
_MOST_BYTES = 2**31
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, LookupError, ValueError, ArithmeticError),
    *(OSError, EOFError, TypeError, AttributeError, NameError, AssertionError, SyntaxError),
    *(NotImplementedError, MemoryError, RecursionError),
)
"""What the readers of workbooks raise over damage."""


def is_workbook(start: bytes) -> str | None:
    """Return xlsx, ods or ole (XLS, if anything) for the first bytes of a file; else None."""
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    if start[:4] != b"PK\x03\x04":
        return None
    if b"vnd.oasis.opendocument.spreadsheet" in start[:200]:
        return "ods"
    return "xlsx" if b"[Content_Types].xml" in start or b"xl/" in start else None


def sheets_of(
    file: Path, path: str, kind: str, most: int | None
) -> Iterator[tuple[str, list[tuple[int, Row]]]]:
    """Give each sheet's name and its rows that are not empty, with their numbers."""
    import pyogrio
    import xlrd

    readers = {"xlsx": _xlsx, "ods": _ods, "ole": _xls}
    try:
        _measured(file)
        for name, rows in readers[kind](file, most):
            kept = []
            for number, row in enumerate(islice(rows, most), 1):
                cells = [_cell(c) for c in row]
                while cells and cells[-1] is None:
                    cells.pop()
                if cells:
                    kept.append((number, cells))
            yield name, kept
    except (
        *_BROKEN,
        *(pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.CRSError),
        *(xlrd.XLRDError, xlrd.compdoc.CompDocError),
    ) as error:
        raise SourceUnreadable(
            "the workbook cannot be read",
            where=path,
            got=f"{type(error).__name__}: {error}"[:300],
            mend="Save it again, without a password.",
        ) from error


def _measured(file: Path) -> None:
    """Refuse a workbook whose sheets are far larger than anything a person fills in."""
    if not zipfile.is_zipfile(file):
        return
    with zipfile.ZipFile(file) as archive:
        size = sum(m.file_size for m in archive.infolist() if m.filename.endswith(".xml"))
    if size > _MOST_BYTES:
        raise ValueError(f"its sheets would be {size} bytes")


def _xlsx(file: Path, most: int | None) -> Iterator[tuple[str, Iterator[Sequence[Any]]]]:
    import warnings

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that are not read
        # Opened by us: openpyxl goes by the suffix.
        with file.open("rb") as opened:
            book = openpyxl.load_workbook(opened, read_only=True, data_only=True)
            try:
                for sheet in book.worksheets:
                    sheet.reset_dimensions()
                    yield sheet.title, sheet.iter_rows(values_only=True, max_row=most)
            finally:
                book.close()


def _ods(file: Path, most: int | None) -> Iterator[tuple[str, Iterator[Sequence[Any]]]]:
    import pyogrio.raw

    for name, _ in pyogrio.list_layers(file):
        _, table = pyogrio.raw.read_arrow(file, layer=name, HEADERS="DISABLE", max_features=most)
        columns = [c.to_pylist() for c in table.columns]
        yield str(name), iter(list(zip(*columns, strict=True)))


def _xls(file: Path, most: int | None) -> Iterator[tuple[str, Iterator[Sequence[Any]]]]:
    import xlrd

    with open(os.devnull, "w") as silence:  # it prints what it stumbles over
        book = xlrd.open_workbook(str(file), logfile=silence, on_demand=True)
        for sheet in book.sheets():
            rows = (
                [_dated(sheet.cell(r, c), book.datemode) for c in range(sheet.row_len(r))]
                for r in range(sheet.nrows)
            )
            yield sheet.name, rows


def _dated(cell: Any, mode: int) -> Any:
    """Return the value of a cell of XLS: its type tells dates, truths and errors."""
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate_as_datetime(cell.value, mode)
        except (ValueError, OverflowError):
            return cell.value
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return None if cell.ctype == xlrd.XL_CELL_ERROR else cell.value


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return str(value)
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 2**53  # workbooks know no whole numbers
        return int(value) if whole else value if isfinite(value) else None
    return value
