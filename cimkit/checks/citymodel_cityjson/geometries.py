"""Geometries of CityJSON: boundaries, semantics, materials and textures."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from cimkit.checks.citymodel_cityjson.names import DEPTH, FORMS, SURFACES
from cimkit.checks.citymodel_cityjson.notes import Notes

if TYPE_CHECKING:
    from cimkit.checks.citymodel_cityjson.objects import Scope

__all__ = ["examine_geometry"]

_LOD = re.compile(r"\d(\.\d)?")


def examine_geometry(
    key: str, where: str, shape: Any, owner: Any, count: int, scope: Scope, notes: Notes
) -> None:
    """Note what is wrong with a geometry.

    Parameters
    ----------
    key, where : str
        The object and the path to the geometry.
    shape : Any
        The geometry.
    owner : Any
        Type of the object.
    count : int
        How many vertices there are.
    scope : Scope
        Takes which vertices are used.
    notes : Notes
    """
    if not isinstance(shape, dict):
        notes.add("member-kind", key, where, shape, "object")
        return
    kind = shape.get("type")
    if kind == "GeometryInstance":
        _instance(key, where, shape, count, scope, notes)
        return
    if not isinstance(kind, str) or kind not in DEPTH:
        notes.add("geometry-type", key, f"{where}/type", kind, " | ".join(DEPTH))
        return
    if owner == "TINRelief" and kind != "CompositeSurface":
        notes.add("geometry-type", key, f"{where}/type", kind, "CompositeSurface")
    for name in shape.keys() - FORMS:
        notes.add("geometry-extra", key, f"{where}/{name}", expected=", ".join(sorted(FORMS)))
    _lod(key, where, shape, scope, notes)
    if "boundaries" not in shape:
        notes.add("member-missing", key, f"{where}/boundaries", expected="array")
        return
    depth = DEPTH[kind]
    sizes = _levels(shape["boundaries"], depth)
    if isinstance(sizes, str):
        notes.add("boundary-depth", key, f"{where}/boundaries", sizes, f"{depth} arrays deep")
        return
    numbers = sizes[-1]
    if set(map(type, numbers)) - {int}:
        wrong = next(n for n in numbers if type(n) is not int)
        notes.add("boundary-index", key, f"{where}/boundaries", wrong, "whole numbers")
        return
    if numbers:
        if min(numbers) < 0 or max(numbers) >= count:
            wrong = next(n for n in numbers if not 0 <= n < count)
            notes.add("boundary-range", key, f"{where}/boundaries", wrong, f"0 to {count - 1}")
            numbers = [n for n in numbers if 0 <= n < count]
        scope.used[np.array(numbers, np.int64)] = True
    _semantics(key, where, shape.get("semantics"), depth, sizes, scope, notes)
    for name in ("material", "texture"):
        _looks(key, f"{where}/{name}", shape.get(name), name, depth, sizes, scope, notes)


def _levels(nested: Any, depth: int) -> list[Any] | str:
    """Return the sizes of the lists on each level, and all that is below; a text if it is no such.

    Examples
    --------
    >>> _levels([[0, 1], [2]], 2)
    [[2], [2, 1], [0, 1, 2]]
    >>> _levels([0, 1], 2)
    '1'
    """
    level: list[Any] = [nested]
    sizes: list[Any] = []
    for done in range(depth):
        if set(map(type, level)) - {list}:
            return str(done)
        sizes.append(list(map(len, level)))
        level = list(chain.from_iterable(level))
    if list in set(map(type, level)):
        return f"> {depth}"
    return [*sizes, level]


def _lod(key: str, where: str, shape: dict[str, Any], scope: Scope, notes: Notes) -> None:
    lod = shape.get("lod")
    if lod is None:
        notes.add("member-missing", key, f"{where}/lod", expected="level of detail")
    elif scope.version == "1.0":
        if type(lod) not in (int, float) or not 0 <= lod < 5:
            notes.add("lod-form", key, f"{where}/lod", lod, "a number from 0 to 3.3")
    elif not isinstance(lod, str) or not _LOD.fullmatch(lod):
        notes.add("lod-form", key, f"{where}/lod", lod, 'a text such as "2" or "2.2"')


def _instance(
    key: str, where: str, shape: dict[str, Any], count: int, scope: Scope, notes: Notes
) -> None:
    number = shape.get("template")
    have = len(scope.templates or ())
    if type(number) is not int or not 0 <= number < have:
        notes.add("template-range", key, f"{where}/template", number, f"0 to {have - 1}")
    at = shape.get("boundaries")
    if not (isinstance(at, list) and len(at) == 1 and type(at[0]) is int):
        notes.add("boundary-depth", key, f"{where}/boundaries", at, "one index")
    elif not 0 <= at[0] < count:
        notes.add("boundary-range", key, f"{where}/boundaries", at[0], f"0 to {count - 1}")
    else:
        scope.used[at[0]] = True
    matrix = shape.get("transformationMatrix")
    if not (
        isinstance(matrix, list)
        and len(matrix) == 16
        and all(type(v) in (int, float) for v in matrix)
    ):
        notes.add("member-kind", key, f"{where}/transformationMatrix", matrix, "16 numbers")


def _semantics(
    key: str, where: str, said: Any, depth: int, sizes: list[Any], scope: Scope, notes: Notes
) -> None:
    where = f"{where}/semantics"
    if said is None:
        return
    if not isinstance(said, dict) or not isinstance(said.get("surfaces"), list):
        notes.add("member-kind", key, where, said, "surfaces and values")
        return
    surfaces = said["surfaces"]
    for n, surface in enumerate(surfaces):
        kind = surface.get("type") if isinstance(surface, dict) else None
        if not isinstance(kind, str):
            notes.add("member-missing", key, f"{where}/surfaces/{n}/type", expected="text")
            continue
        if kind.startswith("+"):
            if scope.version == "2.0" and not scope.extended:
                path = f"{where}/surfaces/{n}/type"
                notes.add("extension-undeclared", key, path, kind, "an entry in extensions")
        elif kind not in SURFACES:
            notes.add("surface-unknown", key, f"{where}/surfaces/{n}/type", kind, "a known type")
        _surface_kin(key, f"{where}/surfaces", n, surface, surfaces, notes)
    if "values" not in said:
        notes.add("member-missing", key, f"{where}/values", expected="array or null")
        return
    upto = max(depth - 2, 1)
    _values(key, f"{where}/values", said["values"], upto, sizes, len(surfaces), notes)


def _surface_kin(
    key: str, where: str, n: int, surface: dict[str, Any], surfaces: list[Any], notes: Notes
) -> None:
    parent = surface.get("parent")
    below = surface.get("children")
    listed = [parent] if parent is not None else []
    listed += below if isinstance(below, list) else []
    for other in listed:
        if type(other) is not int or not 0 <= other < len(surfaces):
            notes.add("surface-range", key, f"{where}/{n}", other, f"0 to {len(surfaces) - 1}")


def _values(
    key: str,
    where: str,
    said: Any,
    depth: int,
    sizes: list[Any],
    count: int,
    notes: Notes,
    words: tuple[str, str] = ("semantics-shape", "semantics-range"),
) -> None:
    """Hold values nested as surfaces are against these; null may stand for a whole part."""
    level: list[Any] = [said]
    for wanted in sizes[:depth]:
        below: list[Any] = []
        for value, size in zip(level, wanted, strict=True):
            if value is None:
                below += [None] * size
            elif not isinstance(value, list) or len(value) != size:
                got = len(value) if isinstance(value, list) else value
                notes.add(words[0], key, where, got, str(size))
                return
            else:
                below += value
        level = below
    for value in level:
        if value is not None and (type(value) is not int or not 0 <= value < count):
            notes.add(words[1], key, where, value, f"0 to {count - 1} or null")
            return


def _looks(
    key: str,
    where: str,
    said: Any,
    name: str,
    depth: int,
    sizes: list[Any],
    scope: Scope,
    notes: Notes,
) -> None:
    if said is None:
        return
    if not isinstance(said, dict):
        notes.add("member-kind", key, where, said, "object of themes")
        return
    for theme, given in said.items():
        path = f"{where}/{theme}"
        if not isinstance(given, dict) or not {"value", "values"} & given.keys():
            notes.add("member-missing", key, f"{path}/values", expected="array")
        elif name == "material":
            have = scope.looks.materials
            words = ("material-shape", "material-range")
            if "value" in given:
                _values(key, f"{path}/value", given["value"], 0, sizes, have, notes, words)
            else:
                upto = max(depth - 2, 1)
                _values(key, f"{path}/values", given["values"], upto, sizes, have, notes, words)
        elif depth > 2:
            _texture(key, f"{path}/values", given.get("values"), depth, sizes, scope, notes)


def _texture(
    key: str, where: str, said: Any, depth: int, sizes: list[Any], scope: Scope, notes: Notes
) -> None:
    """Hold the textures of rings against these: a texture, and a place in it for each corner."""
    found = _levels(said, depth)
    if isinstance(found, str):
        notes.add("texture-shape", key, where, found, f"{depth} arrays deep")
        return
    for level in range(depth - 1):
        if found[level] != sizes[level]:
            notes.add("texture-shape", key, where, sum(found[level]), str(sum(sizes[level])))
            return
    at = 0
    for got, corners in zip(found[depth - 1], sizes[depth - 1], strict=True):
        ring = found[depth][at : at + got]
        at += got
        if all(v is None for v in ring):
            continue
        if got != corners + 1:
            notes.add("texture-shape", key, where, got, f"{corners + 1} or [null]")
            return
        if type(ring[0]) is not int or not 0 <= ring[0] < scope.looks.textures:
            notes.add("texture-range", key, where, ring[0], f"0 to {scope.looks.textures - 1}")
            return
        high = scope.looks.places
        wrong = [v for v in ring[1:] if type(v) is not int or not 0 <= v < high]
        if wrong:
            notes.add("texture-range", key, where, wrong[0], f"0 to {high - 1}")
            return
