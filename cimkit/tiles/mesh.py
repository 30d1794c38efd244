"""Triangles of many features, and the glTF that shows them with their properties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.geometry.frames import to_frame
from cimkit.tiles.glb import Glb, box
from cimkit.tiles.metadata import FEATURE, add_table

__all__ = ["Instances", "Mesh", "Written", "face_normals", "join", "mesh_glb", "split_creases"]

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


@dataclass(frozen=True, slots=True)
class Written:
    """A glTF asset and the box around what it holds."""

    data: bytes
    """The file."""
    low: Reals
    """Least east, north, up in the tile's frame, metres."""
    high: Reals
    """Greatest east, north, up in the tile's frame, metres."""


def join(meshes: Sequence[Mesh]) -> Mesh:
    """Put meshes into one; those without colours get white where others have them."""
    starts = np.cumsum([0, *(len(m.positions) for m in meshes)])
    color = None
    if any(m.color is not None for m in meshes):
        color = np.concatenate(
            [
                np.full((len(m.positions), 4), 255, np.uint8) if m.color is None else m.color
                for m in meshes
            ]
        )
    return Mesh(
        np.concatenate([m.positions for m in meshes]),
        np.concatenate([m.indices + at for m, at in zip(meshes, starts, strict=False)]),
        np.concatenate([m.feature for m in meshes]),
        color,
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


def mesh_glb(
    mesh: Mesh,
    frame: Reals,
    features: pa.Table,
    *,
    color: tuple[float, float, float, float] = (0.8, 0.8, 0.8, 1.0),
) -> Written | None:
    """Write a mesh with the properties of its features.

    Parameters
    ----------
    mesh : Mesh
        ``mesh.feature`` holds rows of ``features``.
    frame : ndarray, shape (4, 4)
        Rigid: east, north, up of the tile to the coordinates of the mesh.
    features : pyarrow.Table
        Columns of `cimkit.tiles.metadata.FEATURE`.
    color : tuple
        Linear RGBA of what has no colour of its own.

    Returns
    -------
    Written or None
        None if no triangle has an area that float32 can hold.
    """
    local = to_frame(mesh.positions, frame)
    stored = local.astype(np.float32)
    exact = stored.astype(np.float64)
    normals = face_normals(exact, mesh.indices)
    solid = (normals * normals).sum(axis=1) > 1e-20
    indices, normals = mesh.indices[solid], normals[solid]
    if len(indices) == 0:
        return None
    drawn = np.zeros(len(stored), bool)
    drawn[indices] = True
    used = np.flatnonzero(drawn)
    indices = (np.cumsum(drawn) - 1)[indices]
    vertex_normals: Reals = np.stack(
        [
            np.bincount(
                indices.reshape(-1), weights=np.repeat(normals[:, i], 3), minlength=len(used)
            )
            for i in range(3)
        ],
        axis=1,
    )
    length = np.linalg.norm(vertex_normals, axis=1, keepdims=True)
    # Opposite faces on one vertex cancel: any unit vector is as true as another there.
    flat = length[:, 0] < 1e-12
    vertex_normals[flat] = (0.0, 0.0, 1.0)
    length[flat] = 1.0
    vertex_normals = vertex_normals / length

    glb = Glb()
    table = add_table(glb, features, FEATURE, "feature")
    attributes = {
        "POSITION": glb.attribute(_y_up(stored[used])),
        "NORMAL": glb.attribute(_y_up(vertex_normals.astype(np.float32))),
        "_FEATURE_ID_0": glb.attribute(mesh.feature[used].astype(np.float32)),
    }
    material = {
        "pbrMetallicRoughness": {
            "baseColorFactor": list(color),
            "metallicFactor": 0.0,
            "roughnessFactor": 0.9,
        },
        "doubleSided": True,  # delivered models are not always oriented
    }
    parts = [(indices, material)]
    if mesh.color is not None:
        shade = mesh.color[used]
        attributes["COLOR_0"] = glb.attribute(shade, normalized=True)
        plain = material | {
            "pbrMetallicRoughness": {
                **material["pbrMetallicRoughness"],  # type: ignore[dict-item]
                "baseColorFactor": [1.0, 1.0, 1.0, 1.0],
            }
        }
        clear = (shade[indices[:, 0], 3]) < 255
        parts = [(indices[~clear], plain), (indices[clear], plain | {"alphaMode": "BLEND"})]
    glb.use("EXT_mesh_features")
    ids = [{"featureCount": features.num_rows, "attribute": 0, "propertyTable": table}]
    primitives = [
        {
            "attributes": attributes,
            "indices": glb.indices(part),
            "material": material_index,
            "extensions": {"EXT_mesh_features": {"featureIds": ids}},
        }
        for material_index, (part, _) in enumerate([p for p in parts if len(p[0])])
    ]
    glb.root |= {
        "materials": [m for part, m in parts if len(part)],
        "meshes": [{"primitives": primitives}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
        "scene": 0,
    }
    low, high = box(exact[used])
    return Written(glb.to_bytes(), low, high)


def _y_up(enu: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    # glTF is y-up; 3D Tiles turns (x, y, z) into (x, -z, y).
    return np.stack([enu[:, 0], enu[:, 2], -enu[:, 1]], axis=1)
