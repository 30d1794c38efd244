"""``cimkit check``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("check")
@options.paths
@options.standard
@options.sheet
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the report to this file; its suffix says the form (.json, .txt).",
)
@options.jobs
@options.language
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    standard: str | None,
    sheet: Path | None,
    reports: tuple[Path, ...],
    jobs: int | None,
    language: str,
    as_json: bool,
) -> None:
    """Check the delivery in PATHS against a standard and print the verdict.

    Leaves with 0 if accepted, 1 if rejected, 3 if a mandatory rule could not be checked.
    """
    import sys

    from cimkit import check, read_sheet
    from cimkit.errors import UsageError
    from cimkit.reporters import for_file, write

    if standard is None:
        raise UsageError("which standard?", mend="Name one with --standard; `cimkit standard list`")
    forms = {file: for_file(file) for file in reports}
    verdict = check(
        paths,
        standard=standard,
        sheet=read_sheet(sheet) if sheet else None,
        jobs=jobs,
        language=language,
    )
    for file, form in forms.items():
        with file.open("w", encoding="utf-8") as out:
            write(form, verdict, out, language=language)
    write("json" if as_json else "terminal", verdict, sys.stdout, language=language)
    ctx.exit(verdict.exit_code)
