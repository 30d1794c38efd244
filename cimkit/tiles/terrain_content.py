"""One tile of terrain: triangles, skirts, the picture on them, and how right they are."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.geometry.frames import ecef
from cimkit.tiles.content import content_glb
from cimkit.tiles.encoding import Encoding
from cimkit.tiles.mesh import Mesh
from cimkit.tiles.terrain_grid import METRES, Cell, Tiling
from cimkit.tiles.terrain_mesh import Surface, deviation, skirt_depth, triangulated
from cimkit.tiles.tileset import frame_at

__all__ = ["GROUND", "Naming", "Patch", "Picture", "content_of"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

GROUND = (0.36, 0.38, 0.30, 1.0)
"""Linear RGBA of ground without imagery."""
_RADIUS = 6_371_000.0
_TOLERANCE = 0.1  # of the space between posts
_PIXELS = 16.0
"""Screen-space error that viewers allow unless told otherwise."""
_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Picture:
    """Imagery of a tile."""

    pixels: npt.NDArray[np.uint8]
    """Shape (rows from the north, columns, 3)."""
    names: list[str]
    """Lasting names of what it is from."""


@dataclass(slots=True)
class Patch:
    """The ground of a tile, and finer."""

    cell: Cell
    tiling: Tiling
    heights: Reals
    """Shape (rows * stride + 1, columns * stride + 1), from the south-west: metres above the
    ellipsoid, NaN where there is no ground."""
    source: npt.NDArray[np.int32]
    """The same shape: number of the model that each height is from."""
    stride: int
    """Between the tile's own posts."""
    inner: float
    """Metres by which these heights are off already."""
    leaf: bool
    """There are no tiles below it."""
    loss: float = field(init=False)
    """Metres by which the tile's own posts, with flat triangles between, are off."""

    def __post_init__(self) -> None:
        self.loss = self.inner
        if self.stride > 1:
            self.loss += float(deviation(self.flat(), self.stride))

    @property
    def size(self) -> tuple[float, float]:
        """Metres between posts from west to east and from south to north."""
        rows, columns = (n - 1 for n in self.heights.shape)
        west, south, east, north = self.cell.box
        wide = METRES * float(np.cos(np.radians((south + north) / 2))) * (east - west)
        return wide / columns, METRES * (north - south) / rows

    def flat(self) -> Reals:
        """Heights as seen from the plane that touches the ellipsoid in the middle."""
        x, y = (
            (np.arange(n) - (n - 1) / 2) * size
            for n, size in zip(self.heights.shape[::-1], self.size, strict=True)
        )
        bent: Reals = self.heights - (x * x + (y * y)[:, None]) / (2 * _RADIUS)
        return bent


class Naming(Protocol):
    """Tells of the models that heights are from."""

    def features(self, cell: Cell, sources: Whole) -> tuple[pa.Table, Whole]:
        """Rows that tell of models, and each model's row."""
        ...

    def names(self, sources: Whole) -> list[str]:
        """Lasting names of models."""
        ...


def content_of(
    patch: Patch, picture: Picture | None, naming: Naming, encoding: Encoding
) -> tuple[bytes, dict[str, Any]] | None:
    """Make the content of a tile, and say of it what its tile must know; None without ground."""
    flat = patch.flat()
    spacing = patch.size[1] * patch.stride
    surface = triangulated(flat, patch.stride, patch.size, _TOLERANCE * spacing)
    if surface is None:
        return None
    # What is finer than these heights differs by less at the border than a spike inside does.
    below = 0.0 if patch.leaf else min(patch.inner, spacing)
    depth = skirt_depth(flat, patch.stride) + below + _TOLERANCE * spacing
    mesh, middle = _mesh(patch, surface, depth)
    models, row = np.unique(mesh.feature, return_inverse=True)
    table, rows = naming.features(patch.cell, models)
    image = None if picture is None else _jpeg(picture.pixels)
    shown = Mesh(
        mesh.positions,
        mesh.indices,
        rows[row],
        uv=None if image is None else mesh.uv,
        image=image,
        unlit=image is not None,
    )
    frame = frame_at(middle)
    content = content_glb([shown], frame, table, color=GROUND, encoding=encoding)
    if content is None:
        return None
    error = surface.error + patch.inner
    if not patch.leaf:
        if not np.isfinite(patch.heights).all():
            error = max(error, spacing)  # a hole, or the end of the ground, is only so exact
        if picture is not None:
            error = max(error, _PIXELS * METRES * patch.cell.width / len(picture.pixels))
    said = {
        "at": middle.tolist(),
        "low": content.low.tolist(),
        "high": content.high.tolist(),
        "error": error,
        "loss": patch.loss,
    }
    if patch.leaf:
        said["seen"] = naming.names(models) + ([] if picture is None else picture.names)
    return content.data, said


def _mesh(patch: Patch, surface: Surface, depth: float) -> tuple[Mesh, Reals]:
    """Triangles with skirts, their ``feature`` still the number of the model; and the middle."""
    cell, tiling = patch.cell, patch.tiling
    columns, rows = tiling.spaces(cell.level)
    column, row = surface.column, surface.row
    lon = tiling.longitude(cell.level, cell.x * columns + column)
    lat = tiling.latitude(cell.level, cell.y * rows + row)
    height = patch.heights[row * patch.stride, column * patch.stride]
    source = patch.source[row * patch.stride, column * patch.stride].astype(np.int64)
    edges = _rim(surface, columns, rows)
    rim = np.unique(edges)
    top = np.searchsorted(rim, edges) + len(column)
    down = top + len(rim)
    skirts = np.concatenate(
        [
            np.stack([top[:, 1], top[:, 0], down[:, 0]], axis=1),
            np.stack([top[:, 1], down[:, 0], down[:, 1]], axis=1),
        ]
    )
    every = np.concatenate([np.arange(len(column)), rim, rim])
    level = height[every]
    level[len(column) + len(rim) :] -= depth
    uv = np.stack([column / columns, 1 - row / rows], axis=1)[every]
    west, south, east, north = cell.box
    middle = ecef([(west + east) / 2], [(south + north) / 2], [(height.min() + height.max()) / 2])[
        0
    ]
    mesh = Mesh(
        ecef(lon[every], lat[every], level),
        np.concatenate([surface.indices, skirts]),
        source[every],
        uv=uv.astype(np.float32),
    )
    return mesh, middle


def _rim(surface: Surface, columns: int, rows: int) -> Whole:
    """Edges of triangles, shape (k, 2), on the border of the tile."""
    edges = np.concatenate([surface.indices[:, [0, 1]], surface.indices[:, [1, 2]],
                            surface.indices[:, [2, 0]]])  # fmt: skip
    on = np.zeros(len(edges), bool)
    for values, last in ((surface.column, columns), (surface.row, rows)):
        a, b = values[edges[:, 0]], values[edges[:, 1]]
        on |= (a == b) & ((a == 0) | (a == last))
    found: Whole = edges[on]
    return found


def _jpeg(picture: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=_QUALITY, subsampling=2)
    return out.getvalue()
