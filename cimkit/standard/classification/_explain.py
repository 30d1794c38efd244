"""Why an object has its class: all rows of the mapping that fit it, and what decided among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cimkit.standard.classification._conditions import literal
from cimkit.standard.classification._entries import Entry, entries, facts_of, order, schemes
from cimkit.standard.classification._facts import Facts
from cimkit.standard.model import Standard
from cimkit.standard.rows import NO_CLASS

if TYPE_CHECKING:
    import duckdb

__all__ = ["Candidate", "Comparison", "candidates", "matches_sql"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition of a mapping row, held against an object."""

    field: str
    """What it looks at; "" for a predicate in SQL."""
    op: str
    """How it compares; ``sql`` for a predicate."""
    value: str
    """With what."""
    met: str | list[str] | None
    """What the object has there, in small letters as it is compared; None: nothing."""
    holds: bool
    """Whether the condition is met."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way in which the standard gives, or nearly gives, an object a class."""

    scheme: str
    """Of the class."""
    class_code: str | None
    """The class; None: no class is due."""
    rule: str
    """Name of the mapping row."""
    confidence: float
    """0 to 1."""
    decided_by: str
    """``source``: the delivery states the code; ``rule``."""
    level: str
    """Level that the row itself gives, "" none."""
    source: str
    """What the row says of its reason."""
    why: str
    """Why it lost, "" if it decided."""
    comparisons: list[Comparison] = field(default_factory=list)
    """Its conditions."""


def matches_sql(standard: Standard, relation: str, *, near: bool = False) -> str:
    """Return SQL for all mapping rows that fit objects, not only those that decide.

    Parameters
    ----------
    standard : Standard
        Whose mapping.
    relation : str
        As for `classify_sql`. The work grows with objects times rows: meant for some objects.
    near : bool
        Whether rows that fail in one of several conditions are wanted too.

    Returns
    -------
    str
        A SELECT with the columns rowid_, scheme, rank (0 the best of the scheme; the least that
        fits decides), class_code, rule, confidence, decided_by and met (a list: whether each
        condition holds, those of the columns first).
    """
    given = [(s, n, e) for s in schemes(standard) for n, e in enumerate(entries(standard, s))]
    if not given:
        return (
            "SELECT NULL::BIGINT AS rowid_, '' AS scheme, 0 AS rank, '' AS class_code, '' AS rule, "
            "0.0 AS confidence, '' AS decided_by, []::BOOLEAN[] AS met WHERE false"
        )
    facts = facts_of(standard, [e for _, _, e in given])
    tests = ", ".join(
        f"[{', '.join(f'coalesce({t}, false)' for t in e.tests(facts))}]" for _, _, e in given
    )
    rows = ", ".join(
        f"({n}, {literal(s)}, {rank}, "
        f"{'NULL' if e.class_code == NO_CLASS else literal(e.class_code)}, {literal(e.rule)}, "
        f"{e.confidence!r}::DOUBLE, {literal(e.decided_by)})"
        for n, (s, rank, e) in enumerate(given, 1)
    )
    failed = "len(list_filter(met, lambda x: NOT x))"
    wanted = f"{failed} = 0" + f" OR ({failed} = 1 AND len(met) > 1)" * near
    return (
        f"WITH facts AS MATERIALIZED ({facts.sql(relation)}), "
        f"said(n, scheme, rank, class_code, rule, confidence, decided_by) AS (VALUES {rows}), "
        f"tried AS (SELECT rowid_, generate_subscripts(t, 1) AS n, unnest(t) AS met "
        f"FROM (SELECT rowid_, [{tests}] AS t FROM facts AS f)) "
        "SELECT rowid_, scheme, rank, class_code, rule, confidence, decided_by, met "
        f"FROM tried JOIN said USING (n) WHERE {wanted}"
    )


def candidates(
    con: duckdb.DuckDBPyConnection, standard: Standard, relation: str, *, near: int = 5
) -> list[Candidate]:
    """Return what fits one object, in each scheme the one that decides first.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        That knows the relation.
    standard : Standard
        Whose mapping.
    relation : str
        As for `classify_sql`, of one row.
    near : int
        How many rows of a scheme that fail in one condition only are added, the best first.
    """
    by_scheme = {s: entries(standard, s) for s in schemes(standard)}
    facts = facts_of(standard, [e for given in by_scheme.values() for e in given])
    met = _met(con, facts, relation)
    rows = con.execute(
        f"SELECT scheme, rank, met FROM ({matches_sql(standard, relation, near=near > 0)}) "
        "ORDER BY scheme, list_contains(met, false), rank"
    ).fetchall()
    found: list[Candidate] = []
    winner: dict[str, Entry] = {}
    missed: dict[str, int] = {}
    for scheme, rank, holds in rows:
        entry = by_scheme[scheme][rank]
        if all(holds):
            why = _why(winner[scheme], entry) if scheme in winner else ""
            winner.setdefault(scheme, entry)
        else:
            # That the kind is right says nothing.
            told = [c for c, h in zip(entry.conditions, holds, strict=False) if h]
            if all(c.address == "kind" for c in told) or missed.get(scheme, 0) >= near:
                continue
            missed[scheme] = missed.get(scheme, 0) + 1
            why = "one of its conditions is not met"
        found.append(_candidate(scheme, entry, holds, met, why))
    return found


def _met(con: duckdb.DuckDBPyConnection, facts: Facts, relation: str) -> dict[str, Any]:
    """Return what the one object has at each address."""
    addresses = facts.addresses
    columns = ", ".join(facts.text(a) for a in addresses)
    row = con.execute(
        f"WITH facts AS ({facts.sql(relation)}) SELECT {columns} FROM facts AS f"
    ).fetchone()
    return dict(zip(addresses, row or (), strict=False))


def _candidate(
    scheme: str, entry: Entry, holds: Sequence[bool], met: dict[str, Any], why: str
) -> Candidate:
    said = [
        Comparison(c.address, c.op, c.value, met.get(c.address) or None, h)
        for c, h in zip(entry.conditions, holds, strict=False)
    ]
    if entry.sql:
        said.append(Comparison("", "sql", entry.sql, None, holds[-1]))
    return Candidate(
        scheme=scheme,
        class_code=None if entry.class_code == NO_CLASS else entry.class_code,
        rule=entry.rule,
        confidence=entry.confidence,
        decided_by=entry.decided_by,
        level=entry.level,
        source=entry.row.source if entry.row else "",
        why=why,
        comparisons=said,
    )


def _why(winner: Entry, loser: Entry) -> str:
    """Return why an entry that fits does not decide."""
    if winner.row is None:
        return "the delivery itself states a class"
    assert loser.row is not None  # what a delivery states stands before all rows
    first, second = order(winner.row), order(loser.row)
    if first[0] != second[0]:
        return f"confidence {loser.confidence:g} is less than {winner.confidence:g}"
    if first[1] != second[1]:
        return f"it asks less: {-second[1]} conditions, not {-first[1]}"
    if first[2] != second[2]:
        return f"its value is shorter: {-second[2]} characters, not {-first[2]}"
    if first[3] != second[3]:
        return "it stands in a package further up"
    return "it stands further down"
