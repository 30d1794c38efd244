"""Pipes and roads as solids: closed, as thick as they are said to be, and nothing sticks out."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.geometry.frames import enu_frame, to_frame
from cimkit.tiles import Mesh
from cimkit.tiles.lines import culverts, ribbons, tubes

LON, LAT, H = 106.5, 29.57, 200.0
EARTH = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
FRAME = enu_frame(np.array(EARTH.transform(LON, LAT, H)))


def line(*points: tuple[float, ...]) -> Any:
    """A line through points in metres east, north, up of the middle."""
    lon, lat, z = [], [], []
    for p in points:
        lon.append(LON + p[0] / 96_872.0)
        lat.append(LAT + p[1] / 110_860.0)
        z.append(p[2] if len(p) > 2 else 0.0)
    return shapely.LineString(np.column_stack([lon, lat, z]))


def metres(shape: Any) -> np.ndarray:
    """The vertices of a line in the frame, by PROJ."""
    lon, lat, z = shapely.get_coordinates(shape, include_z=True).T
    return to_frame(np.column_stack(EARTH.transform(lon, lat, z + H)), FRAME)


def tube(shape: Any, diameter: float) -> Mesh:
    return tubes(np.array([shape]), np.array([H]), np.array([diameter]))


def closed(mesh: Mesh) -> bool:
    """Whether each edge, its ends taken by place, has faces that run along it either way."""
    _, at = np.unique(np.round(to_frame(mesh.positions, FRAME), 6), axis=0, return_inverse=True)
    corners = at.reshape(-1)[mesh.indices]
    sides = ((int(a), int(b)) for t in corners for a, b in zip(t, np.roll(t, -1), strict=True))
    edges = Counter((a, b) for a, b in sides if a != b)
    return all(edges[b, a] == n for (a, b), n in edges.items())


def volume(mesh: Mesh) -> float:
    p = to_frame(mesh.positions, FRAME)
    a, b, c = (p[mesh.indices[:, i]] for i in range(3))
    return float((np.cross(a, b) * c).sum() / 6)


def off(points: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Distance in space of each point to the path."""
    least = np.full(len(points), np.inf)
    for a, b in pairwise(path):
        way = b - a
        share = np.clip((points - a) @ way / max(way @ way, 1e-12), 0, 1)
        least = np.minimum(least, np.linalg.norm(points - a - share[:, None] * way, axis=1))
    return least


STEPS = st.lists(
    st.tuples(st.floats(-30, 30), st.floats(-30, 30), st.floats(-5, 5)).filter(
        lambda s: abs(s[0]) + abs(s[1]) + abs(s[2]) > 0.01
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.floats(0.05, 3.0))
def test_a_tube_is_closed_and_has_its_radius(
    steps: list[tuple[float, float, float]], diameter: float
) -> None:
    shape = line(*np.cumsum([(0.0, 0.0, 0.0), *steps], axis=0))
    mesh = tube(shape, diameter)
    assert closed(mesh)
    distance = off(to_frame(mesh.positions, FRAME), metres(shape))
    # A mitre of a right angle reaches out by the diagonal, and not further.
    assert distance.max() <= diameter / 2 * np.sqrt(2) + 2e-4


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.floats(8, 20), st.floats(-1.2, 1.2), st.floats(-0.4, 0.4)), min_size=1,
             max_size=6),
    st.floats(0.05, 1.0),
)  # fmt: skip
def test_every_vertex_lies_on_the_tube_where_bends_are_gentle(
    bends: list[tuple[float, float, float]], diameter: float
) -> None:
    course, points = 0.0, [np.zeros(3)]
    for length, turn, rise in bends:
        course += turn
        way = np.array([np.sin(course), np.cos(course), rise])
        points.append(points[-1] + length * way)
    shape = line(*points)
    path = metres(shape)
    here = to_frame(tube(shape, diameter).positions, FRAME)
    # From the endless lines through the stretches: the mitre lies on both of its cylinders.
    ways = np.diff(path, axis=0)
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    far = [np.linalg.norm(np.cross(here - a, w), axis=1) for a, w in zip(path, ways, strict=False)]
    nearest = np.abs(np.array(far) - diameter / 2).min(axis=0)
    assert nearest.max() < 1e-4
    k = {6: 6, 8: 8}[6 if diameter < 0.5 else 8]
    section = k / 2 * (diameter / 2) ** 2 * np.sin(2 * np.pi / k)
    length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    assert volume(tube(shape, diameter)) == pytest.approx(section * length, rel=1e-3)


@pytest.mark.parametrize(
    "points",
    [
        [(0, 0, 0), (0, 0, 8)],
        [(0, 0, 0), (10, 0, 0), (10, 0, 5), (10, 8, 5)],
        [(0, 0, 0), (10, 0, 0), (10, 0, -5), (0, 0, -5)],
        [(0, 0), (10, 0), (0, 0.5)],
        [(0, 0), (10, 0), (0, 0)],
        [(0, 0), (0, 0), (5, 0), (5, 0)],
    ],
)
def test_shafts_and_hairpins_do_not_pinch(points: list[tuple[float, ...]]) -> None:
    shape = line(*points)
    mesh = tube(shape, 0.4)
    assert closed(mesh)
    path = metres(shape)
    length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    area = 1.5 * np.sqrt(3) * 0.04
    assert volume(mesh) == pytest.approx(area * length, rel=0.06)


def test_a_culvert_is_a_box_that_stands_upright() -> None:
    shape = line((0, 0), (20, 0), (20, 15))
    mesh = culverts(np.array([shape]), np.array([H]), np.array([2.0]), np.array([1.2]))
    assert closed(mesh)
    assert volume(mesh) == pytest.approx(2.0 * 1.2 * 35, rel=1e-3)
    up = to_frame(mesh.positions, FRAME)[:, 2]
    assert up.min() == pytest.approx(-0.6, abs=1e-3)
    assert up.max() == pytest.approx(0.6, abs=1e-3)


def test_a_ribbon_has_its_width_and_faces_up() -> None:
    shape = line((0, 0), (20, 0), (20, 15), (5, 15))
    mesh = ribbons(np.array([shape]), np.array([H]), np.array([4.0]))
    at = to_frame(mesh.positions, FRAME)
    a, b, c = (at[mesh.indices[:, i]] for i in range(3))
    area = np.cross(b - a, c - a)[:, 2] / 2
    assert (area > 0).all()
    assert area.sum() == pytest.approx(4.0 * 50, rel=1e-3)
    assert len(at) == 8  # two to a vertex, shared by both stretches


def test_wide_tubes_have_more_sides() -> None:
    lines = np.array([line((0, 0), (9, 0))] * 3)
    mesh = tubes(lines, np.full(3, H), np.array([0.2, 1.0, 2.0]))
    assert np.bincount(mesh.feature).tolist() == [2 * 6, 4 * 8, 4 * 12]


def test_long_stretches_follow_the_earth() -> None:
    mesh = tube(line((0, 0), (20_000, 0)), 0.5)
    lon, _, height = pyproj.Transformer.from_crs(
        "EPSG:4978", "EPSG:4979", always_xy=True
    ).transform(*mesh.positions.T)
    assert np.abs(height - H).max() < 0.25 + 0.05
    assert len(np.unique(np.round(lon, 4))) > 15


def test_lines_without_length_give_nothing() -> None:
    lines = np.array([shapely.LineString([(LON, LAT), (LON, LAT)]), shapely.LineString()])
    for mesh in (
        tubes(lines, np.zeros(2), np.ones(2)),
        culverts(lines, np.zeros(2), np.ones(2), np.ones(2)),
        ribbons(lines[:0], np.zeros(0), np.ones(0)),
    ):
        assert len(mesh.indices) == 0


def test_the_parts_of_a_line_and_its_ring_belong_to_it() -> None:
    two = shapely.MultiLineString([line((0, 0), (5, 0)), line((0, 5), (5, 5))])
    ring = line((0, 0), (9, 0), (9, 9), (0, 9), (0, 0))
    mesh = tubes(np.array([two, ring]), np.full(2, H), np.full(2, 0.2))
    assert set(mesh.feature.tolist()) == {0, 1}
    mesh = tube(ring, 0.2)
    assert volume(mesh) == pytest.approx(36 * 1.5 * np.sqrt(3) * 0.01, rel=1e-3)
