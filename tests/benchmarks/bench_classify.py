"""Classes by a whole standard against reading one field, in one SQL pass each.

python tests/benchmarks/bench_classify.py [ROWS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from made import staged_rows
from meter import measure, show

from cimkit.catalog._lake import literal, open_database
from cimkit.standard import classify_sql, load


def main(rows: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory() as temp:
        file = staged_rows(Path(temp) / "staged", rows)
        con = open_database()
        con.execute(
            "CREATE TABLE things AS SELECT file_row_number AS rowid_, * EXCLUDE (file_row_number) "
            f"FROM read_parquet({literal(file)}, file_row_number = true)"
        )
        floor = "SELECT rowid_, properties ->> 'class' AS class_code FROM things"
        steps = [
            measure(
                "floor: CREATE TABLE AS SELECT one field of the JSON",
                lambda: con.execute(f"CREATE TABLE floor AS {floor}"),
            )[0]
        ]
        for name in ("cn.components", "city.linjiang"):
            sql = classify_sql(load(name), "things")
            into = name.replace(".", "_")
            steps.append(
                measure(
                    f"{name}: every mapping, with confidence and reason",
                    lambda t=into, s=sql: con.execute(f"CREATE TABLE {t} AS {s}"),
                )[0]
            )
            found = con.execute(f"SELECT count(*) FROM {into} WHERE class_code = '0118'")
            assert found.fetchone() == (rows,)
        con.close()
        show(f"Classification: {rows:,} objects", steps, count=rows, unit="object")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
