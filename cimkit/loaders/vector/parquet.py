"""Parquet with geometry: GeoParquet, Parquet's own geometry type, GeoArrow columns, or none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from cimkit.errors import SourceUnreadable
from cimkit.geometry.vector import write_wkb
from cimkit.loaders._layers.table import GEOMETRY, Opened, Table
from cimkit.loaders._spec import ReadOptions
from cimkit.model import Problem, Source

__all__ = ["open_parquet"]

_LIKELY = ("geometry", "geom", "wkb_geometry", "the_geom", "wkb", "shape", "wkt")
_TYPES = {
    "point": shapely.GeometryType.POINT,
    "linestring": shapely.GeometryType.LINESTRING,
    "polygon": shapely.GeometryType.POLYGON,
    "multipoint": shapely.GeometryType.MULTIPOINT,
    "multilinestring": shapely.GeometryType.MULTILINESTRING,
    "multipolygon": shapely.GeometryType.MULTIPOLYGON,
}
_CRS84 = "OGC:CRS84"
_Origin = Literal["declared", "assumed", "none"]


@contextmanager
def open_parquet(source: Source, options: ReadOptions) -> Iterator[Opened]:
    """Open a Parquet file.

    Raises
    ------
    SourceUnreadable
        If its footer or its pages are broken.
    """
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(source.file)
    except (pa.ArrowException, OSError) as error:
        raise SourceUnreadable(
            "it is no Parquet file that can be read", where=source.path, got=str(error)
        ) from error
    with file:
        yield _opened(file, source)


def _opened(file: Any, source: Source) -> Opened:
    schema = file.schema_arrow
    about = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    column, problems = _geometry_column(file, about), []
    encoding: str = ""
    crs: str | None = None
    origin: _Origin = "none"
    if column is not None:
        encoding, crs, origin = _description(file, about, column)
        if not about:
            problems.append(
                Problem(
                    "geoparquet-metadata-missing",
                    f"It has no 'geo' metadata; the column {column!r} was taken for the geometry.",
                    hint="Write it as GeoParquet 1.1.",
                )
            )
    fields = tuple(
        (f.name, str(f.type))
        for f in schema
        if f.name != column and not (f.name == "bbox" and pa.types.is_struct(f.type))
    )
    version = about.get("version")
    table = Table(
        name=source.file.stem,
        features=file.metadata.num_rows,
        geometry_type=_geometry_type(about, column),
        crs=crs,
        crs_origin=origin,
        fields=fields,
        bounds=None,
        batches=partial(_batches, file, column, encoding, tuple(n for n, _ in fields)),
    )
    title = f"GeoParquet {version}".strip() if about else "Parquet"
    media = "application/vnd.apache.parquet"
    return Opened(title.replace(" None", ""), media, [table], problems=problems)


def _geometry_type(about: dict[str, Any], column: str | None) -> str:
    if column is None:
        return ""
    types = about.get("columns", {}).get(column, {}).get("geometry_types") or []
    return str(types[0]) if len(types) == 1 else "Unknown"


def _logical(file: Any, column: str) -> str:
    """Parquet's own type of a top-level column, e.g. ``Geometry(crs=srid:5070)``."""
    for i in range(len(file.schema)):
        found = file.schema.column(i)
        if found.path == column:
            return str(found.logical_type)
    return ""


def _geometry_column(file: Any, about: dict[str, Any]) -> str | None:
    schema = file.schema_arrow
    if about.get("primary_column") in schema.names:
        return str(about["primary_column"])
    for field in schema:
        extension = (field.metadata or {}).get(b"ARROW:extension:name", b"")
        if extension.startswith((b"geoarrow", b"ogc.wkb")) or _logical(file, field.name).startswith(
            ("Geometry", "Geography")
        ):
            return str(field.name)
    lower = {name.lower(): name for name in schema.names}
    for name in _LIKELY:
        kind = schema.field(lower[name]).type if name in lower else None
        if kind is not None and (_is_binary(kind) or (name == "wkt" and _is_text(kind))):
            return str(lower[name])
    return None


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _description(file: Any, about: dict[str, Any], column: str) -> tuple[str, str | None, _Origin]:
    """Return the encoding, the CRS and who said it."""
    said = about.get("columns", {}).get(column)
    field = file.schema_arrow.field(column)
    extension = (field.metadata or {}).get(b"ARROW:extension:name", b"").decode()
    if said is not None:
        encoding = str(said.get("encoding", "WKB"))
        if "crs" not in said:
            return encoding, _CRS84, "assumed"  # what GeoParquet says of a missing crs
        crs = said["crs"]
        return encoding, None if crs is None else json.dumps(crs), "declared" if crs else "none"
    native = extension.removeprefix("geoarrow.")
    encoding = native if native in _TYPES else "WKT" if _is_text(field.type) else "WKB"
    logical = re.fullmatch(r"Ge\w+\(crs=(.*?)(?:, algorithm=\w+)?\)", _logical(file, column), re.S)
    if logical is None:
        return encoding, None, "none"
    if srid := re.fullmatch(r"srid:(\d+)", logical[1]):
        return encoding, f"EPSG:{srid[1]}", "assumed"
    if logical[1]:
        return encoding, logical[1], "declared"
    return encoding, _CRS84, "assumed"  # what Parquet says of a missing crs


def _batches(
    file: Any,
    column: str | None,
    encoding: str,
    fields: Sequence[str],
    columns: Sequence[str] | None,
) -> Iterator[pa.RecordBatch]:
    names = list(fields) if columns is None else list(columns)
    wanted = names if column is None or columns is not None else [*names, column]
    for batch in file.iter_batches(batch_size=65_536, columns=wanted):
        rows = pa.Table.from_batches([batch])
        given = rows.select(names)
        if column is not None and columns is None:
            wkb = _to_wkb(rows.column(column).combine_chunks(), encoding)
            given = given.append_column(GEOMETRY, wkb)
        yield from given.combine_chunks().to_batches()


def _to_wkb(column: pa.Array, encoding: str) -> pa.Array:
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if encoding.upper() == "WKB":
        return column.cast(pa.binary())
    if encoding == "WKT":
        return write_wkb(shapely.from_wkt(column.to_pylist(), on_invalid="ignore"))
    if encoding not in _TYPES:
        raise SourceUnreadable("its geometry has an encoding nobody knows", got=encoding)
    return write_wkb(_from_geoarrow(column, _TYPES[encoding]))


def _from_geoarrow(column: pa.Array, kind: shapely.GeometryType) -> npt.NDArray[np.object_]:
    """Read nested lists of coordinates; NULL rows become None."""
    null = np.asarray(column.is_null())
    given = column.filter(pa.array(~null))
    offsets = []
    while pa.types.is_list(given.type) or pa.types.is_large_list(given.type):
        starts = np.asarray(given.offsets)
        offsets.append(starts - starts[0])
        given = given.flatten()
    if pa.types.is_struct(given.type):
        axes = [given.field(i) for i in range(min(3, given.type.num_fields))]
        xyz = np.column_stack([np.asarray(axis, dtype=np.float64) for axis in axes])
    else:
        flat = np.asarray(given.flatten(), dtype=np.float64)
        xyz = flat.reshape(-1, given.type.list_size)[:, :3]
    shapes: npt.NDArray[np.object_] = np.full(len(null), None, dtype=object)
    shapes[~null] = shapely.from_ragged_array(kind, xyz, tuple(reversed(offsets)) or None)
    return shapes
