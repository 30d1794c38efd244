"""``cimkit export``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cimkit_cli import options

_WHOLE: dict[str, Any] = {"type": int, "metavar": "N"}

OPTIONS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("layers", "--layer", "3dtiles pmtiles gpkg flatgeobuf",
     {"multiple": True, "metavar": "NAME", "help": "Only these layers."}),
    ("attributes", "--attribute", "3dtiles pmtiles gpkg flatgeobuf geoparquet",
     {"multiple": True, "metavar": "NAME", "help": "Properties beside the usual ones."}),
    ("levels", "--level", "3dtiles",
     {"multiple": True, "metavar": "CODE", "help": "Only these levels of detail."}),
    ("clamp", "--clamp", "3dtiles",
     {"is_flag": True, "help": "What has no height stands on the terrain."}),
    ("thumbnails", "--thumbnails", "3dtiles",
     {"is_flag": True, "help": "Photographs show what they saw."}),
    ("local", "--local", "3dtiles", {"metavar": "ITEM", "help": "This unplaced model alone."}),
    ("compress", "--compress", "3dtiles",
     {"type": click.Choice(["none", "gzip", "brotli"]), "help": "Of every file."}),
    ("cap", "--cap", "3dtiles pmtiles themes",
     {"type": int, "metavar": "BYTES", "help": "Of a tile at most."}),
    ("minzoom", "--minzoom", "pmtiles themes", {**_WHOLE, "help": "Else by the extent."}),
    ("maxzoom", "--maxzoom", "pmtiles themes", {**_WHOLE, "help": "Else by the detail."}),
    ("themes", "--theme", "themes",
     {"multiple": True, "metavar": "NAME", "help": "Only these; else all of the definition."}),
    ("split", "--split", "gpkg flatgeobuf",
     {"type": click.Choice(["kind", "class"]), "help": "A table for each (kind)."}),
    ("language", "--language", "gpkg themes",
     {"type": click.Choice(["en", "zh", "ja"]), "help": "Of names and legends (en)."}),
    ("crs", "--crs", "cityjson cityjsonseq gltf", {"metavar": "EPSG:N", "help": "Of coordinates."}),
    ("lod", "--lod", "cityjson cityjsonseq", {"metavar": "N", "help": "Only this level."}),
    ("triangles", "--triangles", "gltf", {**_WHOLE, "help": "At most (5,000,000)."}),
    ("compression", "--compression", "cog",
     {"type": click.Choice(["deflate", "zstd", "lzw", "lerc", "jpeg", "webp"]),
      "help": "Else by what the raster is."}),
    ("quality", "--quality", "cog", {**_WHOLE, "help": "Of jpeg and webp."}),
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

    FORMAT is 3dtiles, cityjson, cityjsonseq, gltf, pmtiles, themes, gpkg, flatgeobuf, geoparquet,
    cog, copc, stac, thumbnails, or context: what vendors check with. An option that the format
    does not know is refused with those it does.
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
