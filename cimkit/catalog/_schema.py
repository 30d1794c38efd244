"""The tables of the lake, made from `cimkit.model.LAKE`."""

from __future__ import annotations

import pyarrow as pa

from cimkit.model import LAKE

__all__ = ["DECLARED", "columns", "ddl", "sql_type"]

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
    for table, schema in LAKE.items():
        cols = ", ".join(f'"{f.name}" {sql_type(f)}' for f in schema)
        made.append(f"CREATE TABLE lake.{table} ({cols})")
    return made


DECLARED = ("classes", "attributes", "crosswalk")
"""Tables that hold rows of the standards in use, not of deliveries."""
