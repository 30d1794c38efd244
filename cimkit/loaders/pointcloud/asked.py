"""What is measured in the points of a cloud only where a rule asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cimkit.loaders.pointcloud.borders import Borders
from cimkit.loaders.pointcloud.chunk import PointChunk
from cimkit.loaders.pointcloud.extremes import Extremes
from cimkit.loaders.pointcloud.strips import Strips
from cimkit.model import STAGED

if TYPE_CHECKING:
    from pyproj import CRS

    from cimkit.loaders.pointcloud.grid import Grid
    from cimkit.loaders.pointcloud.place import Standing

__all__ = ["Asked"]

Reals = npt.NDArray[np.float64]

_MOST_VOIDS = 100
_MOST_PAIRS = 200
_MOST_EXTREMES = 50
_BELOW_M, _ABOVE_M = 3.0, 20.0
_LEAST_PAIR = 25  # cells in which two flight lines must meet to be compared


class Asked:
    """The costly measures of one cloud that are wanted, gathered in the same read as the others.

    Parameters
    ----------
    wanted : frozenset of str
        ``edge_height``, ``extreme_point``, ``strip_difference``, ``void_area``.
    box : tuple of float
        (xmin, ymin, zmin, xmax, ymax, zmax) that is expected, in units of the source.
    grid : Grid
        Where points are counted.
    standing : Standing
        Where the cloud stands.
    """

    def __init__(
        self, wanted: frozenset[str], box: tuple[float, ...], grid: Grid, standing: Standing
    ) -> None:
        from cimkit.geometry.crs import is_geographic

        metres, z_unit = grid.metres, standing.z_unit
        self.grid, self.voids = grid, "void_area" in wanted
        self.strips = Strips(grid.origin, metres, z_unit) if "strip_difference" in wanted else None
        self.extremes = (
            Extremes(grid.origin, grid.cell, z_unit) if "extreme_point" in wanted else None
        )
        # In degrees a segment would have another length in each tile, and none to be held against.
        plane = standing.usable is not None and not is_geographic(standing.usable)
        edges = "edge_height" in wanted and plane
        self.borders = Borders(box, metres, z_unit) if edges else None

    def add(self, chunk: PointChunk) -> None:
        """Take up the points of one chunk."""
        for one in (self.strips, self.extremes, self.borders):
            if one is not None:
                one.add(chunk)

    def measures(self, crs: CRS | None, low: Reals, high: Reals) -> pa.Table:
        """Return what was found.

        Parameters
        ----------
        crs : CRS, optional
            Of the cloud; places are given in CRS84. Without it they are "".
        low, high : (3,) array
            Of the points.
        """
        rows = [
            {"source_layer": "", "name": name, "cell": cell, "value": value, "unit": unit}
            for name, cell, value, unit in self._rows(crs, low, high)
        ]
        return pa.Table.from_pylist(rows, STAGED["measures"])

    def _rows(
        self, crs: CRS | None, low: Reals, high: Reals
    ) -> Iterator[tuple[str, str, float, str]]:
        if self.voids:
            yield from _voids(self.grid, crs, low, high)
        if self.strips is not None:
            yield from _strips(self.strips, crs)
        if self.extremes is not None:
            heights, places = self.extremes.outliers(_BELOW_M, _ABOVE_M)
            yield "extreme_point", "count", float(len(heights)), "1"
            for height, cell in zip(
                heights[:_MOST_EXTREMES].tolist(),
                _points(places[:_MOST_EXTREMES], crs),
                strict=True,
            ):
                yield "extreme_point", cell, height, "m"
        if self.borders is not None:
            for name, cell, value in self.borders.rows():
                yield name, cell, value, "m"


def _voids(
    grid: Grid, crs: CRS | None, low: Reals, high: Reals
) -> Iterator[tuple[str, str, float, str]]:
    import shapely

    from cimkit.geometry.crs import to_crs84
    from cimkit.loaders.pointcloud.voids import voids

    found = voids(grid, low, high)
    if found is None:
        return
    parts, share, width = found
    yield "void_cell", "width", width * grid.metres, "m"
    yield "covered_share", "between", share, "1"
    yield "void_area", "count", float(len(parts)), "1"
    for part in parts[:_MOST_VOIDS]:
        cell = ""
        if crs is not None:
            fine = shapely.simplify(part, width / 100)
            cell = shapely.to_wkt(
                shapely.transform(fine, lambda xy: to_crs84(xy, crs)), rounding_precision=7
            )
        yield "void_area", cell, float(part.area) * grid.metres**2, "m2"


def _strips(strips: Strips, crs: CRS | None) -> Iterator[tuple[str, str, float, str]]:
    first, second, apart, places = strips.differences()
    yield "strip_cells", "all", float(len(apart)), "1"
    if len(apart) < _LEAST_PAIR:
        return
    away = np.abs(apart)
    yield "strip_difference", "rms", float(np.sqrt(np.mean(apart**2))), "m"
    yield "strip_difference", "median", float(np.median(away)), "m"
    yield "strip_difference", "p95", float(np.percentile(away, 95)), "m"
    pairs, which, many = np.unique(
        np.column_stack([first, second]), axis=0, return_inverse=True, return_counts=True
    )
    which = which.ravel()
    for n in np.argsort(-many, kind="stable")[:_MOST_PAIRS]:
        if many[n] < _LEAST_PAIR:
            return
        here = which == n
        middle = np.median(places[here], axis=0)
        nearest = np.argmin(((places[here] - middle) ** 2).sum(axis=1))
        name = f"{pairs[n, 0]}/{pairs[n, 1]}"
        place = _points(places[here][[nearest]], crs)[0]
        yield "strip_pair", f"{name} {place}".rstrip(), float(np.median(apart[here])), "m"
        yield "strip_pair_cells", name, float(many[n]), "1"


def _points(places: Reals, crs: CRS | None) -> list[str]:
    from cimkit.geometry.crs import to_crs84

    if crs is None or not len(places):
        return [""] * len(places)
    return [f"{x:.7f} {y:.7f}" for x, y in to_crs84(places.copy(), crs).tolist()]
