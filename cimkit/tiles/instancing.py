"""Copies of one mesh (EXT_mesh_gpu_instancing), each a feature (EXT_instance_features)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.geometry.frames import to_frame
from cimkit.tiles.glb import Glb
from cimkit.tiles.mesh import Instances
from cimkit.tiles.quantized import FINE, plain, reals

__all__ = ["add_instances", "copies_box", "quaternions"]

Reals = npt.NDArray[np.float64]

# Takes east, north, up to the axes of glTF.
_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
# Binary exponents: half a millimetre; 2**-22 of a turn moves the top of a mast by 10 micrometres.
_EXPONENT = {"TRANSLATION": FINE, "ROTATION": -22, "SCALE": -13}
_CHUNK = 1 << 22  # numbers at one go


def add_instances(
    glb: Glb, copies: Instances, frame: Reals, table: int, *, quantize: bool
) -> dict[str, Any]:
    """Add the places of copies and return their node, without its mesh.

    Parameters
    ----------
    glb : Glb
        Where they go.
    copies : Instances
        At least one copy.
    frame : ndarray, shape (4, 4)
        Rigid: east, north, up of the tile to the coordinates of the copies.
    table : int
        Property table that the features have their rows in.
    quantize : bool
        Store what compresses well: places to 0.25 mm, rotations to 1e-7, scales to 1e-4.
    """
    at = to_frame(copies.position, frame) @ _Y_UP.T
    middle = np.rint((at.min(axis=0) + at.max(axis=0)) / 2)
    turn = _Y_UP @ (frame[:3, :3].T @ copies.turn) @ _Y_UP.T
    stored = {
        "TRANSLATION": at - middle,
        "ROTATION": quaternions(turn),
        "SCALE": copies.scale[:, [0, 2, 1]],
    }
    attributes = {
        name: glb.add(reals(values, _EXPONENT[name]) if quantize else plain(values))
        for name, values in stored.items()
    }
    attributes["_FEATURE_ID_0"] = glb.add(plain(copies.feature[:, None]))
    glb.use("EXT_mesh_gpu_instancing", required=True)
    glb.use("EXT_instance_features")
    count = len(np.unique(copies.feature))
    ids = [{"featureCount": count, "attribute": 0, "propertyTable": table}]
    return {
        "translation": middle.tolist(),
        "extensions": {
            "EXT_mesh_gpu_instancing": {"attributes": attributes},
            "EXT_instance_features": {"featureIds": ids},
        },
    }


def copies_box(corners: Reals, copies: Instances, frame: Reals) -> tuple[Reals, Reals]:
    """Least and greatest east, north, up of all copies of a template's vertices (n, 3)."""
    at = to_frame(copies.position, frame)
    axes = (frame[:3, :3].T @ copies.turn) * copies.scale[:, None, :]
    step = max(1, _CHUNK // (3 * len(corners)))
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for start in range(0, len(at), step):
        # Rows: an axis of one copy; columns: vertices.
        reach = (axes[start : start + step].reshape(-1, 3) @ corners.T).reshape(-1, 3, len(corners))
        mine = at[start : start + step]
        low = np.minimum(low, (reach.min(axis=2) + mine).min(axis=0))
        high = np.maximum(high, (reach.max(axis=2) + mine).max(axis=0))
    return low, high


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
