"""The rasters of a selection: where each lies, how fine it is, and its pixels by windows."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from cimkit.errors import SourceUnreadable
from cimkit.geometry.crs import from_crs84, to_crs84
from cimkit.geometry.vertical import read_vertical

if TYPE_CHECKING:
    from cimkit.catalog import Catalog

__all__ = ["Places", "Raster", "Reader", "places"]

Reals = npt.NDArray[np.float64]

_FEET = {"ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "us-ft": 1200 / 3937,
         "ussurvey_feet": 1200 / 3937}  # fmt: skip
_METRES = {"m", "metre", "metres", "meter", "meters"}
_OPEN = 16
_NODES = (32, 8, 1)
_EXACT = 1e-3
"""Pixels by which a position between nodes may be off."""


@dataclass(frozen=True, slots=True)
class Raster:
    """One raster that is placed."""

    row: dict[str, Any]
    """Of the feature table, with root, path, members and sha256 of the source."""
    crs: CRS
    matrix: tuple[float, ...]
    """(a, b, c, d, e, f): x = a column + b row + c, y = d column + e row + f."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    resolution: float
    """Metres of the shorter side of a pixel."""
    unit: float
    """Metres of one unit of its heights; negative for depths."""
    outline: shapely.Polygon
    """Of all pixels, CRS84 degrees; longitudes beyond 180 across the date line."""
    bands: list[dict[str, Any]]
    """What the catalogue says of each band."""

    @classmethod
    def of(cls, row: dict[str, Any], crs: CRS) -> Raster:
        """Return the raster of a row of the catalogue.

        Raises
        ------
        ValueError
            If its CRS has no place for it on the earth.
        """
        said, counts = json.loads(row["said"]), json.loads(row["counts"])
        matrix = tuple(said["transform"])
        width, height = int(counts["width"]), int(counts["height"])
        outline = _outline(matrix, width, height, crs)
        steps = said.get("resolution_m") or said["resolution"]
        bands = said.get("bands") or [{}]
        return cls(
            row, crs, matrix, width, height, float(min(steps)),
            _unit(bands[0], row["vertical_datum"]), outline, bands,
        )  # fmt: skip

    @property
    def identity(self) -> str:
        """All of it that decides what it looks like."""
        return json.dumps(
            [self.row["sha256"], self.row["item_crs"], self.matrix, self.row["vertical_datum"],
             self.unit, self.resolution, self.width, self.height],
        )  # fmt: skip

    def pixels(self, lonlat: Reals) -> Reals:
        """Columns and rows, shape (n, 2), of places; whole numbers are centres of pixels."""
        a, b, c, d, e, f = self.matrix
        xy = from_crs84(lonlat, self.crs)
        found: Reals = np.linalg.solve(np.array([[a, b], [d, e]]), (xy - [c, f]).T).T - 0.5
        return found

    def lonlat(self, pixels: Reals) -> Reals:
        """Degrees, shape (n, 2), of columns and rows."""
        return _unwrapped(to_crs84(_places(self.matrix, pixels + 0.5), self.crs))


@dataclass(frozen=True, slots=True)
class Places:
    """Values that change smoothly, at the nodes of a grid, for every place between them."""

    step: int
    """Between nodes."""
    start: tuple[int, int]
    """Column and row of the first place, counted from the first node."""
    shape: tuple[int, int]
    """Rows and columns of places."""

    def spread(self, nodes: Reals) -> Reals:
        """Values at all places, from those at the nodes, shape (rows, columns)."""
        out = nodes
        for axis, (first, count) in enumerate(zip(self.start[::-1], self.shape, strict=True)):
            at = np.arange(first, first + count)
            low = np.minimum(at // self.step, out.shape[axis] - 2)
            part = (at - low * self.step) / self.step
            part = part[:, None] if axis == 0 else part
            lower, upper = np.take(out, low, axis), np.take(out, low + 1, axis)
            out = lower + (upper - lower) * part
        return out


def places(
    raster: Raster, x: Any, y: Any, first: tuple[int, int], shape: tuple[int, int]
) -> tuple[Reals, Reals, Places, Reals]:
    """Where the posts of a grid lie in a raster.

    The transformation is exact at nodes, and linear between them where that is right to a
    thousandth of a pixel. Nodes lie on a grid of all the earth: the same post has the same place
    whichever tile asks.

    Parameters
    ----------
    raster : Raster
        Asked.
    x, y : callable
        Longitude of column indices, latitude of row indices, degrees.
    first : tuple of int
        Column and row index of the first post.
    shape : tuple of int
        Rows and columns of posts.

    Returns
    -------
    columns, rows : ndarray
        In pixels of the raster, whole numbers are centres; NaN where its CRS has no place.
    between : Places
        Spreads other values at the same nodes.
    lonlat : ndarray, shape (nodes to the north, nodes to the east, 2)
        The nodes.
    """
    for step in _NODES:
        low = [f // step * step for f in first]
        count = [
            -(-(f + n - a) // step) + 1 for f, n, a in zip(first, shape[::-1], low, strict=True)
        ]
        grid = [a + np.arange(max(n, 2)) * step for a, n in zip(low, count, strict=True)]
        lonlat = _mesh(x(grid[0]), y(grid[1]))
        found = raster.pixels(lonlat.reshape(-1, 2)).reshape(lonlat.shape)
        if step > 1:
            halves = [g[:-1] + step / 2 for g in grid]
            middles = _mesh(x(halves[0]), y(halves[1]))
            exact = raster.pixels(middles.reshape(-1, 2)).reshape(middles.shape)
            mean = (found[:-1, :-1] + found[1:, :-1] + found[:-1, 1:] + found[1:, 1:]) / 4
            if not (np.abs(mean - exact) < _EXACT).all():
                continue
        break
    between = Places(step, (first[0] - low[0], first[1] - low[1]), shape)
    return between.spread(found[..., 0]), between.spread(found[..., 1]), between, lonlat


class Reader:
    """Opens rasters of a catalogue, a few at a time; their hashes are verified once.

    It is a context manager: inside it GDAL is set up as for ingesting.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._roots = catalog.config.roots
        self._stack = ExitStack()
        self._open: dict[str, Any] = {}
        self._verified: set[str] = set()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        self._open.clear()
        self._stack.close()

    def dataset(self, raster: Raster) -> Any:
        """Return the open dataset, which stays open until others are wanted.

        Raises
        ------
        SourceUnreadable
            If it is no longer there, has changed, or cannot be opened.
        """
        name = raster.row["item_id"]
        if name not in self._open:
            if len(self._open) >= _OPEN:
                self._close()
            self._open[name] = self._opened(raster)
        return self._open[name]

    def _opened(self, raster: Raster) -> Any:
        from cimkit.loaders import open_source
        from cimkit.loaders.raster.formats import head_of, recognise
        from cimkit.loaders.raster.open import open_raster

        row = raster.row
        root = self._roots.get(row["root"])
        if root is None:
            raise SourceUnreadable(
                "the folder of this source is not known to the catalogue",
                where=row["path"],
                got=row["root"],
                mend="Say where it lies: 'cimkit relocate'.",
            )
        sha256 = None if row["item_id"] in self._verified else row["sha256"]
        source = self._stack.enter_context(
            open_source(Path(root), row["path"], row["members"] or (), sha256)
        )
        self._verified.add(row["item_id"])
        found = recognise(head_of(source.file))
        if found is None or found[0].refusal:
            raise SourceUnreadable("it is no raster that can be read", where=row["path"])
        dataset, _ = self._stack.enter_context(open_raster(source, found[0]))
        if (dataset.width, dataset.height) != (raster.width, raster.height):
            raise SourceUnreadable("it has another size than was catalogued", where=row["path"])
        return dataset


def _mesh(x: Reals, y: Reals) -> Reals:
    return np.stack(np.meshgrid(x, y), axis=-1)


def _places(matrix: tuple[float, ...], pixels: Reals) -> Reals:
    a, b, c, d, e, f = matrix
    column, row = pixels[:, 0], pixels[:, 1]
    return np.column_stack([a * column + b * row + c, d * column + e * row + f])


def _outline(matrix: tuple[float, ...], width: int, height: int, crs: CRS) -> shapely.Polygon:
    step = np.linspace(0, 1, 22)[:-1]
    zero, one = np.zeros(21), np.ones(21)
    u, v = np.concatenate([step, one, 1 - step, zero]), np.concatenate([zero, step, one, 1 - step])
    ring = to_crs84(_places(matrix, np.column_stack([u * width, v * height])), crs)
    if not (np.isfinite(ring).all() and (np.abs(ring[:, 1]) <= 90).all()):
        raise ValueError("its place is not on the earth")
    shape = shapely.Polygon(_unwrapped(ring))
    return shape if shape.is_valid else shapely.box(*shape.bounds)


def _unwrapped(lonlat: Reals) -> Reals:
    """Let longitudes go on beyond 180 degrees across the date line."""
    if len(lonlat) and np.nanmax(lonlat[:, 0]) - np.nanmin(lonlat[:, 0]) > 180:
        lonlat = lonlat.copy()
        lonlat[lonlat[:, 0] < 0, 0] += 360
    return lonlat


def _unit(band: dict[str, Any], datum: str | None) -> float:
    read = read_vertical(datum) if datum else None
    sign = -1.0 if read is not None and read.down else 1.0
    said = str(band.get("unit") or "").strip().lower()
    if said in _METRES:
        return sign
    return sign * _FEET.get(said, 1.0 if read is None else read.unit_m)
