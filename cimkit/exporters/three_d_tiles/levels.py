"""Things of one level as a plain tree, things of several as ladders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cimkit.tiles import Tile
from cimkit.tiles.rungs import Ladder, Level

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Making

__all__ = ["tile_levels"]


def tile_levels(
    making: Making,
    folder: str,
    levels: Sequence[Level],
    deepest: dict[int, tuple[list[Tile], float]],
) -> tuple[list[Tile], set[str]]:
    """Tile things into the folder of a layer.

    Parameters
    ----------
    making : Making
        The export.
    folder : str
        Of the layer.
    levels : sequence of Level
        The coarsest first.
    deepest : dict
        See `cimkit.tiles.Ladder`; a thing without any level is drawn by its trees alone.

    Returns
    -------
    roots : list of Tile
        Trees.
    drawn : set of str
        Ids of the objects of the levels that were drawn.
    """
    roots: list[Tile] = []
    drawn: set[str] = set()
    count = 1 + max([int(one.thing.max(initial=-1)) for one in levels] + list(deepest), default=-1)
    met = np.zeros(count, np.int64)
    for one in levels:
        met[np.unique(one.thing)] += 1
    for thing in sorted(deepest):
        if met[thing] == 0:
            roots += deepest[thing][0]
        met[thing] += 1
    several = np.flatnonzero(met > 1)
    place = np.full(count, -1)
    place[several] = np.arange(len(several))
    rungs = []
    for one in levels:
        single = np.flatnonzero(met[one.thing] == 1)
        if len(single):
            done = making.tile(folder, one.layer.take(single, f"{one.name}-"))
            roots += [] if done.root is None else [done.root]
            bare = np.zeros(len(single), bool)
            bare[done.bare] = True
            drawn |= _ids(one, single[~bare])
        rest = np.flatnonzero(place[one.thing] >= 0)
        if len(rest):
            rungs.append(Level(one.name, one.layer.take(rest), place[one.thing[rest]]))
    if rungs:
        known = {int(place[t]): told for t, told in deepest.items() if place[t] >= 0}
        climbed = making.climb(folder, Ladder(rungs, len(several), known))
        roots += [] if climbed.root is None else [climbed.root]
        for one, seen in zip(rungs, climbed.drawn, strict=True):
            drawn |= _ids(one, np.flatnonzero(seen))
    return roots, drawn


def _ids(level: Level, rows: npt.NDArray[np.int64]) -> set[str]:
    return set(level.layer.features["object_id"].take(rows).to_pylist())
