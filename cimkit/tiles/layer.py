"""A layer of features: its tree, its contents, its tiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.geometry.frames import to_frame
from cimkit.tiles.content import content_glb
from cimkit.tiles.glb import box
from cimkit.tiles.mesh import Instances, Mesh
from cimkit.tiles.tileset import Tile, frame_at
from cimkit.tiles.tree import CAP, Branch, grow

__all__ = ["Layer", "Written", "write_layer"]

Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Layer:
    """Features to be tiled, and how their triangles are made when their tile's turn comes."""

    features: pa.Table
    """Columns of `cimkit.tiles.metadata.FEATURE`, one row a feature."""
    centre: Reals
    """Shape (n, 3), earth-centred metres (or local ones)."""
    size: Reals
    """Shape (n,): diagonal, metres."""
    weight: Reals
    """Shape (n,): estimated bytes of content."""
    build: Callable[[Rows], Mesh | Sequence[Mesh | Instances]]
    """Triangles and copies of the given rows; ``feature`` counts within these rows."""
    color: tuple[float, float, float, float] = (0.8, 0.8, 0.8, 1.0)
    """Linear RGBA of what has no colour of its own."""
    local: bool = False
    """The coordinates are not earth-centred but those of one model."""


@dataclass(slots=True)
class Written:
    """What tiling a layer gave."""

    root: Tile | None
    """None if no feature had a triangle."""
    files: list[Path]
    """Contents written."""
    bare: list[int]
    """Rows of features that had no triangle."""


def write_layer(layer: Layer, folder: Path, prefix: str = "", *, cap: float = CAP) -> Written:
    """Write the contents of a layer and return its tiles.

    Parameters
    ----------
    layer : Layer
        Memory in use at one time is that of one tile's triangles.
    folder : Path
        Exists; contents are named after their place in the tree.
    prefix : str
        Put before each content's name.
    cap : float
        Bytes of content in a tile.
    """
    done = Written(None, [], [])
    if layer.features.num_rows == 0:
        return done
    frame = frame_at(layer.centre.mean(axis=0), local=layer.local)
    tree = grow(to_frame(layer.centre, frame), layer.size, layer.weight, cap=cap)
    done.root = _write(layer, tree, folder, prefix, done)
    done.bare.sort()
    return done


def _write(layer: Layer, branch: Branch, folder: Path, prefix: str, done: Written) -> Tile | None:
    area = np.concatenate([branch.rows, branch.below])
    low, high = box(layer.centre[area])
    frame = frame_at((low + high) / 2, local=layer.local)
    tile = Tile(frame, np.full(3, np.inf), np.full(3, -np.inf), branch.error)
    if len(branch.rows):
        built = layer.build(branch.rows)
        parts = [built] if isinstance(built, Mesh) else built
        seen = np.zeros(len(branch.rows), bool)
        for part in parts:
            seen[part.feature[part.indices] if isinstance(part, Mesh) else part.feature] = True
        done.bare += branch.rows[~seen].tolist()
        content = content_glb(parts, frame, layer.features.take(branch.rows), color=layer.color)
        if content is not None:
            file = folder / f"{prefix}{branch.route}.glb"
            file.write_bytes(content.data)
            done.files.append(file)
            tile.uri, tile.low, tile.high = file.name, content.low, content.high
    written = (_write(layer, child, folder, prefix, done) for child in branch.children)
    tile.children = [child for child in written if child is not None]
    if tile.uri is None and not tile.children:
        return None
    return tile
