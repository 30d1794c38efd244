"""Tables and texts at a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cimkit.reporters._section import Section, cell
from cimkit.reporters._words import heading

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["clean", "print_section"]

# Terminals obey these, and a file name can hold them: C0 and C1 controls, bidirectional overrides.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def print_section(console: Console, section: Section, language: str, most: int) -> None:
    """Print a table that all reports have, the first rows of it."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    console.print()
    console.print(Text(section.title[language], style="bold"))
    if section.note:
        console.print(Text(clean(section.note[language])))
    if not section.rows:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for n, column in enumerate(section.columns):
        number = all(isinstance(row[n], int | float | None) for row in section.rows[:most])
        table.add_column(
            column[language], justify="right" if number else "left", overflow="fold", no_wrap=number
        )
    for row in section.rows[:most]:
        table.add_row(*(Text(clean(cell(value, language))) for value in row))
    console.print(table)
    left = len(section.rows) - most
    if left > 0:
        console.print(Text(heading("more rows", language, count=f"{left:,}"), style="dim"))
