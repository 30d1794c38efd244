"""``cimkit check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    "--rule",
    "rules",
    multiple=True,
    metavar="RULE=LEVEL",
    help="Have a rule otherwise: off, info, warning or error. RULE is its id, name or a glob.",
)
@click.option(
    "--waivers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Failures that somebody answers for, with a reason and until a day (TOML).",
)
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Report of the last delivery (JSON or Parquet): say what is new, open and fixed.",
)
@click.option("--seed", default="", help="Seed of the sample, where the acceptance draws one.")
@click.option(
    "--receipt",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a receipt (JSON): hashes of all that was checked, and the verdict.",
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Sign the receipt with this private key (`cimkit key` makes one).",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the report to this file; its suffix says the form: .html .json .sarif "
    ".xml (JUnit) .xlsx .csv .parquet .gpkg .geojson .bcf (3.0) .bcfzip (2.1) .md .txt.",
)
@click.option(
    "--fix",
    "copy",
    type=click.Path(file_okay=False, path_type=Path),
    help="Mend what can be mended without loss in a copy, in this new folder, and check the copy.",
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
    rules: tuple[str, ...],
    waivers: Path | None,
    baseline: Path | None,
    seed: str,
    receipt: Path | None,
    key: Path | None,
    reports: tuple[Path, ...],
    copy: Path | None,
    jobs: int | None,
    language: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Check the delivery in PATHS against a standard and print the verdict.

    Leaves with 0 if accepted, 1 if rejected, 3 if a mandatory rule could not be checked; with
    --fix that is the verdict on the copy.
    """
    import sys

    from cimkit import check, fix, read_sheet, write_receipt
    from cimkit.checks import DEFAULT
    from cimkit.errors import UsageError
    from cimkit.reporters import MACHINE, for_file, save, write
    from cimkit_cli.printing import Progress

    said = read_sheet(sheet) if sheet else None
    standard = standard or ((said.delivery or {}).get("standard") if said else None) or DEFAULT
    if key and not receipt:
        raise UsageError("a key signs a receipt", mend="Say where it goes with --receipt FILE.")
    passphrase = key_passphrase(key) if key else None
    forms = {file: for_file(file) for file in reports}
    for file in (*reports, *([receipt] if receipt else [])):
        if not file.absolute().parent.is_dir():
            raise UsageError("no such folder for the report", got=str(file), mend="Make it first.")
    line = Progress("read", quiet=quiet)

    def progress(staged: Staged, done: int, total: int) -> None:
        line(staged.asset.path, done, total)

    asked: dict[str, Any] = {
        "standard": standard,
        "sheet": said,
        "rules": wanted_levels(rules),
        "waivers": waivers,
        "baseline": baseline,
        "seed": seed,
        "context": context,
        "jobs": jobs,
        "language": language,
        "progress": progress,
    }
    if copy:
        fixed = fix(paths, copy, **asked)
        click.echo(f"{copy}: {fixed.to_text(language)}", err=True)
        verdict = fixed.after
    else:
        verdict = check(paths, **asked)
    machine = next((f for whole in MACHINE for f, form in forms.items() if form == whole), None)
    for file in forms:
        save(verdict, file, language=language, machine=machine)
    if receipt:
        write_receipt(verdict, receipt, key, passphrase)
    form = "json" if as_json else "terminal"
    write(form, verdict, sys.stdout, language=language, machine=machine)
    ctx.exit(verdict.exit_code)


def wanted_levels(rules: tuple[str, ...]) -> dict[str, str]:
    """Return levels by rule, as ``--rule RULE=LEVEL`` names them."""
    from cimkit.errors import UsageError

    wanted = {}
    for text in rules:
        name, equals, level = text.rpartition("=")
        if not equals:
            raise UsageError("--rule wants RULE=LEVEL", got=text, expected="file-naming=warning")
        wanted[name] = level
    return wanted


def key_passphrase(key: Path) -> str | None:
    """Ask for the passphrase of a key that has one."""
    if b"ENCRYPTED" not in key.read_bytes():
        return None
    said: str = click.prompt(f"Passphrase of {key.name}", hide_input=True, err=True)
    return said
