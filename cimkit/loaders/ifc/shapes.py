"""Triangles as the kernels give them, made into shared shapes about their own centre."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Element", "Part", "parts_of"]

Reals = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Color = tuple[float, float, float, float]

_FAR_M = 1e15
"""Corners farther off are beyond all bounds: squares of their distances have no number."""


@dataclass(frozen=True, slots=True)
class Part:
    """Triangles of one material."""

    shape_id: str
    """Hash of positions and indices: equal shapes have the same."""
    centre: Reals
    """(3,) middle of the box in the shape's own system, metres; positions are relative to it."""
    positions: npt.NDArray[np.float32]
    """(n, 3) metres about the centre."""
    indices: npt.NDArray[np.uint32]
    """(m, 3) corners, counter-clockwise from outside."""
    color: Color | None
    """RGBA, 0 to 1, linear; None if the file gives no style."""


@dataclass(frozen=True, slots=True)
class Element:
    """The shape of one product."""

    number: int
    """Its instance number."""
    matrix: Reals
    """(4, 4), shape to model, metres."""
    parts: tuple[Part, ...]
    """One for each material."""
    torn: int = 0
    """Triangles that were left out, for they reach into the infinite."""


def parts_of(geometry: Any) -> tuple[tuple[Part, ...], int]:
    """Return the parts of what a kernel built, none if it has no sound triangle, and how many
    triangles have a corner at infinity: these are left out.

    Parameters
    ----------
    geometry : ifcopenshell.ifcopenshell_wrapper.triangulation
    """
    faces = np.frombuffer(geometry.faces_buffer, np.int32).reshape(-1, 3)
    if not len(faces):
        return (), 0
    vertices = np.frombuffer(geometry.verts_buffer, np.float64).reshape(-1, 3)
    near = np.abs(vertices) < _FAR_M
    sound: Mask | None = None
    torn = 0
    if not near.all():
        sound = np.asarray(np.asarray(near.all(axis=1))[faces].all(axis=1))
        torn = len(faces) - int(sound.sum())
    return _by_look(geometry, vertices, faces, sound), torn


def _by_look(
    geometry: Any, vertices: Reals, faces: npt.NDArray[np.int32], sound: Mask | None
) -> tuple[Part, ...]:
    materials = np.frombuffer(geometry.material_ids_buffer, np.int32)
    colors = np.frombuffer(geometry.colors_buffer, np.float64).reshape(-1, 4)
    if len(materials) != len(faces) or not len(colors):
        return _of_look(vertices, faces, sound, None)
    if len(colors) == 1 and materials.min() == materials.max():
        return _of_look(vertices, faces, sound, colors[0] if materials[0] >= 0 else None)
    # Styles of one look are one part; the last one stands for faces without a style.
    rows = [color.tobytes() for color in colors]
    first = {row: n for n, row in reversed([*enumerate(rows)])}
    ranks = np.array([*(first[row] for row in rows), len(rows)])
    look = ranks[np.where(materials < 0, -1, materials)]
    found: list[Part] = []
    for index in (*sorted(first.values()), len(rows)):
        chosen = np.flatnonzero(look == index)
        if len(chosen):
            kept = None if sound is None else sound[chosen]
            rgba = colors[index] if index < len(rows) else None
            found += _of_look(vertices, faces[chosen], kept, rgba)
    return tuple(found)


def _of_look(
    vertices: Reals,
    faces: npt.NDArray[np.int32],
    sound: Mask | None,
    rgba: Reals | None,
) -> tuple[Part, ...]:
    if sound is not None:
        faces = faces[sound]
    if not len(faces):
        return ()
    used = np.zeros(len(vertices), np.bool_)
    used[faces.ravel()] = True
    indices = faces.astype(np.uint32)
    if not used.all():
        indices = (np.cumsum(used, dtype=np.uint32) - np.uint32(1))[faces]
        vertices = vertices[used]
    centre = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    # To a micrometre, so that noise in the last bit does not make two shapes of one; + 0.0: no -0.
    positions = (np.round(vertices - centre, 6) + 0.0).astype(np.float32)
    digest = hashlib.sha256(positions.tobytes())
    digest.update(indices.tobytes())
    color = _linear(rgba) if rgba is not None else None
    return (Part(digest.hexdigest()[:32], centre, positions, indices, color),)


def _linear(rgba: Reals) -> Color | None:
    """Return linear RGBA of the sRGB colour of a style; None for an unset one."""
    red, green, blue, alpha = rgba.tolist()
    if not (red == red and green == green and blue == blue):
        return None
    if alpha != alpha:
        alpha = 1.0
    return _channel(red), _channel(green), _channel(blue), min(max(alpha, 0.0), 1.0)


def _channel(value: float) -> float:
    value = min(max(value, 0.0), 1.0)
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
