"""``cimkit verify``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("verify")
@click.argument("receipt", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Public key of whoever should have signed; without it anybody may have.",
)
@options.as_json
@click.pass_context
def command(
    ctx: click.Context, receipt: Path, paths: tuple[Path, ...], key: Path | None, as_json: bool
) -> None:
    """Say whether RECEIPT is genuine, and whether the delivery in PATHS is the one it speaks of.

    Leaves with 0 if it holds, 1 if it does not.
    """
    from cimkit import verify
    from cimkit_cli.printing import document

    found = verify(receipt, paths, key)
    if as_json:
        document(found.to_json())
        ctx.exit(0 if found.holds else 1)
    signed = {
        "valid": "valid" if found.trusted else "valid, but by anybody: no --key was given",
        "invalid": "INVALID: the receipt was changed after it was signed",
        "other key": "by ANOTHER KEY than the one given",
        "none": "NONE: it was never signed",
    }
    known = {True: "the same here", False: "OTHERWISE here", None: "not installed here"}
    click.echo(f"{'holds' if found.holds else 'DOES NOT HOLD'}: {receipt}")
    click.echo(f"  signature  {signed[found.signature]}")
    if found.key:
        click.echo(f"  key        {found.key}")
    click.echo(f"  verdict    {found.verdict} by {found.standard} ({known[found.standard_known]})")
    if not found.compared:
        click.echo("  files      not compared: name the delivery to compare it")
    elif not (found.changed or found.missing or found.added or found.renamed):
        click.echo("  files      all as they were checked")
    for word, names in (
        ("changed", found.changed),
        ("missing", found.missing),
        ("added", found.added),
        ("renamed", tuple(f"{then} -> {now}" for then, now in found.renamed)),
    ):
        for name in names:
            click.echo(f"  {word:<9}  {name}")
    ctx.exit(0 if found.holds else 1)
