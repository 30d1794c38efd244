"""Links by lineage: codes that two standards have of one ancestor, and ``replaces``."""

from __future__ import annotations

from collections.abc import Iterator

from cimkit.standard.comparison._links import Link, Node, Side, correspond
from cimkit.standard.overlay._class_change import same_class_names
from cimkit.standard.rows import ClassRow

__all__ = ["lineage", "replaced", "same_meaning"]

_OTHER_EDITION = 0.9
"""Confidence where two editions of one package have a code and a name in common."""


def lineage(a: Side, b: Side) -> Iterator[Link]:
    """Yield an exact link for each code that means the same in both by descent.

    It does if the same package gave it its meaning; or two editions of one package, and its names
    agree. A code that one of the two gave another meaning (``replace``) does not, and one that it
    says to replace is left to `replaced`.
    """
    pairs = correspond(a, b)
    for (scheme, code), row in a.classes.items():
        for other in pairs[scheme]:
            twin = b.classes.get((other, code))
            if twin is None or not same_meaning(row, twin):
                continue
            path, confidence = f"{code} of {row.meant_by}", 1.0
            if row.meant_by != twin.meant_by:
                path, confidence = f"{path} and {twin.meant_by}", _OTHER_EDITION
            yield Link(
                a.node(row), b.node(twin), "exact", "lineage", confidence, path, _places(row, twin)
            )


def same_meaning(row: ClassRow, twin: ClassRow) -> bool:
    """Return whether two classes of one code are the same thing by descent."""
    if row.meant_by == twin.meant_by:
        return True
    return (
        _package(row.meant_by) == _package(twin.meant_by)
        and row.code not in (*row.replaces, *twin.replaces)
        and same_class_names(row, twin)
    )


def replaced(a: Side, b: Side) -> Iterator[Link]:
    """Yield links from ``replaces``: of ``b`` what took the place of classes of ``a``, and back."""
    yield from _heirs(a, b)
    for link in _heirs(b, a):
        yield link.inverted()


def _heirs(old: Side, new: Side) -> Iterator[Link]:
    """Yield links from classes of ``old`` to those of ``new`` that replace them."""
    pairs = correspond(old, new)
    found: list[tuple[ClassRow, ClassRow]] = []
    shares: dict[Node, int] = {}
    for (other, _), heir in new.classes.items():
        for gone in heir.replaces:
            for scheme in pairs:
                before = old.classes.get((scheme, gone))
                if other not in pairs[scheme] or before is None or not _known(new, before, heir):
                    continue
                found.append((before, heir))
                twin = new.classes.get((other, gone))
                # A class that lives on beside its heir keeps a part of what it was.
                lives = twin is not None and twin is not heir and same_meaning(before, twin)
                node = old.node(before)
                shares[node] = shares.get(node, int(lives)) + 1
    for before, heir in found:
        yield Link(
            old.node(before),
            new.node(heir),
            _relation(split=shares[old.node(before)] > 1, merged=len(heir.replaces) > 1),
            "replaces",
            1.0,
            f"{heir.code} replaces {' '.join(heir.replaces)}",
            _places(heir),
        )


def _relation(*, split: bool, merged: bool) -> str:
    """Return what an heir is to a class, one of several heirs or the heir of several classes."""
    if split:
        return "related" if merged else "narrow"
    return "broad" if merged else "exact"


def _known(new: Side, before: ClassRow, heir: ClassRow) -> bool:
    """Return whether the writer of ``heir`` can have meant the class ``before``."""
    ours = {_package(key) for key in (new.standard.key, *new.standard.parents)}
    return _package(before.meant_by) in ours and before.meant_by != heir.meant_by


def _package(key: str) -> str:
    return key.partition("@")[0]


def _places(*rows: ClassRow) -> str:
    return "; ".join(dict.fromkeys(str(r.origin) for r in rows))
