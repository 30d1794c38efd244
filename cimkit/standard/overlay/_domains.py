"""Merge the values of code lists: add, rename, restrict, retire, replace."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from cimkit.errors import Conflict, StandardError
from cimkit.standard.overlay._changes import TAKEN, changes_in, same_names, shown
from cimkit.standard.overlay._conflicts import Conflicts
from cimkit.standard.package._package import Package, truth
from cimkit.standard.package._place import Place

_COLUMNS = ("code", "name_zh", "name_ja", "name_en")


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a code list."""

    code: str
    name_zh: str
    name_ja: str
    name_en: str
    verified: bool
    asserted: bool
    """Whether a package states it whose rows count even where they are not verified."""
    package: str
    origin: Place
    retired: bool = False

    @property
    def names(self) -> tuple[str, str, str]:
        """Names in the order in which they are compared."""
        return self.name_zh, self.name_en, self.name_ja

    @property
    def shown(self) -> str:
        """Names in the languages there are."""
        return shown(self.name_zh, self.name_ja, self.name_en) or self.code


Lists = dict[str, dict[str, Value]]
"""Values by list and code, the retired ones included."""


def merge_domains(chain: Sequence[Package], conflicts: Conflicts) -> Lists:
    """Return the values of all lists.

    ``restrict`` at one value of a list says that of the parents' values only those stay that the
    package writes down.

    Raises
    ------
    StandardError
        If a change speaks of a value that is not there.
    """
    found: Lists = {}
    for package in chain:
        for name, rows in package.domains.items():
            values = found.setdefault(name, {})
            parents = tuple(values)
            narrowed = False
            for place, cells in rows:
                changes = changes_in(cells, place)
                narrowed |= "restrict" in changes
                new = Value(
                    code=cells["code"],
                    name_zh=cells["name_zh"],
                    name_ja=cells["name_ja"],
                    name_en=cells["name_en"],
                    verified=truth(cells["verified"], place.cell("verified")),
                    asserted=not package.verified_only,
                    package=package.key,
                    origin=place,
                )
                old = values.get(new.code)
                if old is None and set(changes) - {"add"}:
                    raise StandardError(
                        f"no parent has value {new.code} in list {name} to {changes[0]}",
                        where=place.cell("change"),
                    )
                values[new.code] = _changed(name, old, new, changes, conflicts) if old else new
            if narrowed:
                written = {cells["code"] for _, cells in rows}
                for code in parents:
                    if code not in written:
                        values[code] = dataclasses.replace(values[code], retired=True)
    return found


def domain_tables(lists: Mapping[str, Mapping[str, Value]]) -> dict[str, pa.Table]:
    """Return the lists as tables of the values in use."""
    return {
        name: pa.table(
            {
                c: pa.array([getattr(v, c) for v in values.values() if not v.retired], pa.string())
                for c in _COLUMNS
            }
        )
        for name, values in sorted(lists.items())
    }


def _changed(
    name: str, old: Value, new: Value, changes: tuple[str, ...], conflicts: Conflicts
) -> Value:
    if "replace" in changes:
        return new
    asserted = old.asserted or new.asserted
    if "retire" in changes:
        return dataclasses.replace(
            old, retired=True, asserted=asserted, package=new.package, origin=new.origin
        )
    wrong = ""
    if "rename" not in changes and not same_names(old.names, new.names):
        wrong = "has two meanings"
    elif old.retired and "add" not in changes:
        wrong = "is retired"
    elif "add" in changes and not old.retired:
        wrong = "is added a second time"
    if wrong:
        conflicts.add(
            Conflict(
                f"value {new.code} of list {name} {wrong}",
                str(new.origin),
                new.code,
                new.shown,
                old.shown,
                str(old.origin),
                old.package,
                TAKEN,
            )
        )
        return old
    if {"add", "rename"} & {*changes}:
        return dataclasses.replace(_filled(new, old), asserted=asserted)
    return dataclasses.replace(old, verified=old.verified or new.verified, asserted=asserted)


def _filled(new: Value, old: Value) -> Value:
    """Return a value with the names that the row leaves open as they were."""
    return dataclasses.replace(
        new,
        name_zh=new.name_zh or old.name_zh,
        name_ja=new.name_ja or old.name_ja,
        name_en=new.name_en or old.name_en,
    )
