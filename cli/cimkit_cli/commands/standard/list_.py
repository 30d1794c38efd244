"""``cimkit standard list``."""

from __future__ import annotations

import click

from cimkit_cli import options


@click.command("list")
@options.as_json
def command(as_json: bool) -> None:
    """List the standard packages found."""
    from cimkit.standard import available
    from cimkit_cli.printing import document

    found = available()
    if as_json:
        document([dict(zip(("id", "edition", "title", "path"), x, strict=True)) for x in found])
        return
    for name, edition, title, _ in found:
        click.echo(f"{name}@{edition}  {title}")
