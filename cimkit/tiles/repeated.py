"""Shapes that are placed many times: as copies where that is smaller, as triangles where not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from cimkit.tiles.mesh import Instances, Mesh
from cimkit.tiles.shapes import ShapePack, place

__all__ = ["arrange", "baked", "fewer_bytes"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Earth = Callable[[Reals], Reals]

_OVERHEAD = 4_000.0
"""Bytes that a template costs beside its triangles: nodes, accessors, views."""
_COPY = 24.0
"""Bytes of a copy."""
_APART = 2e-4
"""Metres that a copy may be from where its vertices belong."""
_CORNERS = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)], np.float64) * 2 - 1


def fewer_bytes(pack: ShapePack, shape: Whole, count: npt.NDArray[np.integer]) -> Flags:
    """Whether copies of shapes (n,) of which each has ``count`` are smaller than triangles."""
    once = np.diff(pack.first)[shape] * 8.0 + np.diff(pack.first_face)[shape] * 1.5
    return np.asarray((count - 1) * once > _OVERHEAD + _COPY * count, bool)


def arrange(
    pack: ShapePack,
    shape: Whole,
    matrix: Reals,
    color: npt.NDArray[np.float32],
    feature: Whole,
    to_earth: Earth,
) -> list[Mesh | Instances]:
    """Place shapes; arguments as of `cimkit.tiles.place`.

    Returns
    -------
    list of Mesh and Instances
        Copies of one shape in one colour are `Instances` where that takes fewer bytes and where
        moved, turned and scaled they stand within 0.2 mm of where their corners belong. Mirrored
        and sheared ones do not, nor do large ones where the projection is curved.
    """
    shade = np.rint(np.clip(np.nan_to_num(color, nan=0.8), 0, 1) * 255).astype(np.int64)
    look = shade @ np.array([1 << 24, 1 << 16, 1 << 8, 1])
    _, group, count = np.unique(
        np.column_stack([shape, look]), axis=0, return_inverse=True, return_counts=True
    )
    group = group.reshape(-1)
    tried = np.flatnonzero(fewer_bytes(pack, shape, count[group]))
    copied = np.zeros(len(shape), bool)
    found: list[Mesh | Instances] = []
    if len(tried):
        position, turn, scale, fits = _fitted(pack, shape[tried], matrix[tried], to_earth)
        left = np.bincount(group[tried][fits], minlength=len(count))
        fits &= fewer_bytes(pack, shape[tried], left[group[tried]])
        copied[tried[fits]] = True
        order = np.flatnonzero(fits)[np.argsort(group[tried][fits], kind="stable")]
        for own in np.split(order, np.flatnonzero(np.diff(group[tried][order])) + 1):
            if len(own):
                one = tried[own[:1]]
                template = place(
                    pack, shape[one], np.eye(4)[None], color[one], np.zeros(1, np.int64), _same
                )
                found.append(
                    Instances(template, position[own], turn[own], scale[own], feature[tried[own]])
                )
    rest = ~copied
    if rest.any():
        found.insert(
            0, place(pack, shape[rest], matrix[rest], color[rest], feature[rest], to_earth)
        )
    return found


def baked(copies: Instances) -> Mesh:
    """Return the triangles of copies, each where it stands."""
    template, count = copies.template, len(copies.position)
    axes = copies.turn * copies.scale[:, None, :]
    placed = np.einsum("nij,kj->nki", axes, template.positions) + copies.position[:, None]
    size = len(template.positions)
    indices = template.indices[None] + (np.arange(count) * size)[:, None, None]
    return Mesh(
        placed.reshape(-1, 3),
        indices.reshape(-1, 3),
        np.repeat(copies.feature, size),
        None if template.color is None else np.tile(template.color, (count, 1)),
    )


def _same(xyz: Reals) -> Reals:
    return xyz


def _fitted(
    pack: ShapePack, shape: Whole, matrix: Reals, to_earth: Earth
) -> tuple[Reals, Reals, Reals, Flags]:
    """Place, rotation and scale nearest to what happens to the corners of each box."""
    middle = (pack.low[shape] + pack.high[shape]) / 2
    # A box without a thickness has no third direction.
    half = np.maximum((pack.high[shape] - pack.low[shape]) / 2, 0.05)
    corners = middle[:, None] + half[:, None] * _CORNERS
    placed = np.einsum("nij,nkj->nki", matrix[:, :3, :3], corners) + matrix[:, None, :3, 3]
    there = to_earth(placed.reshape(-1, 3)).reshape(-1, 8, 3)
    known = np.isfinite(there).all(axis=(1, 2))
    there[~known] = 0.0
    base = there.mean(axis=1)
    axes = np.einsum("nki,kj->nij", there - base[:, None], _CORNERS) / 8 / half[:, None, :]
    scale = np.linalg.norm(axes, axis=1)
    known &= (scale > 0).all(axis=1)
    unit = np.where(known[:, None, None], axes, np.eye(3)) / np.where(known[:, None], scale, 1.0)[
        :, None
    ]  # fmt: skip
    left, _, right = np.linalg.svd(unit)
    turn: Reals = left @ right
    position = base - np.einsum("nij,nj->ni", turn, scale * middle)
    again = np.einsum("nij,nkj->nki", turn, scale[:, None] * corners) + position[:, None]
    apart = np.linalg.norm(again - there, axis=2).max(axis=1)
    fits = known & (np.linalg.det(turn) > 0) & (apart < _APART)
    return position, turn, scale, np.asarray(fits, bool)
