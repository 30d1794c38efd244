"""The tables of the lake, made from `cimkit.model.LAKE`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.model import LAKE

if TYPE_CHECKING:
    import duckdb

__all__ = ["columns", "complete", "ddl", "sql_type", "views"]

_SIMPLE = {
    pa.string(): "VARCHAR",
    pa.float64(): "DOUBLE",
    pa.float32(): "FLOAT",
    pa.int64(): "BIGINT",
    pa.bool_(): "BOOLEAN",
    pa.binary(): "BLOB",
    pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
}


def sql_type(field: pa.Field) -> str:
    """Return the DuckDB type of a column.

    A column called ``geometry`` becomes GEOMETRY **without** a CRS tag: tagged columns are not
    pruned by ``&&``. Lists of fixed length become lists, since DuckLake has no arrays.
    """
    if field.name == "geometry":
        return "GEOMETRY"
    return _type(field.type)


def _type(type_: pa.DataType) -> str:
    if pa.types.is_struct(type_):
        return f"STRUCT({', '.join(f'{f.name} {_type(f.type)}' for f in type_)})"
    if pa.types.is_list(type_) or pa.types.is_fixed_size_list(type_):
        return f"{_type(type_.value_type)}[]"
    return _SIMPLE[type_]


def columns(table: str) -> list[str]:
    """Return the names of a table's columns, in order."""
    return list(LAKE[table].names)


def ddl() -> list[str]:
    """Return the statements that make an empty lake attached as ``lake``."""
    made = [
        "CALL lake.set_option('parquet_row_group_size', 10240)",
        "CALL lake.set_option('parquet_compression', 'zstd')",
    ]
    return made + [_create(table) for table in LAKE]


def complete(con: duckdb.DuckDBPyConnection) -> None:
    """Add the tables that a lake made by an earlier cimkit lacks; in a transaction."""
    there = _there(con)
    for table in LAKE:
        if table not in there:
            con.execute(_create(table))


def views(con: duckdb.DuckDBPyConnection) -> None:
    """Show the tables of the attached lake as views; one that it lacks yet is empty."""
    there = _there(con)
    for table, schema in LAKE.items():
        if table in there:
            con.execute(f"CREATE VIEW {table} AS FROM lake.main.{table}")
        else:
            cols = ", ".join(f'NULL::{sql_type(f)} AS "{f.name}"' for f in schema)
            con.execute(f"CREATE VIEW {table} AS SELECT {cols} WHERE false")


def _create(table: str) -> str:
    cols = ", ".join(f'"{f.name}" {sql_type(f)}' for f in LAKE[table])
    return f"CREATE TABLE lake.{table} ({cols})"


def _there(con: duckdb.DuckDBPyConnection) -> set[str]:
    rows = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'"
    ).fetchall()
    return {row[0] for row in rows}
