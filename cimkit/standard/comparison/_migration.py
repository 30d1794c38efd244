"""What becomes of each code: the same, another one, several, one of several, none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pyarrow as pa

from cimkit.standard.comparison._declared import declared, without_counterpart
from cimkit.standard.comparison._links import Link, Node, Side, correspond
from cimkit.standard.overlay._class_change import same_class_names
from cimkit.standard.overlay._lineage import replaced, same_meaning
from cimkit.standard.rows import NO_CLASS, ClassRow

__all__ = ["KINDS", "Fate", "Migration", "pairs_of"]

KINDS = ("same", "renamed", "replaced", "split", "merged", "proposed", "retired")
"""What can become of a code.

``proposed``: nobody says so, but a class that is new has the very name. ``retired``: no heir.
"""
_NAMES = ("name_zh", "name_ja", "name_en")
_TEXT = pa.string()
_TABLE = pa.schema(
    (name, _TEXT)
    for name in (
        *("from_scheme", "from_code", "to_scheme", "to_code", "relation", "source", "kind"),
        *(f"from_{name}" for name in _NAMES),
        *(f"to_{name}" for name in _NAMES),
    )
)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one class, or one of the things it becomes."""

    old: ClassRow
    new: ClassRow | None
    kind: str
    relation: str
    source: str


def pairs_of(a: Side, b: Side) -> dict[str, str]:
    """Return which scheme of ``b`` a scheme of ``a`` is compared with.

    One that grew from the same; else the primary schemes with each other, so that a bought table
    can be held against ours.
    """
    found: dict[str, str] = {}
    for scheme, others in correspond(a, b).items():
        free = [t for t in others if t not in found.values()]
        if free:
            found[scheme] = free[0]
    first, second = a.standard.scheme, b.standard.scheme
    if first not in found and second not in found.values():
        found[first] = second
    return found


class Migration:
    """The fates of all classes of ``a`` in ``b``."""

    def __init__(self, a: Side, b: Side, pairs: dict[str, str]) -> None:
        self._a, self._b, self._pairs = a, b, pairs
        self._links: dict[Node, list[Link]] = {}
        said = [*declared(a, b), *replaced(a, b)]
        for link in said:
            across = link.start.side == "a" and link.end.side == "b"
            if (
                across
                and link.relation != "related"
                and pairs.get(link.start.scheme) == link.end.scheme
            ):
                self._links.setdefault(link.start, []).append(link)
        self.none = without_counterpart(a, b)
        related = {s for s, others in correspond(a, b).items() if pairs.get(s) in others}
        self.strange = {s for s in pairs if s not in related and self._unlike(s)}
        """Schemes of a whose codes have nothing to do with those of the other."""
        self._heirs = {k.end for links in self._links.values() for k in links}
        """Classes of b that something else becomes."""
        self.fates: dict[Node, list[Fate]] = {}
        """By class of a."""
        self._fill()

    def _unlike(self, scheme: str) -> bool:
        """Return whether most codes that two unrelated schemes share mean something else."""
        rows = [r for r in self._a.classes.values() if r.scheme == scheme]
        twins = [(r, t) for r in rows if (t := self._b.classes.get((self._pairs[scheme], r.code)))]
        return 2 * sum(same_class_names(r, t) for r, t in twins) < len(twins) or not twins

    def same(self, row: ClassRow) -> ClassRow | None:
        """Return the class of ``b`` with the code and the meaning of one of ``a``."""
        twin = self.twin(row)
        if twin is None:
            return None
        if same_meaning(row, twin) or self._said_same(row, twin):
            return twin
        # Two packages that know nothing of each other have a class in common if they name it so.
        strangers = row.meant_by.partition("@")[0] != twin.meant_by.partition("@")[0]
        named = any(getattr(row, n) and getattr(twin, n) for n in _NAMES)
        return twin if strangers and named and same_class_names(row, twin) else None

    def twin(self, row: ClassRow) -> ClassRow | None:
        """Return the class of ``b`` with the code of one of ``a``, whatever it means."""
        if row.scheme in self.strange:
            return None
        return self._b.classes.get((self._pairs.get(row.scheme, ""), row.code))

    def _said_same(self, row: ClassRow, twin: ClassRow) -> bool:
        links = self._links.get(self._a.node(row), ())
        return any(k.end == self._b.node(twin) and k.relation == "exact" for k in links)

    def scheme_in_b(self, scheme: str) -> str:
        """Return the scheme of ``b`` that one of ``a`` is compared with."""
        return self._pairs[scheme]

    def followed(self, row: ClassRow, same: ClassRow) -> bool:
        """Return whether a class only stands below what its parent became."""
        above = self._a.classes.get((row.scheme, row.parent))
        heirs = self.heirs(above) if above is not None else []
        return any(h.code == same.parent for h in heirs)

    def inherited(self, row: ClassRow, same: ClassRow) -> bool:
        """Return whether a class has its level, before and after, of the class above it."""
        above = self._a.classes.get((row.scheme, row.parent))
        now = self.same(above) if above is not None else None
        if above is None or now is None or same.parent != now.code:
            return False
        return (row.level, same.level) == (above.level, now.level)

    def is_heir(self, row: ClassRow) -> bool:
        """Return whether a class of ``b`` is what another of ``a`` becomes."""
        return self._b.node(row) in self._heirs

    def heirs(self, row: ClassRow) -> list[ClassRow]:
        """Return what a class of ``a`` becomes for certain."""
        fates = self.fates.get(self._a.node(row), ())
        return [f.new for f in fates if f.new is not None and f.kind != "proposed"]

    def _fill(self) -> None:
        rows = [r for r in self._a.classes.values() if r.scheme in self._pairs]
        becomes: dict[Node, list[tuple[ClassRow, str, str]]] = {}
        taken = set(self._heirs)
        for row in rows:
            node, twin = self._a.node(row), self.same(row)
            found: dict[Node, tuple[ClassRow, str, str]] = {}
            links = self._links.get(node, ())
            if twin is not None:
                end = self._b.node(twin)
                found[end] = (twin, "exact", f"{twin.origin}")
                taken.add(end)
            for link in links:
                new = self._b.classes[(link.end.scheme, link.end.code)]
                found[link.end] = (new, link.relation, f"{link.via}: {link.source}")
            becomes[node] = list(found.values())
        several = Counter(self._b.node(new) for each in becomes.values() for new, _, _ in each)
        free = self._free(taken)
        for row in rows:
            node = self._a.node(row)
            said = becomes[node]
            if said:
                self.fates[node] = [
                    Fate(row, new, self._kind(row, new, len(said), several), relation, source)
                    for new, relation, source in said
                ]
            else:
                self.fates[node] = [self._lost(row, free)]

    def _kind(self, old: ClassRow, new: ClassRow, heirs: int, several: Counter[Node]) -> str:
        if heirs > 1:
            return "split"
        if several[self._b.node(new)] > 1:
            return "merged"
        if old.code != new.code:
            return "replaced"
        return "same" if same_class_names(old, new) else "renamed"

    def _free(self, taken: set[Node]) -> dict[tuple[str, str], list[ClassRow]]:
        """Return the classes of ``b`` that come from nowhere, by scheme and name."""
        found: dict[tuple[str, str], list[ClassRow]] = {}
        for row in self._b.classes.values():
            if self._b.node(row) not in taken:
                for name in {getattr(row, n) for n in _NAMES} - {""}:
                    found.setdefault((row.scheme, name), []).append(row)
        return found

    def _lost(self, row: ClassRow, free: dict[tuple[str, str], list[ClassRow]]) -> Fate:
        node = self._a.node(row)
        if node in self.none:
            return Fate(row, None, "retired", "", self.none[node][1])
        scheme = self._pairs[row.scheme]
        names = [getattr(row, n) for n in _NAMES]
        alike = {
            r.code: r
            for name in names
            if name
            for r in free.get((scheme, name), ())
            if same_class_names(row, r)
        }
        if len(alike) == 1:
            new = next(iter(alike.values()))
            said = f"proposed: it has the same name; nobody says so ({new.origin})"
            return Fate(row, new, "proposed", "close", said)
        twin = self.twin(row)
        said = f"the code means something else now ({twin.origin})" if twin else "no heir is named"
        return Fate(row, None, "retired", "", said)

    def table(self) -> pa.Table:
        """Return the fates as rows of ``crosswalk/*.csv``, with kind and names beside."""
        fates = [f for each in self.fates.values() for f in each]
        columns: dict[str, list[str]] = {
            "from_scheme": [self._named(self._a, self._b, f.old.scheme) for f in fates],
            "from_code": [f.old.code for f in fates],
            "to_scheme": [self._named(self._b, self._a, self._pairs[f.old.scheme]) for f in fates],
            "to_code": [f.new.code if f.new else NO_CLASS for f in fates],
            "relation": [f.relation for f in fates],
            "source": [f.source for f in fates],
            "kind": [f.kind for f in fates],
        }
        for name in _NAMES:
            columns[f"from_{name}"] = [getattr(f.old, name) for f in fates]
            columns[f"to_{name}"] = [getattr(f.new, name) if f.new else "" for f in fates]
        return pa.table({n: columns[n] for n in _TABLE.names}, schema=_TABLE)

    @staticmethod
    def _named(side: Side, other: Side, scheme: str) -> str:
        one, two = side.standard, other.standard
        same = one.id == two.id and one.edition != two.edition
        return f"{scheme}@{one.edition}" if same and scheme in other.schemes else scheme
