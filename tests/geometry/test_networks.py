"""Lines that should be joined."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from cimkit.geometry.networks import joints, misses, parts, pseudo_nodes, self_crossings


def _lines(*given: Any) -> Any:
    out = np.empty(len(given), object)
    out[:] = [shapely.LineString(g) for g in given]
    return out


def test_an_end_that_stops_short_or_sticks_out_is_a_miss_and_a_dead_end_is_none() -> None:
    lines = _lines(
        [(0, 0), (100, 0)],
        [(50, 50), (50, 0.2)],  # stops short
        [(70, 50), (70, -0.1)],  # sticks out
        [(20, 50), (20, 0)],  # meets
        [(0, 20), (10, 20)],  # leads nowhere
    )
    found = misses(lines, joints(lines, 0.3), height=0.5)
    assert found.line.tolist() == [1, 2]
    assert found.other.tolist() == [0, 0]
    assert found.over.tolist() == [False, True]
    assert np.allclose(found.gap, [0.2, 0.1])
    assert np.allclose(found.spot, [[50, 0.2], [70, -0.1]])


def test_two_ends_that_miss_each_other_are_one_miss() -> None:
    lines = _lines([(0, 0), (10, 0)], [(10.1, 0), (20, 0)])
    assert len(misses(lines, joints(lines, 0.3), height=0.5).line) == 1


def test_a_bridge_passes_above() -> None:
    lines = _lines([(0, 0, 0), (10, 0, 0)], [(5, 0.1, 6), (5, 20, 6)])
    assert not len(misses(lines, joints(lines, 0.3), height=0.5).line)
    flat = _lines([(0, 0, 0), (10, 0, 0)], [(5, 0.1, 0.1), (5, 20, 6)])
    assert len(misses(flat, joints(flat, 0.3), height=0.5).line) == 1


def test_a_ring_is_joined_to_itself() -> None:
    lines = _lines([(0, 0), (1, 0), (1, 1), (0, 0)])
    assert joints(lines, 0.3).joined.all()


def test_a_line_that_crosses_itself_is_told_where() -> None:
    lines = _lines([(0, 0), (2, 2), (2, 0), (0, 2)], [(0, 0), (1, 1)])
    bad, spot = self_crossings(lines)
    assert bad.tolist() == [0]
    assert spot.tolist() == [[1.0, 1.0]]


def test_parts_are_what_hangs_together_however_long_the_chain() -> None:
    chain = [[(k, 0), (k + 1, 0)] for k in range(40)]
    lines = _lines(*chain[::2], *chain[1::2], [(0, 9), (1, 9)])
    assert parts(joints(lines, 0.1)).tolist() == [0] * 40 + [40]


def test_a_node_where_one_street_merely_goes_on_is_told_and_a_crossing_is_not() -> None:
    lines = _lines([(0, 0), (1, 0)], [(1, 0), (2, 0)], [(2, 0), (3, 0)], [(2, 0), (2, 5)])
    one, other, spot = pseudo_nodes(joints(lines, 0.1), np.array(["a", "a", "a", "a"]))
    assert [(int(a), int(b)) for a, b in zip(one, other, strict=True)] == [(1, 0)]
    assert spot.tolist() == [[1.0, 0.0]]
    assert not len(pseudo_nodes(joints(lines, 0.1), np.array(["a", "b", "a", "a"]))[0])
