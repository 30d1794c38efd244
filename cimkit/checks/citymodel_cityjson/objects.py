"""City objects of CityJSON: their types, kin and geometries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cimkit.checks.citymodel_cityjson.geometries import examine_geometry
from cimkit.checks.citymodel_cityjson.looks import Looks
from cimkit.checks.citymodel_cityjson.names import SECOND, TYPES
from cimkit.checks.citymodel_cityjson.notes import Notes

__all__ = ["Scope", "examine_objects"]


@dataclass(slots=True)
class Scope:
    """What holds for all objects of a document."""

    version: str
    """1.0, 1.1 or 2.0."""
    extensions: frozenset[str]
    """Names of the extensions."""
    extended: bool
    """Whether there are extensions."""
    templates: list[Any] | None = None
    """Templates of geometries."""
    looks: Looks = field(default_factory=Looks)
    """How many materials, textures and texture coordinates there are."""
    used: Any = None
    """(n,) whether each vertex is used."""
    feature: bool = False
    """Whether it is a feature of a sequence."""
    transform: Any = None
    """Of the document."""


def examine_objects(objects: Any, vertices: Any, scope: Scope, notes: Notes) -> None:
    """Note what is wrong with city objects.

    Parameters
    ----------
    objects : Any
        ``CityObjects``.
    vertices : (n, 3) float64 array or None
        As they are written.
    scope : Scope
        Takes which vertices are used.
    notes : Notes
    """
    if objects is not None and not isinstance(objects, dict):
        notes.add("member-kind", "", "CityObjects", objects, "object")
    if not isinstance(objects, dict):
        return
    count = 0 if vertices is None else len(vertices)
    scope.used = np.zeros(count, bool)
    for key, body in objects.items():
        where = f"CityObjects/{key}"
        if not isinstance(body, dict):
            notes.add("member-kind", key, where, body, "object")
            continue
        _type(key, where, body, scope, notes)
        _kin(key, where, body, objects, notes)
        attributes = body.get("attributes")
        if attributes is not None and not isinstance(attributes, dict):
            notes.add("member-kind", key, f"{where}/attributes", attributes, "object")
        _address(key, where, body.get("address"), count, scope, notes)
        shapes = body.get("geometry")
        if shapes is not None and not isinstance(shapes, list):
            notes.add("member-kind", key, f"{where}/geometry", shapes, "array")
            shapes = None
        for n, shape in enumerate(shapes or ()):
            examine_geometry(
                key, f"{where}/geometry/{n}", shape, body.get("type"), count, scope, notes
            )
    _circles(objects, notes)
    _unused(vertices, scope, notes)


def _address(key: str, where: str, said: Any, count: int, scope: Scope, notes: Notes) -> None:
    """Hold the places of addresses against the vertices: they use some of them."""
    for n, address in enumerate(said if isinstance(said, list) else [said]):
        place = address.get("location") if isinstance(address, dict) else None
        if place is not None:
            path = f"{where}/address/{n}/location" if isinstance(said, list) else f"{where}/address"
            examine_geometry(key, path, place, "", count, scope, notes)


def _type(key: str, where: str, body: dict[str, Any], scope: Scope, notes: Notes) -> None:
    kind = body.get("type")
    if not isinstance(kind, str):
        notes.add("member-missing", key, f"{where}/type", expected="a type of city object")
        return
    if kind.startswith("+"):
        if not scope.extended:
            notes.add("extension-undeclared", key, f"{where}/type", kind, "an entry in extensions")
    elif kind not in TYPES[scope.version]:
        notes.add("type-unknown", key, f"{where}/type", kind, f"a type of CityJSON {scope.version}")
    if kind in SECOND and not body.get("parents"):
        notes.add("parents-missing", key, f"{where}/parents", kind, "the object it is part of")


def _kin(key: str, where: str, body: dict[str, Any], objects: dict[str, Any], notes: Notes) -> None:
    for name, back in (("parents", "children"), ("children", "parents")):
        said = body.get(name)
        if said is None:
            continue
        if not isinstance(said, list) or not all(isinstance(s, str) for s in said):
            notes.add("member-kind", key, f"{where}/{name}", said, "array of keys")
            continue
        if len(set(said)) < len(said):
            notes.add("kin-double", key, f"{where}/{name}", said, "each once")
        for other in said:
            kin = objects.get(other)
            if kin is None:
                notes.add("kin-missing", key, f"{where}/{name}", other, "a key of CityObjects")
                continue
            group = "CityObjectGroup" in (
                body.get("type"),
                isinstance(kin, dict) and kin.get("type"),
            )
            known = kin.get(back) if isinstance(kin, dict) else None
            if not group and key not in (known if isinstance(known, list) else ()):
                notes.add("kin-one-sided", key, f"{where}/{name}", other, f"{other}/{back}: {key}")
    members = body.get("members")
    for other in members if isinstance(members, list) else ():
        if other not in objects:
            notes.add("kin-missing", key, f"{where}/members", other, "a key of CityObjects")


def _circles(objects: dict[str, Any], notes: Notes) -> None:
    """Note objects that are their own ancestors."""
    done: set[str] = set()
    for start in objects:
        path: list[str] = []
        key: str | None = start
        while key is not None and key not in done and key not in path:
            path.append(key)
            body = objects.get(key)
            said = body.get("parents") if isinstance(body, dict) else None
            key = said[0] if isinstance(said, list) and said and isinstance(said[0], str) else None
        if key is not None and key in path:
            circle = path[path.index(key) :]
            notes.add("kin-circle", key, f"CityObjects/{key}/parents", " > ".join([*circle, key]))
        done.update(path)


def _unused(vertices: Any, scope: Scope, notes: Notes) -> None:
    if vertices is None or not len(vertices):
        return
    unused = int((~scope.used).sum())
    if unused:
        first = int(np.argmin(scope.used))
        notes.add("vertices-unused", "", f"vertices/{first}", unused, "0")
    ordered = vertices[np.lexsort(vertices.T)]
    double = int((ordered[1:] == ordered[:-1]).all(axis=1).sum())
    if double:
        notes.add("vertices-double", "", "vertices", double, "0")
