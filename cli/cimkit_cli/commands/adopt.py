"""``cimkit adopt``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("adopt")
@click.argument("standard", metavar="STANDARD")
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
@click.option("--author", help="Who does it (default: the user of this machine).")
@click.option("-m", "--message", help="Why, in one line.")
@options.as_json
@click.pass_obj
def command(
    folder: Path | None,
    standard: str,
    dry_run: bool,
    author: str | None,
    message: str | None,
    as_json: bool,
) -> None:
    """Move the catalogue to STANDARD (id, id@edition, folder, zip or workbook).

    All objects are classed anew; what changes is told as a table of classes. What people decided
    is kept.
    """
    from cimkit.catalog import adopt, find
    from cimkit_cli.printing import document

    said = adopt(find(folder), standard, dry_run=dry_run, author=author, message=message)
    if as_json:
        document(said.to_json())
    else:
        click.echo(said.to_text())
