"""Objects as plain rows, streamed: what the table formats write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.model import LAKE

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["BATCH", "COLUMNS", "batches"]

BATCH = 50_000
"""Rows at a time."""
COLUMNS: list[tuple[str, pa.DataType]] = [
    *((f.name, f.type) for f in LAKE["objects"] if f.name not in {"bbox", "geometry"}),
    ("source", pa.string()),
    ("class_name", pa.string()),
    ("geometry", pa.binary()),
]
"""Name and type of each column; ``geometry`` is WKB in CRS84."""


def batches(
    selection: Selection, where: str, order: str = "o.object_id"
) -> Iterator[pa.RecordBatch]:
    """Yield the selected objects as batches with `COLUMNS`.

    Parameters
    ----------
    selection : Selection
        An open selection.
    where, order : str
        SQL over ``selected o``, written by an exporter.
    """
    names = {
        "source": "o.path",
        "class_name": "n.name_en",
        "geometry": "ST_AsWKB(o.geometry)",
    }
    columns = ", ".join(f"{names.get(c, f'o.{c}')} AS {c}" for c, _ in COLUMNS)
    schema = pa.schema(COLUMNS)
    reader = selection.con.execute(
        f"SELECT {columns} FROM selected o LEFT JOIN class_names n ON n.code = o.class_code "
        f"WHERE {where} ORDER BY {order}"
    ).to_arrow_reader(BATCH)
    for batch in reader:
        arrays = [batch.column(i).cast(kind) for i, (_, kind) in enumerate(COLUMNS)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
