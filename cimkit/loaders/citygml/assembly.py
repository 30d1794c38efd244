"""Bodies of one object to geometries: coordinates parsed at once, corners shared, semantics set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders._city.model import CityGeometry, CityObject
from cimkit.loaders._city.tally import Tally
from cimkit.loaders.citygml.bodies import Body, Poly, Texts
from cimkit.loaders.citygml.looks import Painter
from cimkit.loaders.citygml.positions import Positions
from cimkit.loaders.citygml.reference import Frame, Frames

__all__ = ["Pending", "assemble"]

Reals = npt.NDArray[np.float64]
_AXIS_M, _ECCENTRICITY = 6_378_137.0, 0.00669438002290
"""Half axis and squared eccentricity of GRS 80."""


@dataclass(slots=True)
class Pending:
    """One object whose coordinates are still texts."""

    item: CityObject
    """Takes the geometries."""
    bodies: list[Body]
    """In the order in which they are to come."""
    texts: Texts
    """That their rings and runs are numbers of."""
    surfaces: list[dict[str, Any]]
    """Thematic surfaces that polygons point at."""
    painter: Painter | None = None
    """Appearances; None if the file has none."""


def assemble(batch: list[Pending], frames: Frames, tally: Tally) -> None:
    """Give the objects of a batch their geometries.

    Parameters
    ----------
    batch : list of Pending
        Their coordinates are parsed all at once.
    frames : Frames
        Axis orders and CRSs.
    tally : Tally
        Takes ``boundary-invalid``.
    """
    every = Texts()
    for pending in batch:
        every.extend(pending.texts)
    positions = Positions(every, tally)
    for pending in batch:
        positions.key = pending.item.key
        drawn: set[int | None] = set()
        for body in pending.bodies:
            geometry = _geometry(body, positions, pending.surfaces, frames, pending.painter)
            if geometry is not None:
                pending.item.geometries.append(geometry)
                drawn |= {poly.surface for poly, _ in _faces(body.polys)}
                drawn |= {surface for _, surface in body.runs}
        _keep_bare(pending, drawn)
        positions.offset += len(pending.texts.text)


def _keep_bare(pending: Pending, drawn: set[int | None]) -> None:
    """Keep what is said of surfaces that have no geometry as an attribute of their object."""
    surfaces = pending.surfaces
    for number in [n for n in drawn if n is not None]:
        above = surfaces[number].get("parent")
        while above is not None and above not in drawn:
            drawn.add(above)
            above = surfaces[above].get("parent")
    bare = [s for n, s in enumerate(surfaces) if n not in drawn and len(s) > 1]
    if bare:
        plain = [{k: v for k, v in s.items() if k != "parent"} for s in bare]
        pending.item.attributes["surfaces_without_geometry"] = plain


def _faces(nested: list[Any]) -> list[Any]:
    """Return the (Poly, turned) pairs of a body in their order."""
    flat = nested
    while flat and isinstance(flat[0], list):
        flat = [x for part in flat for x in part]
    return flat


def _geometry(
    body: Body,
    at: Positions,
    surfaces: list[dict[str, Any]],
    frames: Frames,
    painter: Painter | None,
) -> CityGeometry | None:
    if body.runs:
        return _lines(body, at, surfaces, frames)
    lists = dict.fromkeys(n for poly, _ in _faces(body.polys) for n in poly.rings)
    order = [n for n in lists if at.usable(n, 3, ring=True)]
    if not order:
        return None
    vertices, corners = at.corners(order, ring=True)
    kept: list[tuple[Poly, bool]] = []

    def face(pair: tuple[Poly, bool]) -> list[list[int]] | None:
        poly, turned = pair
        if poly.rings[0] not in corners:
            return None
        kept.append(pair)
        rings = [corners[n] for n in poly.rings if n in corners]
        return [ring[::-1] for ring in rings] if turned else rings

    boundaries, values = _nest(body.polys, face, surfaces)
    if not kept:
        return None
    frame = frames.of(body.srs)
    if body.frame is not None:
        vertices = _stood(vertices, body.frame, at, frame)
    return CityGeometry(
        body.type,
        body.lod,
        frame.ordered(vertices),
        boundaries,
        _semantics(values, surfaces),
        painter.paint(body.type, body.polys, kept, corners, surfaces) if painter else None,
        crs=frame.own,
        aside=body.aside,
    )


def _nest(nested: list[Any], face: Any, surfaces: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return boundaries and semantic values, nested as the polygons are."""
    boundaries: list[Any] = []
    values: list[Any] = []
    for item in nested:
        if isinstance(item, list):
            inner, below = _nest(item, face, surfaces)
            if inner:
                boundaries.append(inner)
                values.append(below)
            continue
        made = face(item)
        if made is not None:
            boundaries.append(made)
            values.append(item[0].surface)
    return boundaries, values


def _semantics(values: list[Any], surfaces: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return CityJSON's semantics with the surfaces that are used, and those above them."""
    used: dict[int, int] = {}

    def note(number: int | None) -> None:
        while number is not None and number not in used:
            used[number] = len(used)
            number = surfaces[number].get("parent")

    def gather(part: list[Any]) -> None:
        for value in part:
            if isinstance(value, list):
                gather(value)
            else:
                note(value)

    gather(values)
    if not used:
        return None

    def renumber(part: list[Any]) -> list[Any]:
        return [renumber(v) if isinstance(v, list) else used.get(v) for v in part]

    named = []
    for number in used:
        entry = dict(surfaces[number])
        if entry.get("parent") is not None:
            entry["parent"] = used[entry["parent"]]
        else:
            entry.pop("parent", None)
        named.append(entry)
    for index, entry in enumerate(named):
        if "parent" in entry:
            named[entry["parent"]].setdefault("children", []).append(index)
    return {"surfaces": named, "values": renumber(values)}


def _lines(
    body: Body, at: Positions, surfaces: list[dict[str, Any]], frames: Frames
) -> CityGeometry | None:
    least = 1 if body.type == "MultiPoint" else 2
    good = [(n, s) for n, s in body.runs if at.usable(n, least, ring=False)]
    if not good:
        return None
    vertices, corners = at.corners([n for n, _ in good], ring=False)
    runs = [corners[n] for n, _ in good]
    frame = frames.of(body.srs)
    flat: list[Any] = runs if body.type == "MultiLineString" else [i for run in runs for i in run]
    values: list[Any] = [s for _, s in good]
    if body.type == "MultiPoint":
        values = [s for (_, s), run in zip(good, runs, strict=True) for _ in run]
    return CityGeometry(
        body.type,
        body.lod,
        frame.ordered(vertices),
        flat,
        _semantics(values, surfaces),
        crs=frame.own,
        aside=body.aside,
    )


def _stood(points: Reals, place: tuple[Any, ...], at: Positions, frame: Frame) -> Reals:
    """Return the corners of a template where its matrix and reference point put them.

    Templates are in metres. Where the reference point is in degrees, metres to the east and to the
    north are turned into degrees on the sphere that fits the ellipsoid there.
    """
    matrix, number = place
    anchor = at.anchor(number)
    if anchor is None:
        return points
    turned = np.asarray(matrix, np.float64).reshape(4, 4)
    moved = points @ turned[:3, :3].T + turned[:3, 3]
    if not frame.degrees:
        at_anchor: Reals = moved + anchor
        return at_anchor
    north, east = (0, 1) if frame.swapped else (1, 0)
    latitude = np.radians(anchor[north])
    bulge = 1 - _ECCENTRICITY * np.sin(latitude) ** 2
    stood = np.empty_like(moved)
    stood[:, east] = np.degrees(moved[:, 0] * np.sqrt(bulge) / (_AXIS_M * np.cos(latitude)))
    stood[:, north] = np.degrees(moved[:, 1] * bulge**1.5 / (_AXIS_M * (1 - _ECCENTRICITY)))
    stood[:, 2] = moved[:, 2]
    stood += anchor
    return stood
