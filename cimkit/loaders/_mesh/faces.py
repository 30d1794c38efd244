"""Vertices and faces of a mesh in a file, for city models that put it in many places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["faces_of"]

Reals = npt.NDArray[np.float64]
_BY_OPEN3D = (".stl", ".off", ".ply", ".glb", ".gltf", ".fbx")
_LARGEST = 64_000_000
"""Bytes of a mesh that are read."""


def faces_of(file: Path) -> tuple[Reals, list[list[int]]]:
    """Return vertices, z up, and the faces between them.

    Parameters
    ----------
    file : Path
        OBJ, STL, OFF, PLY, glTF or FBX.

    Raises
    ------
    ValueError
        If it is of another format, too large, or holds no face.
    """
    suffix = file.suffix.lower()
    if suffix != ".obj" and suffix not in _BY_OPEN3D:
        raise ValueError(f"{suffix or 'its format'} is not read")
    if file.stat().st_size > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST // 1_000_000} MB")
    points, faces = _obj(file) if suffix == ".obj" else _triangles(file)
    if not faces or not np.isfinite(points).all():
        raise ValueError("it has no face, or vertices that are no numbers")
    return points, faces


def _obj(file: Path) -> tuple[Reals, list[list[int]]]:
    points: list[list[float]] = []
    faces: list[list[int]] = []
    text = file.read_bytes().replace(b"\\\r\n", b" ").replace(b"\\\n", b" ")
    for line in text.splitlines():
        words = line.split()
        if len(words) > 3 and words[0] == b"v":
            points.append([float(w) for w in words[1:4]])
        elif len(words) > 3 and words[0] == b"f":
            corners = [int(w.partition(b"/")[0]) for w in words[1:]]
            faces.append([c - 1 if c > 0 else len(points) + c for c in corners])
    if any(not 0 <= c < len(points) for face in faces for c in face):
        raise ValueError("faces have corners that there are not")
    return np.array(points, np.float64).reshape(-1, 3), faces


def _triangles(file: Path) -> tuple[Reals, list[list[int]]]:
    import open3d as o3d

    with o3d.utility.VerbosityContextManager(o3d.utility.VerbosityLevel.Error):
        mesh = o3d.io.read_triangle_mesh(file)
    points = np.asarray(mesh.vertices, np.float64)
    if file.suffix.lower() in (".glb", ".gltf"):  # whose y is up
        points = points[:, [0, 2, 1]] * [1.0, -1.0, 1.0]
    faces: list[list[int]] = np.asarray(mesh.triangles).tolist()
    return points, faces
