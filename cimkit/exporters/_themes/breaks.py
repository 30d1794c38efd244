"""Where the ranges of a graduated map end.

mapclassify knows these and more, and brings scikit-learn, SciPy and networkx with it: more than the
rest of a map.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["class_breaks"]

Reals = npt.NDArray[np.float64]

_DISTINCT = 1_000


def class_breaks(values: Reals, method: str, classes: int) -> list[float]:
    """Return the edges of at most so many ranges, least and greatest value included.

    Parameters
    ----------
    values : ndarray (n,)
        Finite, at least one.
    method : str
        ``equal``: ranges of equal width; ``quantile``: with about equally many values;
        ``jenks``: of least variance within (Fisher 1958, Jenks 1977), on the 1,000 quantiles of
        the values where more of them differ.
    classes : int
        How many ranges.

    Examples
    --------
    >>> class_breaks(np.array([1.0, 2.0, 3.0, 10.0, 11.0, 12.0]), "jenks", 2)
    [1.0, 10.0, 12.0]
    >>> class_breaks(np.array([0.0, 10.0]), "equal", 4)
    [0.0, 2.5, 5.0, 7.5, 10.0]
    """
    low, high = float(values.min()), float(values.max())
    if low == high:
        return [low, high]
    if method == "equal":
        edges = np.linspace(low, high, classes + 1)
    elif method == "quantile":
        edges = np.quantile(values, np.linspace(0, 1, classes + 1))
    else:
        edges = _jenks(values, classes)
    return [float(v) for v in np.unique(edges)]


def _jenks(values: Reals, classes: int) -> Reals:
    """Fisher's exact optimum by dynamic programming over distinct values with their weights."""
    distinct, weight = np.unique(values, return_counts=True)
    if len(distinct) > _DISTINCT:
        # Values that there are: none from the gaps that are looked for.
        values = np.quantile(values, np.linspace(0, 1, _DISTINCT), method="inverted_cdf")
        distinct, weight = np.unique(values, return_counts=True)
    n = len(distinct)
    classes = min(classes, n)
    total = np.concatenate([[0.0], np.cumsum(weight)])
    # About the mean, or the difference of large sums eats the variance.
    shifted = distinct - np.average(distinct, weights=weight)
    one = np.concatenate([[0.0], np.cumsum(weight * shifted)])
    two = np.concatenate([[0.0], np.cumsum(weight * shifted**2)])
    i, j = np.arange(n)[:, None], np.arange(1, n + 1)[None, :]
    count = np.maximum(total[j] - total[i], 1)
    cost = np.where(i < j, two[j] - two[i] - (one[j] - one[i]) ** 2 / count, np.inf)
    best = cost[0].copy()
    first = np.zeros((classes, n), np.int64)
    for k in range(1, classes):
        # The last range begins at i, and the ranges before it end there.
        before = np.concatenate([[np.inf], best[:-1]])
        ways = before[:, None] + cost
        first[k] = ways.argmin(axis=0)
        best = ways[first[k], np.arange(n)]
    edges, end = [distinct[-1]], n
    for k in range(classes - 1, -1, -1):
        begin = int(first[k, end - 1])
        edges.append(distinct[begin])
        end = begin
    return np.array(edges[::-1])
