"""The console script: finds commands, turns errors into exit codes, and does nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from cimkit_cli.folder import CommandFolder

__all__ = ["cli", "main"]


class _Commands(CommandFolder):
    """The commands of the first level."""

    package = "cimkit_cli.commands"


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from cimkit import __version__

        click.echo(f"cimkit {__version__}")
        ctx.exit()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "-C",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Catalogue folder; without it, the nearest one from here upwards.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Print the version.",
)  # fmt: skip
@click.pass_context
def cli(ctx: click.Context, folder: Path | None) -> None:
    """Load a city's deliveries, classify and check them, query and tile them.

    Data goes to stdout; progress and log go to stderr. Exit codes: 0 done or accepted, 1 rejected,
    2 could not start, 3 incomplete, 130 interrupted.
    """
    ctx.obj = folder


def main() -> None:
    """Run the command line and leave with its exit code."""
    from cimkit.errors import CimkitError
    from cimkit_cli.screen import guard

    guard()
    try:
        code = cli.main(standalone_mode=False)
    except CimkitError as error:
        click.echo(f"cimkit: {error}", err=True)
        code = 2
    except click.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = 2
    except BrokenPipeError:
        # The reader has left (`| head`); keep Python from complaining when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt:
        click.echo("cimkit: interrupted", err=True)
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
