"""The mapping: rows that never decide, and ties that only the order of the files decides."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import get_args

from cimkit.model.source import Kind
from cimkit.standard.classification._entries import Entry, entries, order, schemes
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._implied import Index, Single, address_of, singles
from cimkit.standard.linting._seen import Examined
from cimkit.standard.rows import MappingRow

__all__ = ["mapping"]


def mapping(seen: Examined) -> Iterator[LintFinding]:
    """Yield what is wrong with the mapping rows that a package writes itself."""
    _, _, standard = seen.built()
    yield from _kinds([r for r in standard.mapping if r.depth == 0])
    for scheme in schemes(standard):
        rows = [e for e in entries(standard, scheme) if e.row is not None]
        dead = yield from _unreachable(rows)
        yield from _ties(rows, dead)


def _kinds(rows: Sequence[MappingRow]) -> Iterator[LintFinding]:
    kinds = get_args(Kind)
    for row in rows:
        if row.kind and row.kind.lower() not in kinds:
            yield LintFinding(
                "kind-unknown",
                "error",
                row.origin.cell("kind"),
                f"there is no kind of source {row.kind!r}, so this row matches nothing",
                f"There are: {', '.join(kinds)}.",
            )


def _unreachable(rows: Sequence[Entry]) -> Generator[LintFinding, None, set[int]]:
    """Yield the rows whose every object is decided by rows before them; return their numbers."""
    index = Index(rows)
    dead = set()
    for number, entry in enumerate(rows):
        row = entry.row
        if row is None or row.depth:
            continue
        by: list[int] = []
        for single in singles(entry):
            first = index.before(number, single)
            if first is None:
                break
            by.append(first)
        else:
            if by:
                dead.add(number)
                yield _shadowed(row, [rows[n] for n in dict.fromkeys(by)])
    return dead


def _shadowed(row: MappingRow, by: Sequence[Entry]) -> LintFinding:
    firsts = [e.row for e in by if e.row is not None]
    same = all(f.class_code == row.class_code and f.level == row.level for f in firsts)
    first = firsts[0]
    more = f" (and {len(firsts) - 1} more)" if len(firsts) > 1 else ""
    if same:
        return LintFinding(
            "mapping-redundant",
            "info",
            row.origin,
            f"says nothing new: {first.origin}{more} gives all it matches the same class "
            f"{row.class_code} before it",
            "Remove it.",
        )
    why = "it comes first"
    if first.confidence > row.confidence:
        why = f"its confidence is {first.confidence:g}, not {row.confidence:g}"
    elif order(first)[1] < order(row)[1]:
        why = "it asks for more"
    elif order(first)[:3] == order(row)[:3] and first.depth == row.depth:
        why = "it stands before it"
    return LintFinding(
        "mapping-unreachable",
        "warning",
        row.origin,
        f"never decides: {first.origin}{more} gives all it matches class {first.class_code}, "
        f"not {row.class_code}; {why}",
        "Raise its confidence, narrow the other, or remove it.",
    )


def _ties(rows: Sequence[Entry], dead: set[int]) -> Iterator[LintFinding]:
    """Yield rows of one rank that match the same objects and give them different classes."""
    met: dict[tuple[object, ...], dict[Single, int]] = {}
    told: set[tuple[int, int]] = set()
    for number, entry in enumerate(rows):
        if entry.row is None or number in dead:
            continue
        rank = order(entry.row)
        addresses = tuple(sorted(address_of(c) for c in entry.conditions))
        same = met.setdefault((rank, addresses, entry.sql), {})
        for single in singles(entry):
            key = tuple(sorted(single, key=lambda c: (address_of(c), c.op, c.value)))
            first = same.setdefault(key, number)
            other = rows[first].row
            if first == number or other is None or (first, number) in told:
                continue
            if other.class_code == entry.class_code or min(other.depth, entry.row.depth):
                continue
            told.add((first, number))
            yield LintFinding(
                "mapping-tie",
                "warning",
                entry.row.origin,
                f"{_shown(single)} is class {entry.class_code} here and {other.class_code} in "
                f"{other.origin}, with the same confidence; the order of the files decides for "
                f"{other.class_code}",
                "Give the one that is meant a greater confidence, or another condition.",
            )


def _shown(single: Single) -> str:
    said = (f"{c.address} {c.op} {c.value}".strip() for c in single)
    return " and ".join(said) or "the SQL"
