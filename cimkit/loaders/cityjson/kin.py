"""Which city objects of a part name each other: gathered first, as either side may say it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cimkit.loaders._city.tally import Tally
from cimkit.loaders.cityjson.parts import Part

__all__ = ["OLD_PARTS", "Kin", "kin_of", "names_in", "parents_in"]

# CityJSON before 0.8 lists the parts of a building under these names.
OLD_PARTS = {
    "Parts",
    "Installations",
    "BuildingParts",
    "BuildingInstallations",
    "consistsOfBuildingParts",
    "BridgeParts",
    "TunnelParts",
}


@dataclass(slots=True)
class Kin:
    """The kin of all objects of a part."""

    above: dict[str, str] = field(default_factory=dict)
    """The parent of each that has one, also where only the parent says so."""
    parents: dict[str, list[str]] = field(default_factory=dict)
    """What each says itself."""
    children: dict[str, list[str]] = field(default_factory=dict)
    """What each says itself."""
    old: set[str] = field(default_factory=set)
    """Those that list their parts as early versions do."""
    absent: set[str] = field(default_factory=set)
    """Names that objects say and that no object has."""


def kin_of(part: Part) -> Kin:
    """Return who names whom in a part."""
    found = Kin()
    known: set[str] = set()
    by_parent: dict[str, str] = {}
    for key, body in part.items(Tally(), kin=True):
        known.add(key)
        if not isinstance(body, dict):
            continue
        said = parents_in(body)
        if said:
            found.parents[key] = said
        below = names_in(body, "children")
        if below:
            found.children[key] = below
        if body.get("type") == "CityObjectGroup":
            continue
        if OLD_PARTS & body.keys():
            found.old.add(key)
            below = [n for name in ("children", *sorted(OLD_PARTS)) for n in names_in(body, name)]
        for child in below:
            by_parent.setdefault(child, key)
    found.above = by_parent | {key: said[0] for key, said in found.parents.items()}
    asked = [*found.parents.values(), *found.children.values()]
    found.absent = {n for names in asked for n in names} - known
    if found.absent:
        found.absent -= {key for key, _ in part.items(Tally())}
    return found


def names_in(body: dict[str, Any], name: str) -> list[str]:
    """Return the names that a member of an object lists."""
    said = body.get(name)
    return [n for n in said if isinstance(n, str)] if isinstance(said, list) else []


def parents_in(body: dict[str, Any]) -> list[str]:
    """Return the parents that an object names."""
    said = body.get("parents") or body.get("parent") or []  # one name in CityJSON 0.x
    listed = said if isinstance(said, list) else [said]
    return [p for p in listed if isinstance(p, str)]
