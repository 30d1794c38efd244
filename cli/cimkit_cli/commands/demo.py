"""``cimkit demo``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("cimkit-demo"))
@click.option("--scale", "buildings", default=60, show_default=True, help="Number of buildings.")
@click.option("--seed", default=1, show_default=True)
@options.as_json
def command(folder: Path, buildings: int, seed: int, as_json: bool) -> None:
    """Generate a fictional district with planted defects in FOLDER, to try everything on."""
    from cimkit import generate
    from cimkit_cli.printing import document

    report = generate(folder, buildings=buildings, seed=seed)
    if as_json:
        document(report.to_json())
    else:
        click.echo(report.to_text())
