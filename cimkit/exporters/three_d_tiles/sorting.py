"""Which layer of the tileset an object belongs to, and the columns that go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport

__all__ = ["BASE", "HEIGHT", "LAYER", "TITLES", "features", "number", "sort_out", "texts"]

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

# The height that a picture states is that of its own pixels.
HEIGHT = """CASE WHEN s.kind IN ('imagery', 'raster') THEN s.height ELSE coalesce(s.height,
    TRY_CAST(json_extract_string(s.properties, '$.height') AS DOUBLE)) END"""
BASE = "coalesce(s.z_min, TRY_CAST(json_extract_string(s.properties, '$.base_z') AS DOUBLE))"
LAYER = f"""CASE
    WHEN s.kind IN ('bim', 'citymodel') THEN s.kind
    WHEN s.kind = 'pointcloud' THEN 'pointclouds'
    WHEN s.kind = 'raster' AND s.source_class NOT IN ('dem', 'orthophoto')
        THEN 'left out: raster that is neither terrain nor imagery'
    WHEN s.kind = 'raster' AND s.geometry IS NOT NULL THEN 'terrain'
    WHEN s.geometry IS NULL THEN 'left out: not placed'
    WHEN NOT (s.bbox.xmin BETWEEN -180 AND 180 AND s.bbox.xmax BETWEEN -180 AND 180
        AND s.bbox.ymin BETWEEN -90 AND 90 AND s.bbox.ymax BETWEEN -90 AND 90)
        THEN 'left out: place is not on the earth'
    WHEN s.kind = 'imagery' THEN 'photos'
    WHEN ST_GeometryType(s.geometry)::VARCHAR LIKE '%POLYGON'
        THEN CASE WHEN {HEIGHT} > 0 THEN 'buildings' ELSE 'areas' END
    WHEN ST_GeometryType(s.geometry)::VARCHAR LIKE '%LINESTRING' THEN 'lines'
    WHEN ST_GeometryType(s.geometry)::VARCHAR LIKE '%POINT' THEN 'points'
    ELSE 'left out: geometry collection' END"""
"""SQL over ``selected s``: a layer's name, or the reason why there is none."""


def features(selection: Selection, layer: str, extra: str = "", order: str = "") -> pa.Table:
    """Return the objects of a layer with the columns of their property table.

    ``extra`` are more SQL expressions over ``selected s``; ``wkb`` is the CRS84 geometry.
    """
    more = "".join(f", {columns}" for columns in (selection.columns, extra) if columns)
    return selection.fetch(
        f"""SELECT s.object_id, s.class_code, n.name_en AS class_name, s.asset_code, s.name,
        s.level, s.kind, s.path AS source, s.source_class, s.source_key,
        {BASE} AS z_min, {HEIGHT} AS height, s.item_id, s.vertical_datum{more}
        FROM selected s LEFT JOIN class_names n ON n.code = s.class_code
        WHERE {LAYER} = '{layer}' ORDER BY {order}s.object_id"""
    )


def sort_out(selection: Selection, report: ExportReport) -> set[str]:
    """Count the objects that no layer takes, and return the layers that there are."""
    found = selection.fetch(
        f"SELECT {LAYER} AS layer, count(*) AS n FROM selected s GROUP BY 1 ORDER BY 1"
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
