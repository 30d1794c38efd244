"""City objects of CityGML: what is an object, what a surface of one, what an attribute."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from cimkit.loaders._city.model import CityObject
from cimkit.loaders._city.times import lifecycle, times
from cimkit.loaders.citygml import told
from cimkit.loaders.citygml.appearance import read_appearance
from cimkit.loaders.citygml.assembly import Pending
from cimkit.loaders.citygml.attributes import flattened, is_generic, put
from cimkit.loaders.citygml.bodies import Body
from cimkit.loaders.citygml.elements import is_geometry
from cimkit.loaders.citygml.geometry import Gatherer
from cimkit.loaders.citygml.implicit import placed
from cimkit.loaders.citygml.kinds import BOUNDS, KINDS, about, is_object, level_of
from cimkit.loaders.citygml.looks import Looks, Painter
from cimkit.loaders.citygml.names import href, identifier, local
from cimkit.loaders.citygml.reading import Reading
from cimkit.model import Problem

__all__ = ["objects_of"]

_ENTRY_OWN = ("type", "id", "parent", "children")
_DEEP = 60


def objects_of(element: Any, reading: Reading, spare: str) -> Iterator[Pending]:
    """Yield a top-level object and the objects inside it, their geometry still in texts.

    Parameters
    ----------
    element : lxml element
        Child of a ``cityObjectMember``.
    reading : Reading
    spare : str
        Its key if it has no ``gml:id``.
    """
    reading.links.enter(element)
    yield from _Feature(element, None, reading, spare, None).objects()


class _Feature:
    def __init__(
        self, element: Any, parent: str | None, reading: Reading, spare: str, looks: Looks | None
    ) -> None:
        key = identifier(element)
        if key is None:
            reading.tally.add(
                Problem(
                    "id-missing",
                    "An object has no gml:id; it is called by its place in the file.",
                    "info",
                    f"line {element.sourceline}",
                    got=local(element),
                    expected="gml:id",
                )
            )
        self.key = key or spare
        self.element, self.reading, self.looks = element, reading, looks
        self.depth = 0
        self.found = CityObject(
            self.key, local(element), parent, place=f"line {element.sourceline}"
        )
        self.gatherer = Gatherer(
            reading.links.find,
            reading.tally,
            self.key,
            reading.frames.model.dimension,
            reading.packed,
        )
        self.bodies: list[Body] = []
        self.loose: dict[str, list[Body]] = {}
        self.surfaces: list[dict[str, Any]] = []
        self.inner: list[tuple[Any, str]] = []
        self.generic: dict[str, Any] = {}
        self.lod = ""

    def objects(self) -> Iterator[Pending]:
        attributes: dict[str, Any] = {}
        self._contents(self.element, attributes, None)
        yield self._made(attributes)
        for index, (part, name) in enumerate(self.inner):
            own = name in ("groupMember", "versionMember", "generalizesTo", "parent")
            spare = f"{self.key}-{index}"
            below = _Feature(part, None if own else self.key, self.reading, spare, self.looks)
            below.depth = self.depth + 1
            if own:
                self.found.relations.append((name, below.key))
            yield from below.objects()

    def _made(self, attributes: dict[str, Any]) -> Pending:
        found, looks = self.found, [k for k in (self.reading.looks, self.looks) if k]
        names = attributes.pop("name", None)
        if names is not None:
            listed = names if isinstance(names, list) else [names]
            found.name = next((str(n) for n in listed if not isinstance(n, dict)), None)
            if len(listed) > 1 or "name_lang" in attributes or "name_codeSpace" in attributes:
                attributes["name"] = names
        found.valid_from, found.valid_to = times(attributes)
        found.lifecycle = lifecycle(attributes)
        flat = flattened(attributes)
        for name, value in flattened(self.generic).items():
            flat[f"gen:{name}" if name in flat else name] = value
        found.attributes = flat
        painter = Painter(looks, self.reading.tally, self.key) if looks else None
        return Pending(found, self._rows(), self.gatherer.texts, self.surfaces, painter)

    def _rows(self) -> list[Body]:
        """Return the object's own bodies, and of its surfaces what those do not hold."""
        rows = list(self.bodies)
        held: dict[str, set[int]] = {}
        for body in rows:
            flat = body.polys
            while flat and isinstance(flat[0], list):
                flat = [x for part in flat for x in part]
            held.setdefault(body.lod, set()).update(id(poly) for poly, _ in flat)
        for lod, bodies in self.loose.items():
            done = held.setdefault(lod, set())
            faces: list[Any] = []
            for body in bodies:
                for face in body.polys:
                    if id(face[0]) not in done:
                        done.add(id(face[0]))
                        faces.append(face)
            if faces:
                rows.append(Body("MultiSurface", lod, faces, srs=bodies[0].srs))
        return sorted(rows, key=lambda b: b.lod)

    def _contents(self, element: Any, attributes: dict[str, Any], surface: int | None) -> None:
        for prop in element.iterchildren("*"):
            self._property(prop, attributes, surface)

    def _property(self, prop: Any, attributes: dict[str, Any], surface: int | None) -> None:
        space, name, known, level = about(prop.tag)
        if known == "gml":
            self._gml(prop, name, attributes)
            return
        if not known:
            self.reading.foreign[space] = self.reading.foreign.get(space, 0) + 1
        first = next(prop.iterchildren("*"), None)
        if first is None:
            link = href(prop)
            if link is not None:
                self._link(name, link, prop, attributes, surface, level)
            else:
                self.reading.attributes.leaf(
                    name, prop, self.generic if is_generic(prop) else attributes
                )
                if name == "lod" and not level and surface is None:
                    self.lod = (prop.text or "").strip()
            return
        if name in ("appearance", "appearanceMember"):
            self.looks = self.looks or Looks()
            read_appearance(prop, self.looks, self.reading.tally, self.reading.links.find)
            return
        if is_geometry(first) or local(first) == "ImplicitGeometry":
            self._geometry(prop, level or self.lod, name, surface)
            return
        if name in BOUNDS:
            for child in prop.iterchildren("*"):
                self._surface(child, surface)
            return
        if is_object(first, name):
            self.inner += [(child, name) for child in prop.iterchildren("*")]
            if surface is not None:
                put(attributes, name, identifier(first) or local(first))
            return
        if name in ("relatedTo", "groupMember"):
            self._related(first, name)
        target = self.generic if is_generic(prop) and surface is None else attributes
        if local(prop) == "genericAttribute":  # CityGML 3
            for child in prop.iterchildren("*"):
                self.reading.attributes.add(child, target, partial(self._hook, surface))
            return
        self.reading.attributes.add(prop, target, partial(self._hook, surface))

    def _gml(self, prop: Any, name: str, attributes: dict[str, Any]) -> None:
        text = (prop.text or "").strip()
        if name not in ("name", "description", "identifier") or not text:
            return
        put(attributes, name, text)
        for suffix, value in (
            ("codeSpace", prop.get("codeSpace")),
            ("lang", prop.get("{http://www.w3.org/XML/1998/namespace}lang")),
        ):
            if value:
                put(attributes, f"{name}_{suffix}", value)

    def _link(
        self,
        name: str,
        link: str,
        prop: Any,
        attributes: dict[str, Any],
        surface: int | None,
        level: str | None,
    ) -> None:
        if level or name in ("tin", "reliefPoints", "multiPoint", "multiCurve"):
            target = self.reading.links.find(link)
            if target is None:
                self.reading.tally.add(told.unresolved(prop, link, self.key))
            elif is_geometry(target):
                self._bodies(target, level or self.lod, name, surface)
            return
        role = (prop.get("role") or "").strip()
        self.found.relations.append((f"{name}:{role}" if role else name, link.removeprefix("#")))
        put(attributes, name, link)

    def _related(self, element: Any, name: str) -> None:
        kind, other = name, None
        role = name == "groupMember"
        for child in element.iterchildren("*"):
            link = href(child)
            if local(child) in ("relationType", "role") and (child.text or "").strip():
                said = child.text.strip()
                kind = f"{name}:{said}" if role else said
            elif link is not None:
                other = link.removeprefix("#")
        if other is not None:
            self.found.relations.append((kind, other))

    def _surface(self, element: Any, parent: int | None) -> None:
        if self.depth > _DEEP:
            return
        number = len(self.surfaces)
        entry: dict[str, Any] = {"type": local(element)}
        own = identifier(element)
        if own is not None:
            entry["id"] = own
        if parent is not None:
            entry["parent"] = parent
        self.surfaces.append(entry)
        attributes: dict[str, Any] = {}
        generic, self.generic = self.generic, {}
        self.depth += 1
        self._contents(element, attributes, number)
        self.depth -= 1
        for name, value in (attributes | self.generic).items():
            entry[f"_{name}" if name in _ENTRY_OWN else name] = value
        self.generic = generic

    def _geometry(self, prop: Any, lod: str, name: str, surface: int | None) -> None:
        for child in prop.iterchildren("*"):
            if local(child) == "ImplicitGeometry":
                self._implicit(child, lod, surface)
            elif is_geometry(child):
                self._bodies(child, lod, name, surface)

    def _bodies(self, element: Any, lod: str, name: str, surface: int | None) -> None:
        kind = KINDS.get(name[4:] if level_of(name) else name)
        if kind is not None and surface is None:
            surface = next((n for n, s in enumerate(self.surfaces) if s == {"type": kind}), None)
            if surface is None:
                surface = len(self.surfaces)
                self.surfaces.append({"type": kind})
            self.bodies += self.gatherer.bodies(element, lod, surface)
            return
        for body in self.gatherer.bodies(element, lod, surface):
            if surface is not None and body.polys and body.type == "MultiSurface":
                self.loose.setdefault(lod, []).append(body)
            else:
                self.bodies.append(body)

    def _implicit(self, element: Any, lod: str, surface: int | None) -> None:
        bodies, facts = placed(element, lod, self.gatherer, self.reading, surface)
        self.bodies += bodies
        self.found.instances.append(facts)

    def _hook(self, surface: int | None, element: Any, owner: str) -> bool:
        if is_geometry(element):
            if owner[:1].islower():
                self._bodies(element, level_of(owner) or "", owner, surface)
                return True
            return False
        if local(element) == "ImplicitGeometry":
            self._implicit(element, "", surface)
            return True
        first = next(element.iterchildren("*"), None)
        if first is not None and is_geometry(first):
            level = level_of(local(element)) or ""
            kind = owner if owner[:1].isupper() else local(element)
            for child in element.iterchildren("*"):
                self._data_geometry(child, level, kind, surface)
            return True
        if local(element)[:1].isupper() and is_object(element, owner):
            self.inner.append((element, owner))
            return True
        return False

    def _data_geometry(self, element: Any, lod: str, kind: str, surface: int | None) -> None:
        number = len(self.surfaces)
        self.surfaces.append({"type": kind, **({} if surface is None else {"parent": surface})})
        for body in self.gatherer.bodies(element, lod, number):
            body.aside = True
            self.bodies.append(body)
