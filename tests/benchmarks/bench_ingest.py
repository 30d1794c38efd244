"""The coordinator against the floor: ingest of staged rows, and a plain copy of the same Parquet.

python tests/benchmarks/bench_ingest.py [ROWS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from cimkit.catalog import create, ingest_staged
from cimkit.catalog._lake import literal, open_database
from cimkit.loaders import Staged
from cimkit.model import Asset, Declaration

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


def main(rows: int = 1_300_000) -> None:
    """Print seconds and the ratio."""
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp) / "staged"
        folder.mkdir()
        file = folder / "objects.parquet"
        con = open_database()
        con.execute(f"CREATE TABLE made AS {_ROWS}", [rows])
        con.execute(f"COPY made TO {literal(file)} (COMPRESSION zstd)")
        con.execute("DROP TABLE made")
        began = time.monotonic()
        con.execute(f"ATTACH {literal(Path(temp) / 'floor.db')} AS floor")
        con.execute(f"CREATE TABLE floor.copy AS FROM read_parquet({literal(file)})")
        floor = time.monotonic() - began
        con.close()
        for standard in (None, "city.linjiang"):
            catalog = create(Path(temp) / f"catalog-{standard}", standard=standard)
            staged = Staged(Asset("lamp.shp", kind="gis", sha256="1"), folder, False, Declaration())
            for what in ("first", "again, one layer renamed"):
                began = time.monotonic()
                report = ingest_staged(catalog, [staged], root=Path("/delivered"))
                took = time.monotonic() - began
                print(
                    f"{rows} rows, standard {standard}, {what}: {took:.1f} s, {took / floor:.1f} "
                    f"times a copy ({floor:.1f} s); {report.objects}, coded {report.coded}"
                )
                staged = Staged(
                    Asset("l.shp", kind="gis", sha256="2"), folder, False, Declaration()
                )


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
