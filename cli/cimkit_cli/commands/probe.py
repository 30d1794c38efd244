"""``cimkit probe``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cimkit_cli import options

if TYPE_CHECKING:
    from cimkit.model import Asset
    from cimkit.model.source import Depth


@click.command("probe")
@options.paths
@options.depth("sample")
@click.option(
    "--sheet",
    "draft",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a draft of the delivery sheet (.toml or .xlsx), to be corrected by a person.",
)
@options.jobs
@options.as_json
def command(
    paths: tuple[Path, ...], depth: Depth, draft: Path | None, jobs: int | None, as_json: bool
) -> None:
    """Say what each source in PATHS is: counts, CRS, box, problems."""
    from cimkit import probe
    from cimkit_cli.printing import lines

    seen: list[Asset] = []

    def kept() -> Iterator[Asset]:
        for asset in probe(paths, depth=depth, jobs=jobs):
            if draft is not None:
                seen.append(asset)
            yield asset

    if as_json:
        lines(asset.to_json() for asset in kept())
    else:
        _print(kept())
    if draft is not None:
        from cimkit import write_sheet

        write_sheet(draft, seen, paths)
        click.echo(f"Draft of the delivery sheet written to {draft}.", err=True)


def _print(assets: Iterator[Asset]) -> None:
    from collections import Counter

    marks = {"ok": " ", "refused": "✗", "ignored": "·"}
    total: Counter[str] = Counter()
    for asset in assets:
        total[asset.status] += 1
        counts = ", ".join(f"{n:,} {what}" for what, n in asset.counts.items())
        crs = (asset.crs or "no CRS") if asset.status == "ok" else ""
        crs = crs if len(crs) < 20 else crs.split('"')[1] if '"' in crs else crs[:20]
        said = "  ".join(x for x in (asset.format or asset.kind, counts, crs) if x)
        click.echo(f"{marks[asset.status]} {asset.path}  {said}")
        for problem in asset.problems:
            where = f" [{problem.place}]" if problem.place else ""
            click.echo(f"    {problem.code}{where}: {problem.message}")
    click.echo(", ".join(f"{n} {status}" for status, n in sorted(total.items())), err=True)
