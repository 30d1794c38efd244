"""Whether batches are what they say: buffers that a damaged file broke, texts that are no UTF-8."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["legible", "verified"]


def verified(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch whose buffers hold what its rows point to; its texts may be no UTF-8.

    Raises
    ------
    pa.ArrowInvalid
        If they do not: whoever read it would read beyond its memory.
    """
    bare = [_bytes(column) for column in batch.columns]
    pa.RecordBatch.from_arrays(bare, names=batch.schema.names).validate(full=True)
    return batch


def legible(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, npt.NDArray[np.intp]]:
    """Return a batch with the sign � in its texts for what is no UTF-8, and the rows with one."""
    odd = np.zeros(batch.num_rows, bool)
    for i, column in enumerate(batch.columns):
        bare = _bytes(column)
        if bare is column:
            continue
        try:
            bare.cast(column.type)
        except pa.ArrowInvalid:
            said = bare.to_pylist()
            read = [None if s is None else s.decode("utf-8", "replace") for s in said]
            odd |= [r is not None and r.encode() != s for s, r in zip(said, read, strict=True)]
            batch = batch.set_column(i, batch.schema.field(i), pa.array(read, column.type))
    return batch, np.flatnonzero(odd)


def _bytes(column: pa.Array) -> pa.Array:
    """Return a column of texts as one of bytes, without a copy; any other as it is."""
    if pa.types.is_string(column.type):
        return column.cast(pa.binary())
    if pa.types.is_large_string(column.type):
        return column.cast(pa.large_binary())
    return column
