"""Each fault of ISO 19107 is found, and alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cimkit.geometry.solids import Tolerances, bodies_of, drawn, validate

from .shapes import CORNERS, FACES, box, found, moved, turned

CUBE = CORNERS.tolist()


def test_a_cube_is_sound() -> None:
    assert found(CUBE, [FACES]) == []


def test_too_few_points() -> None:
    assert found(CUBE, [[[[4, 5]], *FACES[:1], *FACES[2:]]]) == [101]


def test_consecutive_points() -> None:
    assert found(CUBE, [[[[4, 5, 5, 6, 7]], *FACES[:1], *FACES[2:]]]) == [102]


def test_points_within_the_snapping_tolerance_are_one() -> None:
    points = [*CUBE, [1, 0.0004, 1]]
    assert found(points, [[[[4, 5, 8, 6, 7]], *FACES[:1], *FACES[2:]]]) == [102]
    assert found([*CUBE, [1, 0.002, 1]], [[[[4, 5, 8, 6, 7]], *FACES[:1], *FACES[2:]]]) == [302]


def test_a_gap_below_the_snapping_tolerance_is_none() -> None:
    points = [*CUBE, [1.0002, 1, 1]]
    assert found(points, [[[[4, 5, 8, 7]], *FACES[:1], *FACES[2:]]]) == []
    assert found(points, [[[[4, 5, 8, 7]], *FACES[:1], *FACES[2:]]], limits=Tolerances(1e-6)) == [
        302
    ]


@pytest.mark.parametrize(
    "ring",
    [
        pytest.param([4, 5, 7, 6], id="bow tie"),
        pytest.param([4, 5, 6, 7, 6], id="spike"),
        pytest.param([6, 7, 4, 5, 7], id="corner twice"),
    ],
)
def test_ring_meets_itself(ring: list[int]) -> None:
    assert found(CUBE, [[[ring], *FACES[:1], *FACES[2:]]]) == [104]


def _roof(*holes: list[tuple[float, float]]) -> list[int]:
    points, rings = [*CUBE], [[4, 5, 6, 7]]
    for hole in holes:
        rings.append(list(range(len(points), len(points) + len(hole))))
        points += [[x, y, 1.0] for x, y in hole]
    return found(points, [rings], "MultiSurface")


@pytest.mark.parametrize(
    ("holes", "codes"),
    [
        ([[(0.2, 0.2), (0.2, 0.8), (0.8, 0.8), (0.8, 0.2)]], []),
        ([[(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]], [208]),
        ([[(0.2, 0.2), (0.8, 0.2), (-0.5, -0.5)]], [201]),
        ([[(0.2, 0.0), (0.2, 0.8), (0.8, 0.0)]], [201]),
        ([[(2.0, 0.2), (2.0, 0.8), (3.0, 0.8)]], [206]),
        ([[(1.0, 0.6), (1.8, 0.6), (1.8, 0.2)]], [201]),
        ([[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)]], [202]),
        ([[(0.1, 0.1), (0.1, 0.4), (0.4, 0.1)]] * 2, [202]),
        (
            [
                [(0.1, 0.1), (0.1, 0.9), (0.9, 0.9), (0.9, 0.1)],
                [(0.3, 0.3), (0.3, 0.6), (0.6, 0.3)],
            ],
            [207],
        ),
        (
            [
                [(0.1, 0.1), (0.1, 0.9), (0.9, 0.9), (0.9, 0.1)],
                [(0.1, 0.3), (0.3, 0.6), (0.6, 0.3)],
            ],
            [201],
        ),
        (
            [
                [(0.1, 0.1), (0.1, 0.5), (0.5, 0.5), (0.5, 0.1)],
                [(0.3, 0.3), (0.3, 0.7), (0.7, 0.7), (0.7, 0.3)],
            ],
            [201],
        ),
        ([[(0.0, 0.0), (0.2, 0.5), (0.8, 0.5)]], []),
        ([[(0.0, 0.0), (0.5, 0.6), (1.0, 1.0)]], [205]),
    ],
)
def test_holes(holes: list[list[tuple[float, float]]], codes: list[int]) -> None:
    assert _roof(*holes) == codes


def test_off_the_plane() -> None:
    assert found([*CUBE[:6], [1, 1, 1.1], CUBE[7]], [FACES]) == [203]
    assert found([*CUBE[:6], [1, 1, 1.1], CUBE[7]], [FACES], limits=Tolerances(1e-3, 0.2)) == []


def test_a_fold_that_the_distance_does_not_tell() -> None:
    points = [[0, 0, 0], [5, 0, 0], [5.01, 0, 0.005], [10, 0, 0.005]]
    points += [[x, 5, z] for x, _, z in points[::-1]]
    ring = [list(range(8))]
    assert found(points, [ring], "MultiSurface") == [204]
    assert found(points, [ring], "MultiSurface", Tolerances(planarity_normals=40.0)) == []


@pytest.mark.parametrize(
    ("high", "shift", "codes"),
    [(0.002, 0.0, [104]), (0.002, 0.002, [204]), (0.002, 0.02, []), (0.0008, 0.0, [102])],
)
def test_a_step_across_a_face(high: float, shift: float, codes: list[int]) -> None:
    """One half is higher than the other; where the step is upright, corners fall together."""
    points = [[0, 0, 0], [5, 0, 0], [5 + shift, 0, high], [10, 0, high]]
    points += [[x, 5, z] for x, _, z in points[::-1]]
    assert found(points, [[list(range(8))]], "MultiSurface") == codes


def test_shells() -> None:
    assert found(CUBE, [FACES[:3]]) == [301]
    assert found(CUBE, [FACES[1:]]) == [302]
    assert 304 in found(CUBE, [[*FACES, [[3, 1, 5, 7]]]])
    assert found(CUBE, [[*turned(FACES[:1]), *FACES[1:]]]) == [307]
    assert found(CUBE, [turned(FACES)]) == [405]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        pytest.param([[8, 9, 10]], 305, id="in the air"),
        pytest.param([[2, 8, 9]], 305, id="at a corner"),
        pytest.param([[1, 2, 8]], 304, id="at an edge"),
        pytest.param([[3, 1, 5, 7]], 304, id="across the inside"),
    ],
)
def test_a_face_beside_a_closed_shell_is_no_gap(extra: Any, code: int) -> None:
    points = [*CUBE, [2, 2, 2], [2, 3, 3], [3, 3, 2]]
    assert found(points, [[*FACES, extra]]) == [code]
    assert found(points, [[extra, *FACES]]) == [code]
    assert 302 in found(points, [[extra, *FACES[1:]]])


def test_two_cubes_in_one_shell() -> None:
    apart = np.concatenate([CORNERS, CORNERS + np.array([0, 0, 2])])
    assert found(apart, [[*FACES, *moved(FACES, 8)]]) == [305]
    corner = np.concatenate([CORNERS, CORNERS + 1])
    assert found(corner, [[*FACES, *moved(FACES, 8)]]) == [303]


def test_a_tip_through_the_floor() -> None:
    faces = [f for f in FACES if f != [[4, 5, 6, 7]]]
    faces += [[[4, 5, 8]], [[5, 6, 8]], [[6, 7, 8]], [[7, 4, 8]]]
    for height, codes in ((2.0, []), (0.5, []), (-1.0, [306]), (0.0, [306])):
        assert found([*CUBE, [0.5, 0.5, height]], [faces]) == codes


def test_a_wall_touched_from_inside_along_a_line() -> None:
    """A shaft of which one edge lies in the middle of a wall."""
    ground = [[0, 0], [1, 0], [1, 1], [0, 1], [1, 0.5], [0.2, 0.2], [0.5, 0.8]]
    points = [[x, y, z] for z in (0, 1) for x, y in ground]
    faces = [
        [[0, 3, 2, 4, 1], [5, 4, 6]],
        [[7, 8, 11, 9, 10], [12, 13, 11]],
        [[0, 1, 8, 7]],
        [[1, 4, 2, 9, 11, 8]],
        [[2, 3, 10, 9]],
        [[3, 0, 7, 10]],
        [[6, 4, 11, 13]],
        [[5, 6, 13, 12]],
        [[4, 5, 12, 11]],
    ]
    assert found(points, [faces]) == [306]


@pytest.mark.parametrize(
    ("low", "high", "codes"),
    [
        ([0.2, 0.2, 0.2], [0.8, 0.8, 0.8], []),
        ([0.2, 0.2, 0.2], [1.8, 0.8, 0.8], [401]),
        ([0.2, 0.2, 0.0], [0.8, 0.8, 0.8], [401]),
        ([0, 0, 0], [1, 1, 1], [402]),
        ([2, 2, 2], [3, 3, 3], [403]),
    ],
)
def test_a_cavity(low: list[float], high: list[float], codes: list[int]) -> None:
    points = np.concatenate([CORNERS, box(low, high)])
    assert found(points, [FACES, moved(turned(FACES), 8)]) == codes


def test_a_cavity_that_looks_outward() -> None:
    points = np.concatenate([CORNERS, box([0.2] * 3, [0.8] * 3)])
    assert found(points, [FACES, moved(FACES, 8)]) == [405]


def test_a_cavity_that_touches_the_hull_at_a_point_and_one_that_cuts_it_apart() -> None:
    ring = [[0.0, 0, 0.5], [1, 0, 0.5], [1, 1, 0.5], [0, 1, 0.5]]
    tips = [[0.5, 0.5, 0.2], [0.5, 0.5, 0.8]]
    faces = [[[i, (i + 1) % 4, 5]] for i in range(4)] + [[[(i + 1) % 4, i, 4]] for i in range(4)]
    inner = moved(turned(faces), 8)
    assert found([*CUBE, *ring, *tips], [FACES, inner]) == [404]
    narrow = [[0.25 + x / 2, 0.25 + y / 2, z] for x, y, z in ring]
    narrow[0] = [0.0, 0.25, 0.5]
    narrow[1] = [0.75, 0.25, 0.5]
    assert found([*CUBE, *narrow, *tips], [FACES, inner]) == []


def _pair(low: list[float], high: list[float], kind: str = "CompositeSolid") -> list[int]:
    points = np.concatenate([CORNERS, box(low, high)])
    return found(points, [[FACES], [moved(FACES, 8)]], kind)


def test_composites() -> None:
    assert _pair([1, 0, 0], [2, 1, 1]) == []
    assert _pair([1, 0.3, 0.3], [2, 0.6, 0.6]) == []
    assert _pair([0.98, 0, 0], [2, 1, 1]) == [501]
    assert _pair([0.998, 0, 0], [2, 1, 1]) in ([], [503])
    assert _pair([0.2, 0.2, 0.2], [0.4, 0.4, 0.4]) == [501]
    assert _pair([0.5, 0.5, -1], [0.6, 0.6, 2]) == [501]
    assert _pair([0, 0, 0], [1, 1, 1]) == [502]
    assert _pair([2, 0, 0], [3, 1, 1]) == [503]
    assert _pair([1, 1, 0], [2, 2, 1]) == [503]
    assert _pair([2, 0, 0], [3, 1, 1], "MultiSolid") == []


def test_empty_parts() -> None:
    assert found(CUBE, [[FACES], []], "CompositeSolid") == [902]
    assert found(CUBE, [[FACES], [[]]], "CompositeSolid") == [902]
    assert found(CUBE, []) == [902]


def test_composite_surfaces_are_shells_that_need_not_be_closed() -> None:
    assert found(CUBE, FACES[:3], "CompositeSurface") == []
    assert found(CUBE, [*FACES[:2], *turned(FACES[2:3])], "CompositeSurface") == [307]
    assert found(CUBE, FACES[:2], "CompositeSurface") == [305]
    assert found(CUBE, FACES[:2], "MultiSurface") == []


def test_the_part_at_fault_is_drawn() -> None:
    bodies = bodies_of(["Solid"] * 2, [[FACES], [FACES[1:]]], [CORNERS, CORNERS])
    faults = validate(bodies)
    lines = drawn(faults, bodies, bodies.xyz)
    assert faults.body.tolist() == [1] * 4
    assert {line.geom_type for line in lines} == {"LineString"}
    assert all((np.array(line.coords)[:, 2] == 0).all() for line in lines)
    (face,) = drawn(*_of([[*turned(FACES[:1]), *FACES[1:]]]))
    assert (face.geom_type, face.has_z, face.area) == ("Polygon", True, 1)


def _of(boundaries: list[Any]) -> tuple[Any, Any, Any]:
    bodies = bodies_of(["Solid"], [boundaries], [CORNERS])
    return validate(bodies), bodies, bodies.xyz
