"""Write the laser scan: ground and roofs, facades, trees and noise, in ASPRS classes."""

from __future__ import annotations

import datetime
from pathlib import Path

import laspy
import numpy as np
import pyproj
import shapely

from cimkit.demo.frame import WEST, Reals, Terrain, project
from cimkit.demo.plan import Buildings, Plan
from cimkit.demo.tables import Table

__all__ = ["write_scan"]

_GROUND, _TREE, _BUILDING, _NOISE = 2, 5, 6, 7
_COLOUR = {_GROUND: (112, 112, 108), _TREE: (78, 118, 62), _NOISE: (200, 60, 60)}


def write_scan(
    file: Path,
    plan: Plan,
    trees: Table,
    centre: tuple[float, float],
    size: tuple[float, float] = (140.0, 120.0),
    points: int = 300_000,
    *,
    stray: bool = False,
) -> None:
    """Write a LAZ 1.4 file (point format 7, CRS as WKT) of a part of the district.

    Parameters
    ----------
    trees : Table
        The trees to be seen.
    centre, size : (u, v) in metres
        The part that is scanned, in the street frame.
    points : int
        How many, about: 52 % from above, 36 % on facades, 11 % on trees, 1 % noise.
    stray : bool
        Whether one ground point lies 60 m below the ground (a planted defect).
    """
    rng = np.random.default_rng([plan.seed, 6, int(abs(centre[0])), int(abs(centre[1]))])
    low = np.array(centre) - np.array(size) / 2
    box = shapely.box(*low, *(low + size))
    near = np.flatnonzero(shapely.intersects(plan.buildings.outline, box))
    above = _from_above(plan, near, low, np.array(size), int(points * 0.52), rng)
    parts = [
        above,
        _facades(plan.buildings, near, box, int(points * 0.36), rng),
        _crowns(trees, box, int(points * 0.11), plan.terrain, rng),
        _noise(plan.terrain, low, np.array(size), points // 100, rng),
    ]
    cloud = np.vstack(parts)
    if stray:
        ground = np.flatnonzero(cloud[:, 3] == _GROUND)
        cloud[ground[len(ground) // 2], 2] -= 60.0
    cloud = cloud[np.lexsort((cloud[:, 1], np.floor(cloud[:, 0] / 5)))]
    _write(file, cloud, rng)


def _from_above(
    plan: Plan, near: np.ndarray, low: Reals, size: Reals, count: int, rng: np.random.Generator
) -> Reals:
    # One point in each cell of a jittered grid: as even as a flight at constant height.
    columns = int(np.sqrt(count * size[0] / size[1]))
    rows = count // columns
    cell = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    uv = low + (cell + rng.random(cell.shape)) * size / [columns, rows]
    z = plan.terrain.height(uv) + rng.normal(0, 0.02, len(uv))
    kind = np.full(len(uv), float(_GROUND))
    hue = np.full(len(uv), -1.0)
    tree = shapely.STRtree(np.asarray(shapely.points(uv)))
    house, point = tree.query(plan.buildings.outline[near], predicate="contains")
    roof = plan.buildings.base_z[near[house]] + plan.buildings.height[near[house]]
    z[point] = roof + rng.normal(0, 0.02, len(point))
    kind[point] = _BUILDING
    hue[point] = near[house]
    return np.column_stack([uv, z, kind, hue])


def _facades(
    b: Buildings, near: np.ndarray, box: shapely.Polygon, count: int, rng: np.random.Generator
) -> Reals:
    if not len(near):
        return np.empty((0, 5))
    rings, owner = shapely.get_rings(b.outline[near], return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    start, end, house = xy[:-1][same], xy[1:][same], near[owner[ring[:-1][same]]]
    tall = np.minimum(b.height[house], 40.0)
    area = np.hypot(*(end - start).T) * tall
    wall = rng.choice(len(area), count, p=area / area.sum())
    uv = start[wall] + rng.random((count, 1)) * (end - start)[wall]
    z = b.base_z[house[wall]] + rng.random(count) * tall[wall]
    along = (end - start)[wall] / np.hypot(*(end - start)[wall].T)[:, None]
    uv = uv + np.column_stack([along[:, 1], -along[:, 0]]) * rng.normal(0, 0.012, (count, 1))
    seen = shapely.contains_xy(box, uv)
    found = np.column_stack([uv, z, np.full(count, float(_BUILDING)), house[wall]])
    return found[seen]


def _crowns(
    trees: Table, box: shapely.Polygon, count: int, terrain: Terrain, rng: np.random.Generator
) -> Reals:
    foot = shapely.get_coordinates(trees.geometry)
    foot = foot[shapely.contains_xy(box.buffer(-3), foot)]
    if not len(foot):
        return np.empty((0, 5))
    which = rng.integers(0, len(foot), count)
    radius = rng.uniform(1.6, 2.6, len(foot))[which]
    direction = rng.normal(size=(count, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    shell = direction * (radius * rng.uniform(0.75, 1.0, count))[:, None]
    base = terrain.height(foot)[which]
    xyz = np.column_stack([foot[which], base + 2.2 + radius]) + shell
    trunk = rng.random(count) < 0.08
    xyz[trunk, :2] = foot[which[trunk]] + rng.normal(0, 0.08, (int(trunk.sum()), 2))
    xyz[trunk, 2] = base[trunk] + rng.uniform(0, 2.6, int(trunk.sum()))
    return np.column_stack([xyz, np.full(count, float(_TREE)), np.full(count, -1.0)])


def _noise(
    terrain: Terrain, low: Reals, size: Reals, count: int, rng: np.random.Generator
) -> Reals:
    uv = low + rng.random((count, 2)) * size
    z = terrain.height(uv) + rng.uniform(-3.0, 45.0, count)
    return np.column_stack([uv, z, np.full(count, float(_NOISE)), np.full(count, -1.0)])


def _write(file: Path, cloud: Reals, rng: np.random.Generator) -> None:
    """Write rows of u, v, z, class, building (or -1)."""
    kind = cloud[:, 3].astype(np.uint8)
    xyz = project(np.ascontiguousarray(cloud[:, :3]), WEST)
    header = laspy.LasHeader(point_format=7, version="1.4")
    header.scales = np.full(3, 0.001)
    header.offsets = np.floor(xyz.min(axis=0))
    header.creation_date = datetime.date(2026, 9, 1)
    header.global_encoding.gps_time_type = laspy.header.GpsTimeType.STANDARD
    header.system_identifier = "cimkit demo"
    header.generating_software = "cimkit demo"
    header.add_crs(pyproj.CRS(WEST))
    scan = laspy.LasData(header)
    scan.x, scan.y, scan.z = xyz.T
    scan.classification = kind
    scan.return_number = np.ones(len(kind), np.uint8)
    scan.number_of_returns = np.ones(len(kind), np.uint8)
    scan.gps_time = 4.5e8 + np.arange(len(kind)) * 1e-5
    shade = rng.uniform(0.85, 1.1, len(kind))
    colour = np.zeros((len(kind), 3))
    for code, rgb in _COLOUR.items():
        colour[kind == code] = rgb
    walls = kind == _BUILDING
    hue = np.random.default_rng(7).uniform(0.62, 1.0, (64, 1)) * [[226.0, 214.0, 198.0]]
    colour[walls] = hue[cloud[walls, 4].astype(int) % 64]
    colour = np.clip(colour * shade[:, None], 0, 255)
    scan.red, scan.green, scan.blue = (colour.T * 257).astype(np.uint16)
    scan.intensity = np.clip(colour.mean(axis=1) * 90 * shade, 0, 65535).astype(np.uint16)
    file.parent.mkdir(parents=True, exist_ok=True)
    scan.write(file)
