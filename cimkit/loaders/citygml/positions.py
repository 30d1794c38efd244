"""The positions that the texts of a batch of objects hold, and which of them are the same."""

from __future__ import annotations

from itertools import chain

import numpy as np
import numpy.typing as npt

from cimkit.loaders._city.tally import Tally
from cimkit.loaders.citygml.bodies import Texts
from cimkit.loaders.citygml.numbers import parse_lists
from cimkit.model import Problem

__all__ = ["Positions", "shared"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_FEW = 300_000
"""Positions in a batch, up to which they are handled one by one in C rather than as arrays."""
_DEGREES = 400.0
"""Positions with no coordinate beyond this may be in degrees."""
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


class Positions:
    """The positions of all texts of a batch, and which texts cannot be used."""

    def __init__(self, texts: Texts, tally: Tally) -> None:
        flat, counts = parse_lists(texts.text)
        width = np.array(texts.width, np.int64)
        held = np.maximum(counts, 0)
        wrong = (counts < 0) | (held % np.maximum(width, 1) != 0)
        for index in np.flatnonzero(wrong & (counts > 0)).tolist():
            other = 5 - int(width[index])  # 2 for 3: lists without a true word on their dimension
            if other in (2, 3) and not counts[index] % other:
                width[index], wrong[index] = other, False
        self.tally, self.texts = tally, texts
        self.key, self.offset = "", 0
        first = np.cumsum(held) - held
        count = np.where(wrong, 0, held // np.maximum(width, 1))
        start = np.cumsum(count) - count
        if len(width) and (width == 3).all() and not wrong.any():
            self.xyz = flat.reshape(-1, 3)
        else:
            self.xyz = np.zeros((int(count.sum()), 3))
            for index in np.flatnonzero(count).tolist():
                w, at, n = int(width[index]), int(start[index]), int(count[index])
                part = flat[first[index] :][: n * w].reshape(n, w)[:, :3]
                self.xyz[at : at + n, : part.shape[1]] = part
        bad = ~np.isfinite(self.xyz).all(axis=1)
        if bad.any():
            owner = np.repeat(np.arange(len(count)), count)
            wrong[owner[bad]] = True
        self.wrong = set(np.flatnonzero(wrong).tolist())
        # A ring comes back to its start; the start is kept once, as in CityJSON.
        ring = count.copy()
        many = np.flatnonzero(count > 1)
        self._open: set[int] = set()
        if len(many):
            head, last = start[many], start[many] + count[many] - 1
            ring[many[(self.xyz[head] == self.xyz[last]).all(axis=1)]] -= 1
            gap = np.abs(self.xyz[head] - self.xyz[last]).max(axis=1)
            near = np.where(np.abs(self.xyz[head]).max(axis=1) > _DEGREES, 1e-3, 1e-8)
            self._open = set(many[gap > near].tolist())
        self._start, self._count, self._ring = start.tolist(), count.tolist(), ring.tolist()
        few = len(self.xyz) <= _FEW
        self._rows = list(map(tuple, self.xyz.tolist())) if few else []

    def usable(self, number: int, least: int, *, ring: bool) -> bool:
        """Return whether a text has so many positions; tell if not."""
        at = number + self.offset
        if at not in self.wrong and (self._ring if ring else self._count)[at] >= least:
            if ring and at in self._open:
                self.tally.add(
                    Problem(
                        "ring-open",
                        "A ring does not end where it began; it was closed.",
                        place=f"line {self.texts.place[at]} {self.key}",
                        got=self.texts.text[at].strip()[:60],
                        expected="the first position again at the end",
                    )
                )
            return True
        wrong = "a position that is none" if at in self.wrong else f"fewer than {least} points"
        self.tally.add(
            Problem(
                "ring-short" if ring and at not in self.wrong else "boundary-invalid",
                f"A ring, line or point of the object cannot be used: it has {wrong}.",
                "error",
                f"line {self.texts.place[at]} {self.key}",
                got=self.texts.text[at].strip()[:60],
                expected="whole positions, at least three in a ring",
            )
        )
        return False

    def anchor(self, number: int) -> Reals | None:
        """Return the first position of a text."""
        at = number + self.offset
        if at in self.wrong or not self._count[at]:
            return None
        point: Reals = self.xyz[self._start[at]]
        return point

    def corners(self, numbers: list[int], *, ring: bool) -> tuple[Reals, dict[int, list[int]]]:
        """Return the distinct positions of some texts, and which ones each text is made of."""
        sizes = self._ring if ring else self._count
        spans = [(self._start[n + self.offset], sizes[n + self.offset]) for n in numbers]
        labels: list[int]
        if self._rows:
            rows = list(chain.from_iterable(self._rows[s : s + c] for s, c in spans))
            known = dict.fromkeys(rows)
            place = dict(zip(known, range(len(known)), strict=True))
            labels = list(map(place.__getitem__, rows))
            vertices = np.array(list(known), np.float64)
        else:
            counts = np.array([c for _, c in spans])
            skips = np.array([s for s, _ in spans]) - (np.cumsum(counts) - counts)
            vertices, which = shared(
                self.xyz[np.repeat(skips, counts) + np.arange(int(counts.sum()))]
            )
            labels = which.tolist()
        found = {}
        at = 0
        for number, (_, count) in zip(numbers, spans, strict=True):
            found[number] = labels[at : at + count]
            at += count
        return vertices, found


def shared(points: Reals) -> tuple[Reals, Whole]:
    """Return the distinct positions in the order in which they come, and which one each is.

    Positions are one only if all their bits are the same.

    Examples
    --------
    >>> vertices, which = shared(np.array([[1.0, 2, 3], [4, 5, 6], [1, 2, 3]]))
    >>> len(vertices), which.tolist()
    (2, [0, 1, 0])
    """
    bits = np.ascontiguousarray(points + 0.0).view(np.uint64).reshape(-1, 3)
    with np.errstate(over="ignore"):
        mixed = bits * _MIX
        mixed ^= mixed >> np.uint64(29)
        hashed = mixed[:, 0] + (mixed[:, 1] ^ (mixed[:, 2] << np.uint64(7))) * _MIX[1]
    _, first, which = np.unique(hashed, return_index=True, return_inverse=True)
    if not (points[first[which]] == points).all():  # two positions of one hash
        _, first, which = np.unique(points, axis=0, return_index=True, return_inverse=True)
    rank = np.argsort(first, kind="stable")
    place = np.empty(len(first), np.int64)
    place[rank] = np.arange(len(first))
    return points[first[rank]], place[which.ravel()]
