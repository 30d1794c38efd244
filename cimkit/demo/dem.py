"""Write the elevation model of the district as GeoTIFF."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio import Affine

from cimkit.demo.frame import WEST, project, unproject
from cimkit.demo.plan import Plan

__all__ = ["VERTICAL", "extent", "write_dem"]

VERTICAL = "EPSG:5737"
"""1985 National Height Datum: the heights of everything in the district."""
_MARGIN = 30.0
_REACH = 2500.0  # a large district has a model of its centre only: rasters do not grow with it
_CELLS = 1200
_SPIKE = (3, 3)  # row and column of the planted defect: a corner that no street reaches


def extent(plan: Plan) -> tuple[float, float, float, float]:
    """West, south, east and north of what the rasters show, whole metres in the western zone."""
    ends = np.clip(np.vstack([plan.streets.start, plan.streets.end]), -_REACH, _REACH)
    low, high = ends.min(axis=0) - _MARGIN, ends.max(axis=0) + _MARGIN
    box = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
    corners = project(box, WEST)
    west, south = np.floor(corners.min(axis=0)).tolist()
    east, north = np.ceil(corners.max(axis=0)).tolist()
    return west, south, east, north


def write_dem(file: Path, plan: Plan) -> None:
    """Write the ground on a square grid in the western zone, cells of one metre or more.

    The CRS is declared in the file; the vertical datum stands in its description, because
    GeoTIFF readers disagree on compound systems, and in the delivery sheet. One cell in a corner
    is 400 m too high (a planted defect).
    """
    west, south, east, north = extent(plan)
    cell = float(max(1.0, np.ceil(max(east - west, north - south) / _CELLS)))
    width, height = int((east - west) // cell), int((north - south) // cell)
    x = west + (np.arange(width) + 0.5) * cell
    y = north - (np.arange(height) + 0.5) * cell
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    ground = plan.terrain.height(unproject(grid, WEST)).astype(np.float32).reshape(height, width)
    ground[_SPIKE] += 400.0
    file.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        file,
        "w",
        driver="GTiff",
        width=width,
        height=height,
        count=1,
        dtype="float32",
        crs=WEST,
        transform=Affine(cell, 0.0, west, 0.0, -cell, north),
        compress="deflate",
        predictor=3,
        tiled=True,
        blockxsize=256,
        blockysize=256,
    ) as raster:
        raster.write(ground, 1)
        raster.set_band_description(1, "ground")
        raster.set_band_unit(1, "metre")
        raster.update_tags(
            TIFFTAG_IMAGEDESCRIPTION=f"Heights above the 1985 National Height Datum ({VERTICAL})",
            ACQUISITIONDATE="2026-08-20",
        )
