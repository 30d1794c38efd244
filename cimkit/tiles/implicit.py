"""Implicit tiling of 3D Tiles 1.1: which tiles of a regular tree there are, as bits in subtrees."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

__all__ = ["CLASSES", "Available", "write_implicit"]

Whole = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

_NUMBER = {"type": "SCALAR", "componentType": "FLOAT64"}
_BOX = {**_NUMBER, "array": True, "count": 12}
CLASSES: dict[str, Any] = {
    "tile": {
        "properties": {
            "box": {**_BOX, "semantic": "TILE_BOUNDING_BOX"},
            "error": {**_NUMBER, "semantic": "TILE_GEOMETRIC_ERROR"},
        }
    },
    "content": {"properties": {"box": {**_BOX, "semantic": "CONTENT_BOUNDING_BOX"}}},
}
"""Metadata classes that the schema of a tileset must have if `Available` has boxes or errors."""


@dataclass(frozen=True, slots=True)
class Available:
    """Tiles that there are, one row a tile, in any order, none twice.

    A tile whose parent is not listed gets it, without content; where boxes or errors are given
    all parents must be listed. Boxes are those of 3D Tiles: centre and three half axes in the
    frame of the root tile.
    """

    level: Whole
    """Shape (n,); the root is 0."""
    x: Whole
    """Shape (n,), counted from the root's least corner."""
    y: Whole
    """Shape (n,)."""
    z: Whole | None = None
    """Shape (n,): of an octree; None: a quadtree."""
    content: npt.NDArray[np.bool_] | None = None
    """Shape (n,): has content; None: all have."""
    box: Reals | None = None
    """Shape (n, 12): tight boxes of each tile and all below it."""
    error: Reals | None = None
    """Shape (n,): geometric error, metres."""
    content_box: Reals | None = None
    """Shape (n, 12): tight boxes of the contents."""


def write_implicit(
    folder: Path,
    volume: dict[str, list[float]],
    tiles: Available,
    *,
    error: float,
    content: str = "{level}-{x}-{y}-{z}.glb",
    subtree_levels: int = 5,
    subtrees: str = "{level}-{x}-{y}-{z}.subtree",
    refine: str = "ADD",
) -> dict[str, Any]:
    """Write the subtrees of an implicit tiling and return its root tile.

    Parameters
    ----------
    folder : Path
        Of the tileset.json that will hold the root tile.
    volume : dict
        ``{"box": [12 numbers]}`` or ``{"region": [6 numbers]}`` of the root: each tile's volume
        is a half (a quarter, an eighth) of it, a region's heights in an octree too.
    tiles : Available
        Not empty.
    error : float
        Geometric error of the root, metres; it halves with each level unless given for each.
    content, subtrees : str
        Templates of addresses relative to ``folder``; of a quadtree without ``{z}``
        (``-{z}`` is taken out).
    subtree_levels : int
        Levels of tiles in one subtree file.
    refine : str
        ``ADD`` or ``REPLACE``.

    Returns
    -------
    dict
        The tile with ``implicitTiling``. A schema with `CLASSES` must stand in its tileset if
        boxes or errors are given.

    Raises
    ------
    ValueError
        If a tile is listed twice, or has boxes or errors and a parent that is not listed.

    Notes
    -----
    3D Tiles 1.1, clause 8 (implicit tiling): bits are in level order, in Morton order within.
    """
    whole = _with_parents(tiles)
    if whole.z is None:
        content, subtrees = content.replace("-{z}", ""), subtrees.replace("-{z}", "")
    for (level, x, y, z), mine in _cut(whole, subtree_levels):
        data = _subtree(whole, mine, (level, x, y, z), subtree_levels)
        target = folder / subtrees.format(level=level, x=x, y=y, z=z)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    root: dict[str, Any] = {
        "boundingVolume": volume,
        "geometricError": round(float(error), 3),
        "refine": refine,
    }
    if whole.content is not None and whole.content.any():
        root["content"] = {"uri": content}
    root["implicitTiling"] = {
        "subdivisionScheme": "QUADTREE" if whole.z is None else "OCTREE",
        "subtreeLevels": subtree_levels,
        "availableLevels": int(whole.level.max()) + 1,
        "subtrees": {"uri": subtrees},
    }
    return root


def _with_parents(tiles: Available) -> Available:
    """All tiles with their ancestors, sorted by level, x, y, z; ``content`` is an array."""
    n = len(tiles.level)
    depth = np.zeros(n, np.int64) if tiles.z is None else tiles.z
    own = np.column_stack([tiles.level, tiles.x, tiles.y, depth]).astype(np.int64)
    found, step = [own], own
    while len(step := step[step[:, 0] > 0]):
        step = np.unique(np.column_stack([step[:, 0] - 1, step[:, 1:] >> 1]), axis=0)
        found.append(step)
    cells, first = np.unique(np.concatenate(found), axis=0, return_index=True)
    listed = first < n
    if int(listed.sum()) != n:
        raise ValueError("a tile is listed twice")
    told = any(v is not None for v in (tiles.box, tiles.error))
    if told and not listed.all():
        raise ValueError("a tile with boxes or errors has a parent that is not listed")
    given = np.ones(n, bool) if tiles.content is None else tiles.content
    content = np.zeros(len(cells), bool)
    content[listed] = given[first[listed]]

    def sort(values: Reals | None) -> Reals | None:
        if values is None:
            return None
        out = np.zeros((len(cells), *values.shape[1:]))
        out[listed] = values[first[listed]]
        return out

    return Available(
        cells[:, 0],
        cells[:, 1],
        cells[:, 2],
        None if tiles.z is None else cells[:, 3],
        content,
        sort(tiles.box),
        sort(tiles.error),
        sort(tiles.content_box),
    )


def _cut(tiles: Available, levels: int) -> Iterator[tuple[tuple[int, int, int, int], Whole]]:
    """Subtrees by level and place of their roots, with the rows of their tiles."""
    depth = np.zeros_like(tiles.level) if tiles.z is None else tiles.z
    down = tiles.level % levels
    roots = np.column_stack(
        [tiles.level - down, tiles.x >> down, tiles.y >> down, depth >> down]
    )  # fmt: skip
    names, of = np.unique(roots, axis=0, return_inverse=True)
    order = np.argsort(of.reshape(-1), kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(of.reshape(-1)))[:-1])
    for name, mine in zip(names.tolist(), parts, strict=True):
        yield (name[0], name[1], name[2], name[3]), mine


def _subtree(tiles: Available, mine: Whole, root: tuple[int, int, int, int], levels: int) -> bytes:
    wide = 4 if tiles.z is None else 8
    binary = _Binary()
    at = _index(tiles, mine, root, wide)
    order = np.argsort(at)
    mine, at = mine[order], at[order]
    assert tiles.content is not None
    drawn = tiles.content[mine]
    count = (wide**levels - 1) // (wide - 1)
    said: dict[str, Any] = {
        "tileAvailability": binary.bits(at, count),
        "childSubtreeAvailability": binary.bits(_below(tiles, root, levels, wide), wide**levels),
    }
    if tiles.content.any():
        said["contentAvailability"] = [binary.bits(at[drawn], count)]
    tables: list[dict[str, Any]] = []
    columns = {
        name: {"values": binary.view(values[mine].astype("<f8").tobytes())}
        for name, values in (("box", tiles.box), ("error", tiles.error))
        if values is not None
    }
    if columns:
        said["tileMetadata"] = len(tables)
        tables.append({"class": "tile", "count": len(mine), "properties": columns})
    if tiles.content_box is not None and drawn.any():
        said["contentMetadata"] = [len(tables)]
        boxes = binary.view(tiles.content_box[mine[drawn]].astype("<f8").tobytes())
        tables.append(
            {
                "class": "content",
                "count": int(drawn.sum()),
                "properties": {"box": {"values": boxes}},
            }
        )
    if tables:
        said["propertyTables"] = tables
    return binary.subtree(said)


def _index(tiles: Available, rows: Whole, root: tuple[int, int, int, int], wide: int) -> Whole:
    """Place of tiles in the level order of a subtree."""
    down = tiles.level[rows] - root[0]
    axes = [tiles.x, tiles.y] if tiles.z is None else [tiles.x, tiles.y, tiles.z]
    code = np.zeros(len(rows), np.int64)
    for axis, values in enumerate(axes):
        local = values[rows] - (root[1 + axis] << down)
        for bit in range(int(down.max(initial=0))):
            code |= (local >> bit & 1) << (bit * len(axes) + axis)
    start: Whole = (wide**down - 1) // (wide - 1)
    return start + code


def _below(tiles: Available, root: tuple[int, int, int, int], levels: int, wide: int) -> Whole:
    """Which of the subtrees under a subtree there are, in Morton order."""
    below = tiles.level == root[0] + levels
    below &= (tiles.x >> levels == root[1]) & (tiles.y >> levels == root[2])
    if tiles.z is not None:
        below &= tiles.z >> levels == root[3]
    rows = np.flatnonzero(below)
    start = (wide**levels - 1) // (wide - 1)
    found: Whole = np.sort(_index(tiles, rows, root, wide)) - start
    return found


class _Binary:
    """The binary part of a subtree being put together."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._views: list[dict[str, int]] = []
        self._length = 0

    def view(self, data: bytes) -> int:
        gap = -self._length % 8
        self._parts.append(bytes(gap) + data)
        start = self._length + gap
        self._views.append({"buffer": 0, "byteOffset": start, "byteLength": len(data)})
        self._length = start + len(data)
        return len(self._views) - 1

    def bits(self, at: Whole, count: int) -> dict[str, int]:
        if len(at) in (0, count):
            return {"constant": int(len(at) > 0)}
        flags = np.zeros(count, bool)
        flags[at] = True
        packed = np.packbits(flags, bitorder="little").tobytes()
        return {"bitstream": self.view(packed), "availableCount": len(at)}

    def subtree(self, said: dict[str, Any]) -> bytes:
        binary = b"".join(self._parts)
        binary += bytes(-len(binary) % 8)
        if binary:
            said = {
                "buffers": [{"byteLength": len(binary)}], "bufferViews": self._views, **said
            }  # fmt: skip
        text = orjson.dumps(said)
        text += b" " * (-len(text) % 8)
        return struct.pack("<4sIQQ", b"subt", 1, len(text), len(binary)) + text + binary
