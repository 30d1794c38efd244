"""Compile the mapping of a standard to one SQL statement.

All rows of a scheme are put in order once, best first, and numbered. Rows that ask only for equal
values become tables of (values, number), joined by hash; the others become one CASE whose first
hit is the best by that order. The least number is the row that decides. What depends on kind,
layer, class and predefined type alone is decided once for each combination that occurs, not once
for each object, and the JSON of the properties is parsed once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from cimkit.standard._conditions import LISTS, Condition, conditions, literal
from cimkit.standard._facts import REPEATED, Facts
from cimkit.standard.model import Standard
from cimkit.standard.rows import NO_CLASS, MappingRow

__all__ = ["classify_sql"]


@dataclass(frozen=True)
class _Entry:
    """One way of getting a class; its number is its place in the order."""

    class_code: str
    rule: str
    confidence: float
    decided_by: str
    level: str
    conditions: tuple[Condition, ...] = ()
    sql: str = ""

    @property
    def joinable(self) -> bool:
        """Whether it asks for equal values only."""
        return not self.sql and all(c.values and c.address not in LISTS for c in self.conditions)

    @property
    def repeated(self) -> bool:
        """Whether it depends on what many objects have in common."""
        return not self.sql and all(c.address in REPEATED for c in self.conditions)


def classify_sql(standard: Standard, relation: str) -> str:
    """Return SQL that gives objects their classes.

    Parameters
    ----------
    standard : Standard
        Whose mapping.
    relation : str
        Name of a table or view, or a query in parentheses, with the columns of
        ``STAGED["objects"]`` and ``rowid_`` (BIGINT, unique).

    Returns
    -------
    str
        A SELECT with the columns rowid_, scheme, edition, class_code, rule, confidence (0 to 1),
        decided_by (``source``: the delivery states the code; ``rule``) and level (NULL: not
        said); at most one row for each rowid_ and scheme. Objects that nothing matches are absent;
        those of which the standard says that no class is due have a row whose class_code is NULL.

    Notes
    -----
    A class that the delivery itself states (`Standard.class_fields`, then the class in an
    identifier code) decides before all rules; a stated code that the standard does not have
    decides nothing and is left to the check ``class-known``. Among rules the greatest confidence
    wins, then the most conditions, then the longest value, then the package before its parents,
    then the order of the files.
    Comparisons ignore case and blanks at the ends.
    """
    schemes = sorted({r.scheme for r in standard.mapping} | {standard.scheme})
    entries = [_entries(standard, scheme) for scheme in schemes]
    facts = Facts(
        standard,
        {c.address for es in entries for e in es for c in e.conditions},
        predicates=any(e.sql for es in entries for e in es),
    )
    tables, finals = [], []
    repeated, single = _Stage(facts, "c"), _Stage(facts, "t")
    for n, (scheme, rows) in enumerate(zip(schemes, entries, strict=True)):
        repeated.add(n, {i: e for i, e in enumerate(rows) if e.repeated}, "")
        single.add(n, {i: e for i, e in enumerate(rows) if not e.repeated}, f"c.r{n}")
        tables.append(_numbered(n, rows))
        finals.append(
            f"SELECT rowid_, {literal(scheme)} AS scheme, {literal(standard.edition)} AS edition, "
            "class_code, rule, confidence, decided_by, level "
            f"FROM ranked JOIN e{n} ON ranked.r{n} = e{n}.rank"
        )
    keys = ", ".join(REPEATED.values())
    parts = [
        f"facts AS MATERIALIZED ({facts.sql(relation)})",
        f"combos AS (SELECT DISTINCT {keys} FROM facts)",
        *repeated.tables,
        f"combo_ranks AS (SELECT {keys}, {repeated.ranks} FROM combos AS f {repeated.joins})",
        *single.tables,
        f"ranked AS (SELECT f.rowid_, {single.ranks} FROM facts AS f "
        f"JOIN combo_ranks AS c USING ({keys}) {single.joins})",
        *tables,
    ]
    return "WITH " + ",\n".join(parts) + "\n" + "\nUNION ALL\n".join(finals)


class _Stage:
    """One pass over rows called ``f``: hash joins for the equalities, one CASE for the rest."""

    def __init__(self, facts: Facts, prefix: str) -> None:
        self.facts = facts
        self.prefix = prefix
        self.tables: list[str] = []
        self._joins: list[str] = []
        self._ranks: list[str] = []

    @property
    def joins(self) -> str:
        return " ".join(self._joins)

    @property
    def ranks(self) -> str:
        return ", ".join(self._ranks)

    def add(self, scheme: int, entries: dict[int, _Entry], before: str) -> None:
        """Add a column ``r<scheme>``: the least number of the entries that match."""
        terms = [before] if before else []
        groups: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
        arms = []
        for rank, entry in entries.items():
            if entry.joinable:
                by = sorted(entry.conditions, key=lambda c: c.address)
                keys = groups.setdefault(tuple(c.address for c in by), {})
                for values in product(*(c.values for c in by)):
                    keys.setdefault(values, rank)
            else:
                tests = [self._test(c) for c in entry.conditions]
                tests += [f"TRY(({entry.sql})::BOOLEAN)"] if entry.sql else []
                arms.append(f"WHEN {' AND '.join(tests)} THEN {rank}")
        for addresses, keys in groups.items():
            name = f"{self.prefix}{len(self.tables)}"
            columns = ", ".join(f"k{i}" for i in range(len(addresses)))
            rows = ", ".join(f"({', '.join(map(literal, k))}, {r})" for k, r in keys.items())
            self.tables.append(f"{name}({columns}, rank) AS (VALUES {rows})")
            on = (f"{self.facts.text(a)} = {name}.k{i}" for i, a in enumerate(addresses))
            self._joins.append(f"LEFT JOIN {name} ON {' AND '.join(on)}")
            terms.append(f"{name}.rank")
        if arms:
            terms.append(f"CASE {' '.join(arms)} END")
        # least() passes over NULL.
        value = f"least({', '.join(terms)})" if terms else "NULL::INTEGER"
        self._ranks.append(f"{value} AS r{scheme}")

    def _test(self, condition: Condition) -> str:
        text = self.facts.text(condition.address)
        if condition.address not in LISTS:
            return condition.sql(text)
        if condition.op == "absent":
            return f"coalesce(len({text}), 0) = 0"
        return f"len(list_filter({text}, lambda x: {condition.sql('x')})) > 0"


def _entries(standard: Standard, scheme: str) -> list[_Entry]:
    """Return the entries of one scheme, best first."""
    level = {c.code: c.level for c in standard.class_rows if c.scheme == scheme}
    rows = [r for r in standard.mapping if r.scheme == scheme]
    rows.sort(key=_order)
    stated = list(_stated(standard)) if scheme == standard.scheme else []
    return stated + [
        _Entry(
            r.class_code,
            r.rule,
            r.confidence,
            "rule",
            r.level or level.get(r.class_code, ""),
            conditions(r),
            r.sql,
        )
        for r in rows
    ]


def _order(row: MappingRow) -> tuple[float, int, int, int]:
    values = row.value.split("|") if row.op == "in" else [row.value]
    asked = len(conditions(row)) + bool(row.sql)
    return -row.confidence, -asked, -max(map(len, values)), row.depth


def _stated(standard: Standard) -> Iterator[_Entry]:
    """Yield the entries for codes that a delivery states itself, fields before identifiers."""
    rows = sorted(standard.by_code.values(), key=lambda c: c.code)
    if standard.class_fields:
        for row in rows:
            yield _Entry(
                row.code,
                f"{standard.id}/class-field",
                1.0,
                "source",
                row.level,
                (Condition("stated.class", "equals", row.code),),
            )
    if standard.grammar is not None and standard.grammar.field_names:
        for row in (r for r in rows if r.leaf):
            yield _Entry(
                row.code,
                f"{standard.id}/identifier",
                0.99,
                "source",
                row.level,
                (Condition("stated.identifier", "equals", row.code),),
            )


def _numbered(n: int, entries: list[_Entry]) -> str:
    """Return the numbered entries as a relation."""
    head = f"e{n}(rank, class_code, rule, confidence, decided_by, level) AS "
    if not entries:
        return head + "(SELECT 0, '', '', 0.0::DOUBLE, '', '' WHERE false)"
    rows = ", ".join(
        f"({rank}, {_or_null(e.class_code, NO_CLASS)}, {literal(e.rule)}, "
        f"{e.confidence!r}::DOUBLE, "
        f"{literal(e.decided_by)}, {_or_null(e.level, '')})"
        for rank, e in enumerate(entries)
    )
    return f"{head}(VALUES {rows})"


def _or_null(text: str, absent: str) -> str:
    return "NULL::VARCHAR" if text == absent else f"{literal(text)}::VARCHAR"
