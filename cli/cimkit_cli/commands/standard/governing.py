"""``cimkit standard governing``."""

from __future__ import annotations

import sys

import click

from cimkit_cli import options


@click.command("governing")
@click.argument("name", metavar="ID")
@click.option("--date", metavar="YYYY-MM-DD", help="Day of the delivery; default: today.")
@options.language
@options.as_json
@click.pass_context
def command(ctx: click.Context, name: str, date: str | None, language: str, as_json: bool) -> None:
    """Say which edition of a standard governs on a day, and why.

    ID without an edition asks for the one in force; ID@EDITION or a path, how that one stands.
    Leaves with 1 if it is not in force on that day.
    """
    from dataclasses import asdict

    from cimkit.standard import governing
    from cimkit_cli.printing import document

    found = governing(name, date)
    if as_json:
        document(asdict(found))
    else:
        click.echo(found.standard_key)
        click.echo(found.reason[language], file=sys.stderr)
        for other in found.alternatives:
            click.echo(f"  also in force or accepted: {other}", file=sys.stderr)
    ctx.exit(int(found.warning))
