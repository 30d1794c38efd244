"""Draw the district from above, as an orthophoto: a Cloud Optimized GeoTIFF in JPEG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from rasterio import Affine
from rasterio.enums import Resampling
from rasterio.features import rasterize
from rasterio.io import MemoryFile

from cimkit.demo.dem import extent
from cimkit.demo.frame import WEST, projected
from cimkit.demo.plan import Plan
from cimkit.demo.tables import Table

__all__ = ["write_ortho"]

_CELL = 0.25
_PIXELS = 2400  # a large district is seen from higher up: rasters do not grow with it
_MARK = 0.15
_CROWN = 2.2
_SUN = (0.55, -0.75)  # metres of shadow for each of height, to the east and to the north
_LAWN, _PAVING, _ASPHALT, _PAINT = (104, 128, 78), (172, 166, 154), (94, 95, 98), (214, 212, 202)
_TREE = (58, 88, 48)
_ROOFS = {
    "residential": (158, 108, 92),
    "commercial": (184, 178, 168),
    "office": (142, 150, 158),
    "public": (176, 142, 110),
    "industrial": (120, 138, 156),
}


def write_ortho(file: Path, plan: Plan, trees: Table) -> None:
    """Write what is seen of the ground that the elevation model shows, pixels of 25 cm or more.

    Parameters
    ----------
    file : Path
        To write.
    plan : Plan
        Its streets, buildings and their shadows.
    trees : Table
        The layer of trees.
    """
    west, south, east, north = extent(plan)
    cell = _CELL * float(np.ceil(max(east - west, north - south) / _PIXELS / _CELL))
    width, height = int((east - west) / cell), int((north - south) / cell)
    to = Affine(cell, 0.0, west, 0.0, -cell, north)

    def seen(shapes: Any, values: Any = 1) -> npt.NDArray[np.uint8]:
        own = projected(shapes, WEST)
        here = shapely.intersects(own, shapely.box(west, south, east, north))
        given = np.broadcast_to(values, len(own))[here].tolist()
        pairs = list(zip(own[here].tolist(), given, strict=True))
        if not pairs:
            return np.zeros((height, width), np.uint8)
        drawn: npt.NDArray[np.uint8] = rasterize(
            pairs, out_shape=(height, width), transform=to, dtype=np.uint8
        )
        return drawn

    picture = np.empty((height, width, 3), np.float32)
    picture[:] = _LAWN
    streets, b = plan.streets, plan.buildings
    lines = shapely.linestrings(np.stack([streets.start, streets.end], axis=1))
    picture[seen(shapely.buffer(lines, streets.width / 2, cap_style="square")) > 0] = _PAVING
    picture[seen(shapely.buffer(lines, streets.width / 2 - 3, cap_style="square")) > 0] = _ASPHALT
    middle = shapely.buffer(lines, max(_MARK, cell / 2), cap_style="flat")
    picture[seen(middle) > 0] = _PAINT
    picture[seen(shapely.buffer(b.outline, 2.0)) > 0] = _PAVING
    crowns = shapely.buffer(shapely.force_2d(trees.geometry), _CROWN, quad_segs=3)
    picture[seen(crowns) > 0] = _TREE
    picture[_shadows(seen(b.outline, b.height.astype(np.uint8)), cell)] *= 0.62
    kinds = list(_ROOFS)
    roof = seen(b.outline, [kinds.index(use) + 1 for use in b.use.tolist()])
    for number, kind in enumerate(kinds, 1):
        picture[roof == number] = _ROOFS[kind]
    grain = np.random.default_rng([plan.seed, 11]).normal(0.0, 5.0, (height, width, 1))
    pixels = np.clip(np.rint(picture + grain), 0, 255).astype(np.uint8)
    _write(file, np.moveaxis(pixels, -1, 0), to)


def _shadows(tall: npt.NDArray[np.uint8], cell: float) -> npt.NDArray[np.bool_]:
    """Where something that stands towards the sun is higher than its light comes in."""
    dark = np.zeros(tall.shape, bool)
    step = cell / max(abs(_SUN[0]), abs(_SUN[1]))
    for rise in np.arange(step, float(tall.max()) + step, step).tolist():
        x, y = round(_SUN[0] * rise / cell), round(-_SUN[1] * rise / cell)
        dark[y:, x:] |= tall[: len(tall) - y, : tall.shape[1] - x] > rise
    return dark


def _write(file: Path, pixels: npt.NDArray[np.uint8], to: Affine) -> None:
    from rasterio.shutil import copy

    file.parent.mkdir(parents=True, exist_ok=True)
    bands, height, width = pixels.shape
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=width, height=height, count=bands, dtype="uint8", crs=WEST,
            transform=to, photometric="RGB", tiled=True,
        ) as raster:  # fmt: skip
            raster.write(pixels)
            raster.update_tags(ACQUISITIONDATE="2026-08-20")
            raster.build_overviews([2, 4, 8], Resampling.average)
        with memory.open() as raster:
            copy(
                raster, file, driver="COG", compress="JPEG", quality=82, blocksize=256,
                overviews="FORCE_USE_EXISTING", num_threads="1",
            )  # fmt: skip
