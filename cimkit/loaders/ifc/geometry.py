"""Triangulation of the products of an IFC model, by one kernel after the other."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cimkit.loaders.ifc.quiet import silence
from cimkit.loaders.ifc.shapes import Element, Part, parts_of
from cimkit.loaders.ifc.unbuilt import Unbuilt

__all__ = ["KERNELS", "elements", "threads_for"]

# Fast kernels silently drop what they cannot do; the hybrid hands that to OpenCASCADE, and what is
# still missing is tried there once more. The manifold kernel is as fast as cgal-simple, but ends
# the process on some faceted breps (ifcopenshell 0.9).
KERNELS = ("hybrid-cgal-simple-opencascade", "opencascade")
_NO_SHAPE = {"Axis", "Box", "Clearance", "FootPrint", "Annotation", "Plan", "Reference", "CoG"}
_LARGE = 5 << 20
_AT_ONCE = 128
"""Shapes between two switches of the standard output."""


def threads_for(size: int) -> int:
    """Return the threads for the kernels of a file of so many bytes.

    Two at most, for there is a worker process for each core.
    """
    return min(2, os.cpu_count() or 1) if size > _LARGE else 1


def elements(
    model: Any, products: Sequence[Any], threads: int, unbuilt: Unbuilt
) -> Iterator[Element]:
    """Triangulate products, in no particular order.

    Of several representations the context that comes first is taken, as a whole: a product with two
    bodies is given twice.

    Parameters
    ----------
    model : ifcopenshell.file
    products : sequence of IfcProduct
        Those whose triangles are due.
    threads : int
    unbuilt : Unbuilt
        What no kernel could do, or place, and what reaches beyond all bounds is added.
    """
    left = {p.id(): p for p in products}
    taken: dict[int, str] = {}
    for kernel in KERNELS:
        if not left:
            break
        shapes = _run(model, list(left.values()), threads, kernel)
        while True:
            try:
                with silence():
                    batch = next(shapes, None)
            except RuntimeError as error:  # a kernel that gives up on the whole run
                unbuilt.said = str(error)
                break
            if batch is None:
                break
            for context, element in batch:
                if left.pop(element.number, None) is not None:
                    taken[element.number] = context
                if taken[element.number] == context:
                    if element.torn:
                        unbuilt.torn[element.number] = element.torn
                    yield element
    with silence():
        sound = [p.id() for p in _placeable(model, list(left.values()))]
    unbuilt.failed += sound
    unbuilt.astray += [n for n in left if n not in set(sound)]


def _placeable(model: Any, products: list[Any]) -> list[Any]:
    """Return the products whose placement the engine can work out."""
    from cimkit.loaders.ifc.curves import CurveReader

    reader = CurveReader(model, 1.0) if products else None
    return [
        p
        for p in products
        if p.ObjectPlacement is None or (reader and reader.matrix(p.ObjectPlacement) is not None)
    ]


def _run(
    model: Any, products: list[Any], threads: int, kernel: str
) -> Iterator[list[tuple[str, Element]]]:
    make: Any = importlib.import_module("ifcopenshell.geom")  # its annotations are too narrow
    settings = make.settings()
    settings.set("apply-default-materials", False)
    iterator = make.iterator(settings, model, threads, include=products, geometry_library=kernel)
    if not iterator.initialize():
        # One product that it cannot place costs the kernel all the others.
        sound = _placeable(model, products)
        if 0 < len(sound) < len(products):
            yield from _run(model, sound, threads, kernel)
        return
    cache: dict[
        str, tuple[tuple[Part, ...], int]
    ] = {}  # of this kernel: the next may do what it could not
    batch: list[tuple[str, Element]] = []
    while True:
        shape = iterator.get()
        context = shape.context
        if context not in _NO_SHAPE:
            element = _element(shape, cache)
            if element is not None:
                batch.append((context, element))
        if len(batch) >= _AT_ONCE:
            yield batch
            batch = []
        if not iterator.next():
            yield batch
            return


def _element(shape: Any, cache: dict[str, tuple[tuple[Part, ...], int]]) -> Element | None:
    geometry = shape.geometry
    key = geometry.id
    found = cache.get(key)
    if found is None:
        found = cache[key] = parts_of(geometry)
    parts, torn = found
    if not parts:
        return None
    matrix = np.frombuffer(shape.transformation_buffer, np.float64).reshape(4, 4, order="F")
    return Element(shape.id, matrix, parts, torn) if np.isfinite(matrix).all() else None
