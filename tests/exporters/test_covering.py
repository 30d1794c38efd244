"""Which outlines of one thing repeat each other, and which of them something finer shows."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cimkit.exporters.three_d_tiles.covering import covered, distinct


def boxes(*corners: tuple[float, float, float, float] | None) -> np.ndarray:
    return np.array([None if c is None else shapely.box(*c) for c in corners], dtype=object)


def test_wings_stay_and_repetitions_go() -> None:
    found = distinct(
        boxes((0, 0, 10, 10), (10, 0, 20, 10), (0, 0, 9, 9), (0, 0, 10, 10), None, (0, 0, 4, 4)),
        np.array([0, 0, 0, 1, 1, 2]),
    )
    assert found.tolist() == [True, True, False, True, False, True]


def test_what_is_nowhere_repeats_nothing_but_is_not_drawn_twice() -> None:
    assert distinct(boxes(None, (0, 0, 1, 1)), np.zeros(2, np.int64)).tolist() == [True, False]
    assert distinct(boxes(), np.zeros(0, np.int64)).tolist() == []


def test_a_block_is_covered_by_its_own_thing_only() -> None:
    blocks = boxes((0, 0, 10, 10), (10, 0, 20, 10), (30, 0, 40, 10), None)
    finer = boxes((30, 0, 40, 10), (0, 0, 6, 10), (0, 0, 1, 1), None)
    found = covered(blocks, np.array([0, 0, 1, 2]), finer, np.array([0, 0, 1, 2]))
    # Something without an outline has nothing that could be uncovered.
    assert found.tolist() == [True, False, False, True]


def test_parts_together_cover_a_whole() -> None:
    halves = boxes((0, 0, 3, 10), (3, 0, 6, 10))
    assert covered(boxes((0, 0, 10, 10)), np.zeros(1, int), halves, np.zeros(2, int)).all()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(1, 4)), max_size=12))
def test_what_is_kept_of_a_thing_covers_what_is_not(rows: list[tuple[int, int, int]]) -> None:
    rows.sort(key=lambda row: row[0])
    outlines = boxes(*((x, 0, x + w, 1) for _, x, w in rows))
    thing = np.array([t for t, _, _ in rows], np.int64)
    kept = distinct(outlines, thing)
    for t in set(thing.tolist()):
        mine = thing == t
        ground = shapely.union_all(outlines[mine & kept])
        for left in outlines[mine & ~kept]:
            assert shapely.area(shapely.intersection(ground, left)) > 0.5 * shapely.area(left)
