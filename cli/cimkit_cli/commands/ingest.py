"""``cimkit ingest``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cimkit_cli import options

if TYPE_CHECKING:
    from cimkit.loaders import Staged
    from cimkit.model.source import Depth


@click.command("ingest")
@options.paths
@options.sheet
@click.option("--delivery", metavar="NAME", help="Name of the delivery (default: the folder's).")
@click.option("--author", help="Who commits (default: the user of this machine).")
@click.option("-m", "--message", help="Why, in one line.")
@options.depth("full")
@options.jobs
@click.option("--dry-run", is_flag=True, help="Read and report; write nothing to the catalogue.")
@options.quiet
@options.as_json
@click.pass_obj
def command(
    folder: Path | None,
    paths: tuple[Path, ...],
    sheet: Path | None,
    delivery: str | None,
    author: str | None,
    message: str | None,
    depth: Depth,
    jobs: int | None,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Read PATHS and commit them as one delivery."""
    from cimkit import find, ingest, read_sheet
    from cimkit_cli.printing import Progress, document

    line = Progress("read", quiet=quiet)

    def progress(staged: Staged, done: int, total: int) -> None:
        line(staged.asset.path, done, total)

    report = ingest(
        find(folder),
        paths,
        sheet=read_sheet(sheet) if sheet else None,
        delivery=delivery,
        author=author,
        message=message,
        depth=depth,
        jobs=jobs,
        dry_run=dry_run,
        progress=progress,
    )
    if as_json:
        document(report.to_json())
    else:
        click.echo(report.to_text())
