"""Points as glTF, their measurements as property attributes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.tiles.glb import ARRAY_BUFFER, Glb
from cimkit.tiles.metadata import POINT, schema_json

__all__ = ["cloud_glb"]


def cloud_glb(local: npt.NDArray[np.float32], points: npt.NDArray[Any], has: set[str]) -> bytes:
    """Write points as glTF.

    Parameters
    ----------
    local : ndarray, shape (n, 3)
        East, north, up in the tile's frame, metres.
    points : structured ndarray, shape (n,)
        ``rgba``, ``intensity`` and ``class``.
    has : set of str
        Which of ``rgb``, ``intensity`` and ``class`` the cloud really has.
    """
    glb = Glb()
    # glTF is y-up; 3D Tiles turns (x, y, z) into (x, -z, y).
    attributes = {
        "POSITION": glb.attribute(np.stack([local[:, 0], local[:, 2], -local[:, 1]], axis=1))
    }
    if "rgb" in has:
        attributes["COLOR_0"] = glb.attribute(points["rgba"], normalized=True)
    primitive: dict[str, Any] = {"attributes": attributes, "mode": 0, "material": 0}
    measured = [p for p in POINT if {"classification": "class"}.get(p.name, p.name) in has]
    if measured:
        # An attribute begins at a multiple of 4 bytes, so two small ones share 8.
        pair = np.zeros((len(points), 2), "<u4")
        pair[:, 0], pair[:, 1] = points["intensity"], points["class"]
        view = glb.view(pair.tobytes(), target=ARRAY_BUFFER, stride=8)
        listed = {}
        for p in measured:
            kind, offset = ("<u2", 0) if p.name == "intensity" else ("u1", 4)
            semantic = f"_{p.name.upper()}"
            attributes[semantic] = glb.accessor(view, kind, 1, len(points), offset=offset)
            listed[p.name] = {"attribute": semantic}
        glb.use(
            "EXT_structural_metadata",
            {
                "schema": schema_json({"point": tuple(measured)}),
                "propertyAttributes": [{"class": "point", "properties": listed}],
            },
        )
        primitive["extensions"] = {"EXT_structural_metadata": {"propertyAttributes": [0]}}
    glb.use("KHR_materials_unlit")
    glb.root |= {
        "materials": [
            {
                "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 1.0},
                "extensions": {"KHR_materials_unlit": {}},
            }
        ],
        "meshes": [{"primitives": [primitive]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
        "scene": 0,
    }
    return glb.to_bytes()
