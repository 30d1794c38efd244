"""Links between the classes of two standards, and how a name in a table finds a class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from cimkit.standard.comparison._relations import inverse
from cimkit.standard.model import Standard
from cimkit.standard.rows import ClassRow

__all__ = ["Link", "Node", "Side", "correspond"]


class Node(NamedTuple):
    """A class of one of the two standards, or of a third scheme."""

    side: str
    """``a``, ``b``, or "" for a third scheme."""
    scheme: str
    """Its scheme."""
    code: str
    """Its code."""


@dataclass(frozen=True, slots=True)
class Link:
    """One statement that two classes have to do with each other."""

    start: Node
    end: Node
    relation: str
    via: str
    """``declared``, ``lineage``, ``replaces``, ``declared through <scheme>``, ``mapping`` ..."""
    confidence: float
    path: str
    """Over what it goes, for people."""
    source: str
    """Package, file and row that say so."""

    def inverted(self) -> Link:
        """Return the same statement, read from its end."""
        return Link(
            self.end,
            self.start,
            inverse(self.relation),
            self.via,
            self.confidence,
            self.path,
            self.source,
        )


@dataclass(frozen=True)
class Side:
    """One of the two standards: its classes in force, and the names that its schemes go by."""

    name: str
    """``a`` or ``b``."""
    standard: Standard

    @cached_property
    def classes(self) -> dict[tuple[str, str], ClassRow]:
        """Classes in force by scheme and code."""
        return {(c.scheme, c.code): c for c in self.standard.class_rows if not c.retired}

    @cached_property
    def retired(self) -> dict[tuple[str, str], ClassRow]:
        """Classes that are kept for the message only."""
        return {(c.scheme, c.code): c for c in self.standard.class_rows if c.retired}

    @cached_property
    def schemes(self) -> tuple[str, ...]:
        """Schemes that have classes, the primary one first."""
        found = dict.fromkeys((self.standard.scheme, *(c.scheme for c in self.classes.values())))
        return tuple(found)

    @cached_property
    def _line(self) -> dict[str, int]:
        """Packages by ``id@edition``: 0 the standard itself, then its parents, nearest first."""
        own = f"{self.standard.id}@{self.standard.edition}"
        return {key: n for n, key in enumerate((own, *self.standard.parents))}

    @cached_property
    def _editions(self) -> set[str]:
        """Schemes with an edition, as tables may name them: that of the package they are from."""
        own = {f"{s}@{self.standard.edition}" for s in self.schemes}
        said = {f"{s.id}@{s.package.rpartition('@')[2]}" for s in self.standard.schemes}
        return own | said | set(self._line)

    def names(self, scheme: str) -> str | None:
        """Return which scheme of this standard a table names, None if it is none."""
        plain, _, edition = scheme.partition("@")
        if edition and scheme not in self._editions:
            return None
        return plain if plain in self.schemes else self.standard.scheme_of.get(plain)

    def find(self, scheme: str, code: str) -> Node | None:
        """Return the class that a table means, or None if it is none of this standard.

        A table may name the scheme, the scheme of a package that this standard extends, or either
        with its edition (``city.x@2025``). A code that the standard has given another meaning
        since is not the class that the table means.
        """
        own = self.names(scheme)
        row = self.classes.get((own, code)) if own else None
        if own is None or row is None:
            return None
        # What a package nearer than the one that is named made of the code is not meant.
        rank = self._ranks.get(scheme.partition("@")[0], 0)
        if self._line.get(row.meant_by, len(self._line)) < rank:
            return None
        return Node(self.name, own, code)

    @cached_property
    def _ranks(self) -> dict[str, int]:
        """Packages by id, numbered as in `_line`."""
        return {key.partition("@")[0]: n for key, n in self._line.items()}

    def node(self, row: ClassRow) -> Node:
        """Return a class of this standard as a node."""
        return Node(self.name, row.scheme, row.code)

    def above(self, node: Node) -> tuple[Node, ...]:
        """Return the classes above one of this standard, nearest first."""
        line: list[Node] = []
        while node not in self._above:
            row = self.classes[(node.scheme, node.code)]
            over = Node(self.name, row.scheme, row.parent)
            # A retired class has nothing in force below it, so the line ends at the top.
            if over[1:] not in self.classes or over in line:
                self._above[node] = ()
                break
            line.append(node)
            node = over
        for below in reversed(line):
            self._above[below] = (node, *self._above[node])
            node = below
        return self._above[node]

    @cached_property
    def _above(self) -> dict[Node, tuple[Node, ...]]:
        """What `above` has found so far: it is asked again and again."""
        return {}


def correspond(a: Side, b: Side) -> dict[str, list[str]]:
    """Return for each scheme of ``a`` those of ``b`` that grew from the same one."""

    def names(side: Side, scheme: str) -> set[str]:
        return {scheme} | {k for k, v in side.standard.scheme_of.items() if v == scheme}

    of_b = {scheme: names(b, scheme) for scheme in b.schemes}
    return {s: [t for t in b.schemes if names(a, s) & of_b[t]] for s in a.schemes}
