"""``cimkit key``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--passphrase", is_flag=True, help="Ask for a passphrase to lock the key with.")
@options.as_json
def command(file: Path, passphrase: bool, as_json: bool) -> None:
    """Make a key pair to sign receipts with: FILE, and FILE's .pub.pem for those who verify."""
    from cimkit import new_key
    from cimkit_cli.printing import document

    said: str | None = None
    if passphrase:
        said = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True)
    public = new_key(file, said)
    if as_json:
        document({"private": str(file), "public": str(public)})
    else:
        click.echo(f"{file}: keep it secret; cimkit check --receipt FILE --key {file}")
        click.echo(f"{public}: give it to those who verify; cimkit verify RECEIPT --key {public}")
