"""Putting tables, documents and progress on the screen."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Progress", "document", "lines", "rows"]


def document(value: Any) -> None:
    """Print one JSON document on stdout."""
    import orjson

    option = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY
    click.echo(orjson.dumps(value, option=option, default=str).decode())


def lines(values: Iterable[Any]) -> None:
    """Print one JSON document a line on stdout, each as soon as it is there."""
    import orjson

    for value in values:
        click.echo(orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY, default=str).decode())


def rows(table: pa.Table, *, limit: int = 200) -> None:
    """Print an Arrow table for reading; what does not fit is counted, never silently cut."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    shown = Table(box=None, header_style="bold", pad_edge=False)
    for field in table.schema:
        right = str(field.type) in ("int64", "int32", "double", "float", "uint64", "hugeint")
        shown.add_column(escape(field.name), justify="right" if right else "left", overflow="fold")
    for row in table.slice(0, limit).to_pylist():
        shown.add_row(*(_cell(value) for value in row.values()))
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200)
    console.print(shown)
    if table.num_rows > limit:
        click.echo(f"({table.num_rows - limit} more rows; use --format csv to see all)", err=True)


def _cell(value: Any) -> str:
    from rich.markup import escape

    if value is None:
        return ""
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, float):
        return f"{value:.10g}"
    return escape(str(value))


class Progress:
    """One line on stderr: done, total, rate, remaining time, the last name.

    On a terminal it is rewritten in place; in a log file a line is written every ten seconds.
    """

    def __init__(self, word: str, *, quiet: bool = False) -> None:
        self._word = word
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._start = time.monotonic()
        self._last = self._start

    def __call__(self, name: str, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` are through, ``name`` last."""
        now = time.monotonic()
        pause = 0.1 if self._live else 10.0
        if self._quiet or (now - self._last < pause and done < total):
            return
        self._last = now
        elapsed = max(now - self._start, 1e-6)
        remaining = elapsed / max(done, 1) * (total - done)
        text = (
            f"{self._word} {done}/{total}  {done / elapsed:.1f}/s  "
            f"{remaining:.0f} s to go  {name[-50:]}"
        )
        click.echo(f"\r\x1b[K{text}" if self._live else text, err=True, nl=not self._live)
        if self._live and done == total:
            click.echo("", err=True)
