"""Objects on the terrain."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.exporters._spec import ExportReport
from cimkit.geometry.frames import ecef, geodetic

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Making

__all__ = ["STEP", "draped", "ground_key", "lifted", "terrain_of"]

Reals = npt.NDArray[np.float64]
Shapes = npt.NDArray[Any]

STEP = 1e-4
"""Degrees between vertices that follow the ground: some 10 metres."""
_CUT = 1.0
"""Metres by which the ground may lie above a road that runs on it; more is a tunnel."""


def terrain_of(making: Making) -> Callable[[Reals], Reals] | None:
    """Return what tells the height of the ground, by the elevation models of the selection.

    It takes CRS84 degrees, shape (n, 2), and gives metres above the ellipsoid, shape (n,), between
    the pixels of the finest model; NaN where there is none. None if there are no models.
    """
    from cimkit.exporters.three_d_tiles.ground import Ground, rasters_of

    # What is left out of the terrain is told by its own layer.
    models, _ = rasters_of(making.selection, ExportReport(making.report.format, making.report.out))
    if not models:
        making.report.notes.append("there is no elevation model for objects to stand on")
        return None

    def at(xy: Reals) -> Reals:
        with Ground(making.selection.catalog, models, [], making.heights) as ground:
            return ground.at(xy)

    return at


def ground_key(making: Making) -> str:
    """Return what decides the heights that `terrain_of` gives; "" if it is not asked."""
    from cimkit.exporters.three_d_tiles.ground import rasters_of

    if making.heights.terrain is None:
        return ""
    models, _ = rasters_of(making.selection, ExportReport(making.report.format, making.report.out))
    return repr(sorted(model.identity for model in models))


def lifted(positions: Reals, terrain: Callable[[Reals], Reals], above: float) -> Reals:
    """Lift what runs on the ground out of it, where the ground rises to its side.

    ``positions`` are earth-centred, shape (n, 3); they are to lie ``above`` metres over the ground
    at least. Nothing is lowered, and what lies more than a metre deep stays where it is.
    """
    place = geodetic(positions)
    rise = terrain(place[:, :2]) + above - place[:, 2]
    rise[~((rise > 0) & (rise < _CUT + above))] = 0.0
    return ecef(place[:, 0], place[:, 1], place[:, 2] + rise)


def draped(shapes: Shapes, middle: Reals, terrain: Callable[[Reals], Reals]) -> Shapes:
    """Let lines follow the ground, by the difference to it at their middle.

    Parameters
    ----------
    shapes : ndarray of geometries, shape (n,)
        Lines in CRS84, with heights above the ground or below it as Z, or without.
    middle : ndarray, shape (n, 2)
        Where the height of the ground was taken for each.
    terrain : callable
        See `terrain_of`.

    Returns
    -------
    ndarray, shape (n,)
        With more vertices, and Z; where the ground is not known they stay on the level of their
        middle.
    """
    fine = shapely.segmentize(shapely.force_3d(shapes), STEP)
    xyz, row = shapely.get_coordinates(fine, include_z=True, return_index=True)
    rise = terrain(xyz[:, :2]) - terrain(middle)[row]
    xyz[:, 2] = np.nan_to_num(xyz[:, 2]) + np.nan_to_num(rise)
    found: Shapes = shapely.set_coordinates(fine, xyz)
    return found
