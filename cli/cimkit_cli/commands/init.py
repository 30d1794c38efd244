"""``cimkit init``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--definition", default="default", show_default=True, help="Catalogue definition.")
@options.standard
@click.option("--division", metavar="DIGITS", help="Administrative division for identifier codes.")
@options.as_json
def command(
    folder: Path, definition: str, standard: str | None, division: str | None, as_json: bool
) -> None:
    """Make an empty catalogue in FOLDER."""
    from cimkit import create
    from cimkit_cli.printing import document

    made = create(folder, definition=definition, standard=standard, division=division)
    if as_json:
        document({"folder": str(made.folder), "standard": made.standard_id})
    else:
        click.echo(f"Catalogue made in {made.folder}, standard {made.standard_id or 'none'}.")
