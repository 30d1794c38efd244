"""The box around a glTF model, with the transforms of its nodes applied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders._mesh.jsons import child, item, items

__all__ = ["bounds"]


def bounds(
    said: dict[str, Any],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
    """Return least and greatest (x, y, z) over the scene, y up; None if nothing has a place."""
    boxes = {i: b for i, m in enumerate(items(said, "meshes")) if (b := _mesh_box(said, m))}
    corners = []
    for mesh, matrix in _placed(said):
        if mesh in boxes:
            low, high = boxes[mesh]
            box = np.array([low, high])
            all_eight = np.array([[box[i, 0], box[j, 1], box[k, 2], 1.0] for i, j, k in _EIGHT])
            corners.append((all_eight @ matrix)[:, :3])
    if not corners:
        return None
    every = np.vstack(corners)
    if not np.isfinite(every).all():
        return None
    return every.min(axis=0), every.max(axis=0)


_EIGHT = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]


def _mesh_box(said: dict[str, Any], mesh: Any) -> tuple[list[float], list[float]] | None:
    accessors = items(said, "accessors")
    lows, highs = [], []
    for primitive in items(mesh, "primitives"):
        position = item(accessors, child(primitive, "attributes").get("POSITION"))
        try:
            low = [float(v) for v in position["min"][:3]]
            high = [float(v) for v in position["max"][:3]]
        except (KeyError, TypeError, ValueError):
            continue
        if len(low) == len(high) == 3 and np.isfinite([low, high]).all():
            lows.append(low)
            highs.append(high)
    if not lows:
        return None
    return np.min(lows, axis=0).tolist(), np.max(highs, axis=0).tolist()


def _placed(said: dict[str, Any]) -> Iterator[tuple[int, npt.NDArray[np.float64]]]:
    """Give (mesh, row-vector matrix) of each mesh in a scene; without scenes, of all roots."""
    nodes = items(said, "nodes")
    scenes = items(said, "scenes")
    chosen = [item(scenes, said.get("scene", 0))] if scenes else []
    roots = [n for s in chosen for n in items(s, "nodes")]
    if not roots:
        below = {c for n in nodes for c in items(n, "children") if isinstance(c, int)}
        roots = [i for i in range(len(nodes)) if i not in below]
    waiting = [(r, np.eye(4)) for r in roots]
    seen: set[int] = set()  # a node has one parent at most; files that break this end here
    while waiting:
        index, above = waiting.pop()
        node = item(nodes, index)
        if not node or index in seen:
            continue
        seen.add(index)
        matrix = _matrix(node) @ above
        if isinstance(node.get("mesh"), int):
            yield node["mesh"], matrix
        waiting += [(c, matrix) for c in items(node, "children")]


def _matrix(node: dict[str, Any]) -> npt.NDArray[np.float64]:
    """Return the matrix of a node for row vectors; the identity where it is malformed."""
    try:
        if "matrix" in node:
            return np.asarray(node["matrix"], dtype=np.float64).reshape(4, 4)
        x, y, z, w = (float(v) for v in node.get("rotation", (0, 0, 0, 1)))
        turned = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)],
                [2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)],
                [2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)],
            ]
        )
        scale = np.asarray(node.get("scale", (1, 1, 1)), dtype=np.float64).reshape(3, 1)
        matrix = np.eye(4)
        matrix[:3, :3] = turned * scale
        matrix[3, :3] = np.asarray(node.get("translation", (0, 0, 0)), dtype=np.float64)
    except (TypeError, ValueError):
        return np.eye(4)
    return matrix
