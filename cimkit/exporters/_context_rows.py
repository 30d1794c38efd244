"""What a city says of itself in a context package: one question for each table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cimkit.checks._context_tables import CONTEXT
from cimkit.exporters._select import ACCESS

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["city_tables"]

# A definition in words may be the parameters of a city's own grid: only public names leave.
_PUBLIC = "CASE WHEN regexp_full_match({0}, '(EPSG|OGC):[A-Za-z0-9]+') THEN {0} END"
_KINDS = "('bim', 'imagery', 'mesh', 'pointcloud', 'raster')"

# Whose object is no more has the access it had last; if that is not known it stays here.
_CODES = """
WITH gone AS (
    SELECT object_id, arg_max({rank_object}, snapshot_id) AS own,
           arg_max(item_id, snapshot_id) AS item_id, arg_max(dataset_id, snapshot_id) AS dataset_id
    FROM ducklake_table_deletions('lake', 'main', 'objects', 1, {version}) GROUP BY object_id
), item_rank AS (
    SELECT item_id, max({rank_object}) AS rank FROM (
        SELECT item_id, access FROM items
        UNION ALL
        SELECT item_id, access FROM ducklake_table_deletions('lake', 'main', 'items', 1, {version}))
    GROUP BY item_id
), owner AS (
    SELECT object_id, {rank_object} AS own, item_id, dataset_id, source_key, true AS here
    FROM objects
    UNION ALL
    SELECT object_id, own, item_id, dataset_id, NULL, false
    FROM gone ANTI JOIN objects USING (object_id)
)
SELECT c.asset_code, c.scope, c.class_code,
       CASE WHEN o.here THEN c.object_id END AS object_id,
       CASE WHEN o.here THEN o.dataset_id END AS dataset_id, o.source_key,
       CASE WHEN o.object_id IS NULL THEN 2 ELSE
            greatest(o.own, coalesce(i.rank, 0), coalesce({rank_dataset}, 0)) END AS rank
FROM codes c LEFT JOIN owner o USING (object_id) LEFT JOIN item_rank i USING (item_id)
    LEFT JOIN datasets d ON d.dataset_id = o.dataset_id
"""
_RANK = "CASE {0} WHEN 'internal' THEN 1 WHEN 'secret' THEN 2 ELSE 0 END"

_OBJECTS = """
SELECT object_id, dataset_id, kind, source_layer, source_key, class_code, asset_code, level,
       coalesce(s.district, in_district.name) AS district, lifecycle, content_hash,
       (bbox.xmin + bbox.xmax) / 2 AS x, (bbox.ymin + bbox.ymax) / 2 AS y, z_min, height,
       area_m2, length_m
FROM selected s LEFT JOIN in_district USING (object_id) ORDER BY object_id
"""
_DISTRICTS = """
CREATE OR REPLACE TEMP TABLE in_district AS
SELECT object_id, min(name) AS name
FROM (SELECT object_id, ST_Point((bbox.xmin + bbox.xmax) / 2, (bbox.ymin + bbox.ymax) / 2) AS point
      FROM selected WHERE bbox IS NOT NULL) JOIN
     (SELECT name, ST_GeomFromWKB(geometry) AS area FROM districts_given)
     ON ST_Intersects(area, point)
GROUP BY object_id
"""
_PLAIN = {
    "datasets": f"""
        SELECT d.dataset_id, any_value(d.name) AS name, any_value(d.owner) AS owner,
               any_value(d.licence) AS licence, any_value(d.standard) AS standard,
               any_value(d.horizontal_accuracy_m) AS horizontal_accuracy_m,
               any_value(d.vertical_accuracy_m) AS vertical_accuracy_m, count(*) AS objects
        FROM datasets d JOIN selected s USING (dataset_id)
        WHERE {_RANK.format("d.access")} <= {{rank}} GROUP BY d.dataset_id ORDER BY d.dataset_id""",
    "counts": """
        SELECT dataset_id, kind, class_code, district, count(*) AS objects,
               sum(area_m2) AS area_m2, sum(length_m) AS length_m
        FROM city_objects GROUP BY ALL ORDER BY ALL""",
    "footprints": """
        SELECT object_id, dataset_id, kind, class_code, z_min, height, bbox,
               ST_AsWKB(geometry)::BLOB AS geometry
        FROM selected WHERE kind IN ('gis', 'citymodel') AND parent_id IS NULL
            AND ST_GeometryType(geometry)::VARCHAR IN ('POLYGON', 'MULTIPOLYGON')
        ORDER BY object_id""",
    "coverage": f"""
        SELECT dataset_id, kind, bbox, ST_AsWKB(geometry)::BLOB AS geometry FROM selected_items
        WHERE status = 'ok' AND kind IN {_KINDS} AND geometry IS NOT NULL
        ORDER BY kind, path""",
    "dem": f"""
        SELECT path, NULL::VARCHAR AS file, size, sha256, {_PUBLIC.format("crs")} AS crs,
               {_PUBLIC.format("vertical_datum")} AS vertical_datum, bbox
        FROM selected_items WHERE status = 'ok' AND kind = 'raster'
            AND json_extract_string(properties, '$.class') = 'dem'
        ORDER BY path""",
}


def city_tables(
    selection: Selection, districts: pa.Table
) -> tuple[dict[str, pa.Table], dict[str, dict[str, int]]]:
    """Return the tables of a package but jurisdiction, and what of them was withheld.

    Parameters
    ----------
    selection
        The objects it is about. Codes are those of the whole catalogue, whatever was selected.
    districts
        As the table ``districts`` of `CONTEXT`; may be empty.

    Returns
    -------
    tables
        By name, in an order that depends on the version of the catalogue alone.
    withheld
        By table and access level, how many rows stayed behind.
    """
    con = selection.con
    found: dict[str, pa.Table] = {"districts": districts}
    con.register("districts_given", districts)
    con.execute(_DISTRICTS)
    con.unregister("districts_given")
    found["objects"] = _cast("objects", selection.fetch(_OBJECTS))
    sql = _CODES.format(
        version=selection.version,
        rank_object=_RANK.format("access"),
        rank_dataset=_RANK.format("d.access"),
    )
    codes = selection.fetch(f"FROM ({sql}) ORDER BY asset_code")
    for name, text in _PLAIN.items():
        asked = text.format(rank=selection.rank)
        found[name] = _cast(name, selection.fetch(asked, city_objects=found["objects"]))
    found["codes"] = _cast("codes", codes.filter(pc.field("rank") <= selection.rank))
    withheld = {"objects": selection.withheld(), "items": selection.withheld_items()}
    kept = codes["rank"].to_pylist()
    withheld["codes"] = {
        level: kept.count(rank)
        for rank, level in enumerate(ACCESS)
        if rank > selection.rank and kept.count(rank)
    }
    return found, {name: levels for name, levels in withheld.items() if levels}


def _cast(name: str, rows: pa.Table) -> pa.Table:
    """Return rows with the very schema of a table, without what the query says of its columns."""
    schema = CONTEXT[name]
    return pa.table({f.name: rows[f.name].cast(f.type) for f in schema}, schema=schema)
