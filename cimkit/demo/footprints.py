"""Outlines of buildings on their lots: bars, corners, courtyards and towers, as arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.demo.frame import Reals

__all__ = ["footprints"]

# Corners of each shape as (u, v) in units of: 0 = near side, 1 = far side, w = one wing's depth.
_BAR = ("00", "10", "11", "01")
_CORNER = ("00", "10", "1w", "ww", "w1", "01")
_HORSESHOE = ("00", "10", "11", "W1", "Ww", "ww", "w1", "01")
_COURT = ("ww", "wW", "WW", "Ww")  # the hole


def footprints(
    lots: Reals, rng: np.random.Generator
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """Build one outline on each lot.

    Parameters
    ----------
    lots : (n, 4) float64
        u, v of the lower corner, width and depth, metres.
    rng : numpy.random.Generator
        Decides shapes and setbacks.

    Returns
    -------
    outlines : (n,) object
        shapely polygons, outer rings counter-clockwise, holes clockwise.
    tower : (n,) bool
        Which of them are towers: small on a large lot, and high.
    """
    count = len(lots)
    setback = np.minimum(2.0, lots[:, 2:].min(axis=1) * 0.09)[:, None]
    free = lots[:, 2:] - 2 * setback
    shrink = rng.uniform(0.82, 1.0, (count, 2))
    least = free.min(axis=1)
    chance = rng.random(count)
    tower = (least > 34) & (chance < 0.3)
    court = ~tower & (least > 31) & (chance < 0.75)
    horseshoe = ~tower & ~court & (least > 22) & (chance > 0.72)
    corner = ~tower & ~court & ~horseshoe & (least > 10) & (chance > 0.45)
    bar = ~(tower | court | horseshoe | corner)
    size = free * shrink
    # A bar deeper than 18 m would have dark rooms: it turns its narrow side to the lot's depth.
    size[bar, 1] = np.minimum(size[bar, 1], rng.uniform(13, 18, count)[bar])
    size[tower] = rng.uniform(22, 28, (int(tower.sum()), 1)) * [1.0, 0.9]
    size = np.round(size, 1)
    room = lots[:, 2:] - 2 * setback - size
    lower = lots[:, :2] + setback + room * np.where(tower[:, None], 0.5, rng.random((count, 2)))
    lower = np.round(lower, 2)
    wing = np.round(np.clip(size.min(axis=1) * 0.36, 4.5, 14.0), 1)
    mirrored = rng.random((count, 2)) < 0.5

    outlines = np.empty(count, dtype=object)
    for chosen, shape in (
        (bar | tower | court, _BAR),
        (corner, _CORNER),
        (horseshoe, _HORSESHOE),
    ):
        rings = _rings(shape, lower[chosen], size[chosen], wing[chosen], mirrored[chosen])
        outlines[chosen] = shapely.polygons(rings)
    holes = _rings(_COURT, lower[court], size[court], wing[court], mirrored[court])
    shells = shapely.linearrings(shapely.get_coordinates(outlines[court]).reshape(-1, 5, 2))
    outlines[court] = shapely.polygons(shells, np.asarray(shapely.linearrings(holes))[:, None])
    return shapely.orient_polygons(outlines), tower


def _rings(
    shape: tuple[str, ...],
    lower: Reals,
    size: Reals,
    wing: Reals,
    mirrored: npt.NDArray[np.bool_],
) -> Reals:
    """Return open rings, (n, corners, 2)."""
    far = {"0": 0.0 * size, "1": size, "w": wing[:, None] + 0 * size, "W": size - wing[:, None]}
    within = np.stack(
        [np.column_stack([far[p][:, 0], far[q][:, 1]]) for p, q in map(tuple, shape)], axis=1
    ).reshape(len(size), len(shape), 2)
    turned = np.where(mirrored[:, None, :], size[:, None, :] - within, within)
    return np.round(lower[:, None, :] + turned, 2)
