"""Where the contents of tiles lie: the positions they draw, in the frame of their tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.checks._tiles3d.copies import copied
from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.model import Model
from cimkit.checks._tiles3d.nodes import placed
from cimkit.checks._tiles3d.tile_tables import column

__all__ = ["Points", "instances", "points_of_model", "points_of_table"]

Array = npt.NDArray[np.float64]

# Models have y up (or, if the tileset says so, x); tiles have z up.
_UP = {
    "Y": np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]),
    "X": np.array([[0.0, 0, -1, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]),
    "Z": np.eye(4),
}


@dataclass(frozen=True, slots=True)
class Points:
    """Positions before a transform; they are moved only when their box is not enough."""

    local: Array
    """(n, 3)."""
    matrix: Array
    """(4, 4), to the frame of the tile."""

    def corners(self) -> Array:
        """Return the eight corners of their box, moved."""
        low, high = self.local.min(axis=0), self.local.max(axis=0)
        ends = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T
        return self._moved(ends)

    def all(self) -> Array:
        """Return them, moved."""
        return self._moved(self.local)

    def moved(self, by: Array) -> Points:
        """Return them somewhere else."""
        shift = np.eye(4)
        shift[:3, 3] = by
        return Points(self.local, shift @ self.matrix)

    def placed(self, by: Array) -> Points:
        """Return them under one transform more."""
        return Points(self.local, by @ self.matrix)

    def _moved(self, points: Array) -> Array:
        return points @ self.matrix[:3, :3].T + self.matrix[:3, 3]


def points_of_model(model: Model, axis: str, issues: Issues) -> list[Points]:
    """Return the positions of a model's vertices, those that can be read."""
    found: list[Points] = []
    up = _UP.get(str(axis).upper(), _UP["Y"])
    centre = (model.said.get("extensions") or {}).get("CESIUM_RTC")
    shift = np.eye(4)
    if isinstance(centre, dict) and isinstance(centre.get("center"), list):
        try:
            shift[:3, 3] = np.asarray(centre["center"], np.float64)
        except (TypeError, ValueError):
            issues.tell("type-wrong", "/extensions/CESIUM_RTC/center", got=centre["center"],
                        expected="number[3]")  # fmt: skip
    meshes = model.said.get("meshes") or []
    for matrix, node in placed(model.said):
        whole = shift @ up @ matrix
        copies = (node.get("extensions") or {}).get("EXT_mesh_gpu_instancing")
        for primitive in meshes[node["mesh"]]["primitives"]:
            local = _positions(primitive, model, issues)
            if local is None or not len(local):
                continue
            if copies is None:
                found.append(Points(local, whole))
                continue
            drawn = copied(np.unique(local, axis=0), copies, model.accessors)
            if drawn is None:
                issues.unseen("inside", "copies-many")
            else:
                found.append(Points(drawn, whole))
    return found


def _positions(primitive: dict[str, Any], model: Model, issues: Issues) -> Array | None:
    index = primitive["attributes"].get("POSITION")
    if index is None:
        return None
    accessor = model.accessors.listed[index]
    values = None
    if "KHR_draco_mesh_compression" not in (primitive.get("extensions") or {}):
        values = model.accessors.values(index)
    if values is None:
        low, high = accessor.get("min"), accessor.get("max")
        if low is None or high is None:
            return None
        issues.unseen("inside", "positions-packed")
        values = np.asarray([low, high])
    local = values.astype(np.float64)
    if accessor.get("normalized") is True and accessor["componentType"] in (5120, 5121, 5122, 5123):
        local = local / {5120: 127, 5121: 255, 5122: 32767, 5123: 65535}[accessor["componentType"]]
    return local


def points_of_table(
    magic: str, said: dict[str, Any], many: int | None, binary: bytes, issues: Issues
) -> list[Points]:
    """Return the positions that a feature table has."""
    if not many:
        return []
    local = column(said, "POSITION", magic, many, binary)
    if "POSITION" in _packed(said):
        issues.unseen("inside", "positions-packed")
        return []
    if local is None:
        raw = column(said, "POSITION_QUANTIZED", magic, many, binary)
        offset = column(said, "QUANTIZED_VOLUME_OFFSET", magic, many, binary)
        scale = column(said, "QUANTIZED_VOLUME_SCALE", magic, many, binary)
        if raw is None or offset is None or scale is None:
            return []
        local = raw.astype(np.float64) / 65535 * scale + offset
    matrix = np.eye(4)
    centre = column(said, "RTC_CENTER", magic, many, binary)
    if centre is not None:
        matrix[:3, 3] = centre[0]
    local = local.astype(np.float64)
    return [Points(local, matrix)] if bool(np.isfinite(local).all()) else []


def _packed(said: dict[str, Any]) -> set[str]:
    inner = (said.get("extensions") or {}).get("3DTILES_draco_point_compression")
    return set((inner or {}).get("properties") or ()) if isinstance(inner, dict) else set()


def instances(
    said: dict[str, Any], many: int | None, binary: bytes, shapes: list[Points]
) -> list[Points]:
    """Return the corners of the boxes of a model's instances; nothing if they turn to the ground.

    ``EAST_NORTH_UP`` turns each by where it lies; the turn cannot leave the sphere around it, and
    is not followed.
    """
    if not many or not shapes or said.get("EAST_NORTH_UP") is True:
        return []
    silent = Issues()
    found = points_of_table("i3dm", said, many, binary, silent)
    if not found:
        return []
    corners = np.concatenate([shape.corners() for shape in shapes])
    turns = _turns(said, many, binary)
    scales = np.ones((many, 3))
    for name in ("SCALE", "SCALE_NON_UNIFORM"):
        given = column(said, name, "i3dm", many, binary)
        if given is not None:
            scales = scales * given.astype(np.float64)
    if turns is None:
        return []
    drawn = np.einsum("nij,nkj->nki", turns, corners[None] * scales[:, None])
    drawn += found[0].local[:, None]
    return [Points(drawn.reshape(-1, 3), found[0].matrix)]


def _turns(said: dict[str, Any], many: int, binary: bytes) -> Array | None:
    """Return how instances are turned, (n, 3, 3) for column vectors; None if it is not followed."""
    if "NORMAL_UP_OCT32P" in said:
        return None
    up, right = (column(said, k, "i3dm", many, binary) for k in ("NORMAL_UP", "NORMAL_RIGHT"))
    if up is None or right is None:
        return np.broadcast_to(np.eye(3), (many, 3, 3))
    up, right = up.astype(np.float64), right.astype(np.float64)
    forward = np.cross(right, up)
    return np.stack([right, up, forward], axis=2)
