"""Lists of coordinates: many texts to one array at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
import orjson

__all__ = ["parse_lists"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


def parse_lists(texts: Sequence[str]) -> tuple[Reals, Whole]:
    """Return the numbers of all texts, one after the other, and how many each has.

    A text with something that is no number counts as -1 and gives none. JSON's parser reads decimal
    numbers several times as fast as ``float``; what it does not take (``+1``, ``.5``, ``1.``,
    ``NaN``) is read one text at a time.

    Examples
    --------
    >>> parse_lists(["1 2.5", "x", " 3e2\\n4 "])
    (array([  1. ,   2.5, 300. ,   4. ]), array([ 2, -1,  2]))
    """
    if not texts:
        return np.empty(0), np.empty(0, np.int64)
    try:
        rows = orjson.loads("[[" + "],[".join(t.strip().replace(" ", ",") for t in texts) + "]]")
        counts = np.fromiter(map(len, rows), np.int64, len(rows))
        flat = np.fromiter(chain.from_iterable(rows), np.float64, int(counts.sum()))
        if len(rows) == len(texts):
            return flat, counts
    except (orjson.JSONDecodeError, ValueError, TypeError, OverflowError):
        pass  # white space of other kinds, or numbers as JSON does not have them
    return _slowly(texts)


def _slowly(texts: Sequence[str]) -> tuple[Reals, Whole]:
    parts: list[list[float]] = []
    counts = []
    for text in texts:
        try:
            part = [float(word) for word in text.split()]
        except ValueError:
            counts.append(-1)
            continue
        parts.append(part)
        counts.append(len(part))
    return np.fromiter(chain.from_iterable(parts), np.float64), np.array(counts, np.int64)
