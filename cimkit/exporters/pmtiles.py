"""PMTiles: the objects as a map of vector tiles in one file, which any web server can hold."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimkit.errors import ExportError, UsageError
from cimkit.exporters._attributes import attributes as typed
from cimkit.exporters._map_layers import COLUMNS, TITLES, map_layers
from cimkit.exporters._one_file import one_file
from cimkit.exporters._spec import ExporterSpec, ExportReport
from cimkit.tiles.maps import CAP, MapLayer, MapWritten, write_map

if TYPE_CHECKING:
    from cimkit.catalog import Catalog
    from cimkit.exporters._select import Selection

__all__ = ["SPEC", "export", "metadata", "tell_zooms"]

SPEC = ExporterSpec(name="pmtiles", title="PMTiles 3 (vector tiles)", suffix=".pmtiles")

_TOP = 18


def export(
    catalog: Catalog,
    out: Path,
    *,
    where: str | None = None,
    as_of: str | int | None = None,
    access: str = "public",
    minzoom: int | None = None,
    maxzoom: int | None = None,
    attributes: Sequence[str] = (),
    cap: int = CAP,
    layers: Sequence[str] = (),
) -> ExportReport:
    """Write the objects as vector tiles, in layers named as those of the tileset.

    BIM elements, city models, rasters and point clouds are drawn by their footprints. Below the
    highest zoom shapes are simplified by half a pixel, without gaps between neighbours, and what
    is smaller than a pixel is drawn by one dot for several; where a tile would be larger than
    ``cap`` its smallest features are left out. What was drawn at which zoom is in ``notes``.

    Parameters
    ----------
    catalog, out, where, as_of, access
        See `cimkit.exporters.export`; ``out`` is a file.
    minzoom, maxzoom : int, optional
        0 to 18; chosen from the extent and the size of the objects.
    attributes : sequence of str
        Names of properties that features carry beside the usual ones.
    cap : int
        Bytes that a compressed tile may have.
    layers : sequence of str
        Names of the layers to draw; (): all.

    Raises
    ------
    UsageError
        If there are no such zooms or layers, or no tile could be so small.
    ExportError
        If there is no object with a place, or the file cannot be written.
    """
    lowest, highest = 0 if minzoom is None else minzoom, _TOP if maxzoom is None else maxzoom
    if not 0 <= lowest <= highest <= _TOP:
        raise UsageError("no such zooms", got=f"{minzoom} to {maxzoom}", expected=f"0 to {_TOP}")
    if cap < 1_000:
        raise UsageError("no tile can be so small", got=cap, expected="1000 bytes at least")
    unknown = sorted(set(layers) - set(TITLES))
    if unknown:
        raise UsageError("no such layer", got=", ".join(unknown), expected=", ".join(TITLES))
    write = partial(
        _write, zooms=(minzoom, maxzoom), asked=tuple(attributes), cap=cap, only=tuple(layers)
    )
    return one_file(SPEC, out, write, catalog, where=where, as_of=as_of, access=access)


def _write(
    selection: Selection,
    part: Path,
    report: ExportReport,
    zooms: tuple[int | None, int | None],
    asked: Sequence[str],
    cap: int,
    only: Sequence[str],
) -> None:
    with tempfile.TemporaryDirectory(prefix=".map-", dir=part.parent) as folder:
        extra = typed(selection, asked, list(COLUMNS), report)
        layers = map_layers(selection, extra, Path(folder), report, only)
        if not layers:
            kept = [f"{n} withheld, access {level}" for level, n in report.withheld.items()]
            raise ExportError(
                "there is no object to draw", where=str(report.out), got="; ".join(kept) or None
            )
        written = write_map(
            part,
            layers,
            metadata(selection.catalog.config.title or "cimkit"),
            minzoom=zooms[0],
            maxzoom=zooms[1],
            cap=cap,
        )
    tell_zooms(written, layers, report)
    report.largest = written.largest


def metadata(name: str, attribution: str = "", **more: Any) -> dict[str, Any]:
    """Return the JSON of an archive beside its layers."""
    from cimkit import __version__

    return {
        "name": name,
        "description": "",
        "attribution": attribution,
        "type": "overlay",
        "generator": f"cimkit {__version__}",
        **more,
    }


def tell_zooms(written: MapWritten, layers: Sequence[MapLayer], report: ExportReport) -> None:
    """Note what became of the features, by zoom."""
    first, last = written.zooms
    report.notes.append(
        f"{written.tiles:,} tiles of zooms {first} to {last}, the largest {written.largest:,} bytes"
    )
    if last < written.suited:
        report.notes.append(
            f"small features would have zoom {written.suited}, the extent of the large ones takes "
            f"too many tiles for that: narrow the selection, or ask for the highest zoom"
        )
    for layer in layers:
        tally = {zoom: written.tally[layer.name, zoom] for zoom in range(first, last + 1)}
        for what, count in (
            ("smaller than a pixel, so that a neighbour's dot stands for them",
             {zoom: t.merged for zoom, t in tally.items()}),
            ("left out to keep tiles small", {zoom: t.dropped for zoom, t in tally.items()}),
        ):  # fmt: skip
            said = [f"{n:,} at zoom {zoom}" for zoom, n in count.items() if n]
            if said:
                total = layer.rows.num_rows
                report.notes.append(f"{layer.name}, of {total:,} {what}: {', '.join(said)}")
