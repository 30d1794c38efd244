"""Points to something one can see: parametric street furniture, trees, and camera frusta."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cimkit.geometry.frames import ecef, enu_axes
from cimkit.tiles.mesh import Mesh, split_creases

__all__ = ["TEMPLATES", "markers"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


def _prism(sides: int, radius: float, low: float, high: float, top: float = 1.0) -> _Solid:
    """A prism about the vertical; ``top`` scales the upper ring (0: a cone)."""
    angle = 2 * np.pi * (np.arange(sides) + 0.5) / sides
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius
    corners = np.concatenate(
        [
            np.column_stack([ring, np.full(sides, low)]),
            np.column_stack([ring * top, np.full(sides, high)]),
            [[0, 0, low], [0, 0, high]],
        ]
    )
    k = np.arange(sides)
    n = (k + 1) % sides
    faces = [np.stack([np.full(sides, 2 * sides), n, k], axis=1)]
    faces.append(np.stack([k, n, n + sides], axis=1))
    if top:
        faces.append(np.stack([k, n + sides, k + sides], axis=1))
        faces.append(np.stack([np.full(sides, 2 * sides + 1), k + sides, n + sides], axis=1))
    return corners, np.concatenate(faces)


_Solid = tuple[Reals, Whole]


def _union(*solids: _Solid) -> _Solid:
    starts = np.cumsum([0, *(len(p) for p, _ in solids)])
    return (
        np.concatenate([p for p, _ in solids]),
        np.concatenate([f + at for (_, f), at in zip(solids, starts, strict=False)]),
    )


def _frustum() -> _Solid:
    """A camera that looks north: its apex at the lens, a frame one unit ahead."""
    corners = np.array(
        [[0, 0, 0], [-0.5, 1, -0.35], [0.5, 1, -0.35], [0.5, 1, 0.35], [-0.5, 1, 0.35]], float
    )
    faces = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 1], [1, 3, 2], [1, 4, 3]])
    return corners, faces


def _ball() -> _Solid:
    """An octahedron: a panorama looks everywhere, and so does a photo without a heading."""
    corners = np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)
    k = np.arange(4)
    n = (k + 1) % 4
    four, five = np.full(4, 4), np.full(4, 5)
    faces = np.concatenate([np.stack([k, n, four], 1), np.stack([n, k, five], 1)])
    return corners * 0.4, faces


# Unit height (photos: unit length), foot or lens at the origin, x east, y north, z up.
TEMPLATES: dict[str, _Solid] = {
    "ball": _ball(),
    "box": _prism(4, 0.5, 0.0, 1.0),
    "camera": _frustum(),
    "disc": _prism(12, 4.0, 0.0, 1.0),
    "post": _union(_prism(6, 0.02, 0.0, 0.97), _prism(6, 0.06, 0.97, 1.0)),
    "tree": _union(_prism(6, 0.03, 0.0, 0.35), _prism(8, 0.3, 0.3, 1.0, top=0.0)),
}
"""Solids by name: corners (n, 3) and triangles (m, 3), counter-clockwise from outside."""


def markers(template: str, position: Reals, size: Reals, heading: Reals) -> Mesh:
    """One copy of a template at each position.

    Parameters
    ----------
    template : str
        A name of `TEMPLATES`.
    position : ndarray, shape (n, 3)
        Longitude, latitude (degrees), ellipsoidal height (metres) of the template's origin.
    size : ndarray, shape (n,)
        Metres for one unit of the template.
    heading : ndarray, shape (n,)
        Degrees clockwise from north that the template's y axis turns to.
    """
    corners, faces = TEMPLATES[template]
    vertex, faces = split_creases(corners, faces)
    turn = np.radians(heading)
    sin, cos, zero = np.sin(turn), np.cos(turn), np.zeros(len(turn))
    spin = np.stack(
        [
            np.stack([cos, sin, zero], axis=-1),
            np.stack([-sin, cos, zero], axis=-1),
            np.stack([zero, zero, zero + 1], axis=-1),
        ],
        axis=-2,
    )
    axes = enu_axes(position[:, 0], position[:, 1]) @ spin * size[:, None, None]
    at = ecef(position[:, 0], position[:, 1], position[:, 2])
    count, each = len(position), len(vertex)
    turned = (axes.reshape(-1, 3) @ corners[vertex].T).reshape(count, 3, each)
    points = turned.transpose(0, 2, 1) + at[:, None]
    indices = (np.arange(count)[:, None, None] * each + faces).reshape(-1, 3)
    return Mesh(points.reshape(-1, 3), indices, np.repeat(np.arange(count), each))
