"""Nodes of an additive octree: what fits in memory, sorted once and sampled from below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from cimkit.tiles.octree.cube import Cell, Cube
from cimkit.tiles.octree.curve import DEPTH, in_order, morton_keys, radix_order
from cimkit.tiles.octree.sampling import FINEST, Scratch, pick

__all__ = ["Emitter", "Grown", "above", "grow"]

Rows = npt.NDArray[np.int32]
T = TypeVar("T")
_RELATIVE = DEPTH - FINEST
"""Levels below its own that keys of one sort can sample."""
_DEEPEST = 44


class Emitter(Protocol[T]):
    """Who writes the nodes."""

    cap: int
    """Points that a node may hold, if they are not all in one place."""
    few: int
    """A leaf with fewer goes up into its parent; 0: none does."""
    regular: bool
    """Whether a node with a single child is a node all the same."""

    def node(self, cell: Cell, rows: Rows, children: list[T], spacing: float) -> T:
        """Write a node.

        Parameters
        ----------
        cell : Cell
        rows : ndarray of int32, shape (n, w)
            Records of its own points, along the Morton curve. It may be more than the cap where
            no cut tells the points apart.
        children : list
            What this gave for its children.
        spacing : float
            Side, in metres, of the cells of which it draws a point each; 0 for a leaf.
        """
        ...


@dataclass(slots=True)
class Grown(Generic[T]):
    """A node that its parent has still to choose from."""

    cell: Cell
    rows: Rows
    """Its points, in Morton order."""
    children: list[T] = field(default_factory=list)
    spacing: float = 0.0

    def emit(self, emitter: Emitter[T]) -> T:
        """Write it."""
        return emitter.node(self.cell, self.rows, self.children, self.spacing)


@dataclass(slots=True)
class _Node(Generic[T]):
    cell: Cell
    own: npt.NDArray[np.int64]
    children: list[T] = field(default_factory=list)
    spacing: float = 0.0
    leaf: bool = True


def grow(rows: Rows, cell: Cell, cube: Cube, emitter: Emitter[T], scratch: Scratch) -> Grown[T]:
    """Make the subtree of some points that lie in a cell; its root is not written yet.

    Parameters
    ----------
    rows : ndarray of int32, shape (n, w)
        Records in any order; not empty, at most 2**28.
    cell : Cell
        Theirs.
    cube, emitter, scratch
        The octree.
    """
    branch: _Branch[T] = _Branch(rows, cell, cube, emitter, scratch)
    node = branch.node(0, 0, len(rows), 0, cell)
    return Grown(node.cell, branch.rows[node.own], node.children, node.spacing)


def above(
    kids: list[Grown[T]], cell: Cell, cube: Cube, emitter: Emitter[T], scratch: Scratch
) -> Grown[T]:
    """Make the node over some subtrees, in Morton order; it is not written yet."""
    if len(kids) == 1 and not emitter.regular:
        return kids[0]
    rows = np.concatenate([k.rows for k in kids])
    keys = np.empty(len(rows), np.uint64)
    morton_keys(rows, cube.low, cube.share, cell.level, cell.place, keys)
    ends = np.cumsum([len(k.rows) for k in kids])
    parts = np.split(np.arange(len(rows)), ends[:-1])
    nodes: list[_Node[T]] = [
        _Node(k.cell, p, k.children, k.spacing, not k.children)
        for k, p in zip(kids, parts, strict=True)
    ]
    made = _parent(rows, keys, 0, nodes, cell, cube, emitter, scratch)
    return Grown(made.cell, rows[made.own], made.children, made.spacing)


class _Branch(Generic[T]):
    def __init__(
        self, rows: Rows, cell: Cell, cube: Cube, emitter: Emitter[T], scratch: Scratch
    ) -> None:
        self.cell, self.cube, self.emitter, self.scratch = cell, cube, emitter, scratch
        self.keys = np.empty(len(rows), np.uint64)
        morton_keys(rows, cube.low, cube.share, cell.level, cell.place, self.keys)
        order = radix_order(self.keys)
        self.rows: Rows = in_order(rows, order)

    def node(self, depth: int, start: int, end: int, code: int, cell: Cell) -> _Node[T]:
        """The node of the points ``start`` to ``end``, which lie in a cell."""
        if end - start <= self.emitter.cap or cell.level >= _DEEPEST:
            return _Node(cell, np.arange(start, end))
        if depth == _RELATIVE:
            return self._deeper(start, end, cell)
        shift = 3 * (DEPTH - depth - 1)
        cuts = np.array([(code << 3 | i) << shift for i in range(9)], np.uint64)
        at = start + np.searchsorted(self.keys[start:end], cuts)
        kids = [
            self.node(depth + 1, a, b, code << 3 | i, cell.child(i))
            for i, (a, b) in enumerate(pairwise(at.tolist()))
            if a < b
        ]
        if len(kids) == 1 and not self.emitter.regular:
            return kids[0]
        return _parent(
            self.rows, self.keys, depth, kids, cell, self.cube, self.emitter, self.scratch
        )

    def _deeper(self, start: int, end: int, cell: Cell) -> _Node[T]:
        """Sort what lies in a small cell anew, by finer cells."""
        part = self.rows[start:end]
        if (part[:, :3].max(axis=0) == part[:, :3].min(axis=0)).all():
            return _Node(cell, np.arange(start, end))  # all in one place
        inner: _Branch[T] = _Branch(part, cell, self.cube, self.emitter, self.scratch)
        node = inner.node(0, 0, end - start, 0, cell)
        self.rows[start:end] = inner.rows
        node.own = node.own + start
        return node


def _parent(
    rows: Rows,
    keys: npt.NDArray[np.uint64],
    depth: int,
    kids: Sequence[_Node[T]],
    cell: Cell,
    cube: Cube,
    emitter: Emitter[T],
    scratch: Scratch,
) -> _Node[T]:
    """Choose a node's points from its children's, and write what is left of them."""
    mine = np.concatenate([k.own for k in kids])
    low, side = cube.box(cell)
    chosen = np.empty(len(mine), np.bool_)
    for bits in range(FINEST, -1, -1):
        shift = 3 * (DEPTH - depth - bits)
        count = pick(rows, keys, mine, shift, low, side / (1 << bits), bits, scratch.taken, chosen)
        if count <= emitter.cap:
            break
    children: list[T] = []
    own = [mine[chosen]]
    free = emitter.cap - count
    ends = np.cumsum([len(k.own) for k in kids])
    for kid, taken in zip(kids, np.split(chosen, ends[:-1]), strict=True):
        rest = kid.own[~taken]
        if kid.leaf and len(rest) < min(emitter.few, free):
            own.append(rest)
            free -= len(rest)
            continue
        if len(rest) or kid.children:
            children.append(emitter.node(kid.cell, in_order(rows, rest), kid.children, kid.spacing))
    held = np.sort(np.concatenate(own)) if len(own) > 1 else own[0]
    spacing = cube.metres / 2.0**cell.level / (1 << bits)
    if not children:
        spacing = 0.0
    return _Node(cell, held, children, spacing, not children)
