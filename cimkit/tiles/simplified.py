"""Meshes with fewer triangles, for the levels that are seen from afar."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cimkit.tiles.mesh import Mesh, split_creases

__all__ = ["simplify"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


def simplify(mesh: Mesh, error: float, *, creases: bool = True) -> tuple[Mesh, float]:
    """Return a mesh of fewer triangles that differs from the given one by no more than ``error``.

    Open borders stay as they are to the vertex, so that neighbouring tiles still meet. Vertices are
    those of the mesh: none is moved, and none goes from one feature to another, even where their
    surfaces touch.

    Parameters
    ----------
    mesh : Mesh
        Any triangles; corners at one place of one feature, texture and colour count as one.
    error : float
        Metres.
    creases : bool
        Give each planar face vertices of its own again, as in the meshes of models; False leaves
        vertices shared, as in those of terrain, which is shaded smoothly.

    Returns
    -------
    mesh : Mesh
        Without the vertices that are not used.
    error : float
        Metres, as the quadrics of meshoptimizer estimate it; 0 if nothing went.
    """
    if len(mesh.indices) == 0 or error <= 0:
        return mesh, 0.0
    import meshoptimizer

    # About the middle float32 keeps what matters; features never share a vertex.
    middle = (mesh.positions.min(axis=0) + mesh.positions.max(axis=0)) / 2
    local = (mesh.positions - middle).astype(np.float32)
    vertex, first = _welded(local, mesh)
    welded = vertex[mesh.indices]
    # What has become a line by welding has no surface to keep.
    a, b, c = welded.T
    welded = welded[(a != b) & (b != c) & (c != a)]
    if len(welded) == 0:
        return mesh, 0.0
    apart = _apart(local[first], mesh.feature[first])
    found = np.zeros(welded.size, np.uint32)
    reached = np.zeros(1, np.float32)
    count = meshoptimizer.simplify(
        found,
        welded.reshape(-1).astype(np.uint32),
        apart,
        target_index_count=0,
        target_error=float(error),
        options=meshoptimizer.SIMPLIFY_LOCK_BORDER | meshoptimizer.SIMPLIFY_ERROR_ABSOLUTE,
        result_error=reached,
    )
    indices = first[found[:count].astype(np.int64)].reshape(-1, 3)
    # What would vanish stays as it is.
    gone = np.setdiff1d(mesh.feature[mesh.indices[:, 0]], mesh.feature[indices[:, 0]])
    if len(gone):
        kept = first[welded[np.isin(mesh.feature[first[welded[:, 0]]], gone)]]
        indices = np.concatenate([indices, kept])
    if creases:
        corner, indices = split_creases(mesh.positions, indices)
    else:
        corner, indices = np.unique(indices, return_inverse=True)
    return _taken(mesh, corner, indices.reshape(-1, 3).astype(np.int64)), float(reached[0])


def _welded(local: npt.NDArray[np.float32], mesh: Mesh) -> tuple[Whole, Whole]:
    """For each vertex the one that stands for it, and for each of these an old one."""
    keys = [local.view(np.uint32), mesh.feature[:, None].astype(np.uint32)]
    if mesh.uv is not None:
        keys.append(mesh.uv.astype(np.float32).view(np.uint32))
    if mesh.color is not None:
        keys.append(np.ascontiguousarray(mesh.color).view(np.uint32))
    rows = np.ascontiguousarray(np.concatenate(keys, axis=1))
    flat = rows.view(np.dtype((np.void, rows.shape[1] * 4)))[:, 0]
    _, first, vertex = np.unique(flat, return_index=True, return_inverse=True)
    return vertex.reshape(-1).astype(np.int64), first.astype(np.int64)


def _apart(positions: npt.NDArray[np.float32], feature: Whole) -> npt.NDArray[np.float32]:
    """Positions with the features moved away from each other, each into a cell of its own.

    Where two touch, meshoptimizer would take their vertices for those of one surface.
    """
    found, which = np.unique(feature, return_inverse=True)
    if len(found) < 2:
        return np.ascontiguousarray(positions)
    low = np.full((len(found), 3), np.inf, np.float32)
    high = -low
    np.minimum.at(low, which, positions)
    np.maximum.at(high, which, positions)
    side = int(np.ceil(np.cbrt(len(found))))
    cell = np.stack(np.unravel_index(np.arange(len(found)), (side, side, side)), axis=1)
    step = (high - low).max(axis=0) + 1
    moved = positions - low[which] + (cell * step)[which]
    return np.ascontiguousarray(moved, np.float32)


def _taken(mesh: Mesh, vertex: Whole, indices: Whole) -> Mesh:
    return replace(
        mesh,
        positions=mesh.positions[vertex],
        indices=indices,
        feature=mesh.feature[vertex],
        color=None if mesh.color is None else mesh.color[vertex],
        uv=None if mesh.uv is None else mesh.uv[vertex],
    )
