"""Which features go into which tile: the largest first, the rest by place.

Every tile adds to its parent: it holds the largest features of its area up to a size in bytes, and
its geometric error is the diagonal, in metres, of the largest feature that it leaves to its
children. Far away one sees the landmarks, near by everything, and nothing is drawn twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cimkit.tiles.glb import box

__all__ = ["CAP", "REACH", "Branch", "grow"]

CAP = 1_000_000
"""Bytes of content that a tile may hold."""
REACH = 8_000.0
"""Metres from a tile's centre within which float32 keeps 0.5 mm."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One tile to be."""

    route: str
    """Turns taken from the root, e.g. ``r01``."""
    rows: npt.NDArray[np.int64]
    """Features it holds; none where the area is too wide for float32."""
    below: npt.NDArray[np.int64]
    """Features of its children and theirs."""
    error: float
    """Metres by which the area is wrong if the children are not drawn."""
    children: tuple[Branch, ...]
    """Two or none."""


def grow(
    centre: npt.NDArray[np.float64],
    size: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
    *,
    cap: float = CAP,
    reach: float = REACH,
) -> Branch:
    """Return the tree of tiles for some features.

    Parameters
    ----------
    centre : ndarray, shape (n, 3)
        Of each feature, metres in any rigid frame. Not empty.
    size : ndarray, shape (n,)
        Diagonal of each, metres.
    weight : ndarray, shape (n,)
        Bytes of content that each needs.
    cap, reach : float
        See `CAP` and `REACH`.
    """

    def branch(rows: npt.NDArray[np.int64], route: str) -> Branch:
        half = size[rows, None] / 2
        extent = box(centre[rows] + half)[1] - box(centre[rows] - half)[0]
        near = bool(extent.max() <= 2 * reach)
        none = np.empty(0, np.int64)
        if len(rows) == 1 or (near and weight[rows].sum() <= cap):
            return Branch(route, rows, none, 0.0, ())
        if near:
            order = rows[np.lexsort((rows, -size[rows]))]
            take = max(1, int(np.searchsorted(np.cumsum(weight[order]), cap, side="right")))
            own, rest = np.sort(order[:take]), np.sort(order[take:])
            error = float(size[rest].max())
        else:
            own, rest = none, rows
            error = float(np.linalg.norm(extent))
        spread = np.ptp(centre[rest], axis=0)
        order = rest[np.argsort(centre[rest, int(spread.argmax())], kind="stable")]
        heap = np.cumsum(weight[order])
        cut = int(np.searchsorted(heap, heap[-1] / 2)) if len(order) > 1 else 1
        cut = min(max(cut, 1), max(len(order) - 1, 1))
        halves = [np.sort(part) for part in (order[:cut], order[cut:]) if len(part)]
        if len(rest) > 1 and not near and not spread.any():
            # Features too large to tell apart by place: no split would ever end.
            return Branch(route, rows, none, 0.0, ())
        children = tuple(branch(part, f"{route}{i}") for i, part in enumerate(halves))
        return Branch(route, own, rest, error, children)

    return branch(np.arange(len(centre)), "r")
