"""The coordinator against the floor: ingest of staged rows, and a plain copy of the same Parquet.

python tests/benchmarks/bench_ingest.py [ROWS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from made import staged_rows
from meter import measure, show

from cimkit.catalog import create, ingest_staged
from cimkit.catalog._lake import literal, open_database
from cimkit.loaders import Staged
from cimkit.model import Asset, Declaration


def main(rows: int = 300_000) -> None:
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp) / "staged"
        file = staged_rows(folder, rows)

        def copy() -> None:
            con = open_database()
            con.execute(f"ATTACH {literal(Path(temp) / 'floor.db')} AS floor")
            con.execute(f"CREATE TABLE floor.copy AS FROM read_parquet({literal(file)})")
            con.close()

        steps = [measure("floor: CREATE TABLE AS, DuckDB", copy)[0]]
        for standard in (None, "city.linjiang"):
            catalog = create(Path(temp) / f"catalog-{standard}", standard=standard)
            for sha256, name, what in (
                ("1", "lamp.shp", "first"),
                ("2", "l.shp", "again, renamed"),
            ):
                staged = Staged(
                    Asset(name, kind="gis", sha256=sha256), folder, False, Declaration()
                )
                step, report = measure(
                    f"ingest, standard {standard}: {what}",
                    lambda c=catalog, s=staged: ingest_staged(c, [s], root=Path("/delivered")),
                )
                met = "unchanged" if sha256 == "2" else "new"
                assert report.objects[met] == rows, report.objects
                steps.append(step)
        show(f"Coordinator: {rows:,} objects", steps, count=rows, unit="object")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
