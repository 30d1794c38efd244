"""Clouds and elevation models with faults put into them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import laspy
import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS

from cimkit.checks import Verdict, check
from cimkit.standard import load

CRS_NAME = "EPSG:4544"
EAST, NORTH = 451_000.0, 3_272_000.0


def ground(x: Any, y: Any) -> Any:
    """Hilly ground: heights slope across every edge."""
    return 230 + (x - EAST) * 0.08 + 4 * np.sin(y / 35) + 3 * np.cos((x - EAST) / 50)


def cloud(
    file: Path,
    column: int = 0,
    row: int = 0,
    *,
    side: float = 200.0,
    points: int = 80_000,
    strip: float = 0.0,
    higher: float = 0.0,
    hole: tuple[float, float, float, float] | None = None,
    low: bool = False,
    numbered: bool = True,
    step: float = 0.001,
    **more: Any,
) -> None:
    """Write a tile of two flight lines that overlap in its middle.

    ``strip`` lifts the second, ``higher`` all; ``hole`` (west, south, east, north from the corner)
    has no points, ``low`` puts one 40 m below the ground; ``more`` sets fields of the points.
    """
    rng = np.random.default_rng(7 + column + 10 * row)
    x0, y0 = EAST + column * side, NORTH + row * side
    half = points // 2
    x = np.r_[rng.uniform(0, 0.6 * side, half), rng.uniform(0.4 * side, side, half)]
    y = rng.uniform(0, side, 2 * half)
    line = np.repeat([1, 2], half)
    z = ground(x + x0, y + y0) + rng.normal(0, 0.02, 2 * half)
    z += np.where(line == 2, strip, 0.0) + higher
    if low:
        z[half // 2] -= 40
    keep = np.ones(2 * half, bool)
    if hole is not None:
        keep = ~((x > hole[0]) & (y > hole[1]) & (x < hole[2]) & (y < hole[3]))
    header = laspy.LasHeader(point_format=6, version="1.4")
    header.add_crs(CRS(CRS_NAME))
    header.scales, header.offsets = [step] * 3, [EAST, NORTH, 0]
    made = laspy.LasData(header)
    made.x, made.y, made.z = x[keep] + x0, y[keep] + y0, z[keep]
    made.return_number[:] = 1
    made.number_of_returns[:] = 1
    made.classification[:] = 2
    made.intensity = rng.integers(1, 4000, keep.sum()).astype("u2")
    if numbered:
        made.point_source_id = line[keep].astype("u2")
    made.gps_time = 4e8 + line[keep] * 1000 + np.arange(2 * half)[keep] * 1e-4
    for name, value in more.items():
        made[name][:] = value
    file.parent.mkdir(parents=True, exist_ok=True)
    made.write(str(file))


def dem(
    file: Path,
    column: int = 0,
    row: int = 0,
    *,
    size: int = 128,
    pixel: float = 2.0,
    higher: float = 0.0,
    shift: float = 0.0,
    overlap: int = 0,
    spike: float = 0.0,
    hole: bool = False,
    **more: Any,
) -> None:
    """Write a tile of an elevation model.

    ``higher`` lifts it, ``shift`` moves its pixels, ``overlap`` adds pixels on all sides; ``spike``
    is the height of one pixel above the others, ``hole`` takes data out of its middle.
    """
    x0 = EAST + column * size * pixel + shift - overlap * pixel
    y0 = NORTH + (row + 1) * size * pixel + overlap * pixel
    wide = size + 2 * overlap
    centre = (np.arange(wide) + 0.5) * pixel
    x, y = np.meshgrid(x0 + centre, y0 - centre)
    z = ground(x, y) + higher
    if spike:
        z[wide // 3, wide // 4] += spike
    if hole:
        z[wide // 4 : 3 * wide // 4, wide // 4 : 3 * wide // 4] = -9999
    how: dict[str, Any] = {
        "driver": "GTiff",
        "width": wide,
        "height": wide,
        "count": 1,
        "dtype": "float32",
        "crs": CRS_NAME,
        "transform": Affine(pixel, 0, x0, 0, -pixel, y0),
        "nodata": -9999.0,
        "tiled": True,
        "blockxsize": 64,
        "blockysize": 64,
        **more,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(file, "w", **how) as out:
        out.write(z.astype(how["dtype"]), 1)


def failures(verdict: Verdict, rule: str) -> list[dict[str, Any]]:
    """Return the failures of one rule of int.quality, by path."""
    found = verdict.findings.to_pylist()
    return [f for f in found if f["rule"] == f"int.quality/{rule}" and f["status"] == "fail"]


def statuses(verdict: Verdict, rule: str) -> set[str]:
    """Return what a rule of int.quality came to."""
    found = verdict.findings.to_pylist()
    return {f["status"] for f in found if f["rule"] == f"int.quality/{rule}"}


def checked(folder: Path) -> Verdict:
    """Check a folder against the general rules of surveys, in one process."""
    whole = load("int.quality")
    ours = tuple(r for r in whole.rules if "surveys.toml" in r.origin)
    return check(folder, standard=replace(whole, rules=ours), jobs=1)
