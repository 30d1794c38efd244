"""What is otherwise in another standard or edition, and what becomes of each code."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass

import pyarrow as pa

from cimkit.standard.comparison._diff_attributes import attribute_changes, domain_changes
from cimkit.standard.comparison._diff_classes import class_changes
from cimkit.standard.comparison._diff_rows import mapping_changes, rule_changes, term_changes
from cimkit.standard.comparison._links import Side
from cimkit.standard.comparison._migration import KINDS, Migration, pairs_of
from cimkit.standard.model import Standard
from cimkit.standard.overlay._change import Change

__all__ = ["Change", "Difference", "difference"]


@dataclass(frozen=True)
class Difference:
    """What is otherwise in the second of two standards."""

    a: str
    """The first, ``id@edition``."""
    b: str
    """The second."""
    changes: tuple[Change, ...]
    """All changes, part by part."""
    migration: pa.Table
    """What becomes of each class of the first: from_scheme, from_code, to_scheme, to_code (``-``
    none), relation, source, kind, names.

    ``kind`` is ``same``, ``renamed``, ``replaced`` (by one), ``split`` (into several), ``merged``
    (several into one), ``proposed`` (a new class has the same name; nobody says so) or ``retired``.
    """

    @property
    def grave(self) -> tuple[Change, ...]:
        """Changes by which old data would be read wrongly: codes with another meaning, units."""
        return tuple(change for change in self.changes if change.grave)

    @property
    def table(self) -> pa.Table:
        """The changes as a table with the fields of `Change`."""
        names = [f.name for f in dataclasses.fields(Change)]
        types = {name: pa.bool_() if name == "grave" else pa.string() for name in names}
        return pa.table(
            {n: pa.array([getattr(c, n) for c in self.changes], types[n]) for n in names}
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many changes there are, by part and what."""
        found: dict[str, Counter[str]] = {}
        for change in self.changes:
            found.setdefault(change.part, Counter())[change.what] += 1
        return {part: dict(counter) for part, counter in found.items()}

    def fates(self) -> dict[str, int]:
        """Return how many classes of the first stay the same, are replaced, split, retired ..."""
        rows = zip(*(self.migration[c].to_pylist() for c in _CLASS), strict=True)
        found = Counter(kind for kind, *_ in dict.fromkeys(rows))
        return {kind: found[kind] for kind in KINDS if found[kind]}

    def crosswalk_rows(self) -> pa.Table:
        """Return the migration with the columns of ``crosswalk/*.csv``.

        In a package of the second standard it declares what becomes of the codes of the first;
        `difference` and `crosswalk` heed it then. Correct it by hand before: of a code without an
        heir it says ``-``.
        """
        return self.migration.select(range(6))


_CLASS = ("kind", "from_scheme", "from_code")


def difference(a: Standard, b: Standard) -> Difference:
    """Compare two editions of a standard, or two standards.

    Schemes that grew from the same one are compared, else the primary ones: by their codes if most
    of those in common have one name, so that a bought table can be held against ours. A code is the
    same class in both if the same package gave it its meaning, or two editions agree in its name,
    or ``replaces`` or a crosswalk table says so. A code that is there with another name and none of
    these is *re-used*: `Change.grave`.

    Parameters
    ----------
    a, b : Standard
        The former and the latter.

    Examples
    --------
    >>> from cimkit.standard import load
    >>> found = difference(load("cn.components"), load("cn.components.beijing"))
    >>> next(c.key for c in found.grave)
    '0120'
    >>> found.fates()["same"]
    60
    """
    one, two = Side("a", a), Side("b", b)
    pairs = pairs_of(one, two)
    fates = Migration(one, two, pairs)
    changes = (
        *_schemes(one, two, pairs, fates),
        *class_changes(one, two, pairs, fates),
        *attribute_changes(a, b, pairs),
        *domain_changes(a, b),
        *mapping_changes(a, b, pairs),
        *rule_changes(a, b),
        *term_changes(a, b),
    )
    return Difference(a.key, b.key, changes, fates.table())


def _schemes(a: Side, b: Side, pairs: dict[str, str], fates: Migration) -> list[Change]:
    """Return the schemes of one that have no counterpart in the other."""
    alike = {s: t for s, t in pairs.items() if s not in fates.strange}
    gone = [Change("schemes", "removed", s) for s in a.schemes if s not in alike]
    new = [Change("schemes", "added", s) for s in b.schemes if s not in alike.values()]
    return gone + new
