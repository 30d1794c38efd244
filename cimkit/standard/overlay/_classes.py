"""Merge the classes of a chain of packages: add, rename, restrict, retire, replace."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cimkit.errors import StandardError
from cimkit.standard.overlay._changes import access_in, changes_in, plain_name, words
from cimkit.standard.overlay._class_change import ClassChange, same_class_names
from cimkit.standard.overlay._conflicts import Conflicts
from cimkit.standard.overlay._schemes import Schemes
from cimkit.standard.package._package import Package, truth
from cimkit.standard.package._place import Place
from cimkit.standard.rows import ClassRow

_NAMES = ("name_zh", "name_ja", "name_en")
Key = tuple[str, str]
"""Scheme and code."""


@dataclass(frozen=True)
class Classes:
    """The classes of a chain."""

    rows: dict[Key, ClassRow]
    """By scheme and code, the retired ones included."""
    stated: frozenset[Key]
    """Those that a package states whose rows count even where they are not verified."""
    since: Mapping[Key, int]
    """For codes that ``replace`` gave another meaning, the number in the chain of the package."""


def merge_classes(chain: Sequence[Package], schemes: Schemes, conflicts: Conflicts) -> Classes:
    """Return the classes with what each package changes.

    Parameters
    ----------
    chain : sequence of Package
        Every parent before its child.
    schemes : Schemes
        For the column ``scheme``.
    conflicts : Conflicts
        Takes what is said otherwise than by the parents, undeclared.

    Raises
    ------
    StandardError
        If a change speaks of a code that is not there, or a parent is not there.
    """
    found: dict[Key, ClassRow] = {}
    places: dict[Key, Place] = {}
    stated: set[Key] = set()
    since: dict[Key, int] = {}
    for number, package in enumerate(chain):
        mine: dict[Key, Place] = {}
        named = _Named(dict(found))
        for place, cells in package.classes:
            row = _row(cells, schemes.named(package, cells["scheme"], place), package.key, place)
            key = (row.scheme, row.code)
            if key in mine:
                raise StandardError(
                    f"code {row.code} stands twice in {package.key}",
                    where=place,
                    mend=f"See {mine[key]}.",
                )
            mine[key] = place
            if not package.verified_only:
                stated.add(key)
            old = found.get(key)
            changes = changes_in(cells, place)
            if old is None:
                if set(changes) - {"add"}:
                    raise StandardError(
                        f"no parent has code {row.code} to {changes[0]}",
                        where=place.cell("change"),
                    )
                found[key] = row
                continue
            change = ClassChange(old, row, changes, cells, place, conflicts, named.code_of)
            found[key] = change.result()
            if "replace" in changes and not same_class_names(old, row):
                since[key] = number
        places.update(mine)
    return Classes(_tree(found, places), frozenset(stated), since)


class _Named:
    """Classes by name, put in order when the first is asked for."""

    def __init__(self, rows: Mapping[Key, ClassRow]) -> None:
        self._rows = rows

    @cached_property
    def _codes(self) -> dict[Key, str]:
        return {
            (row.scheme, plain_name(getattr(row, name))): row.code
            for row in self._rows.values()
            for name in _NAMES
            if getattr(row, name) and not row.retired
        }

    def code_of(self, row: ClassRow) -> str:
        """Return the code of the class that bears the name of a row, "" if there is none."""
        names = (plain_name(getattr(row, name)) for name in _NAMES)
        return next(
            (self._codes[row.scheme, n] for n in names if (row.scheme, n) in self._codes), ""
        )


def _row(cells: dict[str, str], scheme: str, package: str, place: Place) -> ClassRow:
    copied: dict[str, Any] = {
        k: cells[k]
        for k in (*_NAMES, "code", "parent", "definition", "level", "valid_from", "valid_to")
    }
    return ClassRow(
        scheme=scheme,
        geometry=words(cells["geometry"]),
        access=access_in(cells, place),
        replaces=words(cells["replaces"]),
        code_origin=cells["code_origin"],
        verified=truth(cells["verified"], place.cell("verified")),
        source=cells["source"],
        package=package,
        meant_by=package,
        origin=place,
        **copied,
    )


def _tree(found: dict[Key, ClassRow], places: Mapping[Key, Place]) -> dict[Key, ClassRow]:
    """Return the classes with the levels they inherit, once each stands below one that is there."""
    above = {(c.scheme, c.parent) for c in found.values() if c.parent and not c.retired}
    sound: set[Key] = set()
    for key, row in found.items():
        if row.retired and key in above:
            raise StandardError(
                f"class {row.code} is retired, but classes below it are not",
                where=row.origin,
                mend="Retire those too, or move them with `replace`.",
            )
        line, at = [key], row
        while at.parent and line[-1] not in sound:
            step = (at.scheme, at.parent)
            if step not in found:
                raise StandardError(
                    f"class {at.code} stands below {at.parent}, which does not exist",
                    where=places[(at.scheme, at.code)].cell("parent"),
                )
            if step in line:
                raise StandardError(
                    "classes stand below each other", where=row.origin, got=row.code
                )
            line.append(step)
            at = found[step]
        sound.update(line)
    levels: dict[Key, str] = {}
    for key in found:
        line, at = [], found[key]
        while not at.level and at.parent and (at.scheme, at.code) not in levels:
            line.append((at.scheme, at.code))
            at = found[(at.scheme, at.parent)]
        level = levels.get((at.scheme, at.code), at.level)
        levels |= dict.fromkeys((*line, (at.scheme, at.code)), level)
    return with_leaves(
        {k: dataclasses.replace(r, level=levels[k]) if levels[k] else r for k, r in found.items()}
    )


def with_leaves(found: Mapping[Key, ClassRow]) -> dict[Key, ClassRow]:
    """Return the classes, those that stand above others in force marked as no leaves."""
    above = {(c.scheme, c.parent) for c in found.values() if c.parent and not c.retired}
    return {
        k: r if r.leaf == (k not in above) else dataclasses.replace(r, leaf=k not in above)
        for k, r in found.items()
    }
