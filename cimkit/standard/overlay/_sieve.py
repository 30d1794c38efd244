"""Leave out what is not verified, and what speaks of it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from cimkit.standard.overlay._classes import Classes, Key, with_leaves
from cimkit.standard.overlay._domains import Lists
from cimkit.standard.overlay._schemes import Schemes
from cimkit.standard.package._package import Package
from cimkit.standard.rows import Attribute, ClassRow, CrosswalkRow, Level


class Sieve:
    """Rows with ``verified = no`` of packages that say ``unverified = "off"`` stay behind.

    Parameters
    ----------
    chain : sequence of Package
        Every parent before its child.
    """

    def __init__(self, chain: Sequence[Package]) -> None:
        self._only = {p.key for p in chain if p.verified_only}
        self._gone: set[Key] = set()
        self._levels: set[str] = set()
        self._counts: Counter[str] = Counter()

    @property
    def left_out(self) -> dict[str, int]:
        """How many rows stayed behind, by the table they stand in."""
        return {what: n for what, n in sorted(self._counts.items()) if n}

    def gone(self, scheme: str, code: str) -> bool:
        """Return whether a class stayed behind."""
        return (scheme, code) in self._gone

    def count(self, what: str) -> None:
        """Count one more row of a table that stayed behind."""
        self._counts[what] += 1

    def classes(self, found: Classes) -> dict[Key, ClassRow]:
        """Return the classes that are verified, or stand above one that is in use."""
        if not self._only:
            return found.rows
        gone = {
            key
            for key, row in found.rows.items()
            if not (row.verified or row.retired or key in found.stated)
        }
        for key, row in found.rows.items():
            at = row
            while key not in gone and at.parent and not row.retired:
                gone.discard((at.scheme, at.parent))
                at = found.rows[(at.scheme, at.parent)]
        self._gone = gone
        self._counts["classes"] += len(gone)
        return with_leaves({k: r for k, r in found.rows.items() if k not in gone})

    def values(self, lists: Lists) -> Lists:
        """Return the values of lists that are verified."""
        if not self._only:
            return lists
        out: Lists = {}
        for name, values in lists.items():
            out[name] = {c: v for c, v in values.items() if v.verified or v.asserted or v.retired}
            self._counts["domains"] += len(values) - len(out[name])
        return out

    def attributes(self, rows: Iterable[Attribute]) -> tuple[Attribute, ...]:
        """Return the attributes that are verified, at the classes there are."""
        out = []
        for row in rows:
            left = tuple(c for c in row.classes if not self.gone(row.scheme, c))
            unseen = not row.verified and row.package in self._only
            if unseen or (row.classes and not left):
                self.count("attributes")
                continue
            without = tuple(c for c in row.without if not self.gone(row.scheme, c))
            if left != row.classes or without != row.without:
                row = dataclasses.replace(row, classes=left, without=without)
            out.append(row)
        return tuple(out)

    def levels(self, package: Package | None) -> tuple[Level, ...]:
        """Return the levels of a package that are verified."""
        rows = package.levels if package else ()
        if package is None or package.key not in self._only:
            return rows
        self._levels = {row.code for row in rows if not row.verified}
        self._counts["levels"] += len(self._levels)
        return tuple(row for row in rows if row.verified)

    def level(self, code: str) -> str:
        """Return a level, "" if it stayed behind."""
        return "" if code in self._levels else code

    def crosswalk(
        self, rows: Collection[CrosswalkRow], schemes: Schemes
    ) -> tuple[CrosswalkRow, ...]:
        """Return the rows between classes that are there, as far as these are ours."""
        names: Mapping[str, str] = schemes.of
        out = [
            r
            for r in rows
            if not self.gone(names.get(r.from_scheme, r.from_scheme), r.from_code)
            and not self.gone(names.get(r.to_scheme, r.to_scheme), r.to_code)
        ]
        self._counts["crosswalk"] += len(rows) - len(out)
        return tuple(out)
