"""The views of one delivery, and what a check leaves behind."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from cimkit.checks._views import delivery_views, own_tables


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


def test_short_tables_are_copied_and_show_the_same(lake: Any, standard: Any) -> None:
    lake.item("a.geojson")
    lake.object("a.geojson", properties={"n": 1})
    lake.object("a.geojson")
    lake.item("of-another.geojson", delivery_id="d2")
    lake.object("of-another.geojson")
    found = []
    for still in (False, True):
        with lake.open() as con, delivery_views(con, standard, "d1", still=still):
            views = con.execute(
                "SELECT view_name FROM duckdb_views() WHERE database_name = 'checked'"
            ).fetchall()
            assert (("objects",) in views) is not still
            # Shapes may be large, and few ask for them.
            assert ("geometries",) in views
            names = ("items", "objects", "things", "geometries", "classifications", "flaws")
            found.append([con.execute(f"FROM {name}").to_arrow_table() for name in names])
    assert found[0] == found[1]
    assert found[0][1].num_rows == 2
