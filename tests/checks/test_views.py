"""The views of one delivery, and what a check leaves behind."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from cimkit.checks._views import own_tables


def test_temporary_tables_of_a_check_end_with_it(database: Any) -> None:
    def there() -> set[str]:
        rows = database.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'temp'"
        ).fetchall()
        return {name for (name,) in rows}

    database.execute("CREATE OR REPLACE TEMP TABLE before AS SELECT 1 AS a")
    try:
        with own_tables(database):
            database.execute("CREATE TEMP TABLE within AS SELECT 1 AS a")
            database.register("given", pa.table({"a": [1]}))
            database.execute("CREATE OR REPLACE TEMP VIEW seen AS FROM within JOIN given USING (a)")
            database.unregister("given")
            assert "within" in there()
        assert "before" in there()
        assert "within" not in there()
    finally:
        database.execute("DROP TABLE before")
        database.execute("DROP VIEW seen")
