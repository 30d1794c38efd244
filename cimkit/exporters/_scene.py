"""A scene of glTF: nodes by object, meshes that are shared, materials by colour."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.tiles.glb import Glb
from cimkit.tiles.mesh import face_normals, split_creases
from cimkit.tiles.solids import triangulate

__all__ = ["Color", "Scene", "y_up"]

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Color = tuple[float, float, float, float]
"""Linear RGBA from 0 to 1."""
_LINES, _POINTS = 1, 0
_TINY = 1e-20
"""Squared length of the normal of a triangle that is none, m⁴."""


def y_up(points: Reals) -> Reals:
    """Take x east, y north, z up to x east, y up, z south; shape (n, 3).

    Examples
    --------
    >>> y_up(np.array([[1.0, 2.0, 3.0]])).tolist()
    [[1.0, 3.0, -2.0]]
    """
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)


class Scene:
    """One glTF asset being put together. The same calls give the same bytes."""

    def __init__(self) -> None:
        self.glb = Glb()
        self.nodes: list[dict[str, Any]] = []
        self.meshes: list[dict[str, Any]] = []
        self.materials: list[dict[str, Any]] = []
        self._material_at: dict[Color, int] = {}
        self._shape_at: dict[Any, int | None] = {}
        self._buffers: dict[Any, tuple[dict[str, int], int, int] | None] = {}
        self.triangles = 0
        """That are drawn: a mesh counts as often as a node shows it."""
        self._of_mesh: list[int] = []

    def node(self, name: str, extras: dict[str, Any]) -> int:
        """Add an object and return its number."""
        self.nodes.append({"name": name, "extras": extras})
        return len(self.nodes) - 1

    def show(self, node: int, mesh: int, matrix: Reals | None = None) -> None:
        """Show a mesh at a node, with a matrix (4, 4) for column vectors at a node below it."""
        self.triangles += self._of_mesh[mesh]
        if matrix is None:
            self.nodes[node]["mesh"] = mesh
            return
        below: dict[str, Any] = {"mesh": mesh}
        stored = matrix.astype(np.float32).astype(float)
        if not np.array_equal(stored, np.eye(4)):
            below["matrix"] = stored.T.ravel().tolist()
        self.nodes.append(below)
        self.nodes[node].setdefault("children", []).append(len(self.nodes) - 1)

    def surfaces(self, parts: dict[Color, list[list[Reals]]]) -> int | None:
        """Return a mesh of surfaces (rings of points, y up) by colour; None if none has an area."""
        primitives, count = [], 0
        for color, found in parts.items():
            vertices, indices, _ = triangulate(found)
            drawn = self._triangles(vertices, indices)
            if drawn is not None:
                attributes, index, faces = drawn
                primitives.append(
                    {
                        "attributes": attributes,
                        "indices": index,
                        "material": self._material(color),
                    }
                )
                count += faces
        return self._mesh(primitives, count)

    def shape(self, key: Any, positions: Reals, indices: Whole, color: Color) -> int | None:
        """Return the mesh of a shape in a colour, which all its copies share.

        Parameters
        ----------
        key : hashable
            Names the shape.
        positions : ndarray, shape (n, 3)
            About its own centre.
        indices : ndarray, shape (m, 3)
        color : tuple
        """
        if (key, color) not in self._shape_at:
            if key not in self._buffers:
                vertex, faces = split_creases(positions, indices)
                self._buffers[key] = self._triangles(positions[vertex], faces)
            drawn, mesh = self._buffers[key], None
            if drawn is not None:
                attributes, index, count = drawn
                said = {"attributes": attributes, "indices": index}
                mesh = self._mesh([said | {"material": self._material(color)}], count)
            self._shape_at[key, color] = mesh
        return self._shape_at[key, color]

    def lines(self, lines: list[Reals], color: Color) -> int | None:
        """Return a mesh of lines, each of shape (n, 3), y up."""
        parts = [line for line in lines if len(line) > 1]
        if not parts:
            return None
        starts = np.cumsum([0, *(len(line) for line in parts)])
        ends = np.concatenate(
            [
                np.stack([np.arange(a, b - 1), np.arange(a + 1, b)], axis=1)
                for a, b in pairwise(starts.tolist())
            ]
        )
        return self._thin(np.concatenate(parts), color, _LINES, ends)

    def points(self, points: Reals, color: Color) -> int | None:
        """Return a mesh of points, shape (n, 3), y up."""
        return self._thin(points, color, _POINTS, None) if len(points) else None

    def _thin(self, points: Reals, color: Color, mode: int, ends: Whole | None) -> int | None:
        said: dict[str, Any] = {
            "attributes": {"POSITION": self.glb.attribute(points.astype(np.float32))},
            "mode": mode,
            "material": self._material(color),
        }
        if ends is not None:
            # Of lines neither a target nor 16 bits make a difference.
            view = self.glb.view(ends.astype("<u4").tobytes(), target=34963)
            said["indices"] = self.glb.accessor(view, "<u4", 1, ends.size)
        return self._mesh([said], 0)

    def _triangles(
        self, positions: Reals, indices: Whole
    ) -> tuple[dict[str, int], int, int] | None:
        """Return attributes, indices and the number of triangles, None if none has an area."""
        stored = positions.astype(np.float32)
        normals = face_normals(stored.astype(np.float64), indices)
        solid = (normals * normals).sum(axis=1) > _TINY
        indices, normals = indices[solid], normals[solid]
        if not len(indices):
            return None
        used, back = np.unique(indices, return_inverse=True)
        faces = back.reshape(-1, 3)
        sums = np.stack(
            [
                np.bincount(faces.ravel(), np.repeat(normals[:, k], 3), minlength=len(used))
                for k in range(3)
            ],
            axis=1,
        )
        length = np.linalg.norm(sums, axis=1, keepdims=True)
        flat = length[:, 0] < 1e-12
        sums[flat], length[flat] = (0.0, 1.0, 0.0), 1.0
        attributes = {
            "POSITION": self.glb.attribute(stored[used]),
            "NORMAL": self.glb.attribute((sums / length).astype(np.float32)),
        }
        return attributes, self.glb.indices(faces), len(faces)

    def _mesh(self, primitives: list[dict[str, Any]], triangles: int) -> int | None:
        if not primitives:
            return None
        self.meshes.append({"primitives": primitives})
        self._of_mesh.append(triangles)
        return len(self.meshes) - 1

    def _material(self, color: Color) -> int:
        number = self._material_at.setdefault(color, len(self.materials))
        if number == len(self.materials):
            made: dict[str, Any] = {
                "pbrMetallicRoughness": {
                    "baseColorFactor": list(color),
                    "metallicFactor": 0.0,
                    "roughnessFactor": 0.9,
                },
                "doubleSided": True,  # delivered models are not always oriented
            }
            if color[3] < 1:
                made["alphaMode"] = "BLEND"
            self.materials.append(made)
        return number

    def to_bytes(self, extras: dict[str, Any], roots: list[int]) -> bytes:
        """Return the file; ``extras`` are those of the asset, ``roots`` the nodes under none."""
        root = self.glb.root
        root["asset"]["extras"] = extras
        for name, held in (
            ("nodes", self.nodes),
            ("meshes", self.meshes),
            ("materials", self.materials),
        ):
            if held:
                root[name] = held
        root["scenes"] = [{"nodes": roots}]
        root["scene"] = 0
        return self.glb.to_bytes()
