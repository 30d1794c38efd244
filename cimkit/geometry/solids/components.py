"""Connected components of a graph, on arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["components"]

Whole = npt.NDArray[np.int64]


def components(count: int, a: Whole, b: Whole) -> Whole:
    """Return for each node the lowest number among the nodes it is connected with.

    Parameters
    ----------
    count : int
        Number of nodes.
    a, b : (n,) int64 arrays
        Ends of the edges.

    Examples
    --------
    >>> components(5, np.array([0, 3]), np.array([2, 4])).tolist()
    [0, 1, 0, 3, 3]
    """
    label = np.arange(count, dtype=np.int64)
    while len(a):
        one, two = label[a], label[b]
        apart = one != two
        if not apart.any():
            break
        a, b, one, two = a[apart], b[apart], one[apart], two[apart]
        low = np.minimum(one, two)
        np.minimum.at(label, one, low)
        np.minimum.at(label, two, low)
        while True:
            above = label[label]
            if (above == label).all():
                break
            label = above
    return label
