"""Rows as a loader would have staged them."""

from __future__ import annotations

from pathlib import Path

from cimkit.catalog._lake import literal, open_database

_ROWS = """
    SELECT 'street_lamp' AS source_layer, 'L' || i AS source_key, 'field' AS key_origin,
        'street_lamp' AS source_class, 'gis' AS kind, NULL::VARCHAR AS parent_key,
        'lamp ' || i AS name, ST_AsWKB(ST_Point(x, y)) AS geometry,
        {'xmin': x, 'ymin': y, 'xmax': x, 'ymax': y} AS bbox, NULL::DOUBLE AS z_min,
        NULL::DOUBLE AS z_max, NULL::DOUBLE AS height, NULL::DOUBLE AS area_m2,
        NULL::DOUBLE AS length_m, 'file' AS position_origin, NULL::VARCHAR AS lifecycle,
        NULL::TIMESTAMPTZ AS observed, NULL::TIMESTAMPTZ AS valid_from,
        NULL::TIMESTAMPTZ AS valid_to,
        '{"ObjName": "lamp ' || i || '", "class": "0118", "ObjState": "01"}' AS properties,
        md5(i::VARCHAR) AS content_hash, 'row ' || i AS place
    FROM (SELECT i, 106.44 + hash(i) % 120000 / 1e6 AS x, 29.52 + hash(-i) % 100000 / 1e6 AS y
        FROM range(?) t(i))
"""


def staged_rows(folder: Path, rows: int) -> Path:
    """Write ``objects.parquet`` with street lamps all over the fictional city."""
    folder.mkdir(parents=True)
    file = folder / "objects.parquet"
    con = open_database()
    con.execute(f"CREATE TABLE made AS {_ROWS}", [rows])
    con.execute(f"COPY made TO {literal(file)} (COMPRESSION zstd)")
    con.close()
    return file
