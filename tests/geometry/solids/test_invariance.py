"""What a body is does not depend on where it stands, how it is turned, or what stands beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from cimkit.geometry.solids import bodies_of, metre_scale, validate

from .shapes import CORNERS, FACES, Faces, Reals, found, moved, turned

TIP: Faces = [f for f in FACES if f != [[4, 5, 6, 7]]] + [
    *([[4, 5, 8]], [[5, 6, 8]], [[6, 7, 8]], [[7, 4, 8]])
]
CASES: list[tuple[list[Any], list[Any], list[int]]] = [
    (CORNERS.tolist(), [FACES], []),
    (CORNERS.tolist(), [FACES[1:]], [302]),
    (CORNERS.tolist(), [turned(FACES)], [405]),
    (CORNERS.tolist(), [[*FACES[1:], *turned(FACES[:1])]], [307]),
    ([*CORNERS.tolist(), [0.4, 0.6, -1.0]], [TIP], [306]),
    ([*CORNERS.tolist(), [0.4, 0.6, 0.4]], [TIP], []),
    (
        np.concatenate([CORNERS, CORNERS / 2 + 0.25]).tolist(),
        [FACES, moved(turned(FACES), 8)],
        [],
    ),
    (np.concatenate([CORNERS, CORNERS + 3]).tolist(), [FACES, moved(turned(FACES), 8)], [403]),
]
angles = st.floats(0, 2 * np.pi)


def turn(points: Any, a: float, b: float, c: float) -> Reals:
    """Turn points about three axes."""
    at: Reals = np.asarray(points, np.float64)
    for axis, angle in enumerate((a, b, c)):
        i, j = [k for k in range(3) if k != axis]
        matrix = np.eye(3)
        matrix[[i, i, j, j], [i, j, i, j]] = (
            *(np.cos(angle), -np.sin(angle)),
            *(np.sin(angle), np.cos(angle)),
        )
        at = at @ matrix.T
    return at


@settings(deadline=None, max_examples=40)
@given(a=angles, b=angles, c=angles, size=st.floats(3, 50))
def test_turned_and_grown(a: float, b: float, c: float, size: float) -> None:
    for points, boundaries, codes in CASES:
        assert found(turn(points, a, b, c) * size, boundaries) == codes


def test_a_batch_says_of_each_what_it_says_alone() -> None:
    rng = np.random.default_rng(5)
    order = rng.integers(0, len(CASES), 300)
    bodies = bodies_of(
        ["Solid"] * len(order),
        [CASES[n][1] for n in order],
        [np.asarray(CASES[n][0]) * 10 for n in order],
    )
    faults = validate(bodies)
    for place, n in enumerate(order.tolist()):
        assert sorted(set(faults.code[faults.body == place].tolist())) == CASES[n][2]


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), count=st.integers(3, 12), holed=st.booleans())
def test_any_prism_is_sound_and_faulty_without_a_wall(seed: int, count: int, holed: bool) -> None:
    """Star-shaped grounds, with a court in the middle or without."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 1, count) + np.arange(count)) / count * 2 * np.pi * 0.99
    radius = rng.uniform(6, 15, count)
    rings = [np.c_[radius * np.cos(angle), radius * np.sin(angle)]]
    if holed:
        rings.append(np.c_[np.cos(angle), np.sin(angle)] * 0.5)
    if not shapely.Polygon(rings[0], rings[1:]).is_valid:
        return
    ground = np.concatenate(rings)
    n = len(ground)
    points = np.round(np.concatenate([np.c_[ground, np.zeros(n)], np.c_[ground, np.ones(n)]]), 3)
    if holed:
        points[:, 2] *= 3
    loops = [list(range(k * count, (k + 1) * count)) for k in range(len(rings))]
    inner = [loop[::-1] for loop in loops[1:]]
    top = [[i + n for i in loop] for loop in [loops[0], *inner]]
    faces = [[loop[::-1] for loop in [loops[0], *inner]], top]
    for loop in [loops[0], *inner]:
        for i, j in zip(loop, loop[1:] + loop[:1], strict=True):
            faces.append([[i, j, j + n, i + n]])
    assert found(points, [faces]) == []
    assert found(points, [faces[:-1]]) == [302]
    assert found(points, [turned(faces)]) == [405]


def test_large_shells_are_held_against_themselves_by_their_boxes() -> None:
    """A tower of 200 storeys, more vertices than there are bits in a word."""
    levels, n = 40, 8
    angle = np.arange(n) / n * 2 * np.pi
    ring = np.c_[np.cos(angle), np.sin(angle)] * 10
    points = np.concatenate([np.c_[ring, np.full(n, 3.0 * k)] for k in range(levels)])
    faces = [[list(range(n))[::-1]], [list(range((levels - 1) * n, levels * n))]]
    for k in range(levels - 1):
        for i in range(n):
            j = (i + 1) % n
            faces.append([[k * n + i, k * n + j, (k + 1) * n + j, (k + 1) * n + i]])
    assert found(points, [faces]) == []
    points[(levels - 1) * n :, 2] = -3.0  # its roof hangs below its floor: the walls pass through
    assert found(points, [faces]) == [306]


def test_degrees_and_feet_are_metres() -> None:
    scale = metre_scale(np.array([139.7, 35.6, 3.0]), CRS.from_epsg(6697))
    assert abs(scale[0] - 90_600) < 100
    assert abs(scale[1] - 110_950) < 50
    assert scale[2] == 1
    feet = metre_scale(np.zeros(3), CRS.from_epsg(2225))
    assert feet.round(4).tolist() == [0.3048, 0.3048, 1.0]
