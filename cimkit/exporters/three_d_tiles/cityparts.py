"""Whether a whole or its parts are shown where both were delivered at one level of detail."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.exporters.three_d_tiles.bodies import Bodies
from cimkit.geometry.validity import made_valid
from cimkit.tiles import surfaces_of

__all__ = ["BESIDE", "PART", "WHOLE", "shown"]

Rows = npt.NDArray[np.int64]

WHOLE, PART, BESIDE = 0, 1, 2
_ENOUGH = 0.95


def shown(
    found: Bodies, bodies: Rows, thing: Rows, role: npt.NDArray[np.int8], count: int
) -> npt.NDArray[np.bool_]:
    """Which of some geometries are shown, one for each object.

    Parameters
    ----------
    found : Bodies
        Geometries.
    bodies : ndarray, shape (k,)
        Those to choose from.
    thing, role : ndarray, shape (objects,)
        The thing that each object shows, and as what.
    count : int
        Of things.

    Notes
    -----
    Of a whole and its parts the finer ones. At the same level the parts, if their outlines together
    cover 95 % of the whole's and they reach as high to 95 % of its height; else the whole. Never
    both, which would lie in the same planes.
    """
    owner, lod = found.owner[bodies], found.lod[bodies]
    mine, own = thing[owner], role[owner]
    best = np.full((2, count), -1)
    for k in (WHOLE, PART):
        np.maximum.at(best[k], mine[own == k], lod[own == k])
    other = np.where(own == BESIDE, -1, best[np.where(own == WHOLE, PART, WHOLE), mine])
    out: npt.NDArray[np.bool_] = lod >= other
    tied = np.flatnonzero((lod == other) & (own != BESIDE))
    # Only what is best of its kind is a match for the other kind.
    tied = tied[lod[tied] == best[own[tied], mine[tied]]]
    tied = tied[np.argsort(mine[tied], kind="stable")]
    for group in np.split(tied, np.flatnonzero(np.diff(mine[tied])) + 1):
        whole, parts = group[own[group] == WHOLE], group[own[group] == PART]
        if len(whole) and len(parts):
            rows = [found.rows(bodies[each]) for each in (whole, parts)]
            out[whole if _cover(*rows) else parts] = False
    return out


def _cover(whole: list[dict[str, Any]], parts: list[dict[str, Any]]) -> bool:
    outline, low, high = _extent(whole)
    covering, _, top = _extent(parts)
    if top - low < _ENOUGH * (high - low):
        return False
    return bool(shapely.intersection(outline, covering).area >= _ENOUGH * outline.area)


def _extent(rows: list[dict[str, Any]]) -> tuple[Any, float, float]:
    """What geometries cover seen from above, their least height and their greatest."""
    surfaces = [surface for row in rows for surface in surfaces_of(row) if surface]
    if not surfaces:
        return shapely.Polygon(), 0.0, -np.inf
    flat = [shapely.Polygon(rings[0][:, :2]) for rings in surfaces]
    # Walls have no area from above.
    areas = made_valid(np.array([one for one in flat if one.area > 0], object))
    height = np.concatenate([rings[0][:, 2] for rings in surfaces])
    return shapely.union_all(areas), float(height.min()), float(height.max())
