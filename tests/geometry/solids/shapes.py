"""Solids with one fault each, and sound ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.geometry.solids import Tolerances, bodies_of, validate

Reals = npt.NDArray[np.float64]
Faces = list[list[list[int]]]

CORNERS = np.array(
    [*([0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]), *([0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1])],
    np.float64,
)
FACES: Faces = [
    [[0, 3, 2, 1]],
    [[4, 5, 6, 7]],
    [[0, 1, 5, 4]],
    [[1, 2, 6, 5]],
    [[2, 3, 7, 6]],
    [[3, 0, 4, 7]],
]


def found(
    points: Any,
    boundaries: list[Any],
    kind: str = "Solid",
    limits: Tolerances | None = None,
) -> list[int]:
    """Return the codes that one body has, each once."""
    limits = limits or Tolerances()
    bodies = bodies_of([kind], [boundaries], [np.asarray(points, np.float64)], limits.snap)
    return sorted(set(validate(bodies, limits).code.tolist()))


def moved(faces: Faces, by: int) -> Faces:
    """Return faces that point at vertices further on."""
    return [[[i + by for i in ring] for ring in face] for face in faces]


def turned(faces: Faces) -> Faces:
    """Return faces turned over."""
    return [[ring[::-1] for ring in face] for face in faces]


def box(low: Any, high: Any) -> Reals:
    """Return the corners of a box, numbered as those of the cube."""
    a, b = np.asarray(low, np.float64), np.asarray(high, np.float64)
    scaled: Reals = a + CORNERS * (b - a)
    return scaled
