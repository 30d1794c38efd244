"""Sections along lines: where they stand, how a bend turns and stretches them.

At a bend a section lies in the plane that halves the angle and is stretched there, so that the
faces of both stretches meet in it: no gap, nothing that sticks out. Where that would reach beyond
the neighbouring vertex, and at bends of more than a right angle, the section turns on the spot
instead. Between vertices it does not twist.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["SAME", "Rings", "joints", "sides"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
SAME = 1e-3
"""Metres below which two vertices of a line are one."""


@dataclass(slots=True)
class Rings:
    """Where sections stand: one row each, in the order of the lines."""

    at: Reals
    """Shape (r, 3): middle, earth-centred metres."""
    ahead: Reals
    """Shape (r, 3): unit normal of the section's plane."""
    across: Reals
    """Shape (r, 3): unit direction in which a bend stretches it; zero where none does."""
    stretch: Reals
    """Shape (r,): by how much, at least 1."""
    up: Reals
    """Shape (r, 3): the vertical."""
    part: Whole
    """Shape (r,): the part it belongs to; rings of one part follow each other."""


def joints(at: Reals, up: Reals, part: Whole, half: Reals) -> Rings:
    """Put one section at each vertex, or three where it turns on the spot."""
    count = len(at)
    inner = part[1:] == part[:-1]
    step = np.diff(at, axis=0)
    length = np.linalg.norm(step, axis=1)
    way = step / np.maximum(length, SAME)[:, None]
    before, after = np.zeros((count, 3)), np.zeros((count, 3))
    room = np.full(count, np.inf)
    after[:-1][inner], before[1:][inner] = way[inner], way[inner]
    room[:-1][inner] = length[inner]
    room[1:][inner] = np.minimum(room[1:][inner], length[inner])
    first, last = np.append(True, ~inner), np.append(~inner, True)
    start, end = np.flatnonzero(first), np.flatnonzero(last)
    # A line that ends where it began has a bend there, not two ends.
    closed = (np.linalg.norm(at[start] - at[end], axis=1) < SAME) & (end - start > 2)
    before[start] = np.where(closed[:, None], before[end], after[start])
    after[end] = np.where(closed[:, None], after[start], before[end])
    cos = np.clip((before * after).sum(axis=1), -1.0, 1.0)
    halved = np.sqrt((1 + cos) / 2)
    slip = half * np.sqrt((1 - cos) / 2) / np.maximum(halved, 1e-9)
    turns = (cos < -1e-3) | (slip > room)
    middle = before + after
    size = np.linalg.norm(middle, axis=1, keepdims=True)
    # A line that turns back has no middle direction: the vertical lies across it.
    ahead = np.where(size > 1e-6, middle / np.maximum(size, 1e-9), _upright(before, up))
    bend = after - before
    width = np.linalg.norm(bend, axis=1, keepdims=True)
    across = np.where((width > 1e-6) & ~turns[:, None], bend / np.maximum(width, 1e-9), 0.0)
    stretch = np.where(turns, 1.0, 1 / np.maximum(halved, 0.5))
    repeat = np.repeat(np.arange(count), np.where(turns, 3, 1))
    rings = Rings(
        at[repeat], ahead[repeat], across[repeat], stretch[repeat], up[repeat], part[repeat]
    )
    place = np.flatnonzero(turns) + 2 * np.arange(int(turns.sum()))
    rings.ahead[place], rings.ahead[place + 2] = before[turns], after[turns]
    return rings


def _upright(way: Reals, up: Reals) -> Reals:
    """Unit vectors across ``way``, as nearly vertical as can be."""
    found = up - (up * way).sum(axis=1, keepdims=True) * way
    size = np.linalg.norm(found, axis=1, keepdims=True)
    other = np.cross(way, np.roll(way, 1, axis=1))
    other /= np.maximum(np.linalg.norm(other, axis=1, keepdims=True), 1e-9)
    return np.where(size > 1e-6, found / np.maximum(size, 1e-9), other)


def sides(rings: Rings, free: bool) -> Reals:
    """To the left in each section's plane, shape (r, 3): level, or carried along without twist."""
    ahead, up = rings.ahead, rings.up
    side = np.cross(up, ahead)
    size = np.linalg.norm(side, axis=1)
    level = size > 1e-3
    side[level] /= size[level, None]
    # A shaft has no left: it takes that of the ring before, else of the one after.
    known = np.where(level, np.arange(len(level)), -1)
    seen = np.maximum.accumulate(known)
    later = np.minimum.accumulate(np.where(level, known, len(level))[::-1])[::-1]
    for near in (seen, np.minimum(later, len(level) - 1)):
        fit = ~level & (near >= 0) & (rings.part[near] == rings.part)
        borrowed = np.cross(np.cross(ahead[fit], side[near[fit]]), ahead[fit])
        size = np.linalg.norm(borrowed, axis=1)
        good = np.flatnonzero(fit)[size > 1e-3]
        side[good] = borrowed[size > 1e-3] / size[size > 1e-3, None]
        level = level.copy()
        level[good] = True
    bare = np.flatnonzero(~level)
    if len(bare):
        side[bare] = np.cross(_upright(ahead[bare], np.roll(up[bare], 1, axis=1)), ahead[bare])
    return _untwisted(rings, side, free)


def _untwisted(rings: Rings, side: Reals, free: bool) -> Reals:
    """Turn each section about its normal so that it faces the one before as it does."""
    same = rings.part[1:] == rings.part[:-1]
    way = np.diff(rings.at, axis=0)
    size = np.linalg.norm(way, axis=1, keepdims=True)
    # Between two rings on one spot the way is the halfway of their normals.
    turn = rings.ahead[1:] + rings.ahead[:-1]
    way = np.where(size > SAME, way / np.maximum(size, SAME), turn)
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    one = _swung(side[:-1], rings.ahead[:-1], way)
    two = _swung(side[1:], rings.ahead[1:], way)
    twist = np.arctan2((np.cross(one, two) * way).sum(axis=1), (one * two).sum(axis=1))
    if not free:
        # What is not round stays level; it must not stand on its head half way.
        twist = np.where(np.abs(twist) > np.pi / 2, np.pi, 0.0)
    total = np.concatenate([[0.0], np.cumsum(np.where(same, twist, 0.0))])
    begin = np.append(True, ~same)
    total -= np.repeat(total[begin], np.diff(np.append(np.flatnonzero(begin), len(begin))))
    over = np.cross(rings.ahead, side)
    turned: Reals = np.cos(total)[:, None] * side - np.sin(total)[:, None] * over
    return turned


def _swung(side: Reals, ahead: Reals, way: Reals) -> Reals:
    """Turn vectors across ``ahead`` the shortest way so that they lie across ``way``."""
    cos = (ahead * way).sum(axis=1, keepdims=True)
    share = (way * side).sum(axis=1, keepdims=True) / np.maximum(1 + cos, 1e-9)
    swung: Reals = side - share * (ahead + way)
    return swung
