"""Attributes and the lists of their values: what no value can fulfil, and what nobody uses."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import get_args

import pyarrow as pa
import pyarrow.compute as pc

from cimkit.model.source import Kind
from cimkit.standard.linting._finding import LintFinding
from cimkit.standard.linting._seen import LANGUAGES, Examined, counted, package_key, some
from cimkit.standard.model import Standard
from cimkit.standard.rows import Attribute

__all__ = ["attributes"]

KINDS = get_args(Kind)


def attributes(seen: Examined) -> list[LintFinding]:
    """Return what is wrong with attributes and lists that a package writes itself."""
    _, _, standard = seen.built()
    own = [a for a in standard.attributes if a.package == package_key(standard)]
    return [
        *(f for a in own for f in _attribute(standard, a)),
        *_twice(own),
        *_domains(seen, standard),
    ]


def _attribute(standard: Standard, a: Attribute) -> Iterator[LintFinding]:
    place = a.origin

    def say(code: str, severity: str, column: str, message: str, mend: str = "") -> LintFinding:
        where = place.cell(column)
        return LintFinding(
            code, "error" if severity == "error" else "warning", where, message, mend
        )

    unknown = [k for k in a.kinds if k not in KINDS]
    if unknown:
        yield say(
            "kind-unknown",
            "error",
            "kinds",
            f"attribute {a.name} speaks of a kind of source that does not exist: {unknown[0]!r}",
            f"There are: {', '.join(KINDS)}.",
        )
    if a.level and standard.levels and a.level not in {lv.code for lv in standard.levels}:
        yield say(
            "level-unknown",
            "error",
            "level",
            f"attribute {a.name} is asked for from a level that does not exist: {a.level!r}",
            f"There are: {', '.join(lv.code for lv in standard.levels)}.",
        )
    if a.minimum is not None and a.maximum is not None and a.minimum > a.maximum:
        yield say(
            "attribute-range",
            "error",
            "minimum",
            f"no value of {a.name} is at least {a.minimum:g} and at most {a.maximum:g}",
            "Swap the two, or mend one of them.",
        )
    if a.type in ("date", "boolean") and (a.minimum is not None or a.maximum is not None):
        yield say(
            "attribute-range",
            "warning",
            "minimum" if a.minimum is not None else "maximum",
            f"{a.name} is a {a.type}, and numbers are no limits of it",
            "Take the limits out, or make it a number.",
        )
    if a.domain:
        yield from _listed(standard, a)


def _listed(standard: Standard, a: Attribute) -> Iterator[LintFinding]:
    """Yield why values of an attribute's list are refused by its other terms."""
    values = standard.domains[a.domain]["code"].to_pylist()
    if not values:
        return  # said of the list
    place = a.origin
    refused = [v for v in values if not _is(a.type, v)]
    if refused:
        yield LintFinding(
            "attribute-domain-type",
            "error",
            place.cell("type"),
            f"{a.name} is a {a.type}, and {len(refused)} of {len(values)} values of its list "
            f"{a.domain} are none: {some(refused, 4)}",
            "Make it a text, or name another list.",
        )
    elif a.minimum is not None or a.maximum is not None:
        low, high = a.minimum, a.maximum
        out = [v for v in values if not _between(v, low, high)]
        if out:
            yield LintFinding(
                "attribute-domain-range",
                "error" if len(out) == len(values) else "warning",
                place.cell("minimum" if low is not None else "maximum"),
                f"{len(out)} of {len(values)} values of the list {a.domain} are out of the range "
                f"of {a.name}: {some(out, 4)}",
                "Take the limits out, or the values.",
            )
    if a.pattern:
        fits = pc.match_substring_regex(pa.array(values), f"^(?:{a.pattern})$").to_pylist()
        bad = [v for v, fit in zip(values, fits, strict=True) if not fit]
        if bad:
            yield LintFinding(
                "attribute-domain-pattern",
                "error" if len(bad) == len(values) else "warning",
                place.cell("pattern"),
                f"the pattern of {a.name} refuses {len(bad)} of {len(values)} values of its list "
                f"{a.domain}: {some(bad, 4)}",
                "Take the pattern out (the list says it all), or mend it.",
            )


def _is(kind: str, value: str) -> bool:
    if kind == "text":
        return True
    if kind == "boolean":
        return value.lower() in ("true", "false", "yes", "no", "0", "1", "t", "f", "y", "n")
    if kind == "date":
        return value[:4].isdigit() and len(value) in (4, 8, 10)
    try:
        number = float(value)
    except ValueError:
        return False
    return kind == "number" or number.is_integer()


def _between(value: str, low: float | None, high: float | None) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    return (low is None or number >= low) and (high is None or number <= high)


def _twice(own: Sequence[Attribute]) -> Iterator[LintFinding]:
    met: dict[tuple[str, str, str], Attribute] = {}
    for a in own:
        for key in ((a.name, c, k) for c in a.classes or ("",) for k in a.kinds or ("",)):
            first = met.setdefault(key, a)
            if first is not a:
                yield LintFinding(
                    "attribute-twice",
                    "warning",
                    a.origin.cell("name"),
                    f"attribute {a.name} of {key[1] or 'all classes'} stands twice; the last "
                    "one counts",
                    f"Keep one of the two ({first.origin}).",
                )
                break


def _domains(seen: Examined, standard: Standard) -> Iterator[LintFinding]:
    files, package, _ = seen.built()
    used = {a.domain for a in standard.attributes}
    for name in sorted(package.domains):
        rows = standard.domains[name].to_pylist()
        path = next(n for n in files.under("domains", ".csv") if _stem(n) == name)
        where = files.where(path)
        if name not in used:
            yield LintFinding(
                "domain-unused",
                "info",
                where,
                f"no attribute takes its values from the list {name}",
                f"Name it in the column `domain` of an attribute, or remove {path}.",
            )
        if not rows:
            yield LintFinding(
                "domain-empty",
                "error" if name in used else "warning",
                where,
                f"the list {name} has no values, so no value is allowed",
                "Add its values.",
            )
        for language in seen.languages:
            bare = [r["code"] for r in rows if not r[f"name_{language}"]]
            if bare:
                yield LintFinding(
                    "domain-name-missing",
                    "warning",
                    where,
                    f"{counted(len(bare), 'value')} of the list {name} without a name in "
                    f"{LANGUAGES[language]}, which the package says that it has: {some(bare)}",
                    f"Translate them, or take {language!r} out of `languages`.",
                )
        yield from _same(rows, name, where)


def _same(rows: list[dict[str, str]], name: str, where: str) -> Iterator[LintFinding]:
    by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        for language in LANGUAGES:
            text = unicodedata.normalize("NFKC", row[f"name_{language}"] or "").casefold().strip()
            if text:
                by_name[language, text].append(row["code"])
    twins = Counter(tuple(codes) for codes in by_name.values() if len(codes) > 1)
    for codes in twins:
        yield LintFinding(
            "domain-duplicate-name",
            "warning",
            where,
            f"values {' and '.join(codes)} of the list {name} have one name",
            "Name them so that people can tell them apart, or keep one.",
        )


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".csv")
