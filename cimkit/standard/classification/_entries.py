"""What a standard knows of giving classes: for each scheme its entries, best first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cimkit.standard.classification._conditions import LISTS, Condition, conditions
from cimkit.standard.classification._facts import REPEATED, Facts
from cimkit.standard.model import Standard
from cimkit.standard.rows import ClassRow, MappingRow


@dataclass(frozen=True)
class Entry:
    """One way of getting a class; its number is its place in the order."""

    class_code: str
    rule: str
    confidence: float
    decided_by: str
    level: str
    """What the row itself says."""
    class_level: str
    """What its class says."""
    conditions: tuple[Condition, ...] = ()
    sql: str = ""
    row: MappingRow | None = None
    """None for codes that a delivery states itself."""

    @property
    def joinable(self) -> bool:
        """Whether it asks for equal values only."""
        return not self.sql and all(c.values and c.address not in LISTS for c in self.conditions)

    @property
    def repeated(self) -> bool:
        """Whether it depends on what many objects have in common."""
        return not self.sql and all(c.address in REPEATED for c in self.conditions)

    def tests(self, facts: Facts) -> list[str]:
        """Return its conditions as predicates over the facts ``f``."""
        tests = [test(facts, c) for c in self.conditions]
        return [*tests, f"TRY(({self.sql})::BOOLEAN)"] if self.sql else tests


def test(facts: Facts, condition: Condition) -> str:
    """Return a condition as a predicate over the facts ``f``."""
    text = facts.text(condition.address)
    if condition.address not in LISTS:
        return condition.sql(text)
    if condition.op == "absent":
        return f"coalesce(len({text}), 0) = 0"
    return f"len(list_filter({text}, lambda x: {condition.sql('x')})) > 0"


def schemes(standard: Standard) -> list[str]:
    """Return the schemes in which objects get a class, sorted."""
    return sorted({r.scheme for r in standard.mapping} | {standard.scheme})


def entries(standard: Standard, scheme: str) -> list[Entry]:
    """Return the entries of one scheme, best first."""
    level = {c.code: c.level for c in standard.class_rows if c.scheme == scheme}
    rows = [r for r in standard.mapping if r.scheme == scheme]
    rows.sort(key=order)
    stated = list(_stated(standard)) if scheme == standard.scheme else []
    return stated + [
        Entry(
            r.class_code,
            r.rule,
            r.confidence,
            "rule",
            r.level,
            level.get(r.class_code, ""),
            conditions(r),
            r.sql,
            r,
        )
        for r in rows
    ]


def facts_of(standard: Standard, given: list[Entry], *, lod: bool = False) -> Facts:
    """Return the facts that entries look at."""
    return Facts(
        standard,
        {c.address for e in given for c in e.conditions},
        predicates=any(e.sql for e in given),
        lod=lod,
    )


def order(row: MappingRow) -> tuple[float, int, int, int]:
    """Return what rows are sorted by: confidence, conditions, length of the value, package."""
    values = row.value.split("|") if row.op == "in" else [row.value]
    asked = len(conditions(row)) + bool(row.sql)
    return -row.confidence, -asked, -max(map(len, values)), row.depth


def _stated(standard: Standard) -> Iterator[Entry]:
    """Yield the entries for codes that a delivery states itself, fields before identifiers."""
    rows = sorted({**standard.by_code, **_heirs(standard)}.items())
    if standard.class_fields:
        for code, row in rows:
            yield Entry(
                row.code,
                f"{standard.id}/class-field",
                1.0,
                "source",
                "",
                row.level,
                (Condition("stated.class", "equals", code),),
            )
    if standard.grammar is not None and standard.grammar.field_names:
        for code, row in ((c, r) for c, r in rows if r.leaf):
            yield Entry(
                row.code,
                f"{standard.id}/identifier",
                0.99,
                "source",
                "",
                row.level,
                (Condition("stated.identifier", "equals", code),),
            )


def _heirs(standard: Standard) -> dict[str, ClassRow]:
    """Return, by code that is no longer in force, the one class that replaces it."""
    found: dict[str, list[ClassRow]] = {}
    for row in standard.by_code.values():
        for code in row.replaces:
            found.setdefault(code, []).append(row)
    return {
        code: rows[0]
        for code, rows in found.items()
        if len(rows) == 1 and code not in standard.by_code
    }
