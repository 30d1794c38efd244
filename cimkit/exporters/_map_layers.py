"""Objects as the layers of a map: named as those of the tileset, one kind of geometry each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.exporters._attributes import Attribute
from cimkit.tiles.maps import EDGE, MapLayer, spool

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection
    from cimkit.exporters._spec import ExportReport

__all__ = ["COLUMNS", "TITLES", "map_layers"]

TITLES = {
    "rasters": ("Rasters", "栅格", "ラスタ"),
    "pointclouds": ("Point clouds", "点云", "点群"),
    "areas": ("Areas", "面", "面"),
    "buildings": ("Buildings", "建筑", "建物"),
    "citymodel": ("City models", "城市模型", "都市モデル"),
    "bim": ("BIM elements", "BIM 构件", "BIM 要素"),
    "lines": ("Roads and pipes", "道路与管线", "道路・管路"),
    "points": ("Facilities", "部件设施", "施設"),
    "photos": ("Photographs", "照片", "写真"),
}
"""Layers from the lowest to the highest: title in English, Chinese, Japanese."""

_HEIGHT = "coalesce(s.height, TRY_CAST(json_extract_string(s.properties, '$.height') AS DOUBLE))"
COLUMNS: dict[str, tuple[str, pa.DataType]] = {
    "object_id": ("s.object_id", pa.string()),
    "class_code": ("s.class_code", pa.string()),
    "class_zh": ("n.name_zh", pa.string()),
    "class_ja": ("n.name_ja", pa.string()),
    "class_en": ("n.name_en", pa.string()),
    "asset_code": ("s.asset_code", pa.string()),
    "level": ("s.level", pa.string()),
    "name": ("s.name", pa.string()),
    "height": (_HEIGHT, pa.float64()),
}
"""Properties that all features have: SQL over ``selected s`` and ``class_names n``, and type."""

_BY_KIND = "CASE s.kind WHEN 'bim' THEN 'bim' WHEN 'citymodel' THEN 'citymodel' " \
    "WHEN 'pointcloud' THEN 'pointclouds' WHEN 'raster' THEN 'rasters' " \
    "WHEN 'imagery' THEN 'photos' END"  # fmt: skip
# A collection is drawn as each of the kinds it holds.
_SORTED = f"""
CREATE OR REPLACE TEMP TABLE on_the_map AS
SELECT object_id, coalesce({_BY_KIND}, CASE dimension WHEN 2
        THEN CASE WHEN {_HEIGHT} > 0 THEN 'buildings' ELSE 'areas' END
        WHEN 1 THEN 'lines' ELSE 'points' END) AS layer, dimension,
    ST_Hilbert((bbox.xmin + bbox.xmax) / 2, (bbox.ymin + bbox.ymax) / 2,
        ST_Extent(ST_MakeEnvelope(-180, -90, 180, 90))) AS curve
FROM (
    SELECT s.*, unnest(CASE
        WHEN ST_GeometryType(geometry)::VARCHAR LIKE '%COLLECTION' THEN [2, 1, 0]
        WHEN ST_GeometryType(geometry)::VARCHAR LIKE '%POLYGON' THEN [2]
        WHEN ST_GeometryType(geometry)::VARCHAR LIKE '%LINESTRING' THEN [1] ELSE [0] END
    ) AS dimension
    FROM selected s WHERE {{placed}}
) s WHERE ST_GeometryType(geometry)::VARCHAR NOT LIKE '%COLLECTION'
    OR NOT ST_IsEmpty(ST_CollectionExtract(geometry, dimension + 1))
"""
_PLACED = f"""geometry IS NOT NULL AND NOT ST_IsEmpty(geometry)
    AND bbox.xmin BETWEEN -180 AND 180 AND bbox.xmax BETWEEN -180 AND 180
    AND bbox.ymin BETWEEN -{EDGE} AND {EDGE} AND bbox.ymax BETWEEN -{EDGE} AND {EDGE}"""
_BATCH = 20_000


def map_layers(
    selection: Selection,
    asked: Sequence[Attribute],
    folder: Path,
    report: ExportReport,
    only: Sequence[str] = (),
) -> list[MapLayer]:
    """Return the layers that have features; what no map can show is counted in the report.

    Parameters
    ----------
    selection : Selection
        An open selection.
    asked : sequence of Attribute
        Properties beside `COLUMNS`.
    folder : Path
        For the rows, which stay there while the layers are in use.
    report : ExportReport
        Counts objects by layer, and what is left out.
    only : sequence of str
        Layers to draw; () for all.
    """
    lost = selection.fetch(
        f"SELECT count(*) FILTER (geometry IS NULL OR ST_IsEmpty(geometry)) AS nowhere, "
        f"count(*) FILTER (geometry IS NOT NULL AND NOT ({_PLACED})) AS off FROM selected"
    ).to_pylist()[0]
    report.leave("not placed", lost["nowhere"])
    report.leave("place is not on the map (Web Mercator ends at 85.05°)", lost["off"])
    selection.con.execute(_SORTED.format(placed=_PLACED))
    columns = {**COLUMNS, **{a.name: (a.sql, a.type) for a in asked}}
    schema = pa.schema(
        [*((n, kind) for n, (_, kind) in columns.items()), ("geometry", pa.binary())]
    )
    told = ", ".join(f"{sql} AS {_name(name)}" for name, (sql, _) in columns.items())
    counts = selection.fetch(
        "SELECT layer, count(*) AS n FROM on_the_map GROUP BY layer ORDER BY layer"
    )
    found = {row["layer"]: row["n"] for row in counts.to_pylist()}
    layers = []
    for layer in TITLES:
        if layer not in found:
            continue
        if only and layer not in only:
            report.leave("of another layer", found[layer])
            continue
        reader = selection.con.execute(
            f"""SELECT {told}, ST_AsWKB(CASE
                WHEN ST_GeometryType(s.geometry)::VARCHAR LIKE '%COLLECTION'
                THEN ST_CollectionExtract(s.geometry, m.dimension + 1) ELSE s.geometry END)
                AS geometry
            FROM on_the_map m JOIN selected s USING (object_id)
            LEFT JOIN class_names n ON n.code = s.class_code
            WHERE m.layer = '{layer}' ORDER BY m.curve, s.object_id, m.dimension"""
        ).to_arrow_reader(_BATCH)
        rows = spool(
            folder / f"{layer}.arrow",
            schema,
            (
                pa.RecordBatch.from_arrays(
                    [c.cast(f.type) for c, f in zip(batch.columns, schema, strict=True)],
                    schema=schema,
                )
                for batch in reader
            ),
        )
        layers.append(MapLayer(layer, rows, " / ".join(dict.fromkeys(TITLES[layer]))))
        report.counts[layer] = found[layer]
    return layers


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
