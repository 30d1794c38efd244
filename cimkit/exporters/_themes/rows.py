"""The features that a theme draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.errors import UsageError
from cimkit.exporters._objects import quoted
from cimkit.exporters._themes.theme import Theme
from cimkit.tiles.maps import EDGE

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport

__all__ = ["theme_rows"]

_TIMEOUT_S = 600.0
_DIMENSION = {"point": ("POINT", 1), "line": ("LINESTRING", 2), "polygon": ("POLYGON", 3)}


def theme_rows(selection: Selection, theme: Theme, report: ExportReport) -> pa.Table:
    """Return the rows of a theme: object_id, value, further columns, geometry (WKB, CRS84).

    The query runs in the sandbox that analysts' queries run in, over all objects; of its answer
    those rows stay whose objects are selected. All geometries are multiple; of collections the
    parts of the theme's kind are taken.

    Raises
    ------
    UsageError
        If the query does not answer object_id, geometry and value.
    QueryError
        If it is refused.
    """
    from cimkit.catalog import query

    told = query(selection.catalog, theme.sql, as_of=selection.version, timeout_s=_TIMEOUT_S)
    missing = {"object_id", "geometry", "value"} - set(told.column_names)
    if missing:
        raise UsageError(
            f"the query of the theme {theme.id} does not answer {', '.join(sorted(missing))}",
            got=", ".join(told.column_names),
            expected="object_id, geometry, value",
        )
    others = [c for c in told.column_names if c not in ("object_id", "value", "geometry")]
    kind, part = _DIMENSION[theme.geometry]
    plain = told.set_column(
        told.column_names.index("geometry"),
        "geometry",
        pa.chunked_array([_storage(c) for c in told["geometry"].chunks], pa.binary()),
    )
    rows = selection.fetch(
        f"""WITH given AS (
            SELECT * REPLACE (ST_GeomFromWKB(geometry) AS geometry) FROM theme_rows
        ), mine AS (
            SELECT g.* REPLACE (CASE WHEN ST_GeometryType(g.geometry)::VARCHAR LIKE '%COLLECTION'
                THEN ST_CollectionExtract(g.geometry, {part}) ELSE g.geometry END AS geometry)
            FROM given g SEMI JOIN selected s USING (object_id)
        )
        SELECT object_id, value, {"".join(f"{quoted(c)}, " for c in others)}
            ST_AsWKB(ST_Multi(geometry)) AS geometry
        FROM mine
        WHERE ST_GeometryType(geometry)::VARCHAR LIKE '%{kind}' AND NOT ST_IsEmpty(geometry)
            AND ST_XMin(geometry) >= -180 AND ST_XMax(geometry) <= 180
            AND ST_YMin(geometry) >= -{EDGE} AND ST_YMax(geometry) <= {EDGE}
        ORDER BY ST_Hilbert(ST_X(ST_Centroid(geometry)), ST_Y(ST_Centroid(geometry)),
            ST_Extent(ST_MakeEnvelope(-180, -90, 180, 90))), object_id, value""",
        theme_rows=plain,
    )
    allowed = selection.fetch(
        "SELECT count(*) AS n FROM theme_rows SEMI JOIN selected USING (object_id)",
        theme_rows=plain,
    )["n"][0].as_py()
    report.leave(f"{theme.id}: no {theme.geometry} on the map", allowed - rows.num_rows)
    return pa.table([_plain(rows[name]) for name in rows.column_names], names=rows.column_names)


def _storage(chunk: pa.Array) -> pa.Array:
    held = chunk.storage if isinstance(chunk, pa.ExtensionArray) else chunk
    return held.cast(pa.binary())


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals and wide integers as a map has them."""
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64())
    if pa.types.is_integer(column.type):
        return column.cast(pa.int64())
    if pa.types.is_binary(column.type) or pa.types.is_string(column.type):
        return column
    if pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
        return column
    if isinstance(column.type, pa.BaseExtensionType):
        return pa.chunked_array([_storage(c) for c in column.chunks], pa.binary())
    return column.cast(pa.string())
