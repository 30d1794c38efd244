"""What features are, as a table beside their triangles (EXT_structural_metadata).

A column without a value in a tile is left out of that tile's table: no property is required.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.tiles.glb import Glb
from cimkit.tiles.metadata import FEATURE, NO_DATA, Property, Schema, schema_json

__all__ = ["add_table", "table_code"]

_DTYPES = {
    "FLOAT32": pa.float32(),
    "FLOAT64": pa.float64(),
    "INT32": pa.int32(),
    "UINT32": pa.uint32(),
    "UINT16": pa.uint16(),
    "UINT8": pa.uint8(),
}
_LIMIT = {"FLOAT32": float(np.finfo(np.float32).max)}


def add_table(glb: Glb, table: pa.Table, schema: Schema | None) -> int:
    """Add a property table of class ``feature`` and return its index.

    Parameters
    ----------
    glb : Glb
        Where it goes.
    table : pyarrow.Table
        A row for each feature; columns that the class does not have are not written.
    schema : Schema or None
        Of the tileset; None: the glTF brings a schema of its own, with `FEATURE`.
    """
    columns: dict[str, Any] = {}
    for p in FEATURE if schema is None else schema.feature:
        if p.name not in table.column_names:
            continue
        column = table[p.name].combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([])
        if column.null_count == len(column):
            continue
        written = _text(glb, column) if p.kind == "STRING" else _numbers(glb, column, p)
        if written is not None:
            columns[p.name] = written
    entry = {"class": "feature", "count": table.num_rows, "properties": columns}
    extensions = glb.root.setdefault("extensions", {})
    told = {"schema": schema_json({"feature": FEATURE})}
    metadata = extensions.setdefault(
        "EXT_structural_metadata", told if schema is None else {"schemaUri": schema.uri}
    )
    glb.use("EXT_structural_metadata")
    tables = metadata.setdefault("propertyTables", [])
    tables.append(entry)
    return len(tables) - 1


def table_code(table: pa.Table, schema: Schema | None) -> bytes:
    """Return what of a schema decides the bytes of a table of features.

    That is how its columns are stored, and the numbers of the values that occur: another class or
    another value elsewhere in the tileset changes nothing here.
    """
    said: list[object] = [None if schema is None else schema.uri]
    for p in FEATURE if schema is None else schema.feature:
        if p.name not in table.column_names:
            continue
        numbers = []
        if p.enumeration is not None:
            values = set(pc.unique(table[p.name].cast(pa.string())).to_pylist())
            listed = enumerate(p.enumeration.choices, start=1)
            numbers = [(choice.name, i) for i, choice in listed if choice.name in values]
        said.append((p.name, p.kind, numbers))
    return repr(said).encode()


def _text(glb: Glb, column: pa.Array) -> dict[str, Any] | None:
    array = pc.fill_null(column.cast(pa.string()), "")
    _, offsets, data = array.buffers()
    first = array.offset
    ends = np.frombuffer(offsets, np.int32, count=first + len(array) + 1)[first:]
    raw = b"" if data is None else memoryview(data)[int(ends[0]) : int(ends[-1])].tobytes()
    if not raw:
        return None
    ends = ends - ends[0]
    kind, dtype = next(
        pair
        for pair in (("UINT8", "u1"), ("UINT16", "<u2"), ("UINT32", "<u4"))
        if ends[-1] <= np.iinfo(pair[1]).max
    )
    said = {"values": glb.view(raw), "stringOffsets": glb.view(ends.astype(dtype).tobytes())}
    return said if kind == "UINT32" else said | {"stringOffsetType": kind}


def _numbers(glb: Glb, column: pa.Array, p: Property) -> dict[str, Any] | None:
    if p.enumeration is not None:
        names = pa.array([choice.name for choice in p.enumeration.choices], pa.string())
        found = pc.fill_null(pc.index_in(column.cast(pa.string()), value_set=names), -1)
        numbers = found.to_numpy(zero_copy_only=False).astype("<u2") + np.uint16(1)
        if not numbers.any():
            return None
        return {"values": glb.view(numbers.astype("<u2").tobytes())}
    if p.kind in _LIMIT:
        # What the type cannot hold is not known.
        wide = column.cast(pa.float64())
        column = pc.if_else(pc.less_equal(pc.abs(wide), _LIMIT[p.kind]), wide, None)
    cast = column.cast(_DTYPES[p.kind], safe=p.kind not in _LIMIT)
    filled = pc.fill_null(cast, NO_DATA.get(p.kind, 0))
    values = filled.to_numpy(zero_copy_only=False)
    return {"values": glb.view(values.astype(values.dtype.newbyteorder("<")).tobytes())}
