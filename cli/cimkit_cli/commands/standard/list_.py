"""``cimkit standard list``."""

from __future__ import annotations

import click

from cimkit_cli import options


@click.command("list")
@options.as_json
def command(as_json: bool) -> None:
    """List the standard packages found; those that cannot be read are named on stderr."""
    from cimkit.errors import StandardError
    from cimkit.standard import available
    from cimkit_cli.printing import document

    broken: list[StandardError] = []
    found = available(broken)
    for error in broken:
        click.echo(f"cimkit: cannot be read: {error}", err=True)
    if as_json:
        document([dict(zip(("id", "edition", "title", "path"), x, strict=True)) for x in found])
        return
    for name, edition, title, _ in found:
        click.echo(f"{name}@{edition}  {title}")
