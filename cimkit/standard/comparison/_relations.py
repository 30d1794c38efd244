"""The relations of SKOS between classes of two schemes: their inverses, and what follows from two.

A relation is read from the first class to the second: ``broad`` says that the second is the wider
one. ``related`` says that some objects have both classes, and no more.
"""

from __future__ import annotations

__all__ = ["RELATIONS", "compose", "inverse", "strength"]

RELATIONS = ("exact", "close", "broad", "narrow", "related")
"""As `CrosswalkRow.relation` has them, best for a translation first."""

_INVERSE = {"broad": "narrow", "narrow": "broad"}
_STRENGTH = {"exact": 4, "close": 3, "broad": 2, "narrow": 2, "related": 1, "": 0}
_BESIDE_RELATED = {
    # x meets y, and y is within z: x meets z. Of what is within y nothing is known.
    ("related", "broad"): "related",
    ("narrow", "related"): "related",
    # y is within x and within z: the two have y in common.
    ("narrow", "broad"): "related",
}


def inverse(relation: str) -> str:
    """Return the relation read from the second class to the first.

    Examples
    --------
    >>> inverse("broad"), inverse("close")
    ('narrow', 'close')
    """
    return _INVERSE.get(relation, relation)


def strength(relation: str) -> int:
    """Return how much a relation says: 4 exact ... 1 related, 0 nothing."""
    return _STRENGTH[relation]


def compose(first: str, second: str) -> str:
    """Return what follows for x and z from ``x first y`` and ``y second z``; "" nothing.

    SKOS makes only ``exactMatch`` transitive, lest errors add up. Here ``close`` twice stays
    ``close``, because a chain has two links at most and what comes of it is marked as derived.

    Examples
    --------
    >>> compose("exact", "narrow"), compose("close", "broad"), compose("narrow", "broad")
    ('narrow', 'broad', 'related')
    >>> compose("broad", "narrow")  # two things within a third need not have to do with each other
    ''
    """
    if first in ("exact", "close") and second in ("exact", "close", "broad", "narrow", "related"):
        return first if _STRENGTH[first] < _STRENGTH[second] else second
    if second in ("exact", "close") or (first == second and first != "related"):
        return first
    return _BESIDE_RELATED.get((first, second), "")
