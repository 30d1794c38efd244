"""A question about a quarter of a kilometre against the same over the whole city.

python tests/benchmarks/bench_query.py [ROWS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from made import staged_rows
from meter import measure, show

from cimkit.catalog import create, ingest_staged, query
from cimkit.loaders import Staged
from cimkit.model import Asset, Declaration

_BOX = "bbox.xmin < 106.505 AND bbox.xmax > 106.495 AND bbox.ymin < 29.575 AND bbox.ymax > 29.565"
_QUESTIONS = {
    "full scan: all columns, 10 best by name": "FROM objects ORDER BY name LIMIT 10",
    "bbox 1 km²: all columns, 10 best by name": f"FROM objects WHERE {_BOX} ORDER BY name LIMIT 10",
    "ST_Intersects alone (never pruned)": "FROM objects WHERE ST_Intersects(geometry, "
    "ST_MakeEnvelope(106.495, 29.565, 106.505, 29.575)) ORDER BY name LIMIT 10",
}


def main(rows: int = 300_000, times: int = 5) -> None:
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp) / "staged"
        staged_rows(folder, rows)
        catalog = create(Path(temp) / "catalog", standard="city.linjiang")
        asset = Asset("lamp.shp", kind="gis", sha256="1")
        ingest_staged(
            catalog, [Staged(asset, folder, False, Declaration())], root=Path("/delivered")
        )
        steps = []
        with catalog.connect() as con:
            for what, sql in _QUESTIONS.items():
                con.execute(f"SELECT * {sql}").fetchall()

                def ask(sql: str = sql) -> None:
                    for _ in range(times):
                        assert len(con.execute(f"SELECT * {sql}").fetchall()) == 10

                steps.append(measure(what, ask)[0])
        sql = "SELECT * " + _QUESTIONS["bbox 1 km²: all columns, 10 best by name"]
        sandboxed = measure("the bbox question in a sandboxed process of its own, once each",
                            lambda: [query(catalog, sql) for _ in range(times)])[0]  # fmt: skip
        show(f"Queries: {rows:,} objects, each asked {times} times", [*steps, sandboxed])


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
