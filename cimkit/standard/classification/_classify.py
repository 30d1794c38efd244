"""Compile the mapping of a standard to one SQL statement.

All rows of a scheme are put in order once, best first, and numbered. Rows that ask only for equal
values become tables of (values, number), joined by hash; the others become one CASE whose first
hit is the best by that order. The least number is the row that decides. What depends on kind,
layer, class and predefined type alone is decided once for each combination that occurs, not once
for each object, and the JSON of the properties is parsed once.
"""

from __future__ import annotations

from itertools import product

from cimkit.standard.classification._conditions import literal
from cimkit.standard.classification._entries import Entry, entries, facts_of, schemes
from cimkit.standard.classification._facts import REPEATED, Facts
from cimkit.standard.classification._levels import asks_for_lod, case
from cimkit.standard.model import Standard
from cimkit.standard.rows import NO_CLASS

__all__ = ["classify_sql"]


def classify_sql(standard: Standard, relation: str) -> str:
    """Return SQL that gives objects their classes.

    Parameters
    ----------
    standard : Standard
        Whose mapping.
    relation : str
        Name of a table or view, or a query in parentheses, with the columns of
        ``STAGED["objects"]`` and ``rowid_`` (BIGINT, unique); if it has ``lod`` (the highest of
        the object's geometries, text), level rules see it.

    Returns
    -------
    str
        A SELECT with the columns rowid_, scheme, edition, class_code, rule, confidence (0 to 1),
        decided_by (``source``: the delivery states the code; ``rule``) and level (NULL: not
        said); at most one row for each rowid_ and scheme. Objects that nothing matches are absent;
        those of which the standard says that no class is due have a row whose class_code is NULL.
        An object of which only the level can be said has a row of the primary scheme whose
        class_code and rule are both NULL: it lacks a class all the same.

    Notes
    -----
    A class that the delivery itself states (`Standard.class_fields`, then the class in an
    identifier code) decides before all rules; a stated code that the standard does not have means
    the one class that replaces it, else it decides nothing and is left to the check
    ``class-known``. Among rules the greatest confidence
    wins, then the most conditions, then the longest value, then the package before its parents,
    then the order of the files.
    Comparisons ignore case and blanks at the ends.

    The level is that of the mapping row that decided, else that of the first level rule that fits,
    else that of the class. Level rules speak of the primary scheme.
    """
    names = schemes(standard)
    given = [entries(standard, scheme) for scheme in names]
    by_rule = bool(standard.level_rules)
    keys = "combo_, lod_" if asks_for_lod(standard) else "combo_"
    facts = facts_of(standard, [e for es in given for e in es], lod=asks_for_lod(standard))
    tables, finals = [], []
    repeated, single = _Stage(facts, "c"), _Stage(facts, "t")
    for n, (scheme, rows) in enumerate(zip(names, given, strict=True)):
        repeated.add(n, {i: e for i, e in enumerate(rows) if e.repeated}, "")
        single.add(n, {i: e for i, e in enumerate(rows) if not e.repeated}, f"c.r{n}")
        tables.append(_numbered(n, rows))
        decided, on = f"e{n}", f"r{n} = rank"
        if by_rule and scheme == standard.scheme:
            tables.append(_leveled(standard, n, keys))
            decided = "leveled AS l"
            on = " AND ".join(f"l.{k} = r.{k}" for k in keys.split(", "))
            on += f" AND l.number IS NOT DISTINCT FROM r{n}"
        finals.append(
            f"SELECT rowid_, {literal(scheme)} AS scheme, {literal(standard.edition)} AS edition, "
            "class_code, rule, confidence, decided_by, coalesce(level, by_rule, of_class) AS level "
            f"FROM ranked AS r JOIN {decided} ON {on}"
        )
    common = ", ".join(REPEATED.values())
    parts = [
        f"facts AS MATERIALIZED ({facts.sql(relation)})",
        f"combos AS (SELECT DISTINCT {common} FROM facts)",
        *repeated.tables,
        f"combo_ranks AS MATERIALIZED (SELECT {common}, row_number() OVER () AS combo_, "
        f"{repeated.ranks} FROM combos AS f {repeated.joins})",
        *single.tables,
        f"ranked AS (SELECT f.rowid_, {f'{keys}, ' * by_rule}{single.ranks} FROM facts AS f "
        f"JOIN combo_ranks AS c USING ({common}) {single.joins})",
        *tables,
    ]
    return "WITH " + ",\n".join(parts) + "\n" + "\nUNION ALL\n".join(finals)


def _leveled(standard: Standard, n: int, keys: str) -> str:
    """Return what is decided, level included, for each combination that occurs.

    A combination is one of what many objects have in common, of a level of detail and of the entry
    that decided, if one did.
    """
    return (
        "leveled AS (SELECT * FROM ("
        f"SELECT k.*, e.* EXCLUDE (by_rule), {case(standard)} AS by_rule "
        f"FROM (SELECT DISTINCT {keys}, r{n} AS number FROM ranked) AS k "
        f"JOIN combo_ranks USING (combo_) LEFT JOIN e{n} AS e ON number = rank) "
        "WHERE rank IS NOT NULL OR by_rule IS NOT NULL)"
    )


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

    def add(self, scheme: int, given: dict[int, Entry], before: str) -> None:
        """Add a column ``r<scheme>``: the least number of the entries that match."""
        terms = [before] if before else []
        groups: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
        arms = []
        for rank, entry in given.items():
            if entry.joinable:
                by = sorted(entry.conditions, key=lambda c: c.address)
                keys = groups.setdefault(tuple(c.address for c in by), {})
                for values in product(*(c.values for c in by)):
                    keys.setdefault(values, rank)
            else:
                arms.append(f"WHEN {' AND '.join(entry.tests(self.facts))} THEN {rank}")
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


def _numbered(n: int, given: list[Entry]) -> str:
    """Return the numbered entries as a relation."""
    columns = "rank, class_code, rule, confidence, decided_by, level, by_rule, of_class"
    if not given:
        nothing = ", ".join(["NULL::VARCHAR"] * 4)
        return f"e{n}({columns}) AS (SELECT 0, '', '', 0.0::DOUBLE, {nothing} WHERE false)"
    rows = ", ".join(
        f"({rank}, {_or_null(e.class_code, NO_CLASS)}, {literal(e.rule)}, "
        f"{e.confidence!r}::DOUBLE, {literal(e.decided_by)}, {_or_null(e.level, '')}, "
        f"NULL::VARCHAR, {_or_null(e.class_level, '')})"
        for rank, e in enumerate(given)
    )
    return f"e{n}({columns}) AS (VALUES {rows})"


def _or_null(text: str, absent: str) -> str:
    return "NULL::VARCHAR" if text == absent else f"{literal(text)}::VARCHAR"
