"""Simple solids with a colour, of which templates are put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cimkit.tiles.mesh import Mesh, join

__all__ = ["Color", "ball", "block", "linear", "panel", "prism", "putting"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Color = tuple[int, int, int]
"""sRGB bytes."""


@dataclass(frozen=True, slots=True)
class Form:
    """One solid."""

    corners: Reals
    """Shape (n, 3), metres; a vertex is not shared across a crease."""
    faces: Whole
    """Shape (m, 3), counter-clockwise from outside."""
    color: Color | None
    """None: the main colour of what it is a part of."""


def linear(color: Color) -> npt.NDArray[np.uint8]:
    """Linear RGBA bytes of an sRGB colour (IEC 61966-2-1), opaque."""
    value = np.array(color, np.float64) / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.append(np.rint(light * 255), 255).astype(np.uint8)


def putting(forms: tuple[Form, ...], main: Color) -> Mesh:
    """Put solids into one mesh; parts without a colour of their own get ``main``."""
    return join(
        [
            Mesh(
                form.corners,
                form.faces,
                np.zeros(len(form.corners), np.int64),
                np.tile(linear(form.color or main), (len(form.corners), 1)),
            )
            for form in forms
        ]
    )


def prism(
    sides: int,
    low: float,
    high: float,
    radius: float,
    top: float | None = None,
    color: Color | None = None,
    at: tuple[float, float] = (0.0, 0.0),
) -> Form:
    """An upright round post, or a cone; smooth around, its top closed, its foot open.

    Parameters
    ----------
    sides : int
        Of the polygon that stands for the circle.
    low, high : float
        Heights, metres.
    radius, top : float
        Radius at the foot and at the top (None: the same; 0: a cone).
    color : tuple, optional
        sRGB; None: the main colour.
    at : tuple
        x and y of its axis.
    """
    upper = radius if top is None else top
    angle = 2 * np.pi * (np.arange(sides) + 0.5) / sides
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def level(scale: float, z: float) -> Reals:
        return np.column_stack([ring * scale + at, np.full(sides, z)])

    k = np.arange(sides)
    n = (k + 1) % sides
    corners = [level(radius, low), level(max(upper, 1e-3), high)]
    faces = [
        np.stack([k, n, n + sides], axis=1),
        np.stack([k, n + sides, k + sides], axis=1),
    ]
    if upper:
        corners.append(level(upper, high))
        fan = np.stack([np.zeros(sides - 2, np.int64), k[1:-1], k[2:]], axis=1)
        faces.append(fan + 2 * sides)
    return Form(np.concatenate(corners), np.concatenate(faces), color)


def block(
    width: float,
    length: float,
    low: float,
    high: float,
    color: Color | None = None,
    at: tuple[float, float] = (0.0, 0.0),
) -> Form:
    """An upright box about ``at``: ``width`` along x, ``length`` along y, each face for itself."""
    x, y = width / 2, length / 2
    signs = np.array([[(i >> 2 & 1) * 2 - 1, (i >> 1 & 1) * 2 - 1, i & 1] for i in range(8)], float)
    box = signs * [x, y, high - low] + [at[0], at[1], low]
    quads = np.array(
        [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    )
    return _quads(box[quads], color)


def panel(
    width: float, low: float, high: float, color: Color | None = None, y: float = 0.0
) -> Form:
    """An upright plate 6 cm thick across x, as signs and boards have it."""
    return block(width, 0.06, low, high, color, (0.0, y))


def ball(radius: float, height: float, middle: float, color: Color | None = None) -> Form:
    """An ellipsoid of 32 faces: half ``height`` up and down from ``middle``, smooth."""
    axis = np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)
    k = np.arange(4)
    n = (k + 1) % 4
    eight = np.concatenate([np.stack([k, n, np.full(4, 4)], 1), np.stack([n, k, np.full(4, 5)], 1)])
    corners, faces = list(axis), []
    middle_of: dict[tuple[int, int], int] = {}
    for a, b, c in eight.tolist():
        mids = []
        for one, two in ((a, b), (b, c), (c, a)):
            key = (min(one, two), max(one, two))
            if key not in middle_of:
                half = corners[one] + corners[two]
                middle_of[key] = len(corners)
                corners.append(half / np.linalg.norm(half))
            mids.append(middle_of[key])
        ab, bc, ca = mids
        faces += [[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]
    points = np.array(corners) * [radius, radius, height / 2] + [0, 0, middle]
    return Form(points, np.array(faces), color)


def _quads(quads: Reals, color: Color | None) -> Form:
    first = np.arange(len(quads))[:, None, None] * 4
    faces = (first + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
    return Form(quads.reshape(-1, 3), faces, color)
