"""What is otherwise in the classes of two standards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cimkit.standard.comparison._links import Side
from cimkit.standard.comparison._migration import Migration
from cimkit.standard.overlay._change import Change
from cimkit.standard.overlay._changes import shown
from cimkit.standard.rows import ClassRow

__all__ = ["class_changes"]

_ASPECTS = ("definition", "level", "access", "valid_from", "valid_to", "verified", "code_origin")


def class_changes(a: Side, b: Side, pairs: dict[str, str], fates: Migration) -> Iterator[Change]:
    """Yield the changes of classes: those of ``a`` in the order of their codes, then new ones."""
    for row in a.classes.values():
        if row.scheme in pairs:
            yield from _of_class(row, b, fates)
    gone = {v: k for k, v in pairs.items()}
    for row in b.classes.values():
        if row.scheme not in gone or fates.is_heir(row):
            continue
        was = gone[row.scheme]
        if was in fates.strange or (was, row.code) not in a.classes:
            yield Change("classes", "added", row.code, _name(row), where=str(row.origin))


def _of_class(row: ClassRow, b: Side, fates: Migration) -> Iterator[Change]:
    same, twin, heirs = fates.same(row), fates.twin(row), fates.heirs(row)
    said: dict[str, Any] = {"key": row.code, "name": _name(row), "where_was": str(row.origin)}
    if same is None and twin is not None and twin not in heirs:
        yield Change(
            "classes",
            "reused",
            **said,
            was=_name(row),
            now=_name(twin),
            grave=True,
            where=str(twin.origin),
        )
    others = [h for h in heirs if h is not same]
    if others:
        yield Change(
            "classes",
            "replaced",
            **said,
            was=row.code,
            now=", ".join(f"{h.code} {_name(h)}" for h in heirs),
            where="; ".join(dict.fromkeys(str(h.origin) for h in others)),
        )
    elif same is None and twin is None:
        marked = b.retired.get((fates.scheme_in_b(row.scheme), row.code))
        yield Change(
            "classes",
            "retired" if marked else "removed",
            **said,
            where=str(marked.origin) if marked else "",
        )
    if same is not None:
        yield from _properties(row, same, fates, said)


def _properties(
    row: ClassRow, same: ClassRow, fates: Migration, said: dict[str, Any]
) -> Iterator[Change]:
    where = str(same.origin)
    if _name(row) != _name(same):
        yield Change("classes", "renamed", **said, was=_name(row), now=_name(same), where=where)
    if row.parent != same.parent and not fates.followed(row, same):
        yield Change(
            "classes",
            "moved",
            **said,
            aspect="parent",
            was=row.parent,
            now=same.parent,
            where=where,
        )
    if {*row.geometry} != {*same.geometry}:
        old, new = set(row.geometry), set(same.geometry)
        stricter = bool(new) and (not old or new < old)
        laxer = bool(old) and (not new or old < new)
        yield Change(
            "classes",
            "stricter" if stricter else "laxer" if laxer else "changed",
            **said,
            aspect="geometry",
            was=" ".join(row.geometry),
            now=" ".join(same.geometry),
            where=where,
        )
    for aspect in _ASPECTS:
        was, now = getattr(row, aspect), getattr(same, aspect)
        if was != now and not (aspect == "level" and fates.inherited(row, same)):
            yield Change(
                "classes",
                "changed",
                **said,
                aspect=aspect,
                was=_text(was),
                now=_text(now),
                where=where,
            )


def _text(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _name(row: ClassRow) -> str:
    return shown(row.name_zh, row.name_ja, row.name_en) or row.code
