"""The nodes and scenes of a model: a forest, each node with one transform."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.checks._tiles3d.issues import Issues

__all__ = ["check_nodes", "placed", "transform_of"]

Matrix = npt.NDArray[np.float64]


def check_nodes(said: dict[str, Any], issues: Issues) -> None:
    """Tell of nodes with two parents, in a ring, with two transforms or with none that turns."""
    nodes = said.get("nodes") or []
    above: dict[int, int] = {}
    for i, node in enumerate(nodes):
        at = f"/nodes/{i}"
        if node.get("matrix") is not None:
            both = [k for k in ("rotation", "scale", "translation") if node.get(k) is not None]
            if both:
                got = ", ".join(["matrix", *both])
                issues.tell(
                    "both-given", at, got=got, expected="matrix | rotation scale translation"
                )
            matrix = np.asarray(node["matrix"], np.float64).reshape(4, 4)
            if not np.allclose(matrix[:, 3], [0, 0, 0, 1]):
                issues.tell("transform-unaffine", f"{at}/matrix", got=node["matrix"])
            elif not _decomposable(matrix[:3, :3]):
                issues.tell("transform-skewed", f"{at}/matrix", got=node["matrix"])
        turn = node.get("rotation")
        if turn is not None and abs(float(np.linalg.norm(turn)) - 1) > 5e-4:
            length = float(np.linalg.norm(turn))
            issues.tell("vector-not-unit", f"{at}/rotation", got=length, expected="1")
        for below in node.get("children") or []:
            if below in above:
                issues.tell("node-two-parents", f"/nodes/{below}", got=f"{above[below]}, {i}")
            above[below] = i
    for i in above:
        at_node, steps = i, 0
        while at_node in above and steps <= len(nodes):
            at_node, steps = above[at_node], steps + 1
        if steps > len(nodes):
            issues.tell("node-ring", f"/nodes/{i}")
            break
    for i, scene in enumerate(said.get("scenes") or []):
        for n, root in enumerate(scene.get("nodes") or []):
            if root in above:
                issues.tell("node-not-root", f"/scenes/{i}/nodes/{n}", got=root)


def _decomposable(axes: Matrix) -> bool:
    """Return whether three axes are at right angles, none of them 0: a turn and a scale."""
    lengths = np.linalg.norm(axes, axis=1)
    if not bool((lengths > 0).all()):
        return False
    units = axes / lengths[:, None]
    return bool(np.allclose(units @ units.T, np.eye(3), atol=5e-4))


def transform_of(node: dict[str, Any]) -> Matrix:
    """Return the transform of a node, for column vectors."""
    if node.get("matrix") is not None:
        return np.asarray(node["matrix"], np.float64).reshape(4, 4).T
    out = np.eye(4)
    x, y, z, w = node.get("rotation") or (0.0, 0.0, 0.0, 1.0)
    out[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    out[:3, :3] *= np.asarray(node.get("scale") or (1.0, 1.0, 1.0))
    out[:3, 3] = node.get("translation") or (0.0, 0.0, 0.0)
    return out


def placed(said: dict[str, Any]) -> list[tuple[Matrix, dict[str, Any]]]:
    """Return the nodes with meshes that the default scene shows, each with its transform."""
    nodes, scenes = said.get("nodes") or [], said.get("scenes") or []
    which = said.get("scene")
    shown = scenes if which is None else scenes[which : which + 1]
    waiting = [(i, np.eye(4)) for scene in shown for i in scene.get("nodes") or []]
    found = []
    met: set[int] = set()
    while waiting:
        index, above = waiting.pop()
        if index in met or index >= len(nodes):
            continue
        met.add(index)
        matrix = above @ transform_of(nodes[index])
        if nodes[index].get("mesh") is not None:
            found.append((matrix, nodes[index]))
        waiting += [(below, matrix) for below in nodes[index].get("children") or []]
    return found
