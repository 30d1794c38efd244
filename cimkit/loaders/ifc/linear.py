"""Lines of IFC products: alignments, axes, footprints, grids and annotations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.alignments import (
    DEPARTURE_M,
    RADIANS,
    departure,
    departure_problem,
    design_lines,
    in_radians,
)
from cimkit.loaders.ifc.curves import CurveReader
from cimkit.loaders.ifc.frames import frame
from cimkit.loaders.ifc.origins import known_frames
from cimkit.loaders.ifc.quiet import silence
from cimkit.loaders.ifc.units import length_unit
from cimkit.model import Problem

__all__ = ["TOLERANCE_M", "lines"]

Reals = npt.NDArray[np.float64]
Line = tuple[int, str, Reals]
_Drawn = tuple[Any, list[tuple[str, Any]]]
"""A product, and name and item of each of its lines."""

TOLERANCE_M = 0.001
"""How far a chain of points may be from the curve it stands for."""
_BATCH = 256
_SETS = ("IfcGeometricCurveSet", "IfcGeometricSet")
# Their curves are drawn over the distance along the line, not over the ground.
_PROFILES = ("IfcAlignmentVerticalSegment", "IfcAlignmentCantSegment")


def lines(
    model: Any,
    products: Iterable[Any],
    tolerance_m: float = TOLERANCE_M,
    problems: list[Problem] | None = None,
) -> Iterator[Line]:
    """Yield the lines by which products are represented.

    Parameters
    ----------
    model : ifcopenshell.file
    products : iterable of IfcProduct
    tolerance_m : float
        How far a line may be from the curve.
    problems : list of Problem, optional
        ``curve-failed`` is appended if the engine cannot evaluate some,
        ``alignment-contradiction`` if alignments are drawn elsewhere than they are designed.

    Yields
    ------
    number : int
        Instance number of the product.
    representation : str
        Its identifier (Axis, FootPrint, Annotation ...), for `geometries.lod`.
    points : (n, 3) array
        Metres of the model; one point for an IfcCartesianPoint. A product may have several.
    """
    reader = CurveReader(model, tolerance_m)
    unit = length_unit(model)
    known = known_frames(model)
    failed: list[str] = []
    far: list[tuple[float, Any]] = []
    batch: list[_Drawn] = []
    for product in products:
        items = list(_items(product))
        if items:
            batch.append((product, items))
        if len(batch) == _BATCH:
            yield from _of(batch, reader, unit, known, failed, far)
            batch = []
    yield from _of(batch, reader, unit, known, failed, far)
    drawn = [(off, one) for off, one in far if one.Representation is not None]
    if drawn and problems is not None:
        problems.append(departure_problem(drawn))
    if failed and problems is not None:
        problems.append(
            Problem(
                "curve-failed",
                f"{len(failed)} curves could not be evaluated; their objects have no line.",
                "error",
                ", ".join(failed[:5]) + (" …" if len(failed) > 5 else ""),
                hint=RADIANS
                if any(one.Representation is None and in_radians(one) for _, one in far)
                else "Look at the curve in the authoring tool; are its segments complete?",
            )
        )


def _items(product: Any) -> Iterator[tuple[str, Any]]:
    """Yield representation and item of each curve and point of a product; of an alignment without
    any its lines, or None if they are not known."""
    design = getattr(product, "DesignParameters", None)
    if design is not None and design.is_a() in _PROFILES:
        return
    held = getattr(product, "Representation", None)
    if held is None:
        yield from design_lines(product) if product.is_a("IfcAlignment") else _axes(product)
        return
    # In a damaged file a reference may lead to an instance of any class.
    for shape in getattr(held, "Representations", None) or ():
        if not shape.is_a("IfcRepresentation"):
            continue
        name = shape.RepresentationIdentifier or shape.RepresentationType or ""
        for item in shape.Items or ():
            for one in _flat(item, 0):
                yield name, one


def _axes(product: Any) -> Iterator[tuple[str, Any]]:
    """Yield the curves of a grid that is not drawn besides."""
    if product.is_a("IfcGrid"):
        for axes in (product.UAxes, product.VAxes, product.WAxes):
            for axis in axes or ():
                curve = getattr(axis, "AxisCurve", None)
                if curve is not None and curve.is_a("IfcCurve"):
                    yield "Axis", curve


def _flat(item: Any, depth: int) -> Iterator[Any]:
    if item.is_a() in _SETS and depth < 8:
        for inner in item.Elements or ():
            yield from _flat(inner, depth + 1)
    elif item.is_a("IfcCurve") or item.is_a("IfcSegment") or item.is_a("IfcCartesianPoint"):
        yield item
    elif item.is_a("IfcCompositeCurveSegment") and item.ParentCurve is not None:
        yield item.ParentCurve
    elif item.is_a("IfcVertexPoint") or item.is_a("IfcEdge"):
        yield from _topology(item)
    elif item.is_a("IfcPath"):
        for edge in item.EdgeList or ():
            yield from _topology(edge)
    elif item.is_a("IfcMappedItem") and depth < 8:
        mapped = getattr(item.MappingSource, "MappedRepresentation", None)
        inner = getattr(mapped, "Items", None) or ()
        if inner and all(any(True for _ in _flat(i, depth + 1)) for i in inner):
            yield item  # the engine applies its target


def _topology(item: Any) -> Iterator[Any]:
    """Yield the point of a vertex, the line of an edge: of structural connections and members."""
    if item.is_a("IfcVertexPoint"):
        point = item.VertexGeometry
        if point is not None and point.is_a("IfcCartesianPoint"):
            yield point
        return
    edge = item.EdgeElement if item.is_a("IfcOrientedEdge") else item
    curve = getattr(edge, "EdgeGeometry", None)
    if curve is not None and curve.is_a("IfcBoundedCurve"):
        yield curve
        return
    ends = [getattr(v, "VertexGeometry", None) for v in (edge.EdgeStart, edge.EdgeEnd)]
    if all(end is not None and end.is_a("IfcCartesianPoint") for end in ends):
        unit = length_unit(item.file)
        yield np.concatenate([_point(end, unit) for end in ends])


def _of(
    drawn: list[_Drawn],
    reader: CurveReader,
    unit: float,
    known: dict[int, Any],
    failed: list[str],
    far: list[tuple[float, Any]],
) -> list[Line]:
    found: list[Line] = []
    with silence():
        for product, items in drawn:
            matrix = frame(getattr(product, "ObjectPlacement", None), known)
            if matrix is None and product.ObjectPlacement is not None:
                continue  # its placement is broken; that is told of elsewhere
            world = np.eye(4) if matrix is None else matrix.copy()
            world[:3, 3] *= unit
            curves: list[Reals] = []
            for name, item in items:
                chains = _chains(item, unit, reader)
                if not chains and (item is None or not _is_empty(item)):
                    failed.append(f"#{(product if item is None else item).id()}")
                    if item is None:
                        far.append((float("inf"), product))
                curves += chains if product.Representation is not None else []
                for points in chains:
                    moved = points @ world[:3, :3].T + world[:3, 3]
                    if np.isfinite(moved).all():
                        found.append((product.id(), name, moved))
            if curves and product.is_a("IfcAlignment"):
                off = departure(product, curves)
                if off > DEPARTURE_M:
                    far.append((off, product))
    return found


def _chains(item: Any, unit: float, reader: CurveReader) -> list[Reals]:
    if item is None:
        return []
    if isinstance(item, np.ndarray):
        return [item]
    return [_point(item, unit)] if item.is_a("IfcCartesianPoint") else reader.chains(item)


def _point(item: Any, unit: float) -> Reals:
    numbers = (*(float(v) for v in item.Coordinates), 0.0, 0.0)[:3]
    return np.array([numbers], dtype=np.float64) * unit


def _is_empty(item: Any) -> bool:
    """Tell whether a curve is of length nothing, as is the segment that ends a composite."""
    segments = getattr(item, "Segments", None)
    if segments and item.is_a("IfcCompositeCurve"):
        return all(_is_empty(segment) for segment in segments)
    length = getattr(item, "SegmentLength", None)
    return length is not None and getattr(length, "wrappedValue", length) == 0
