"""GML surfaces, lines and points of one city object, gathered by level of detail."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cimkit.loaders._city.model import CityGeometry
from cimkit.model import Problem

__all__ = ["Collector", "Frame", "local", "namespace"]

Reals = npt.NDArray[np.float64]
_LOD = re.compile(r"^lod(\d)")
_SURFACES = {"Polygon", "Triangle", "Rectangle", "PolygonPatch"}
_LINES = {"LineString", "LineStringSegment"}
_CLASSES = re.compile(
    r"(Surface|Area|Window|Door|MarkingPart|Space)$|^(Section|Intersection|Square|Marking|Hole)$"
)
_GML_SURFACES = {"MultiSurface", "CompositeSurface", "OrientableSurface", "Surface"}


def local(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: Any) -> str:
    """Return the namespace of an element."""
    return str(element.tag)[1:].partition("}")[0]


@dataclass(frozen=True, slots=True)
class Frame:
    """How the numbers of a model are to be read."""

    dimension: int = 3
    """Numbers to a position where the list itself does not say."""
    swapped: bool = False
    """Whether the first axis is the northing or latitude."""


@dataclass(slots=True)
class _Level:
    rings: list[list[Reals]] = field(default_factory=list)
    kinds: list[str | None] = field(default_factory=list)
    solid: list[bool] = field(default_factory=list)
    lines: list[Reals] = field(default_factory=list)
    points: list[Reals] = field(default_factory=list)


class Collector:
    """Takes the elements of one object on the way down and up.

    Parameters
    ----------
    frame : Frame
    key : str
        The object, for problems.
    problems : list of Problem
        ``boundary-invalid`` is appended.
    """

    def __init__(self, frame: Frame, key: str, problems: list[Problem]) -> None:
        self._frame, self._key, self._problems = frame, key, problems
        self._levels: dict[str, _Level] = {}
        self._lods: list[tuple[Any, str]] = []
        self._kinds: list[tuple[Any, str]] = []
        self._solids: list[Any] = []

    def take(self, element: Any) -> bool:
        """Take an element up; True if nothing below it is of interest any more."""
        name = local(element)
        lod = _LOD.match(name)
        if lod:
            self._lods.append((element, lod[1]))
        elif name == "Solid":
            self._solids.append(element)
        elif (
            _CLASSES.search(name)
            and name not in _GML_SURFACES
            and name[0].isupper()
            and "opengis.net/gml" not in namespace(element)
        ):
            self._kinds.append((element, name))
        if name == "ImplicitGeometry":
            # Its surfaces are local to a library object: its reference point stands for it.
            for point in element.iter():
                if isinstance(point.tag, str) and local(point) == "referencePoint":
                    self._positions(point, "points")
            return True
        if name in _SURFACES:
            self._surface(element)
            return True
        if name in _LINES:
            self._positions(element, "lines")
            return True
        if name == "Point":
            self._positions(element, "points")
            return True
        return name in ("Envelope", "appearanceMember", "appearance")

    def leave(self, element: Any) -> None:
        """Come back up from an element that was taken."""
        for stack in (self._lods, self._kinds):
            if stack and stack[-1][0] is element:
                stack.pop()
        if self._solids and self._solids[-1] is element:
            self._solids.pop()

    def _level(self) -> _Level:
        lod = self._lods[-1][1] if self._lods else ""
        return self._levels.setdefault(lod, _Level())

    def _surface(self, element: Any) -> None:
        rings = []
        for ring in element.iter():
            if isinstance(ring.tag, str) and local(ring) == "LinearRing":
                try:
                    points = self._read(ring)
                except ValueError as error:
                    self._bad(ring, str(error))
                    return
                if len(points) > 1 and (points[0] == points[-1]).all():
                    points = points[:-1]
                rings.append(points)
        if not rings or len(rings[0]) < 3:
            self._bad(element, "an outer ring of fewer than 3 points")
            return
        level = self._level()
        level.rings.append([r for r in rings if len(r) > 2])
        level.kinds.append(self._kinds[-1][1] if self._kinds else None)
        level.solid.append(bool(self._solids))

    def _positions(self, element: Any, target: str) -> None:
        try:
            points = self._read(element)
        except ValueError as error:
            self._bad(element, str(error))
            return
        if len(points):
            getattr(self._level(), target).append(points)

    def _bad(self, element: Any, why: str) -> None:
        self._problems.append(
            Problem(
                code="boundary-invalid",
                message=f"A {local(element)} of the object cannot be used: {why}.",
                severity="error",
                place=f"line {element.sourceline} {self._key}",
                expected="gml:posList or gml:pos with whole positions",
            )
        )

    def _read(self, element: Any) -> Reals:
        """Return the (n, 3) positions below an element, x first; z is 0 in the plane."""
        parts = []
        for item in element.iter():
            if not isinstance(item.tag, str):
                continue
            name = local(item)
            if name in ("posList", "pos"):
                numbers = np.array((item.text or "").split(), dtype=np.float64)
                width = int(item.get("srsDimension") or 0) or (
                    len(numbers) if name == "pos" else self._frame.dimension
                )
                if len(numbers) % width and name == "posList":
                    width = 5 - width  # 2 for 3: lists without a word on their dimension
                parts.append(numbers.reshape(-1, width))
            elif name == "coordinates":
                rows = [p.split(",") for p in (item.text or "").split()]
                parts.append(np.array(rows, dtype=np.float64))
        if not parts:
            return np.empty((0, 3))
        points = np.concatenate(parts)
        if points.shape[1] < 2 or not np.isfinite(points).all():
            raise ValueError("a position that is none")
        if points.shape[1] == 2:
            points = np.column_stack([points, np.zeros(len(points))])
        points = points[:, :3]
        return points[:, [1, 0, 2]] if self._frame.swapped else points

    def geometries(self) -> list[CityGeometry]:
        """Return what was gathered, one geometry for each level and kind."""
        found = []
        for lod, level in sorted(self._levels.items()):
            if level.rings:
                found.append(_surfaces(lod, level))
            for kind, parts in (("MultiLineString", level.lines), ("MultiPoint", level.points)):
                if parts:
                    ends = np.cumsum([len(p) for p in parts])
                    runs: list[Any] = [
                        list(range(end - len(p), end)) for p, end in zip(parts, ends, strict=True)
                    ]
                    flat = runs if kind == "MultiLineString" else list(range(int(ends[-1])))
                    found.append(CityGeometry(kind, lod, np.concatenate(parts), flat))
        return found


def _surfaces(lod: str, level: _Level) -> CityGeometry:
    """Return the surfaces of a level; all of one solid's shell make a Solid."""
    corners = np.concatenate([ring for rings in level.rings for ring in rings])
    vertices, flat = np.unique(corners, axis=0, return_inverse=True)
    numbers = iter(flat.ravel().tolist())
    faces = [[[next(numbers) for _ in ring] for ring in rings] for rings in level.rings]
    names = sorted({k for k in level.kinds if k})
    values = [names.index(k) if k else None for k in level.kinds]
    semantics = {"surfaces": [{"type": n} for n in names], "values": values} if names else None
    if all(level.solid):
        if semantics:
            semantics["values"] = [values]
        return CityGeometry("Solid", lod, vertices, [faces], semantics)
    return CityGeometry("MultiSurface", lod, vertices, faces, semantics)
