"""``cimkit standard export``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("export")
@click.argument("words", metavar="[FORMAT] ID OUT", nargs=-1, required=True)
@click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "zh", "ja", "all"]),
    default="en",
    show_default=True,
    help="Language, for formats that have one; all: html.",
)
@click.option("--flat", is_flag=True, help="folder, zip, xlsx: with its parents as one package.")
@options.overwrite
@options.as_json
def command(
    words: tuple[str, ...], language: str, flat: bool, overwrite: bool, as_json: bool
) -> None:
    """Write the standard ID to OUT, and say what the format could not carry.

    FORMAT is html, skos, bsdd, ids, ..., or folder, zip, xlsx; it is guessed from the suffix of OUT
    where only one fits.
    """
    from cimkit.standard import export_standard
    from cimkit_cli.exchange import format_and_two, show_losses

    form, name, out = format_and_two(words, "ID OUT")
    lost = export_standard(
        name, Path(out), format=form, language=language, flat=flat, overwrite=overwrite
    )
    show_losses(out, lost, as_json)
