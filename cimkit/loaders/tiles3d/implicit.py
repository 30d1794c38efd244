"""Implicit tilings: which tiles and contents their subtrees say that there are.

3D Tiles 1.1 (OGC 22-025r4), chapter 7; the extension 3DTILES_implicit_tiling of 1.0 is the same.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.errors import SourceUnreadable
from cimkit.loaders._mesh.paths import resolve
from cimkit.loaders.tiles3d.found import Found
from cimkit.loaders.tiles3d.store import Store

__all__ = ["walk_subtrees"]

_MOST = 20_000
"""Subtrees that are read."""
_CHECKED = 1_000_000
"""Contents whose presence is looked up."""
_WIDEST = 2**24
"""Tiles on the level below a subtree, at most: their availability is held in memory."""

Bits = npt.NDArray[np.bool_]


def walk_subtrees(
    tiling: dict[str, Any],
    contents: list[str],
    base: str,
    depth: int,
    store: Store,
    found: Found,
) -> list[str]:
    """Count tiles and contents of an implicit tiling; return the names of contents to be read.

    Parameters
    ----------
    tiling : dict
        ``implicitTiling`` of a tile.
    contents : list of str
        Templates of its contents' URIs.
    base : str
        Name of the tileset, which URIs are relative to.
    depth : int
        Level of that tile.
    """
    levels = tiling.get("subtreeLevels")
    subtrees = tiling.get("subtrees")
    template = subtrees.get("uri") if isinstance(subtrees, dict) else None
    branching = {"QUADTREE": 4, "OCTREE": 8}.get(str(tiling.get("subdivisionScheme")))
    if not isinstance(levels, int) or not 0 < levels < 16 or branching is None or not template:
        message = "An implicit tiling lacks its scheme, levels or subtrees."
        found.trouble("tileset-invalid", message, base, severity="error")
        return []
    if branching**levels > _WIDEST:
        message = "Its subtrees have more levels than are read."
        found.trouble("tiles-uncounted", message, base, got=f"{levels} levels")
        return []
    dimension = 2 if branching == 4 else 3
    names: list[str] = []
    waiting: list[tuple[int, tuple[int, ...]]] = [(0, (0,) * dimension)]
    seen = 0
    while waiting and seen < _MOST:
        level, at = waiting.pop()
        name = resolve(_fill(str(template), level, at), base)
        seen += 1
        if name is None or store.size(name) is None:
            message = "A subtree of the implicit tiling was not delivered."
            found.trouble("content-missing", message, str(name), severity="error")
            continue
        try:
            tree = _Subtree(store.read(name), name, store, levels, branching)
        except (SourceUnreadable, ValueError, LookupError, TypeError, AttributeError) as error:
            message = "A subtree of the implicit tiling cannot be read."
            found.trouble(
                "content-unreadable", message, name, got=str(error)[:200], severity="error"
            )
            continue
        found.counts["subtrees"] += 1
        for local in range(levels):
            there = tree.tiles[tree.start(local) : tree.start(local + 1)]
            found.levels[depth + level + local] += int(there.sum())
            found.counts["tiles"] += int(there.sum())
            for pattern, held in zip(contents, tree.contents, strict=False):
                inside = np.flatnonzero(held[tree.start(local) : tree.start(local + 1)])
                found.counts["contents"] += len(inside)
                for index in inside[: max(0, _CHECKED - len(names))]:
                    place = _child(at, int(index), local, dimension)
                    filled = resolve(_fill(pattern, level + local, place), base)
                    if filled is not None:
                        names.append(filled)
        waiting += [
            (level + levels, _child(at, int(i), levels, dimension))
            for i in np.flatnonzero(tree.children)[:_MOST]
        ]
    if waiting:
        message = "It has more subtrees than are read."
        found.trouble("tiles-uncounted", message, base, got=f"{len(waiting)} or more left")
    return names


def _fill(template: str, level: int, at: tuple[int, ...]) -> str:
    for word, value in zip(("level", "x", "y", "z"), (level, *at), strict=False):
        template = template.replace("{" + word + "}", str(value))
    return template


def _child(at: tuple[int, ...], index: int, levels: int, dimension: int) -> tuple[int, ...]:
    """Return the coordinates of a tile from those of its subtree and its Morton index."""
    out = [v << levels for v in at]
    for bit in range(levels):
        for axis in range(dimension):
            out[axis] |= ((index >> (bit * dimension + axis)) & 1) << bit
    return tuple(out)


class _Subtree:
    def __init__(self, data: bytes, name: str, store: Store, levels: int, branching: int) -> None:
        self.branching = branching
        self.store, self.name = store, name
        if data[:4] == b"subt":
            if len(data) < 24:
                raise ValueError("shorter than its header")
            length, binary = struct.unpack_from("<QQ", data, 8)
            if 24 + length + binary > len(data):
                raise ValueError(f"{len(data)} bytes, stated {24 + length + binary}")
            self.said = json.loads(data[24 : 24 + length].decode("utf-8"))
            self.own = data[24 + length : 24 + length + binary]
        else:
            self.said, self.own = json.loads(data.decode("utf-8-sig")), b""
        self.buffers: dict[int, bytes] = {}
        self.tiles = self._bits(self.said["tileAvailability"], self.start(levels))
        listed = self.said.get("contentAvailability", [])
        listed = listed if isinstance(listed, list) else [listed]
        extension = self.said.get("extensions", {}).get("3DTILES_multiple_contents", {})
        listed = listed or extension.get("contentAvailability", [])
        self.contents = [self._bits(one, self.start(levels)) for one in listed]
        self.children = self._bits(self.said["childSubtreeAvailability"], branching**levels)

    def start(self, level: int) -> int:
        """Return how many tiles are above a level: a sum of powers."""
        return int((self.branching**level - 1) // (self.branching - 1))

    def _bits(self, said: dict[str, Any], count: int) -> Bits:
        if "constant" in said:
            return np.full(count, bool(said["constant"]), dtype=bool)
        index = said["bitstream"] if "bitstream" in said else said["bufferView"]
        view = self.said["bufferViews"][index]
        raw = self._buffer(view["buffer"])
        at = view.get("byteOffset", 0)
        part = np.frombuffer(raw[at : at + view["byteLength"]], np.uint8)
        bits = np.unpackbits(part, bitorder="little")[:count].astype(bool)
        if len(bits) < count:
            raise ValueError(f"{len(bits)} bits of {count}")
        return bits

    def _buffer(self, index: int) -> bytes:
        if index not in self.buffers:
            uri = self.said["buffers"][index].get("uri")
            if uri is None:
                self.buffers[index] = self.own
            else:
                name = resolve(uri, self.name)
                self.buffers[index] = self.store.read(name or "")
        return self.buffers[index]
