"""Geometry columns of columnar files as WKB: WKB, WKT, GeoArrow's nested lists, plain numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from cimkit.errors import SourceUnreadable
from cimkit.geometry.vector import write_wkb
from cimkit.loaders.vector.columns import Position

__all__ = ["TYPES", "points", "to_wkb"]

TYPES = {
    "point": shapely.GeometryType.POINT,
    "linestring": shapely.GeometryType.LINESTRING,
    "polygon": shapely.GeometryType.POLYGON,
    "multipoint": shapely.GeometryType.MULTIPOINT,
    "multilinestring": shapely.GeometryType.MULTILINESTRING,
    "multipolygon": shapely.GeometryType.MULTIPOLYGON,
}
"""GeoArrow's encodings."""


def points(rows: pa.Table, place: Position, names: list[str]) -> pa.Array:
    """Make points of two or three columns of numbers."""
    axes = [
        np.asarray(rows.column(names[i]).cast(pa.float64()).combine_chunks().fill_null(np.nan))
        for i in (place.x, place.y, place.z)
        if i >= 0
    ]
    shapes: npt.NDArray[np.object_] = np.full(rows.num_rows, None, dtype=object)
    flat = np.isfinite(axes[0]) & np.isfinite(axes[1])
    shapes[flat] = shapely.points(axes[0][flat], axes[1][flat])
    if len(axes) == 3:
        solid = flat & np.isfinite(axes[2])
        shapes[solid] = shapely.points(*(axis[solid] for axis in axes))
    return write_wkb(shapes)


def to_wkb(column: pa.Array, encoding: str) -> pa.Array:
    """Return a column of geometries in the named encoding as WKB."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if encoding.upper() == "WKB":
        if pa.types.is_fixed_size_binary(column.type):
            return pa.array(column.to_pylist(), pa.binary())
        return column.cast(pa.binary())
    if encoding == "WKT":
        return write_wkb(shapely.from_wkt(column.to_pylist(), on_invalid="ignore"))
    if encoding not in TYPES:
        raise SourceUnreadable("its geometry has an encoding nobody knows", got=encoding)
    return write_wkb(_from_geoarrow(column, TYPES[encoding]))


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
