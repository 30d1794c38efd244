"""``cimkit check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cimkit_cli import options

if TYPE_CHECKING:
    from cimkit.loaders import Staged


@click.command("check")
@options.paths
@options.standard
@options.sheet
@click.option(
    "--context",
    type=click.Path(exists=True, path_type=Path),
    help="Context package of the city, folder or zip (see `cimkit export context`).",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the report to this file; its suffix says the form (.json, .txt).",
)
@options.jobs
@options.language
@options.quiet
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    standard: str | None,
    sheet: Path | None,
    context: Path | None,
    reports: tuple[Path, ...],
    jobs: int | None,
    language: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Check the delivery in PATHS against a standard and print the verdict.

    Leaves with 0 if accepted, 1 if rejected, 3 if a mandatory rule could not be checked.
    """
    import sys

    from cimkit import check, read_sheet
    from cimkit.errors import UsageError
    from cimkit.reporters import for_file, write
    from cimkit_cli.printing import Progress

    said = read_sheet(sheet) if sheet else None
    standard = standard or ((said.delivery or {}).get("standard") if said else None)
    if standard is None:
        raise UsageError(
            "which standard?",
            mend="Name one with --standard or in the sheet's [delivery]; `cimkit standard list` "
            "tells which there are.",
        )
    forms = {file: for_file(file) for file in reports}
    for file in reports:
        if not file.absolute().parent.is_dir():
            raise UsageError("no such folder for the report", got=str(file), mend="Make it first.")
    line = Progress("read", quiet=quiet)

    def progress(staged: Staged, done: int, total: int) -> None:
        line(staged.asset.path, done, total)

    verdict = check(
        paths,
        standard=standard,
        sheet=said,
        context=context,
        jobs=jobs,
        language=language,
        progress=progress,
    )
    machine = next((file for file, form in forms.items() if form == "json"), None)
    for file, form in forms.items():
        with file.open("w", encoding="utf-8") as out:
            write(form, verdict, out, language=language, machine=machine)
    form = "json" if as_json else "terminal"
    write(form, verdict, sys.stdout, language=language, machine=machine)
    ctx.exit(verdict.exit_code)
