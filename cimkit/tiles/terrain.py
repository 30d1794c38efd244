"""Terrain: a quadtree of triangulated ground that imagery lies on, each level for the one above."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from cimkit.tiles.encoding import Encoding
from cimkit.tiles.store import Store
from cimkit.tiles.terrain_content import Patch, content_of
from cimkit.tiles.terrain_grid import METRES, Cell
from cimkit.tiles.terrain_relief import Lattice, Relief
from cimkit.tiles.tileset import Tile, frame_at, outer_box, write_tileset

__all__ = ["write_terrain"]


_BLOCK = 3
"""Levels that are made from one reading of the heights: 8 by 8 tiles at most."""
_MANY = 400
"""Tiles from which on a part of the tree is a tileset of its own."""


@dataclass(slots=True)
class _Node:
    """A tile with all below it, and what its parent must know."""

    cell: Cell
    tile: Tile
    loss: float
    """Metres by which its posts, and flat triangles between, are off."""
    lattice: Lattice | None
    """Heights at its own posts; None: to be read."""
    count: int
    """Tiles that its tileset has from it down."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A content to be made."""

    cell: Cell
    patch: Patch
    name: str
    key: str


def write_terrain(
    relief: Relief, store: Store, folder: str, *, encoding: Encoding, workers: int = 2
) -> tuple[list[Tile], set[str]]:
    """Write the contents of the terrain, and the tilesets of its deeper parts.

    Each tile's error is measured: the greatest vertical distance of its triangles from all pixels
    of the elevation models under them; where imagery lies on it, it is at least that with which
    a viewer that allows 16 pixels shows a pixel of it on one of the screen.

    Parameters
    ----------
    relief : Relief
        Asked by one thread only.
    store : Store
        Where contents go.
    folder : str
        Folder in the store of the tileset that the tiles will stand in.
    encoding : Encoding
        How contents are written; its schema is addressed from that folder.
    workers : int
        Threads.

    Returns
    -------
    tiles : list of Tile
        The topmost ones, each refined by replacing.
    seen : set of str
        Names of the models and pictures of which something is seen closest by.
    """
    with ThreadPoolExecutor(workers) as pool:
        writer = _Writer(relief, store, folder, encoding, pool, workers, set())
        found = [node for cell in relief.roots() if (node := writer.visit(cell))]
    return [_first(node.tile) for node in found], writer.seen


def _first(tile: Tile) -> Tile:
    """Leave out tiles from the top that neither show nor branch."""
    while tile.uri is None and len(tile.children) == 1:
        (tile,) = tile.children
    return tile


def _rebase(tile: Tile, up: str) -> None:
    """Let the addresses of a tree start from another folder."""
    if tile.uri is not None:
        tile.uri = f"{up}{tile.uri}"
    for child in tile.children:
        _rebase(child, up)


@dataclass(frozen=True, slots=True)
class _Writer:
    relief: Relief
    store: Store
    folder: str
    encoding: Encoding
    pool: ThreadPoolExecutor
    workers: int
    seen: set[str]

    def visit(self, cell: Cell) -> _Node | None:
        """Write a cell and all below it."""
        deepest = self.relief.deepest(cell)
        if deepest is None:
            return None
        if deepest - cell.level <= _BLOCK:
            return self._block(cell, deepest)
        below = [node for c in cell.children if (node := self.visit(c))]
        if not below:
            return None
        loss = max(node.loss for node in below)
        name, key, said = self._kept(cell)
        lattice = None
        if said is None:
            whole = self._join(cell, below)
            tiling = self.relief.tiling
            stride = tiling.stride(cell.level, cell.level + 1)
            patch = self._patch(cell, whole, stride, loss, leaf=False)
            (said,) = self._make([_Job(cell, patch, name, key)])
            loss = patch.loss
            step = slice(None, None, stride)
            lattice = Lattice(whole.heights[step, step], whole.source[step, step], np.zeros((1, 1)))
        return self._node(cell, said, below, lattice, loss)

    def _join(self, cell: Cell, below: list[_Node]) -> Lattice:
        """Heights at the posts of the level below, from those of its tiles."""
        columns, rows = self.relief.tiling.spaces(cell.level + 1)
        heights = np.full((2 * rows + 1, 2 * columns + 1), np.nan)
        source = np.full(heights.shape, -1, np.int32)
        for node in below:
            own = node.lattice or self.relief.heights(node.cell, node.cell.level)
            x, y = node.cell.x - 2 * cell.x, node.cell.y - 2 * cell.y
            at = (
                slice(y * rows, (y + 1) * rows + 1),
                slice(x * columns, (x + 1) * columns + 1),
            )
            known = np.isfinite(own.heights)
            heights[at] = np.where(known, own.heights, heights[at])
            source[at] = np.where(known, own.source, source[at])
        return Lattice(heights, source, np.zeros((2, 2)))

    def _block(self, top: Cell, deepest: int) -> _Node | None:
        """Write a cell and all below it from one reading of the heights."""
        kept = {cell: self._kept(cell) for cell in self._below(top)}
        lattice: Lattice | None = None
        losses: dict[Cell, float] = {}
        if any(said is None for _, _, said in kept.values()):
            lattice = self.relief.heights(top, deepest)
            jobs = []
            for cell, (name, key, said) in kept.items():
                if said is None:
                    patch = self._part(top, cell, deepest, lattice)
                    losses[cell] = patch.loss
                    jobs.append(_Job(cell, patch, name, key))
            for job, said in zip(jobs, self._make(jobs), strict=True):
                kept[job.cell] = (job.name, job.key, said)
            step = slice(None, None, self.relief.tiling.stride(top.level, deepest))
            lattice = Lattice(
                lattice.heights[step, step], lattice.source[step, step], np.zeros((1, 1))
            )
        return self._tree(top, {c: said for c, (_, _, said) in kept.items()}, losses, lattice)

    def _below(self, cell: Cell) -> Iterator[Cell]:
        deepest = self.relief.deepest(cell)
        if deepest is None:
            return
        yield cell
        if deepest > cell.level:
            for child in cell.children:
                yield from self._below(child)

    def _part(self, top: Cell, cell: Cell, deepest: int, lattice: Lattice) -> Patch:
        """The part of a block's heights that lies in one of its cells."""
        tiling, down = self.relief.tiling, deepest - cell.level
        columns, rows = (n << down for n in tiling.spaces(deepest))
        x, y = (
            cell.x - (top.x << cell.level - top.level),
            cell.y - (top.y << cell.level - top.level),
        )
        at = (slice(y * rows, (y + 1) * rows + 1), slice(x * columns, (x + 1) * columns + 1))
        tiles = (slice(y << down, (y + 1) << down), slice(x << down, (x + 1) << down))
        loss = float(lattice.loss[tiles].max())
        part = Lattice(lattice.heights[at], lattice.source[at], lattice.loss[tiles])
        leaf = (self.relief.deepest(cell) or 0) <= cell.level
        return self._patch(cell, part, tiling.stride(cell.level, deepest), loss, leaf=leaf)

    def _patch(self, cell: Cell, fine: Lattice, stride: int, loss: float, *, leaf: bool) -> Patch:
        return Patch(cell, self.relief.tiling, fine.heights, fine.source, stride, loss, leaf)

    def _tree(
        self,
        cell: Cell,
        said: dict[Cell, dict[str, Any] | None],
        losses: dict[Cell, float],
        lattice: Lattice | None,
    ) -> _Node | None:
        below = [
            node
            for child in cell.children
            if child in said and (node := self._tree(child, said, losses, None))
        ]
        own = said[cell]
        if own is None and not below:
            return None
        loss = losses.get(cell, max((node.loss for node in below), default=0.0))
        return self._node(cell, own, below, lattice, loss)

    def _node(
        self,
        cell: Cell,
        said: dict[str, Any] | None,
        below: list[_Node],
        lattice: Lattice | None,
        loss: float,
    ) -> _Node:
        children = [_first(node.tile) for node in below]
        if said is None:
            frame = children[0].frame
            # Nothing is drawn here: the error is the whole extent.
            error = max(METRES * cell.width, *(c.error for c in children))
            tile = Tile(frame, np.full(3, np.inf), np.full(3, -np.inf), error)
        else:
            frame = frame_at(np.array(said["at"]))
            error = max([said["error"], *(child.error for child in children)])
            uri = f"{cell.level}/{cell.x}/{cell.y}.glb"
            tile = Tile(frame, np.array(said["low"]), np.array(said["high"]), error, uri)
            loss = said["loss"]
            self.seen.update(said.get("seen", ()))
        tile.children, tile.refine = children, "REPLACE"
        count = 1 + sum(node.count for node in below)
        if count > _MANY:
            tile, count = self._outside(cell, tile), 1
        return _Node(cell, tile, loss, lattice, count)

    def _outside(self, cell: Cell, tile: Tile) -> Tile:
        """Write a tile and all below it as a tileset of its own; return what stands for it."""
        _rebase(tile, "../../")
        name = f"{cell.level}/{cell.x}/{cell.y}.json"
        file = self.store.folder / self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        write_tileset(file, tile, within=tile.frame)
        return Tile(tile.frame, *outer_box(tile), tile.error, name, refine="REPLACE")

    def _kept(self, cell: Cell) -> tuple[str, str, dict[str, Any] | None]:
        """Name and key of a cell's content, and what was said of it if it is there already."""
        name = f"{self.folder}/{cell.level}/{cell.x}/{cell.y}.glb"
        key = self.store.key(self.relief.key(cell))
        kept = self.store.keep(name, key)
        return name, key, None if kept is None else kept.said

    def _make(self, jobs: list[_Job]) -> Iterator[dict[str, Any] | None]:
        """Make contents and say of each what its tile must know; None: there is nothing."""
        running: deque[tuple[_Job, Future[Any]]] = deque()
        for job in jobs:
            picture = self.relief.picture(job.cell)
            running.append(
                (
                    job,
                    self.pool.submit(content_of, job.patch, picture, self.relief, self.encoding),
                )
            )
            while len(running) > 2 * self.workers:
                yield self._put(*running.popleft())
        while running:
            yield self._put(*running.popleft())

    def _put(self, job: _Job, future: Future[Any]) -> dict[str, Any] | None:
        made = future.result()
        if made is None:
            return None
        data, said = made
        self.store.put(job.name, job.key, data, said)
        found: dict[str, Any] = said
        return found
