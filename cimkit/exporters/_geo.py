"""What makes a table of WKB a GeoParquet file."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

__all__ = ["TYPES", "geometry_column", "geoparquet_metadata", "with_boxes"]

TYPES = {
    0: "Point", 1: "LineString", 2: "LineString", 3: "Polygon", 4: "MultiPoint",
    5: "MultiLineString", 6: "MultiPolygon", 7: "GeometryCollection",
}  # fmt: skip
"""Names by the type ids of shapely."""


def geometry_column(table: pa.Table) -> str | None:
    """Return the name of the column that holds WKB geometry, or None."""
    for field in table.schema:
        tag = (field.metadata or {}).get(b"ARROW:extension:name", b"")
        tag = tag or getattr(field.type, "extension_name", "").encode()
        if tag == b"geoarrow.wkb":
            return str(field.name)
    if "geometry" in table.column_names and pa.types.is_binary(table.schema.field("geometry").type):
        return "geometry"
    return None


def geoparquet_metadata(column: str, types: list[str], bounds: list[float], bbox: bool) -> bytes:
    """Return the value of the Parquet key ``geo`` (GeoParquet 1.1.0; no CRS said means CRS84)."""
    said: dict[str, Any] = {"encoding": "WKB", "geometry_types": types, "bbox": bounds}
    if not bounds:
        del said["bbox"]
    if bbox:
        said["covering"] = {
            "bbox": {side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")}
        }
    geo = {"version": "1.1.0", "primary_column": column, "columns": {column: said}}
    return json.dumps(geo, separators=(",", ":")).encode()


def with_boxes(table: pa.Table, column: str) -> pa.Table:
    """Return a table with the column ``bbox`` that GeoParquet 1.1 calls a covering."""
    import numpy as np
    import shapely

    bounds = shapely.bounds(shapely.from_wkb(table[column].to_numpy())).reshape(-1, 4)
    nowhere = np.isnan(bounds[:, 0])
    boxes = pa.StructArray.from_arrays(
        [pa.array(bounds[:, i], pa.float64(), mask=nowhere) for i in range(4)],
        names=["xmin", "ymin", "xmax", "ymax"],
        mask=pa.array(nowhere),
    )
    i = table.column_names.index(column)
    table = table.set_column(i, pa.field(column, pa.binary()), table[column])
    return table.append_column("bbox", boxes)
