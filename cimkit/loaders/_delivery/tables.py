"""The rows of sources as Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cimkit.model import STAGED

__all__ = ["write_joined", "write_tables"]

# Of one row, like a photograph's, most of the work is what Parquet keeps to find rows by.
_FEW = 64
_LEAN: dict[str, Any] = {"compression": "none", "use_dictionary": False, "write_statistics": False}


def write_tables(chunks: Iterator[tuple[str, Any]], folder: Path) -> None:
    """Write what a loader gives into a folder, one Parquet file for each table that has rows."""
    import pyarrow.parquet as pq

    writers: dict[str, Any] = {}
    small: dict[str, Any] = {}  # held back until it is known whether more is to come
    try:
        for name, table in chunks:
            if not table.num_rows:
                continue
            staged = _staged(name, table)
            if name not in writers and name not in small and staged.num_rows < _FEW:
                small[name] = staged
                continue
            if name not in writers:
                writers[name] = pq.ParquetWriter(
                    folder / f"{name}.parquet", STAGED[name], compression="zstd"
                )
                if name in small:
                    writers[name].write_table(small.pop(name))
            writers[name].write_table(staged, 65_536)
        for name, staged in small.items():
            with (folder / f"{name}.parquet").open("wb") as out:
                out.write(_lean(staged))
    finally:
        for opened in writers.values():
            opened.close()


def write_joined(
    given: Sequence[Mapping[str, Sequence[Any]]], folder: Path
) -> list[dict[str, tuple[int, int]]]:
    """Write the tables of several sources, one Parquet file for each table that has rows.

    Parameters
    ----------
    given : sequence of mapping
        Of each source the parts of its tables, by name.
    folder : Path
        Where to.

    Returns
    -------
    list of dict
        Of each source, by table: its first row, and the one after its last.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    spans: list[dict[str, tuple[int, int]]] = [{} for _ in given]
    for name in dict.fromkeys(name for tables in given for name in tables):
        parts: list[Any] = []
        end = 0
        for tables, own in zip(given, spans, strict=True):
            first = end
            for part in tables.get(name, ()):
                parts.append(_staged(name, part))
                end += part.num_rows
            if end > first:
                own[name] = first, end
        if end:
            joined = pa.concat_tables(parts).combine_chunks()
            pq.write_table(joined, folder / f"{name}.parquet", compression="zstd")
    return spans


def _lean(table: Any) -> Any:
    """Return a small table as Parquet; made in memory, in half the time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = pa.BufferOutputStream()
    with pq.ParquetWriter(out, table.schema, store_schema=False, **_LEAN) as writer:
        writer.write_table(table)
    return out.getvalue()


def _staged(name: str, table: Any) -> Any:
    """Return a table with all columns of its kind; those that a loader leaves out are NULL."""
    import pyarrow as pa

    if table.schema.equals(STAGED[name]):
        return table
    for field in STAGED[name]:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table.select(STAGED[name].names).cast(STAGED[name])
