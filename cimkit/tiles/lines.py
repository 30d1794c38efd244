"""Lines to something with a thickness: pipes to tubes, roads to ribbons."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from cimkit.geometry.frames import ecef, enu_axes
from cimkit.tiles.mesh import Mesh

__all__ = ["ribbons", "tubes"]

Reals = npt.NDArray[np.float64]
_SIDES = 8


def tubes(lines: npt.NDArray[Any], height: Reals, diameter: Reals) -> Mesh:
    """Octagonal tubes along lines.

    Parameters
    ----------
    lines : ndarray of shapely geometries, shape (n,)
        Lines in CRS84; where they have Z it is an offset in metres from ``height``.
    height : ndarray, shape (n,)
        Ellipsoidal height of z = 0, metres.
    diameter : ndarray, shape (n,)
        Metres.
    """
    start, end, own = _segments(lines, height)
    along, side, up = _axes(start, end)
    angle = 2 * np.pi * np.arange(_SIDES) / _SIDES
    spoke = np.cos(angle)[:, None] * side[:, None] + np.sin(angle)[:, None] * up[:, None]
    spoke = spoke * (diameter[own] / 2)[:, None, None]
    # Joints overlap by half a diameter, so that a bend shows no gap.
    reach = along * (diameter[own] / 2)[:, None]
    rings = np.stack([(start - reach)[:, None] + spoke, (end + reach)[:, None] + spoke], axis=1)
    k = np.arange(_SIDES)
    nxt = (k + 1) % _SIDES
    faces = np.concatenate(
        [
            np.stack([k, nxt, nxt + _SIDES], axis=1),
            np.stack([k, nxt + _SIDES, k + _SIDES], axis=1),
        ]
    )
    return _mesh(rings.reshape(len(start), 2 * _SIDES, 3), faces, own)


def ribbons(lines: npt.NDArray[Any], height: Reals, width: Reals) -> Mesh:
    """Flat ribbons along lines; parameters as for `tubes`, ``width`` in metres."""
    start, end, own = _segments(lines, height)
    along, side, _ = _axes(start, end)
    half = side * (width[own] / 2)[:, None]
    reach = along * (width[own] / 2)[:, None]
    corners = np.stack(
        [start - reach - half, start - reach + half, end + reach + half, end + reach - half],
        axis=1,
    )
    return _mesh(corners, np.array([[0, 1, 2], [0, 2, 3]])[:, ::-1], own)


def _segments(lines: npt.NDArray[Any], height: Reals) -> tuple[Reals, Reals, npt.NDArray[np.int64]]:
    parts, row = shapely.get_parts(lines, return_index=True)
    xyz, part = shapely.get_coordinates(parts, include_z=True, return_index=True)
    own = row[part]
    z = height[own] + np.nan_to_num(xyz[:, 2], nan=0.0)
    at = ecef(xyz[:, 0], xyz[:, 1], z)
    same = part[1:] == part[:-1]
    same &= (at[1:] != at[:-1]).any(axis=1)
    return at[:-1][same], at[1:][same], own[:-1][same].astype(np.int64)


def _axes(start: Reals, end: Reals) -> tuple[Reals, Reals, Reals]:
    """Along, to the left of it, and across both, as unit vectors (n, 3)."""
    along = end - start
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    out = start / np.linalg.norm(start, axis=1, keepdims=True)
    side = np.cross(out, along)
    size = np.linalg.norm(side, axis=1, keepdims=True)
    # A vertical segment has no left: any horizontal direction will do.
    lon = np.degrees(np.arctan2(start[:, 1], start[:, 0]))
    east = enu_axes(lon, np.zeros(len(lon)))[..., 0]
    side = np.where(size > 1e-9, side / np.maximum(size, 1e-9), east)
    return along, side, np.cross(along, side)


def _mesh(vertices: Reals, faces: npt.NDArray[Any], own: npt.NDArray[np.int64]) -> Mesh:
    count, each = vertices.shape[:2]
    indices = (np.arange(count)[:, None, None] * each + faces).reshape(-1, 3).astype(np.int64)
    return Mesh(vertices.reshape(-1, 3), indices, np.repeat(own, each))
