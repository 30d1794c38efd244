"""Heights of the ground from many elevation models: the finest that covers a place wins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit

from cimkit.errors import SourceUnreadable
from cimkit.exporters.three_d_tiles.rasters import Places, Raster, Reader, places
from cimkit.tiles.terrain_grid import Cell, Tiling
from cimkit.tiles.terrain_relief import Lattice

if TYPE_CHECKING:
    from cimkit.exporters.three_d_tiles.heights import Heights

__all__ = ["Elevation"]

Reals = npt.NDArray[np.float64]

_WINDOW = 2048
_SPARSE = 512
_NODE = 32
_LOW, _HIGH = -11_500.0, 9_500.0  # there is no ground beyond
_UNDECLARED = (-9999.0, -32767.0, -32768.0)


class Elevation:
    """Elevation models side by side and on top of each other.

    Where they meet, heights are weighed as if their pixels were one grid; where the finest has no
    data the next one fills in.

    Parameters
    ----------
    rasters : list of Raster
        Elevation models, in any order.
    reader : Reader
        Opens them.
    heights : Heights
        To the ellipsoid.
    """

    def __init__(self, rasters: list[Raster], reader: Reader, heights: Heights) -> None:
        self.rasters = sorted(
            rasters, key=lambda r: (round(r.resolution, 4), r.row["source"], r.row["item_id"])
        )
        # Its counts are of objects; what is asked here are nodes.
        self._reader, self._heights = reader, replace(heights)
        self._tree = shapely.STRtree([r.outline for r in self.rasters])
        self.lost: dict[int, str] = {}
        """Numbers of the models that cannot be read again, and why."""

    @property
    def unshifted(self) -> bool:
        """Whether there are places of which the model of the geoid says nothing."""
        return self._heights.outside > 0

    def touching(self, box: tuple[float, float, float, float]) -> list[int]:
        """Numbers of the models that touch a box of CRS84 degrees, the finest first."""
        found: list[int] = sorted(
            self._tree.query(shapely.box(*box), predicate="intersects").tolist()
        )
        return found

    def lattice(self, tiling: Tiling, cell: Cell, level: int) -> Lattice:
        """Heights at all posts of a level in a cell."""
        down = level - cell.level
        columns, rows = (n << down for n in tiling.spaces(level))
        first, shape = (cell.x * columns, cell.y * rows), (rows + 1, columns + 1)
        total, weight = np.zeros(shape), np.zeros(shape)
        source = np.full(shape, -1, np.int32)
        read: list[tuple[int, tuple[int, int, int, int]]] = []
        for number in self.touching(cell.box):
            raster = self.rasters[number]
            at_column, at_row, between, nodes = places(
                raster,
                lambda i: tiling.longitude(level, i),
                lambda j: tiling.latitude(level, j),
                first,
                shape,
            )
            shift = between.spread(self._shift(raster, nodes))
            for values, window in self._windows(number, at_column, at_row):
                _gather(at_column, at_row, shift, values, np.array(window),
                        (raster.width, raster.height), total, weight, source, number)  # fmt: skip
                read.append((number, window))
        known = weight >= 0.5
        heights = np.full(shape, np.nan)
        heights[known] = total[known] / weight[known]
        source[~known] = -1
        loss = np.zeros((1 << down, 1 << down))
        for number, window in read:
            if window[2] == _WINDOW:
                self._compare(tiling, level, first, number, window, heights, source, loss)
        return Lattice(heights, source, loss)

    def _compare(
        self,
        tiling: Tiling,
        level: int,
        first: tuple[int, int],
        number: int,
        window: tuple[int, int, int, int],
        heights: Reals,
        source: npt.NDArray[np.int32],
        loss: Reals,
    ) -> None:
        """Raise each tile's loss to the distance between its posts and the pixels of a window."""
        raster = self.rasters[number]
        x, y = max(window[0], 0), max(window[1], 0)
        right = min(window[0] + window[2] + 1, raster.width)
        bottom = min(window[1] + window[3] + 1, raster.height)
        between = Places(_NODE, (0, 0), (bottom - y, right - x))
        u, v = (a + np.arange(max(-(-(b - a) // _NODE) + 1, 2)) * float(_NODE)
                for a, b in ((x, right), (y, bottom)))  # fmt: skip
        nodes = raster.lonlat(np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2))
        shape = len(v), len(u)
        if not np.isfinite(nodes).all():
            return
        zero = tiling.longitude(level, first[0]), tiling.latitude(level, first[1])
        step = tiling.longitude(level, 1) + 180.0, tiling.latitude(level, 1) + 90.0
        at = [((nodes[:, k] - zero[k]) / step[k]).reshape(shape) for k in (0, 1)]
        values = self._values(number, *window[:3])
        own = values[y - window[1] : bottom - window[1], x - window[0] : right - window[0]]
        shift = between.spread(self._shift(raster, nodes.reshape(*shape, 2)))
        _misfit(np.ascontiguousarray(own) + shift, between.spread(at[0]), between.spread(at[1]),
                heights, source, number, loss)  # fmt: skip

    def at(self, xy: Reals) -> Reals:
        """Heights above the ellipsoid, metres, at places, shape (n, 2); NaN without ground."""
        total, weight = np.zeros((1, len(xy))), np.zeros((1, len(xy)))
        source = np.full((1, len(xy)), -1, np.int32)
        if not len(xy):
            return np.empty(0)
        points = shapely.points(xy)
        number, point = self._tree.query(points, predicate="intersects")[::-1]
        for one in np.unique(number).tolist():
            mine = np.sort(point[number == one])
            raster = self.rasters[one]
            column, row = raster.pixels(xy[mine]).T[:, None]
            shift = self._shift(raster, xy[mine][None])
            held, share, from_ = total[:, mine], weight[:, mine], source[:, mine]
            for values, window in self._windows(one, column, row):
                _gather(column, row, shift, values, np.array(window),
                        (raster.width, raster.height), held, share, from_, one)  # fmt: skip
            total[:, mine], weight[:, mine], source[:, mine] = held, share, from_
        known = weight[0] >= 0.5
        found: Reals = np.divide(total[0], weight[0], out=np.full(len(xy), np.nan), where=known)
        return found

    def _shift(self, raster: Raster, lonlat: Reals) -> Reals:
        """What is added to heights at nodes, shape (rows, columns, 2)."""
        flat = np.ascontiguousarray(lonlat.reshape(-1, 2))
        up = self._heights.ellipsoidal(flat, np.zeros(len(flat)), raster.row["vertical_datum"])
        shift: Reals = up.reshape(lonlat.shape[:-1])
        return shift

    def _windows(
        self, number: int, column: Reals, row: Reals
    ) -> Iterator[tuple[Reals, tuple[int, int, int, int]]]:
        """Read what is needed of a model: values, and the window of the pixels they belong to.

        A window is first column, first row, columns, rows: places are taken from it whose upper
        left pixel lies in it; ``values`` has one more row and column where there is one.
        """
        raster = self.rasters[number]
        near = (column >= -0.5) & (column <= raster.width - 0.5)
        near &= (row >= -0.5) & (row <= raster.height - 0.5)
        if number in self.lost or not near.any():
            return
        u = np.floor(column[near]).astype(np.int64)
        v = np.floor(row[near]).astype(np.int64)
        spread = (int(np.ptp(u)) + 1) * (int(np.ptp(v)) + 1)
        side = _SPARSE if spread > 64 * len(u) else _WINDOW
        wide = raster.width // side + 2
        for tile in np.unique((v + 1) // side * wide + (u + 1) // side).tolist():
            x, y = tile % wide * side - 1, tile // wide * side - 1
            yield self._values(number, x, y, side), (x, y, side, side)

    def _values(self, number: int, x: int, y: int, side: int) -> Reals:
        """Heights of pixels in metres, shape (side + 1, side + 1); NaN without data."""
        from rasterio.errors import RasterioError
        from rasterio.windows import Window

        raster = self.rasters[number]
        out = np.full((side + 1, side + 1), np.nan)
        left, top = max(x, 0), max(y, 0)
        right, bottom = min(x + side + 1, raster.width), min(y + side + 1, raster.height)
        try:
            dataset = self._reader.dataset(raster)
            window = Window(left, top, right - left, bottom - top)
            pixels = dataset.read(1, window=window, masked=True)
        except (RasterioError, SourceUnreadable) as error:
            self.lost[number] = str(error)
            return out
        held = np.ma.filled(pixels.astype(np.float64), np.nan)
        held[np.isin(held, _UNDECLARED)] = np.nan
        held = (held * float(dataset.scales[0]) + float(dataset.offsets[0])) * raster.unit
        held[~((held > _LOW) & (held < _HIGH))] = np.nan
        out[top - y : bottom - y, left - x : right - x] = held
        return out


@njit(cache=True, nogil=True)
def _gather(
    column: Reals,
    row: Reals,
    shift: Reals,
    values: Reals,
    window: npt.NDArray[np.int64],
    size: tuple[int, int],
    total: Reals,
    weight: Reals,
    source: npt.NDArray[np.int32],
    number: int,
) -> None:
    """Weigh the pixels around each place that has not its full weight yet."""
    for j in range(column.shape[0]):
        for i in range(column.shape[1]):
            u, v = column[j, i], row[j, i]
            if not (weight[j, i] < 1.0 - 1e-9):
                continue
            if not (-0.5 <= u <= size[0] - 0.5 and -0.5 <= v <= size[1] - 0.5):
                continue
            x, y = int(np.floor(u)) - window[0], int(np.floor(v)) - window[1]
            if x < 0 or y < 0 or x >= window[2] or y >= window[3]:
                continue
            fx, fy = u - np.floor(u), v - np.floor(v)
            share, held = 0.0, 0.0
            for dy in range(2):
                for dx in range(2):
                    w = (fx if dx else 1.0 - fx) * (fy if dy else 1.0 - fy)
                    z = values[y + dy, x + dx]
                    if w > 0.0 and not np.isnan(z):
                        share += w
                        held += w * z
            if share <= 0.0:
                continue
            taken = min(share, 1.0 - weight[j, i])
            total[j, i] += (held / share + shift[j, i]) * taken
            weight[j, i] += taken
            if source[j, i] < 0 or taken > 0.5:
                source[j, i] = number


@njit(cache=True, nogil=True)
def _misfit(
    values: Reals,
    column: Reals,
    row: Reals,
    heights: Reals,
    source: npt.NDArray[np.int32],
    number: int,
    loss: Reals,
) -> None:
    """Compare pixels with the triangles between posts, where the posts are from these pixels."""
    rows, columns = heights.shape[0] - 1, heights.shape[1] - 1
    high, wide = rows // loss.shape[0], columns // loss.shape[1]
    for j in range(values.shape[0]):
        for i in range(values.shape[1]):
            z, u, v = values[j, i], column[j, i], row[j, i]
            if np.isnan(z) or not (0 <= u <= columns and 0 <= v <= rows):
                continue
            x, y = min(int(u), columns - 1), min(int(v), rows - 1)
            if source[y, x] != number or source[y + 1, x + 1] != number:
                continue
            fx, fy = u - x, v - y
            a, c = heights[y, x], heights[y + 1, x + 1]
            if fy <= fx:
                b = heights[y, x + 1]
                found = a + fx * (b - a) + fy * (c - b)
            else:
                d = heights[y + 1, x]
                found = a + fy * (d - a) + fx * (c - d)
            off = abs(found - z)
            if off > loss[y // high, x // wide]:  # false beside a hole
                loss[y // high, x // wide] = off
