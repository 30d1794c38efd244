"""Copies of one mesh (EXT_mesh_gpu_instancing), each a feature (EXT_instance_features)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.geometry.frames import to_frame
from cimkit.tiles.glb import Glb
from cimkit.tiles.mesh import Instances
from cimkit.tiles.quantized import FINE, Stored, plain, reals

__all__ = ["Places", "add_places", "copies_box", "places_of", "quaternions", "rotations"]

Reals = npt.NDArray[np.float64]

# Takes east, north, up to the axes of glTF.
_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
# Binary exponents. A mast of 30 m ends within 0.1 mm of where scale and rotation say.
_EXPONENT = {"TRANSLATION": FINE, "ROTATION": -22, "SCALE": -18}
_CHUNK = 1 << 22  # numbers at one go


@dataclass(frozen=True, slots=True)
class Places:
    """Where copies stand, as they are stored."""

    attributes: dict[str, Stored]
    """Of EXT_mesh_gpu_instancing."""
    origin: Reals
    """Shape (3,): what translations are counted from, in the axes of glTF."""
    count: int
    """Features that the copies are."""


def places_of(copies: Instances, frame: Reals, *, quantize: bool) -> Places:
    """Return the places of copies as they are stored.

    Parameters
    ----------
    copies : Instances
        At least one copy.
    frame : ndarray, shape (4, 4)
        Rigid: east, north, up of the tile to the coordinates of the copies.
    quantize : bool
        Store what compresses well: places to 0.25 mm, rotations to 1e-7, scales to 2e-6.
    """
    at = to_frame(copies.position, frame) @ _Y_UP.T
    middle = np.rint((at.min(axis=0) + at.max(axis=0)) / 2)
    turn = _Y_UP @ (frame[:3, :3].T @ copies.turn) @ _Y_UP.T
    wanted = {
        "TRANSLATION": at - middle,
        "ROTATION": quaternions(turn),
        "SCALE": copies.scale[:, [0, 2, 1]],
    }
    attributes = {
        name: reals(values, _EXPONENT[name]) if quantize else plain(values)
        for name, values in wanted.items()
    }
    attributes["_FEATURE_ID_0"] = plain(copies.feature[:, None])
    return Places(attributes, middle, len(np.unique(copies.feature)))


def add_places(glb: Glb, places: Places, table: int) -> dict[str, Any]:
    """Add the places of copies and return their node, without its mesh.

    ``table`` is the property table that the features have their rows in.
    """
    glb.use("EXT_mesh_gpu_instancing", required=True)
    glb.use("EXT_instance_features")
    attributes = {name: glb.add(stored) for name, stored in places.attributes.items()}
    ids = [{"featureCount": places.count, "attribute": 0, "propertyTable": table}]
    return {
        "translation": places.origin.tolist(),
        "extensions": {
            "EXT_mesh_gpu_instancing": {"attributes": attributes},
            "EXT_instance_features": {"featureIds": ids},
        },
    }


def copies_box(corners: Reals, places: Places) -> tuple[Reals, Reals]:
    """Least and greatest of all copies of a template's vertices (n, 3), in the axes of glTF."""
    move, turn, scale = (
        places.attributes[name].values.astype(np.float64)
        for name in ("TRANSLATION", "ROTATION", "SCALE")
    )
    axes = rotations(turn) * scale[:, None, :]
    step = max(1, _CHUNK // (3 * len(corners)))
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for start in range(0, len(move), step):
        # Rows: an axis of one copy; columns: vertices.
        reach = (axes[start : start + step].reshape(-1, 3) @ corners.T).reshape(-1, 3, len(corners))
        mine = move[start : start + step]
        low = np.minimum(low, (reach.min(axis=2) + mine).min(axis=0))
        high = np.maximum(high, (reach.max(axis=2) + mine).max(axis=0))
    # Rotations are not quite of length one, and readers treat that differently.
    slack = float(np.abs(corners).max() * np.abs(scale).max()) * 2e-6
    return low + places.origin - slack, high + places.origin + slack


def rotations(turn: Reals) -> Reals:
    """Rotation matrices, shape (n, 3, 3), of unit quaternions x, y, z, w, shape (n, 4)."""
    x, y, z, w = turn.T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def quaternions(turn: Reals) -> Reals:
    """Unit quaternions x, y, z, w, shape (n, 4), of rotation matrices, shape (n, 3, 3).

    The largest component is taken from the diagonal and is positive (Shepperd's method).
    """
    diagonal = turn[:, [0, 1, 2], [0, 1, 2]]
    trace = diagonal.sum(axis=1)
    largest = np.argmax(np.column_stack([diagonal, trace]), axis=1)
    out = np.empty((len(turn), 4))
    for pick in range(4):
        mine = largest == pick
        m = turn[mine]
        if pick == 3:
            q = np.stack(
                [
                    m[:, 2, 1] - m[:, 1, 2],
                    m[:, 0, 2] - m[:, 2, 0],
                    m[:, 1, 0] - m[:, 0, 1],
                    1 + trace[mine],
                ],
                axis=1,
            )
        else:
            i, j, k = pick, (pick + 1) % 3, (pick + 2) % 3
            q = np.empty((len(m), 4))
            q[:, i] = 1 - trace[mine] + 2 * m[:, i, i]
            q[:, j] = m[:, j, i] + m[:, i, j]
            q[:, k] = m[:, k, i] + m[:, i, k]
            q[:, 3] = m[:, k, j] - m[:, j, k]
            q = np.where(q[:, i : i + 1] < 0, -q, q)
        out[mine] = q
    unit: Reals = out / np.linalg.norm(out, axis=1, keepdims=True)
    return unit
