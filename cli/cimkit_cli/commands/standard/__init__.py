"""``cimkit standard``: one module a subcommand."""

from __future__ import annotations

import click

from cimkit_cli.folder import CommandFolder


class _Commands(CommandFolder):
    """The commands about standards."""

    package = "cimkit_cli.commands.standard"


@click.group("standard", cls=_Commands)
def command() -> None:
    """Write, prove, compare and exchange classification-and-coding standards."""
