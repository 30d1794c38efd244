"""Tables to files: what a query answered, in the format that its reader opens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from cimkit.errors import ExportError, UsageError
from cimkit.exporters._frame import needed_geometry
from cimkit.exporters._geo import TYPES, geometry_column, geoparquet_metadata, with_boxes

__all__ = ["FORMATS", "table_text", "write_table"]

FORMATS = ("csv", "geojson", "gpkg", "json", "parquet", "xlsx")
"""Formats that `write_table` knows."""
_CELL = 32_767  # characters in a cell of a workbook
_ROWS = 1_048_575  # rows below the header


def write_table(table: pa.Table, out: Path, format: str) -> None:
    """Write an Arrow table to one file, which appears complete or not at all.

    Parameters
    ----------
    table : pyarrow.Table
        A binary column named ``geometry`` (or tagged ``geoarrow.wkb``) is WKB in CRS84.
    out : Path
        The file; one that is there is replaced.
    format : str
        One of `FORMATS`. ``gpkg`` and ``geojson`` need a geometry column; ``parquet`` with one is
        GeoParquet 1.1; the others write geometry as WKT.

    Raises
    ------
    UsageError
        If there is no such format, or no geometry where the format needs one.
    ExportError
        If the file cannot be written.
    """
    if format not in FORMATS:
        raise UsageError("no such format", got=format, expected=", ".join(FORMATS))
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.stem}.part{out.suffix}")
    part.unlink(missing_ok=True)
    try:
        _WRITERS[format](_plain(table), part, out.stem)
        part.replace(out)
    except OSError as error:
        raise ExportError(f"cannot write: {error}", where=str(out)) from error
    finally:
        part.unlink(missing_ok=True)


def table_text(table: pa.Table, format: str) -> str:
    """Return what `write_table` would write, for the formats that are text.

    Raises
    ------
    UsageError
        If the format is none of ``csv``, ``geojson`` and ``json``.
    """
    import tempfile

    if format not in ("csv", "geojson", "json"):
        raise UsageError(f"{format} is no text", expected="csv, geojson or json")
    with tempfile.TemporaryDirectory(prefix="cimkit-") as folder:
        file = Path(folder) / f"answer.{format}"
        write_table(table, file, format)
        return file.read_text(encoding="utf-8-sig")


def _plain(table: pa.Table) -> pa.Table:
    """The table without extension types, which writers treat each in its own way."""
    for i, field in enumerate(table.schema):
        if isinstance(field.type, pa.BaseExtensionType):
            storage = field.type.storage_type
            column = pa.chunked_array([c.storage for c in table.column(i).chunks], type=storage)
            tag = {b"ARROW:extension:name": field.type.extension_name.encode()}
            table = table.set_column(i, pa.field(field.name, storage, metadata=tag), column)
    return table


def _parquet(table: pa.Table, out: Path, name: str) -> None:
    import pyarrow.parquet as pq

    column = geometry_column(table)
    if column is None:
        pq.write_table(table, out, compression="zstd")
    else:
        pq.write_table(_with_geo(table, column), out, compression="zstd")


def _with_geo(table: pa.Table, column: str) -> pa.Table:
    """The table as GeoParquet 1.1 wants it; by hand, because a frame loses nested columns."""
    import numpy as np
    import shapely

    shapes = shapely.from_wkb(table[column].to_numpy())
    if "bbox" in table.column_names:
        table = table.drop_columns(["bbox"])
    table = with_boxes(table, column)
    whole = shapely.total_bounds(shapes).tolist() if len(shapes) else [np.nan]
    types = sorted({TYPES[t] for t in np.unique(shapely.get_type_id(shapes)).tolist() if t >= 0})
    extent = whole if np.isfinite(whole).all() else []
    metadata = dict(table.schema.metadata or {})
    metadata[b"geo"] = geoparquet_metadata(column, types, extent, True)
    metadata.pop(b"pandas", None)
    return table.replace_schema_metadata(metadata)


def _gpkg(table: pa.Table, out: Path, name: str) -> None:
    column = needed_geometry(table, "gpkg")
    _ogr(_flat(table, keep=column), out, "GPKG", column, name)


def _geojson(table: pa.Table, out: Path, name: str) -> None:
    column = needed_geometry(table, "geojson")
    _ogr(_flat(table, keep=column), out, "GeoJSON", column, name, RFC7946="YES")


def _ogr(table: pa.Table, out: Path, driver: str, column: str, layer: str, **options: str) -> None:
    import pyogrio

    if table.num_rows == 0 and driver == "GeoJSON":
        out.write_text('{"type":"FeatureCollection","features":[]}\n')
        return
    field = pa.field(column, pa.binary(), metadata={b"ARROW:extension:name": b"geoarrow.wkb"})
    i = table.column_names.index(column)
    pyogrio.write_arrow(
        table.set_column(i, field, table[column]),
        out,
        driver=driver,
        layer=layer,
        geometry_name=column,
        geometry_type="Unknown",
        crs="OGC:CRS84" if driver == "GeoJSON" else "EPSG:4326",
        **options,
    )


def _csv(table: pa.Table, out: Path, name: str) -> None:
    import pyarrow.csv as pc

    # With the mark, a spreadsheet takes Chinese and Japanese for what they are.
    with out.open("wb") as sink:
        sink.write(b"\xef\xbb\xbf")
        pc.write_csv(_flat(table), sink)


def _json(table: pa.Table, out: Path, name: str) -> None:
    import orjson

    flat = _flat(table)
    with out.open("wb") as sink:
        sink.write(b"[")
        for i, row in enumerate(_rows(flat)):
            sink.write((b",\n" if i else b"\n") + orjson.dumps(row, default=str))
        sink.write(b"\n]\n")


def _xlsx(table: pa.Table, out: Path, name: str) -> None:
    import pyarrow.compute as pc
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if table.num_rows > _ROWS:
        raise UsageError(
            "too many rows for a workbook",
            got=table.num_rows,
            expected=f"at most {_ROWS:,}",
            mend="Add LIMIT, or take csv or parquet.",
        )
    flat = _flat(table)
    for name in flat.column_names:
        if pa.types.is_string(flat.schema.field(name).type):
            length = pc.max(pc.utf8_length(flat[name])).as_py() or 0
            if length > _CELL:
                raise UsageError(
                    "a value is too long for a cell of a workbook",
                    where=name,
                    got=f"{length:,} characters",
                    expected=f"at most {_CELL:,}",
                    mend="Leave the column out, or take csv or parquet.",
                )
    book = Workbook(write_only=True)
    sheet = book.create_sheet("query")
    sheet.append(table.column_names)
    for row in _rows(flat):
        cells: list[Any] = []
        for value in row.values():
            if isinstance(value, str):
                value = ILLEGAL_CHARACTERS_RE.sub("", value)
                if value.startswith("="):
                    # What a stranger wrote is a text and never calculated.
                    value = WriteOnlyCell(sheet, value)
                    value.data_type = "s"
            elif getattr(value, "tzinfo", None) is not None:
                value = value.replace(tzinfo=None)  # a workbook knows no zones: UTC
            cells.append(value)
        sheet.append(cells)
    book.save(out)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


def _flat(table: pa.Table, keep: str | None = None) -> pa.Table:
    """The table with texts and numbers only: structs and lists as JSON, other geometry as WKT."""
    import shapely

    column = geometry_column(table)
    for i, field in enumerate(table.schema):
        if field.name == keep:
            continue
        if field.name == column:
            shapes = shapely.from_wkb(table.column(i).to_numpy())
            text = pa.array(shapely.to_wkt(shapes, rounding_precision=9), pa.string())
            table = table.set_column(i, field.name, text)
        elif pa.types.is_nested(field.type):
            told = [None if v is None else _compact(v) for v in table.column(i).to_pylist()]
            table = table.set_column(i, field.name, pa.array(told, pa.string()))
        elif pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            hexed = [None if v is None else v.hex() for v in table.column(i).to_pylist()]
            table = table.set_column(i, field.name, pa.array(hexed, pa.string()))
    return table


def _compact(value: Any) -> str:
    import orjson

    return orjson.dumps(value, default=str).decode()


_WRITERS = {
    "csv": _csv,
    "geojson": _geojson,
    "gpkg": _gpkg,
    "json": _json,
    "parquet": _parquet,
    "xlsx": _xlsx,
}
