"""Areas that people draw, as GeoJSON: districts and jurisdictions."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa

from cimkit.checks._context_tables import CONTEXT
from cimkit.errors import UsageError

__all__ = ["read_areas"]

_NAMES = ("name", "Name", "NAME", "district", "名称", "区名", "名前", "区名称")


def read_areas(file: Path, *, named: bool) -> pa.Table:
    """Return the polygons of a GeoJSON file (longitude and latitude).

    Parameters
    ----------
    file
        A FeatureCollection, a Feature or a geometry.
    named
        Whether each must have a name.

    Returns
    -------
    pa.Table
        As the table ``districts`` of a context package, in the order of the names.

    Raises
    ------
    UsageError
        If it is no such file, or a polygon is not valid or lies outside of the world.
    """
    import shapely

    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
        features = document.get("features", [document])
        shapes = shapely.from_geojson([json.dumps(f.get("geometry", f)) for f in features])
    except (OSError, ValueError, AttributeError, TypeError, shapely.GEOSException) as error:
        raise UsageError(
            f"no GeoJSON with areas: {error}", where=str(file), expected="polygons in EPSG:4326"
        ) from error
    rows = []
    for number, (feature, shape) in enumerate(zip(features, shapes, strict=True), 1):
        said = feature.get("properties") or {}
        name = next((str(said[n]) for n in _NAMES if said.get(n)), "")
        where = f"{file}, feature {number}"
        if named and not name:
            raise UsageError(
                "a district without a name", where=where, expected=f"a property {_NAMES[0]}"
            )
        x0, y0, x1, y1 = (-1.0, -1.0, -1.0, -1.0) if shape is None else shape.bounds or (0.0,) * 4
        area = shape is not None and shape.geom_type in ("Polygon", "MultiPolygon")
        if (
            not area
            or not shape.is_valid
            or not (-180 <= x0 <= x1 <= 180 and -90 <= y0 <= y1 <= 90)
        ):
            raise UsageError("no valid area in degrees", where=where, expected="a polygon")
        rows.append({"name": name, "geometry": shapely.to_wkb(shape, byte_order=1)})
    rows.sort(key=lambda row: (row["name"], row["geometry"]))
    return pa.Table.from_pylist(rows, schema=CONTEXT["districts"])
