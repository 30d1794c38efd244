"""Surfaces of simple features as boundaries of bodies."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
import shapely

from cimkit.geometry.solids import CODES_OF_SURFACES, body_of_wkb

from .shapes import CORNERS, FACES, found

MULTI, POLYHEDRAL, TIN = 1006, 1015, 1016


def wkb(faces: Any, code: int = POLYHEDRAL, order: str = "<", points: Any = CORNERS) -> bytes:
    """Return a surface as WKB: each ring ends where it began."""
    mark, offset = bytes([order == "<"]), code // 1000 * 1000
    part = {TIN: 1017, MULTI: 1003, POLYHEDRAL: 1003}.get(code, 3 + offset)
    text = mark + struct.pack(order + "II", code, len(faces))
    for face in faces:
        text += mark + struct.pack(order + "II", part, len(face))
        for ring in face:
            at = np.asarray(points)[[*ring, ring[0]]]
            if offset == 3000:
                at = np.column_stack([at, np.full(len(at), 7.0)])
            text += struct.pack(order + "I", len(at)) + at.astype(order + "f8").tobytes()
    return text


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("code", [MULTI, POLYHEDRAL, 3006, 3015])
def test_a_closed_surface_is_a_solid(code: int, order: str) -> None:
    body = body_of_wkb(wkb(FACES, code, order))
    assert body is not None
    kind, points, boundaries = body
    assert (kind, points.tolist()) == ("Solid", sorted(CORNERS.tolist()))
    assert found(points, boundaries, kind) == []


def test_triangles() -> None:
    triangles = [[[a, b, c]] for ((a, b, c, d),) in FACES] + [
        [[a, c, d]] for ((a, _, c, d),) in FACES
    ]
    body = body_of_wkb(wkb(triangles, TIN))
    assert body is not None
    assert (body[0], found(body[1], body[2], body[0])) == ("Solid", [])


def test_an_open_surface_is_one_unless_it_must_be_closed() -> None:
    assert _codes(wkb(FACES[1:])) == ("CompositeSurface", [])
    assert _codes(wkb(FACES[1:], MULTI)) == ("MultiSurface", [])
    assert _codes(wkb(FACES[1:]), closed=True) == ("Solid", [302])
    assert _codes(wkb(FACES[1:], MULTI), closed=True) == ("Solid", [302])


def _codes(text: bytes, **more: Any) -> tuple[str, list[int]]:
    body = body_of_wkb(text, **more)
    assert body is not None
    return body[0], found(body[1], body[2], body[0])


def test_a_cube_turned_inside_out() -> None:
    assert _codes(wkb([[ring[::-1] for ring in face] for face in FACES])) == ("Solid", [405])


@pytest.mark.parametrize("closed", [False, True])
def test_land_that_follows_the_ground_is_no_body(closed: bool) -> None:
    ground = [[x, y, (x * y) % 3] for y in range(4) for x in range(4)]
    plots = [[[i, i + 1, i + 5, i + 4]] for i in (0, 1, 4, 5, 8)]
    assert body_of_wkb(wkb(plots, MULTI, points=ground), closed=closed) is None
    few = shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])
    assert body_of_wkb(shapely.to_wkb(few)) is None
    assert body_of_wkb(shapely.to_wkb(shapely.force_3d(few))) is None
    assert body_of_wkb(shapely.to_wkb(shapely.Point(1, 2, 3))) is None


def test_the_older_bits_for_heights_and_systems() -> None:
    shapes = [shapely.Polygon(CORNERS[ring]) for (ring,) in FACES]
    many = shapely.set_srid(shapely.MultiPolygon(shapes), 4545)
    text = shapely.to_wkb(many, flavor="extended", include_srid=True)
    assert body_of_wkb(text) is not None
    bare = shapely.to_wkb(many, flavor="extended")
    assert int.from_bytes(bare[1:5], "little") in CODES_OF_SURFACES


def test_what_is_cut_off_is_told() -> None:
    text = wkb(FACES)
    for end in range(10, len(text) - 1, 37):
        with pytest.raises(ValueError, match=r"WKB|cut off"):
            body_of_wkb(text[:end])
