"""``cimkit export``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("export")
@click.argument("form", metavar="FORMAT")
@click.argument("out", type=click.Path(path_type=Path))
@options.where
@options.as_of
@options.access
@click.option("--local", metavar="ITEM", help="3dtiles: this unplaced model alone, as it stands.")
@click.option(
    "--dem",
    type=click.Choice(["reference", "copy", "none"]),
    help="context: elevation models named, in the package, or neither (reference).",
)
@click.option("--districts", type=options.file, help="context: GeoJSON areas to count by.")
@click.option("--jurisdiction", type=options.file, help="context: GeoJSON; else the standard's.")
@click.option("--size", type=int, help="thumbnails: pixels of the longer side (320).")
@options.as_json
@click.pass_obj
def command(
    folder: Path | None,
    form: str,
    out: Path,
    where: str | None,
    as_of: str | None,
    access: str,
    local: str | None,
    dem: str | None,
    districts: Path | None,
    jurisdiction: Path | None,
    size: int | None,
    as_json: bool,
) -> None:
    """Write the catalogue to OUT as FORMAT.

    FORMAT is 3dtiles, geoparquet, gpkg, stac, thumbnails, or context: what vendors check with.
    """
    from cimkit import export, find
    from cimkit_cli.printing import document

    places = {"districts": districts, "jurisdiction": jurisdiction}
    given = {"local": local, "size": size, "dem": dem, **places}
    extra = {name: value for name, value in given.items() if value is not None}
    report = export(find(folder), form, out, where=where, as_of=as_of, access=access, **extra)
    if as_json:
        document(report.to_json())
    else:
        click.echo(report.to_text())
