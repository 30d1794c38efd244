"""An analyst's own files as tables beside the catalogue's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cimkit.catalog._lake import literal, name
from cimkit.errors import QueryError

if TYPE_CHECKING:
    import duckdb

__all__ = ["load_table"]


def load_table(con: duckdb.DuckDBPyConnection, label: str, file: Path, temp: Path) -> None:
    """Load a file as a table.

    CSV may be in UTF-8 or GB 18030 (GBK, GB 2312), with any usual separator; XLSX: the first sheet,
    names in the first row; Parquet and GeoPackage (first layer, geometry in CRS84 if it says its
    CRS).

    Raises
    ------
    QueryError
        If it cannot be read.
    """
    import duckdb

    start = file.open("rb").read(16)
    try:
        if start.startswith(b"PAR1"):
            con.execute(f"CREATE TABLE {name(label)} AS FROM read_parquet({literal(file)})")
        elif start.startswith(b"PK"):
            _xlsx(con, label, file)
        elif start.startswith(b"SQLite format 3"):
            _geopackage(con, label, file)
        else:
            _csv(con, label, file, temp)
    except (duckdb.Error, OSError, ValueError) as error:
        raise QueryError(
            f"table {label} cannot be read",
            where=str(file),
            got=str(error),
            expected="CSV (UTF-8 or GBK), XLSX, Parquet or GeoPackage",
        ) from error


def _csv(con: duckdb.DuckDBPyConnection, label: str, file: Path, temp: Path) -> None:
    # DuckDB reads other encodings only with an extension that is not on PyPI.
    encoding = "utf-8-sig"
    try:
        with file.open(encoding=encoding) as lines:
            for _ in lines:
                pass
    except UnicodeDecodeError:
        encoding = "gb18030"
    plain = temp / f"{label}.csv"
    with (
        file.open(encoding=encoding, newline="") as given,
        plain.open("w", encoding="utf-8", newline="") as copy,
    ):
        while part := given.read(1 << 20):
            copy.write(part)
    con.execute(f"CREATE TABLE {name(label)} AS FROM read_csv({literal(plain)}, sample_size = -1)")
    plain.unlink()


def _xlsx(con: duckdb.DuckDBPyConnection, label: str, file: Path) -> None:
    import openpyxl
    import pyarrow as pa

    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    rows = book.worksheets[0].iter_rows(values_only=True)
    head = [str(c) if c is not None else f"column{i}" for i, c in enumerate(next(rows, ()), 1)]
    columns: list[list[object]] = [[] for _ in head]
    for row in rows:
        if any(cell is not None for cell in row):
            for column, cell in zip(columns, (*row, *[None] * len(head)), strict=False):
                column.append(cell)
    book.close()
    arrays = [_column(c) for c in columns]
    con.register("given_", pa.Table.from_arrays(arrays, names=head))
    con.execute(f"CREATE TABLE {name(label)} AS FROM given_")
    con.unregister("given_")


def _column(values: list[object]) -> object:
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # Numbers and words in one column: all as words.
        return pa.array([None if v is None else str(v) for v in values], pa.string())


def _geopackage(con: duckdb.DuckDBPyConnection, label: str, file: Path) -> None:
    import pyarrow as pa
    import pyogrio

    meta, table = pyogrio.read_arrow(file)
    geometry = meta["geometry_name"] or "wkb_geometry"
    con.register("given_", pa.table(table))
    chosen = "*"
    if geometry in table.column_names:
        shape = f"ST_GeomFromWKB({name(geometry)})"
        if meta["crs"]:
            shape = f"ST_Transform({shape}, {literal(meta['crs'])}, 'OGC:CRS84', always_xy := true)"
        chosen = f"* EXCLUDE ({name(geometry)}), {shape} AS geometry"
    con.execute(f"CREATE TABLE {name(label)} AS SELECT {chosen} FROM given_")
    con.unregister("given_")
