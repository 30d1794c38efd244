"""``cimkit standard try``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cimkit_cli import options

if TYPE_CHECKING:
    from cimkit.checks import Share, Trial
    from cimkit.loaders import Staged


@click.command("try")
@click.argument("standard", metavar="ID")
@options.paths
@options.sheet
@click.option(
    "--sample", type=click.IntRange(1), metavar="N", help="Read N sources only, of each format."
)
@click.option(
    "--top", type=click.IntRange(1), default=20, show_default=True, help="Unmapped groups listed."
)
@options.jobs
@options.language
@options.quiet
@options.as_json
def command(
    standard: str,
    paths: tuple[Path, ...],
    sheet: Path | None,
    sample: int | None,
    top: int,
    jobs: int | None,
    language: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Try the standard ID on the real files in PATHS; nothing is kept.

    Says what share is classed, what nothing maps, what the rules find, and whether names and codes
    fit.
    """
    from cimkit import read_sheet
    from cimkit.checks import try_standard
    from cimkit_cli.printing import Progress, document

    line = Progress("read", quiet=quiet)

    def progress(staged: Staged, done: int, total: int) -> None:
        line(staged.asset.path, done, total)

    trial = try_standard(
        standard,
        paths,
        sheet=read_sheet(sheet) if sheet else None,
        sample=sample,
        jobs=jobs,
        language=language,
        top=top,
        progress=progress,
    )
    if as_json:
        document(trial.to_json())
    else:
        _show(trial)


def _show(trial: Trial) -> None:
    sources = ", ".join(f"{n} {status}" for status, n in sorted(trial.sources.items()))
    part = " (a sample)" if trial.sampled else ""
    click.echo(f"{trial.standard}: {trial.objects} objects in sources: {sources}{part}")
    click.secho(f"\nclassed {_share(trial.classed)}", bold=True)
    for k in trial.kinds:
        click.echo(
            f"  {k['kind']:<12} {k['objects']:>9} objects  {k['classed']:>9} classed  "
            f"{k['exempt']:>9} exempt  {k['unclassed']:>9} unclassed"
        )
    if trial.unmapped:
        click.secho(f"\nunmapped, {len(trial.unmapped)} of {trial.unmapped_groups}", bold=True)
    for u in trial.unmapped:
        what = " × ".join(filter(None, (u["kind"], u["source_class"], u["layer"])))
        click.echo(f"  {u['count']:>9}  {what}")
        keys = ", ".join(key if len(key) <= 24 else f"{key[:21]}..." for key in u["keys"])
        click.echo(f"             keys {keys}; fields {', '.join(u['fields'])}")
    click.secho("\nlevels", bold=True)
    for level in trial.levels:
        click.echo(f"  {level['count']:>9}  {level['level'] or '(none)'}")
    click.secho(f"\nrules: {trial.verdict}", bold=True)
    for rule in trial.rules:
        click.echo(
            f"  {rule.status:<14} {rule.rule}: {rule.failed} failed, {rule.passed} passed"
            + (f", {rule.not_checked} not checked" if rule.not_checked else "")
        )
        for found in trial.samples.get(rule.rule, ()):
            place = " ".join(filter(None, (found["path"], found["layer"], found["place"])))
            click.echo(f"                 {place}: {found['message']}")
    for what, share in (("file names", trial.naming), ("identifier codes", trial.codes)):
        if share is not None:
            click.secho(f"\n{what} in order {_share(share)}", bold=True)
            for example in share.examples:
                click.echo(f"  not {example}")
    click.echo(f"\n{trial.seconds['total']:.1f} s, {trial.seconds['read']:.1f} s of them reading")


def _share(share: Share) -> str:
    if not share.all:
        return "0 of 0"
    return f"{100 * share.good / share.all:.1f} % ({share.good} of {share.all})"
