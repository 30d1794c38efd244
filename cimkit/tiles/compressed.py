"""Buffers as EXT_meshopt_compression has them, and the order of vertices that suits it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["encode_triangles", "encode_vertices", "in_order"]

Whole = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint32]


@cache
def _codec() -> Any:
    import meshoptimizer

    # The extension knows version 0 of vertices and version 1 of triangles, and no later ones.
    meshoptimizer.encode_vertex_version(0)
    meshoptimizer.encode_index_version(1)
    return meshoptimizer


def encode_vertices(rows: npt.NDArray[Any]) -> bytes:
    """Compress rows of a multiple of 4 bytes, mode ``ATTRIBUTES``."""
    data: bytes = _codec().encode_vertex_buffer(
        rows, vertex_count=len(rows), vertex_size=rows.nbytes // len(rows)
    )
    return data


def encode_triangles(indices: npt.NDArray[np.integer[Any]]) -> bytes:
    """Compress triangles, mode ``TRIANGLES``; it may turn one about itself, keeping its facing."""
    data: bytes = _codec().encode_index_buffer(indices.reshape(-1).astype(np.uint32))
    return data


def in_order(rows: Words, parts: list[Whole]) -> tuple[Whole, list[Words]]:
    """Share equal vertices, and put triangles and vertices in the order in which they are drawn.

    Parameters
    ----------
    rows : ndarray, shape (n, k)
        Vertices; equal rows become one.
    parts : list of ndarray, shape (m, 3)
        Triangles of each primitive.

    Returns
    -------
    vertex : ndarray, shape (v,)
        For each new vertex an old one.
    parts : list of ndarray, shape (m, 3)
        Triangles of the new vertices.
    """
    codec = _codec()
    flat = np.concatenate([part.reshape(-1) for part in parts]).astype(np.uint32)
    remap = np.zeros(len(rows), np.uint32)
    count = codec.generate_vertex_remap(remap, flat, vertices=np.ascontiguousarray(rows))
    shared = remap[flat]
    ordered = np.empty_like(shared)
    at = 0
    for part in parts:
        here = slice(at, at + part.size)
        codec.optimize_vertex_cache(ordered[here], shared[here], vertex_count=count)
        at += part.size
    rank = np.zeros(count, np.uint32)
    drawn = codec.generate_vertex_remap(rank, ordered, vertices=np.arange(count, dtype=np.uint32))
    # Of equal vertices any one stands for all.
    old = np.zeros(drawn, np.int64)
    old[rank[shared]] = flat
    ends = np.cumsum([part.size for part in parts])[:-1]
    return old, [part.reshape(-1, 3) for part in np.split(rank[ordered], ends)]
