"""What is otherwise in the attributes and code lists of two standards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from cimkit.standard.model import Standard
from cimkit.standard.overlay._change import Change
from cimkit.standard.overlay._changes import same_names, shown
from cimkit.standard.rows import Attribute

__all__ = ["attribute_changes", "domain_changes"]

_OBLIGATIONS = "OCM"
_Key = tuple[str, str, str, tuple[str, ...]]
"""Scheme, class ("" all), name, kinds."""


def attribute_changes(a: Standard, b: Standard, pairs: dict[str, str]) -> Iterator[Change]:
    """Yield the changes of attributes, class by class as they are written.

    Where one of the two writes an attribute at a class and the other has it from a class above, the
    two are compared: what is asked of that class has become stricter or laxer.
    """
    back = {v: k for k, v in pairs.items()}
    was, now = _written(a, pairs), _written(b, {t: t for t in back})
    for key in dict.fromkeys((*was, *now)):
        scheme, code, name, _ = key
        label = f"{code or 'all'}.{name}"
        if code and code not in b.by_scheme.get(scheme, {}):
            continue  # the class itself is gone
        if code and code not in a.by_scheme.get(back[scheme], {}):
            if key in now:
                yield _added(label, now[key])
            continue
        old = was.get(key) or _inherited(was, a, back[scheme], key)
        new = now.get(key) or _inherited(now, b, scheme, key)
        if old is None and new is not None:
            yield _added(label, new)
        elif new is None and old is not None:
            yield Change("attributes", "dropped", label, old.title, where_was=str(old.origin))
        elif old is not None and new is not None:
            yield from _compared(label, old, new)


def _added(label: str, new: Attribute) -> Change:
    now = "obligatory" if new.obligation == "M" else ""
    return Change("attributes", "added", label, new.title, now=now, where=str(new.origin))


def _text(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _written(standard: Standard, schemes: dict[str, str]) -> dict[_Key, Attribute]:
    """Return the attributes by where they are written, of two the later; schemes as in ``b``."""
    found: dict[_Key, Attribute] = {}
    for attribute in standard.attributes:
        scheme = schemes.get(attribute.scheme or standard.scheme)
        if scheme is not None:
            for code in attribute.classes or ("",):
                found[(scheme, code, attribute.name, tuple(sorted(attribute.kinds)))] = attribute
    return found


def _inherited(
    written: dict[_Key, Attribute], standard: Standard, scheme: str, key: _Key
) -> Attribute | None:
    there, code, name, kinds = key
    line = standard.lineage(code, scheme) if code else []
    for at in (*line, ""):
        found = written.get((there, at, name, kinds)) or written.get((there, at, name, ()))
        if found is not None:
            return None if {*line} & {*found.without} else found
    return None


def _compared(label: str, old: Attribute, new: Attribute) -> Iterator[Change]:
    def change(what: str, aspect: str, was: Any, now: Any, *, grave: bool = False) -> Change:
        return Change(
            "attributes",
            what,
            label,
            new.title or old.title,
            aspect,
            _text(was),
            _text(now),
            grave,
            str(old.origin),
            str(new.origin),
        )

    if old.obligation != new.obligation:
        up = _OBLIGATIONS.index(new.obligation) > _OBLIGATIONS.index(old.obligation)
        yield change("stricter" if up else "laxer", "obligation", old.obligation, new.obligation)
    for aspect, sign in (("minimum", 1), ("maximum", -1)):
        was, now = getattr(old, aspect), getattr(new, aspect)
        if was != now:
            up = was is None or (now is not None and (now - was) * sign > 0)
            yield change("stricter" if up else "laxer", aspect, was, now)
    for aspect in ("domain", "pattern"):
        was, now = getattr(old, aspect), getattr(new, aspect)
        if was != now:
            what = "changed" if was and now else "stricter" if now else "laxer"
            yield change(what, aspect, was, now)
    if old.type != new.type:
        narrower = old.type == "text" or (old.type, new.type) == ("number", "integer")
        wider = new.type == "text" or (old.type, new.type) == ("integer", "number")
        what = "stricter" if narrower else "laxer" if wider else "changed"
        yield change(what, "type", old.type, new.type)
    if old.unit != new.unit:
        # A number in another unit is read wrongly, and no check can tell.
        yield change("changed", "unit", old.unit, new.unit, grave=bool(old.unit and new.unit))
    for aspect in ("level", "access", "title"):
        was, now = getattr(old, aspect), getattr(new, aspect)
        if was != now:
            yield change("changed", aspect, was, now)


def domain_changes(a: Standard, b: Standard) -> Iterator[Change]:
    """Yield the changes of code lists and of their values."""
    for name in dict.fromkeys((*a.domains, *b.domains)):
        if name not in a.domains or name not in b.domains:
            yield Change("domains", "added" if name in b.domains else "removed", name)
            continue
        was, now = _values(a.domains[name]), _values(b.domains[name])
        for code in dict.fromkeys((*was, *now)):
            label = f"{name} {code}"
            old, new = was.get(code, ()), now.get(code, ())
            if not old or not new:
                what = "added" if new else "removed"
                yield Change("domains", what, label, shown(*(new or old)))
            elif old != new:
                reused = not same_names(old, new)
                yield Change(
                    "domains",
                    "reused" if reused else "renamed",
                    label,
                    shown(*old),
                    was=shown(*old),
                    now=shown(*new),
                    grave=reused,
                )


def _values(table: pa.Table) -> dict[str, tuple[str, ...]]:
    return {
        row["code"]: (row["name_zh"] or "", row["name_en"] or "", row["name_ja"] or "")
        for row in table.to_pylist()
    }
