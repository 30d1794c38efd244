"""Cells of a grid that lie between others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["enclosed"]


def enclosed(held: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the empty cells that have held ones left and right of them, or above and below.

    So a gap that runs from edge to edge between two strips counts, which no hole in an outline is;
    a corner that was left out does not.

    Parameters
    ----------
    held : (rows, columns) bool array

    Examples
    --------
    >>> import numpy as np
    >>> enclosed(np.array([[1, 0, 1], [1, 0, 0]], bool)).astype(int).tolist()
    [[0, 1, 0], [0, 0, 0]]
    """
    found = np.zeros_like(held)
    for axis in (0, 1):
        before = np.logical_or.accumulate(held, axis=axis)
        after = np.flip(np.logical_or.accumulate(np.flip(held, axis), axis=axis), axis)
        found |= before & after
    return found & ~held
