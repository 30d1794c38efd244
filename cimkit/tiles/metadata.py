"""EXT_structural_metadata: what a feature is, as a property table beside its triangles.

One schema for all tiles, so that a style or a query written for one holds for the others.
A column without a value in a tile is left out of that tile's table (no property is required).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cimkit.tiles.glb import Glb

__all__ = [
    "FEATURE",
    "LAYER",
    "NO_HEIGHT",
    "POINT",
    "Property",
    "Schema",
    "add_table",
    "schema_json",
    "values",
]

NO_HEIGHT = -9999.0
"""Stands for an unknown height, as JSON has no NaN."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a metadata class."""

    name: str
    """Identifier: also the column of the Arrow table it is filled from."""
    title: str
    """Short name for people."""
    kind: str = "STRING"
    """``STRING``, or a component type of EXT_structural_metadata."""
    description: str = ""
    """What it means, with its unit."""


FEATURE = (
    Property("object_id", "Object", description="Lasting identity of the object in the catalogue"),
    Property("class_code", "Class", description="Code in the catalogue's primary scheme"),
    Property("class_name", "Class name", description="Name of the class in English"),
    Property("asset_code", "Identifier", description="Identifier code of the asset"),
    Property("name", "Name", description="Name as delivered"),
    Property("level", "Level", description="CIM level of detail"),
    Property("kind", "Kind", description="Kind of source: bim, gis, citymodel, imagery"),
    Property("source", "Source", description="Delivered file"),
    Property("source_class", "Source class", description="Class or layer in the source"),
    Property("source_key", "Source key", description="Identity in the source"),
    Property("z_min", "Lowest", "FLOAT32", "Metres in the source's vertical datum"),
    Property("height", "Height", "FLOAT32", "Metres"),
)
"""Properties of every object that has triangles."""

POINT = (
    Property("intensity", "Intensity", "UINT16", "Strength of the return, as recorded"),
    Property("classification", "Classification", "UINT8", "ASPRS class"),
)
"""Properties of every point of a cloud."""

LAYER = (
    Property("name", "Layer", description="Folder of the layer"),
    Property("title", "Title", description="Name of the layer, English"),
    Property("title_zh", "Title (zh)", description="Name of the layer, Chinese"),
    Property("title_ja", "Title (ja)", description="Name of the layer, Japanese"),
    Property("features", "Features", "UINT32", "Number of objects"),
)
"""Properties of a layer, in the groups of the root tileset."""


@dataclass(frozen=True, slots=True)
class Schema:
    """One metadata schema that all contents of a tileset refer to."""

    uri: str
    """Of the schema's file, relative to the contents."""
    document: dict[str, Any]
    """The schema: classes and enums, as 3D Tiles 1.1 and EXT_structural_metadata have it."""
    feature: tuple[Property, ...]
    """Properties of its class ``feature``: of every object that has triangles."""


def schema_json(classes: dict[str, tuple[Property, ...]]) -> dict[str, Any]:
    """Return the metadata schema of 3D Tiles 1.1 and EXT_structural_metadata."""
    out: dict[str, Any] = {}
    for name, properties in classes.items():
        listed: dict[str, Any] = {}
        for p in properties:
            said: dict[str, Any] = {"name": p.title}
            if p.description:
                said["description"] = p.description
            if p.kind == "STRING":
                said["type"] = "STRING"
            else:
                said |= {"type": "SCALAR", "componentType": p.kind}
                if p.kind == "FLOAT32":
                    said["noData"] = NO_HEIGHT
            if p.name == "object_id":
                said["semantic"] = "ID"
            elif p.name == "name":
                said["semantic"] = "NAME"
            listed[p.name] = said
        out[name] = {"properties": listed}
    return {"id": "cimkit", "version": "1", "classes": out}


def values(row: dict[str, Any], properties: tuple[Property, ...]) -> dict[str, Any]:
    """Return the properties of one metadata entity, for the JSON of a tileset."""
    return {p.name: row[p.name] for p in properties if row.get(p.name) not in (None, "")}


def add_table(glb: Glb, table: pa.Table, properties: tuple[Property, ...], name: str) -> int:
    """Add a property table with a row for each row of ``table`` and return its index."""
    columns: dict[str, Any] = {}
    for p in properties:
        if p.name not in table.column_names:
            continue
        column = table[p.name].combine_chunks()
        if column.null_count == len(column):
            continue
        if p.kind == "STRING":
            text = pc.fill_null(column.cast(pa.string()), "")
            offsets, data = _strings(text)
            if data:
                columns[p.name] = {"values": glb.view(data), "stringOffsets": glb.view(offsets)}
        else:
            numbers = pc.fill_null(column.cast(pa.float64()), NO_HEIGHT).to_numpy(
                zero_copy_only=False
            )
            columns[p.name] = {"values": glb.view(_numbers(numbers, p.kind))}
    entry = {"class": name, "count": table.num_rows, "properties": columns}
    extensions = glb.root.setdefault("extensions", {})
    metadata = extensions.setdefault(
        "EXT_structural_metadata", {"schema": schema_json({name: properties})}
    )
    glb.use("EXT_structural_metadata")
    tables = metadata.setdefault("propertyTables", [])
    tables.append(entry)
    return len(tables) - 1


def _strings(column: pa.Array | pa.ChunkedArray) -> tuple[bytes, bytes]:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    _, offsets, data = array.buffers()
    first = array.offset
    ends = np.frombuffer(offsets, np.int32, count=first + len(array) + 1)[first:]
    raw = b"" if data is None else memoryview(data)[int(ends[0]) : int(ends[-1])].tobytes()
    return (ends - ends[0]).astype("<u4").tobytes(), raw


def _numbers(numbers: npt.NDArray[np.float64], kind: str) -> bytes:
    dtype = {"FLOAT32": "<f4", "UINT32": "<u4", "UINT16": "<u2", "UINT8": "<u1"}[kind]
    return numbers.astype(dtype).tobytes()
