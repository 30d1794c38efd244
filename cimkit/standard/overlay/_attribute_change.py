"""What one row of an overlay does to attributes of its parents."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cimkit.errors import Conflict, StandardError
from cimkit.standard.overlay._changes import ACCESS
from cimkit.standard.overlay._classes import Key
from cimkit.standard.overlay._conflicts import Conflicts
from cimkit.standard.package._place import Place
from cimkit.standard.rows import Attribute, ClassRow

OBLIGATIONS = "OCM"
"""From the weakest to the strictest."""
_COPIED = (
    *("title", "type", "unit", "domain", "level", "pattern", "minimum", "maximum", "access"),
    *("obligation", "code_origin", "verified", "source"),
)
"""Cells of which an overlay's row, left blank, keeps what the parent says."""


class Reach:
    """Which classes an attribute reaches: those it names, and all below them."""

    def __init__(self, classes: Mapping[Key, ClassRow]) -> None:
        self._classes = classes
        self._above: dict[Key, frozenset[str]] = {}

    def above(self, scheme: str, code: str) -> frozenset[str]:
        """Return a code and those above it."""
        key = (scheme, code)
        if key not in self._above:
            row = self._classes.get(key)
            upper = self.above(scheme, row.parent) if row and row.parent else frozenset()
            self._above[key] = upper | {code}
        return self._above[key]

    def touch(self, a: Attribute, b: Attribute) -> bool:
        """Return whether two attributes meet at some class and kind of source."""
        if a.scheme != b.scheme or (a.kinds and b.kinds and not {*a.kinds} & {*b.kinds}):
            return False
        return bool(not a.classes or not b.classes or self.common(a, b))

    def common(self, a: Attribute, b: Attribute) -> tuple[str, ...]:
        """Return the classes where two attributes meet; () also where both mean all classes."""
        if not a.classes or not b.classes:
            return a.classes or b.classes
        pairs = ((x, y) for x in a.classes for y in b.classes)
        lower = (
            y if x in self.above(a.scheme, y) else x if y in self.above(a.scheme, x) else None
            for x, y in pairs
        )
        return tuple(dict.fromkeys(c for c in lower if c is not None and not self._out(c, a, b)))

    def _out(self, code: str, *attributes: Attribute) -> bool:
        return any(self.above(a.scheme, code) & {*a.without} for a in attributes)

    def rest(self, a: Attribute, taken: Attribute, place: Place) -> Attribute | None:
        """Return what is left of an attribute where another took some of it, None if nothing.

        Raises
        ------
        StandardError
            If it would be left to some kinds of source, and these are not known.
        """
        if taken.kinds and set(a.kinds or ("",)) - {*taken.kinds}:
            left = tuple(k for k in a.kinds if k not in taken.kinds)
            if not left:
                raise StandardError(
                    f"attribute {a.name} is asked of every kind of source",
                    where=place.cell("kinds"),
                    got=" ".join(taken.kinds),
                    expected="no kinds: what changes it changes it for all",
                )
            if not taken.classes or all(self._below(c, taken) for c in a.classes):
                return dataclasses.replace(a, kinds=left)
            raise StandardError(
                f"attribute {a.name} can be changed at some classes or for some kinds, not both",
                where=place.cell("kinds"),
                got=f"{' '.join(taken.classes)}, {' '.join(taken.kinds)}",
                mend="Write a row for each.",
            )
        if not taken.classes:
            return None
        if a.classes:
            left = tuple(c for c in a.classes if not self._below(c, taken))
            if not left:
                return None
            a = dataclasses.replace(a, classes=left)
        out = [c for c in taken.classes if not a.classes or self.above(a.scheme, c) & {*a.classes}]
        return dataclasses.replace(a, without=tuple(dict.fromkeys((*a.without, *out))))

    def _below(self, code: str, taken: Attribute) -> bool:
        return bool(self.above(taken.scheme, code) & {*taken.classes})


def filled(
    row: Attribute, old: Attribute, cells: Mapping[str, str], reach: Reach, *, rename: bool
) -> Attribute:
    """Return an overlay's row with what it leaves blank taken from the parent's.

    A row that renames keeps the parent's obligation and limits, whatever it says.
    """
    copied = ("title", "code_origin", "verified", "source")
    blank: dict[str, Any] = {k: getattr(old, k) for k in _COPIED if not cells[k]}
    if rename:
        blank |= {k: getattr(old, k) for k in _COPIED if k not in copied}
    return dataclasses.replace(
        row,
        classes=reach.common(old, row),
        kinds=tuple(k for k in row.kinds if not old.kinds or k in old.kinds) or old.kinds,
        without=tuple(dict.fromkeys((*old.without, *row.without))),
        **blank,
    )


def against_parents(
    row: Attribute, old: Sequence[Attribute], cells: Mapping[str, str], conflicts: Conflicts
) -> None:
    """Note where a row that declares no change says otherwise than the parents do."""
    for a in old:
        for key in ("type", "unit"):
            if cells[key] and getattr(a, key) and getattr(row, key) != getattr(a, key):
                conflicts.add(_otherwise(f"has another {key}", row, a, key))
                return
        if OBLIGATIONS.index(row.obligation) < OBLIGATIONS.index(a.obligation):
            conflicts.add(_otherwise("is asked less strictly", row, a, "obligation"))
            return


def not_narrower(
    row: Attribute, old: Attribute, lists: Mapping[str, Collection[str]], conflicts: Conflicts
) -> None:
    """Note where a row that restricts asks less than its parent, or lets more through."""
    if OBLIGATIONS.index(row.obligation) < OBLIGATIONS.index(old.obligation):
        conflicts.add(_otherwise("is asked less strictly", row, old, "obligation"))
        return
    low, high = old.minimum, old.maximum
    wider = {
        "access": ACCESS.index(row.access) < ACCESS.index(old.access),
        "minimum": low is not None and (row.minimum is None or row.minimum < low),
        "maximum": high is not None and (row.maximum is None or row.maximum > high),
        "type": old.type not in (row.type, "text")
        and (old.type, row.type) != ("number", "integer"),
        "domain": bool(old.domain) and bool({*lists[row.domain]} - {*lists[old.domain]}),
    }
    for key, so in wider.items():
        if so:
            what = f"is restricted to something wider: {key}"
            conflicts.add(_otherwise(what, row, old, key))
            return


def _otherwise(what: str, row: Attribute, old: Attribute, column: str) -> Conflict:
    return Conflict(
        f"attribute {row.name} {what}",
        row.origin.cell(column),
        row.name,
        str(getattr(row, column)),
        str(getattr(old, column)),
        str(old.origin),
        old.package,
        "Declare `replace` in the column `change` if that is meant.",
    )
