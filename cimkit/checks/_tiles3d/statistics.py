"""Statistics of a tileset's metadata, held against its schema."""

from __future__ import annotations

from typing import Any

from cimkit.checks._tiles3d.issues import Issues
from cimkit.checks._tiles3d.shapes import Kind, dictionary, fits, integer, record
from cimkit.checks._tiles3d.types import is_numeric
from cimkit.checks._tiles3d.values import enum_values, value_fits

__all__ = ["check_statistics"]

_STATISTICS = record(classes=dictionary(Kind("object"), 1))
_CLASS = record(count=integer(0), properties=dictionary(Kind("object"), 1))
_FIGURES = ("min", "max", "mean", "median", "standardDeviation", "variance", "sum")


def check_statistics(said: Any, schema: Any, issues: Issues, pointer: str = "/statistics") -> None:
    """Tell of statistics of classes and properties that are not there, or of the wrong form."""
    if said is None:
        return
    issues.count(issues.subject)
    if schema is None:
        issues.tell("schema-missing", pointer, expected="schema | schemaUri")
        return
    if not fits(said, _STATISTICS, issues, pointer):
        return
    classes = schema.get("classes") or {}
    for name, one in (said.get("classes") or {}).items():
        at = f"{pointer}/classes/{name}"
        if name not in classes:
            issues.tell("name-unknown", at, got=name, expected=", ".join(classes)[:200] or "–")
            continue
        if not fits(one, _CLASS, issues, at):
            continue
        known = classes[name].get("properties") or {}
        for key, figures in (one.get("properties") or {}).items():
            if key not in known:
                place = f"{at}/properties/{key}"
                issues.tell("name-unknown", place, got=key, expected=", ".join(known)[:200] or "–")
            else:
                _figures(figures, known[key], schema, issues, f"{at}/properties/{key}")


def _figures(
    figures: dict[str, Any],
    about: dict[str, Any],
    schema: dict[str, Any],
    issues: Issues,
    at: str,
) -> None:
    numeric = is_numeric(about["type"]) and not (
        about.get("array") is True and about.get("count") is None
    )
    for name in _FIGURES:
        value = figures.get(name)
        if value is None:
            continue
        if not numeric:
            issues.tell("member-unfit", f"{at}/{name}", got=about["type"], expected="SCALAR …")
        elif value_fits(value, about, schema, issues, f"{at}/{name}", ranged=False) and (
            name in ("standardDeviation", "variance")
            and isinstance(value, int | float)
            and value < 0
        ):
            issues.tell("range-wrong", f"{at}/{name}", got=value, expected="≥ 0")
    low, high = figures.get("min"), figures.get("max")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        issues.tell("range-turned", at, got=f"{low} > {high}", expected="min ≤ max")
    occurrences = figures.get("occurrences")
    if occurrences is None:
        return
    if about["type"] != "ENUM":
        issues.tell("member-unfit", f"{at}/occurrences", got=about["type"], expected="ENUM")
        return
    names = enum_values(schema, about.get("enumType"))
    if fits(occurrences, dictionary(Kind("any"), 1), issues, f"{at}/occurrences"):
        for key in occurrences.keys() - names.keys():
            place = f"{at}/occurrences/{key}"
            issues.tell("name-unknown", place, got=key, expected=", ".join(names)[:200])
