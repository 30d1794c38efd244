"""What is measured in the pixels of a raster only where a rule asks for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from cimkit.loaders.raster.georeference import Georeference
from cimkit.loaders.raster.samples import Samples
from cimkit.loaders.raster.spikes import Spikes
from cimkit.model import Source

__all__ = ["Asked", "keep", "take"]

_FEET = {
    "ft": 0.3048,
    "foot": 0.3048,
    "feet": 0.3048,
    "us-ft": 1200 / 3937,
    "ussurvey_feet": 1200 / 3937,
}
_MOST_VOIDS = 100
_SIEVE = 4

_Row = tuple[str, str, float, str]
_kept: dict[tuple[str, int], list[_Row]] = {}


class Asked:
    """The costly measures of one raster that are wanted, from its pixels as they pass.

    Parameters
    ----------
    wanted : frozenset of str
        ``edge_height``, ``spike``, ``void_area``.
    lies : Georeference
        Where its pixels lie.
    size : (width, height)
        In pixels.
    heights : bool
        Whether its values are heights; of a picture only voids are told.
    unit : str
        Of its values.
    scale : tuple of float
        What stored values are multiplied with, and what is added then.
    """

    def __init__(
        self,
        wanted: frozenset[str],
        lies: Georeference,
        size: tuple[int, int],
        *,
        heights: bool,
        unit: str,
        scale: tuple[float, float] = (1.0, 0.0),
    ) -> None:
        self.lies, self.size = lies, size
        metres = _FEET.get(unit.strip().lower(), 1.0)
        self.scale = scale[0] * metres, scale[1] * metres
        self.voids = "void_area" in wanted
        matrix = lies.matrix
        upright = matrix is not None and not (matrix[1] or matrix[3]) and min(size) >= 2
        upright = upright and matrix is not None and matrix[0] > 0 > matrix[4]
        self.samples = (
            Samples(matrix, size)
            if matrix is not None and upright and heights and "edge_height" in wanted
            else None
        )
        self.spikes = Spikes(size[0]) if heights and "spike" in wanted else None
        self.complete = False

    @property
    def pixels(self) -> bool:
        """Whether it wants to see pixels."""
        return self.samples is not None or self.spikes is not None

    def add(
        self, pixels: npt.NDArray[Any], held: npt.NDArray[np.bool_] | None, window: Any
    ) -> None:
        """Take up a window of the first band; ``held`` is where it has data, None: everywhere."""
        short = pixels.dtype == np.float32 or pixels.dtype.itemsize < 4
        heights: npt.NDArray[Any] = pixels.astype(np.float32 if short else np.float64)
        if held is not None:
            heights[~held] = np.nan
        factor, shift = self.scale
        if (factor, shift) != (1.0, 0.0):
            heights = heights * factor + shift
        for one in (self.samples, self.spikes):
            if one is not None:
                one.add(heights, window.col_off, window.row_off)

    def rows(self, mask: npt.NDArray[np.uint8] | None, crs: CRS | None) -> list[_Row]:
        """Return name, cell, value and unit of each measure.

        Parameters
        ----------
        mask : (rows, columns) array, optional
            1 where there is data, of a smaller picture of the whole; None: everywhere.
        crs : CRS, optional
            Of the raster; places are given in CRS84. Without it they are "".
        """
        if not self.complete:
            return []
        found: list[_Row] = []
        if self.samples is not None:
            found += [(name, cell, value, "m") for name, cell, value in self.samples.rows()]
        if self.spikes is not None:
            found.append(("spike", "count", float(self.spikes.count), "1"))
            places = self._placed([(c + 0.5, r + 0.5) for _, c, r in self.spikes.found], crs)
            for (value, _, _), cell in zip(self.spikes.found, places, strict=True):
                found.append(("spike", cell, value, "m"))
        if self.voids:
            found += self._voids(mask, crs)
        return found

    def _placed(self, pixels: list[tuple[float, float]], crs: CRS | None) -> list[str]:
        from cimkit.geometry.crs import to_crs84

        if crs is None or not pixels or self.lies.matrix is None:
            return [""] * len(pixels)
        own = self.lies.positions(*np.array(pixels).T)
        return [f"{x:.7f} {y:.7f}" for x, y in to_crs84(own, crs).tolist()]

    def _voids(self, mask: npt.NDArray[np.uint8] | None, crs: CRS | None) -> list[_Row]:
        import shapely
        from rasterio.features import shapes, sieve

        from cimkit.geometry.crs import is_geographic, metres_per_unit, to_crs84
        from cimkit.geometry.enclosure import enclosed

        if mask is None or self.lies.matrix is None:
            return [("void_area", "count", 0.0, "1"), ("covered_share", "between", 1.0, "1")]
        clean = sieve(mask, _SIEVE, connectivity=4) if mask.size > 4 * _SIEVE else mask
        empty = enclosed(clean > 0)
        held = float((clean > 0).sum())
        share = held / (held + float(empty.sum())) if held else 0.0
        parts = [
            shapely.geometry.shape(g)
            for g, value in shapes(empty.astype(np.uint8), mask=empty)
            if value
        ]
        parts.sort(key=lambda p: -p.area)
        fine = np.array([self.size[0] / mask.shape[1], self.size[1] / mask.shape[0]])
        own = [
            shapely.transform(p.simplify(0.75), lambda xy: self.lies.positions(*(xy * fine).T))
            for p in parts[:_MOST_VOIDS]
        ]
        found: list[_Row] = [
            ("void_area", "count", float(len(parts)), "1"),
            ("covered_share", "between", share, "1"),
        ]
        for part in own:
            area, cell = part.area, ""
            if crs is not None:
                area *= metres_per_unit(crs) ** 2
                there = shapely.transform(part, lambda xy: to_crs84(xy, crs))
                if is_geographic(crs):
                    area *= float(np.cos(np.radians(there.centroid.y)))
                cell = shapely.to_wkt(there, rounding_precision=7)
            found.append(("void_area", cell, float(area), "m2"))
        return found


def keep(source: Source, rows: list[_Row]) -> None:
    """Remember what `probe` measured for `read` to tell: it is no property of the item."""
    _kept.clear()
    _kept[_name(source)] = rows


def take(source: Source) -> list[_Row]:
    """Return what was kept of a source, once."""
    rows = _kept.pop(_name(source), [])
    _kept.clear()
    return rows


def _name(source: Source) -> tuple[str, int]:
    return str(source.file), source.file.stat().st_mtime_ns
