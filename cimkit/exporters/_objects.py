"""Objects as plain rows, streamed: what the table formats write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from cimkit.exporters._attributes import Attribute, open_properties
from cimkit.model import LAKE

if TYPE_CHECKING:
    from cimkit.exporters._select import Selection

__all__ = ["BATCH", "COLUMNS", "batches", "columns", "quoted"]

BATCH = 50_000
"""Rows at a time."""
COLUMNS: list[tuple[str, pa.DataType]] = [
    *((f.name, f.type) for f in LAKE["objects"] if f.name not in {"bbox", "geometry"}),
    ("source", pa.string()),
    ("vertical_datum", pa.string()),
    ("class_zh", pa.string()),
    ("class_ja", pa.string()),
    ("class_name", pa.string()),
    ("geometry", pa.binary()),
]
"""Name and type of each column; ``geometry`` is WKB in CRS84, ``class_name`` English,
``vertical_datum`` what ``z_min`` and ``z_max`` are measured from: they are passed on as the source
gives them."""
_SQL = {
    "source": "s.path",
    "vertical_datum": "s.vertical_datum",
    "class_zh": "n.name_zh",
    "class_ja": "n.name_ja",
    "class_name": "n.name_en",
}


def columns(asked: Sequence[Attribute] = ()) -> list[tuple[str, pa.DataType]]:
    """Return `COLUMNS` with further ones before the geometry."""
    return [*COLUMNS[:-1], *((a.name, a.type) for a in asked), COLUMNS[-1]]


def quoted(name: str) -> str:
    """Return a name as SQL spells it."""
    return '"' + name.replace('"', '""') + '"'


def batches(
    selection: Selection,
    where: str,
    order: str = "s.object_id",
    *,
    asked: Sequence[Attribute] = (),
    geometry: str = "s.geometry",
) -> Iterator[pa.RecordBatch]:
    """Yield the selected objects as batches with `columns`.

    Parameters
    ----------
    selection : Selection
        An open selection.
    where, order, geometry : str
        SQL over ``selected s``, written by an exporter.
    asked : sequence of Attribute
        Properties as further columns.
    """
    told = columns(asked)
    sql = {
        **_SQL,
        **{a.name: a.sql for a in asked},
        "properties": open_properties(selection),
        "geometry": f"ST_AsWKB({geometry})",
    }
    wanted = ", ".join(f"{sql.get(c, f's.{c}')} AS {quoted(c)}" for c, _ in told)
    schema = pa.schema(told)
    reader = selection.con.execute(
        f"SELECT {wanted} FROM selected s LEFT JOIN class_names n ON n.code = s.class_code "
        f"WHERE {where} ORDER BY {order}"
    ).to_arrow_reader(BATCH)
    for batch in reader:
        arrays = [batch.column(i).cast(kind) for i, (_, kind) in enumerate(told)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
