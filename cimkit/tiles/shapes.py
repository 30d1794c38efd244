"""Shapes and placements (BIM) to triangles where they stand."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.tiles.mesh import Mesh, face_normals, split_creases
from cimkit.tiles.simplified import simplify

__all__ = ["ShapePack", "place"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


class ShapePack:
    """Shapes of one source as flat arrays, found by their id.

    Parameters
    ----------
    shapes : pyarrow.Table
        Columns of ``STAGED["shapes"]``.

    Notes
    -----
    Triangles with a corner that is no number or that their shape does not have, and those without
    an area, are left out: the others of a shape are drawn. A shape may end up without any.
    """

    def __init__(self, shapes: pa.Table) -> None:
        positions = _triples(shapes["positions"])
        indices = _triples(shapes["indices"])
        self._ids = shapes["shape_id"].combine_chunks()
        flat = positions.flatten().to_numpy(zero_copy_only=False).reshape(-1, 3)
        faces = indices.flatten().to_numpy(zero_copy_only=False).reshape(-1, 3).astype(np.int64)
        first, first_face = _starts(positions), _starts(indices)
        owner = np.repeat(np.arange(len(shapes)), np.diff(first_face))
        within = (faces < np.diff(first)[owner][:, None]).all(axis=1)
        faces = np.where(within[:, None], faces + first[owner][:, None], 0)
        drawn = within & _surfaced(flat, faces)
        # Once for each shape, not for each of its copies.
        vertex, faces = split_creases(flat.astype(np.float64), faces[drawn])
        shape_of = np.searchsorted(first, vertex, side="right") - 1
        self.first = _counted(shape_of, len(shapes))
        """Shape (s + 1,): first vertex of each shape."""
        self.first_face = _counted(owner[drawn], len(shapes))
        """Shape (s + 1,): first triangle of each shape."""
        self.positions = flat[vertex]
        """Shape (n, 3), float32, about each shape's own centre."""
        self.faces = faces
        """Shape (m, 3), indices into ``positions``."""
        self.low, self.high = _bounds(self.positions, self.first)

    def simplified(self, error: Reals) -> ShapePack:
        """Return the same shapes with fewer triangles.

        Parameters
        ----------
        error : ndarray, shape (s,)
            Metres that each shape may differ by; 0: it stays as it is.
        """
        less = copy.copy(self)
        shape = np.repeat(np.arange(len(error)), np.diff(self.first))
        mine = error[shape[self.faces[:, 0]]] > 0
        if not mine.any():
            return less
        # Each in units of its own error, so that all go at once.
        unit = np.where(error > 0, error, 1.0)[shape][:, None]
        mesh, _ = simplify(Mesh(self.positions / unit, self.faces[mine], shape), 1.0)
        owner = mesh.feature[mesh.indices[:, 0]]
        rest = self.faces[~mine]
        used, rest = np.unique(rest, return_inverse=True)
        vertex_of = np.concatenate([mesh.feature, shape[used]])
        positions = np.concatenate(
            [mesh.positions * np.where(error > 0, error, 1.0)[mesh.feature][:, None],
             self.positions[used]]
        )  # fmt: skip
        faces = np.concatenate([mesh.indices, rest.reshape(-1, 3) + len(mesh.positions)])
        face_of = np.concatenate([owner, shape[used][rest.reshape(-1, 3)[:, 0]]])
        order = np.argsort(vertex_of, kind="stable")
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        less.positions = positions[order].astype(np.float32)
        less.faces = place[faces][np.argsort(face_of, kind="stable")]
        less.first = _counted(vertex_of, len(error))
        less.first_face = _counted(face_of, len(error))
        return less

    def mesh(self, rows: Whole) -> Mesh:
        """Triangles of some shapes, each about its own centre; ``feature`` counts within rows."""
        eye = np.broadcast_to(np.eye(4), (len(rows), 4, 4))
        white = np.ones((len(rows), 4), np.float32)
        return place(self, rows, eye, white, np.arange(len(rows)), lambda xyz: xyz)

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


def _triples(column: pa.ChunkedArray) -> pa.ListArray:
    """Lists of whole triples of values; where they are none, empty ones."""
    import pyarrow.compute as pc

    lists = column.combine_chunks()
    length = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    bad = (length % 3 != 0) | lists.is_null().to_numpy(zero_copy_only=False)
    if bad.any():
        lists = lists.take(pa.array(np.arange(len(lists)), mask=bad))
    return lists


def _surfaced(positions: npt.NDArray[np.float32], faces: Whole) -> npt.NDArray[np.bool_]:
    """Which triangles have an area."""
    if not len(faces):
        return np.zeros(0, bool)
    known = np.asarray(np.isfinite(positions).all(axis=1))
    normals = face_normals(np.where(known[:, None], positions, 0).astype(np.float64), faces)
    whole = known[faces[:, 0]] & known[faces[:, 1]] & known[faces[:, 2]]
    return np.asarray(whole & (np.abs(normals).max(axis=1) > 0), bool)


def _counted(owner: Whole, count: int) -> Whole:
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=count))]).astype(np.int64)


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
