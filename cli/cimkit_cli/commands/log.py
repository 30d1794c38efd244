"""``cimkit log``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("log")
@options.as_json
@click.pass_obj
def command(folder: Path | None, as_json: bool) -> None:
    """List the versions of the catalogue: when, who, why."""
    from cimkit import find, log
    from cimkit_cli.printing import document, rows

    table = log(find(folder))
    if as_json:
        document(table.to_pylist())
    else:
        rows(table)
