"""Levels of objects: the rules of ``level_rules.csv`` as one CASE."""

from __future__ import annotations

from cimkit.standard.classification._conditions import literal
from cimkit.standard.classification._facts import Facts
from cimkit.standard.model import Standard
from cimkit.standard.rows import LevelRule

__all__ = ["levels_sql"]


def levels_sql(standard: Standard, relation: str) -> str:
    """Return SQL that gives a level to objects whose class is settled.

    Parameters
    ----------
    standard : Standard
        Whose level rules and classes.
    relation : str
        As for `classify_sql`, and ``class_code`` (class of the primary scheme, NULL for none).

    Returns
    -------
    str
        A SELECT with the columns rowid_, level and level_rule (where the rule is written; NULL: it
        is the level of the class). Objects without a level are absent.
    """
    facts = Facts(standard, (), lod=True)
    levels = [(c.code, c.level) for c in standard.by_code.values() if c.level]
    of_class = (
        ", ".join(f"({literal(c)}, {literal(lv)})" for c, lv in levels) or "('', NULL::VARCHAR)"
    )
    said = ", ".join(
        f"({n}, {literal(r.level)}, {literal(r.origin)})"
        for n, r in enumerate(standard.level_rules)
    )
    return (
        f"WITH facts AS ({facts.sql(relation)}), "
        f"of_class(class_code, level) AS (VALUES {of_class}), "
        f"said(number, level, place) AS (VALUES {said or '(0, NULL::VARCHAR, NULL::VARCHAR)'}), "
        f"first_ AS (SELECT rowid_, o.class_code, {case(standard, number=True)} AS number "
        f"FROM facts JOIN (FROM {relation}) AS o USING (rowid_)) "
        "SELECT rowid_, coalesce(s.level, c.level) AS level, s.place AS level_rule FROM first_ f "
        "LEFT JOIN said s ON f.number = s.number LEFT JOIN of_class c USING (class_code) "
        "WHERE coalesce(s.level, c.level) IS NOT NULL"
    )


def asks_for_lod(standard: Standard) -> bool:
    """Return whether a level rule looks at the geometries' level of detail."""
    return any(r.lod for r in standard.level_rules)


def case(standard: Standard, *, number: bool = False) -> str:
    """Return SQL for the level that the first rule that fits gives, or for its number.

    Over columns kind_, class_, ptype_, lod_ and class_code.
    """
    arms = [
        f"WHEN {fits(standard, rule)} THEN {n if number else literal(rule.level)}"
        for n, rule in enumerate(standard.level_rules)
    ]
    return f"CASE {' '.join(arms)} END" if arms else "NULL"


def fits(standard: Standard, rule: LevelRule) -> str:
    """Return the predicate of one level rule."""
    tests = [
        f"{column} = {literal(value.strip().lower())}"
        for column, value in (
            ("kind_", rule.kind),
            ("class_", rule.source_class),
            ("ptype_", rule.predefined_type),
        )
        if value
    ]
    if rule.class_code:
        codes = sorted(standard.under((rule.class_code,)))
        tests.append(f"class_code IN ({', '.join(map(literal, codes))})" if codes else "false")
    if rule.lod:
        lod = rule.lod.strip().lower().removeprefix("lod").strip()
        tests.append(f"(lod_ = {literal(lod)} OR starts_with(lod_, {literal(lod + '.')}))")
    return " AND ".join(tests) or "true"
