"""Pictures of the ground from many orthophotos: the finest that covers a place lies on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit

from cimkit.errors import SourceUnreadable
from cimkit.exporters.three_d_tiles.rasters import Raster, Reader, places
from cimkit.tiles.terrain_content import GROUND, Picture
from cimkit.tiles.terrain_grid import METRES, Cell

if TYPE_CHECKING:
    from rasterio.windows import Window

__all__ = ["Imagery"]

Reals = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

_PIXELS = 512
"""Of a tile from south to north at most."""
_STEP = 64
_BLUR = 1.25
"""Pixels of an orthophoto that may fall into one of a tile without a finer level."""
_SPREAD = 2.5
"""Standard deviations about the mean that deep pixels are stretched over."""


class Imagery:
    """Orthophotos side by side and on top of each other.

    Parameters
    ----------
    rasters : list of Raster
        Orthophotos, in any order.
    reader : Reader
        Opens them.
    """

    def __init__(self, rasters: list[Raster], reader: Reader) -> None:
        self.rasters = sorted(
            rasters, key=lambda r: (round(r.resolution, 4), r.row["source"], r.row["item_id"])
        )
        self._reader = reader
        self._tree = shapely.STRtree([r.outline for r in self.rasters])
        self.lost: dict[int, str] = {}
        """Numbers of those that cannot be read again, and why."""

    def touching(self, box: tuple[float, float, float, float]) -> list[int]:
        """Numbers of the orthophotos that touch a box of CRS84 degrees, the finest first."""
        found: list[int] = sorted(
            self._tree.query(shapely.box(*box), predicate="intersects").tolist()
        )
        return found

    def level_of(self, number: int) -> int:
        """Return the level whose tiles show an orthophoto nearly pixel by pixel."""
        level = 0
        most = _PIXELS * _BLUR * self.rasters[number].resolution
        while 180.0 * METRES / (1 << level) > most and level < 26:
            level += 1
        return level

    def picture(self, cell: Cell) -> Picture | None:
        """What is seen of the ground in a cell."""
        numbers = self.touching(cell.box)
        if not numbers:
            return None
        shape = self._shape(cell, min(self.rasters[n].resolution for n in numbers))
        step = cell.width / shape[1], cell.width / shape[0]
        # Counted on a grid of all the earth, like posts.
        first = cell.x * shape[1], (((1 << cell.level) - 1) - cell.y) * shape[0]
        names: list[str] = []
        color, cover = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
        for number in numbers:
            if cover.min() >= 1:
                break
            raster = self.rasters[number]
            column, row, _, _ = places(
                raster,
                lambda i: (i + 0.5) * step[0] - 180.0,
                lambda j: 90.0 - (j + 0.5) * step[1],
                first,
                shape,
            )
            coarse = METRES * step[1] / raster.resolution
            read = self._pixels(number, column, row, coarse)
            if read is not None and _paint(column, row, *read, color, cover):
                names.append(raster.row["object_id"])
        if not cover.any():
            return None
        ground = np.array([255 * _srgb(v) for v in GROUND[:3]], np.float32)
        mixed = color + (1 - cover)[..., None] * ground
        return Picture(np.clip(np.rint(mixed), 0, 255).astype(np.uint8), names)

    def _shape(self, cell: Cell, resolution: float) -> tuple[int, int]:
        """Rows and columns of the picture of a cell."""
        _, south, _, north = cell.box
        tall = METRES * cell.width / resolution
        wide = tall * float(np.cos(np.radians((south + north) / 2)))
        part = min(1.0, _PIXELS / tall)
        rows, columns = (max(_STEP, round(v * part / _STEP + 0.4) * _STEP) for v in (tall, wide))
        return min(rows, _PIXELS), min(columns, _PIXELS)

    def _pixels(
        self, number: int, column: Reals, row: Reals, coarse: float
    ) -> tuple[Floats, Floats, Reals] | None:
        """Colours (rows, columns, 3), cover (rows, columns) and window (x, y, pixels a sample)."""
        from rasterio.enums import Resampling
        from rasterio.errors import RasterioError
        from rasterio.windows import Window

        raster = self.rasters[number]
        near = (column > -0.5) & (column < raster.width - 0.5)
        near &= (row > -0.5) & (row < raster.height - 0.5)
        if number in self.lost or not near.any():
            return None
        factor = max(1, int(coarse + 0.25))
        reach = 2 * factor
        x0 = max(int(column[near].min()) - reach, 0) // factor * factor
        y0 = max(int(row[near].min()) - reach, 0) // factor * factor
        x1 = min(int(column[near].max()) + reach + 1, raster.width)
        y1 = min(int(row[near].max()) + reach + 1, raster.height)
        out = -(-(y1 - y0) // factor), -(-(x1 - x0) // factor)
        window = Window(x0, y0, x1 - x0, y1 - y0)
        how = Resampling.average if factor > 1 else Resampling.nearest
        try:
            dataset = self._reader.dataset(raster)
            pixels = dataset.read(
                _bands(dataset), window=window, out_shape=(3, *out), resampling=how
            )
            cover = _mask(dataset, window, out)
        except (RasterioError, SourceUnreadable) as error:
            self.lost[number] = str(error)
            return None
        color = _eight_bits(pixels, raster, _bands(dataset))
        place = np.array([x0, y0, (x1 - x0) / out[1], (y1 - y0) / out[0]])
        return color, cover, place


def _bands(dataset: Any) -> list[int]:
    names = [c.name for c in dataset.colorinterp]
    return [names.index(n) + 1 for n in ("red", "green", "blue")]


def _mask(dataset: Any, window: Window, shape: tuple[int, int]) -> Floats:
    """How much of each pixel is seen, from 0 to 1."""
    mask = dataset.dataset_mask(window=window, out_shape=shape)
    cover: Floats = mask.astype(np.float32) / np.float32(255)
    return cover


def _eight_bits(pixels: npt.NDArray[Any], raster: Raster, bands: list[int]) -> Floats:
    """Colours from 0 to 255, shape (rows, columns, 3); deep ones stretched about their mean.

    The statistics are those that the catalogue has of the whole raster, so that all tiles agree.
    """
    color: Floats = np.moveaxis(pixels, 0, -1).astype(np.float32)
    if pixels.dtype == np.uint8:
        return color
    said = [raster.bands[b - 1] if b <= len(raster.bands) else {} for b in bands]
    if any("mean" not in band for band in said):
        top = float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind in "iu" else 1.0
        scaled: Floats = np.clip(color * np.float32(255 / top), 0, 255).astype(np.float32)
        return scaled
    low = min(max(b["minimum"], b["mean"] - _SPREAD * b["deviation"]) for b in said)
    high = max(min(b["maximum"], b["mean"] + _SPREAD * b["deviation"]) for b in said)
    between = (color - np.float32(low)) * np.float32(255 / max(high - low, 1e-9))
    stretched: Floats = np.clip(np.nan_to_num(between), 0, 255).astype(np.float32)
    return stretched


def _srgb(linear: float) -> float:
    # IEC 61966-2-1
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * float(linear ** (1 / 2.4)) - 0.055


@njit(cache=True, nogil=True)
def _paint(
    column: Reals,
    row: Reals,
    pixels: Floats,
    cover: Floats,
    place: Reals,
    color: Floats,
    covered: Floats,
) -> int:
    """Lay pixels under what is painted already; return how many places they are seen at."""
    rows, columns = cover.shape
    seen = 0
    for j in range(column.shape[0]):
        for i in range(column.shape[1]):
            left = 1.0 - covered[j, i]
            if left <= 0.0:
                continue
            u = (column[j, i] + 0.5 - place[0]) / place[2] - 0.5
            v = (row[j, i] + 0.5 - place[1]) / place[3] - 0.5
            if not (-0.5 <= u <= columns - 0.5 and -0.5 <= v <= rows - 0.5):
                continue
            x, y = int(np.floor(u)), int(np.floor(v))
            fx, fy = u - x, v - y
            r, g, b, share = 0.0, 0.0, 0.0, 0.0
            for dy in range(2):
                for dx in range(2):
                    at, to = min(max(x + dx, 0), columns - 1), min(max(y + dy, 0), rows - 1)
                    w = (fx if dx else 1.0 - fx) * (fy if dy else 1.0 - fy) * cover[to, at]
                    share += w
                    r += w * pixels[to, at, 0]
                    g += w * pixels[to, at, 1]
                    b += w * pixels[to, at, 2]
            if share <= 0.0:
                continue
            taken = min(share, left)
            color[j, i, 0] += r / share * taken
            color[j, i, 1] += g / share * taken
            color[j, i, 2] += b / share * taken
            covered[j, i] += taken
            seen += 1
    return seen
