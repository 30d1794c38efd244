"""``cimkit diff``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("diff")
@click.argument("a", metavar="VERSION_A")
@click.argument("b", metavar="VERSION_B")
@options.as_json
@click.pass_obj
def command(folder: Path | None, a: str, b: str, as_json: bool) -> None:
    """List the objects added, removed, changed and reclassed from VERSION_A to VERSION_B."""
    from cimkit import diff, find
    from cimkit_cli.printing import document, rows

    table = diff(find(folder), a, b)
    if as_json:
        document(table.to_pylist())
        return
    rows(table)
    counts = table.group_by("change").aggregate([("object_id", "count")]).to_pylist()
    text = ", ".join(f"{r['object_id_count']} {r['change']}" for r in counts) or "no difference"
    click.echo(text, err=True)
