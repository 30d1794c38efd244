"""Which features go into which tile: the largest first, the rest by the cells of a fixed grid.

Every tile adds to its parent: it holds the largest features of its cell up to a size in bytes, and
its geometric error is the diagonal, in metres, of the largest feature that it leaves to its
children. Far away one sees the landmarks, near by everything, and nothing is drawn twice.

Cells halve a grid that lies fixed on the earth (360 degrees of longitude and as many of latitude,
of which half is empty): what a tile holds depends on the features of its own cell, and on what
those above took of them. A feature that comes, goes or changes size touches the tiles above it
and, where it makes another one move, those above that one: never its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cimkit.geometry.frames import geodetic
from cimkit.tiles.glb import box

__all__ = ["CAP", "DEPTH", "REACH", "Branch", "cell_name", "cells", "cut", "grow"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

CAP = 1_000_000
"""Bytes of content that a tile may hold."""
REACH = 8_000.0
"""Metres from a tile's centre within which float32 keeps 0.5 mm."""
DEPTH = 26
"""Levels of the grid: the smallest cell is 0.6 m wide on the equator."""
_LOCAL = 2.0**22
"""Metres about the origin that the grid of a local model covers."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One tile to be."""

    cell: str
    """Level, column and row of its cell, e.g. ``12-3456-789``: the same in every run."""
    rows: Whole
    """Features it holds; none where the area is too wide for float32."""
    below: Whole
    """Features of its children and theirs."""
    error: float
    """Metres by which the area is wrong if the children are not drawn."""
    children: tuple[Branch, ...]
    """Up to four."""

    @property
    def area(self) -> Whole:
        """Features it holds and those below."""
        return np.concatenate([self.rows, self.below])


def cells(centre: Reals, *, local: bool = False) -> Whole:
    """Morton codes, shape (n,), of the smallest cells that points lie in.

    Parameters
    ----------
    centre : ndarray, shape (n, 3)
        Earth-centred metres, or those of a local model.
    local : bool
        They are local.
    """
    place = centre[:, :2] / (2 * _LOCAL) + 0.5
    if not local:
        place = geodetic(centre)[:, :2] / 360.0 + 0.5
    wide = 1 << DEPTH
    # A point on the antimeridian is in the last column or in the first, as it was given.
    at = np.clip(np.floor(place * wide), 0, wide - 1).astype(np.int64)
    return _spread(at[:, 0]) | _spread(at[:, 1]) << 1


def grow(
    centre: Reals,
    size: Reals,
    weight: Reals,
    *,
    cap: float = CAP,
    reach: float = REACH,
    local: bool = False,
) -> Branch:
    """Return the tree of tiles for some features.

    Parameters
    ----------
    centre : ndarray, shape (n, 3)
        Of each feature, earth-centred metres or local ones. Not empty.
    size : ndarray, shape (n,)
        Diagonal of each, metres.
    weight : ndarray, shape (n,)
        Bytes of content that each needs.
    cap, reach : float
        See `CAP` and `REACH`.
    local : bool
        The coordinates are those of a local model.
    """
    code = cells(centre, local=local)

    def branch(rows: Whole, level: int) -> Branch:
        """Grow the tile of rows, in the order of their cells, that share a cell of a level."""
        first, last = int(code[rows[0]]), int(code[rows[-1]])
        # Cells that hold no more than one of theirs are passed over.
        level = max(level, _shared(first, last))
        cell = cell_name(first, level)
        half = size[rows, None] / 2
        extent = box(centre[rows] + half)[1] - box(centre[rows] - half)[0]
        near = bool(extent.max() <= 2 * reach)
        none = np.empty(0, np.int64)
        if len(rows) == 1 or (near and weight[rows].sum() <= cap):
            return Branch(cell, np.sort(rows), none, 0.0, ())
        if level == DEPTH:
            # In one place: no cell tells them apart, and the writer cuts what is too large.
            return Branch(cell, np.sort(rows), none, 0.0, ())
        own, rest = none, rows
        error = float(np.linalg.norm(extent))
        if near:
            order = rows[np.lexsort((rows, -size[rows]))]
            take = max(1, int(np.searchsorted(np.cumsum(weight[order]), cap, side="right")))
            own = np.sort(order[:take])
            left = np.isin(rows, order[take:])
            rest = rows[left]
            error = float(size[rest].max())
        step = 2 * (DEPTH - level - 1)
        cuts = np.flatnonzero(np.diff(code[rest] >> step)) + 1
        children = tuple(branch(part, level + 1) for part in np.split(rest, cuts))
        return Branch(cell, own, np.sort(rest), error, children)

    return branch(np.argsort(code, kind="stable"), 0)


def cut(code: Whole, rows: Whole, weight: Reals, cap: float) -> Iterator[tuple[str, Whole]]:
    """Cut features by cells into parts of at most ``cap`` bytes, or one feature.

    Parameters
    ----------
    code : ndarray, shape (n,)
        Of all features: see `cells`.
    rows : ndarray, shape (k,)
        Those to cut. Not empty.
    weight : ndarray, shape (k,)
        Bytes of each of them.
    cap : float
        Bytes of a part.

    Yields
    ------
    cell : str
        Of the part, as in `Branch`.
    rows : ndarray
        Ascending.
    """
    order = np.argsort(code[rows], kind="stable")
    todo = [(rows[order], weight[order])]
    while todo:
        own, heavy = todo.pop()
        first = int(code[own[0]])
        level = _shared(first, int(code[own[-1]]))
        if len(own) == 1 or level == DEPTH or heavy.sum() <= cap:
            yield cell_name(first, level), np.sort(own)
            continue
        cuts = np.flatnonzero(np.diff(code[own] >> 2 * (DEPTH - level - 1))) + 1
        todo += list(zip(np.split(own, cuts), np.split(heavy, cuts), strict=True))[::-1]


def _shared(first: int, last: int) -> int:
    """Level of the smallest cell that holds two."""
    return DEPTH - ((first ^ last).bit_length() + 1) // 2


def _spread(values: Whole) -> Whole:
    """Put a zero between the bits of numbers below 2 to the 31."""
    out = values
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        out = (out | out << shift) & mask
    return out


def cell_name(code: int, level: int) -> str:
    """Name of the cell of a level that holds the smallest cell of a code."""
    x = y = 0
    for bit in range(DEPTH):
        x |= (code >> 2 * bit & 1) << bit
        y |= (code >> 2 * bit + 1 & 1) << bit
    return f"{level}-{x >> DEPTH - level}-{y >> DEPTH - level}"
