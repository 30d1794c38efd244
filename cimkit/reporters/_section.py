"""A titled table in all three languages."""

from __future__ import annotations

from dataclasses import dataclass

from cimkit.reporters._words import Words

__all__ = ["Cell", "Section", "cell"]

Cell = Words | str | int | float | None
"""A text in each language, a text of the data's own, or a number."""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table."""

    key: str
    title: Words
    columns: tuple[Words, ...]
    rows: list[tuple[Cell, ...]]
    note: Words | None = None
    """What stands below it, or in its place if it has no rows."""


def cell(value: Cell, language: str) -> str:
    """Return what a cell says in a language.

    Examples
    --------
    >>> cell(1234, "en"), cell({"en": "a", "zh": "甲"}, "zh"), cell(None, "ja")
    ('1,234', '甲', '')
    """
    if value is None:
        return ""
    if isinstance(value, dict):
        return value.get(language) or value.get("en") or ""
    return f"{value:,}" if isinstance(value, int) else str(value)
