"""Points against walls: how far they lie from outlines, and by what shift they would fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["Fit", "Walls", "fit", "walls"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]
Shapes = npt.NDArray[np.object_]

_CELL = 2.0
"""Side of the cells by which points far from all walls are left out, in units of the plane."""
_ROUNDS = 12
_EDGE = 0.3  # units: a point beyond the end of its wall by more than this is on another


@dataclass(frozen=True, slots=True)
class Fit:
    """What a shift of the points would make better."""

    count: int
    """Points it rests on."""
    shift: Reals
    """(2,) how far the points lie from the walls as a whole; NaN across where no wall tells."""
    mean: float
    """Mean distance of the points from the walls, as they are."""
    most: float
    """95 % of the points are nearer."""


@dataclass(frozen=True, slots=True)
class Walls:
    """The sides of outlines; one row each."""

    start: Reals
    """(n, 2)."""
    along: Reals
    """(n, 2) unit vectors."""
    length: Reals
    """(n,)."""
    owner: Whole
    """(n,) index of the outline."""
    cells: npt.NDArray[np.int64]
    """Cells that a wall runs through or near, sorted."""

    def near(self, xy: Reals) -> npt.NDArray[np.bool_]:
        """Return which points (n, 2) may be near a wall; the others are not."""
        return np.isin(_cells(xy), self.cells)

    def measure(self, xy: Reals, reach: float) -> tuple[Whole, Whole, Reals]:
        """Return point, wall and distance, outwards positive, of the points within reach."""
        ends = self.start + self.along * self.length[:, None]
        lines = shapely.linestrings(np.stack([self.start, ends], axis=1))
        tree = shapely.STRtree(np.asarray(lines, object))
        spots = np.asarray(shapely.points(xy), object)
        point, wall = tree.query_nearest(spots, max_distance=reach, all_matches=False)
        step = xy[point] - self.start[wall]
        t = (step * self.along[wall]).sum(1)
        beside = (t > -_EDGE) & (t < self.length[wall] + _EDGE)
        out = step[:, 0] * self.along[wall, 1] - step[:, 1] * self.along[wall, 0]
        return point[beside], wall[beside], out[beside]

    @property
    def normal(self) -> Reals:
        """(n, 2) unit vectors out of the outlines."""
        return np.stack([self.along[:, 1], -self.along[:, 0]], axis=1)


def walls(outlines: Shapes) -> Walls:
    """Return the sides of polygons (n,) in one plane."""
    rings, owner = shapely.get_rings(shapely.orient_polygons(outlines), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    start, step = xy[:-1][same], np.diff(xy, axis=0)[same]
    length = np.hypot(*step.T)
    real = length > 1e-6
    start, step, length = start[real], step[real], length[real]
    whose = owner[ring[:-1][same]][real]
    count = np.ceil(length / (_CELL / 2)).astype(int) + 1
    line = np.repeat(np.arange(len(length)), count)
    nth = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    along = start[line] + step[line] * (nth / np.maximum(count[line] - 1, 1))[:, None]
    around = [_cells(along + np.array([i, j]) * _CELL) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    cells = np.unique(np.concatenate(around)) if len(along) else np.empty(0, np.int64)
    return Walls(start, step / length[:, None], length, whose, cells)


def fit(normal: Reals, distance: Reals) -> Fit:
    """Find the shift that best explains the distances of points from walls.

    Least squares with Tukey's weights, so that what stands before a wall counts little; points of
    walls in one direction say nothing along it.

    Parameters
    ----------
    normal : (n, 2) array
        Unit vectors out of the wall of each point.
    distance : (n,) array
        Of each point from its wall, outwards.
    """
    shift = np.zeros(2)
    if len(distance):
        spread = np.linalg.svd(normal.T @ normal / len(normal))
        known = spread.S > 0.02
        for _ in range(_ROUNDS):
            rest = distance - normal @ shift
            scale = max(1.4826 * float(np.median(np.abs(rest))), 0.01) * 4.7
            weight = np.where(np.abs(rest) < scale, (1 - (rest / scale) ** 2) ** 2, 0.0)
            left = (normal * weight[:, None]).T @ normal + 1e-9 * np.eye(2)
            shift = shift + np.linalg.solve(left, (normal * weight[:, None]).T @ rest)
        if not known.all():
            shift = np.where(np.abs(spread.U[:, 1]) > 0.7, np.nan, shift)
    away = np.abs(distance)
    mean, most = (float(away.mean()), float(np.percentile(away, 95))) if len(away) else (0.0, 0.0)
    return Fit(len(distance), shift, mean, most)


def _cells(xy: Reals) -> npt.NDArray[np.int64]:
    """Return one number for the cell of each point."""
    cell = np.floor(xy / _CELL).astype(np.int64)
    number: npt.NDArray[np.int64] = cell[:, 0] * 2**31 + cell[:, 1]
    return number
