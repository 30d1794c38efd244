"""``cimkit export``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cimkit_cli import options

OPTIONS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("layers", "--layer", "3dtiles", {"multiple": True, "help": "Only these layers."}),
    ("levels", "--level", "3dtiles", {"multiple": True, "help": "Only these levels."}),
    ("attributes", "--attribute", "3dtiles",
     {"multiple": True, "help": "Properties to carry beside the usual ones."}),
    ("clamp", "--clamp", "3dtiles",
     {"is_flag": True, "help": "What has no height stands on the terrain."}),
    ("thumbnails", "--thumbnails", "3dtiles", {"is_flag": True, "help": "Photographs in tiles."}),
    ("local", "--local", "3dtiles", {"metavar": "ITEM", "help": "This unplaced model alone."}),
    ("cap", "--cap", "3dtiles", {"type": int, "metavar": "BYTES", "help": "Of a tile at most."}),
    ("compress", "--compress", "3dtiles",
     {"type": click.Choice(["none", "gzip", "brotli"]), "help": "Of every file."}),
    ("dem", "--dem", "context",
     {"type": click.Choice(["reference", "copy", "none"]),
      "help": "Elevation models named, in the package, or neither (reference)."}),
    ("districts", "--districts", "context",
     {"type": options.file, "help": "GeoJSON areas to count by."}),
    ("jurisdiction", "--jurisdiction", "context",
     {"type": options.file, "help": "GeoJSON; else the standard's."}),
    ("size", "--size", "thumbnails",
     {"type": int, "metavar": "PIXELS", "help": "Of the longer side (320)."}),
]  # fmt: skip
"""Options that some formats know: name in Python, flag, those formats, how click takes it."""


def _of_formats(command: Callable[..., Any]) -> Callable[..., Any]:
    for name, flag, formats, said in reversed(OPTIONS):
        told = said | {"help": f"{formats.replace(' ', ', ')}: {said['help']}"}
        command = click.option(flag, name, **told)(command)
    return command


@click.command("export")
@click.argument("form", metavar="FORMAT")
@click.argument("out", type=click.Path(path_type=Path))
@options.where
@options.as_of
@options.valid_at
@options.access
@options.as_json
@_of_formats
@click.pass_obj
def command(
    folder: Path | None,
    /,
    form: str,
    out: Path,
    where: str | None,
    as_of: str | None,
    valid_at: str | None,
    access: str,
    as_json: bool,
    **of_format: Any,
) -> None:
    """Write the catalogue to OUT as FORMAT.

    FORMAT is 3dtiles, geoparquet, gpkg, stac, thumbnails, or context: what vendors check with.
    An option that the format does not know is refused with those it does.
    """
    from cimkit import export, find
    from cimkit_cli.printing import document

    asked = {name: value for name, value in of_format.items() if value not in (None, (), False)}
    report = export(
        find(folder), form, out, where=where, as_of=as_of, valid_at=valid_at, access=access, **asked
    )
    if as_json:
        document(report.to_json())
    else:
        click.echo(report.to_text())
