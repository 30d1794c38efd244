"""Columns of fixtures that are read as properties and look like something else misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cimkit.checks._fixture_rows import COLUMNS
from cimkit.errors import StandardError
from cimkit.standard.linting._finding import LintFinding

if TYPE_CHECKING:
    from cimkit.standard import Standard
    from cimkit.standard.package._files import PackageFiles

__all__ = ["doubtful_columns"]

_SHAPES = ("geom", "wkt", "wkb", "shape", "the_geom")


def doubtful_columns(files: PackageFiles, standard: Standard) -> Iterator[LintFinding]:
    """Yield the columns of tables of objects that are probably meant otherwise."""
    meant = _fields(standard)
    for name in files.under("tests", ".csv"):
        base = name.rpartition("/")[2]
        if base.count(".") > 1 or not base.startswith(("pass-", "fail-", "classes")):
            continue
        try:
            header, top, _ = files.table(name)
        except StandardError:
            continue  # said when it is run
        for column in header:
            near = _near(column)
            if column in meant or not near:
                continue
            yield LintFinding(
                "fixture-column",
                "warning",
                top.cell(column),
                f"the column {column!r} is read as a property of the objects",
                f"Did you mean {near!r}? If not, call it properties.{column}.",
            )


def _near(column: str) -> str:
    """Return the column that a column is probably meant to be, "" if it is well as it is."""
    if not column or column in COLUMNS or "." in column:
        return ""
    if column.lower() in COLUMNS:
        return column.lower()
    if column.lower() in _SHAPES:
        return "geometry"
    # Short names are near to too many words.
    long = [c for c in COLUMNS if len(c) > 5]
    return next(iter(difflib.get_close_matches(column.lower(), long, 1, 0.88)), "")


def _fields(standard: Standard) -> set[str]:
    """Return the fields that the standard itself speaks of."""
    named = {a.name for a in standard.attributes} | set(standard.class_fields)
    named |= {f for row in standard.mapping for f in row.field.split("|")}
    return named | set(standard.grammar.field_names if standard.grammar else ())
