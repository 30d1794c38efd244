"""Columnar files with geometry: GeoParquet of all versions, GeoArrow in Parquet or Arrow IPC."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import pyarrow as pa

from cimkit.errors import SourceUnreadable
from cimkit.loaders._layers.table import GEOMETRY, Opened, Table
from cimkit.loaders._spec import ReadOptions
from cimkit.loaders.vector.columnar import Columnar
from cimkit.loaders.vector.columns import Position, position_of
from cimkit.loaders.vector.geoarrow import TYPES, points, to_wkb
from cimkit.model import Problem, Source

__all__ = ["native_crs", "open_parquet"]

_LIKELY = ("geometry", "geom", "wkb_geometry", "the_geom", "wkb", "shape", "wkt")
_CRS84 = "OGC:CRS84"
_Origin = Literal["declared", "assumed", "none"]


@contextmanager
def open_parquet(source: Source, options: ReadOptions) -> Iterator[Opened]:
    """Open a Parquet file, a folder of them, or an Arrow file.

    Raises
    ------
    SourceUnreadable
        If its footer or its pages are broken.
    """
    try:
        file = Columnar(source)
    except (pa.ArrowException, OSError, ValueError, IndexError) as error:
        cut = "magic bytes not found" in str(error)
        raise SourceUnreadable(
            "its end is missing, where Parquet says what its pages are: nothing can be read"
            if cut
            else "it is no columnar file that can be read",
            where=source.path,
            got=str(error),
            mend="Deliver it again: it was cut short." if cut else "",
        ) from error
    try:
        yield _opened(file, source)
    finally:
        file.close()


def _opened(file: Columnar, source: Source) -> Opened:
    schema = file.schema
    about, problems = _about(schema)
    file.problems += problems
    problems = file.problems
    column = _geometry_column(file, about)
    place = None if column is not None else position_of(schema.names)
    encoding, crs = "", None
    origin: _Origin = "none"
    if column is not None:
        encoding, crs, origin = _description(file, about, column)
        native = file.logical(column).startswith(("Geometry", "Geography"))
        if not about and not problems and not native:
            problems.append(
                Problem(
                    "geoparquet-metadata-missing",
                    f"It has no 'geo' metadata; the column {column!r} was taken for the geometry.",
                    hint="Write it as GeoParquet 1.1.",
                )
            )
    elif place is not None and place.shape < 0 and _are_numbers(schema, place):
        crs, origin = (place.crs, "declared") if place.crs else (None, "none")
        if crs is None and place.degrees:
            crs, origin = _CRS84, "assumed"
    else:
        place = None
    others = {
        n: _description(file, about, n)[0]
        for n in schema.names
        if n != column and n in about.get("columns", {})
    }
    hidden = {column, *others, *_coverings(about)}
    fields = tuple(
        (f.name, str(f.type))
        for f in schema
        if f.name not in hidden and not (f.name == "bbox" and pa.types.is_struct(f.type))
    )
    version = about.get("version")
    kind = "Point" if place is not None else _geometry_type(about, column)
    table = Table(
        name=source.file.stem,
        features=file.rows,
        geometry_type=kind,
        crs=crs,
        crs_origin=origin,
        fields=fields,
        bounds=None,
        batches=partial(
            _batches, file, column, encoding, tuple(n for n, _ in fields), place, others
        ),
    )
    title = f"GeoParquet {version}".strip() if about else "Parquet"
    media = "application/vnd.apache.parquet"
    if file.native is None:
        title, media = "Arrow IPC", "application/vnd.apache.arrow.file"
    opened = Opened(title.replace(" None", ""), media, [table], problems=problems)
    said = about.get("columns", {}).get(column, {}) if column is not None else {}
    for name in ("edges", "orientation", "epoch", "bbox"):
        if name in said:
            opened.properties[name] = said[name]
    return opened


def _about(schema: pa.Schema) -> tuple[dict[str, Any], list[Problem]]:
    """Return the ``geo`` metadata; what is no JSON object, or lacks columns, is told."""
    raw = (schema.metadata or {}).get(b"geo")
    if raw is None:
        return {}, []
    try:
        about = json.loads(raw)
    except ValueError:
        about = None
    if isinstance(about, dict) and isinstance(about.get("columns", {}), dict):
        return about, []
    problem = Problem(
        "geoparquet-metadata-broken",
        "Its 'geo' metadata is not what GeoParquet lays down; it was passed over.",
        got=raw[:80].decode("utf-8", "replace"),
    )
    return {}, [problem]


def _coverings(about: dict[str, Any]) -> set[str]:
    """Return the columns that hold boxes of the geometries, and nothing else."""
    found = set()
    for said in about.get("columns", {}).values():
        for path in (said.get("covering", {}).get("bbox", {}) or {}).values():
            found.add(str(path[0]) if isinstance(path, list) and path else "")
    return found


def _are_numbers(schema: pa.Schema, place: Position) -> bool:
    kinds = [schema.field(i).type for i in (place.x, place.y)]
    return all(pa.types.is_floating(k) or pa.types.is_integer(k) for k in kinds)


def _geometry_type(about: dict[str, Any], column: str | None) -> str:
    if column is None:
        return ""
    types = about.get("columns", {}).get(column, {}).get("geometry_types") or []
    return str(types[0]) if len(types) == 1 else "Unknown"


def _geometry_column(file: Columnar, about: dict[str, Any]) -> str | None:
    schema = file.schema
    if about.get("primary_column") in schema.names:
        return str(about["primary_column"])
    for field in schema:
        extension = (field.metadata or {}).get(b"ARROW:extension:name", b"")
        if extension.startswith((b"geoarrow", b"ogc.wkb")) or file.logical(field.name).startswith(
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
    able = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return any(is_so(kind) for is_so in able) or "binary_view" in str(kind)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _description(
    file: Columnar, about: dict[str, Any], column: str
) -> tuple[str, str | None, _Origin]:
    """Return the encoding, the CRS and who said it."""
    said = about.get("columns", {}).get(column)
    field = file.schema.field(column)
    extension = (field.metadata or {}).get(b"ARROW:extension:name", b"").decode("ascii", "replace")
    if said is not None:
        encoding = str(said.get("encoding", "WKB"))
        if "crs" not in said:
            return encoding, _CRS84, "assumed"  # what GeoParquet says of a missing crs
        crs = said["crs"]
        return encoding, None if crs is None else json.dumps(crs), "declared" if crs else "none"
    native = extension.removeprefix("geoarrow.")
    encoding = native if native in TYPES else "WKT" if _is_text(field.type) else "WKB"
    logical = re.fullmatch(r"Ge\w+\(crs=(.*?)(?:, algorithm=\w+)?\)", file.logical(column), re.S)
    if logical is None:
        return encoding, None, "none"
    if srid := re.fullmatch(r"srid:(\d+)", logical[1]):
        return encoding, f"EPSG:{srid[1]}", "assumed"
    if logical[1]:
        return encoding, native_crs(logical[1], file.native.metadata.metadata), "declared"
    return encoding, _CRS84, "assumed"  # what Parquet says of a missing crs


def native_crs(said: str, metadata: dict[bytes, bytes] | None) -> str:
    """Return the CRS of Parquet's geometry type; ``projjson:key`` is in the file's metadata."""
    beside = (metadata or {}).get(said.removeprefix("projjson:").encode())
    return said if beside is None else beside.decode("utf-8", "replace")


def _batches(
    file: Columnar,
    column: str | None,
    encoding: str,
    fields: Sequence[str],
    place: Position | None,
    others: dict[str, str],
    columns: Sequence[str] | None,
) -> Iterator[pa.RecordBatch]:
    names = list(fields) if columns is None else list(columns)
    shapes = {}
    if columns is None:
        shapes = {GEOMETRY: (column, encoding)} if column is not None else {}
        shapes |= {f"{GEOMETRY}{n}": (n, e) for n, e in others.items()}
    for batch in file.batches([*names, *(n for n, _ in shapes.values() if n)]):
        rows = pa.Table.from_batches([batch])
        given = rows.select(names)
        for name, (own, how) in shapes.items():
            wkb = to_wkb(rows.column(own).combine_chunks(), how)
            given = given.append_column(name, wkb)
        if place is not None and columns is None:
            given = given.append_column(GEOMETRY, points(rows, place, file.schema.names))
        yield from given.combine_chunks().to_batches()
