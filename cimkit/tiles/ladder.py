"""Things with several levels of detail: each level stands for the one above it.

A thing is drawn by its coarsest representation from afar and by a finer one nearer, never by two
at a time. The things of one cell go together, so that there are few tiles: the content of level k
is, for each of them, its best representation up to level k, and all children of a tile together
draw what the tile drew.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cimkit.tiles.encoding import Encoding
from cimkit.tiles.glb import box
from cimkit.tiles.rungs import Ladder, Rungs
from cimkit.tiles.store import Store
from cimkit.tiles.tileset import Tile, frame_at
from cimkit.tiles.tree import CAP, DEPTH, Branch, cell_name, cells, cut, grow

__all__ = ["Climbed", "filled", "write_ladder"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Climbed:
    """What writing a ladder gave."""

    root: Tile | None = None
    """None if no thing had a triangle."""
    drawn: list[Flags] = field(default_factory=list)
    """For each level, which of its objects had a triangle."""
    large: int = 0
    """Contents above the cap: of one thing, which is not taken apart."""


def write_ladder(
    ladder: Ladder,
    store: Store,
    folder: str = "",
    *,
    cap: float = CAP,
    encoding: Encoding | None = None,
) -> Climbed:
    """Write the contents of all levels and return the tiles; arguments as of `write_layer`."""
    if not ladder.count:
        return Climbed()
    rungs = Rungs(ladder, store, folder, cap, encoding or Encoding())
    everything = np.arange(ladder.count)
    first = rungs.best(everything, 0)
    centre, size = rungs.places(first)
    # A thing with a tree of its own is a tile of its own: eight of them to a cell.
    alone = np.isin(everything, list(ladder.deepest))
    weight = np.where(alone, cap / 8, rungs.weight(everything, first))
    writer = _Writer(ladder, rungs, cap, centre, size, alone, cells(centre))
    root = writer.branch(grow(centre, size, weight, cap=cap))
    return Climbed(root, rungs.drawn, rungs.large)


@dataclass(frozen=True, slots=True)
class _Writer:
    ladder: Ladder
    rungs: Rungs
    cap: float
    centre: Reals
    size: Reals
    alone: Flags
    code: Whole

    def branch(self, branch: Branch) -> Tile | None:
        """Put what a cell's own things begin with beside the cells below it."""
        own = branch.rows
        found: list[Tile] = []
        together = own[~self.alone[own]]
        if len(together):
            found += self.climb(together, branch.cell, 0)
        met: Counter[str] = Counter()
        for thing in own[self.alone[own]]:
            cell = f"{branch.cell}-{cell_name(int(self.code[thing]), DEPTH)}"
            met[cell] += 1
            name = cell if met[cell] == 1 else f"{cell}-{met[cell]}"
            found += self.climb(np.array([thing]), name, 0)
        found += [t for t in map(self.branch, branch.children) if t is not None]
        if len(found) < 2:
            return found[0] if found else None
        low, high = box(self.centre[branch.area])
        # Without the tiles below one misses the largest thing of this cell.
        error = float(self.size[own].max()) if len(own) else branch.error
        frame = frame_at((low + high) / 2)
        return Tile(
            frame, np.full(3, np.inf), np.full(3, -np.inf), error, children=found
        )  # fmt: skip

    def climb(self, things: Whole, cell: str, k: int) -> list[Tile]:
        """Tiles that draw things at level k, each with what stands for it nearer.

        No tile without content is among them: one below a tile that it stands for would be a hole.
        """
        levels = self.ladder.levels
        level = self.rungs.best(things, k)
        following = next(
            (m for m in range(k + 1, len(levels)) if (self.rungs.best(things, m) != level).any()),
            None,
        )
        parts = self._cut(things, level, cell)
        if len(parts) > 1:
            return [tile for name, part in parts for tile in self.climb(part, name, k)]
        after = level if following is None else self.rungs.best(things, following)
        tile, halves = self.rungs.content(things, level, after, f"{cell}-{levels[k].name}")
        if halves:
            order = things[np.argsort(self.code[things], kind="stable")]
            return [
                tile
                for i, half in enumerate(np.array_split(order, 2))
                for tile in self.climb(np.sort(half), f"{cell}-{i}", k)
            ]
        children: list[Tile] = []
        if following is not None:
            for name, part in self._cut(things, after, cell):
                children += self.climb(part, name, following)
        elif len(things) == 1 and int(things[0]) in self.ladder.deepest:
            trees, apart = self.ladder.deepest[int(things[0])]
            children = filled(trees)
            if tile is not None:
                tile.error = max(tile.error, apart)
        if tile is None:
            return children
        tile.children = children
        if children:
            tile.refine = "REPLACE"
        return [tile]

    def _cut(self, things: Whole, level: Whole, cell: str) -> list[tuple[str, Whole]]:
        weight = self.rungs.weight(things, level)
        parts = list(cut(self.code, things, weight, self.cap))
        if len(parts) == 1:
            return [(cell, things)]
        return [(f"{cell}-{name}", part) for name, part in parts]


def filled(tiles: list[Tile]) -> list[Tile]:
    """Return tiles with content, in place of those without."""
    return [
        inner for tile in tiles for inner in ([tile] if tile.uri else filled(tile.children))
    ]  # fmt: skip
