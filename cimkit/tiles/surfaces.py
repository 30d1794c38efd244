"""Triangles as glTF primitives: what is left of a mesh once it is stored, and its normals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.tiles import quantized
from cimkit.tiles.compressed import in_order
from cimkit.tiles.encoding import Encoding
from cimkit.tiles.glb import Glb
from cimkit.tiles.materials import Materials
from cimkit.tiles.mesh import Mesh, face_normals
from cimkit.tiles.quantized import Grid, Stored, plain

__all__ = ["Surface", "add_surface", "surface_of", "y_up", "z_up"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_QUANTIZED = ("POSITION", "NORMAL", "TEXCOORD_0")
"""Attributes that without KHR_mesh_quantization are float32."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A mesh as it is stored: every triangle has an area."""

    attributes: dict[str, Stored]
    """Vertex attributes by their semantics, in the axes of glTF."""
    parts: list[tuple[npt.NDArray[np.uint32], bool]]
    """Triangles, shape (m, 3), and whether one can see through them."""
    corners: Reals
    """Shape (n, 3): the positions as a reader gets them, in the axes of glTF."""
    image: bytes | None
    """The texture."""
    unlit: bool
    """Drawn as bright as its texture, whatever the light."""
    count: int
    """Features that it has."""


def surface_of(mesh: Mesh, grid: Grid | None, encoding: Encoding) -> Surface | None:
    """Return what is left of a mesh where it is stored; None if no triangle has an area.

    Parameters
    ----------
    mesh : Mesh
        Positions in the axes of glTF.
    grid : Grid or None
        Where its vertices may lie; None: where float32 may.
    encoding : Encoding
        How contents are written.
    """
    if grid is None:
        stored = Stored(mesh.positions.astype("<f4"), 3)
        exact = stored.values.astype(np.float64)
    else:
        steps = grid.snap(mesh.positions)
        stored, exact = grid.stored(steps), grid.place(steps)
    faces = face_normals(exact, mesh.indices)
    solid = (faces * faces).sum(axis=1) > 1e-20
    indices = mesh.indices[solid]
    if len(indices) == 0:
        return None
    # How a face is turned is known better than its rounded corners say.
    upright = _vertex_normals(mesh.positions, indices)
    attributes = {
        "POSITION": stored,
        "NORMAL": quantized.normals(upright) if encoding.quantize else plain(upright),
        "_FEATURE_ID_0": quantized.features(mesh.feature),
    }
    image = None if mesh.uv is None else mesh.image
    if mesh.uv is not None and image is not None:
        uv = quantized.textured(mesh.uv) if encoding.quantize else plain(mesh.uv)
        attributes["TEXCOORD_0"] = uv
    clear = np.zeros(len(indices), bool)
    if mesh.color is not None:
        attributes["COLOR_0"] = quantized.colors(mesh.color)
        clear = mesh.color[indices[:, 0], 3] < 255
    split = [(indices[~clear], False), (indices[clear], True)]
    split = [(part, blend) for part, blend in split if len(part)]
    rows = np.concatenate([stored.rows for stored in attributes.values()], axis=1)
    vertex, parts = in_order(rows, [part for part, _ in split])
    return Surface(
        {name: stored.take(vertex) for name, stored in attributes.items()},
        [(part, blend) for part, (_, blend) in zip(parts, split, strict=True)],
        exact[vertex],
        image,
        mesh.unlit,
        int(np.count_nonzero(np.bincount(mesh.feature[vertex]))),
    )


def _vertex_normals(positions: Reals, indices: Whole) -> Reals:
    normals, corners = face_normals(positions, indices), indices.reshape(-1)
    summed: Reals = np.stack(
        [np.bincount(corners, np.repeat(normals[:, i], 3), len(positions)) for i in range(3)],
        axis=1,
    )
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    # Opposite faces on one vertex cancel: any unit vector is as true as another there.
    flat = length[:, 0] < 1e-12
    summed[flat] = (0.0, 1.0, 0.0)
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
        name: glb.add(stored, bounded=name == "POSITION")
        for name, stored in surface.attributes.items()
        if table is not None or name != "_FEATURE_ID_0"
    }
    small = (surface.attributes[name] for name in attributes if name in _QUANTIZED)
    if any(stored.values.dtype.kind != "f" for stored in small):
        glb.use("KHR_mesh_quantization", required=True)
    extensions: dict[str, Any] = {}
    if table is not None:
        glb.use("EXT_mesh_features")
        ids = [{"featureCount": surface.count, "attribute": 0, "propertyTable": table}]
        extensions["EXT_mesh_features"] = {"featureIds": ids}
    for triangles, blend in surface.parts:
        primitive: dict[str, Any] = {
            "attributes": attributes,
            "indices": glb.triangles(triangles),
            "material": materials.index(
                "COLOR_0" in attributes, surface.image, blend=blend, unlit=surface.unlit
            ),
        }
        if extensions:
            primitive["extensions"] = extensions
        yield primitive


def y_up(enu: Reals) -> Reals:
    """Turn east, north, up into the axes of glTF; 3D Tiles turns (x, y, z) into (x, -z, y)."""
    return np.stack([enu[:, 0], enu[:, 2], -enu[:, 1]], axis=1)


def z_up(xyz: Reals) -> Reals:
    """Turn the axes of glTF into east, north, up."""
    return np.stack([xyz[:, 0], -xyz[:, 2], xyz[:, 1]], axis=1)
