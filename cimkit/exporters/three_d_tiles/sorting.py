"""Which layer of the tileset an object belongs to, and the columns that go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport

__all__ = ["TITLES", "features", "hold_sorted", "number", "sort_out", "texts"]

Reals = npt.NDArray[np.float64]

TITLES = {
    "terrain": ("Terrain", "地形", "地形"),
    "buildings": ("Buildings", "建筑", "建物"),
    "bim": ("BIM elements", "BIM 构件", "BIM 要素"),
    "citymodel": ("City models", "城市模型", "都市モデル"),
    "areas": ("Areas", "面", "面"),
    "lines": ("Roads and pipes", "道路与管线", "道路・管路"),
    "points": ("Facilities", "部件设施", "施設"),
    "photos": ("Photographs", "照片", "写真"),
    "pointclouds": ("Point clouds", "点云", "点群"),
}
"""Layers in the order of the tileset: title in English, Chinese, Japanese."""

_HIGHEST = 20_000.0
_TALLEST = 10_000.0
# The height that a picture states is that of its own pixels.
_HEIGHT = """CASE WHEN s.kind IN ('imagery', 'raster') THEN s.height ELSE coalesce(s.height,
    TRY_CAST(json_extract_string(s.properties, '$.height') AS DOUBLE)) END"""
_BASE = "coalesce(s.z_min, TRY_CAST(json_extract_string(s.properties, '$.base_z') AS DOUBLE))"
_OFF_EARTH = " OR ".join(
    f"NOT (isfinite({z}) AND abs({z}) <= {_HIGHEST})" for z in ("base", "z_max")
)
_LAYER = f"""CASE
    WHEN kind = 'pointcloud' THEN 'pointclouds'
    WHEN kind = 'raster' AND source_class NOT IN ('dem', 'orthophoto')
        THEN 'left out: raster that is neither terrain nor imagery'
    WHEN kind = 'raster' AND shape IS NOT NULL THEN 'terrain'
    WHEN {_OFF_EARTH} OR (kind <> 'imagery' AND NOT (isfinite(height) AND height <= {_TALLEST}))
        THEN 'left out: height is not on the earth'
    WHEN kind = 'bim' THEN kind
    WHEN kind <> 'citymodel' AND shape IS NULL THEN 'left out: not placed'
    WHEN NOT (bbox.xmin BETWEEN -180 AND 180 AND bbox.xmax BETWEEN -180 AND 180
        AND bbox.ymin BETWEEN -90 AND 90 AND bbox.ymax BETWEEN -90 AND 90)
        THEN 'left out: place is not on the earth'
    WHEN kind = 'citymodel' THEN kind
    WHEN kind = 'imagery' THEN 'photos'
    WHEN shape LIKE '%POLYGON' THEN CASE WHEN height > 0 THEN 'buildings' ELSE 'areas' END
    WHEN shape LIKE '%LINESTRING' THEN 'lines'
    WHEN shape LIKE '%POINT' THEN 'points'
    ELSE 'left out: geometry collection' END"""
# Looks into each object's geometry and properties once.
_SORTED = f"""SELECT object_id, item_id, parent_id, kind, class_code, level, bbox, base, z_max,
    height, {_LAYER} AS layer
FROM (SELECT object_id, item_id, parent_id, kind, class_code, level, source_class, bbox, z_max,
    {_BASE} AS base, {_HEIGHT} AS height, ST_GeometryType(geometry)::VARCHAR AS shape
    FROM selected s)"""


def hold_sorted(selection: Selection) -> None:
    """Hold the objects of a selection as ``sorted_objects``: a row each, without its geometry.

    Columns: ``object_id``, ``item_id``, ``parent_id``, ``kind``, ``class_code``, ``level``,
    ``bbox``, ``base`` and ``z_max`` (metres in the source's datum), ``height`` (metres), and
    ``layer``: a layer's name, or why there is none (``left out: ...``).
    """
    selection.hold("sorted_objects", _SORTED)


def features(selection: Selection, layer: str, extra: str = "", order: str = "") -> pa.Table:
    """Return the objects of a layer with the columns of their property table.

    ``extra`` are more SQL expressions over ``selected s``; ``wkb`` is the CRS84 geometry.
    """
    hold_sorted(selection)
    more = "".join(f", {columns}" for columns in (selection.columns, extra) if columns)
    return selection.fetch(
        f"""SELECT s.object_id, s.class_code, n.name_en AS class_name, s.asset_code, s.name,
        s.level, s.kind, s.path AS source, s.source_class, s.source_key,
        l.base AS z_min, l.height, s.item_id, s.vertical_datum{more}
        FROM selected s JOIN sorted_objects l ON l.object_id = s.object_id
        LEFT JOIN class_names n ON n.code = s.class_code
        WHERE l.layer = '{layer}' ORDER BY {order}s.object_id"""
    )


def sort_out(selection: Selection, report: ExportReport) -> set[str]:
    """Count the objects that no layer takes, and return the layers that there are."""
    hold_sorted(selection)
    found = selection.fetch(
        "SELECT layer, count(*) AS n FROM sorted_objects GROUP BY 1 ORDER BY 1"
    ).to_pylist()
    for row in found:
        if row["layer"].startswith("left out: "):
            report.leave(row["layer"].removeprefix("left out: "), row["n"])
    return {row["layer"] for row in found}


def number(table: pa.Table, name: str) -> Reals:
    """A column as float64, NaN for NULL."""
    column = table[name].cast(pa.float64()).to_numpy()
    return np.array(column, dtype=np.float64)


def texts(table: pa.Table, name: str) -> npt.NDArray[np.object_]:
    """A column of text as an array, None for NULL."""
    return np.array(table[name].to_pylist(), dtype=object)
