"""Triangulation of the products of an IFC model, by one kernel after the other."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cimkit.loaders.ifc.instances import key_of
from cimkit.loaders.ifc.quiet import silence
from cimkit.loaders.ifc.shapes import Element, Part, parts_of
from cimkit.model import Problem

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
    model: Any, products: Sequence[Any], threads: int, problems: list[Problem]
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
    problems : list of Problem
        ``geometry-failed`` is appended if there are products with a body that no kernel could do,
        ``geometry-torn`` if some of their triangles reach into the infinite,
        ``placement-failed`` if there are some that the kernels cannot place.
    """
    torn: dict[int, int] = {}
    left = {p.id(): p for p in products}
    taken: dict[int, str] = {}
    said = ""
    for kernel in KERNELS:
        if not left:
            break
        shapes = _run(model, list(left.values()), threads, kernel)
        while True:
            try:
                with silence():
                    batch = next(shapes, None)
            except RuntimeError as error:  # a kernel that gives up on the whole run
                said = str(error)
                break
            if batch is None:
                break
            for context, element in batch:
                if left.pop(element.number, None) is not None:
                    taken[element.number] = context
                if taken[element.number] == context:
                    if element.torn:
                        torn[element.number] = element.torn
                    yield element
    with silence():
        sound = _placeable(model, list(left.values()))
    astray = [p for n, p in left.items() if n not in {s.id() for s in sound}]
    if torn:
        problems.append(_torn([p for p in products if p.id() in torn], sum(torn.values())))
    if sound:
        problems.append(_failed(sound, said))
    if astray:
        problems.append(_astray(astray))


def _placeable(model: Any, products: list[Any]) -> list[Any]:
    """Return the products whose placement the engine can work out."""
    from cimkit.loaders.ifc.curves import CurveReader

    reader = CurveReader(model, 1.0) if products else None
    return [
        p
        for p in products
        if p.ObjectPlacement is None or (reader and reader.matrix(p.ObjectPlacement) is not None)
    ]


def _astray(astray: list[Any]) -> Problem:
    return Problem(
        code="placement-failed",
        message=f"{len(astray)} objects have a placement that cannot be computed; their bodies "
        "are left out, for they stand nowhere.",
        severity="error",
        place=", ".join(key_of(p, {}) for p in astray[:5]),
        got=f"#{astray[0].ObjectPlacement.id()} {astray[0].ObjectPlacement.is_a()}",
        expected="a location and directions that are some",
        hint="Look at the placements of these objects in the authoring tool.",
    )


def _torn(products: list[Any], count: int) -> Problem:
    return Problem(
        code="geometry-torn",
        message=f"{len(products)} objects have triangles with corners beyond all bounds; these "
        "triangles are left out.",
        severity="error",
        place=", ".join(key_of(p, {}) for p in products[:5]),
        got=f"{count} triangles",
        hint="Look for coordinates and lengths of extreme size in these objects.",
    )


def _failed(left: list[Any], said: str) -> Problem:
    kinds = dict.fromkeys(p.is_a() for p in left)
    return Problem(
        code="geometry-failed",
        message=f"{', '.join(list(kinds)[:5])}: {len(left)} with a body that no geometry kernel "
        "could build.",
        severity="error",
        place=", ".join(key_of(p, {}) for p in left[:5]),
        got=said[:200] or f"{len(left)} without triangles",
        expected="triangles",
        hint=f"Look at the representation of #{left[0].id()} in the authoring tool.",
    )


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
