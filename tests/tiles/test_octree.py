"""The parts of the octree, each against a plain way to the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cimkit.errors import ExportError
from cimkit.tiles.octree import ROOT, Batch, Cell, Cube, Spool
from cimkit.tiles.octree.curve import DEPTH, morton_keys, radix_order
from cimkit.tiles.octree.spool import room


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.uint64, st.integers(0, 300), elements=st.integers(0, 2**36 - 1)))
def test_the_sort_is_stable_and_whole(keys: np.ndarray) -> None:
    held = keys.copy()
    order = radix_order(held)
    assert order.tolist() == np.argsort(keys, kind="stable").tolist()
    assert held.tolist() == np.sort(keys).tolist()


def interleaved(x: int, y: int, z: int, bits: int) -> int:
    code = 0
    for bit in range(bits - 1, -1, -1):
        code = code << 3 | (x >> bit & 1) << 2 | (y >> bit & 1) << 1 | (z >> bit & 1)
    return code


@settings(max_examples=30, deadline=None)
@given(
    hnp.arrays(np.int32, (20, 3), elements=st.integers(-(2**30), 2**30)),
    st.sampled_from([1.0, 0.3048, 1e-7]),
)
def test_keys_say_in_which_cell_a_point_lies(q: np.ndarray, metres: float) -> None:
    low, high = q.min(axis=0).astype(np.int64), q.max(axis=0).astype(np.int64)
    cube = Cube.over(low, high, np.array([1.0, 1.0, metres]))
    keys = np.empty(len(q), np.uint64)
    morton_keys(q, cube.low, cube.share, 0, ROOT.place, keys)
    for row, key in zip(q.tolist(), keys.tolist(), strict=True):
        at = [int((row[i] - int(low[i])) / cube.side[i] * 2**DEPTH) for i in range(3)]
        near = [interleaved(*(v + d for v, d in zip(at, delta, strict=True)), DEPTH)
                for delta in np.ndindex(2, 2, 2)]  # fmt: skip
        assert key in near
        assert interleaved(*at, DEPTH) <= max(near)
        assert key < 8**DEPTH


@settings(max_examples=20, deadline=None)
@given(hnp.arrays(np.int32, (50, 3), elements=st.integers(0, 10**6)))
def test_keys_of_a_cell_go_on_where_those_of_the_root_end(q: np.ndarray) -> None:
    q = np.vstack([q, [[0, 0, 0], [10**6] * 3]]).astype(np.int32)
    cube = Cube.over(np.zeros(3, np.int64), np.full(3, 10**6), np.ones(3))
    top = np.empty(len(q), np.uint64)
    morton_keys(q, cube.low, cube.share, 0, ROOT.place, top)
    for octant in range(8):
        mine = q[(top >> np.uint64(3 * DEPTH - 3)) == octant]
        inner = np.empty(len(mine), np.uint64)
        cell = ROOT.child(octant)
        morton_keys(mine, cube.low, cube.share, cell.level, cell.place, inner)
        whole = top[(top >> np.uint64(3 * DEPTH - 3)) == octant]
        rest = whole & np.uint64(8 ** (DEPTH - 1) - 1)
        assert np.array_equal(inner >> np.uint64(3), rest)


def test_octants_count_x_before_y_before_z() -> None:
    assert ROOT.child(0b100) == Cell(1, 1, 0, 0)
    assert ROOT.child(0b001).child(0b010) == Cell(2, 0, 1, 2)


def test_lattice_of_one_source_is_the_sources_own(tmp_path: Path) -> None:
    spool = Spool(tmp_path, np.dtype([("i", "<u2")]))
    q = np.array([[1, 2, 3], [-7, 8, 9]], np.int32)
    spool.add(Batch(tuple(q.T), {"i": np.array([4, 5])}, (0.01, 0.01, 0.001), (5.0, 6.0, 7.0)))
    lattice = spool.lattice()
    assert (lattice.step.tolist(), lattice.origin.tolist()) == ([0.01, 0.01, 0.001], [5, 6, 7])
    (rows,) = spool.rows(lattice, 100)
    assert rows[:, :3].tolist() == q.tolist()
    assert rows.view(spool.record)[:, 0]["with"]["i"].tolist() == [4, 5]
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_too_small_is_named_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="too small") as caught:
        room(tmp_path, 10**18)
    assert str(tmp_path) in str(caught.value)
    assert "TMPDIR" in str(caught.value)
