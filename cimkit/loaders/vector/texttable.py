"""Tables of text with positions: any separator, encoding and decimal sign, titles above."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cimkit.errors import SourceUnreadable
from cimkit.loaders._delivery.encoding import decodes, detect
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.vector.columns import SHAPE, Position, header_row, named_above, units_row
from cimkit.loaders.vector.textrows import TextRows
from cimkit.model import Problem, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.loaders._layers.table import Opened
    from cimkit.loaders.vector.cells import Kinds, Positions

__all__ = ["Dialect", "crs_of", "dialect_of", "open_text", "told"]

_SEPARATORS = ",;\t|，"
_ABOVE = 30
"""Lines of titles and notes that may stand above the column names."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table of text is written."""

    separator: str
    """Between cells."""
    begin: int
    """Lines above the rows: titles, column names, units."""
    names: tuple[str, ...]
    """Of the columns."""
    position: Position
    """Where positions stand."""
    comma: bool
    """Whether a comma stands before decimals."""
    units: tuple[str, ...] = ()
    """Of the columns, where a line below their names says them."""


def dialect_of(text: str, *, whole: bool = False) -> Dialect | None:
    """Recognise a table with positions by its first lines; None if it is none.

    Parameters
    ----------
    text : str
        The start of the file.
    whole : bool
        The text is all of the file: its last line counts.
    """
    lines = text.splitlines()
    lines = lines[: _ABOVE + 12] if whole or len(lines) < 2 else lines[:-1][: _ABOVE + 12]
    if not lines or max(map(len, lines)) > 200_000:
        return None
    best: Dialect | None = None
    for separator in _SEPARATORS:
        if separator not in text:
            continue
        rows = [next(csv.reader([line], delimiter=separator), []) for line in lines]
        found = header_row([[c.strip() for c in row] for row in rows[:_ABOVE]])
        if found is None:
            continue
        at, position = found
        names = tuple(c.strip(" \ufeff") for c in named_above(rows, at))
        begin = at + 1
        units = tuple(rows[begin]) if begin < len(rows) and units_row(rows[begin], position) else ()
        begin += bool(units)
        below = [r for r in rows[begin:] if len(r) == len(names)]
        if len(rows) > begin and not (_has_shapes(rows[begin:]) if position.shape >= 0 else below):
            continue
        if best is None or len(names) > len(best.names):
            comma = separator != "," and _has_commas(below, position)
            best = Dialect(separator, begin, names, position, comma, units)
    return best


def _has_shapes(rows: list[list[str]]) -> bool:
    return any(SHAPE.match(cell) for row in rows for cell in row)


def _has_commas(rows: list[list[str]], position: Position) -> bool:
    cells = [row[i] for row in rows for i in (position.x, position.y) if 0 <= i < len(row)]
    return any(re.fullmatch(r"\s*-?[\d.\s]*\d,\d+\s*", c) for c in cells)


@contextmanager
def open_text(source: Source, options: ReadOptions) -> Iterator[Opened]:
    """Open a table of text.

    Raises
    ------
    SourceUnreadable
        If it has no columns of positions, or no row has one.
    """
    from cimkit.loaders._layers.table import Opened, Table, distinct
    from cimkit.loaders.vector.gtfs import is_shapes, shapes_table

    with TemporaryDirectory(prefix="cimkit-text-") as name:
        file, encoding, origin, problems = _as_utf8(source, options, Path(name))
        with file.open(encoding="utf-8", errors="replace", newline="") as opened:
            start = opened.read(65_536)
            whole = not opened.read(1)
        dialect = dialect_of(start, whole=whole)
        if dialect is None:
            raise SourceUnreadable("it has no columns of positions", where=source.path)
        names = distinct([n or f"column_{i + 1}" for i, n in enumerate(dialect.names)])
        if tuple(names) != dialect.names:
            problems.append(_renamed(dialect.names, names))
        read = TextRows(file, dialect.separator, dialect.begin, names)
        if is_shapes(names):
            table = shapes_table(read, dialect.position, source.file.stem)
            problems += read.problems()
            yield Opened("GTFS", "text/csv", [table], encoding, origin, problems=problems)  # type: ignore[arg-type]
            return
        kinds, positions, rows, placed = _seen(read, dialect, names, source)
        if not placed and rows:
            raise SourceUnreadable("no row of the table has a position", where=source.path)
        positions.settle(rows)
        problems += told(positions, source.file.stem) + read.problems()
        crs, crs_origin = crs_of(source.file, dialect.position, positions)
        table = Table(
            name=source.file.stem,
            features=rows,
            geometry_type="Point" if dialect.position.shape < 0 else "Unknown",
            crs=crs,
            crs_origin=crs_origin,  # type: ignore[arg-type]
            fields=tuple((n, kinds.type_of(n)) for n in names if n != _shape_name(dialect, names)),
            bounds=None,
            batches=partial(_batches, read, kinds, dialect, names, positions.far_left_out),
            numbered_from=dialect.begin + 1,
        )
        title, media = (
            ("TSV", "text/tab-separated-values")
            if dialect.separator == "\t"
            else ("CSV", "text/csv")
        )
        properties = (
            {"units": dict(zip(names, dialect.units, strict=False))} if dialect.units else {}
        )
        yield Opened(
            title,
            media,
            [table],
            encoding,
            origin,  # type: ignore[arg-type]
            problems=problems,
            properties=properties,
        )


def _seen(
    read: TextRows, dialect: Dialect, names: list[str], source: Source
) -> tuple[Kinds, Positions, int, int]:
    """Look at all rows: what their columns hold, their positions, how many there are and placed."""
    from cimkit.loaders.vector.cells import Kinds, Positions

    kinds, positions = Kinds(names, dialect.comma), Positions(dialect.position, dialect.comma)
    rows = placed = 0
    try:
        for batch in read.batches():
            kinds.see(batch)
            rows += batch.num_rows
            wkb = positions.wkb(batch.columns)
            placed += batch.num_rows - wkb.null_count
    except (OSError, ValueError) as error:  # Arrow's are ValueErrors
        if read.widen():
            return _seen(read, dialect, names, source)
        raise SourceUnreadable("it is no table", where=source.path, got=str(error)) from error
    return kinds, positions, rows, placed


def _as_utf8(
    source: Source, options: ReadOptions, scratch: Path
) -> tuple[Path, str, str, list[Problem]]:
    from cimkit.loaders._delivery.encoding import named
    from cimkit.loaders.vector.plan import is_utf8, transcoded, unreadable_text

    declared = options.declared.encoding
    if declared is None and is_utf8(source.file):
        with source.file.open("rb") as opened:
            start = opened.read(1 << 20)
        sixteen = detect(start[: len(start) // 2 * 2])
        if not sixteen.startswith("utf-16"):
            return source.file, "ascii" if start.isascii() else "utf-8", "detected", []
    if declared is not None:
        encoding, origin = named(declared) or declared, "sheet"
    else:
        with source.file.open("rb") as opened:
            data = opened.read(64 << 20)
        encoding, origin = detect(data), "detected"
        if not decodes(b"", encoding):
            encoding = "latin-1"
    file, replaced = transcoded(source.file, encoding, scratch)
    problems = [unreadable_text(replaced, encoding)] if replaced else []
    return file, encoding, origin, problems


def _batches(
    read: TextRows,
    kinds: Kinds,
    dialect: Dialect,
    names: list[str],
    far_left_out: bool,
    columns: Sequence[str] | None,
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    from cimkit.loaders._layers.table import GEOMETRY
    from cimkit.loaders.vector.cells import Positions

    shape = _shape_name(dialect, names)
    wanted = [n for n in names if n != shape] if columns is None else list(columns)
    for batch in read.batches():
        given = {n: kinds.typed(n, batch.column(names.index(n))) for n in wanted}
        if columns is None:
            positions = Positions(dialect.position, dialect.comma, far_left_out)
            given[GEOMETRY] = positions.wkb(batch.columns)
        yield pa.RecordBatch.from_pydict(given)


def _shape_name(dialect: Dialect, names: list[str]) -> str | None:
    return names[dialect.position.shape] if dialect.position.shape >= 0 else None


def crs_of(file: Path, position: Position, positions: Positions) -> tuple[str | None, str]:
    """Return the CRS of a table and who said it: a ``.prj``, the cells, or the column names."""
    for ending in (".prj", ".PRJ"):
        beside = file.with_suffix(ending)
        if beside.is_file():
            return beside.read_text("utf-8", "replace").strip() or None, "declared"
    if position.crs or positions.srid:
        return position.crs or positions.srid, "declared"
    # Columns called longitude hold degrees.
    return ("OGC:CRS84", "assumed") if position.degrees else (None, "none")


def told(positions: Positions, layer: str) -> list[Problem]:
    """Return what is to be told of the positions of a table."""
    found = []
    if positions.odd_count:
        found.append(
            Problem(
                "position-unreadable",
                f"{positions.odd_count} cells where a position should stand hold none; those rows "
                "have no place.",
                place=layer,
                got=", ".join(map(repr, positions.odd)),
                expected="a number, degrees-minutes-seconds, or WKT",
            )
        )
    if positions.far_left_out:
        found.append(
            Problem(
                "position-out-of-range",
                f"{positions.far_count} rows have a longitude beyond 180° or a latitude beyond "
                "90°; those rows alone have no place.",
                "error",
                place=layer,
                got=", ".join(positions.far),
                expected="-180 to 180, -90 to 90",
                hint="Correct the rows; longitude and latitude may be exchanged in them.",
            )
        )
    if positions.angles:
        found.append(
            Problem(
                "coordinates-sexagesimal",
                f"{positions.angles} coordinates are in degrees, minutes and seconds; they were "
                "turned into degrees.",
                "info",
                layer,
            )
        )
    return found


def _renamed(said: tuple[str, ...], names: list[str]) -> Problem:
    changed = [f"{a!r} → {b}" for a, b in zip(said, names, strict=True) if a != b]
    return Problem(
        "columns-renamed",
        f"{len(changed)} columns have no name or that of another; they were numbered.",
        "info",
        got=", ".join(changed[:8]),
    )
