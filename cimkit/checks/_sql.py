"""Pieces of SQL that checks are written with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cimkit.standard._expressions import glob_pattern

if TYPE_CHECKING:
    from cimkit.checks._spec import CheckSpec
    from cimkit.standard import Rule, Standard

__all__ = ["any_of", "field_text", "fits_glob", "quote", "scope"]


def quote(text: str) -> str:
    """Return a text as SQL literal.

    Examples
    --------
    >>> quote("l'eau")
    "'l''eau'"
    """
    return "'" + text.replace("'", "''") + "'"


def any_of(column: str, values: Iterable[str]) -> str:
    """Return the predicate that a column has one of the values; nothing matches no values."""
    listed = ", ".join(quote(v) for v in values)
    return f"{column} IN ({listed})" if listed else "FALSE"


def fits_glob(column: str, glob: str) -> str:
    """Return the predicate that a glob of a package fits a column; never DuckDB's own GLOB."""
    return f"regexp_full_match({column}, {quote(glob_pattern(glob))}, 's')"


def field_text(*names: str) -> str:
    """Return SQL for the first of these attributes that has a text, trimmed; NULL if none has.

    The names are JSON pointers' last steps, so they may hold any character.
    """
    steps = [quote("/" + n.replace("~", "~0").replace("/", "~1")) for n in names]
    if not steps:
        return "CAST(NULL AS VARCHAR)"
    if len(steps) == 1:
        return f"nullif(trim(json_extract_string(properties, {steps[0]})), '')"
    # One parse of the object for all names.
    found = f"json_extract_string(properties, [{', '.join(steps)}])"
    return f"list_any_value(list_transform({found}, lambda said: nullif(trim(said), '')))"


def scope(rule: Rule, spec: CheckSpec, standard: Standard, *, items: bool = False) -> str:
    """Return the predicate of what a rule speaks of, over ``things`` (or over ``items``).

    Its classes are those of the scheme that the rule's package writes its own classes in.
    """
    kinds = rule.applies_to.kinds or spec.kinds
    said = [any_of("kind", kinds)] if kinds else []
    if rule.applies_to.classes:
        said.append(_classed(rule, standard, "item_id" if items else "object_id"))
    if rule.applies_to.layers and not items:
        globs = (fits_glob("source_layer", g) for g in rule.applies_to.layers)
        said.append(f"({' OR '.join(globs)})")
    return " AND ".join(said) or "TRUE"


def _classed(rule: Rule, standard: Standard, key: str) -> str:
    scheme = standard.scheme_of.get(rule.id.rpartition("/")[0], standard.scheme)
    among = any_of("class_code", sorted(standard.under(rule.applies_to.classes, scheme)))
    if scheme == standard.scheme:
        return among
    home = (
        "classifications"
        if key == "object_id"
        else "classifications JOIN objects USING (object_id)"
    )
    among = among.replace("class_code", "classifications.class_code", 1)
    return f"{key} IN (SELECT {key} FROM {home} WHERE scheme = {quote(scheme)} AND {among})"
