"""What is otherwise in the mapping, the rules and the terms of two standards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cimkit.model import Severity
from cimkit.standard.model import Standard
from cimkit.standard.overlay._change import Change, changed, flat
from cimkit.standard.rows import MappingRow
from cimkit.standard.rule import Rule

__all__ = ["mapping_changes", "rule_changes", "term_changes"]

_SEVERITIES = (Severity.INFO, Severity.WARNING, Severity.ERROR)


def mapping_changes(a: Standard, b: Standard, pairs: dict[str, str]) -> Iterator[Change]:
    """Yield what mapping rows decide otherwise: rows are the same if their conditions are."""
    was = _deciding(a.mapping, pairs)
    now = _deciding(b.mapping, {t: t for t in pairs.values()})
    for key in dict.fromkeys((*was, *now)):
        old, new = was.get(key), now.get(key)
        text = " ".join(part for part in key[1:] if part)
        where: dict[str, Any] = {
            "where_was": str(old.origin) if old else "",
            "where": str(new.origin) if new else "",
        }
        if old is None or new is None:
            row = old or new
            assert row is not None
            decides: dict[str, Any] = {"was" if old else "now": row.class_code}
            yield Change("mapping", "added" if new else "removed", text, **decides, **where)
            continue
        for aspect in ("class_code", "confidence", "level"):
            before, after = getattr(old, aspect), getattr(new, aspect)
            if before != after:
                yield Change(
                    "mapping",
                    "changed",
                    text,
                    aspect=aspect.removesuffix("_code"),
                    was=str(before),
                    now=str(after),
                    **where,
                )


def _deciding(
    rows: Sequence[MappingRow], schemes: dict[str, str]
) -> dict[tuple[str, ...], MappingRow]:
    found: dict[tuple[str, ...], MappingRow] = {}
    for row in rows:
        if row.scheme not in schemes:
            continue
        said = (row.kind, row.layer, row.source_class, row.predefined_type)
        texts = (t.strip().lower() for t in (*said, row.field, row.op, row.value))
        key = (schemes[row.scheme], *texts, row.sql)
        rank = (row.confidence, -row.depth)
        if key not in found or rank > (found[key].confidence, -found[key].depth):
            found[key] = row
    return found


def rule_changes(a: Standard, b: Standard) -> Iterator[Change]:
    """Yield the changes of rules; rules of two packages are the same if their names are."""
    later = {rule.id: rule for rule in b.rules}
    by_name: dict[str, list[Rule]] = {}
    ours = {rule.id for rule in a.rules}
    for rule in b.rules:
        if rule.id not in ours:
            by_name.setdefault(rule.name, []).append(rule)
    met = set()
    for old in a.rules:
        alike = by_name.get(old.name, [])
        new = later.get(old.id) or (alike[0] if len(alike) == 1 else None)
        if new is None:
            yield Change(
                "rules", "removed", old.id, old.message.get("en", ""), where_was=old.origin
            )
            continue
        met.add(new.id)
        yield from _rule(old, new)
    for new in b.rules:
        if new.id not in met:
            yield Change("rules", "added", new.id, new.message.get("en", ""), where=new.origin)


def _rule(old: Rule, new: Rule) -> Iterator[Change]:
    name = new.message.get("en", "")
    was, now = dict(flat(old)), dict(flat(new))
    for aspect in dict.fromkeys((*was, *now)):
        before, after = was.get(aspect, ""), now.get(aspect, "")
        if before == after or aspect == "id":
            continue
        what = "changed"
        if aspect == "severity":
            up = _SEVERITIES.index(new.severity) > _SEVERITIES.index(old.severity)
            what = "stricter" if up else "laxer"
        elif aspect == "tolerance" and old.unit == new.unit:
            loose = old.tolerance is not None and (
                new.tolerance is None or new.tolerance > old.tolerance
            )
            what = "laxer" if loose else "stricter"
        yield Change(
            "rules", what, new.id, name, aspect, before, after, False, old.origin, new.origin
        )


def term_changes(a: Standard, b: Standard) -> Iterator[Change]:
    """Yield what is otherwise in levels, names, codes, coordinates, acceptance and dates."""
    parts: dict[str, tuple[Any, Any]] = {
        "levels": (a.levels, b.levels),
        "naming": (a.naming, b.naming),
        "grammar": (a.grammar, b.grammar),
        "crs": (a.crs_rules, b.crs_rules),
        "acceptance": (a.acceptance, b.acceptance),
        "jurisdiction": (a.jurisdiction, b.jurisdiction),
        "head": (_head(a), _head(b)),
    }
    for part, (was, now) in parts.items():
        yield from changed(part, flat(was), flat(now))
    yield from changed("level rules", _level_rules(a), _level_rules(b))
    yield from changed("models", _models(a), _models(b))


def _head(standard: Standard) -> dict[str, Any]:
    return {
        **standard.facts,
        "titles": standard.titles,
        "extends": standard.parents,
        "class_fields": standard.class_fields,
        "transition.until": standard.transition_until,
        "transition.accepts": standard.accepts,
        "schemes": tuple(scheme.id for scheme in standard.schemes),
    }


def _models(standard: Standard) -> Iterator[tuple[str, str]]:
    """Yield what objects of a class look like."""
    for row in standard.models:
        own = "" if row.scheme == standard.scheme else f"{row.scheme}:"
        key = f"{own}{row.class_code}"
        sizes = ("height", "width", "length", "depth", "heading", "color")
        said = (f"{name} {getattr(row, name)}" for name in sizes if getattr(row, name))
        yield key, ", ".join((row.model, *said))


def _level_rules(standard: Standard) -> Iterator[tuple[str, str]]:
    """Yield what level rules decide; of two with the same conditions the first, as when asked."""
    seen = set()
    for rule in standard.level_rules:
        said = (rule.kind, rule.source_class, rule.predefined_type, rule.class_code)
        key = " ".join(t for t in (*said, f"LoD {rule.lod}" if rule.lod else "") if t) or "any"
        if key not in seen:
            seen.add(key)
            yield key, rule.level
