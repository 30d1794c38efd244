"""``cimkit doctor``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from cimkit_cli import options


@click.command("doctor")
@options.as_json
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Say what is wrong with this installation and this catalogue, and how to mend it."""
    from cimkit import doctor, find
    from cimkit.errors import CatalogNotFound
    from cimkit_cli.printing import document

    folder: Path | None = ctx.obj
    try:
        catalog = find(folder)
    except CatalogNotFound:
        # The installation alone can be examined, unless a catalogue was asked for by name.
        if folder is not None:
            raise
        catalog = None
    found = doctor(catalog)
    if as_json:
        document([asdict(d) for d in found])
    else:
        for d in found:
            mend = f" {d.mend}" if d.mend else ""
            click.echo(f"{'✓' if d.ok else '✗'} {d.name}: {d.state}{mend}")
    ctx.exit(0 if all(d.ok for d in found) else 1)
