"""Levels of detail: each is given by something, and each object gets one."""

from __future__ import annotations

from collections.abc import Iterator

from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._seen import LANGUAGES, Examined, counted, package_key, some
from cimkit.standard.model import Standard
from cimkit.standard.rows import LevelRule

__all__ = ["levels"]


def levels(seen: Examined) -> Iterator[LintFinding]:
    """Yield what is wrong with levels and level rules."""
    _, package, standard = seen.built()
    if not standard.levels:
        return
    if package.levels:
        yield from _names(seen)
        yield from _unused(standard)
    yield from _unknown(standard)
    yield from _shadowed(standard)
    yield from _bare(standard)


def _names(seen: Examined) -> Iterator[LintFinding]:
    _, package, standard = seen.built()
    known = {lv.code for lv in standard.levels}
    for level in package.levels:
        for language in seen.languages:
            if not getattr(level, f"name_{language}"):
                yield LintFinding(
                    "level-name-missing",
                    "warning",
                    level.origin.cell(f"name_{language}"),
                    f"level {level.code} has no {LANGUAGES[language]} name, and the package says "
                    "that it has that language",
                    f"Translate it, or take {language!r} out of `languages`.",
                )
        if level.same_as and level.same_as not in known:
            yield LintFinding(
                "level-unknown",
                "error",
                level.origin.cell("same_as"),
                f"level {level.code} is the same as {level.same_as!r}, which does not exist",
                f"There are: {', '.join(sorted(known))}.",
            )


def _unused(standard: Standard) -> Iterator[LintFinding]:
    used = {c.level for c in standard.class_rows} | {r.level for r in standard.mapping}
    used |= {r.level for r in standard.level_rules} | {a.level for a in standard.attributes}
    used |= {lv.same_as for lv in standard.levels if lv.code in used}
    idle = [lv for lv in standard.levels if lv.code not in used and lv.same_as not in used]
    if idle:
        yield LintFinding(
            "level-unused",
            "info",
            idle[0].origin,
            f"no class, mapping or rule gives the levels {some(lv.code for lv in idle)}",
        )


def _unknown(standard: Standard) -> Iterator[LintFinding]:
    known = {lv.code for lv in standard.levels}
    said = [(c.level, c.origin) for c in standard.class_rows if c.package == package_key(standard)]
    said += [(r.level, r.origin) for r in standard.mapping if r.depth == 0]
    for level, place in said:
        if level and level not in known:
            yield LintFinding(
                "level-unknown",
                "error",
                place.cell("level"),
                f"there is no level {level!r}",
                f"There are: {', '.join(sorted(known))}.",
            )


def _shadowed(standard: Standard) -> Iterator[LintFinding]:
    """Yield level rules before which another always fits."""
    for number, rule in enumerate(standard.level_rules):
        if rule.depth:
            continue
        first = next((r for r in standard.level_rules[:number] if _covers(standard, r, rule)), None)
        if first is not None:
            yield LintFinding(
                "level-rule-unreachable",
                "warning",
                rule.origin,
                f"never says a level: {first.origin} fits first wherever it does",
                "Move it up, or remove it.",
            )


def _covers(standard: Standard, first: LevelRule, then: LevelRule) -> bool:
    """Return whether the first rule fits all that the second fits."""
    for column in ("kind", "source_class", "predefined_type"):
        wanted = getattr(first, column).lower()
        if wanted and wanted != getattr(then, column).lower():
            return False
    if first.lod and first.lod != then.lod and not then.lod.startswith(f"{first.lod}."):
        return False
    if not first.class_code:
        return True
    return bool(then.class_code) and first.class_code in standard.lineage(then.class_code)


def _whole_kinds(standard: Standard) -> set[str]:
    """Return the kinds of which each level of detail, 0 to 3, has a level."""
    lods: dict[str, set[str]] = {}
    for rule in standard.level_rules:
        if rule.lod and not (rule.source_class or rule.predefined_type or rule.class_code):
            lods.setdefault(rule.kind, set()).add(rule.lod)
    return {kind for kind, said in lods.items() if said >= {"0", "1", "2", "3"}}


def _bare(standard: Standard) -> Iterator[LintFinding]:
    """Yield one finding on the classes whose objects may get no level."""
    plain = [r for r in standard.level_rules if not (r.source_class or r.predefined_type or r.lod)]
    if any(not r.kind and not r.class_code for r in plain) or "" in _whole_kinds(standard):
        return
    by_class = {r.class_code for r in plain if r.class_code and not r.kind}
    by_kind = {r.kind for r in plain if r.kind and not r.class_code}
    by_kind |= _whole_kinds(standard)
    wanting: dict[str, set[str]] = {}
    for mapped in standard.mapping:
        if mapped.scheme == standard.scheme and not mapped.level:
            wanting.setdefault(mapped.class_code, set()).add(mapped.kind)
    bare = []
    for code, row in standard.by_code.items():
        if not row.leaf or row.level or by_class & set(standard.lineage(code)):
            continue
        kinds = set(wanting.get(code, ()))
        if standard.class_fields:
            kinds.add("gis")
        if kinds - by_kind:
            bare.append(row)
    if bare:
        first = next((r for r in bare if r.package == package_key(standard)), None)
        where = first.origin.cell("level") if first else f"{standard.key}, level_rules.csv"
        yield LintFinding(
            "level-none",
            "warning",
            where,
            f"objects of {counted(len(bare), 'class', 'classes')} may get no level: "
            f"{some(r.code for r in bare)}",
            "Write the level of the class, or a last row of level_rules.csv that fits the rest.",
        )
