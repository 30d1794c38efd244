"""What objects of an IFC model have to do with each other: parents, and the table ``relations``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pyarrow as pa

from cimkit.loaders.ifc.instances import (
    attribute_names,
    each,
    get,
    key_of,
    members,
    number,
    position,
)
from cimkit.loaders.ifc.rings import take_out, turning
from cimkit.model import STAGED, Problem

__all__ = ["Structure", "relations"]

_CHUNK = 65_536
# By rising rank: what comes later is the parent in place of what came before.
_WHOLES = (
    ("IfcRelFillsElement", "RelatingOpeningElement", "RelatedBuildingElement"),
    ("IfcRelConnectsPortToElement", "RelatedElement", "RelatingPort"),
    ("IfcRelAdheresToElement", "RelatingElement", "RelatedSurfaceFeatures"),
    ("IfcRelVoidsElement", "RelatingBuildingElement", "RelatedOpeningElement"),
    ("IfcRelProjectsElement", "RelatingElement", "RelatedFeatureElement"),
    ("IfcRelNests", "RelatingObject", "RelatedObjects"),
    ("IfcRelAggregates", "RelatingObject", "RelatedObjects"),
    ("IfcRelContainedInSpatialStructure", "RelatingStructure", "RelatedElements"),
)
# Told as properties of the objects, or of the file as a whole.
_ASIDE = (
    "IfcRelAssociates",
    "IfcRelDefinesByProperties",
    "IfcRelDefinesByTemplate",
    "IfcRelOverridesProperties",
)
# Their objects point to what they are assigned to.
_TURNED = ("IfcRelAssigns", "IfcRelDefinesByType", "IfcRelDefinesByObject")


class Structure:
    """The whole that each object is part of.

    Aggregations that form a ring are taken out of the model, for the geometry kernels never come
    back from one: read `relations` before.

    Parameters
    ----------
    model : ifcopenshell.file
    objects : dict of int
        Instance numbers of the objects to which a parent may be given.
    problems : list of Problem
        ``structure-cyclic`` is appended where objects are parts of themselves.
    """

    def __init__(self, model: Any, objects: dict[int, Any], problems: list[Problem]) -> None:
        self.parent: dict[int, int] = {}
        self._storeys: dict[int, str] = {}
        self._storey_of: dict[int, str | None] = {}
        rings = _rings(model)
        closing = {(number(r), number(m)) for r, m in rings}
        for name, whole, parts in _WHOLES:
            for relation in each(model, name):
                above = getattr(relation, whole)
                if above is None or not hasattr(above, "is_a") or number(above) not in objects:
                    continue
                top, by = number(above), number(relation)
                for one in members(getattr(relation, parts)):
                    if number(one) != top and (by, number(one)) not in closing:
                        self.parent[number(one)] = top
        for storey in each(model, "IfcBuildingStorey"):
            name = storey.Name or storey.LongName or storey.GlobalId or f"#{number(storey)}"
            self._storeys[number(storey)] = str(name)
        cut = [m for _, m in rings] + [objects[n] for n in self._untie() if n in objects]
        if cut:
            problems.append(
                Problem(
                    "structure-cyclic",
                    "Objects are parts of themselves, by way of their parts; each ring was cut.",
                    "error",
                    place=", ".join(key_of(m, {}) for m in cut[:5]),
                    got=f"{len(cut)} rings",
                    expected="a tree",
                    hint="Look at the aggregation and containment of these objects.",
                )
            )
        # The kernels look for materials and openings upward for ever.
        for relation in {number(r): r for r, _ in rings}.values():
            take_out(model, relation)

    def _untie(self) -> list[int]:
        """Cut each ring at the link that closes it."""
        done: set[int] = set()
        cut = []
        for start in list(self.parent):
            path: dict[int, None] = {}
            at: int | None = start
            while at is not None and at not in done and at not in path:
                path[at] = None
                at = self.parent.get(at)
            if at is not None and at in path:
                last = next(reversed(path))
                del self.parent[last]
                cut.append(last)
            done.update(path)
        return cut

    def storey(self, one: int) -> str | None:
        """Return the name of the storey that an object is part of, None if of none."""
        path = []
        at: int | None = one
        found = None
        while at is not None:
            if at in self._storey_of:
                found = self._storey_of[at]
                break
            path.append(at)
            if at in self._storeys:
                found = self._storeys[at]
                break
            at = self.parent.get(at)
        for passed in path:
            self._storey_of[passed] = found
        return found


def _rings(model: Any) -> list[tuple[Any, Any]]:
    """Return relationship and part of each link that makes something a part of itself."""
    wholes: dict[int, list[int]] = {}
    by: dict[tuple[int, int], tuple[Any, Any]] = {}
    for name in ("IfcRelAggregates", "IfcRelNests"):
        for relation in each(model, name):
            for above in members(relation.RelatingObject):
                for one in members(relation.RelatedObjects):
                    wholes.setdefault(number(one), []).append(number(above))
                    by[number(one), number(above)] = (relation, one)
    return [by[link] for link in turning(wholes)]


@cache
def _ends(schema: str, name: str) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Return the places of the attributes that a relationship leads from and to."""
    if name.startswith(_ASIDE):
        return None
    names = attribute_names(schema, name)
    relating = [n for n in names if n.startswith("Relating")]
    related = [n for n in names if n.startswith(("Related", "Realizing"))]
    if name.startswith(_TURNED):
        relating, related = related, relating
    places = tuple(
        tuple(p for n in ends if (p := position(schema, name, n)) is not None)
        for ends in (relating, related)
    )
    return (places[0], places[1]) if all(places) else None


def relations(model: Any, keys: dict[int, str]) -> Iterator[pa.Table]:
    """Yield the rows of the table ``relations``.

    A relationship leads from what it relates to what is related (storey to wall, wall to opening),
    an assignment from the object to what it is assigned to (pump to system), a type relationship
    from the object to its type. Ends that are no objects are named by their GlobalId.

    Parameters
    ----------
    model : ifcopenshell.file
    keys : dict
        Source key by instance number.
    """
    schema = model.schema_identifier
    starts: list[str] = []
    names: list[str] = []
    ends: list[str] = []
    for relation in each(model, "IfcRelationship"):
        name = relation.is_a()
        places = _ends(schema, name)
        if places is None:
            continue
        one = [key_of(m, keys) for p in places[0] for m in members(get(relation, p))]
        other = [key_of(m, keys) for p in places[1] for m in members(get(relation, p))]
        for start in one:
            starts += [start] * len(other)
            ends += other
        names += [name] * (len(one) * len(other))
        if len(names) >= _CHUNK:
            yield _table(starts, names, ends)
            starts, names, ends = [], [], []
    if names:
        yield _table(starts, names, ends)


def _table(starts: list[str], names: list[str], ends: list[str]) -> pa.Table:
    blank = pa.array([""] * len(names), pa.string())
    columns = [blank, pa.array(starts), pa.array(names), blank, pa.array(ends)]
    return pa.Table.from_arrays(columns, schema=STAGED["relations"])
