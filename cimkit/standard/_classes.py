"""Merge the classes of a chain of packages: add, rename, restrict, retire, replace."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from cimkit.errors import StandardConflict, StandardError
from cimkit.standard._package import Package, truth
from cimkit.standard._place import Place
from cimkit.standard.rows import ClassRow

_CHANGES = ("add", "rename", "restrict", "retire", "replace")
_NAMES = ("name_zh", "name_ja", "name_en")


def words(text: str) -> tuple[str, ...]:
    """Split a cell that holds several values."""
    return tuple(w for w in re.split(r"[|;,\s]+", text) if w)


def merge_classes(
    chain: Sequence[Package], scheme_of: Mapping[str, str]
) -> dict[tuple[str, str], ClassRow]:
    """Return the classes by (scheme, code), with what each package changes.

    Parameters
    ----------
    chain : sequence of Package
        The oldest ancestor first.
    scheme_of : mapping
        Scheme that a package's own scheme is part of, by package id.

    Raises
    ------
    StandardConflict
        If a code is used again with another meaning.
    StandardError
        If a change speaks of a code that is not there, or a parent is not there.
    """
    found: dict[tuple[str, str], ClassRow] = {}
    places: dict[tuple[str, str], str] = {}
    for package in chain:
        mine: dict[tuple[str, str], str] = {}
        for place, cells in package.classes:
            said = cells["scheme"] or package.id
            row = _row(cells, scheme_of.get(said, said), package.key, place)
            key = (row.scheme, row.code)
            if key in mine:
                raise StandardError(
                    f"code {row.code} stands twice in {package.key}",
                    where=place,
                    mend=f"See {mine[key]}.",
                )
            mine[key] = place
            old = found.get(key)
            changes = words(cells["change"])
            for change in changes:
                if change not in _CHANGES:
                    raise StandardError(
                        "no such change", where=place, got=change, expected=" | ".join(_CHANGES)
                    )
            if old is None:
                if set(changes) - {"add"}:
                    raise StandardError(
                        f"no parent has code {row.code} to {changes[0]}", where=place
                    )
                found[key] = row
            else:
                found[key] = _change(old, row, changes, cells, place)
        places.update(mine)
    return _tree(found, places)


def _row(cells: dict[str, str], scheme: str, package: str, place: Place) -> ClassRow:
    copied: dict[str, Any] = {
        k: cells[k]
        for k in (*_NAMES, "code", "parent", "definition", "level", "valid_from", "valid_to")
    }
    return ClassRow(
        scheme=scheme,
        geometry=words(cells["geometry"]),
        access=cells["access"] or "public",
        replaces=words(cells["replaces"]),
        code_origin=cells["code_origin"],
        verified=truth(cells["verified"], place),
        source=cells["source"],
        package=package,
        meant_by=package,
        origin=place,
        **copied,
    )


def _change(
    old: ClassRow, new: ClassRow, changes: tuple[str, ...], cells: dict[str, str], place: str
) -> ClassRow:
    done = (*old.changes, *changes)
    mark: dict[str, Any] = {"package": new.package, "origin": place, "changes": done}
    if "replace" in changes:
        return dataclasses.replace(new, parent=new.parent or old.parent, changes=done)
    if "retire" in changes:
        return dataclasses.replace(old, retired=True, **mark)
    if "add" in changes or ("rename" not in changes and not _same_name(old, new)):
        raise StandardConflict(
            f"code {new.code} has two meanings",
            where=place,
            got=_shown(new),
            expected=f"{_shown(old)!r} ({old.package}, {old.origin})",
            mend="Take a code that is free, or declare what you do in the column `change`: "
            "rename (the same thing by another name), replace (another thing).",
        )
    values: dict[str, Any] = {
        k: cells[k] for k in ("definition", "level", "valid_from", "valid_to") if cells[k]
    }
    if "rename" in changes:
        values |= {k: cells[k] for k in _NAMES if cells[k]}
        values |= {"code_origin": new.code_origin or old.code_origin}
        values |= {"verified": new.verified, "source": new.source or old.source}
    if new.geometry and new.geometry != old.geometry:
        if "restrict" not in changes or (old.geometry and not {*new.geometry} <= {*old.geometry}):
            raise StandardConflict(
                f"class {new.code} has other geometry than its parent says",
                where=place,
                got=" ".join(new.geometry),
                expected=f"{' '.join(old.geometry) or 'any'} ({old.package})",
                mend="Declare `restrict` for a narrower choice, `replace` for a wider one.",
            )
        values["geometry"] = new.geometry
    if new.parent and new.parent != old.parent:
        raise StandardConflict(
            f"class {new.code} stands elsewhere in its parent's tree",
            where=place,
            got=new.parent,
            expected=f"{old.parent!r} ({old.package})",
            mend="Declare `replace`.",
        )
    return dataclasses.replace(old, **values, **mark) if changes else old


def _same_name(old: ClassRow, new: ClassRow) -> bool:
    for key in ("name_zh", "name_en", "name_ja"):
        a, b = _plain(getattr(old, key)), _plain(getattr(new, key))
        if a and b:
            return a == b
    return True


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def _shown(row: ClassRow) -> str:
    return " / ".join(n for n in (row.name_zh, row.name_ja, row.name_en) if n)


def _tree(
    found: dict[tuple[str, str], ClassRow], places: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], ClassRow]:
    above = {(c.scheme, c.parent) for c in found.values() if c.parent and not c.retired}
    for key, row in found.items():
        if row.retired and key in above:
            raise StandardError(
                f"class {row.code} is retired, but classes below it are not",
                where=row.origin,
                mend="Retire those too, or move them with `replace`.",
            )
        line, at = {key}, row
        while at.parent:
            step = (at.scheme, at.parent)
            if step not in found:
                raise StandardError(
                    f"class {at.code} stands below {at.parent}, which does not exist",
                    where=places[(at.scheme, at.code)],
                )
            if step in line:
                raise StandardError(
                    "classes stand below each other", where=row.origin, got=row.code
                )
            line.add(step)
            at = found[step]
    out = {}
    for key, row in found.items():
        level, at = row.level, row
        while not level and at.parent:
            at = found[(at.scheme, at.parent)]
            level = at.level
        out[key] = dataclasses.replace(row, leaf=key not in above, level=level)
    return out
