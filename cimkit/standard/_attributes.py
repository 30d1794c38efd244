"""Merge the attributes of a chain of packages."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from cimkit.errors import StandardConflict, StandardError
from cimkit.standard._classes import words
from cimkit.standard._expressions import wrong_with
from cimkit.standard._package import Package, truth
from cimkit.standard._place import Place
from cimkit.standard.rows import Attribute

_OBLIGATIONS = "OCM"


def merge_attributes(
    chain: Sequence[Package], codes: set[str], domains: Mapping[str, Any]
) -> tuple[Attribute, ...]:
    """Return the attributes of all packages, those of later packages last.

    Raises
    ------
    StandardError
        If a class or domain does not exist, or an overlay asks less than its parent does.
    """
    found: list[Attribute] = []
    for package in chain:
        inherited = tuple(found)
        for place, cells in package.attributes:
            row = _attribute(cells, package.key, place)
            for code in row.classes:
                if code not in codes:
                    raise StandardError(
                        "an attribute of a class that is not there", where=place, got=code
                    )
            if row.domain and row.domain not in domains:
                raise StandardError(
                    "no such domain", where=place, got=row.domain, expected=", ".join(domains)
                )
            change = cells["change"]
            if change not in ("", "add", "restrict", "replace", "retire"):
                raise StandardError("no such change", where=place, got=change)
            old = [a for a in inherited if a.name == row.name and _touch(a, row)]
            if change in ("restrict", "retire") and not old:
                raise StandardError(f"no parent has attribute {row.name} to {change}", where=place)
            if change == "retire":
                found = [_without(a, row) if a in old else a for a in found]
                found = [a for a in found if a.classes != ("-",)]
                continue
            if change == "restrict":
                row = _filled(row, old[-1], cells)
            weaker = [
                a
                for a in old
                if _OBLIGATIONS.index(row.obligation) < _OBLIGATIONS.index(a.obligation)
            ]
            if weaker and change != "replace":
                raise StandardConflict(
                    f"attribute {row.name} is asked less strictly than by {weaker[0].package}",
                    where=place,
                    got=row.obligation,
                    expected=weaker[0].obligation,
                    mend="Declare `replace` in the column `change` if that is meant.",
                )
            found.append(row)
    return tuple(found)


def _attribute(cells: dict[str, str], package: str, place: Place) -> Attribute:
    kind = cells["type"] or "text"
    if kind not in ("text", "integer", "number", "date", "boolean"):
        raise StandardError("no such type", where=place, got=kind)
    obligation = cells["obligation"] or "O"
    if obligation not in _OBLIGATIONS:
        raise StandardError("no such obligation", where=place, got=obligation, expected="M, C or O")
    limits: dict[str, Any] = {}
    for key in ("minimum", "maximum"):
        try:
            limits[key] = float(cells[key]) if cells[key] else None
        except ValueError as error:
            raise StandardError(f"`{key}` is a number", where=place, got=cells[key]) from error
    wrong = wrong_with(cells["pattern"])
    if wrong:
        raise StandardError(wrong, where=place, got=cells["pattern"])
    names = ("name", "title", "unit", "domain", "level", "pattern", "code_origin", "source")
    copied: dict[str, Any] = {k: cells[k] for k in names}
    return Attribute(
        classes=words(cells["class"]),
        kinds=words(cells["kinds"]),
        type=kind,
        obligation=obligation,
        access=cells["access"] or "public",
        verified=truth(cells["verified"], place),
        package=package,
        origin=place,
        **limits,
        **copied,
    )


def _touch(a: Attribute, b: Attribute) -> bool:
    kinds = not a.kinds or not b.kinds or bool({*a.kinds} & {*b.kinds})
    return kinds and (not a.classes or bool({*a.classes} & {*b.classes}))


def _without(a: Attribute, gone: Attribute) -> Attribute:
    left = tuple(c for c in a.classes if c not in gone.classes)
    return dataclasses.replace(a, classes=left or ("-",))


def _filled(row: Attribute, old: Attribute, cells: dict[str, str]) -> Attribute:
    blank = [
        k
        for k in (
            "title",
            "type",
            "unit",
            "domain",
            "level",
            "pattern",
            "minimum",
            "maximum",
            "access",
            "obligation",
        )
        if not cells[k]
    ]
    return dataclasses.replace(row, **{k: getattr(old, k) for k in blank})
