"""Workbooks (XLSX, XLS, ODS) with positions: each table of each sheet is a layer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.vector.columns import SHAPE, Position, header_row, named_above, units_row
from cimkit.loaders.vector.sheets import Row, is_workbook, sheets_of
from cimkit.model import Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders._layers.table import Opened, Table

__all__ = ["has_positions", "is_workbook", "open_workbook"]

_ABOVE = 30
_OWN = {"glob", "class_code", "scheme"}
"""Column names of delivery sheets and standards, which are no layers."""
_ANGLE = re.compile(r"\s*[NSEW北南东東西緯纬经經経]{0,2}\s*[-+]?\d", re.IGNORECASE)
_FORMATS = {
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ods": ("ODS", "application/vnd.oasis.opendocument.spreadsheet"),
    "ole": ("XLS", "application/vnd.ms-excel"),
}


@dataclass(frozen=True, slots=True)
class _Block:
    """A table within a sheet."""

    name: str
    first: int  # number of its first row below the names
    names: list[str]
    position: Position | None
    rows: list[Row]


def has_positions(file: Path, kind: str) -> bool:
    """Return whether a sheet has columns of positions among its first rows."""
    try:
        for _, rows in sheets_of(file, file.name, kind, _ABOVE + 5):
            top = [row for _, row in rows]
            if any(str(c).strip().lower() in _OWN for row in top[:_ABOVE] for c in row):
                return False
            found = header_row(top[:_ABOVE])
            if found is not None and _filled(top[found[0] + 1 :], found[1]):
                return True
    except SourceUnreadable:
        return False
    return False


def _filled(rows: list[Row], position: Position) -> bool:
    """Return whether most rows have numbers, angles or geometries where the names say."""
    if position.shape >= 0:
        return any(SHAPE.match(c) for row in rows for c in row if isinstance(c, str))
    places = [row[i] if i < len(row) else None for row in rows for i in (position.x, position.y)]
    given = [isinstance(c, (int, float)) or _ANGLE.match(c) for c in places if c is not None]
    return sum(map(bool, given)) * 2 >= len(given)


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
    sheets = sheets_of(source.file, source.path, kind, None)
    blocks = [b for name, rows in sheets for b in _blocks(name, rows)]
    if not any(b.position for b in blocks):
        raise SourceUnreadable("no sheet has columns of positions", where=source.path)
    for block in blocks:
        tables.append(_table(block, source, problems))
    title, media = _FORMATS[kind]
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
        heads = [
            ["" if c is None else str(c).replace("\n", " ") for c in row]
            for _, row in rows[max(begin - 1, 0) : begin + 1]
        ]
        names = named_above(heads, len(heads) - 1)
        body = rows[begin + 1 : end]
        if position is not None and body and units_row(body[0][1], position):
            body = body[1:]
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
        positions.settle(len(block.rows))
        if positions.far_left_out:
            wkb = Positions(block.position, far_left_out=True).wkb(text)
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
