"""Rows of the staged tables from a cloud that was streamed through a grid."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from cimkit.loaders.pointcloud.chunk import CloudFacts
from cimkit.loaders.pointcloud.grid import Grid
from cimkit.model import STAGED, Asset

__all__ = ["measures", "noise_share", "objects"]

_GPS_EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
_ADJUSTMENT = 1_000_000_000  # LAS 1.4, 2.4: adjusted standard GPS time
# GPS time runs ahead of UTC by these seconds since these days.
_LEAPS = ((2017, 1, 18), (2015, 7, 17), (2012, 7, 16), (2009, 1, 15), (2006, 1, 14))
_NOISE = (7, 18)  # ASPRS: low and high noise


def objects(name: str, asset: Asset, facts: CloudFacts, grid: Grid | None) -> pa.Table:
    """Return the table of the one object that a cloud is.

    Parameters
    ----------
    name : str
        Its file name, which is its key: a tile keeps its name over deliveries.
    asset : Asset
        As probed.
    facts : CloudFacts
    grid : Grid or None
        None if the cloud has no points.
    """
    import orjson

    unit = float(asset.properties.get("z_unit_m", 1.0))
    row: dict[str, Any] = {
        "source_layer": "",
        "source_key": name,
        "key_origin": "id",
        "source_class": "pointcloud",
        "kind": "pointcloud",
        "name": name,
        "position_origin": "none",
        "place": "",
    }
    held: dict[str, Any] = {"format": facts.format, "points": facts.points, **facts.counts}
    if grid is not None and grid.points:
        held |= {
            "points": grid.points,
            "classes": {str(c): int(n) for c, n in enumerate(grid.classes) if n},
            "colored": grid.colored,
            "density": round(float(_density(grid)), 3),
        }
        row |= {
            "z_min": float(grid.low[2]) * unit,
            "z_max": float(grid.high[2]) * unit,
            "height": float(grid.high[2] - grid.low[2]) * unit,
            "area_m2": float(grid.densities().size) * (grid.cell * grid.metres) ** 2,
            "observed": _observed(grid, facts),
        }
        if asset.bbox_wgs84 is not None and asset.crs is not None:
            row |= _footprint(grid, asset)
    text = orjson.dumps(held, option=orjson.OPT_SORT_KEYS).decode()
    row["properties"] = text
    shape = hashlib.sha256(str(grid.box() if grid else None).encode())
    row["content_hash"] = shape.hexdigest()[:16] + hashlib.sha256(text.encode()).hexdigest()[:16]
    return pa.Table.from_pylist([row], STAGED["objects"])


def _footprint(grid: Grid, asset: Asset) -> dict[str, Any]:
    import shapely

    from cimkit.geometry.crs import parse_crs, to_crs84

    crs = parse_crs(asset.crs or "")
    outline = shapely.transform(grid.footprint(), lambda xy: to_crs84(xy, crs))
    if not all(math.isfinite(v) for v in shapely.bounds(outline)):
        return {}
    names = ("xmin", "ymin", "xmax", "ymax")
    return {
        "geometry": shapely.to_wkb(outline),
        "bbox": dict(zip(names, map(float, shapely.bounds(outline)), strict=True)),
        "position_origin": "sheet" if asset.crs_origin == "sheet" else "file",
    }


def _observed(grid: Grid, facts: CloudFacts) -> datetime | None:
    if not facts.standard_time or not 0 < abs(grid.time[0]) < 1e10:
        return None
    moment = _GPS_EPOCH + timedelta(seconds=grid.time[0] + _ADJUSTMENT)
    leap = next((s for year, month, s in _LEAPS if (moment.year, moment.month) >= (year, month)), 0)
    return moment - timedelta(seconds=leap)


def _density(grid: Grid) -> float:
    """Return points per square metre of the cells that hold any.

    A cell on the rim is only partly covered: for a cloud of few cells its box counts instead.
    """
    box = grid.box()
    if box is None:
        return 0.0
    covered = float(grid.densities().size) * (grid.cell * grid.metres) ** 2
    whole = (box[3] - box[0]) * (box[4] - box[1]) * grid.metres**2
    area = min(covered, whole) if whole > 0 else covered
    return grid.points / area if area > 0 else 0.0


def measures(grid: Grid, asset: Asset) -> pa.Table:
    """Return the measures of a cloud.

    Parameters
    ----------
    grid : Grid
    asset : Asset
        As probed: its CRS says whether a square metre is one.
    """
    rows: list[dict[str, Any]] = []

    def note(name: str, cell: str, value: float, unit: str) -> None:
        rows.append({"source_layer": "", "name": name, "cell": cell, "value": value, "unit": unit})

    cells = grid.densities()
    note("point_count", "all", float(grid.points), "1")
    note("point_density", "all", _density(grid), "1/m2")
    note("point_density", "min", float(cells.min()), "1/m2")
    note("point_density", "median", float(np.median(cells)), "1/m2")
    note("density_cell", "all", grid.cell * grid.metres, "m")
    if grid.classes.any():
        for code in np.flatnonzero(grid.classes):
            note("class_share", str(code), float(grid.classes[code] / grid.points), "1")
        noise = float(grid.classes[list(_NOISE)].sum() / grid.points)
        note("noise_share", "classified", noise, "1")
    share = noise_share(grid.sample())
    if share is not None:
        note("noise_share", "isolated", share, "1")
    return pa.Table.from_pylist(rows, STAGED["measures"])


def noise_share(xyz: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    """Return the share of points that stand alone.

    A point is alone if no more than 4 points (itself among them) lie within 8 times the median
    distance of neighbours. Unlike the removal by standard deviation it finds as many strays in a
    cloud with many of them as in one with few: strays do not widen the measure they are held to.

    Parameters
    ----------
    xyz : (n, 3) float64 array

    Returns
    -------
    float or None
        0 to 1; None for fewer than 100 points, which have no usual distance.
    """
    if len(xyz) < 100:
        return None
    import open3d as o3d

    with o3d.utility.VerbosityContextManager(o3d.utility.VerbosityLevel.Error):
        cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(xyz - xyz.mean(axis=0)))
        apart = np.asarray(cloud.compute_nearest_neighbor_distance())
        apart = apart[apart > 0]
        if not len(apart):
            return 0.0
        _, kept = cloud.remove_radius_outlier(nb_points=4, radius=8 * float(np.median(apart)))
    return 1.0 - len(kept) / len(xyz)
