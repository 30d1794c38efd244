"""A large tree in several tilesets: a viewer reads what it comes near to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cimkit.tiles.tileset import Tile, outer_box, write_tileset

__all__ = ["MOST", "split"]

MOST = 1_000
"""Tiles of one tileset, roughly: as many more as a tile has children, at most."""


def split(root: Tile, folder: Path, name: Callable[[Tile], str], most: int = MOST) -> list[str]:
    """Cut the lower parts of a tree off into tilesets of their own.

    Parameters
    ----------
    root : Tile
        Where a part was, a tile that has its tileset as content is put.
    folder : Path
        Where they go.
    name : callable
        Of the tileset of a tile.
    most : int
        See `MOST`.

    Returns
    -------
    list of str
        Names of the files.
    """
    names: list[str] = []

    def cut(tile: Tile) -> int:
        counts = [cut(child) for child in tile.children]
        total = 1 + sum(counts)
        for i in sorted(range(len(counts)), key=lambda i: -counts[i]):
            if total <= most or counts[i] == 1:
                break
            child = tile.children[i]
            file = name(child)
            write_tileset(folder / file, child, within=child.frame)
            names.append(file)
            low, high = outer_box(child)
            tile.children[i] = Tile(child.frame, low, high, child.error, file, child.group)
            total -= counts[i] - 1
        return total

    cut(root)
    return sorted(names)
