"""``cimkit search``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options

_ITEM = ["path", "kind", "format", "class_code", "crs", "observed_start", "item_id"]
_OBJECT = ["name", "kind", "class_code", "asset_code", "source_layer", "source_key", "object_id"]


def _box(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    if value is None:
        return None
    try:
        box = tuple(float(part) for part in value.split(","))
    except ValueError:
        box = ()
    if len(box) != 4:
        raise click.BadParameter("wanted west,south,east,north in degrees")
    return box


@click.command("search")
@click.option("--bbox", callback=_box, metavar="W,S,E,N", help="Box in CRS84 degrees.")
@click.option("--datetime", "when", metavar="TIME[/TIME]", help="RFC 3339 time or interval.")
@click.option("--class", "class_code", metavar="CODE", help="Class code; its subclasses count.")
@click.option("--kind", help="bim, gis, pointcloud, imagery, raster, citymodel ...")
@click.option("--objects", is_flag=True, help="Search objects instead of items.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1))
@options.as_of
@options.as_json
@click.pass_obj
def command(
    folder: Path | None,
    bbox: tuple[float, float, float, float] | None,
    when: str | None,
    class_code: str | None,
    kind: str | None,
    objects: bool,
    limit: int,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Find items of the catalogue by place, time, class and kind."""
    from cimkit import find, search
    from cimkit_cli.printing import lines, rows

    found = search(
        find(folder),
        bbox=bbox,
        datetime=when,
        class_code=class_code,
        kind=kind,
        objects=objects,
        limit=limit,
        as_of=as_of,
    )
    if as_json:
        lines(found.to_pylist())
    else:
        rows(found.select(_OBJECT if objects else _ITEM), limit=limit)
