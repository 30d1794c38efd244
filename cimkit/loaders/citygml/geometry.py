"""GML geometry elements of one object, with references followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cimkit.loaders._city.tally import Tally
from cimkit.loaders.citygml import told
from cimkit.loaders.citygml.bodies import Body, Poly, Texts
from cimkit.loaders.citygml.coordinates import positions_of
from cimkit.loaders.citygml.elements import (
    AGGREGATES,
    BENT,
    CURVES,
    GEOMETRIES,
    MIXED,
    OUTER,
    POINTS,
    POLYGONS,
    SIDES,
    SOLIDS,
    STRAIGHT,
)
from cimkit.loaders.citygml.names import href, identifier, local

__all__ = ["Gatherer"]

_DEEP = 60

Faces = list[tuple[Poly, bool]]


@dataclass(slots=True)
class Gatherer:
    """Reads the geometry elements of one object into bodies."""

    find: Callable[[str], Any]
    """Element that a reference means, None if there is none."""
    tally: Tally
    """Takes problems."""
    key: str
    """The object."""
    dimension: int = 3
    """Of the model, where nothing nearer says."""
    packed: dict[Any, list[str]] = field(default_factory=dict)
    """Triangles that `stream` kept as texts."""
    texts: Texts = field(default_factory=Texts)
    """All coordinate lists met."""
    polys: dict[Any, Poly] = field(default_factory=dict)
    """By element: a polygon that is met again is the same."""
    _srs: str | None = None
    _width: int = 0

    def bodies(self, element: Any, lod: str, surface: int | None = None) -> Iterator[Body]:
        """Yield what a geometry element holds."""
        self._srs = element.get("srsName")
        self._width = _whole(element.get("srsDimension")) or self.dimension
        name = local(element)
        if name in SOLIDS:
            solids = list(self._solids(element, 0))
            if len(solids) == 1 and name == "Solid":
                yield self._body("Solid", lod, solids[0])
            elif solids:
                kind = "CompositeSolid" if name == "CompositeSolid" else "MultiSolid"
                yield self._body(kind, lod, solids)
            faces = [f for solid in solids for shell in solid for f in shell]
        elif name in MIXED:
            yield from self._mixed(element, lod, surface)
            return
        elif name in CURVES or name in POINTS:
            yield from self._runs(element, lod, surface)
            return
        else:
            faces = []
            self._faces(element, False, (), faces, 0)
            if faces:
                kind = "CompositeSurface" if name == "CompositeSurface" else "MultiSurface"
                yield self._body(kind, lod, faces)
            if name == "Tin":
                yield from self._tin(element, lod)
        if surface is not None:
            for poly, _ in faces:
                poly.surface = surface

    def _body(self, kind: str, lod: str, polys: list[Any]) -> Body:
        return Body(kind, lod, polys, srs=self._srs)

    def _mixed(self, element: Any, lod: str, surface: int | None) -> Iterator[Body]:
        """Give surfaces of a mixture together, and each of the rest by itself."""
        faces: Faces = []
        for member in self._below(element):
            name = local(member)
            if name in POLYGONS or name in AGGREGATES:
                self._note(member)
                self._faces(member, False, (), faces, 1)
            elif name in GEOMETRIES:
                yield from self.bodies(member, lod, surface)
        if faces:
            if surface is not None:
                for poly, _ in faces:
                    poly.surface = surface
            yield self._body("MultiSurface", lod, faces)

    def _below(self, element: Any) -> Iterator[Any]:
        """Yield the members of an aggregate, references followed."""
        for prop in element.iterchildren("*"):
            link = href(prop)
            if link is not None and not len(prop):
                target = self._target(prop, link)
                if target is not None:
                    yield target
                continue
            yield from prop.iterchildren("*")

    def _target(self, prop: Any, link: str) -> Any:
        target = self.find(link)
        if target is None:
            self.tally.add(told.unresolved(prop, link, self.key))
        return target

    def _note(self, element: Any) -> None:
        self._srs = element.get("srsName") or self._srs
        self._width = _whole(element.get("srsDimension")) or self._width

    def _solids(self, element: Any, depth: int) -> Iterator[list[Faces]]:
        """Yield each solid as its shells, the outer one first."""
        if depth > _DEEP:
            self._too_deep(element)
            return
        self._note(element)
        if local(element) != "Solid":
            for member in self._below(element):
                yield from self._solids(member, depth + 1)
            return
        outer: list[Faces] = []
        inner: list[Faces] = []
        for prop in element.iterchildren("*"):
            name = local(prop)
            if name not in ("exterior", "interior"):
                continue
            shell: Faces = []
            self._property(prop, False, (), shell, depth + 1)
            if shell:
                (outer if name == "exterior" else inner).append(shell)
        if outer or inner:
            yield outer + inner

    def _property(
        self, prop: Any, turned: bool, ids: tuple[str, ...], faces: Faces, depth: int
    ) -> None:
        if not len(prop):
            link = href(prop)
            target = self._target(prop, link) if link is not None else None
            if target is not None:
                self._faces(target, turned, ids, faces, depth + 1)
            return
        for child in prop.iterchildren("*"):
            self._faces(child, turned, ids, faces, depth + 1)

    def _faces(
        self, element: Any, turned: bool, ids: tuple[str, ...], faces: Faces, depth: int
    ) -> None:
        name = local(element)
        if name in POLYGONS:
            poly = self._poly(element, ids)
            if poly is not None:
                faces.append((poly, turned))
            return
        if depth > _DEEP:
            self._too_deep(element)
            return
        if name in SOLIDS:  # a shell that refers to a whole solid
            for solid in self._solids(element, depth + 1):
                faces += [face for shell in solid for face in shell]
            return
        self._note(element)
        own = identifier(element)
        if own:
            ids = (*ids, own)
        if element.get("orientation") == "-":
            turned = not turned
        if "Textured" in name:
            self.tally.add(told.old_texture(element, self.key))
        for prop in element.iterchildren("*"):
            if self.packed:
                for text in self.packed.get(prop, ()):
                    faces.append((self._packed(prop, text, ids), turned))
            self._property(prop, turned, ids, faces, depth)

    def _packed(self, element: Any, text: str, ids: tuple[str, ...]) -> Poly:
        return Poly([self.texts.add(text, self._width, element.sourceline)], ids)

    def _poly(self, element: Any, ids: tuple[str, ...]) -> Poly | None:
        known = self.polys.get(element)
        if known is not None:
            if ids:
                known.ids = tuple(dict.fromkeys((*known.ids, *ids)))
            return known
        self._srs = element.get("srsName") or self._srs
        said = element.get("srsDimension")
        width = int(said) if said in ("2", "3") else self._width
        outer: list[tuple[int, str | None]] = []
        inner: list[tuple[int, str | None]] = []
        for side in element.iterchildren("*"):
            name = local(side)
            if name not in SIDES:
                continue
            for ring in side.iterchildren("*"):
                number = self._ring(ring, width)
                if number is not None:
                    (outer if name in OUTER else inner).append((number, identifier(ring)))
        line = element.sourceline
        if not outer:
            self._bad(element, "it has no outer ring")
            return None
        own = identifier(element)
        rings = outer + inner
        poly = Poly(
            [n for n, _ in rings],
            (own, *ids) if own else ids,
            ring_ids=tuple(i for _, i in rings),
            line=line,
        )
        self.polys[element] = poly
        return poly

    def _ring(self, ring: Any, width: int) -> int | None:
        name = local(ring)
        if name == "LinearRing":
            text, width = positions_of(ring, width)
        else:  # gml:Ring of curves that follow each other
            parts = [positions_of(c, width)[0] for c in self._straight(ring, 0)]
            text = " ".join(parts)
        return self.texts.add(text, width, ring.sourceline) if text else None

    def _straight(self, element: Any, depth: int) -> Iterator[Any]:
        """Yield the segments of a curve that are chains of points."""
        name = local(element)
        if name in STRAIGHT:
            yield element
            return
        if name in BENT:
            self.tally.add(told.bent(element, self.key))
            yield element
            return
        if depth > _DEEP:
            self._too_deep(element)
            return
        for member in self._below(element):
            yield from self._straight(member, depth + 1)

    def _runs(self, element: Any, lod: str, surface: int | None) -> Iterator[Body]:
        found: list[tuple[int, int | None]] = []
        points = local(element) in POINTS
        for part in self._points(element) if points else self._straight(element, 0):
            self._note(part)
            text, width = positions_of(part, self._width)
            if text:
                found.append((self.texts.add(text, width, part.sourceline), surface))
        if found:
            kind = "MultiPoint" if points else "MultiLineString"
            yield Body(kind, lod, runs=found, srs=self._srs)

    def _points(self, element: Any) -> Iterator[Any]:
        if local(element) == "Point":
            yield element
            return
        yield from (p for p in self._below(element) if local(p) == "Point")

    def _tin(self, element: Any, lod: str) -> Iterator[Body]:
        """Give the lines and points that a TIN is to be made of: it is not triangulated here."""
        lines: list[tuple[int, int | None]] = []
        points: list[tuple[int, int | None]] = []
        for prop in element.iterchildren("*"):
            name = local(prop)
            if name == "controlPoint":
                text, width = positions_of(prop, self._width)
                if text:
                    points.append((self.texts.add(text, width, prop.sourceline), None))
            elif name in ("stopLines", "breakLines"):
                for line in prop.iter("*"):
                    if local(line) in STRAIGHT:
                        text, width = positions_of(line, self._width)
                        lines.append((self.texts.add(text, width, line.sourceline), None))
        if lines:
            yield Body("MultiLineString", lod, runs=lines, srs=self._srs)
        if points:
            yield Body("MultiPoint", lod, runs=points, srs=self._srs)

    def _too_deep(self, element: Any) -> None:
        self._bad(element, f"it is nested more than {_DEEP} deep")

    def _bad(self, element: Any, why: str) -> None:
        self.tally.add(told.invalid(element, why, self.key))


def _whole(text: str | None) -> int:
    return int(text) if text in ("2", "3") else 0
