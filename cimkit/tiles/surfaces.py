"""Triangles as glTF primitives: what is left of a mesh once it is stored, and its normals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.tiles.glb import Glb
from cimkit.tiles.materials import Materials
from cimkit.tiles.mesh import Mesh, face_normals

__all__ = ["Surface", "add_surface", "surface_of", "y_up"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Surface:
    """A mesh as it is stored: every vertex is drawn and every triangle has an area."""

    positions: Reals
    """Shape (n, 3): east, north, up as float32 holds them."""
    normals: Reals
    """Shape (n, 3), unit vectors."""
    indices: Whole
    """Shape (m, 3), m > 0."""
    feature: Whole
    """Shape (n,)."""
    color: npt.NDArray[np.uint8] | None
    """Shape (n, 4), linear RGBA."""
    uv: npt.NDArray[np.float32] | None
    """Shape (n, 2)."""
    image: bytes | None
    """The texture."""
    unlit: bool
    """Drawn as bright as its texture, whatever the light."""


def surface_of(mesh: Mesh) -> Surface | None:
    """Return what float32 keeps of a mesh in a tile's frame; None if no triangle has an area."""
    stored = mesh.positions.astype(np.float32).astype(np.float64)
    normals = face_normals(stored, mesh.indices)
    solid = (normals * normals).sum(axis=1) > 1e-20
    indices, normals = mesh.indices[solid], normals[solid]
    if len(indices) == 0:
        return None
    drawn = np.zeros(len(stored), bool)
    drawn[indices] = True
    used = np.flatnonzero(drawn)
    indices = (np.cumsum(drawn) - 1)[indices]
    return Surface(
        stored[used],
        _vertex_normals(normals, indices, len(used)),
        indices,
        mesh.feature[used],
        None if mesh.color is None else mesh.color[used],
        None if mesh.uv is None or mesh.image is None else mesh.uv[used],
        None if mesh.uv is None else mesh.image,
        mesh.unlit,
    )


def _vertex_normals(normals: Reals, indices: Whole, count: int) -> Reals:
    corners = indices.reshape(-1)
    summed: Reals = np.stack(
        [np.bincount(corners, np.repeat(normals[:, i], 3), count) for i in range(3)], axis=1
    )
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    # Opposite faces on one vertex cancel: any unit vector is as true as another there.
    flat = length[:, 0] < 1e-12
    summed[flat] = (0.0, 0.0, 1.0)
    length[flat] = 1.0
    unit: Reals = summed / length
    return unit


def add_surface(
    glb: Glb, surface: Surface, materials: Materials, table: int | None
) -> Iterator[dict[str, Any]]:
    """Add a surface and yield its primitives: what is opaque, and what can be seen through.

    ``table`` is the property table that its features have their rows in; None: it has no features.
    """
    attributes = {
        "POSITION": glb.attribute(y_up(surface.positions).astype(np.float32)),
        "NORMAL": glb.attribute(y_up(surface.normals).astype(np.float32)),
    }
    extensions: dict[str, Any] = {}
    if table is not None:
        glb.use("EXT_mesh_features")
        attributes["_FEATURE_ID_0"] = glb.attribute(surface.feature.astype(np.float32))
        count = len(np.unique(surface.feature))
        ids = [{"featureCount": count, "attribute": 0, "propertyTable": table}]
        extensions["EXT_mesh_features"] = {"featureIds": ids}
    if surface.uv is not None:
        attributes["TEXCOORD_0"] = glb.attribute(surface.uv.astype(np.float32))
    clear = np.zeros(len(surface.indices), bool)
    if surface.color is not None:
        attributes["COLOR_0"] = glb.attribute(surface.color, normalized=True)
        clear = surface.color[surface.indices[:, 0], 3] < 255
    for mine, blend in ((~clear, False), (clear, True)):
        if not mine.any():
            continue
        primitive: dict[str, Any] = {
            "attributes": attributes,
            "indices": glb.indices(surface.indices[mine]),
            "material": materials.index(
                surface.color is not None, surface.image, blend=blend, unlit=surface.unlit
            ),
        }
        if extensions:
            primitive["extensions"] = extensions
        yield primitive


def y_up(enu: Reals) -> Reals:
    """Turn east, north, up into the axes of glTF; 3D Tiles turns (x, y, z) into (x, -z, y)."""
    return np.stack([enu[:, 0], enu[:, 2], -enu[:, 1]], axis=1)
