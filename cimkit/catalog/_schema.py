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
    """Add the tables and columns that a lake made by an earlier cimkit lacks; in a transaction."""
    there = _there(con)
    for table, schema in LAKE.items():
        if table not in there:
            con.execute(_create(table))
        for field in schema:
            if table in there and field.name not in there[table]:
                con.execute(f'ALTER TABLE lake.{table} ADD COLUMN "{field.name}" {sql_type(field)}')


def views(con: duckdb.DuckDBPyConnection) -> None:
    """Show the tables of the attached lake as views; what it lacks yet is empty or NULL."""
    there = _there(con)
    for table, schema in LAKE.items():
        has = there.get(table, set())
        if has.issuperset(schema.names):
            con.execute(f"CREATE VIEW {table} AS FROM lake.main.{table}")
            continue
        cols = ", ".join(
            f'"{f.name}"' if f.name in has else f'NULL::{sql_type(f)} AS "{f.name}"' for f in schema
        )
        source = f"FROM lake.main.{table}" if has else "WHERE false"
        con.execute(f"CREATE VIEW {table} AS SELECT {cols} {source}")


def _create(table: str) -> str:
    cols = ", ".join(f'"{f.name}" {sql_type(f)}' for f in LAKE[table])
    return f"CREATE TABLE lake.{table} ({cols})"


def _there(con: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """Return the columns of the lake's tables."""
    rows = con.execute(
        "SELECT table_name, list(column_name) FROM duckdb_columns() "
        "WHERE database_name = 'lake' GROUP BY table_name"
    ).fetchall()
    return {table: set(names) for table, names in rows}
