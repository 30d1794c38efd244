"""Faces, profiles and curves: boundaries that cross, faces that are bent, double points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cimkit.checks.ifc_valid.crossings import close_pairs, crossed
from cimkit.checks.ifc_valid.outcome import Found
from cimkit.checks.ifc_valid.outlines import curve_points, indexed_points, outline
from cimkit.checks.ifc_valid.statements import Lists

if TYPE_CHECKING:
    from cimkit.checks.ifc_valid.model import Model

__all__ = ["TESTS"]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]


_FLAT = 1e-6
"""Metres that a face may always be off its plane: what rounded coordinates make of it."""


def _closed(points: Float) -> Float:
    """Leave out the last point where it is the first again."""
    return points[:-1] if len(points) > 1 and (points[0] == points[-1]).all() else points


def _near(model: Model, numbers: Int) -> list[float]:
    return [model.precision(model.file.by_id(int(n))) for n in numbers] if len(numbers) else []


def _point_lists(model: Model, name: str) -> tuple[Int, Lists, Lists]:
    """Return curves of points: their numbers, the points they name, and where those lie."""
    text = model.statements
    lists = text.reference_lists(name, 0)
    numbers, xyz = text.points()
    if not len(numbers) or not len(lists.values):
        return text.ids(name), lists, Lists(lists.starts, np.zeros((len(lists.values), 3)))
    at = np.minimum(np.searchsorted(numbers, lists.values), len(numbers) - 1)
    return text.ids(name), lists, Lists(lists.starts, xyz[at])


def _faces(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    numbers, _names, points = model.shared("loops", lambda: _point_lists(model, "IFCPOLYLOOP"))
    found.look(len(numbers))
    keep = points.sizes > 3  # a triangle cannot cross itself
    rings = [points.values[points.starts[n] : points.starts[n + 1]] for n in np.flatnonzero(keep)]
    for n in crossed(rings, _near(model, numbers[keep])):
        found.fail(model.file.by_id(int(numbers[keep][n])), f"IfcPolyLoop, {len(rings[n])}")


def _polygons(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for faces in model.of("IfcPolygonalFaceSet"):
        points = np.asarray(faces.Coordinates.CoordList, dtype=np.float64)
        again = np.asarray(faces.PnIndex, dtype=np.int64) - 1 if faces.PnIndex else None
        rings, owners = [], []
        for face in faces.Faces:
            loops = [face.CoordIndex]
            if face.is_a("IfcIndexedPolygonalFaceWithVoids"):
                loops += face.InnerCoordIndices
            for loop in loops:
                at = np.asarray(loop, dtype=np.int64) - 1
                rings.append(_closed(points[at if again is None else again[at]]))
                owners.append(face)
        found.look(len(faces.Faces))
        near = model.precision(faces)
        for n in crossed(rings, [near] * len(rings)):
            found.fail(owners[n], f"{owners[n].is_a()}, {len(rings[n])}")


def _profiles(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    rings, owners = [], []
    for profile in model.of("IfcArbitraryClosedProfileDef"):
        for curve in (profile.OuterCurve, *(getattr(profile, "InnerCurves", None) or ())):
            found.look()
            points = outline(model, curve)
            if points is None:
                continue
            rings.append(_closed(points))
            owners.append(curve)
    near = [model.precision(curve) for curve in owners]
    for n in crossed(rings, near):
        found.fail(owners[n], f"{owners[n].is_a()}, {len(rings[n])}")


def _planes(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    """Fit each face the plane of its largest ring, and see how far its points are from it."""
    text = model.statements
    numbers, _names, points = model.shared("loops", lambda: _point_lists(model, "IFCPOLYLOOP"))
    faces, bounds = text.ids("IFCFACE"), text.reference_lists("IFCFACE", 0)
    if not len(faces) or not len(numbers):
        return
    found.look(len(faces))
    held = ("IFCFACEOUTERBOUND", "IFCFACEBOUND")
    loop_of = dict(
        zip(
            text.ids(*held).tolist(),
            np.concatenate([text.references(name, 0) for name in held]).tolist(),
            strict=True,
        )
    )
    row_of = dict(zip(numbers.tolist(), range(len(numbers)), strict=True))
    rows = np.array([row_of.get(loop_of.get(b, 0), -1) for b in bounds.values.tolist()])
    owner = np.repeat(np.arange(len(faces)), bounds.sizes)[rows >= 0]
    rows = rows[rows >= 0]
    sizes = points.sizes
    first = points.values[points.starts[:-1][sizes > 0]]
    origin = np.zeros((len(sizes), 3))
    origin[sizes > 0] = first
    normals = _newell(points, origin)
    area = np.linalg.norm(normals, axis=1)
    order = np.lexsort((-area[rows], owner))
    _owner, lead = np.unique(owner[order], return_index=True)
    plane = np.full(len(faces), -1)
    plane[owner[order][lead]] = rows[order][lead]
    base = plane[owner]
    unit = normals[base] / np.maximum(area[base], 1e-300)[:, None]
    spans = sizes[rows]
    at = np.repeat(points.starts[rows] - np.concatenate([[0], np.cumsum(spans)[:-1]]), spans)
    each = points.values[at + np.arange(len(at))]
    off = np.abs(
        ((each - np.repeat(origin[base], spans, axis=0)) * np.repeat(unit, spans, axis=0)).sum(1)
    )
    worst = np.zeros(len(faces))
    np.maximum.at(worst, np.repeat(owner, spans), off)
    size = float(np.abs(points.values).max(initial=0.0))
    for n in np.flatnonzero(worst > max(1e-12 * size, min(model.precision(), 1e-9))):
        face = model.file.by_id(int(faces[n]))
        allowed = max(model.precision(face), 1e-9 * size, _FLAT / model.length_unit)
        if worst[n] > allowed:
            found.fail(face, f"{worst[n]:.4g}", f"≤ {allowed:g}")


def _newell(points: Lists, origin: Float) -> Float:
    """Return twice the area of each ring as a vector (Newell)."""
    sizes = points.sizes
    normals = np.zeros((len(sizes), 3))
    if not len(points.values):
        return normals
    here = points.values - np.repeat(origin, sizes, axis=0)
    after = np.empty_like(here)
    after[:-1] = here[1:]
    last = points.starts[1:][sizes > 0] - 1
    after[last] = here[points.starts[:-1][sizes > 0]]
    full = np.flatnonzero(sizes > 0)
    normals[full] = np.add.reduceat(np.cross(here, after), points.starts[:-1][full], axis=0)
    return normals


def _double(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    loops = model.shared("loops", lambda: _point_lists(model, "IFCPOLYLOOP"))
    _coinciding(model, found, *loops, may_close=False)
    lines = _point_lists(model, "IFCPOLYLINE")
    _coinciding(model, found, *lines, may_close=True)


def _coinciding(
    model: Model, found: Found, numbers: Int, names: Lists, points: Lists, *, may_close: bool
) -> None:
    found.look(len(numbers))
    if not len(points.values):
        return
    near = model.precision()
    curve = np.repeat(np.arange(len(numbers)), points.sizes)
    one, other = close_pairs(points.values, curve, near)
    if may_close:
        row = curve[one]
        ends = (one == points.starts[row]) & (other == points.starts[row + 1] - 1)
        for n in np.unique(row[ends & (names.values[one] != names.values[other])]):
            first, last = names.values[points.starts[n]], names.values[points.starts[n + 1] - 1]
            thing = model.file.by_id(int(numbers[n]))
            found.fail(thing, f"#{first} … #{last}", f"#{first} … #{first}")
        one, other = one[~ends], other[~ends]
    for n in np.unique(curve[one]):
        thing = model.file.by_id(int(numbers[n]))
        k = int(np.flatnonzero(curve[one] == n)[0])
        met = f"{one[k] - points.starts[n] + 1}, {other[k] - points.starts[n] + 1}"
        found.fail(thing, met, f"> {near:g}")


def _polycurves(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for curve in model.of("IfcIndexedPolyCurve"):
        found.look()
        points = indexed_points(curve)
        near = model.precision(curve)
        apart = np.linalg.norm(np.diff(points, axis=0), axis=1)
        if len(apart) and apart.min() < near:
            n = int(apart.argmin())
            found.fail(curve, f"{n + 1}, {n + 2}: {apart[n]:.4g}", f"> {near:g}")


def _arcs(model: Model, found: Found, _: Mapping[str, Any]) -> None:
    for curve in model.of("IfcIndexedPolyCurve"):
        found.look()
        points = curve_points(curve)
        near = model.precision(curve)
        for segment in curve.Segments or ():
            if segment.is_a() != "IfcArcIndex":
                continue
            one, middle, other = points[np.asarray(segment.wrappedValue, dtype=np.int64) - 1]
            chord = other - one
            length = float(np.linalg.norm(chord))
            high = float(np.linalg.norm(np.cross(chord, middle - one))) / length if length else 0.0
            if high < near:
                found.fail(curve, f"{high:.4g}", f"> {near:g}")
                break


TESTS = {
    "face-loops": _faces,
    "polygonal-loops": _polygons,
    "profile-loops": _profiles,
    "face-planes": _planes,
    "polyline-points": _double,
    "polycurve-points": _polycurves,
    "polycurve-arcs": _arcs,
}
