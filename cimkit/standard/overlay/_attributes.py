"""Merge the attributes of a chain of packages: add, rename, restrict, retire, replace."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard._expressions import wrong_with
from cimkit.standard.overlay._attribute_change import (
    OBLIGATIONS,
    Reach,
    against_parents,
    filled,
    not_narrower,
)
from cimkit.standard.overlay._changes import access_in, changes_in, words
from cimkit.standard.overlay._classes import Classes, Key
from cimkit.standard.overlay._conflicts import Conflicts
from cimkit.standard.overlay._schemes import Schemes
from cimkit.standard.package._package import Package, truth
from cimkit.standard.package._place import Place
from cimkit.standard.rows import Attribute

TYPES = ("text", "integer", "number", "date", "boolean")
"""What values may be."""


def merge_attributes(
    chain: Sequence[Package],
    schemes: Schemes,
    merged: Classes,
    lists: Mapping[str, Collection[str]],
    conflicts: Conflicts,
) -> tuple[Attribute, ...]:
    """Return the attributes of all packages, those of later packages last.

    What an overlay changes at some classes only stays with its parents at the others.

    Parameters
    ----------
    chain : sequence of Package
        Every parent before its child.
    schemes : Schemes
        For the column ``scheme``.
    merged : Classes
        Of the whole chain.
    lists : mapping
        The codes of the lists of values there are.
    conflicts : Conflicts
        Takes what is said otherwise than by the parents, undeclared.

    Raises
    ------
    StandardError
        If a class or list does not exist, or a change speaks of an attribute that is not there.
    """
    reach = Reach(merged.rows)
    found: list[Attribute] = []
    for number, package in enumerate(chain):
        reborn = {key for key, since in merged.since.items() if since == number}
        found = [b for a in found if (b := _still_meant(a, reborn)) is not None]
        inherited: dict[str, list[Attribute]] = {}
        for a in found:
            inherited.setdefault(a.name, []).append(a)
        added: list[Attribute] = []
        for place, cells in package.attributes:
            row = _attribute(
                cells, package.key, place, schemes.named(package, cells["scheme"], place)
            )
            for code in (*row.classes, *row.without):
                if (row.scheme, code) not in merged.rows:
                    raise StandardError(
                        "an attribute of a class that is not there",
                        where=place.cell("class"),
                        got=code,
                    )
            if row.domain and row.domain not in lists:
                raise StandardError(
                    "no such domain",
                    where=place.cell("domain"),
                    got=row.domain,
                    expected=", ".join(lists),
                )
            changes = changes_in(cells, place)
            before = cells["replaces"] or row.name
            if cells["replaces"] and "rename" not in changes:
                raise StandardError(
                    "`replaces` is the former name, with the change rename",
                    where=place.cell("replaces"),
                    got=cells["replaces"],
                )
            old = [a for a in inherited.get(before, ()) if reach.touch(a, row)]
            if set(changes) - {"add"} and not old:
                raise StandardError(
                    f"no parent has attribute {before} to {changes[0]}", where=place.cell("change")
                )
            if {"rename", "restrict"} & {*changes}:
                rename = "restrict" not in changes
                new = [filled(row, a, cells, reach, rename=rename) for a in old]
                if "restrict" in changes:
                    for mine, a in zip(new, old, strict=True):
                        not_narrower(mine, a, lists, conflicts)
                added += new
            elif "retire" not in changes:
                if "replace" not in changes:
                    against_parents(row, old, cells, conflicts)
                added.append(row)
            if set(changes) - {"add"}:
                gone = {id(a) for a in old}
                left = [reach.rest(a, row, place) for a in old]
                found = [a for a in found if id(a) not in gone]
                found += [a for a in left if a is not None]
                inherited[before] = [a for a in found if a.name == before]
        found += added
    return tuple(found)


def _still_meant(attribute: Attribute, reborn: Collection[Key]) -> Attribute | None:
    """Return an attribute without the classes whose code now means another thing."""
    left = tuple(c for c in attribute.classes if (attribute.scheme, c) not in reborn)
    if left == attribute.classes:
        return attribute
    return dataclasses.replace(attribute, classes=left) if left else None


def _attribute(cells: dict[str, str], package: str, place: Place, scheme: str) -> Attribute:
    pattern_in(cells, place)
    names = ("name", "title", "unit", "domain", "level", "pattern", "code_origin", "source")
    copied: dict[str, Any] = {k: cells[k] for k in names}
    return Attribute(
        classes=words(cells["class"]),
        kinds=words(cells["kinds"]),
        type=type_in(cells, place),
        obligation=obligation_in(cells, place),
        minimum=limit_in("minimum", cells, place),
        maximum=limit_in("maximum", cells, place),
        access=access_in(cells, place),
        verified=truth(cells["verified"], place.cell("verified")),
        package=package,
        origin=place,
        scheme=scheme,
        without=words(cells["without"]),
        **copied,
    )


def type_in(cells: Mapping[str, str], place: Place) -> str:
    """Return what the column ``type`` says; raises `StandardError`."""
    return _one_of("type", cells["type"] or "text", TYPES, place)


def obligation_in(cells: Mapping[str, str], place: Place) -> str:
    """Return what the column ``obligation`` says; raises `StandardError`."""
    return _one_of("obligation", cells["obligation"] or "O", tuple(OBLIGATIONS), place)


def limit_in(column: str, cells: Mapping[str, str], place: Place) -> float | None:
    """Return what ``minimum`` or ``maximum`` says; raises `StandardError`."""
    try:
        return float(cells[column]) if cells[column] else None
    except ValueError as error:
        raise StandardError(
            f"`{column}` is a number",
            where=place.cell(column),
            got=cells[column],
            mend="Write the number alone; its unit has a column of its own.",
        ) from error


def pattern_in(cells: Mapping[str, str], place: Place) -> None:
    """Raise `StandardError` if the column ``pattern`` holds no expression that may run."""
    wrong = wrong_with(cells["pattern"])
    if wrong:
        raise StandardError(wrong, where=place.cell("pattern"), got=cells["pattern"])


def _one_of(column: str, said: str, allowed: Sequence[str], place: Place) -> str:
    if said not in allowed:
        raise StandardError(
            f"no such {column}",
            where=place.cell(column),
            got=said,
            expected=" | ".join(allowed),
            mend="Choose one of them.",
        )
    return said
