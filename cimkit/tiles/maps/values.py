"""Values of features as Mapbox Vector Tiles write them: each distinct value once."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Values", "field_type", "pool"]

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Values:
    """Values of n features under k keys."""

    keys: bytes
    """The keys as fields of a layer."""
    code: npt.NDArray[np.int32]
    """(n, k) number of the value, -1 for none."""
    data: Bytes
    """Values as fields of a layer, one after the other."""
    start: Ints
    """(m + 1,) where each begins in `data`."""


def field_type(kind: pa.DataType) -> str:
    """Return what TileJSON calls a type: Boolean, Number or String."""
    if pa.types.is_boolean(kind):
        return "Boolean"
    return "Number" if pa.types.is_integer(kind) or pa.types.is_floating(kind) else "String"


def pool(table: pa.Table) -> Values:
    """Return the values of a table; NULL, NaN and infinity are no values.

    Parameters
    ----------
    table : pa.Table
        Columns of truth values, numbers or texts.
    """
    code = np.empty((table.num_rows, table.num_columns), np.int32)
    data: list[Bytes] = []
    ends = [np.zeros(1, np.int64)]
    count = size = 0
    keys = b""
    for k, name in enumerate(table.column_names):
        text = name.encode()
        keys += b"\x1a" + _varint(len(text)) + text
        column = table[name].combine_chunks()
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_finite(column), column, None)
        coded = column.dictionary_encode()
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        indices = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
        code[:, k] = np.where(indices < 0, -1, indices + count)
        encoded, end = _encoded(coded.dictionary)
        data.append(encoded)
        ends.append(end + size)
        count += len(end)
        size += len(encoded)
    return Values(
        keys, code, np.concatenate(data) if data else np.empty(0, np.uint8), np.concatenate(ends)
    )


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _encoded(values: pa.Array) -> tuple[Bytes, Ints]:
    if pa.types.is_boolean(values.type):
        said = values.to_numpy(zero_copy_only=False).astype(np.uint8)
        rows = np.empty((len(said), 4), np.uint8)
        rows[:, :3], rows[:, 3] = (0x22, 2, 0x38), said
        return rows.reshape(-1), np.arange(1, len(said) + 1) * 4
    if pa.types.is_floating(values.type):
        reals = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
        rows = np.empty((len(reals), 11), np.uint8)
        rows[:, :3] = (0x22, 9, 0x19)
        rows[:, 3:] = reals.astype("<f8").view(np.uint8).reshape(-1, 8)
        return rows.reshape(-1), np.arange(1, len(reals) + 1) * 11
    if pa.types.is_integer(values.type):
        return _integers(values.cast(pa.int64()).to_numpy(zero_copy_only=False))
    texts = values.cast(pa.large_string()).cast(pa.large_binary())
    _, offsets, raw = texts.buffers()
    at = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    held = np.frombuffer(raw, np.uint8) if raw is not None else np.empty(0, np.uint8)
    return _texts(held, at)


@nb.njit(cache=True, nogil=True)
def _put(out: Bytes, at: int, value: int) -> int:
    """Write a varint; the value is at least 0."""
    while value > 127:
        out[at] = value & 127 | 128
        value >>= 7
        at += 1
    out[at] = value
    return at + 1


@nb.njit(cache=True, nogil=True)
def _texts(held: Bytes, at: Ints) -> tuple[Bytes, Ints]:
    count = len(at) - 1
    out = np.empty(at[-1] - at[0] + 12 * count if count >= 0 else 0, np.uint8)
    end = np.empty(max(count, 0), np.int64)
    p = 0
    for i in range(count):
        n = at[i + 1] - at[i]
        width = 1
        m = n
        while m > 127:
            m >>= 7
            width += 1
        out[p] = 0x22
        p = _put(out, p + 1, n + 1 + width)
        out[p] = 0x0A
        p = _put(out, p + 1, n)
        for j in range(n):
            out[p + j] = held[at[i] + j]
        p += n
        end[i] = p
    return out[:p].copy(), end


@nb.njit(cache=True, nogil=True)
def _integers(values: Ints) -> tuple[Bytes, Ints]:
    out = np.empty(13 * len(values), np.uint8)
    end = np.empty(len(values), np.int64)
    p = 0
    for i in range(len(values)):
        zigzag = np.uint64(values[i] << 1) ^ np.uint64(values[i] >> 63)
        width = 1
        rest = zigzag >> np.uint64(7)
        while rest > np.uint64(0):
            rest >>= np.uint64(7)
            width += 1
        out[p], out[p + 1], out[p + 2] = 0x22, width + 1, 0x30
        p += 3
        for j in range(width):
            low = np.uint8(zigzag & np.uint64(127))
            out[p] = low | np.uint8(128) if j + 1 < width else low
            zigzag >>= np.uint64(7)
            p += 1
        end[i] = p
    return out[:p].copy(), end
