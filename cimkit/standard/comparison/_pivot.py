"""Links by what objects are in the source: classes to which both standards map the same things."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from cimkit.standard.comparison._links import Link, Node, Side
from cimkit.standard.rows import NO_CLASS, ClassRow, MappingRow

__all__ = ["mapped", "sources"]


class _Atom(NamedTuple):
    """Objects that no unconditional row of either standard tells apart; "" is all other types."""

    kind: str
    source_class: str
    predefined_type: str


def mapped(a: Side, b: Side) -> Iterator[Link]:
    """Yield links between classes to which the same source classes are mapped.

    The same set of source classes makes two classes close, a set within the other one narrow or
    broad, an overlap related; of nested pairs only the nearest are yielded. Rows with further
    conditions (layer, field, SQL) say that some of the objects are of the class, so they make
    classes related and no more.
    """
    plain = [[r for r in s.standard.mapping if r.source_class and _bare(r)] for s in (a, b)]
    atoms = _Atoms([row for rows in plain for row in rows])
    of_a, of_b = (_Extents(s, rows, atoms) for s, rows in zip((a, b), plain, strict=True))
    yield from (pair.link(atoms) for pair in _nearest(list(_compared(of_a, of_b)), a, b))
    yield from _in_part(a, b, of_b, atoms)
    for link in _in_part(b, a, of_a, atoms):
        yield link.inverted()
    yield from _same_conditions(a, b)


def sources(side: Side, named: Iterable[Node]) -> Iterator[Link]:
    """Yield links from classes of ``side`` to the source classes that tables name.

    A class of the schemes ``int.ifc`` and ``int.citygml`` is what objects are in the source, so
    what ``side`` maps from it has to do with whatever a table says of it.
    """
    there = [n for n in dict.fromkeys(named) if not n.side and n.scheme in _SOURCES]
    rows = []
    for _, scheme, code in there:
        name, _, type_ = code.partition(".")
        kind = _SOURCES[scheme]
        rows.append(
            MappingRow("", code, scheme, kind=kind, source_class=name, predefined_type=type_)
        )
    classes = tuple(ClassRow(n.scheme, n.code) for n in there)
    other = Side(
        "",
        dataclasses.replace(side.standard, class_rows=classes, mapping=tuple(rows), scheme_of={}),
    )
    plain = [r for r in side.standard.mapping if r.source_class and _bare(r)]
    atoms = _Atoms([*plain, *rows])
    pairs = _compared(_Extents(side, plain, atoms), _Extents(other, rows, atoms))
    yield from (pair.link(atoms) for pair in pairs)


_SOURCES = {"int.ifc": "bim", "int.citygml": "citymodel"}
"""Schemes whose codes are the classes of a source format, and the kind of such sources."""


def _bare(row: MappingRow) -> bool:
    return not (row.layer or row.op or row.sql)


class _Atoms:
    """What the unconditional rows of both standards tell apart."""

    def __init__(self, rows: list[MappingRow]) -> None:
        found: dict[tuple[str, str], dict[_Atom, None]] = {}
        self.kinds: dict[str, list[str]] = {}
        """Kinds by source class; "" only where no row names one."""
        self.spelled: dict[str, str] = {}
        for row in rows:
            self.spelled.setdefault(row.source_class.lower(), row.source_class)
        for row in sorted(rows, key=lambda r: not r.kind):
            kind, name, type_ = row.kind.lower(), row.source_class.lower(), row.predefined_type
            kinds = self.kinds.setdefault(name, [])
            if kind not in kinds and (kind or not kinds):
                kinds.append(kind)
            for one in [kind] if kind else kinds:
                several = found.setdefault((one, name), {_Atom(one, name, ""): None})
                several[_Atom(one, name, type_.lower())] = None
        self._found = {pair: list(several) for pair, several in found.items()}

    def of(self, row: MappingRow) -> list[_Atom]:
        """Return the atoms that a row speaks of."""
        name, type_ = row.source_class.lower(), row.predefined_type.lower()
        kinds = [row.kind.lower()] if row.kind else self.kinds.get(name, [])
        atoms = [x for kind in kinds for x in self._found.get((kind, name), ())]
        exactly = [x for x in atoms if x.predefined_type == type_]
        # Of a type that no unconditional row names, the row for all others speaks.
        return (exactly or atoms[:1]) if type_ else atoms

    def text(self, atoms: list[_Atom], count: int) -> str:
        """Return atoms as people write them."""
        said = ", ".join(
            self.spelled[x.source_class]
            + (f".{x.predefined_type.upper()}" if x.predefined_type else "")
            for x in atoms
        )
        return f"{said} and {count - len(atoms)} more" if count > len(atoms) else said


class _Extents:
    """Which atoms the rows of one standard put into which class."""

    def __init__(self, side: Side, rows: list[MappingRow], atoms: _Atoms) -> None:
        best: dict[tuple[str, _Atom], tuple[tuple[float, int, int], MappingRow]] = {}
        for row in rows:
            rank = (row.confidence, bool(row.kind) + bool(row.predefined_type), -row.depth)
            for atom in atoms.of(row):
                was = best.get((row.scheme, atom))
                if was is None or rank > was[0]:
                    best[(row.scheme, atom)] = (rank, row)
        self.direct: dict[_Atom, list[tuple[Node, MappingRow]]] = {}
        """The classes of an atom, at most one a scheme, and the row that decides."""
        self.up: dict[Node, list[Node]] = {}
        """A class and those above it, nearest first."""
        for (scheme, atom), (_, row) in best.items():
            if row.class_code == NO_CLASS or (scheme, row.class_code) not in side.classes:
                continue
            node = Node(side.name, scheme, row.class_code)
            self.direct.setdefault(atom, []).append((node, row))
            if node not in self.up:
                self.up[node] = [node, *side.above(node)]
        self.kinds = {atom.kind for atom in self.direct}
        self.whole = self._whole(side)
        """Classes all of whose objects are known here: by a row, or by rows of all below them."""

    def _whole(self, side: Side) -> set[Node]:
        missing = Counter(
            Node(side.name, scheme, row.parent)
            for (scheme, _), row in side.classes.items()
            if row.parent
        )
        whole = {node for classes in self.direct.values() for node, _ in classes}
        todo = list(whole)
        while todo:
            node = todo.pop()
            parent = Node(side.name, node.scheme, side.classes[node[1:]].parent)
            missing[parent] -= 1
            if not missing[parent] and parent not in whole and parent[1:] in side.classes:
                whole.add(parent)
                todo.append(parent)
        return whole

    def sizes(self, kinds: set[str]) -> Counter[Node]:
        """Return how many atoms of these kinds a class has, with those of the classes below it."""
        size: Counter[Node] = Counter()
        for atom, classes in self.direct.items():
            if atom.kind in kinds:
                for node, _ in classes:
                    size.update(self.up[node])
        return size


@dataclass
class _Common:
    """What two classes have in common."""

    count: int = 0
    confidence: float = 1.0
    atoms: list[_Atom] = field(default_factory=list)
    rows: list[MappingRow] = field(default_factory=list)
    direct: bool = False


_SHOWN = 3


class _Pair(NamedTuple):
    """Two classes that have atoms in common, and what they are to each other."""

    start: Node
    end: Node
    relation: str
    common: _Common

    def link(self, atoms: _Atoms) -> Link:
        """Return the statement that goes into the crosswalk."""
        common = self.common
        path = atoms.text(common.atoms, common.count)
        return Link(*self[:3], "mapping", common.confidence, path, _places(common.rows))


def _compared(of_a: _Extents, of_b: _Extents) -> Iterator[_Pair]:
    """Yield every two classes, or classes above them, that have atoms in common."""
    # A standard for city models alone says nothing of what a class has in building models.
    kinds = of_a.kinds & of_b.kinds
    size_a, size_b = of_a.sizes(kinds), of_b.sizes(kinds)
    found: dict[tuple[Node, Node], _Common] = {}
    for atom, mine in of_a.direct.items():
        for x, row in mine:
            for y, other in of_b.direct.get(atom, ()):
                for up in of_a.up[x]:
                    for over in of_b.up[y]:
                        common = found.setdefault((up, over), _Common())
                        common.count += 1
                        common.confidence = min(common.confidence, row.confidence, other.confidence)
                        common.direct |= up is of_a.up[x][0] and over is of_b.up[y][0]
                        if len(common.atoms) < _SHOWN:
                            common.atoms.append(atom)
                            common.rows += [row, other]
    for (x, y), common in found.items():
        within = common.count == size_a[x] and x in of_a.whole
        around = common.count == size_b[y] and y in of_b.whole
        if within and around:
            relation = "close"
        elif within or around:
            relation = "broad" if within else "narrow"
        elif common.direct:
            relation = "related"
        else:
            continue
        yield _Pair(x, y, relation, common)


def _nearest(pairs: list[_Pair], a: Side, b: Side) -> Iterator[_Pair]:
    """Yield of nested pairs those that say most: the lowest class that holds all of another."""
    best: dict[tuple[Node, str, bool], int] = {}
    for pair in pairs:
        for one, other, depth in _around(pair, a, b):
            key = (one, other.scheme, pair.relation == "close")
            best[key] = max(best.get(key, -1), depth)
    for pair in pairs:
        close = pair.relation == "close"
        for one, other, depth in _around(pair, a, b):
            if depth != best[(one, other.scheme, close)]:
                break
            if not close and (one, other.scheme, True) in best:
                break
        else:
            yield pair


def _around(pair: _Pair, a: Side, b: Side) -> Iterator[tuple[Node, Node, int]]:
    """Yield a class, one that holds all of it, and how deep that stands; either way round."""
    if pair.relation in ("close", "broad"):
        yield pair.start, pair.end, len(b.above(pair.end))
    if pair.relation in ("close", "narrow"):
        yield pair.end, pair.start, len(a.above(pair.start))


def _in_part(own: Side, other: Side, of_other: _Extents, atoms: _Atoms) -> Iterator[Link]:
    """Yield links from rows of ``own`` with conditions to the unconditional ones of ``other``."""
    for row in own.standard.mapping:
        if not row.source_class or _bare(row) or (row.scheme, row.class_code) not in own.classes:
            continue
        start = Node(own.name, row.scheme, row.class_code)
        for atom in atoms.of(row)[:1]:
            for end, theirs in of_other.direct.get(atom, ()):
                confidence = min(row.confidence, theirs.confidence)
                path = f"some of {atoms.text([atom], 1)}"
                yield Link(
                    start, end, "related", "mapping", confidence, path, _places([row, theirs])
                )


def _same_conditions(a: Side, b: Side) -> Iterator[Link]:
    """Yield links between classes that rows with the very same conditions give."""

    def key(row: MappingRow) -> tuple[str, ...]:
        said = (row.kind, row.layer, row.source_class, row.predefined_type)
        return (*(t.lower() for t in (*said, row.field, row.op, row.value)), row.sql)

    there: dict[tuple[str, ...], list[MappingRow]] = {}
    for row in b.standard.mapping:
        if not _bare(row) and (row.scheme, row.class_code) in b.classes:
            there.setdefault(key(row), []).append(row)
    for row in a.standard.mapping:
        if _bare(row) or (row.scheme, row.class_code) not in a.classes:
            continue
        for twin in there.get(key(row), ()):
            yield Link(
                Node("a", row.scheme, row.class_code),
                Node("b", twin.scheme, twin.class_code),
                "related",
                "mapping",
                min(row.confidence, twin.confidence),
                " ".join(t for t in (row.source_class, row.field, row.op, row.value, row.sql) if t)[
                    :200
                ],
                _places([row, twin]),
            )


def _places(rows: list[MappingRow]) -> str:
    return "; ".join(dict.fromkeys(str(r.origin) for r in rows if r.origin))
