"""``cimkit standard import``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("import")
@click.argument("words", metavar="[FORMAT] FILE OUT", nargs=-1, required=True)
@click.option("--id", "name", required=True, help="Id of the package.")
@click.option("--edition", required=True, help="Edition of the package.")
@options.columns
@options.overwrite
@options.as_json
def command(
    words: tuple[str, ...],
    name: str,
    edition: str,
    columns: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Make a package OUT of FILE, and say what it could not take over.

    FORMAT is table, skos, bsdd, ...; it is guessed from the suffix where only one fits.
    """
    from cimkit.standard import import_standard, read_draft
    from cimkit_cli.exchange import format_and_two, pairs, show_losses

    form, file, out = format_and_two(words, "FILE OUT")
    lost = import_standard(
        Path(file),
        Path(out),
        id=name,
        edition=edition,
        format=form,
        columns=pairs(columns) or None,
        overwrite=overwrite,
    )
    notes = read_draft(out).files.get("NOTES.md", b"").decode()
    show_losses(out, lost, as_json)
    if notes and not as_json:
        # What was found out about a table; its losses stand there a second time.
        click.echo(notes.partition("\n\nNo row")[0])
