"""Copies of a mesh (EXT_mesh_gpu_instancing): what they are made of, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.checks._tiles3d.issues import Issues

if TYPE_CHECKING:
    from cimkit.checks._tiles3d.accessors import Accessors

__all__ = ["check_copies", "copied"]

Array = npt.NDArray[np.float64]

_MANY = 5_000_000
_REAL = 5126
_MOST = {5120: 127.0, 5122: 32767.0}
_FORMS = {
    "TRANSLATION": ("VEC3", (_REAL,)),
    "ROTATION": ("VEC4", (_REAL, *_MOST)),
    "SCALE": ("VEC3", (_REAL,)),
}


def check_copies(said: dict[str, Any], accessors: Accessors, issues: Issues) -> None:
    """Tell of attributes of copies that are stored otherwise than they may, or too few."""
    for i, node in enumerate(said.get("nodes") or []):
        copies = (node.get("extensions") or {}).get("EXT_mesh_gpu_instancing")
        if copies is None:
            continue
        at = f"/nodes/{i}/extensions/EXT_mesh_gpu_instancing"
        if node.get("mesh") is None:
            issues.tell("member-missing", f"/nodes/{i}", expected="mesh")
        attributes = copies.get("attributes") if isinstance(copies, dict) else None
        if not isinstance(attributes, dict) or not attributes:
            issues.tell("member-missing", at, expected="attributes")
            continue
        counts = {}
        for name, index in attributes.items():
            place = f"{at}/attributes/{name}"
            if not isinstance(index, int) or not 0 <= index < len(accessors.listed):
                issues.tell("index-beyond", place, got=index, expected=f"< {len(accessors.listed)}")
                continue
            accessor = accessors.listed[index]
            counts[name] = int(accessor["count"])
            if name not in _FORMS:
                if not name.startswith("_"):
                    issues.tell("attribute-unknown", place, got=name)
                continue
            kind, components = _FORMS[name]
            component = accessor["componentType"]
            whole = component != _REAL
            right = accessor["type"] == kind and component in components
            if not right or bool(accessor.get("normalized")) != whole:
                got = f"{accessor['type']} {component}"
                issues.tell("attribute-form", place, got=got, expected=f"{kind} {components}")
        if len(set(counts.values())) > 1:
            got = ", ".join(f"{name} {count}" for name, count in counts.items())
            issues.tell("attribute-counts", at, got=got)


def copied(points: Array, said: dict[str, Any], accessors: Accessors) -> Array | None:
    """Return the vertices of a mesh wherever a copy of it stands, shape (n, 3).

    None if the copies cannot be read, or are too many.
    """
    attributes = said.get("attributes") or {}
    read = {name: _values(attributes[name], accessors) for name in _FORMS if name in attributes}
    if not read or any(values is None for values in read.values()):
        return None
    given = {name: values for name, values in read.items() if values is not None}
    many = {len(values) for values in given.values()}
    if len(many) != 1 or max(many) * len(points) > _MANY:
        return None
    points = np.broadcast_to(points, (many.pop(), *points.shape))
    if "SCALE" in given:
        points = points * given["SCALE"][:, None]
    if "ROTATION" in given:
        points = np.einsum("nij,nkj->nki", _turns(given["ROTATION"]), points)
    if "TRANSLATION" in given:
        points = points + given["TRANSLATION"][:, None]
    return points.reshape(-1, 3)


def _values(index: Any, accessors: Accessors) -> Array | None:
    values = accessors.values(index)
    if values is None:
        return None
    component = accessors.listed[index]["componentType"]
    return values.astype(np.float64) / _MOST.get(component, 1.0)


def _turns(quaternions: Array) -> Array:
    """Rotations of unit quaternions x, y, z, w: shape (n, 3, 3), for column vectors."""
    length = np.linalg.norm(quaternions, axis=1, keepdims=True)
    x, y, z, w = (quaternions / np.maximum(length, 1e-12)).T
    return np.stack(
        [
            np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], axis=1),
            np.stack([2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], axis=1),
            np.stack([2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], axis=1),
        ],
        axis=1,
    )
