"""Workbooks (XLSX, ODS) with positions: each table of each sheet is a layer."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.vector.columns import Position, header_row
from cimkit.model import Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders._layers.table import Opened, Table

__all__ = ["has_positions", "is_workbook", "open_workbook"]

_ABOVE = 30
_OWN = {"glob", "class_code", "scheme"}
"""Column names of delivery sheets and standards, which are no layers."""
_BROKEN = (
    *(zipfile.BadZipFile, KeyError, ValueError, IndexError, TypeError, AttributeError),
    *(OSError, EOFError, NotImplementedError, SyntaxError),
)
Row = list[Any]


@dataclass(frozen=True, slots=True)
class _Block:
    """A table within a sheet."""

    name: str
    first: int  # number of its first row below the names
    names: list[str]
    position: Position | None
    rows: list[Row]


def is_workbook(start: bytes) -> str | None:
    """Return xlsx or ods for the first bytes of a zip that is one; else None."""
    if start[:4] != b"PK\x03\x04":
        return None
    if b"vnd.oasis.opendocument.spreadsheet" in start[:200]:
        return "ods"
    return "xlsx" if b"[Content_Types].xml" in start or b"xl/" in start else None


def has_positions(file: Path, kind: str) -> bool:
    """Return whether a sheet has columns of positions among its first rows."""
    try:
        for _, rows in _sheets(file, kind, _ABOVE + 5):
            top = [row for _, row in rows]
            if any(str(c).strip().lower() in _OWN for row in top[:_ABOVE] for c in row):
                return False
            if header_row(top[:_ABOVE]) is not None:
                return True
    except _BROKEN:
        return False
    return False


def _sheets(file: Path, kind: str, most: int | None) -> Iterator[tuple[str, list[tuple[int, Row]]]]:
    """Give each sheet's name and its rows that are not empty, with their numbers."""
    for name, rows in (_xlsx if kind == "xlsx" else _ods)(file, most):
        kept = []
        for number, row in enumerate(rows, 1):
            cells = [_cell(c) for c in row]
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                kept.append((number, cells))
            if most is not None and number >= most:
                break
        yield name, kept


def _xlsx(file: Path, most: int | None) -> Iterator[tuple[str, Iterator[Sequence[Any]]]]:
    import warnings

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that are not read
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
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


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return str(value)
    if isinstance(value, float) and value != value:
        return None
    return value


@contextmanager
def open_workbook(source: Source, options: ReadOptions, kind: str) -> Iterator[Opened]:
    """Open a workbook.

    Raises
    ------
    SourceUnreadable
        If it cannot be read, or no sheet of it has positions.
    """
    from cimkit.loaders._layers.table import Opened

    problems: list[Problem] = []
    tables: list[Table] = []
    try:
        blocks = [b for name, rows in _sheets(source.file, kind, None) for b in _blocks(name, rows)]
    except _BROKEN as error:
        raise SourceUnreadable(
            "the workbook cannot be read", where=source.path, got=f"{type(error).__name__}: {error}"
        ) from error
    if not any(b.position for b in blocks):
        raise SourceUnreadable("no sheet has columns of positions", where=source.path)
    for block in blocks:
        tables.append(_table(block, source, problems))
    title, media = (
        ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        if kind == "xlsx"
        else ("ODS", "application/vnd.oasis.opendocument.spreadsheet")
    )
    yield Opened(title, media, tables, problems=problems)


def _blocks(sheet: str, rows: list[tuple[int, Row]]) -> Iterator[_Block]:
    """Divide a sheet into tables: a row of column names begins one."""
    found: list[tuple[int, Position | None]] = []
    for i, (_, row) in enumerate(rows):
        if i >= _ABOVE and not all(c is None or isinstance(c, str) for c in row):
            continue
        head = header_row([row])
        if head is not None:
            found.append((i, head[1]))
    if not found:
        wide = next((i for i, (_, r) in enumerate(rows) if sum(c is not None for c in r) > 1), None)
        if wide is None or wide + 1 >= len(rows):
            return
        found = [(wide, None)]
    ends = [i for i, _ in found[1:]] + [len(rows)]
    for n, ((begin, position), end) in enumerate(zip(found, ends, strict=True), 1):
        names = ["" if c is None else str(c).replace("\n", " ") for c in rows[begin][1]]
        body = rows[begin + 1 : end]
        if body:
            name = sheet if len(found) == 1 else f"{sheet} {n}"
            yield _Block(name, body[0][0], names, position, [row for _, row in body])


def _table(block: _Block, source: Source, problems: list[Problem]) -> Table:
    import pyarrow as pa

    from cimkit.loaders._layers.table import GEOMETRY, Table, distinct
    from cimkit.loaders.vector.cells import Positions
    from cimkit.loaders.vector.texttable import crs_of, told

    width = max(len(block.names), max(map(len, block.rows)))
    said = [*block.names, *[""] * (width - len(block.names))]
    names = distinct([n or f"column_{i + 1}" for i, n in enumerate(said)])
    cells = [[row[i] if i < len(row) else None for row in block.rows] for i in range(width)]
    filled = [i for i in range(width) if said[i] or any(c is not None for c in cells[i])]
    columns = {names[i]: _typed(cells[i]) for i in filled}
    crs, origin = None, "none"
    if block.position is not None:
        positions = Positions(block.position)
        text = [pa.array([_text(c) for c in column], pa.string()) for column in cells]
        wkb = positions.wkb(text)
        problems += told(positions, block.name)
        crs, origin = crs_of(source.file, block.position, positions)
        if block.position.shape >= 0:
            del columns[names[block.position.shape]]
    fields = tuple((n, str(c.type)) for n, c in columns.items())
    if block.position is not None:
        columns[GEOMETRY] = wkb
    return Table(
        name=block.name,
        features=len(block.rows),
        geometry_type=""
        if block.position is None
        else "Unknown"
        if block.position.shape >= 0
        else "Point",
        crs=crs,
        crs_origin=origin,  # type: ignore[arg-type]
        fields=fields,
        bounds=None,
        batches=partial(_batches, pa.RecordBatch.from_pydict(columns)),
        numbered_from=block.first,
    )


def _batches(rows: pa.RecordBatch, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    given = rows if columns is None else rows.select(list(columns))
    for start in range(0, given.num_rows, 65_536):
        yield given.slice(start, 65_536)


def _text(cell: Any) -> str:
    return "" if cell is None else repr(cell) if isinstance(cell, float) else str(cell)


def _typed(cells: list[Any]) -> pa.Array:
    """Return the cells of a column as they are typed; of several types, as text."""
    import pyarrow as pa

    kinds = {type(c) for c in cells if c is not None}
    if kinds and kinds <= {bool}:
        return pa.array(cells, pa.bool_())
    if kinds and kinds <= {int} and all(c is None or abs(c) < 2**63 for c in cells):
        return pa.array(cells, pa.int64())
    if kinds and kinds <= {int, float}:
        return pa.array([None if c is None else float(c) for c in cells], pa.float64())
    return pa.array([None if c is None else _text(c) for c in cells], pa.string())
