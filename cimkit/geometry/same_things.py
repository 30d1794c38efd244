"""Which of the things that different sources show are one thing of the city."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cimkit.geometry.standing import WHOLE, Outlines, Standing, joined, standing

__all__ = ["CLEAR", "Doubt", "SameThings", "same_things"]

Whole = npt.NDArray[np.intp]
Reals = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]

CLEAR = 2 / 3
"""Of the best overlap, what the next best may have at most, if the best is to be meant. A house of
six metres in a row, shifted by two, has 0.4; one that lies over two about equally has 1."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is said of one thing, and may mean either of two."""

    reason: str
    """``several``: it lies over both about equally; ``claimed``: its rival shows the same place at
    the same level; ``code-place``: by its code it is the one, by its place the other;
    ``code-kind``: the one that has its code is something else."""
    thing: int
    """Index of the thing."""
    other: int
    """Index of what it may be."""
    rival: int
    """Index of what it may be as well, or of what claims the same; -1: none."""
    overlap: float
    """IoU with ``other``."""
    rival_overlap: float
    """IoU with ``rival`` (for ``claimed``: of the two that claim)."""


@dataclass(frozen=True, slots=True)
class SameThings:
    """What is one thing, and what is in doubt."""

    label: Whole
    """Of each thing the lowest index among those that are one with it."""
    by_code: Marks
    """Of each, whether codes join it to the one of that index."""
    confidence: Reals
    """Of each: 1 by code, else the IoU that joins it."""
    doubts: tuple[Doubt, ...]
    """In the order of ``thing``."""


def same_things(outlines: Outlines, codes: tuple[Whole, Whole]) -> SameThings:
    """Join what has one code, and then what stands on one place.

    A code outranks the place, unless the place plainly means another. GIS outlines of two sources
    are one if their IoU is at least `WHOLE`. A model of finer rank is what it overlaps best, if
    half of the smaller of the two lies in the other and nothing else comes near (`CLEAR`); several
    models may be one thing, but two city models of one level that show one place are in doubt.

    Parameters
    ----------
    codes : pair of (n,) array of int
        Pairs that share a code, the lower index first; of those with one code each is paired with
        the lowest.

    Returns
    -------
    SameThings
        It does not depend on the order of rows, but for which is named first.
    """
    pairs = standing(outlines)
    one, two = codes
    unlike = outlines.family[one] != outlines.family[two]
    unlike &= (outlines.family[one] >= 0) & (outlines.family[two] >= 0)
    doubts = [
        Doubt("code-kind", int(b), int(a), -1, 0.0, 0.0)
        for a, b in zip(one[unlike], two[unlike], strict=True)
    ]
    joins = _Joins(len(outlines), one[~unlike], two[~unlike])
    ranks = outlines.rank[pairs.one], outlines.rank[pairs.two]
    plain = pairs.among((ranks[0] == 0) & (ranks[1] == 0) & (pairs.iou >= WHOLE))
    joins.add(plain.one, plain.two)
    for rank in (1, 2):
        below = pairs.among((ranks[0] < rank) & (ranks[1] == rank))
        doubts += _placed(outlines, joins, below)
        beside = pairs.among((ranks[0] == rank) & (ranks[1] == rank) & (pairs.iou >= WHOLE))
        if rank == 1:
            doubts += _claims(outlines, joins, beside)
        else:
            free = joins.free(outlines.rank)
            loose = beside.among(free[beside.one] & free[beside.two])
            joins.add(loose.one, loose.two)
    return _concluded(joins, pairs, doubts)


class _Joins:
    """Pairs joined so far: by code, and by place."""

    def __init__(self, count: int, one: Whole, two: Whole) -> None:
        self.count = count
        self.coded = (one, two)
        self.placed: list[tuple[Whole, Whole]] = []

    def add(self, one: Whole, two: Whole) -> None:
        self.placed.append((one, two))

    def drop(self, things: Whole) -> None:
        """Take back what joins some things by code."""
        keep = ~np.isin(self.coded[1], things)
        self.coded = (self.coded[0][keep], self.coded[1][keep])

    def label(self) -> Whole:
        one, two = (np.concatenate([self.coded[k], *(p[k] for p in self.placed)]) for k in (0, 1))
        return joined(self.count, one, two)

    def free(self, rank: Whole) -> Marks:
        """Return what is joined to nothing of lower rank."""
        lowest = np.full(self.count, rank.max(initial=0), rank.dtype)
        label = self.label()
        np.minimum.at(lowest, label, rank)
        return np.asarray(lowest[label] == rank)


def _placed(outlines: Outlines, joins: _Joins, below: Standing) -> list[Doubt]:
    """Join the things of a rank to what they stand on; return what cannot be decided."""
    label = joins.label()
    linked = ~joins.free(outlines.rank)
    found = _ballot(below, label)
    clear = found.next_iou <= CLEAR * found.iou
    tied = linked[found.thing]
    doubts = [
        Doubt("several", *_row(found, int(n)))
        for n in np.flatnonzero(~tied & ~clear & found.inside)
    ]
    elsewhere = label[found.best] != label[found.thing]
    astray = np.flatnonzero(tied & clear & elsewhere & (found.iou >= WHOLE))
    own = dict(zip(*_own(below, label), strict=True))
    for n in astray:
        thing, best = int(found.thing[n]), int(found.best[n])
        code = int(label[thing])
        over = float(found.iou[n])
        doubts.append(Doubt("code-place", thing, code, best, own.get(thing, 0.0), over))
    joins.drop(found.thing[astray])
    sure = ~tied & clear & found.inside
    joins.add(found.best[sure], found.thing[sure])
    return doubts


@dataclass(frozen=True, slots=True)
class _Ballot:
    """Of each thing that stands on others, the best of them and the best of what is not that."""

    thing: Whole
    best: Whole
    iou: Reals
    inside: Marks
    next: Whole
    next_iou: Reals


def _ballot(below: Standing, label: Whole) -> _Ballot:
    of = label[below.one]
    # Of what is one thing already only the best counts.
    order = np.lexsort((below.one, -below.iou, of, below.two))
    first = _firsts(below.two[order], of[order])
    some = below.among(order[first])
    order = np.lexsort((some.one, -some.iou, some.two))
    some = some.among(order)
    start = np.flatnonzero(_firsts(some.two))
    after = start + 1
    there = np.append(some.two, -1)[after] == some.two[start]
    rival = np.where(there, np.append(some.one, -1)[after], -1)
    rival_iou = np.where(there, np.append(some.iou, 0.0)[after], 0.0)
    return _Ballot(
        some.two[start], some.one[start], some.iou[start], some.inside[start], rival, rival_iou
    )


def _firsts(*columns: Whole) -> Marks:
    """Return which rows of sorted columns differ from the row before."""
    new = np.ones(len(columns[0]), bool)
    if len(new):
        new[1:] = np.any([c[1:] != c[:-1] for c in columns], axis=0)
    return new


def _row(found: _Ballot, n: int) -> tuple[int, int, int, float, float]:
    values = found.thing[n], found.best[n], found.next[n]
    thing, best, rival = (int(v) for v in values)
    return thing, best, rival, float(found.iou[n]), float(found.next_iou[n])


def _own(below: Standing, label: Whole) -> tuple[list[int], list[float]]:
    """Return the things that stand on what they are joined to, and their best IoU with it."""
    mine = below.among(label[below.one] == label[below.two])
    mine = mine.among(np.lexsort((mine.iou, mine.two)))
    return mine.two.tolist(), mine.iou.tolist()


def _claims(outlines: Outlines, joins: _Joins, beside: Standing) -> list[Doubt]:
    """Take back what two city models of one level claim; join those of two levels.

    One whose code says what it is stays that, and so does another with the very same code.
    """
    label = joined(joins.count, *joins.coded)
    coded = np.zeros(joins.count, bool)
    coded[joins.coded[0]] = coded[joins.coded[1]] = True
    apart = label[beside.one] != label[beside.two]
    level = outlines.level
    equal = level[beside.one] == level[beside.two]
    against = beside.among(apart & equal & ~(coded[beside.one] & coded[beside.two]))
    there = joins.label()
    thing = np.where(coded[against.two], against.one, against.two)
    rival = np.where(coded[against.two], against.two, against.one)
    doubts = [
        Doubt("claimed", int(a), int(there[a]), int(b), float(over), float(over))
        for a, b, over in zip(thing, rival, against.iou, strict=True)
    ]
    lost = np.union1d(against.one, against.two)
    lost = lost[~coded[lost]]
    joins.placed = [_without(one, two, lost) for one, two in joins.placed]
    agree = beside.among(apart & ~equal & ~(coded[beside.one] & coded[beside.two]))
    keep = ~np.isin(agree.one, lost) & ~np.isin(agree.two, lost)
    joins.add(agree.one[keep], agree.two[keep])
    return doubts


def _without(one: Whole, two: Whole, lost: Whole) -> tuple[Whole, Whole]:
    keep = ~np.isin(two, lost)
    return one[keep], two[keep]


def _concluded(joins: _Joins, pairs: Standing, doubts: list[Doubt]) -> SameThings:
    label = joins.label()
    by_code = joined(joins.count, *joins.coded)
    within = pairs.among(label[pairs.one] == label[pairs.two])
    # What a thing shares with the one named first; what is joined through others, what it shares
    # with any of them, or what has its code does.
    direct, any_of = np.zeros(joins.count), np.zeros(joins.count)
    to_first = within.among(within.one == label[within.two])
    direct[to_first.two] = to_first.iou
    for side in (within.one, within.two):
        np.maximum.at(any_of, side, within.iou)
    shared = np.zeros(joins.count)
    np.maximum.at(shared, by_code, np.where(direct > 0, direct, any_of))
    confidence = np.where(direct > 0, direct, np.where(any_of > 0, any_of, shared[by_code]))
    coded = by_code == by_code[label]
    return SameThings(
        label,
        coded,
        np.where(coded, 1.0, confidence).round(4),
        tuple(sorted(doubts, key=lambda d: (d.thing, d.reason, d.other, d.rival))),
    )
