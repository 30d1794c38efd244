"""Attributes of rows as JSON objects, in bulk."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["has_member", "is_flat", "json_objects", "text_of"]

_EXACT = 17
"""Signs of a decimal, with its point, of which the float may not be the same."""


def json_objects(batch: pa.RecordBatch, names: list[str], merged: str | None = None) -> pa.Array:
    """Return the attributes of each row as a JSON object.

    Dates and times are ISO 8601, bytes hexadecimal, what is no finite number is null. Decimals that
    no float holds are text.

    Parameters
    ----------
    batch : pa.RecordBatch
        The rows.
    names : list of str
        The attributes to take.
    merged : str, optional
        An attribute of JSON objects (or NULL) whose members join those of the row.
    """
    names = [n for n in names if n != merged]
    if not names and merged is None:
        return pa.array(["{}"] * batch.num_rows, pa.string())
    every = [*names, *([merged] if merged else [])]
    columns = [_plain(batch.column(batch.schema.get_field_index(name))) for name in every]
    kinds = [batch.schema.field(name).type for name in every]
    table = pa.table(columns, names=[f"c{i}" for i in range(len(columns))])
    pairs = []
    for i, name in enumerate(names):
        quoted = "'" + name.replace("'", "''").replace("\0", "") + "'"
        pairs.append(f"{quoted}, {_json_value(f'c{i}', kinds[i])}")
    value = f"json_object({', '.join(pairs)})"
    if merged is not None:
        value = f"json_merge_patch({value}, coalesce(c{len(names)}::VARCHAR, '{{}}')::JSON)"
    con = _database()
    con.register("given", table)
    rows = con.execute(f"SELECT {value}::VARCHAR AS j FROM given")
    text = rows.to_arrow_table().column("j").combine_chunks().cast(pa.string())
    con.unregister("given")
    return text


def is_flat(batch: pa.RecordBatch, names: list[str]) -> bool:
    """Return whether the attributes have no members of their own: one level of names is all."""
    kinds = [batch.schema.field(name).type for name in names]
    return not any(pa.types.is_nested(k) or isinstance(k, pa.BaseExtensionType) for k in kinds)


@cache
def _database() -> Any:
    import duckdb

    return duckdb.connect(":memory:", config={"threads": 1})


def _plain(column: pa.Array) -> pa.Array:
    """Return what DuckDB takes: no extension types, moments with a zone in UTC without it."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        return column.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.timestamp("us"))
    if pa.types.is_decimal256(column.type):  # DuckDB knows no number that long
        return column.cast(pa.string())
    return column


def _json_value(column: str, kind: pa.DataType) -> str:
    if isinstance(kind, pa.BaseExtensionType):  # GDAL's JSON: also where texts and numbers mix
        text = f"{column}::VARCHAR"
        return f"CASE WHEN json_valid({text}) THEN {text}::JSON ELSE to_json({text}) END"
    if pa.types.is_floating(kind):
        return f"CASE WHEN isfinite({column}) THEN {column} END"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return f"lower(hex({column}))"
    if pa.types.is_fixed_size_binary(kind):
        return f"lower(hex({column}::BLOB))"
    if pa.types.is_timestamp(kind):
        zone = "Z" if kind.tz is not None else ""
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%g{zone}')"
    if pa.types.is_decimal(kind):
        text = f"{column}::VARCHAR"  # JSON's numbers are as exact as the floats they become
        return f"CASE WHEN length({text}) < {_EXACT} THEN {text}::JSON ELSE to_json({text}) END"
    return f"{column}::VARCHAR" if pa.types.is_temporal(kind) else column


def text_of(batch: pa.RecordBatch, name: str, merged: str | None = None) -> pa.Array:
    """Return an attribute as text without spaces about it; NULL where that leaves nothing.

    Of a list, its values with semicolons between them; of what is nested deeper, NULL.
    What is no column is looked for in the JSON objects of the column ``merged``.
    """
    if name in batch.schema.names or merged is None:
        column = _plain(batch.column(batch.schema.get_field_index(name)))
    else:
        column = _member(batch.column(batch.schema.get_field_index(merged)), name)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        text = pc.binary_join(column.cast(pa.list_(pa.string())), "; ")
    elif pa.types.is_nested(column.type):
        text = pa.nulls(len(column), pa.string())
    else:
        text = column.cast(pa.string())
    text = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def has_member(batch: pa.RecordBatch, name: str, merged: str) -> bool:
    """Return whether some JSON object of the column ``merged`` seems to have this member."""
    column = _plain(batch.column(batch.schema.get_field_index(merged))).cast(pa.string())
    mark = json.dumps(name, ensure_ascii=False)
    return bool(pc.any(pc.match_substring(column, mark)).as_py())


def _member(column: pa.Array, name: str) -> pa.Array:
    rows = _plain(column).cast(pa.string()).to_pylist()
    said = [None if r is None else json.loads(r).get(name) for r in rows]
    return pa.array([None if s is None else str(s) for s in said], pa.string())
