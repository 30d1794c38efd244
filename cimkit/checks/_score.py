"""The score of a delivery: points by quality element, unit and lot, and the grade they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cimkit.checks._sample import draw, sample_size

if TYPE_CHECKING:
    from cimkit.standard import Acceptance, Rule

__all__ = ["FAILED", "Score", "score"]

FAILED = "failed"
"""The grade of what is below all grades."""
_CLASSES = ("A", "B", "C", "D")


@dataclass(frozen=True)
class Score:
    """What a delivery scores."""

    passed: bool
    """No judged unit failed, the delivery as a whole has no more defects than allowed, and no rule
    of positional accuracy has more gross errors."""
    points: float
    """Mean of the judged units, 0 to 100."""
    grade: str
    """Of those points, `FAILED` if it did not pass."""
    lot: int
    """Units there are."""
    judged: int
    """Units that count: all, or the sample."""
    seed: str
    """Of the sample; "" for a census."""
    units: tuple[dict[str, Any], ...]
    """unit, judged, points, grade, A, B, C, D (places), failed_by (veto, floor, points; "")."""
    elements: tuple[dict[str, Any], ...]
    """element, part, weight, part_weight, points (mean of the judged units)."""
    overview: dict[str, int]
    """Places without a file, by defect class."""
    reasons: tuple[str, ...]
    """Why it did not pass: ``units``, ``overview``, or the rules with too many gross errors."""
    unscored: int
    """Places that failed rules without a defect class."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        from dataclasses import fields

        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def score(
    findings: pa.Table,
    rules: Sequence[Rule],
    units: Mapping[str, str],
    acceptance: Acceptance,
    seed: str,
) -> Score:
    """Return the score that findings come to.

    Parameters
    ----------
    findings
        Rows of ``findings``; what is waived takes no points.
    rules
        Those that were checked.
    units
        The unit that each file belongs to, by path.
    acceptance
        Points, weights and grades.
    seed
        Of the sample, if the acceptance asks for one.

    Notes
    -----
    A unit has 100 points in each part of each element, less the points of each place that fails
    (copies of one mistake are one place). Points of an element are the weighted mean of its parts,
    those of a unit that of its elements. Parts none of whose rules spoke of anything do not count.
    """
    names = sorted(set(units.values()))
    census = not acceptance.sample
    judged = set(names if census else draw(names, sample_size(len(names), acceptance.sample), seed))
    counted = _counted(findings, rules, units)
    parts = sorted({_part(rule) for rule in rules if rule.id in counted.spoken})
    lost: dict[tuple[str, tuple[str, str]], float] = {}
    marks: dict[str, dict[str, int]] = {name: dict.fromkeys(_CLASSES, 0) for name in names}
    overview = dict.fromkeys(_CLASSES, 0)
    by_id = {rule.id: rule for rule in rules}
    unscored = 0
    for unit, rule_id, places in counted.places:
        rule = by_id.get(rule_id)
        kind = rule.defect_class if rule is not None else ""
        if rule is None or not kind:
            unscored += places
            continue
        if unit is None:
            overview[kind] += places
            continue
        marks[unit][kind] += places
        less = acceptance.deductions.get(kind, 0.0) * rule.weight * places
        less /= acceptance.adjustment if kind != "A" else 1.0
        key = (unit, _part(rule))
        lost[key] = lost.get(key, 0.0) + less
    rows = [
        _unit(name, parts, lost, marks[name], acceptance) | {"judged": name in judged}
        for name in names
    ]
    seen = [row for row in rows if row["judged"]]
    points = sum(row["points"] for row in seen) / len(seen) if seen else 100.0
    reasons = ["units"] if any(row["grade"] == FAILED for row in seen) else []
    limits = acceptance.overview
    if any(kind in limits and overview[kind] > limits[kind] for kind in _CLASSES):
        reasons.append("overview")
    reasons += _gross(counted.rates, by_id, acceptance.gross_ratio)
    return Score(
        passed=not reasons,
        points=round(points, 2),
        grade=FAILED if reasons else _grade(points, acceptance),
        lot=len(names),
        judged=len(seen),
        seed="" if census else seed,
        units=tuple(rows),
        elements=tuple(_elements(parts, lost, sorted(judged), acceptance)),
        overview=overview,
        reasons=tuple(reasons),
        unscored=unscored,
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    places: list[tuple[str | None, str, int]]
    """Unit (None: no file), rule, and places that failed."""
    spoken: set[str]
    """Rules that passed or failed anything."""
    rates: dict[str, float]
    """By rule, share in % of the things it was held against that failed."""


def _counted(findings: pa.Table, rules: Sequence[Rule], units: Mapping[str, str]) -> _Counted:
    import duckdb

    con = duckdb.connect(config={"threads": 1})
    con.execute("SET enable_progress_bar = false")  # standard output is data
    try:
        columns = ["rule", "status", "path", "mistake", "waived", "count"]
        con.register("f", findings.select(columns))
        known = {"path": list(units), "unit": list(units.values())}
        con.register("u", pa.table(known, schema=pa.schema([(n, pa.string()) for n in known])))
        places = con.execute(
            """SELECT unit, rule, count(*) FILTER (coalesce(mistake, '') = '')
                      + count(DISTINCT nullif(mistake, ''))
               FROM f LEFT JOIN u USING (path)
               WHERE status = 'fail' AND coalesce(waived, '') = '' GROUP BY unit, rule"""
        ).fetchall()
        things = con.execute(
            """SELECT rule, coalesce(sum(count) FILTER (status = 'fail'
                                     AND coalesce(waived, '') = ''), 0),
                      coalesce(sum(count) FILTER (status IN ('fail', 'pass')), 0)
               FROM f GROUP BY rule"""
        ).fetchall()
    finally:
        con.close()
    return _Counted(
        [(unit, rule, int(n)) for unit, rule, n in places],
        {rule for rule, _, all_ in things if all_},
        {rule: 100.0 * float(bad) / float(all_) for rule, bad, all_ in things if all_},
    )


def _part(rule: Rule) -> tuple[str, str]:
    element, _, part = rule.element.partition(":")
    return element.strip() or "usability", part.strip()


def _weights(part: tuple[str, str], acceptance: Acceptance) -> tuple[float, float]:
    element, own = part
    name = f"{element}: {own}" if own else element
    whole = acceptance.weights.get(element, 1.0)
    return whole, acceptance.weights.get(name, 1.0) if own else 1.0


def _unit(
    name: str,
    parts: Sequence[tuple[str, str]],
    lost: Mapping[tuple[str, tuple[str, str]], float],
    marks: Mapping[str, int],
    acceptance: Acceptance,
) -> dict[str, Any]:
    by_element: dict[str, list[tuple[float, float]]] = {}
    lowest = 100.0
    for part in parts:
        points = max(0.0, 100.0 - lost.get((name, part), 0.0))
        lowest = min(lowest, points)
        by_element.setdefault(part[0], []).append((_weights(part, acceptance)[1], points))
    means = [
        (acceptance.weights.get(element, 1.0), _mean(pairs))
        for element, pairs in by_element.items()
    ]
    points = _mean(means)
    failed_by = ""
    if any(marks[kind] for kind in acceptance.veto):
        failed_by = "veto"
    elif lowest < acceptance.floor:
        failed_by = "floor"
    elif _grade(points, acceptance) == FAILED:
        failed_by = "points"
    return {
        "unit": name,
        "points": round(points, 2),
        "grade": FAILED if failed_by else _grade(points, acceptance),
        **marks,
        "failed_by": failed_by,
    }


def _mean(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the weighted mean; of nothing, or of nothing that weighs, all points."""
    total = sum(weight for weight, _ in pairs)
    return sum(weight * points for weight, points in pairs) / total if total else 100.0


def _grade(points: float, acceptance: Acceptance) -> str:
    reached = [(least, name) for name, least in acceptance.grades.items() if points >= least]
    return max(reached)[1] if reached else FAILED


def _elements(
    parts: Sequence[tuple[str, str]],
    lost: Mapping[tuple[str, tuple[str, str]], float],
    judged: Sequence[str],
    acceptance: Acceptance,
) -> list[dict[str, Any]]:
    rows = []
    for part in parts:
        points = [max(0.0, 100.0 - lost.get((name, part), 0.0)) for name in judged]
        weight, part_weight = _weights(part, acceptance)
        rows.append(
            {
                "element": part[0],
                "part": part[1],
                "weight": weight,
                "part_weight": part_weight,
                "points": round(sum(points) / len(points), 2) if points else 100.0,
            }
        )
    return rows


def _gross(rates: Mapping[str, float], rules: Mapping[str, Rule], limit: float) -> list[str]:
    """Return the rules of positional accuracy that more than the allowed share fails."""
    return [
        rule_id
        for rule_id, rate in sorted(rates.items())
        if limit
        and rate > limit
        and rule_id in rules
        and _part(rules[rule_id])[0] == "positional accuracy"
    ]
