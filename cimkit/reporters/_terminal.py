"""Tables and texts at a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cimkit.reporters._content import standing
from cimkit.reporters._section import Section, cell
from cimkit.reporters._words import heading, told, unit

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from cimkit.checks import RuleResult

__all__ = ["COLOR", "clean", "print_section", "rules_table", "shorten"]

COLOR = {
    "accepted": "bold white on green",
    "rejected": "bold white on red",
    "incomplete": "bold black on yellow",
    "fail": "bold red",
    "pass": "green",
    "not checked": "yellow",
    "not applicable": "dim",
    "error": "red",
    "warning": "yellow",
    "info": "cyan",
}
"""Of words of status and severity."""
_FIGURES = (
    *(("failed", "failed"), ("places", "places"), ("passed", "passed")),
    ("not checked", "not_checked"),
)
_SPARED = ("places", "of", "passed")
"""Columns left out where there is no room for the ids of rules, in this order."""
# Terminals obey these, and a file name can hold them: C0 and C1 controls, bidirectional overrides.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def shorten(text: str, room: int) -> str:
    """Return a text without its middle if it is wider than some columns.

    Examples
    --------
    >>> shorten("gis/0123456789_roads.gpkg", 16)
    'gis/012…ads.gpkg'
    """
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= room:
        return text
    head, tail = (room - 1) // 2, room - 1 - (room - 1) // 2
    end = next(text[n:] for n in range(len(text)) if cell_len(text[n:]) <= tail)
    return f"{set_cell_size(text, head).rstrip()}…{end}"


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
        whole = number or column == told("rule")
        table.add_column(
            column[language], justify="right" if number else "left", overflow="fold", no_wrap=whole
        )
    files = {n for n, column in enumerate(section.columns) if column == told("file")}
    room = max(16, console.width // 3)
    for row in section.rows[:most]:
        texts = [clean(cell(value, language)) for value in row]
        table.add_row(*(Text(shorten(t, room) if n in files else t) for n, t in enumerate(texts)))
    console.print(table)
    left = len(section.rows) - most
    if left > 0:
        console.print(Text(heading("more rows", language, count=f"{left:,}"), style="dim"))


def rules_table(console: Console, results: Sequence[RuleResult], language: str) -> Table:
    """Return rules in figures, a line each: ids stay whole, columns give way to them."""
    names = [name for name, key in _FIGURES if any(getattr(r, key) for r in results)] + ["of"]
    table = _figures(results, names, language)
    for name in _SPARED:
        if console.measure(table, options=console.options.update(width=1000)).maximum <= (
            console.width
        ):
            break
        names = [n for n in names if n != name]
        table = _figures(results, names, language)
    return table


def _figures(results: Sequence[RuleResult], names: Sequence[str], language: str) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column(heading("rule", language), overflow="fold")
    table.add_column(heading("status", language), no_wrap=True)
    keys = dict(_FIGURES)
    for name in names:
        figure = name in keys
        table.add_column(
            heading(name, language), justify="right" if figure else "left", no_wrap=True
        )
    for r in results:
        word = standing(r)
        styles = {"failed": COLOR[word], "not checked": COLOR["not checked"], "of": "dim"}
        counted = {name: getattr(r, key) for name, key in keys.items()}
        cells = {name: f"{n:,}" if n else "" for name, n in counted.items()}
        cells["of"] = unit(r.counts)[language]
        table.add_row(
            Text(clean(r.rule)),
            Text(heading(word, language), style=COLOR[word]),
            *(Text(cells[name], style=styles.get(name, "")) for name in names),
        )
    return table
