"""Tables of the terms of a check: score, last delivery, waivers, rules wanted otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cimkit.reporters._section import Cell, Section
from cimkit.reporters._words import told

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.checks import Verdict

__all__ = ["comparison", "overrides", "score", "units", "waivers"]


def score(verdict: Verdict) -> list[Section]:
    """Return points and grade, by quality element."""
    given = verdict.score
    if given is None:
        return []
    rows: list[tuple[Cell, ...]] = [
        (e["element"], e["part"], e["weight"], e["part_weight"], _points(e["points"]))
        for e in given.elements
    ]
    names = ("element", "part", "weight", "part weight", "points")
    marks = ", ".join(f"{k} {n:,}" for k, n in given.overview.items())
    note = told(
        "graded",
        points=f"{given.points:.1f}",
        grade=given.grade,
        judged=f"{given.judged:,}",
        lot=f"{given.lot:,}",
        marks=marks,
        unscored=f"{given.unscored:,}",
    )
    if given.seed:
        note = {n: f"{text} {told('seed', seed=given.seed)[n]}" for n, text in note.items()}
    if given.reasons:
        why = ", ".join(given.reasons)
        note = {n: f"{text} {told('not passed', why=why)[n]}" for n, text in note.items()}
    return [Section("score", told("score"), _heads(names), rows, note)]


def units(verdict: Verdict) -> list[Section]:
    """Return the units that a score judged, those that failed first."""
    given = verdict.score
    if given is None:
        return []
    judged = [unit for unit in given.units if unit["judged"]]
    judged.sort(key=lambda unit: (not unit["failed_by"], unit["points"] or 0.0))
    rows: list[tuple[Cell, ...]] = [
        (
            *(u["unit"], _points(u["points"]), u["grade"]),
            *(u[k] for k in "ABCD"),
            u["failed_by"] or None,
        )
        for u in judged
    ]
    names = ("unit", "points", "grade", *(f"class {k}" for k in "ABCD"), "failed by")
    return [Section("units", told("units"), _heads(names), rows)]


def comparison(verdict: Verdict) -> list[Section]:
    """Return what became of the failures of the last delivery."""
    given = verdict.comparison
    if given is None:
        return []
    rows: list[tuple[Cell, ...]] = [
        (told(state), *row)
        for state, table in (("fixed", given.fixed), ("unseen before", given.unseen))
        for row in _failures(table)
    ]
    names = ("state", "rule", "severity", "file", "place", "finding")
    note = told(
        "compared",
        file=given.file,
        new=f"{given.new:,}",
        open=f"{given.open:,}",
        fixed=f"{given.fixed.num_rows:,}",
        unseen=f"{given.unseen.num_rows:,}",
    )
    return [Section("baseline", told("baseline"), _heads(names), rows, note)]


def waivers(verdict: Verdict) -> list[Section]:
    """Return what somebody answers for."""
    rows: list[tuple[Cell, ...]] = [
        (
            *(use.waiver.id, use.waiver.owner, use.waiver.why, use.waiver.expires.isoformat()),
            *(use.count, told("expired") if use.expired else None),
        )
        for use in verdict.waivers
    ]
    names = ("waiver", "owner", "reason", "expires", "places", "status")
    return [Section("waivers", told("waivers"), _heads(names), rows)] if rows else []


def overrides(verdict: Verdict) -> list[Section]:
    """Return the rules that were not checked as the standard has them."""
    rows: list[tuple[Cell, ...]] = [
        (made.rule, told(made.was), told(made.now)) for made in verdict.overrides
    ]
    names = ("rule", "was", "now")
    return [Section("overrides", told("overrides"), _heads(names), rows)] if rows else []


def _failures(table: pa.Table) -> Iterable[tuple[Cell, ...]]:
    for row in table.to_pylist():
        where = "  ".join(str(row[k]) for k in ("layer", "place") if row.get(k))
        yield row["rule"], told(row["severity"]), row["path"] or ".", where, row["message"]


def _points(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _heads(names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(told(name) for name in names)
