"""Where photographs were taken, and what they show: frusta, spheres, and pictures on them."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from cimkit.geometry.frames import ecef, enu_axes
from cimkit.tiles.forms import Color, ball, linear, putting
from cimkit.tiles.mesh import Instances, Mesh, split_creases

__all__ = ["axes_of", "balls", "frusta", "pictures", "reach", "spheres"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_BLUE: Color = (124, 178, 230)
_EDGE = 0.03
"""Width of a frustum's edges at its far face, as a share of that face's width."""
_RINGS, _SECTORS = 6, 12


def axes_of(position: Reals, heading: Reals, pitch: Reals, roll: Reals) -> Reals:
    """Right, ahead and up of cameras as columns, earth-centred, shape (n, 3, 3).

    Parameters
    ----------
    position : ndarray, shape (n, 3)
        Longitude, latitude (degrees), ellipsoidal height (metres).
    heading, pitch, roll : ndarray, shape (n,)
        Degrees: of the optical axis clockwise from north, above the horizon; a positive roll
        lowers the right side (ARINC 705).
    """
    h, p, r = np.radians(heading), np.radians(pitch), np.radians(roll)
    ahead = np.stack([np.sin(h) * np.cos(p), np.cos(h) * np.cos(p), np.sin(p)], axis=-1)
    level = np.stack([np.cos(h), -np.sin(h), np.zeros(len(h))], axis=-1)
    top = np.cross(level, ahead)
    cos, sin = np.cos(r)[:, None], np.sin(r)[:, None]
    right, up = cos * level - sin * top, sin * level + cos * top
    turned: Reals = enu_axes(position[:, 0], position[:, 1]) @ np.stack([right, ahead, up], axis=-1)
    return turned


def reach(distance: float, across: Reals, aspect: Reals) -> Reals:
    """Width, distance and height of frusta's far faces, metres, shape (n, 3).

    ``across`` is the horizontal field of view in degrees, ``aspect`` the image's width over its
    height, shape (n,).
    """
    width = 2 * distance * np.tan(np.radians(np.clip(across, 10.0, 110.0)) / 2)
    return np.column_stack([width, np.full(len(width), distance), width / aspect])


def frusta(position: Reals, axes: Reals, size: Reals, feature: Whole) -> Instances:
    """Cameras as closed pyramids: the lens at the apex, ``size`` as `reach` gives it."""
    return Instances(_pyramid(), _earth(position), axes, size, feature)


def balls(position: Reals, feature: Whole) -> Instances:
    """Small balls: for panoramas, and photographs whose direction is not known."""
    count = len(position)
    turn = enu_axes(position[:, 0], position[:, 1])
    return Instances(_ball(), _earth(position), turn, np.ones((count, 3)), feature)


def pictures(
    position: Reals, axes: Reals, size: Reals, feature: Whole, window: Reals, image: bytes
) -> Mesh:
    """Frusta whose far faces carry pictures; beside these only their edges are drawn.

    Parameters
    ----------
    position, axes, size, feature
        See `frusta`.
    window : ndarray, shape (n, 4)
        Left, top, right, bottom of each picture in ``image``, 0 to 1 from the upper left.
    image : bytes
        JPEG or PNG.
    """
    corner = np.array([[-0.5, 1, 0.5], [-0.5, 1, -0.5], [0.5, 1, -0.5], [0.5, 1, 0.5]])
    inner = corner * [1 - 2 * _EDGE, 1, 1 - 2 * _EDGE]
    edges = np.array([p for a, b in zip(corner, inner, strict=True) for p in (np.zeros(3), a, b)])
    unit = np.concatenate([corner, edges])
    faces = np.concatenate([[[0, 2, 1], [0, 3, 2]], 4 + np.arange(12).reshape(4, 3)])
    at = _earth(position)[:, None] + (unit * size[:, None]) @ axes.transpose(0, 2, 1)
    left, top, right, bottom = window.T
    seen = np.stack([left, top, left, bottom, right, bottom, right, top], -1).reshape(-1, 4, 2)
    # The edges take the colour of the picture's upper left corner.
    rest = np.repeat(seen[:, :1], 12, axis=1)
    return _many(at, faces, np.concatenate([seen, rest], axis=1), feature, image)


def spheres(
    position: Reals, radius: float, heading: Reals, feature: Whole, window: Reals, image: bytes
) -> Mesh:
    """Spheres with equirectangular panoramas; parameters as for `pictures`.

    ``heading`` is that of the middle of the panorama, degrees. Each direction from the middle of
    the sphere shows what was seen there, so that from outside it is as in a mirror.
    """
    down = np.pi * np.arange(_RINGS + 1) / _RINGS
    around = 2 * np.pi * np.arange(_SECTORS + 1) / _SECTORS
    v, u = np.meshgrid(np.arange(_RINGS + 1) / _RINGS, np.arange(_SECTORS + 1) / _SECTORS,
                       indexing="ij")  # fmt: skip
    polar, turn = np.meshgrid(down, around - np.pi, indexing="ij")
    ball_ = np.stack(
        [np.sin(polar) * np.sin(turn), np.sin(polar) * np.cos(turn), np.cos(polar)], axis=-1
    ).reshape(-1, 3)
    a = (np.arange(_RINGS)[:, None] * (_SECTORS + 1) + np.arange(_SECTORS)).reshape(-1)
    b = a + _SECTORS + 1
    faces = np.concatenate([np.stack([a, b + 1, b], 1), np.stack([a, a + 1, b + 1], 1)])
    none = np.zeros(len(position))
    axes = axes_of(position, heading, none, none)
    at = _earth(position)[:, None] + radius * ball_ @ axes.transpose(0, 2, 1)
    flat = np.stack([u.reshape(-1), v.reshape(-1)], axis=-1)
    place = window[:, None, :2] + flat * (window[:, None, 2:] - window[:, None, :2])
    return _many(at, faces, place, feature, image)


def _many(at: Reals, faces: Whole, place: Reals, feature: Whole, image: bytes) -> Mesh:
    count, each = at.shape[:2]
    indices = (np.arange(count)[:, None, None] * each + faces).reshape(-1, 3)
    return Mesh(
        at.reshape(-1, 3),
        indices.astype(np.int64),
        np.repeat(feature, each),
        uv=place.reshape(-1, 2).astype(np.float32),
        image=image,
        unlit=True,
    )


def _earth(position: Reals) -> Reals:
    return ecef(position[:, 0], position[:, 1], position[:, 2])


@cache
def _pyramid() -> Mesh:
    corners = np.array(
        [[0, 0, 0], [-0.5, 1, -0.5], [0.5, 1, -0.5], [0.5, 1, 0.5], [-0.5, 1, 0.5]], float
    )
    faces = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 1], [1, 3, 2], [1, 4, 3]])
    vertex, indices = split_creases(corners, faces)
    color = np.tile(linear(_BLUE), (len(vertex), 1))
    return Mesh(corners[vertex], indices, np.zeros(len(vertex), np.int64), color)


@cache
def _ball() -> Mesh:
    return putting((ball(0.4, 0.8, 0.0),), _BLUE)
