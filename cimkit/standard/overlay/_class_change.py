"""What one row of an overlay does to a class of its parents."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cimkit.errors import Conflict
from cimkit.standard.overlay._changes import ACCESS, TAKEN, same_names, shown
from cimkit.standard.overlay._conflicts import Conflicts
from cimkit.standard.package._place import Place
from cimkit.standard.rows import ClassRow

_NAMES = ("name_zh", "name_ja", "name_en")


@dataclass(frozen=True, slots=True)
class ClassChange:
    """One row of an overlay about a class of its parents."""

    old: ClassRow
    new: ClassRow
    changes: tuple[str, ...]
    cells: Mapping[str, str]
    place: Place
    conflicts: Conflicts
    known_as: Callable[[ClassRow], str]
    """Gives the code that a thing of this name has already, "" if none."""

    def result(self) -> ClassRow:
        old, new, changes = self.old, self.new, self.changes
        done = (*old.changes, *changes)
        mark: dict[str, Any] = {"package": new.package, "origin": self.place, "changes": done}
        if "replace" in changes:
            same = same_class_names(old, new)
            meant_by = old.meant_by if same else new.package
            parent = new.parent or old.parent
            return dataclasses.replace(new, parent=parent, changes=done, meant_by=meant_by)
        if "retire" in changes:
            return dataclasses.replace(old, retired=True, **mark)
        if not same_class_names(old, new) and "rename" not in changes:
            other = self.known_as(new)
            what = "code {} has two meanings"
            if other:
                what += f", and what it is here has code {other} already"
            return self._against(what, _shown(new), _shown(old), TAKEN)
        if old.retired:
            return self._revived(mark)
        if "add" in changes:
            return self._against("code {} is added a second time", _shown(new), _shown(old), TAKEN)
        values: dict[str, Any] = {
            k: self.cells[k] for k in ("definition", "level", "valid_from", "valid_to")
        }
        values = {k: v for k, v in values.items() if v}
        if "rename" in changes:
            values |= {k: self.cells[k] for k in _NAMES if self.cells[k]}
            values |= {"code_origin": new.code_origin or old.code_origin}
            values |= {"verified": new.verified, "source": new.source or old.source}
        if new.geometry and new.geometry != old.geometry:
            if "restrict" not in changes or (
                old.geometry and not {*new.geometry} <= {*old.geometry}
            ):
                return self._against(
                    "class {} has other geometry than its parent says",
                    " ".join(new.geometry),
                    " ".join(old.geometry) or "any",
                    "Declare `restrict` for a narrower choice, `replace` for a wider one.",
                    "geometry",
                )
            values["geometry"] = new.geometry
        if self.cells["access"] and new.access != old.access:
            narrower = ACCESS.index(new.access) > ACCESS.index(old.access)
            if "restrict" not in changes or not narrower:
                return self._against(
                    "class {} has other access than its parent says",
                    new.access,
                    old.access,
                    "Declare `restrict` for a narrower one, `replace` for a wider one.",
                    "access",
                )
            values["access"] = new.access
        if new.parent and new.parent != old.parent:
            return self._against(
                "class {} stands elsewhere in its parent's tree",
                new.parent,
                old.parent or "at the top",
                "Declare `replace`.",
                "parent",
            )
        heir: dict[str, Any] = {}
        if self._replaces != old.replaces:
            heir["replaces"] = self._replaces
        if changes:
            return dataclasses.replace(old, **values, **heir, **mark)
        # Said again, the same thing: it may have been seen now, or take the place of another.
        if new.verified and not old.verified:
            source = new.source or old.source
            return dataclasses.replace(old, verified=True, source=source, **heir)
        return dataclasses.replace(old, **heir) if heir else old

    @property
    def _replaces(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.old.replaces, *self.new.replaces)))

    def _revived(self, mark: dict[str, Any]) -> ClassRow:
        if "add" not in self.changes:
            return self._against(
                "class {} is retired",
                _shown(self.new),
                "not used any more",
                "Declare `add` to use it again, or take the row away.",
            )
        said = {k: self.cells[k] for k in (*_NAMES, "definition", "level", "source", "valid_to")}
        values: dict[str, Any] = {k: v for k, v in said.items() if v}
        values["replaces"] = self._replaces
        return dataclasses.replace(self.old, **values, **mark, retired=False)

    def _against(self, what: str, got: str, expected: str, mend: str, column: str = "") -> ClassRow:
        old, code = self.old, self.new.code
        self.conflicts.add(
            Conflict(
                what.format(code),
                str(self.place.cell(column) if column else self.place),
                code,
                got,
                expected,
                str(old.origin),
                old.package,
                mend,
            )
        )
        return old


def same_class_names(old: ClassRow, new: ClassRow) -> bool:
    """Return whether two rows name the same thing."""
    return same_names(
        (old.name_zh, old.name_en, old.name_ja), (new.name_zh, new.name_en, new.name_ja)
    )


def _shown(row: ClassRow) -> str:
    return shown(row.name_zh, row.name_ja, row.name_en) or row.code
