"""Triangles of many features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Instances", "Mesh", "face_normals", "join", "split_creases"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles in earth-centred (or, for one model alone, local) metres."""

    positions: Reals
    """Shape (n, 3). A vertex is not shared across a crease: it has one normal."""
    indices: Whole
    """Shape (m, 3), counter-clockwise from outside."""
    feature: Whole
    """Shape (n,): the row of the feature a vertex belongs to."""
    color: npt.NDArray[np.uint8] | None = None
    """Shape (n, 4), linear RGBA; None: the layer's own colour."""
    uv: npt.NDArray[np.float32] | None = None
    """Shape (n, 2), from 0 to 1 from the upper left of `image`; None: no texture."""
    image: bytes | None = None
    """The texture: a JPEG, PNG or WebP file."""
    unlit: bool = False
    """Drawn as bright as its texture, whatever the light: for imagery, which has its own."""


@dataclass(frozen=True, slots=True)
class Instances:
    """Copies of one small mesh (EXT_mesh_gpu_instancing)."""

    template: Mesh
    """In metres, x east, y north, z up of each copy's own place; ``feature`` is not used."""
    position: Reals
    """Shape (n, 3): the template's origin, earth-centred (or local) metres."""
    turn: Reals
    """Shape (n, 3, 3): rotations, the template's axes as columns in the outer coordinates."""
    scale: Reals
    """Shape (n, 3): along the template's own axes."""
    feature: Whole
    """Shape (n,): the row of the feature of each copy."""


def join(
    meshes: Sequence[Mesh], blank: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
) -> Mesh:
    """Put meshes into one; where others have colours, those without get ``blank`` (RGBA).

    All have the same image, or none; it and ``unlit`` are those of the first.
    """
    starts = np.cumsum([0, *(len(m.positions) for m in meshes)])
    color = None
    if any(m.color is not None for m in meshes):
        fill = np.rint(np.array(blank) * 255).astype(np.uint8)
        color = np.concatenate(
            [np.tile(fill, (len(m.positions), 1)) if m.color is None else m.color for m in meshes]
        )
    uv = [m.uv for m in meshes if m.uv is not None]
    return Mesh(
        np.concatenate([m.positions for m in meshes]),
        np.concatenate([m.indices + at for m, at in zip(meshes, starts, strict=False)]),
        np.concatenate([m.feature for m in meshes]),
        color,
        np.concatenate(uv) if len(uv) == len(meshes) else None,
        meshes[0].image,
        meshes[0].unlit,
    )


def face_normals(positions: Reals, indices: Whole) -> Reals:
    """Normals of triangles, shape (m, 3), with twice their area as length."""
    a, b, c = (positions[indices[:, i]] for i in range(3))
    normals: Reals = np.cross(b - a, c - a)
    return normals


def split_creases(positions: Reals, indices: Whole) -> tuple[Whole, Whole]:
    """Give each planar face vertices of its own, shared within the plane only.

    Parameters
    ----------
    positions : ndarray, shape (n, 3)
        Metres.
    indices : ndarray, shape (m, 3)
        Triangles.

    Returns
    -------
    vertex : ndarray, shape (k,)
        For each new vertex the old one.
    indices : ndarray, shape (m, 3)
        Triangles of the new vertices.
    """
    normals = face_normals(positions, indices)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    unit = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)
    # 6 bits an axis (1.8 degrees) tells planes apart and keeps a cylinder from exploding.
    q = np.rint(unit * 31).astype(np.int64) + 31
    key = (q[:, 0] << 12) | (q[:, 1] << 6) | q[:, 2]
    corners = (indices.astype(np.int64) << 18) | key[:, None]
    found, back = np.unique(corners.reshape(-1), return_inverse=True)
    return found >> 18, back.reshape(-1, 3).astype(np.int64)
