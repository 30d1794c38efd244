"""The glTF of one tile: triangles and copies of many features, with their properties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.geometry.frames import to_frame
from cimkit.tiles.encoding import Encoding
from cimkit.tiles.glb import Glb, box
from cimkit.tiles.instancing import add_places, copies_box, places_of
from cimkit.tiles.materials import Materials
from cimkit.tiles.mesh import Instances, Mesh, join
from cimkit.tiles.property_table import add_table
from cimkit.tiles.quantized import Grid, grid_over
from cimkit.tiles.surfaces import Surface, add_surface, surface_of, y_up, z_up

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
    meshes = [
        replace(mesh, positions=y_up(to_frame(mesh.positions, frame)))
        for mesh in _grouped(parts, color)
    ]
    grid = _grid(meshes) if encoding.quantize and meshes else None
    surfaces = [surface for mesh in meshes if (surface := surface_of(mesh, grid, encoding))]
    copies = [
        (surface, part)
        for part in (_sized(part) for part in parts if _copied(part))
        if (surface := _template(part, encoding))
    ]
    if not surfaces and not copies:
        return None
    glb = Glb(meshopt=encoding.meshopt)
    table = add_table(glb, features, encoding.schema)
    materials = Materials(glb, color)
    nodes: list[dict[str, Any]] = []
    drawn: list[dict[str, Any]] = []
    corners: list[Reals] = []
    if surfaces:
        primitives = [p for s in surfaces for p in add_surface(glb, s, materials, table)]
        nodes.append({"mesh": 0} if grid is None else {"mesh": 0} | grid.node())
        drawn.append({"primitives": primitives})
        corners += [np.stack(box(z_up(surface.corners))) for surface in surfaces]
    for surface, part in copies:
        places = places_of(part, frame, quantize=encoding.quantize)
        nodes.append(add_places(glb, places, table) | {"mesh": len(drawn)})
        drawn.append({"primitives": list(add_surface(glb, surface, materials, None))})
        corners.append(np.stack(box(z_up(np.stack(copies_box(surface.corners, places))))))
    glb.root |= {
        "materials": materials.listed,
        "meshes": drawn,
        "nodes": nodes,
        "scenes": [{"nodes": list(range(len(nodes)))}],
        "scene": 0,
    }
    low, high = box(np.concatenate(corners))
    return Written(glb.to_bytes(), low, high)


def _grid(meshes: list[Mesh]) -> Grid:
    boxes = [box(mesh.positions[mesh.indices.reshape(-1)]) for mesh in meshes]
    low, high = zip(*boxes, strict=True)
    return grid_over(np.min(low, axis=0), np.max(high, axis=0))


def _copied(part: Mesh | Instances) -> TypeGuard[Instances]:
    return isinstance(part, Instances) and len(part.position) > 0 < len(part.template.indices)


def _sized(part: Instances) -> Instances:
    """Give the template the size of the largest copy along each axis.

    CesiumJS takes the extent of copies from the template's alone, whatever their scale: those of a
    small template that is drawn large are cut off.
    """
    most = np.abs(part.scale).max(axis=0)
    most[most == 0] = 1.0
    template = replace(part.template, positions=part.template.positions * most)
    return replace(part, template=template, scale=part.scale / most)


def _template(part: Instances, encoding: Encoding) -> Surface | None:
    positions = y_up(part.template.positions)
    grid = grid_over(*box(positions), bare=True) if encoding.quantize else None
    none = np.zeros(len(positions), np.int64)
    return surface_of(replace(part.template, positions=positions, feature=none), grid, encoding)


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
