"""The glTF of one tile: triangles and copies of many features, with their properties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.geometry.frames import to_frame
from cimkit.tiles.encoding import Encoding
from cimkit.tiles.glb import Glb
from cimkit.tiles.instancing import add_instances, copies_box
from cimkit.tiles.materials import Materials
from cimkit.tiles.mesh import Instances, Mesh, join
from cimkit.tiles.metadata import FEATURE, add_table
from cimkit.tiles.surfaces import add_surface, surface_of

__all__ = ["Written", "content_glb"]

Reals = npt.NDArray[np.float64]

_GREY = (0.8, 0.8, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Written:
    """A glTF asset and the box around what it holds."""

    data: bytes
    """The file."""
    low: Reals
    """Least east, north, up in the tile's frame, metres."""
    high: Reals
    """Greatest east, north, up in the tile's frame, metres."""


def content_glb(
    parts: Sequence[Mesh | Instances],
    frame: Reals,
    features: pa.Table,
    *,
    color: tuple[float, float, float, float] = _GREY,
    encoding: Encoding | None = None,
) -> Written | None:
    """Write what stands in a tile, with the properties of its features.

    Parameters
    ----------
    parts : sequence of Mesh and Instances
        Their ``feature`` holds rows of ``features``.
    frame : ndarray, shape (4, 4)
        Rigid: east, north, up of the tile to the coordinates of the parts.
    features : pyarrow.Table
        A row for each feature: columns of class ``feature`` of the schema.
    color : tuple
        Linear RGBA of what has no colour of its own.
    encoding : Encoding, optional
        How the glTF is written; None: as `Encoding` has it.

    Returns
    -------
    Written or None
        None if no triangle has an area.
    """
    encoding = encoding or Encoding()
    glb = Glb()
    surfaces = [
        surface
        for mesh in _grouped(parts, color)
        if (surface := surface_of(replace(mesh, positions=to_frame(mesh.positions, frame))))
    ]
    copies = [
        (surface, part)
        for part in parts
        if isinstance(part, Instances)
        and len(part.position)
        and (surface := surface_of(part.template))
    ]
    if not surfaces and not copies:
        return None
    table = add_table(glb, features, FEATURE, "feature")
    materials = Materials(glb, color)
    nodes: list[dict[str, Any]] = []
    meshes: list[dict[str, Any]] = []
    corners: list[Reals] = []
    if surfaces:
        primitives = [
            primitive
            for surface in surfaces
            for primitive in add_surface(glb, surface, materials, table)
        ]
        nodes.append({"mesh": len(meshes)})
        meshes.append({"primitives": primitives})
        corners += [surface.positions for surface in surfaces]
    for surface, part in copies:
        node = add_instances(glb, part, frame, table) | {"mesh": len(meshes)}
        nodes.append(node)
        meshes.append({"primitives": list(add_surface(glb, surface, materials, None))})
        corners.append(np.stack(copies_box(surface.positions, part, frame)))
    glb.root |= {
        "materials": materials.listed,
        "meshes": meshes,
        "nodes": nodes,
        "scenes": [{"nodes": list(range(len(nodes)))}],
        "scene": 0,
    }
    low = np.min([points.min(axis=0) for points in corners], axis=0)
    high = np.max([points.max(axis=0) for points in corners], axis=0)
    return Written(glb.to_bytes(), low, high)


def _grouped(
    parts: Sequence[Mesh | Instances], color: tuple[float, float, float, float]
) -> Iterator[Mesh]:
    """Join meshes that look alike: without a texture all, with one those of the same image."""
    groups: dict[tuple[bytes | None, bool], list[Mesh]] = {}
    for part in parts:
        if isinstance(part, Mesh) and len(part.indices):
            groups.setdefault((part.image, part.unlit), []).append(part)
    for meshes in groups.values():
        yield meshes[0] if len(meshes) == 1 else join(meshes, color)
