"""Outlines of different sources that stand on each other, and by how much.

Two shares are measured of a pair, both free of scale and so right in degrees, too: what both cover
over what either covers (IoU), and what both cover over the smaller of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["LEAST", "WHOLE", "Outlines", "Standing", "joined", "standing"]

Shapes = npt.NDArray[np.object_]
Whole = npt.NDArray[np.intp]
Reals = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]

LEAST = 0.2
"""IoU below which one is something on or beside the other: a kiosk under a roof, a neighbour."""
WHOLE = 0.5
"""IoU from which at most one of several disjoint outlines can be meant (two would share more than
the whole; Kirillov et al., Panoptic Segmentation, 2019, section 4.1)."""
_SMALLER = 0.5
"""Share of the smaller one that must lie in the other."""
_TALLER = 2.5
"""Times by which heights may differ where outlines agree in part: a tower is not its podium."""
_ROWS = 20_000  # outlines asked for at a time: their neighbours are held until they are measured


@dataclass(frozen=True, slots=True)
class Outlines:
    """Things as sources show them, each column one entry a thing, those to be named first first."""

    shapes: Shapes
    """Valid polygons in one plane or in degrees; None where the place is unknown."""
    rank: Whole
    """0: GIS, 1: city model, 2: BIM."""
    source: Whole
    """Number of the source; two of one source are never one thing by their place."""
    family: Whole
    """Number of what it is (building, bridge ...); only those of one are compared; -1: unknown."""
    level: Whole
    """Number of the level of detail, -1: unknown."""
    low: Reals
    """Height of the base in metres, NaN: unknown."""
    high: Reals
    """Height of the top."""
    datum: Whole
    """Number of the vertical datum of both, -1: unknown."""
    tall: Reals
    """Metres from base to top, NaN: unknown."""

    def __len__(self) -> int:
        return len(self.shapes)


@dataclass(frozen=True, slots=True)
class Standing:
    """Pairs of outlines that may show one thing; every array has one row a pair."""

    one: Whole
    """Index of the one to be named first."""
    two: Whole
    """Index of the other, greater."""
    iou: Reals
    """Intersection over union, from `LEAST` to 1."""
    inside: Marks
    """Whether half of the smaller one lies in the other."""

    def among(self, which: Marks | Whole) -> Standing:
        """Return some of the pairs, by a mark each or by their places in the new order."""
        return Standing(self.one[which], self.two[which], self.iou[which], self.inside[which])


def standing(outlines: Outlines) -> Standing:
    """Measure the pairs of different sources and one family that share a good part.

    Pairs whose heights contradict each other are left out: one ends where the other begins, or
    the outlines agree in part only and one is far taller.

    Returns
    -------
    Standing
        In the order of ``one``, then ``two``.
    """
    tree = shapely.STRtree(outlines.shapes)
    sizes = shapely.area(outlines.shapes)
    boxes = shapely.bounds(outlines.shapes)
    found = []
    for start in range(0, len(outlines), _ROWS):
        two, one = tree.query(outlines.shapes[start : start + _ROWS])
        two += start
        keep = (one < two) & (outlines.source[one] != outlines.source[two])
        keep &= (outlines.family[one] == outlines.family[two]) & (outlines.family[two] >= 0)
        one, two = one[keep], two[keep]
        # What two share fits into what their boxes share: most neighbours are told by that.
        low = np.maximum(boxes[one, :2], boxes[two, :2])
        span = np.maximum(np.minimum(boxes[one, 2:], boxes[two, 2:]) - low, 0.0)
        keep = span.prod(axis=1) >= LEAST * np.maximum(sizes[one], sizes[two])
        keep &= _level_with(outlines, one, two)
        one, two = one[keep], two[keep]
        shared = shapely.area(shapely.intersection(outlines.shapes[one], outlines.shapes[two]))
        least = np.maximum(np.minimum(sizes[one], sizes[two]), 1e-300)
        iou = shared / np.maximum(sizes[one] + sizes[two] - shared, 1e-300)
        keep = (iou >= LEAST) & ((iou >= WHOLE) | _as_tall(outlines, one, two))
        found.append((one[keep], two[keep], iou[keep], (shared > _SMALLER * least)[keep]))
    if not found:
        none = np.empty(0, np.intp)
        return Standing(none, none, np.empty(0), np.empty(0, bool))
    one, two, iou, inside = (np.concatenate(c) for c in zip(*found, strict=True))
    order = np.lexsort((two, one))
    # Noise of the last digits would let equal overlaps differ by the order of their corners.
    return Standing(one[order], two[order], np.minimum(iou[order].round(9), 1.0), inside[order])


def _level_with(outlines: Outlines, one: Whole, two: Whole) -> Marks:
    """Return whether heights overlap, or cannot be compared."""
    datum = outlines.datum
    apart = (outlines.low[one] > outlines.high[two]) | (outlines.low[two] > outlines.high[one])
    return np.asarray(~(apart & (datum[one] == datum[two]) & (datum[one] >= 0)), bool)


def _as_tall(outlines: Outlines, one: Whole, two: Whole) -> Marks:
    a, b = outlines.tall[one], outlines.tall[two]
    return np.asarray(~(np.maximum(a, b) > _TALLER * np.minimum(a, b)), bool)


def joined(count: int, one: Whole, two: Whole) -> Whole:
    """Return of each the lowest index among those it hangs together with.

    Examples
    --------
    >>> joined(4, np.array([1, 2]), np.array([3, 3])).tolist()
    [0, 1, 1, 1]
    """
    label: Whole = np.arange(count)
    while True:
        least = np.minimum(label[one], label[two])
        before = label.copy()
        np.minimum.at(label, one, least)
        np.minimum.at(label, two, least)
        label = label[label]
        if (label == before).all():
            return label
