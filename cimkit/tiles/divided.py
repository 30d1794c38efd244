"""Triangles of a surface divided, until none has a long edge."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["divided"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

# By which of the edges ab, bc, ca (bits 1, 2, 4) are halved: corners 0 to 2, middles 3 to 5.
_PIECES = (
    [(0, 1, 2)],
    [(0, 3, 2), (3, 1, 2)],
    [(0, 1, 4), (0, 4, 2)],
    [(0, 3, 2), (3, 4, 2), (3, 1, 4)],
    [(0, 1, 5), (1, 2, 5)],
    [(0, 3, 5), (3, 1, 2), (3, 2, 5)],
    [(0, 1, 4), (0, 4, 5), (5, 4, 2)],
    [(0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)],
)


def divided(xy: Reals, indices: Whole, step: Reals) -> tuple[Reals, Whole, Whole]:
    """Halve edges until none is longer than it may be.

    An edge is halved for its length alone, so both triangles at it are divided alike.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        CRS84 degrees.
    indices : ndarray, shape (m, 3)
        Triangles.
    step : ndarray, shape (n,)
        Metres that edges may have, by vertex; the same for all vertices of a surface.

    Returns
    -------
    xy : ndarray, shape (k, 2)
        The vertices, the given ones first.
    indices : ndarray, shape (l, 3)
        Turned as they were.
    origin : ndarray, shape (k,)
        For each vertex one given vertex of the same surface.
    """
    origin = np.arange(len(xy))
    done = []
    while len(indices):
        ends = indices[:, [[0, 1], [1, 2], [2, 0]]]
        apart = xy[ends[..., 1]] - xy[ends[..., 0]]
        apart[..., 0] *= np.cos(np.radians(xy[ends, 1].mean(axis=-1)))
        long = np.linalg.norm(apart, axis=-1) * 111_320.0 > step[origin[indices[:, :1]]]
        whole = ~long.any(axis=1)
        done.append(indices[whole])
        indices, ends, long = indices[~whole], ends[~whole], long[~whole]
        if not len(indices):
            break
        pairs, row = np.unique(np.sort(ends[long], axis=1), axis=0, return_inverse=True)
        middles = np.zeros((len(indices), 3), np.int64)
        middles[long] = row.reshape(-1) + len(xy)
        xy = np.concatenate([xy, xy[pairs].mean(axis=1)])
        origin = np.concatenate([origin, origin[pairs[:, 0]]])
        corners = np.concatenate([indices, middles], axis=1)
        case = long @ np.array([1, 2, 4])
        indices = np.concatenate(
            [corners[case == n][:, pieces].reshape(-1, 3) for n, pieces in enumerate(_PIECES)]
        )
    return xy, np.concatenate(done) if done else indices, origin
