"""An additive octree over points of which only a part fits in memory.

The points are counted in the cells of a coarse grid; cells are joined to buckets, each a cell of
the octree and small enough for memory; the points are dealt out to the buckets' parts of one file;
and each bucket grows alone, on as many threads as there are. What stands above the buckets is
sampled from their roots.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from cimkit.tiles.octree.cube import ROOT, Cell, Cube
from cimkit.tiles.octree.curve import cells
from cimkit.tiles.octree.dealing import count_cells, deal
from cimkit.tiles.octree.growth import Emitter, Grown, above, grow
from cimkit.tiles.octree.runs import GRID, Piece
from cimkit.tiles.octree.sampling import Scratch
from cimkit.tiles.octree.spool import Spool, room

__all__ = ["BUCKET", "Octree"]

Rows = npt.NDArray[np.int32]
T = TypeVar("T")
BUCKET = 48_000_000
"""Bytes of records that are sorted at one time, by each thread: some four times that in memory."""
_READ = 16_000_000
_TOO_DEEP = 40


@dataclass(frozen=True, slots=True)
class _Part:
    """Points of a cell in files."""

    cell: Cell
    start: int
    """Number of the first, in order of cells."""
    count: int
    pieces: tuple[Piece, ...] = ()


class Octree(Generic[T]):
    """Grows an octree of what a spool holds.

    Parameters
    ----------
    spool : Spool
        Not empty; used up.
    cube : Cube
        Over all points, on the spool's lattice.
    emitter : Emitter
        Writes the nodes; called from several threads.
    bucket : int
        See `BUCKET`.
    threads : int, optional
        As many as there are cores, but not more than 4, if not given.
    """

    def __init__(
        self,
        spool: Spool,
        cube: Cube,
        emitter: Emitter[T],
        *,
        bucket: int = BUCKET,
        threads: int | None = None,
    ) -> None:
        self.spool, self.cube, self.emitter = spool, cube, emitter
        self.words = spool.record.itemsize // 4
        self.most = max(bucket // spool.record.itemsize, 1)
        self.read = max(_READ // spool.record.itemsize, 1)
        self.threads = threads or min(os.cpu_count() or 1, 4)
        self._own = threading.local()
        self._made = 0

    def root(self) -> T:
        """Grow all; return what the emitter gave for the root.

        Raises
        ------
        ExportError
            If the disk of the temporary folder cannot hold a second copy of the points.
        """
        count = self.spool.count
        lattice = self.spool.lattice()
        if count <= self.most:
            rows = np.concatenate(list(self.spool.rows(lattice, self.read)))
            return self._grow(rows, ROOT).emit(self.emitter)
        runs = self.spool.runs(lattice, self.cube)
        if runs is not None:
            below = np.concatenate([[0], np.cumsum(runs.held)])
            parts = [
                replace(part, pieces=tuple(runs.pieces(*_cells(below, part))))
                for part in self._cut(below, ROOT, 0, 0)
            ]
            with ThreadPoolExecutor(self.threads) as pool:
                made = self._all(ROOT, parts, pool)
            return made.emit(self.emitter)
        room(self.spool.folder, count * self.spool.record.itemsize)
        with ThreadPoolExecutor(self.threads) as pool:
            made = self._shared(
                lambda last: self.spool.rows(lattice, self.read, keep=not last), count, ROOT, pool
            )
        return made.emit(self.emitter)

    def _scratch(self) -> Scratch:
        if not hasattr(self._own, "scratch"):
            self._own.scratch = Scratch()
        scratch: Scratch = self._own.scratch
        return scratch

    def _grow(self, rows: Rows, cell: Cell) -> Grown[T]:
        return grow(rows, cell, self.cube, self.emitter, self._scratch())

    def _shared(
        self,
        read: Callable[[bool], Iterator[Rows]],
        count: int,
        cell: Cell,
        pool: ThreadPoolExecutor,
    ) -> Grown[T]:
        """Grow more points than fit in memory; ``read(True)`` may use them up."""
        held = np.zeros(8**GRID, np.int64)
        place = np.empty(self.read, np.int32)
        for rows in read(False):
            self._place(rows, cell, place)
            count_cells(place[: len(rows)], held)
        below = np.concatenate([[0], np.cumsum(held)])
        file = self.spool.folder / f"dealt{self._made}"
        self._made += 1
        parts = [
            replace(part, pieces=(Piece(file, part.start, part.count),))
            for part in self._cut(below, cell, 0, 0)
        ]
        bucket_of = np.empty(8**GRID, np.int32)
        for number, part in enumerate(parts):
            first, last = _cells(below, part)
            bucket_of[first:last] = number
        at = np.array([p.start for p in parts], np.int64)
        with file.open("wb") as out:
            for rows in read(True):
                self._place(rows, cell, place)
                self._write(out.fileno(), rows, bucket_of[place[: len(rows)]], at)
        made = self._all(cell, parts, pool)
        file.unlink()
        return made

    def _all(self, cell: Cell, parts: list[_Part], pool: ThreadPoolExecutor) -> Grown[T]:
        return self._assemble(cell, parts, deque(parts), deque(), pool)

    def _place(self, rows: Rows, cell: Cell, out: npt.NDArray[np.int32]) -> None:
        cube = self.cube
        cells(rows, cube.low, cube.share, cell.level, cell.place, GRID, out)

    def _write(
        self, out: int, rows: Rows, bucket: npt.NDArray[np.int32], at: npt.NDArray[np.int64]
    ) -> None:
        """Append points to their buckets' parts of the file."""
        size = self.words * 4
        dealt = np.empty_like(rows)
        counts = deal(rows, bucket, len(at), dealt)
        view = dealt.view(np.uint8).reshape(-1)
        start = 0
        for number in np.flatnonzero(counts):
            count = int(counts[number])
            os.pwrite(out, view[start * size : (start + count) * size].data, int(at[number]) * size)
            at[number] += count
            start += count

    def _cut(
        self, below: npt.NDArray[np.int64], cell: Cell, depth: int, code: int
    ) -> Iterator[_Part]:
        """Find the cells that fit in memory, in Morton order."""
        span = 8 ** (GRID - depth)
        start, end = int(below[code * span]), int(below[(code + 1) * span])
        if end == start:
            return
        if end - start <= self.most or depth == GRID:
            yield _Part(cell, start, end - start)
            return
        for i in range(8):
            yield from self._cut(below, cell.child(i), depth + 1, code << 3 | i)

    def _load(self, pieces: Sequence[Piece], count: int) -> Rows:
        rows: Rows = np.empty((count, self.words), np.int32)
        done = 0
        for file, mine in groupby(pieces, lambda piece: piece.file):
            with file.open("rb", buffering=0) as source:
                for piece in mine:
                    source.seek(piece.start * self.words * 4)
                    at = rows[done : done + piece.count].data.cast("B")
                    while len(at):
                        at = at[source.readinto(at) :]
                    done += piece.count
        return rows

    def _grow_part(self, part: _Part) -> Grown[T]:
        return self._grow(self._load(part.pieces, part.count), part.cell)

    def _again(self, part: _Part) -> Iterator[Rows]:
        for piece in part.pieces:
            for start in range(0, piece.count, self.read):
                count = min(self.read, piece.count - start)
                yield self._load([Piece(piece.file, piece.start + start, count)], count)

    def _assemble(
        self,
        cell: Cell,
        parts: list[_Part],
        waiting: deque[_Part],
        running: deque[tuple[_Part, Future[Grown[T]] | None]],
        pool: ThreadPoolExecutor,
    ) -> Grown[T]:
        """Grow the parts of a cell and what stands above them."""
        while waiting and len(running) <= self.threads:
            part = waiting.popleft()
            large = part.count > self.most and part.cell.level < _TOO_DEEP
            running.append((part, None if large else pool.submit(self._grow_part, part)))
        part, job = running[0]
        if part.cell == cell:
            running.popleft()
            if job is None:
                return self._shared(lambda _: self._again(part), part.count, cell, pool)
            return job.result()
        kids = [
            self._assemble(cell.child(i), parts, waiting, running, pool)
            for i in range(8)
            if any(_within(p.cell, cell.child(i)) for p in parts)
        ]
        return above(kids, cell, self.cube, self.emitter, self._scratch())


def _cells(below: npt.NDArray[np.int64], part: _Part) -> tuple[int, int]:
    """The first cell of the grid that is a part's, and the one behind the last."""
    first, last = np.searchsorted(below, [part.start, part.start + part.count], "left")
    return int(first), int(last)


def _within(inner: Cell, outer: Cell) -> bool:
    up = inner.level - outer.level
    return up >= 0 and (inner.x >> up, inner.y >> up, inner.z >> up) == (outer.x, outer.y, outer.z)
