"""Objects on the terrain."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.exporters._spec import ExportReport

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.making import Making

__all__ = ["draped", "terrain_of"]

Reals = npt.NDArray[np.float64]
Shapes = npt.NDArray[Any]

_STEP = 1e-4
"""Degrees between vertices that follow the ground: some 10 metres."""


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
    fine = shapely.segmentize(shapely.force_3d(shapes), _STEP)
    xyz, row = shapely.get_coordinates(fine, include_z=True, return_index=True)
    rise = terrain(xyz[:, :2]) - terrain(middle)[row]
    xyz[:, 2] = np.nan_to_num(xyz[:, 2]) + np.nan_to_num(rise)
    found: Shapes = shapely.set_coordinates(fine, xyz)
    return found
