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
from typing import TYPE_CHECKING, Any

from cimkit.errors import SourceUnreadable
from cimkit.loaders._delivery.encoding import decodes, detect
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.vector.columns import Position, header_row
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
    header: int
    """Lines above the column names."""
    names: tuple[str, ...]
    """Of the columns."""
    position: Position
    """Where positions stand."""
    comma: bool
    """Whether a comma stands before decimals."""


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
        names = tuple(c.strip(" \ufeff") for c in rows[at])
        below = [r for r in rows[at + 1 :] if len(r) == len(names)]
        if not below and len(rows) > at + 1 and position.shape < 0:
            continue
        if best is None or len(names) > len(best.names):
            comma = separator != "," and _has_commas(below, position)
            best = Dialect(separator, at, names, position, comma)
    return best


def _has_commas(rows: list[list[str]], position: Position) -> bool:
    cells = [row[i] for row in rows for i in (position.x, position.y) if 0 <= i < len(row)]
    return any(re.fullmatch(r"\s*-?\d+,\d+\s*", c) for c in cells)


@contextmanager
def open_text(source: Source, options: ReadOptions) -> Iterator[Opened]:
    """Open a table of text.

    Raises
    ------
    SourceUnreadable
        If it has no columns of positions, or no row has one.
    """
    from cimkit.loaders._layers.table import Opened, Table, distinct
    from cimkit.loaders.vector.cells import Kinds, Positions

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
        read = _Reader(file, dialect, names)
        kinds, positions = Kinds(names, dialect.comma), Positions(dialect.position, dialect.comma)
        rows = placed = 0
        try:
            for batch in read.batches():
                kinds.see(batch)
                rows += batch.num_rows
                wkb = positions.wkb(batch.columns)
                placed += batch.num_rows - wkb.null_count
        except OSError as error:
            raise SourceUnreadable("it is no table", where=source.path, got=str(error)) from error
        if not placed and rows:
            raise SourceUnreadable("no row of the table has a position", where=source.path)
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
            batches=partial(_batches, read, kinds, dialect, names),
            numbered_from=dialect.header + 2,
        )
        title, media = (
            ("TSV", "text/tab-separated-values")
            if dialect.separator == "\t"
            else ("CSV", "text/csv")
        )
        yield Opened(title, media, [table], encoding, origin, problems=problems)  # type: ignore[arg-type]


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


class _Reader:
    """Streams the rows as text, and counts those that do not fit the columns."""

    def __init__(self, file: Path, dialect: Dialect, names: list[str]) -> None:
        self.file, self.dialect, self.names = file, dialect, names
        self.bad: list[tuple[int | None, int]] = []
        self.bad_count = 0
        self._told = False

    def batches(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        from pyarrow import csv as pacsv

        def skip(row: Any) -> str:
            if not self._told:
                self.bad_count += 1
                if len(self.bad) < 5:
                    self.bad.append((row.number, row.actual_columns))
            return "skip"

        reader = pacsv.open_csv(
            self.file,
            read_options=pacsv.ReadOptions(
                column_names=self.names, skip_rows=self.dialect.header + 1, use_threads=False
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=self.dialect.separator,
                newlines_in_values=True,
                invalid_row_handler=skip,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(self.names, pa.string()), strings_can_be_null=False
            ),
        )
        with reader:
            yield from reader
        self._told = True

    def problems(self) -> list[Problem]:
        if not self.bad_count:
            return []
        shown = ", ".join(
            f"row {n + self.dialect.header + 1}" if n is not None else "a row" for n, _ in self.bad
        )
        return [
            Problem(
                "row-unreadable",
                f"{self.bad_count} rows have another number of cells than the table has columns; "
                "they are left out.",
                "error",
                shown,
                str(self.bad[0][1]),
                f"{len(self.names)} cells",
            )
        ]


def _batches(
    read: _Reader,
    kinds: Kinds,
    dialect: Dialect,
    names: list[str],
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
            given[GEOMETRY] = Positions(dialect.position, dialect.comma).wkb(batch.columns)
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
