"""``cimkit sample``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("sample")
@click.option("--size", default=0, type=click.IntRange(0), help="Objects of each part.")
@click.option("--share", default=0.0, type=click.FloatRange(0, 100), help="% of each part.")
@click.option(
    "--by",
    default="class",
    show_default=True,
    type=click.Choice(["all", "class", "kind", "layer", "path", "cell"]),
    help="What divides the objects into parts.",
)
@click.option("--cell", default=0.01, show_default=True, help="Side of a cell in degrees.")
@click.option("--class", "class_code", metavar="CODE", help="Of this class and those under it.")
@click.option("--kind", help="bim, gis, pointcloud, imagery, raster, citymodel ...")
@click.option("--seed", default="", help="Any text; default: it follows from the delivered bytes.")
@options.as_json
@click.pass_obj
def command(
    folder: Path | None,
    size: int,
    share: float,
    by: str,
    cell: float,
    class_code: str | None,
    kind: str | None,
    seed: str,
    as_json: bool,
) -> None:
    """Draw objects for people to look at; with the same seed both sides draw the same."""
    from cimkit import find, sample
    from cimkit_cli.printing import document, rows

    seed, found = sample(
        find(folder),
        size=size,
        share=share,
        by=by,
        cell=cell,
        class_code=class_code,
        kind=kind,
        seed=seed,
    )
    if as_json:
        document({"seed": seed, "objects": found.to_pylist()})
        return
    rows(found)
    click.echo(f"seed {seed}: {found.num_rows:,} objects", err=True)
