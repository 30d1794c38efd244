"""What hangs on the objects of a delivery: geometries, placements, relations, measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.catalog._schema import columns
from cimkit.catalog._sources import files

if TYPE_CHECKING:
    import duckdb

    from cimkit.catalog._sources import Row

__all__ = ["details"]

_OWN = "r.filename = f.file AND r.file_row_number >= f.first AND r.file_row_number < f.after"
"""Which rows of a file are those of a source."""


def details(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    """Write the details of all fresh objects. Needs ``placed_`` and ``source_``."""
    for table in ("geometries", "placements"):
        given = files(rows, table)
        if not given.num_rows:
            continue
        con.register("files_", given)
        said = ", ".join(f"r.{c}" for c in columns(table)[2:])
        con.execute(
            f"""
            INSERT INTO lake.{table} BY NAME
            SELECT i.object_id, s.item_id, {said}
            FROM read_parquet($1, filename = true, file_row_number = true) r JOIN files_ f ON {_OWN}
            JOIN source_ s ON s.n = f.n
            JOIN (
                SELECT n, layer, key, any_value(object_id) AS object_id, min(h) AS h FROM placed_
                GROUP BY n, layer, key HAVING count(*) = 1
            ) i ON i.n = f.n AND i.layer = coalesce(r.source_layer, '') AND i.key = r.source_key
            ORDER BY i.h, i.object_id
            """,
            [given["file"].unique().to_pylist()],
        )
        con.unregister("files_")
    _relations(con, rows)
    given = files(rows, "measures")
    if given.num_rows:
        con.register("files_", given)
        said = ", ".join(f"r.{c}" for c in columns("measures")[1:])
        con.execute(
            f"""
            INSERT INTO lake.measures BY NAME
            SELECT s.item_id, {said}
            FROM read_parquet($1, filename = true, file_row_number = true) r JOIN files_ f ON {_OWN}
            JOIN source_ s ON s.n = f.n ORDER BY f.n
            """,
            [given["file"].unique().to_pylist()],
        )
        con.unregister("files_")


def _relations(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    given = files(rows, "relations")
    if not given.num_rows:
        return
    con.register("files_", given)
    con.execute(
        f"""
        INSERT INTO lake.relations BY NAME
        WITH alone AS (
            SELECT n, layer, key, any_value(object_id) AS object_id, min(h) AS h FROM placed_
            GROUP BY n, layer, key HAVING count(*) = 1
        )
        SELECT i.object_id, s.item_id, r.relation, o.object_id AS other_id, r.other_key
        FROM read_parquet($1, filename = true, file_row_number = true) r JOIN files_ f ON {_OWN}
        JOIN source_ s ON s.n = f.n
        JOIN alone i ON i.n = f.n AND i.layer = coalesce(r.source_layer, '')
            AND i.key = r.source_key
        LEFT JOIN alone o ON o.n = f.n AND o.layer = coalesce(r.other_layer, '')
            AND o.key = r.other_key
        ORDER BY i.h, i.object_id
        """,
        [given["file"].unique().to_pylist()],
    )
    con.unregister("files_")
