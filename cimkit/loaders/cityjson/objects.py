"""City objects of CityJSON, with their geometries, kin and groups."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cimkit.loaders._city.model import DEPTH, CityGeometry, CityObject, compact
from cimkit.loaders._city.tally import Tally
from cimkit.loaders._city.times import lifecycle, times
from cimkit.loaders.cityjson.kin import OLD_PARTS, Kin, kin_of, names_in, parents_in
from cimkit.loaders.cityjson.looks import Library
from cimkit.loaders.cityjson.members import set_beside
from cimkit.loaders.cityjson.parts import Json, Part
from cimkit.loaders.cityjson.semantics import read_semantics
from cimkit.model import Problem

__all__ = ["city_objects"]

Reals = npt.NDArray[np.float64]
_KNOWN = {
    *("type", "attributes", "geometry", "children", "parents", "parent", "address", "members"),
    *("children_roles", "geographicalExtent", "bbox", "id"),
}


def city_objects(part: Part, tally: Tally) -> Iterator[CityObject]:
    """Yield the objects of a part.

    Parameters
    ----------
    part : Part
    tally : Tally
        Takes ``boundary-invalid`` for each geometry that cannot be used, and what else is wrong.
    """
    kin = kin_of(part)
    library = Library(part.body.get("appearance") or part.head.get("appearance"), tally)
    templates = _Templates(part, tally)
    for key, body in part.items(tally):
        if not isinstance(body, dict):
            tally.add(
                Problem(
                    "citymodel-invalid",
                    "A city object is no object of JSON.",
                    "error",
                    f"{part.place} {key}".strip(),
                )
            )
            continue
        yield _object(key, body, part, kin, library, templates, tally)


def _object(
    key: str,
    body: Json,
    part: Part,
    kin: Kin,
    library: Library,
    templates: _Templates,
    tally: Tally,
) -> CityObject:
    given = body.get("attributes")
    attributes = dict(given) if isinstance(given, dict) else {}
    found = CityObject(
        key=key,
        type=str(body.get("type") or ""),
        parent=kin.above.get(key),
        name=_name(attributes),
        place=part.place or key,
    )
    found.valid_from, found.valid_to = times(attributes)
    found.lifecycle = lifecycle(attributes)
    found.beside = set_beside(attributes, body, _KNOWN | OLD_PARTS, part)
    found.attributes = attributes
    _relate(found, body, part, kin, tally)
    where = f"{part.place} {key}".strip()
    shapes = body.get("geometry") or []
    wrong = [
        name
        for name, kind in (("type", str), ("attributes", dict), ("geometry", list))
        if body.get(name) is not None and not isinstance(body[name], kind)
    ]
    if wrong:
        tally.add(
            Problem(
                "citymodel-invalid",
                "A member of a city object is not of the kind that CityJSON has.",
                "error",
                where,
                got=", ".join(wrong),
            )
        )
    for index, shape in enumerate(shapes if isinstance(shapes, list) else ()):
        try:
            if shape["type"] == "GeometryInstance":
                geometry = templates.stood(shape, found)
            else:
                geometry = _geometry(shape, part.vertices)
            said = templates.of(shape) if shape["type"] == "GeometryInstance" else shape
            geometry.semantics = read_semantics(said.get("semantics"), geometry, where, tally)
            geometry.appearance = library.of(said, where)
            found.geometries.append(geometry)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as e:
            kind = shape.get("type") if isinstance(shape, dict) else shape
            tally.add(
                Problem(
                    "boundary-invalid",
                    f"Geometry {index} of the object cannot be used: {_why(e)}.",
                    "error",
                    where,
                    got=str(kind)[:80],
                    expected="boundaries that point at vertices",
                )
            )
    return found


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]}"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, (TypeError, AttributeError)):
        return "it is not as CityJSON has it"
    return str(error)


def _geometry(given: Json, vertices: Reals) -> CityGeometry:
    kind = str(given["type"])
    if kind not in DEPTH:
        raise ValueError("it is of a type that is not known")
    used, boundaries = compact(vertices, given["boundaries"], DEPTH[kind])
    if not np.isfinite(used).all():
        raise ValueError("a vertex is not finite")
    return CityGeometry(kind, _lod(given), used, boundaries)


def _lod(given: Json) -> str:
    lod = given.get("lod")
    if isinstance(lod, float) and lod.is_integer():
        return str(int(lod))
    return "" if lod is None else str(lod)


class _Templates:
    """The shapes that stand for many: a tree, a lamp."""

    def __init__(self, part: Part, tally: Tally) -> None:
        held = part.body.get("geometry-templates") or part.head.get("geometry-templates")
        self._held: Json = held if isinstance(held, dict) else {}
        self._part = part
        self._vertices: Reals | None = None

    def of(self, given: Json) -> Json:
        """Return the template that an instance names."""
        number = given["template"]
        listed = self._held.get("templates") or []
        if not isinstance(number, int) or not 0 <= number < len(listed):
            raise IndexError(f"template {number} of {len(listed)}")
        template: Json = listed[number]
        return template

    def stood(self, given: Json, item: CityObject) -> CityGeometry:
        """Write a template out at its place, and note what places it."""
        template = self.of(given)
        if self._vertices is None:
            self._vertices = np.asarray(
                self._held.get("vertices-templates") or [], np.float64
            ).reshape(-1, 3)
        shape = _geometry(template, self._vertices)
        numbers = given.get("transformationMatrix") or np.eye(4).ravel().tolist()
        matrix = np.asarray(numbers, np.float64).reshape(4, 4)  # row by row
        at = given["boundaries"][0]
        if not isinstance(at, int) or not 0 <= at < len(self._part.vertices):
            raise IndexError(f"vertex {at} of {len(self._part.vertices)}")
        anchor = self._part.vertices[at]
        shape.vertices = shape.vertices @ matrix[:3, :3].T + matrix[:3, 3] + anchor
        if not np.isfinite(shape.vertices).all():
            raise ValueError("a vertex is not finite")
        item.instances.append(
            {
                "template": given["template"],
                "lod": shape.lod,
                "matrix": matrix.ravel().tolist(),
                "point": anchor.tolist(),
            }
        )
        return shape


def _relate(found: CityObject, body: Json, part: Part, kin: Kin, tally: Tally) -> None:
    """Note further parents, members of groups, and kin that are not there."""
    parents = parents_in(body)
    found.relations += [("parent", p) for p in parents[1:]]
    children = names_in(body, "children")
    if found.type.endswith("CityObjectGroup"):
        members = body.get("members") or children
        roles = body.get("children_roles") or []
        for index, member in enumerate(m for m in members if isinstance(m, str)):
            role = roles[index] if index < len(roles) else None
            found.relations.append((f"groupMember:{role}" if role else "groupMember", member))
        if roles:
            found.attributes["children_roles"] = roles
        children = []
    where = f"{part.place} {found.key}".strip()
    for name in (*parents, *children):
        if name in kin.absent:
            tally.add(
                Problem(
                    "relation-dangling",
                    "An object names a parent or child that is not there.",
                    place=where,
                    got=name,
                    expected="the key of a city object of the same document or feature",
                )
            )
        elif name in children and found.key not in kin.parents.get(name, ()):
            tally.add(
                Problem(
                    "relation-one-sided",
                    "An object names a child that does not name it as its parent.",
                    place=where,
                    got=name,
                )
            )
        elif name in parents and found.key not in kin.children.get(name, ()):
            if name in kin.old and name not in kin.children:
                continue
            tally.add(
                Problem(
                    "relation-one-sided",
                    "An object names a parent that does not name it as its child.",
                    place=where,
                    got=name,
                )
            )


def _name(attributes: Json) -> str | None:
    for name in ("name", "gml:name", "Name"):
        if isinstance(attributes.get(name), str):
            return str(attributes[name])
    return None
