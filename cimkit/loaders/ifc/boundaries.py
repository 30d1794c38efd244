"""Space boundaries: what bounds a space, how, and along which surface."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders.ifc.curves import CurveReader
from cimkit.loaders.ifc.frames import axes_matrix, frame
from cimkit.loaders.ifc.instances import each, get, key_of, members, number
from cimkit.loaders.ifc.quiet import silence
from cimkit.loaders.ifc.units import length_unit
from cimkit.model import Problem

__all__ = ["boundaries", "boundary_rings"]

Json = dict[str, Any]
Reals = npt.NDArray[np.float64]
_NEAR_M = 1e-6
"""A ring whose ends are no farther apart is closed."""
_SPACE, _ELEMENT, _GEOMETRY = 4, 5, 6
_SAID = {"physical": 7, "side": 8, "parent": 9, "counterpart": 10}


def boundaries(model: Any) -> dict[int, list[Json]]:
    """Return what bounds each space, by its instance number.

    Parameters
    ----------
    model : ifcopenshell.file

    Returns
    -------
    dict
        ``id, class, name, level, element, physical, side, parent, counterpart`` of each boundary,
        as far as they are said; the others are named by their GlobalId.
    """
    found: dict[int, list[Json]] = {}
    for relation in each(model, "IfcRelSpaceBoundary"):
        told: Json = {"id": key_of(relation, {}), "class": relation.is_a()}
        texts = {"name": get(relation, 2), "level": get(relation, 3)}
        told |= {k: v for k, v in texts.items() if isinstance(v, str) and v}
        element = get(relation, _ELEMENT)
        if hasattr(element, "is_a"):
            told["element"] = key_of(element, {})
        for key, place in _SAID.items():
            value = get(relation, place)
            if hasattr(value, "is_a"):
                value = key_of(value, {})
            if value is not None and value != "NOTDEFINED":
                told[key] = value
        for space in members(get(relation, _SPACE)):
            found.setdefault(number(space), []).append(told)
    return found


def boundary_rings(
    model: Any, tolerance_m: float, problems: list[Problem]
) -> Iterator[tuple[int, str, Reals]]:
    """Yield the outlines of the surfaces along which spaces are bounded.

    Parameters
    ----------
    model : ifcopenshell.file
    tolerance_m : float
        How far an outline may be from a curve.
    problems : list of Problem
        ``representation-not-kept`` is appended for surfaces of other kinds than planes,
        extrusions and faces.

    Yields
    ------
    number : int
        Instance number of the space.
    name : str
        ``SpaceBoundary`` and the GlobalId of the relationship.
    points : (n, 3) array
        Closed, metres of the model.
    """
    reader: CurveReader | None = None
    unit = length_unit(model)
    frames: dict[int, Any] = {}
    lost: list[str] = []
    for relation in each(model, "IfcRelSpaceBoundary"):
        surface = getattr(get(relation, _GEOMETRY), "SurfaceOnRelatingElement", None)
        space = next(iter(members(get(relation, _SPACE))), None)
        if surface is None or space is None:
            continue
        reader = reader or CurveReader(model, tolerance_m)
        try:
            with silence():
                rings = list(_rings(surface, reader, unit))
        except (AttributeError, IndexError, TypeError, ValueError):
            rings = []  # it refers to things of other classes
        world = frame(getattr(space, "ObjectPlacement", None), frames)
        if not rings or world is None:
            lost.append(key_of(relation, {}))
            continue
        name = f"SpaceBoundary {key_of(relation, {})}"
        for ring in rings:
            yield number(space), name, ring @ world[:3, :3].T + world[:3, 3] * unit
    if lost:
        problems.append(
            Problem(
                "representation-not-kept",
                "Surfaces of space boundaries are of kinds that are not read; what bounds which "
                "space is kept.",
                "info",
                place=", ".join(lost[:5]),
                got=f"{len(lost)} surfaces",
                expected="planes bounded by curves, linear extrusions, faces",
            )
        )


def _rings(surface: Any, reader: CurveReader, unit: float) -> Iterator[Reals]:
    if not hasattr(surface, "is_a"):
        return
    if surface.is_a("IfcCurveBoundedPlane"):
        plane = axes_matrix(getattr(get(surface, 0), "Position", None), unit)
        if plane is None:
            return
        for curve in (get(surface, 1), *members(get(surface, 2))):
            for chain in reader.chains(curve) if curve is not None else ():
                yield _closed(chain @ plane[:3, :3].T + plane[:3, 3])
    elif surface.is_a("IfcSurfaceOfLinearExtrusion"):
        curve, ahead = getattr(get(surface, 0), "Curve", None), get(get(surface, 2), 0)
        place = axes_matrix(get(surface, 1), unit) if get(surface, 1) is not None else np.eye(4)
        depth = get(surface, 3)
        if curve is None or place is None or not isinstance(depth, float) or not ahead:
            return
        shift = np.array(ahead, np.float64) / np.linalg.norm(ahead) * depth * unit
        for chain in reader.chains(curve):
            ring = np.vstack([chain, (chain + shift)[::-1]])
            yield _closed(ring @ place[:3, :3].T + place[:3, 3])
    elif surface.is_a("IfcFaceBasedSurfaceModel"):
        for shell in members(get(surface, 0)):
            for face in members(get(shell, 0)):
                yield from _loops(face, unit)
    elif surface.is_a("IfcFace"):
        yield from _loops(surface, unit)


def _loops(face: Any, unit: float) -> Iterator[Reals]:
    for bound in members(get(face, 0)):
        points = [get(p, 0) for p in members(get(get(bound, 0), 0))]
        if len(points) > 2 and all(isinstance(p, tuple) and len(p) == 3 for p in points):
            yield _closed(np.array(points, dtype=np.float64) * unit)


def _closed(ring: Reals) -> Reals:
    closed = float(np.abs(ring[0] - ring[-1]).max()) <= _NEAR_M
    return ring if closed else np.vstack([ring, ring[:1]])
