"""Rings that meet themselves, held against shapely."""

from __future__ import annotations

import tracemalloc

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cimkit.checks.ifc_valid.crossings import close_pairs, crossed
from cimkit.checks.ifc_valid.graphs import parts, reached

_POINT = st.tuples(st.integers(0, 40), st.integers(0, 40))


@settings(max_examples=150, deadline=None)
@given(st.lists(_POINT, min_size=4, max_size=40, unique=True))
def test_a_ring_crosses_itself_where_shapely_says_so(points: list[tuple[int, int]]) -> None:
    ring = np.column_stack([np.array(points, dtype=float), np.zeros(len(points))])
    simple = shapely.is_simple(shapely.LinearRing(points))
    assert (crossed([ring], [1e-9]) == []) == bool(simple)


@settings(max_examples=50, deadline=None)
@given(st.lists(_POINT, min_size=4, max_size=30, unique=True), st.floats(0.1, 3.0))
def test_a_ring_turned_in_space_crosses_as_before(
    points: list[tuple[int, int]], angle: float
) -> None:
    ring = np.column_stack([np.array(points, dtype=float), np.zeros(len(points))])
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    assert crossed([ring], [1e-6]) == crossed([ring @ turn.T], [1e-6])


def test_a_long_ring_is_not_held_against_itself_pair_by_pair() -> None:
    angle = np.linspace(0, 2 * np.pi, 3_000, endpoint=False)
    ring = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(len(angle))])
    crossed([ring], [1e-9])  # what is imported is not counted
    tracemalloc.start()
    assert crossed([ring], [1e-9]) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000 * 2_000  # its pairs would take ten times that


@settings(max_examples=60, deadline=None)
@given(st.lists(_POINT, min_size=2, max_size=25), st.integers(1, 9))
def test_close_pairs_are_those_that_are_close(points: list[tuple[int, int]], tenth: int) -> None:
    xyz = np.column_stack([np.array(points, dtype=float) / 10, np.zeros(len(points))])
    group = np.arange(len(points)) % 2
    one, other = close_pairs(xyz, group, tenth / 10 + 0.01)
    due = {
        (a, b)
        for a in range(len(points))
        for b in range(a + 1, len(points))
        if group[a] == group[b] and np.linalg.norm(xyz[a] - xyz[b]) < tenth / 10 + 0.01
    }
    assert set(zip(one.tolist(), other.tolist(), strict=True)) == due


def test_walks_follow_edges_and_count_parts() -> None:
    starts, ends = np.array([0, 1, 3]), np.array([1, 2, 4])
    assert reached(starts, ends, 5, np.array([0])).tolist() == [True, True, True, False, False]
    assert parts(starts, ends, 5) == 2
