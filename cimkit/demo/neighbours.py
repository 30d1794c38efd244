"""Planted defects between two things: houses and pipes that collide, models with one GlobalId."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely
import shapely.affinity

from cimkit.demo.tables import Table
from cimkit.errors import UsageError

__all__ = [
    "borrow_guid",
    "into_its_neighbour",
    "lifted",
    "nearest_centre",
    "through_another",
]

_INTO = 3.0  # metres that a building is pushed into its neighbour
_FIRST_WALL = re.compile(rb"=IFCWALL\('([^']{22})'")
_GAP = 0.04  # metres that a branch stops short of its main


def into_its_neighbour(
    outlines: npt.NDArray[np.object_], rows: Collection[int], spared: Collection[int]
) -> tuple[int, int, shapely.Polygon]:
    """Push a building into the one beside it, and into no other.

    Parameters
    ----------
    outlines : (n,) object
        Polygons in the street frame.
    rows : collection of int
        Those that may be moved, best first.
    spared : collection of int
        Those that must not be touched.

    Returns
    -------
    row, neighbour : int
        What was moved, and into which.
    outline : shapely.Polygon
        Where it is now.

    Raises
    ------
    UsageError
        If all of them stand too far from each other.
    """
    tree = shapely.STRtree(outlines)
    for row in rows:
        near = int(tree.query_nearest(outlines[row], exclusive=True, all_matches=False)[0])
        # Of two that overlap the later one is named.
        if near in spared or near > row:
            continue
        bridge = shapely.shortest_line(outlines[row], outlines[near])
        here, there = shapely.get_coordinates(bridge)
        gap = float(np.hypot(*(there - here)))
        step = (there - here) / gap * (gap + _INTO)
        moved = shapely.affinity.translate(outlines[row], *step)
        hit = set(tree.query(moved, predicate="intersects").tolist()) - {row}
        shared = shapely.area(shapely.intersection(moved, outlines[near]))
        if hit == {near} and shared > _INTO:
            return row, near, moved
    raise UsageError("no building can be pushed into its neighbour", expected="more buildings")


def nearest_centre(table: Table, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return some rows of a table, those nearest to the street frame's origin first."""
    at = shapely.get_coordinates(shapely.centroid(table.geometry[rows]))
    return rows[np.argsort(np.hypot(*at.T), kind="stable")]


def lifted(point: shapely.Point, by: float) -> shapely.Point:
    """Return a point so many metres higher."""
    return shapely.Point(point.x, point.y, point.z + by)


def through_another(line: shapely.LineString, other: shapely.LineString) -> shapely.LineString:
    """Return a line of as many vertices as another one, its middle vertex on that of the other."""
    xyz = shapely.get_coordinates(line, include_z=True)
    xyz[len(xyz) // 2] = shapely.get_coordinates(other, include_z=True)[len(xyz) // 2]
    return shapely.LineString(xyz)


def branch_short_of(line: shapely.LineString) -> shapely.LineString:
    """Return a branch of 3 m to the left of a line, which it misses by 4 cm."""
    xyz = shapely.get_coordinates(line, include_z=True)
    root, along = (xyz[0] + xyz[1]) / 2, (xyz[1] - xyz[0])[:2]
    left = np.array([-along[1], along[0], 0.0]) / np.hypot(*along)
    return shapely.LineString([root + left * 3.0, root + left * _GAP])


def borrow_guid(source: Path, target: Path) -> str:
    """Give the first wall of a written model the GlobalId of another one's, and return it."""
    guid, own = (_FIRST_WALL.findall(file.read_bytes())[0] for file in (source, target))
    target.write_bytes(target.read_bytes().replace(own, guid))
    return str(guid.decode())
