"""One thing that is otherwise in another standard or edition, and how two values compare."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["Change", "changed", "flat"]


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One difference."""

    part: str
    """``schemes``, ``classes``, ``attributes``, ``domains``, ``mapping``, ``rules``, ``levels``,
    ``level rules``, ``models``, ``naming``, ``grammar``, ``crs``, ``acceptance``,
    ``jurisdiction`` or ``head``."""
    what: str
    """``added``, ``removed``, ``retired``, ``renamed``, ``moved``, ``reused``, ``replaced``,
    ``stricter``, ``laxer``, ``changed``."""
    key: str
    """Code, name or id of what changed."""
    name: str = ""
    """Its name, for people."""
    aspect: str = ""
    """Which of its properties, e.g. ``geometry``, ``tolerance``; "" as a whole."""
    was: str = ""
    """What it was in the first."""
    now: str = ""
    """What it is in the second."""
    grave: bool = False
    """Whether old data would be read wrongly by the second."""
    where_was: str = ""
    """File and row of the first."""
    where: str = ""
    """File and row of the second."""


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the single values in a nested one, as ``(path, text)``; what is empty is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {
            f.name: getattr(value, f.name)
            for f in dataclasses.fields(value)
            if f.name not in ("origin", "depth", "package", "source")
        }
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, bytes):
        yield path, _digest(value)
    elif isinstance(value, (tuple, list)):
        if any(dataclasses.is_dataclass(x) for x in value):
            for number, inner in enumerate(value, 1):
                label = getattr(inner, "name", "") or getattr(inner, "code", "") or str(number)
                below = flat(inner, f"{path}.{label}" if path else label)
                # The label says it.
                yield from (x for x in below if not x[0].endswith((".name", ".code")))
        elif value:
            yield path, ", ".join(map(str, value))
    elif isinstance(value, bool):
        yield path, "yes" if value else "no"
    elif value not in (None, ""):
        yield path, str(value)


def changed(
    part: str, was: Iterable[tuple[str, str]], now: Iterable[tuple[str, str]]
) -> Iterator[Change]:
    """Yield what is otherwise between two sets of single values."""
    before, after = dict(was), dict(now)
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key, ""), after.get(key, "")
        if old != new:
            what = "changed" if old and new else "added" if new else "removed"
            yield Change(part, what, key, was=old, now=new)


def _digest(value: bytes) -> str:
    import hashlib

    return f"{len(value)} bytes, {hashlib.blake2b(value, digest_size=4).hexdigest()}"
