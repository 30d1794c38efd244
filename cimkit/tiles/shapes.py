"""Shapes and placements (BIM) to triangles where they stand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.tiles.mesh import Mesh, split_creases

__all__ = ["ShapePack", "place"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


class ShapePack:
    """Shapes of one source as flat arrays, found by their id.

    Parameters
    ----------
    shapes : pyarrow.Table
        Columns of ``STAGED["shapes"]``.
    """

    def __init__(self, shapes: pa.Table) -> None:
        positions = shapes["positions"].combine_chunks()
        indices = shapes["indices"].combine_chunks()
        self._ids = shapes["shape_id"].combine_chunks()
        flat = positions.flatten().to_numpy().reshape(-1, 3)
        faces = indices.flatten().to_numpy().reshape(-1, 3).astype(np.int64)
        self.first = _starts(positions)
        """Shape (s + 1,): first vertex of each shape."""
        self.first_face = _starts(indices)
        """Shape (s + 1,): first triangle of each shape."""
        owner = np.repeat(np.arange(len(shapes)), np.diff(self.first_face))
        # Once for each shape, not for each of its copies.
        vertex, faces = split_creases(flat.astype(np.float64), faces + self.first[owner][:, None])
        shape_of = np.searchsorted(self.first, vertex, side="right") - 1
        self.first = np.concatenate(
            [[0], np.cumsum(np.bincount(shape_of, minlength=len(shapes)))]
        ).astype(np.int64)
        self.positions = flat[vertex]
        """Shape (n, 3), float32, about each shape's own centre."""
        self.faces = faces
        """Shape (m, 3), indices into ``positions``."""
        self.low, self.high = _bounds(self.positions, self.first)

    def rows(self, shape_id: pa.Array) -> Whole:
        """Rows of the shapes of these ids; -1 where the pack has none."""
        import pyarrow.compute as pc

        found = pc.index_in(shape_id, value_set=self._ids)
        return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.int64)


def place(
    pack: ShapePack,
    shape: Whole,
    matrix: Reals,
    color: npt.NDArray[np.float32],
    feature: Whole,
    to_earth: Callable[[Reals], Reals],
) -> Mesh:
    """Bake placed copies of shapes.

    Parameters
    ----------
    pack : ShapePack
        The shapes.
    shape : ndarray, shape (n,)
        Row of the shape of each copy.
    matrix : ndarray, shape (n, 4, 4)
        For column vectors: shape to the item's coordinates.
    color : ndarray, shape (n, 4)
        Linear RGBA from 0 to 1.
    feature : ndarray, shape (n,)
        Row of the feature of each copy.
    to_earth : callable
        Takes item coordinates (k, 3) to earth-centred ones.
    """
    vertices = np.diff(pack.first)[shape]
    faces = np.diff(pack.first_face)[shape]
    copy_v, source_v = _expand(pack.first[shape], vertices)
    copy_f, source_f = _expand(pack.first_face[shape], faces)
    new_first = np.cumsum(vertices) - vertices
    local = pack.positions[source_v].astype(np.float64)
    placed = np.einsum("nij,nj->ni", matrix[copy_v, :3, :3], local) + matrix[copy_v, :3, 3]
    indices = pack.faces[source_f] - pack.first[shape][copy_f][:, None]
    indices = indices + new_first[copy_f][:, None]
    mirrored = np.linalg.det(matrix[:, :3, :3])[copy_f] < 0
    indices[mirrored] = indices[mirrored][:, ::-1]
    shade = np.rint(np.clip(np.nan_to_num(color, nan=0.8), 0, 1) * 255).astype(np.uint8)
    return Mesh(to_earth(placed), indices, feature[copy_v], shade[copy_v])


def _starts(lists: pa.Array) -> Whole:
    offsets = lists.offsets.to_numpy().astype(np.int64)
    starts: Whole = (offsets - offsets[0]) // 3
    return starts


def _expand(first: Whole, count: Whole) -> tuple[Whole, Whole]:
    """For ranges ``first .. first + count``: the range each element is of, and the element."""
    which = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return which, first[which] + within


def _bounds(positions: npt.NDArray[np.float32], first: Whole) -> tuple[Reals, Reals]:
    """Boxes, shape (s, 3) each, of the vertices between the starts; zero for empty shapes."""
    low, high = np.zeros((len(first) - 1, 3)), np.zeros((len(first) - 1, 3))
    filled = np.diff(first) > 0
    if filled.any():
        at = first[:-1][filled]
        low[filled] = np.minimum.reduceat(positions, at, axis=0)
        high[filled] = np.maximum.reduceat(positions, at, axis=0)
    return low, high
