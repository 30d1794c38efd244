"""What a context package holds: its tables, and how it is recognised."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pyarrow as pa

from cimkit.model.tables import BBOX

__all__ = ["CONTEXT", "DOCUMENT", "FORMAT", "SCHEMA", "document_hash"]

FORMAT = "cimkit-context"
"""What `DOCUMENT` says it is."""
SCHEMA = 1
"""Version of the tables below; raised when a reader of the former could not read them."""
DOCUMENT = "context.json"
"""The file that names all others, with their hashes."""

_text = pa.string()
_real = pa.float64()
_whole = pa.int64()

CONTEXT: dict[str, pa.Schema] = {
    # Every code that was ever given; of an object that is no more, without its key.
    "codes": pa.schema(
        [
            ("asset_code", _text),
            ("scope", _text),
            ("class_code", _text),
            ("object_id", _text),
            ("dataset_id", _text),
            ("source_key", _text),
        ]
    ),
    "datasets": pa.schema(
        [
            ("dataset_id", _text),
            ("name", _text),
            ("owner", _text),
            ("licence", _text),
            ("standard", _text),
            ("horizontal_accuracy_m", _real),
            ("vertical_accuracy_m", _real),
            ("objects", _whole),
        ]
    ),
    # What the city has now, without attributes.
    "objects": pa.schema(
        [
            ("object_id", _text),
            ("dataset_id", _text),
            ("kind", _text),
            ("source_layer", _text),
            ("source_key", _text),
            ("class_code", _text),
            ("asset_code", _text),
            ("level", _text),
            ("district", _text),
            ("lifecycle", _text),
            ("content_hash", _text),
            ("x", _real),  # centre of the box, CRS84 degrees
            ("y", _real),
            ("z_min", _real),
            ("height", _real),
            ("area_m2", _real),
            ("length_m", _real),
        ]
    ),
    "counts": pa.schema(
        [
            ("dataset_id", _text),
            ("kind", _text),
            ("class_code", _text),
            ("district", _text),
            ("objects", _whole),
            ("area_m2", _real),
            ("length_m", _real),
        ]
    ),
    "footprints": pa.schema(
        [
            ("object_id", _text),
            ("dataset_id", _text),
            ("kind", _text),
            ("class_code", _text),
            ("z_min", _real),
            ("height", _real),
            ("bbox", BBOX),
            ("geometry", pa.binary()),  # WKB, CRS84
        ]
    ),
    # What clouds, pictures, rasters and models of the city cover.
    "coverage": pa.schema(
        [("dataset_id", _text), ("kind", _text), ("bbox", BBOX), ("geometry", pa.binary())]
    ),
    "dem": pa.schema(
        [
            ("path", _text),  # where the city keeps it, relative to its root
            ("file", _text),  # in the package; NULL: it is only named
            ("size", _whole),
            ("sha256", _text),
            ("crs", _text),  # EPSG:n; NULL: ask the file
            ("vertical_datum", _text),
            ("bbox", BBOX),
        ]
    ),
    "districts": pa.schema([("name", _text), ("geometry", pa.binary())]),
    "jurisdiction": pa.schema([("division", _text), ("geometry", pa.binary())]),
}
"""Tables by name, each one Parquet file ``<name>.parquet``."""


def document_hash(document: Mapping[str, Any]) -> str:
    """Return the hash of a whole package: of its document, which has the hashes of all files.

    Parameters
    ----------
    document
        As in ``context.json``; its own ``hash`` does not count.

    Returns
    -------
    str
        64 hexadecimal digits; the same for a folder and a zip, and for each export of one version.
    """
    said = {key: value for key, value in document.items() if key != "hash"}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()
