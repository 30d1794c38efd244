"""``cimkit explain``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("explain")
@click.argument("object", metavar="OBJECT")
@click.option(
    "--near",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="Mapping rows to show that fail in one condition only.",
)
@options.as_json
@click.pass_obj
def command(folder: Path | None, object: str, near: int, as_json: bool) -> None:
    """Show why OBJECT (object id, identifier code or source key) has its class, level and code.

    The mapping row that decided, those that fit too and why they lost, and what people decided.
    """
    from cimkit.catalog import explain, find
    from cimkit_cli.printing import document

    said = explain(find(folder), object, near=near)
    if as_json:
        document(said.to_json())
    else:
        click.echo(said.to_text())
