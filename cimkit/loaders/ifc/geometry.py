"""Triangles of IFC products: shared shapes about their own centre, and where each stands."""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.model import Problem

__all__ = ["Element", "Part", "elements", "has_body"]

Reals = npt.NDArray[np.float64]

# Fast kernels silently drop what they cannot do; the hybrid hands that to OpenCASCADE, and what is
# still missing is tried there once more. The manifold kernel is as fast as cgal-simple, but ends
# the process on some faceted breps (ifcopenshell 0.9).
_KERNELS = ("hybrid-cgal-simple-opencascade", "opencascade")
_BODIES = {"", "Body", "Facetation", "Tessellation", "Surface", "Body-FallBack", "Mesh"}
_FLAT = {
    "Annotation2D",
    "BoundingBox",
    "Curve",
    "Curve2D",
    "Curve3D",
    "FillArea",
    "GeometricCurveSet",
    "GeometricSet",
    "Point",
    "PointCloud",
    "Segment",
    "Text",
}
_NO_SHAPE = {"Axis", "Box", "Clearance", "FootPrint", "Annotation", "Plan", "Reference", "CoG"}


@dataclass(frozen=True, slots=True)
class Part:
    """Triangles of one material."""

    shape_id: str
    """Hash of positions and indices: equal shapes have the same."""
    centre: Reals
    """(3,) middle of the box in the shape's own system, metres; positions are relative to it."""
    positions: npt.NDArray[np.float32]
    """(n, 3) metres about the centre."""
    indices: npt.NDArray[np.uint32]
    """(m, 3) corners, counter-clockwise from outside."""
    color: tuple[float, float, float, float] | None
    """RGBA, 0 to 1, linear; None if the file gives no style."""


@dataclass(frozen=True, slots=True)
class Element:
    """The shape of one product."""

    number: int
    """Its instance number."""
    matrix: Reals
    """(4, 4), shape to model, metres."""
    vertices: Reals
    """(n, 3) of all parts in the model's system, metres."""
    parts: tuple[Part, ...]
    """One for each material."""


def has_body(product: Any) -> bool:
    """Tell whether a product is represented by surfaces or solids, so that triangles are due."""
    if product.Representation is None:
        return False
    for shape in product.Representation.Representations or ():
        if (
            (shape.RepresentationIdentifier or "") in _BODIES
            and (shape.RepresentationType or "") not in _FLAT
            and shape.Items
        ):
            return True
    return False


def elements(
    model: Any, products: Sequence[Any], threads: int, problems: list[Problem]
) -> Iterator[Element]:
    """Triangulate products; each that has a shape is given once, in no particular order.

    Parameters
    ----------
    model : ifcopenshell.file
    products : sequence of IfcProduct
        Those wanted.
    threads : int
    problems : list of Problem
        ``geometry-failed`` is appended for each product with a body that no kernel could do.
    """
    left = {p.id(): p for p in products}
    said = ""
    for kernel in _KERNELS:
        cache: dict[str, tuple[Part, ...]] = {}  # of this kernel: the next may do what it could not
        wanted = [p for p in left.values() if has_body(p)]
        if not wanted:
            break
        shapes = _run(model, wanted, threads, kernel)
        while True:
            try:
                with _silence():
                    shape = next(shapes, None)
            except RuntimeError as error:  # a kernel that gives up on the whole run
                said = str(error)
                break
            if shape is None:
                break
            element = _element(shape, cache)
            if element is not None and left.pop(element.number, None) is not None:
                yield element
    for product in left.values():
        if has_body(product):
            problems.append(
                Problem(
                    code="geometry-failed",
                    message=f"{product.is_a()} has a body that no geometry kernel could build.",
                    severity="error",
                    place=product.GlobalId or f"#{product.id()}",
                    got=said[:200] or "no triangles",
                    expected="triangles",
                    hint=f"Look at the representation of #{product.id()} in the authoring tool.",
                )
            )


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what the kernels print to the process's stdout off it: there it would be data."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.close(sink)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _run(model: Any, products: list[Any], threads: int, kernel: str) -> Iterator[Any]:
    make: Any = importlib.import_module("ifcopenshell.geom")  # its annotations are too narrow
    settings = make.settings()
    settings.set("apply-default-materials", False)
    iterator = make.iterator(settings, model, threads, include=products, geometry_library=kernel)
    if not iterator.initialize():
        return
    while True:
        shape = iterator.get()
        if shape.context not in _NO_SHAPE:
            yield shape
        if not iterator.next():
            return


def _element(shape: Any, cache: dict[str, tuple[Part, ...]]) -> Element | None:
    geometry = shape.geometry
    vertices = np.frombuffer(geometry.verts_buffer, np.float64).reshape(-1, 3)
    parts = cache.get(geometry.id)
    if parts is None:
        parts = cache[geometry.id] = _parts(geometry, vertices)
    if not parts:
        return None
    matrix = np.frombuffer(shape.transformation_buffer, np.float64).reshape(4, 4, order="F")
    if not np.isfinite(matrix).all():
        return None
    used = vertices[np.isfinite(vertices).all(axis=1)]
    return Element(shape.id, matrix.copy(), used @ matrix[:3, :3].T + matrix[:3, 3], parts)


def _parts(geometry: Any, vertices: Reals) -> tuple[Part, ...]:
    faces = np.frombuffer(geometry.faces_buffer, np.int32).reshape(-1, 3)
    if not len(faces):
        return ()
    # A triangle with a corner at infinity is no triangle.
    finite = np.asarray(np.isfinite(vertices).all(axis=1))
    sound = finite[faces].all(axis=1)
    materials = np.frombuffer(geometry.material_ids_buffer, np.int32)
    colors = np.frombuffer(geometry.colors_buffer, np.float64).reshape(-1, 4)
    if len(materials) != len(faces) or not len(colors):
        materials, colors = np.zeros(len(faces), np.int32), np.full((1, 4), np.nan)
    # Styles of one look are one part; the last row stands for faces without a style.
    colors, looks = np.unique(
        np.vstack([colors, np.full((1, 4), np.nan)]), axis=0, return_inverse=True
    )
    look = looks.ravel()[np.where(materials < 0, -1, materials)]
    found = []
    for index in np.unique(look[sound]):
        chosen = faces[sound & (look == index)]
        found.append(_part(vertices, chosen, _linear(colors[index])))
    return tuple(found)


def _part(
    vertices: Reals,
    faces: npt.NDArray[np.int32],
    color: tuple[float, float, float, float] | None,
) -> Part:
    used, flat = np.unique(faces, return_inverse=True)
    corners = vertices[used]
    centre = (corners.min(axis=0) + corners.max(axis=0)) / 2
    # To a micrometre, so that noise in the last bit does not make two shapes of one; + 0.0: no -0.
    positions = (np.round(corners - centre, 6) + 0.0).astype(np.float32)
    indices = flat.reshape(-1, 3).astype(np.uint32)
    digest = hashlib.sha256(positions.tobytes())
    digest.update(indices.tobytes())
    return Part(digest.hexdigest()[:32], centre, positions, indices, color)


def _linear(rgba: Reals) -> tuple[float, float, float, float] | None:
    """Return linear RGBA of the sRGB colour of a style; None for an unset one."""
    if not np.isfinite(rgba[:3]).all():
        return None
    rgb = np.clip(rgba[:3], 0.0, 1.0)
    rgb = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    alpha = float(np.clip(rgba[3], 0.0, 1.0)) if np.isfinite(rgba[3]) else 1.0
    return float(rgb[0]), float(rgb[1]), float(rgb[2]), alpha
